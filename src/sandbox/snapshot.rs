//! The processes and sockets of a sandbox at one moment.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::ProgramId;
use crate::event::{Place, Transport};

/// What init saw; taken process by process, so at one instant only for those that are `steady`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When, in nanoseconds of the monotonic clock.
    pub at: u64,
    /// The students' processes, by pid.
    pub processes: Vec<ProcessState>,
    /// All sockets of the sandbox's network, the grader's own included (their `program` is `None`).
    pub sockets: Vec<SocketState>,
    /// There were more sockets than are listed; nothing follows from one that is not.
    pub partial: bool,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessState {
    /// Its pid inside the sandbox.
    pub pid: i32,
    /// Its parent's; 1 is init.
    pub parent: i32,
    /// The program it descends from, when that could be told.
    pub program: Option<ProgramId>,
    /// Its name, at most 15 bytes, chosen by the student.
    pub name: String,
    /// CPU time of all its threads, the ended ones included, in nanoseconds (in steps of 10 ms).
    pub cpu_ns: u64,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
    /// Its threads.
    pub threads: Vec<ThreadState>,
    /// None of them has run, and none has come, while the snapshot was taken: there was one instant at
    /// which all of them were as they are shown here.
    pub steady: bool,
}

/// One thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadState {
    /// Its id.
    pub tid: i32,
    /// Its name, at most 15 bytes, chosen by the student.
    pub name: String,
    /// The kernel's letter: `R` running, `S` sleeping, `D` in the disk, `T` stopped, `Z` ended.
    pub state: char,
    /// The system call that it is blocked in, when it is blocked in one that could be read.
    pub call: Option<BlockedCall>,
    /// CPU time in nanoseconds.
    pub cpu_ns: u64,
    /// Time in which it was ready to run and another one had the processor, in nanoseconds; 0 where the
    /// kernel does not tell.
    pub queued_ns: u64,
}

/// A system call that has not returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedCall {
    /// Its number on this architecture.
    pub number: i64,
    /// Its arguments.
    pub arguments: [u64; 6],
    /// What it waits on: the descriptor of a read or an accept, those of a poll; at most a few dozen.
    pub on: Vec<Open>,
}

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Open {
    /// A socket, by inode.
    Socket(u64),
    /// A pipe, by inode.
    Pipe(u64),
    /// A terminal.
    Terminal,
    /// Anything else.
    Other,
}

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketState {
    /// TCP, UDP or Unix.
    pub transport: Transport,
    /// Its own end.
    pub local: End,
    /// The other end, when it has one.
    pub remote: Option<End>,
    /// Its state; UDP and Unix sockets are `Close` (unconnected), `Established` or `Listen`.
    pub state: TcpState,
    /// Bytes that wait to be read; of a listening socket, connections that wait to be accepted.
    pub receive_queue: u32,
    /// Bytes sent and not acknowledged.
    pub send_queue: u32,
    /// The inode, 0 for one that no process holds (TIME_WAIT …).
    pub inode: u64,
    /// The program that holds it.
    pub program: Option<ProgramId>,
    /// A process that holds it.
    pub pid: Option<i32>,
}

/// One end of a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// An Internet address.
    Internet(SocketAddr),
    /// A path; one of an abstract socket begins with `@`, an unnamed socket's is empty.
    Unix(String),
}

impl End {
    /// The Internet address.
    #[must_use]
    pub fn internet(&self) -> Option<SocketAddr> {
        match self {
            End::Internet(address) => Some(*address),
            End::Unix(_) => None,
        }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Internet(address) => address.fmt(f),
            End::Unix(path) => path.fmt(f),
        }
    }
}

