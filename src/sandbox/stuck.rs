//! Says when a program waits for something that will never come by itself.
//!
//! Sound rather than complete: `Some` means that every thread is in a wait without a timeout, and that
//! nothing it waits for is there already. Timeouts of its sockets (`SO_RCVTIMEO`) count as timeouts. What
//! only the program knows stays unseen: alarms (`setitimer`).

use std::net::SocketAddr;

use super::ProgramId;
use super::snapshot::{
    BlockedCall, End, Open, ProcessState, Snapshot, SocketState, TcpState, ThreadState,
};

/// What a program waits for, without a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StuckIn {
    /// A connection, at this address when it is an Internet one.
    Accept {
        /// Where it listens.
        local: Option<SocketAddr>,
    },
    /// Data or a datagram.
    Receive {
        /// The socket's own address.
        local: Option<SocketAddr>,
        /// The other end, when it is connected.
        remote: Option<SocketAddr>,
    },
    /// Standard input, or its terminal.
    ReadStdin,
    /// The completion of a connect.
    Connect,
    /// Room to send: nobody reads what it sends.
    Send,
    /// A lock, a thread or a child.
    Lock,
    /// A signal to go on: it was stopped (`SIGSTOP`, Ctrl-Z).
    Stopped,
    /// A signal, a pipe of its own, something else.
    Other,
}

/// What a program that does nothing at the moment waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Something that will never come by itself, as [`Snapshot::stuck`] has it.
    Stuck,
    /// Something, but not for ever.
    Timeout,
    /// One of its threads sleeps, and goes on at a time whatever happens.
    Clock,
}

/// How a system call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// To accept a connection on its first argument.
    Accept,
    /// To read from its first argument.
    Read,
    /// To write to its first argument.
    Write,
    /// To connect its first argument.
    Connect,
    /// For any of several descriptors; which, the kind of call says.
    Many(Many),
    /// For a lock, a thread or a child.
    Lock,
    /// For a signal.
    Signal,
}

/// Calls that wait for several descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Many {
    /// `poll`: an array, and how many.
    Poll,
    /// `select`: how many, and bits.
    Select,
    /// `epoll_wait`: a descriptor that knows them.
    Epoll,
}

/// Threads of the Java virtual machine that wake up by a clock and do nothing for the program.
const JAVA_SERVICE: [&str; 10] = [
    "VM Thread",
    "VM Periodic Tas",
    "C1 CompilerThre",
    "C2 CompilerThre",
    "Common-Cleaner",
    "Monitor Deflati",
    "Sweeper thread",
    "G1 Service",
    "Service Thread",
    "Cleaner-0",
];

/// How `call` waits, if it does so without a timeout. A 32-bit `timeout` of -1 has undefined upper bits.
pub(super) fn waits(number: i64, arguments: &[u64; 6]) -> Option<Waits> {
    let [_, second, third, fourth, fifth, _] = *arguments;
    let forever = third as u32 as i32 == -1;
    let epoll_forever = fourth as u32 as i32 == -1;
    match number {
        libc::SYS_accept | libc::SYS_accept4 => Some(Waits::Accept),
        libc::SYS_read | libc::SYS_readv | libc::SYS_recvfrom | libc::SYS_recvmsg => {
            Some(Waits::Read)
        }
        libc::SYS_recvmmsg if fifth == 0 => Some(Waits::Read),
        libc::SYS_write
        | libc::SYS_writev
        | libc::SYS_sendto
        | libc::SYS_sendmsg
        | libc::SYS_sendmmsg => Some(Waits::Write),
        libc::SYS_connect => Some(Waits::Connect),
        libc::SYS_ppoll if third == 0 => Some(Waits::Many(Many::Poll)),
        libc::SYS_pselect6 if fifth == 0 => Some(Waits::Many(Many::Select)),
        libc::SYS_epoll_pwait if epoll_forever => Some(Waits::Many(Many::Epoll)),
        libc::SYS_epoll_pwait2 if fourth == 0 => Some(Waits::Many(Many::Epoll)),
        libc::SYS_futex if fourth == 0 && futex_waits(second) => Some(Waits::Lock),
        libc::SYS_wait4 | libc::SYS_waitid | libc::SYS_flock => Some(Waits::Lock),
        libc::SYS_rt_sigsuspend => Some(Waits::Signal),
        _ => waits_x86(number, arguments, forever, epoll_forever),
    }
}