/// States of TCP (RFC 9293), in the kernel's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TcpState {
    /// ESTABLISHED
    Established = 1,
    /// SYN-SENT
    SynSent,
    /// SYN-RECEIVED
    SynReceived,
    /// FIN-WAIT-1
    FinWait1,
    /// FIN-WAIT-2
    FinWait2,
    /// TIME-WAIT
    TimeWait,
    /// CLOSED, or not connected
    Close,
    /// CLOSE-WAIT
    CloseWait,
    /// LAST-ACK
    LastAck,
    /// LISTEN
    Listen,
    /// CLOSING
    Closing,
    /// SYN-RECEIVED, before there is a socket for it.
    NewSynReceived,
}

impl TcpState {
    /// The state as `ss` and `netstat` name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TcpState::Established => "ESTABLISHED",
            TcpState::SynSent => "SYN_SENT",
            TcpState::SynReceived | TcpState::NewSynReceived => "SYN_RECV",
            TcpState::FinWait1 => "FIN_WAIT1",
            TcpState::FinWait2 => "FIN_WAIT2",
            TcpState::TimeWait => "TIME_WAIT",
            TcpState::Close => "CLOSE",
            TcpState::CloseWait => "CLOSE_WAIT",
            TcpState::LastAck => "LAST_ACK",
            TcpState::Listen => "LISTEN",
            TcpState::Closing => "CLOSING",
        }
    }

    /// The state that the kernel's number stands for.
    #[must_use]
    pub fn from_number(number: u8) -> Option<TcpState> {
        use TcpState::{
            Close, CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, Listen,
            NewSynReceived, SynReceived, SynSent, TimeWait,
        };
        let all = [
            Established,
            SynSent,
            SynReceived,
            FinWait1,
            FinWait2,
            TimeWait,
            Close,
            CloseWait,
            LastAck,
            Listen,
            Closing,
            NewSynReceived,
        ];
        all.get(usize::from(number).checked_sub(1)?).copied()
    }
}

impl SocketState {
    /// Where it listens, if it does.
    #[must_use]
    pub fn place(&self) -> Place {
        match (&self.local, self.transport) {
            (End::Unix(path), _) => Place::Unix(path.clone()),
            (End::Internet(at), Transport::Udp) => Place::Udp(*at),
            (End::Internet(at), _) => Place::Tcp(*at),
        }
    }

    /// It takes connections, or datagrams from anybody.
    fn listens(&self) -> bool {
        match self.transport {
            Transport::Udp => self.state == TcpState::Close,
            Transport::Tcp | Transport::Unix => self.state == TcpState::Listen,
        }
    }
}

/// What a socket for both families shows of an IPv4 address (`::ffff:127.0.0.1`) is the same address.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl Snapshot {
    /// The socket at the other end of the TCP connection whose own address is `local` at this end.
    #[must_use]
    pub fn other_end(&self, local: SocketAddr) -> Option<&SocketState> {
        let remote = |socket: &SocketState| socket.remote.as_ref().and_then(End::internet);
        let mut tcp = self
            .sockets
            .iter()
            .filter(|socket| socket.transport == Transport::Tcp);
        tcp.find(|socket| remote(socket).map(plain) == Some(plain(local)))
    }

    /// The program that a connection belongs to: its holder's, else that of the listener that has not accepted it yet.
    #[must_use]
    pub fn owner(&self, connection: &SocketState) -> Option<ProgramId> {
        let accepted = connection.inode != 0;
        if accepted || connection.program.is_some() {
            return connection.program;
        }
        let port = |socket: &SocketState| socket.local.internet().map(|local| local.port());
        let listener = self.sockets.iter().find(|socket| {
            socket.transport == Transport::Tcp
                && socket.listens()
                && port(socket) == port(connection)
        });
        listener?.program
    }

    /// Where a program listens.
    #[must_use]
    pub fn listening(&self, program: ProgramId) -> BTreeSet<Place> {
        let own = self
            .sockets
            .iter()
            .filter(|socket| socket.program == Some(program));
        own.filter(|socket| socket.listens())
            .map(SocketState::place)
            .collect()
    }
}