#[cfg(target_arch = "x86_64")]
fn waits_x86(
    number: i64,
    arguments: &[u64; 6],
    forever: bool,
    epoll_forever: bool,
) -> Option<Waits> {
    match number {
        libc::SYS_poll if forever => Some(Waits::Many(Many::Poll)),
        libc::SYS_select if arguments[4] == 0 => Some(Waits::Many(Many::Select)),
        libc::SYS_epoll_wait if epoll_forever => Some(Waits::Many(Many::Epoll)),
        libc::SYS_pause => Some(Waits::Signal),
        _ => None,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn waits_x86(_: i64, _: &[u64; 6], _: bool, _: bool) -> Option<Waits> {
    None
}

/// FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET, whatever the flags.
fn futex_waits(operation: u64) -> bool {
    matches!(operation & 0x7f, 0 | 6 | 9)
}

impl Snapshot {
    /// What `program` waits for, when all its threads wait without a timeout and nothing that they wait
    /// for is there. `None` also when it sleeps, computes, or has ended.
    #[must_use]
    pub fn stuck(&self, program: ProgramId) -> Option<StuckIn> {
        if self.partial {
            return None;
        }
        let processes = self
            .processes
            .iter()
            .filter(|process| process.program == Some(program));
        let mut waits = Vec::new();
        for process in processes {
            if !process.steady {
                return None;
            }
            let java = process
                .threads
                .iter()
                .any(|thread| thread.name == "VM Thread");
            for thread in process
                .threads
                .iter()
                .filter(|t| !matches!(t.state, 'Z' | 'X'))
            {
                if !(java && serves_java(thread)) {
                    waits.push(self.waits_for(thread)?);
                }
            }
        }
        // The most telling: a program that waits for a line and, elsewhere, for connections, is said
        // to wait for the line.
        waits.into_iter().min_by_key(rank)
    }

    /// What `program` waits for, when none of its threads runs or wants to; `None` when one does.
    #[must_use]
    pub fn rest(&self, program: ProgramId) -> Option<Rest> {
        if self.stuck(program).is_some() {
            return Some(Rest::Stuck);
        }
        let own = |process: &&ProcessState| process.program == Some(program);
        let processes = || self.processes.iter().filter(own);
        if self.partial || !processes().all(|process| process.steady) {
            return None;
        }
        let threads = || processes().flat_map(|process| &process.threads);
        if threads().any(|thread| matches!(thread.state, 'R' | 'D')) {
            return None;
        }
        let by_clock = threads().any(|thread| sleeps(thread) && !is_java_service(thread));
        Some(if by_clock { Rest::Clock } else { Rest::Timeout })
    }

    fn waits_for(&self, thread: &ThreadState) -> Option<StuckIn> {
        if thread.state == 'T' {
            return Some(StuckIn::Stopped);
        }
        let call = thread.call.as_ref().filter(|_| thread.state == 'S')?;
        match waits(call.number, &call.arguments)? {
            Waits::Accept => self.quiet(call).map(accepts),
            Waits::Connect => Some(StuckIn::Connect),
            Waits::Write => Some(StuckIn::Send),
            Waits::Lock => Some(StuckIn::Lock),
            Waits::Signal => Some(StuckIn::Other),
            Waits::Read => match call.on.first()? {
                Open::Socket(_) => self.quiet(call).map(receives),
                Open::Terminal | Open::Pipe(_) if call.arguments[0] == 0 => {
                    Some(StuckIn::ReadStdin)
                }
                Open::Terminal => Some(StuckIn::ReadStdin),
                // A pipe between two processes of the program: the writer is judged by itself.
                Open::Pipe(_) => Some(StuckIn::Lock),
                Open::Other => None,
            },
            Waits::Many(_) => Some(self.any_of(call)),
        }
    }

    /// The socket that a call waits on, if nothing waits to be read from it.
    fn quiet(&self, call: &BlockedCall) -> Option<&SocketState> {
        let Open::Socket(inode) = call.on.first()? else {
            return None;
        };
        self.socket(*inode)
            .filter(|socket| socket.receive_queue == 0)
    }

    fn socket(&self, inode: u64) -> Option<&SocketState> {
        self.sockets.iter().find(|socket| socket.inode == inode)
    }

    /// A poll that has not returned has nothing ready, so only what it looks at is in question.
    fn any_of(&self, call: &BlockedCall) -> StuckIn {
        let each = call.on.iter().map(|open| match open {
            Open::Socket(inode) => match self.socket(*inode) {
                Some(socket) if socket.state == TcpState::Listen => accepts(socket),
                Some(socket) => receives(socket),
                None => StuckIn::Other,
            },
            Open::Terminal => StuckIn::ReadStdin,
            Open::Pipe(_) | Open::Other => StuckIn::Other,
        });
        each.min_by_key(rank).unwrap_or(StuckIn::Other)
    }
}

fn accepts(socket: &SocketState) -> StuckIn {
    StuckIn::Accept {
        local: socket.local.internet(),
    }
}

fn receives(socket: &SocketState) -> StuckIn {
    let remote = socket.remote.as_ref().and_then(End::internet);
    StuckIn::Receive {
        local: socket.local.internet(),
        remote,
    }
}

fn serves_java(thread: &ThreadState) -> bool {
    // Anywhere but in the wait for something to do, it may be about to wake a thread of the program.
    let idle = thread
        .call
        .as_ref()
        .is_some_and(|call| call.number == libc::SYS_futex);
    thread.state == 'S' && idle && is_java_service(thread)
}

fn is_java_service(thread: &ThreadState) -> bool {
    JAVA_SERVICE.iter().any(|name| thread.name == *name)
}

/// Whether a thread waits for a time: with a timeout, and for no descriptor.
fn sleeps(thread: &ThreadState) -> bool {
    let Some(call) = &thread.call else {
        return false;
    };
    let [first, second, _, fourth, ..] = call.arguments;
    match call.number {
        libc::SYS_nanosleep | libc::SYS_clock_nanosleep => true,
        libc::SYS_futex => fourth != 0 && futex_waits(second),
        libc::SYS_pselect6 => first == 0,
        libc::SYS_ppoll => second == 0,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => first == 0,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => second == 0,
        _ => false,
    }
}

fn rank(stuck: &StuckIn) -> u8 {
    match stuck {
        StuckIn::Send | StuckIn::Stopped => 0,
        StuckIn::Receive { .. } => 1,
        StuckIn::Connect => 2,
        StuckIn::ReadStdin => 3,
        StuckIn::Accept { .. } => 4,
        StuckIn::Lock => 5,
        StuckIn::Other => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;

    const WAITS_TO_ACCEPT: Option<StuckIn> = Some(StuckIn::Accept {
        local: Some(SocketAddr::new(
            std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            80,
        )),
    });

    fn thread(name: &str, number: i64, arguments: [u64; 6], on: &[Open]) -> ThreadState {
        let call = Some(BlockedCall {
            number,
            arguments,
            on: on.to_vec(),
        });
        ThreadState {
            tid: 2,
            name: name.into(),
            state: 'S',
            call,
            cpu_ns: 0,
            queued_ns: 0,
        }
    }

    fn snapshot(threads: Vec<ThreadState>, receive_queue: u32) -> Snapshot {
        let program = Some(ProgramId(1));
        let process = ProcessState {
            pid: 2,
            parent: 1,
            program,
            name: "a".into(),
            cpu_ns: 0,
            rss_bytes: 0,
            threads,
            steady: true,
        };
        let socket = |inode, state, remote: Option<&str>| SocketState {
            transport: Transport::Tcp,
            local: End::Internet("127.0.0.1:80".parse().unwrap()),
            remote: remote.map(|at| End::Internet(at.parse().unwrap())),
            state,
            receive_queue,
            send_queue: 0,
            inode,
            program,
            pid: Some(2),
        };
        let sockets = vec![
            socket(7, TcpState::Listen, None),
            socket(8, TcpState::Established, Some("127.0.0.1:5000")),
        ];
        Snapshot {
            at: 0,
            processes: vec![process],
            sockets,
            partial: false,
        }
    }

    fn stuck(threads: Vec<ThreadState>) -> Option<StuckIn> {
        snapshot(threads, 0).stuck(ProgramId(1))
    }

    fn accept() -> ThreadState {
        thread(
            "a",
            libc::SYS_accept4,
            [3, 0, 0, 0, 0, 0],
            &[Open::Socket(7)],
        )
    }

    fn receive() -> ThreadState {
        thread(
            "a",
            libc::SYS_recvfrom,
            [4, 0, 0, 0, 0, 0],
            &[Open::Socket(8)],
        )
    }

    #[test]
    fn a_program_that_waits_to_accept_is_stuck_until_somebody_waits_to_be_accepted() {
        assert_eq!(stuck(vec![accept()]), WAITS_TO_ACCEPT);
        assert_eq!(snapshot(vec![accept()], 1).stuck(ProgramId(1)), None);
    }

    #[test]
    fn the_wait_for_data_is_the_more_telling_one() {
        let local = Some("127.0.0.1:80".parse().unwrap());
        let remote = Some("127.0.0.1:5000".parse().unwrap());
        assert_eq!(
            stuck(vec![accept(), receive()]),
            Some(StuckIn::Receive { local, remote })
        );
    }

    #[test]
    fn one_thread_with_a_timeout_is_enough_to_be_not_stuck() {
        for sleeper in [
            thread("a", libc::SYS_ppoll, [1, 1, 0x7fff, 0, 0, 0], &[]),
            thread("a", libc::SYS_futex, [1, 128, 0, 0x7fff, 0, 0], &[]),
            thread("a", libc::SYS_epoll_pwait, [1, 1, 1, 50, 0, 0], &[]),
            thread("a", libc::SYS_clock_nanosleep, [0; 6], &[]),
        ] {
            assert_eq!(stuck(vec![receive(), sleeper.clone()]), None, "{sleeper:?}");
        }
        let mut running = receive();
        running.state = 'R';
        assert_eq!(stuck(vec![accept(), running]), None);
    }

    #[test]
    fn a_sleep_is_told_from_a_wait_with_a_timeout_and_both_from_a_wait_for_ever() {
        let sleep = || thread("a", libc::SYS_clock_nanosleep, [0; 6], &[]);
        let pause = thread("a", libc::SYS_pselect6, [0, 0, 0, 0, 0x7fff, 0], &[]);
        let poll = thread("a", libc::SYS_ppoll, [0x7fff, 1, 0x7fff, 0, 0, 0], &[]);
        let rest = |threads| snapshot(threads, 0).rest(ProgramId(1));
        assert_eq!(rest(vec![receive()]), Some(Rest::Stuck));
        assert_eq!(rest(vec![receive(), poll]), Some(Rest::Timeout));
        assert_eq!(rest(vec![receive(), pause]), Some(Rest::Clock));
        assert_eq!(rest(vec![receive(), sleep()]), Some(Rest::Clock));
        let mut running = receive();
        running.state = 'R';
        assert_eq!(rest(vec![sleep(), running]), None);
    }

    #[test]
    fn the_other_end_is_known_by_its_address_in_either_family_and_its_owner_before_it_is_accepted()
    {
        let mut seen = snapshot(Vec::new(), 0);
        let own = "127.0.0.1:5000".parse().unwrap();
        seen.sockets[1].remote = Some(End::Internet("[::ffff:127.0.0.1]:5000".parse().unwrap()));
        let there = seen.other_end(own).cloned();
        assert_eq!(there.as_ref(), seen.sockets.get(1));
        let mut waiting = there.unwrap();
        waiting.inode = 0;
        waiting.program = None;
        assert_eq!(seen.owner(&waiting), Some(ProgramId(1)));
        waiting.inode = 9;
        assert_eq!(seen.owner(&waiting), None, "somebody else holds it");
    }

    #[test]
    fn a_timeout_of_minus_one_is_for_ever_in_32_bits_too() {
        for minus_one in [u64::MAX, u64::from(u32::MAX)] {
            let wait = thread(
                "a",
                libc::SYS_epoll_pwait,
                [5, 0, 1, minus_one, 0, 0],
                &[Open::Socket(7)],
            );
            assert_eq!(stuck(vec![wait]), WAITS_TO_ACCEPT);
        }
    }

    #[test]
    fn the_clock_of_the_java_machine_does_not_count_as_the_programs() {
        let machine = thread("VM Thread", libc::SYS_futex, [1, 128, 0, 0x7fff, 0, 0], &[]);
        let clock = thread(
            "VM Periodic Tas",
            libc::SYS_futex,
            [1, 128, 0, 0x7fff, 0, 0],
            &[],
        );
        assert_eq!(
            stuck(vec![accept(), machine, clock.clone()]),
            WAITS_TO_ACCEPT
        );
        assert_eq!(
            stuck(vec![accept(), clock]),
            None,
            "without a Java machine it is just a name"
        );
    }

    #[test]
    fn a_stopped_thread_waits_for_a_signal_and_unseen_sockets_tell_nothing() {
        let mut stopped = accept();
        stopped.state = 'T';
        let mut snapshot = snapshot(vec![stopped], 0);
        assert_eq!(snapshot.stuck(ProgramId(1)), Some(StuckIn::Stopped));
        snapshot.partial = true;
        assert_eq!(snapshot.stuck(ProgramId(1)), None);
    }

    #[test]
    fn a_program_that_ran_while_it_was_looked_at_is_not_stuck() {
        let mut snapshot = snapshot(vec![accept()], 0);
        snapshot.processes[0].steady = false;
        assert_eq!(snapshot.stuck(ProgramId(1)), None);
    }

    #[test]
    fn a_program_without_processes_is_not_stuck() {
        assert_eq!(snapshot(vec![accept()], 0).stuck(ProgramId(2)), None);
    }
}
