//! Lists the sockets of the network namespace by `NETLINK_SOCK_DIAG`.
//!
//! The kernel is asked for what is wanted (listening sockets only, say), which spares it the walk
//! through its table of connections that reading `/proc/net/tcp` costs.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::snapshot::{End, SocketState, TcpState};
use super::netlink::{HEADER, Netlink};
use super::tables::Tables;
use crate::event::Transport;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// Bits of TCP states, by number.
pub(in super::super) const LISTENING: u32 = 1 << TcpState::Listen as u32;
pub(in super::super) const UNCONNECTED: u32 = 1 << TcpState::Close as u32;
/// All but 13, sockets that are only bound (Linux 6.8): for these the kernel walks through the port table that all
/// namespaces share, 65,536 chains.
pub(in super::super) const ALL: u32 = (1 << 13) - 1;

/// Lengths of inet_diag_msg and unix_diag_msg (linux/inet_diag.h, linux/unix_diag.h).
const INET_MESSAGE: usize = 72;
const UNIX_MESSAGE: usize = 16;
/// UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN
const UNIX_SHOW: u32 = 1 | 4 | 0x10;
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_PEER: u16 = 2;
const UNIX_DIAG_RQLEN: u16 = 4;
const UNIX_DIAG_MEMINFO: u16 = 5;
const UDIAG_SHOW_MEMINFO: u32 = 0x20;
const INET_DIAG_SKMEMINFO: u16 = 7;

/// The open question channel.
pub(in super::super) struct Diag {
    netlink: Netlink,
    /// For what the kernel does not answer.
    tables: Option<Tables>,
    buffer: Vec<u8>,
}

impl Diag {
    pub fn open(tables: Option<Tables>) -> io::Result<Diag> {
        let netlink = Netlink::open(libc::NETLINK_SOCK_DIAG)?;
        Ok(Diag {
            netlink,
            tables,
            buffer: vec![0; 32 << 10],
        })
    }

    /// Whether the kernel answers all questions, as far as is known: there is nothing else to ask.
    pub fn answers(&self) -> bool {
        self.tables.is_none()
    }

    /// Adds the sockets of a transport in any of these states; `program` and `pid` stay empty.
    pub fn list(
        &mut self,
        transport: Transport,
        states: u32,
        into: &mut Vec<SocketState>,
    ) -> io::Result<()> {
        let before = into.len();
        let answer = self.ask(transport, states, into);
        match &self.tables {
            Some(tables) if answer.is_err() => {
                into.truncate(before);
                tables.list(transport, states, into)
            }
            _ => answer,
        }
    }

    /// Bytes that the kernel holds for all sockets: received and not read, sent and not taken, reserved.
    pub fn memory(&mut self) -> io::Result<u64> {
        let mut bytes = 0;
        let mut request = unix_request(ALL);
        // udiag_show
        request[12..16].copy_from_slice(&UDIAG_SHOW_MEMINFO.to_ne_bytes());
        self.dump(&request, |message| {
            bytes += held(message, UNIX_MESSAGE, UNIX_DIAG_MEMINFO);
        })?;
        for transport in [Transport::Tcp, Transport::Udp] {
            for family in [libc::AF_INET, libc::AF_INET6] {
                let mut request = inet_request(family, transport, ALL);
                request[2] = 1 << (INET_DIAG_SKMEMINFO - 1); // idiag_ext
                self.dump(&request, |message| {
                    bytes += held(message, INET_MESSAGE, INET_DIAG_SKMEMINFO);
                })?;
            }
        }
        Ok(bytes)
    }

    fn ask(
        &mut self,
        transport: Transport,
        states: u32,
        into: &mut Vec<SocketState>,
    ) -> io::Result<()> {
        if transport == Transport::Unix {
            return self.dump(&unix_request(states), |message| into.extend(unix(message)));
        }
        for family in [libc::AF_INET, libc::AF_INET6] {
            let request = inet_request(family, transport, states);
            self.dump(&request, |message| into.extend(inet(transport, message)))?;
        }
        Ok(())
    }

    fn dump(&mut self, request: &[u8], mut each: impl FnMut(&[u8])) -> io::Result<()> {
        self.netlink
            .send(SOCK_DIAG_BY_FAMILY, libc::NLM_F_DUMP, request)?;
        loop {
            let length = self.netlink.receive(&mut self.buffer)?;
            let mut rest = &self.buffer[..length];
            while let Some(size) = field(rest, 0).map(u32::from_ne_bytes) {
                let size = size as usize;
                let Some(message) = rest.get(HEADER..size) else {
                    break;
                };
                match u16::from_ne_bytes([rest[4], rest[5]]) {
                    SOCK_DIAG_BY_FAMILY => each(message),
                    kind => return end_of_dump(kind, message),
                }
                rest = rest.get(size.next_multiple_of(4)..).unwrap_or(&[]);
            }
        }
    }
}

/// A dump ends with NLMSG_DONE, or with NLMSG_ERROR and a negated error number.
fn end_of_dump(kind: u16, message: &[u8]) -> io::Result<()> {
    match field(message, 0).map(i32::from_ne_bytes) {
        Some(code) if i32::from(kind) == libc::NLMSG_ERROR && code != 0 => {
            Err(io::Error::from_raw_os_error(-code))
        }
        _ => Ok(()),
    }
}

fn inet_request(family: libc::c_int, transport: Transport, states: u32) -> Vec<u8> {
    let protocol = if transport == Transport::Tcp {
        libc::IPPROTO_TCP
    } else {
        libc::IPPROTO_UDP
    };
    let mut request = vec![family as u8, protocol as u8, 0, 0];
    request.extend_from_slice(&states.to_ne_bytes());
    request.resize(56, 0); // an empty inet_diag_sockid: any
    request
}

fn unix_request(states: u32) -> Vec<u8> {
    let mut request = vec![libc::AF_UNIX as u8, 0, 0, 0];
    request.extend_from_slice(&states.to_ne_bytes());
    request.extend_from_slice(&0_u32.to_ne_bytes());
    request.extend_from_slice(&UNIX_SHOW.to_ne_bytes());
    request.resize(24, 0);
    request
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

fn inet(transport: Transport, message: &[u8]) -> Option<SocketState> {
    let message = message.get(..INET_MESSAGE)?;
    let state = TcpState::from_number(message[1])?;
    let address = |port: usize, at: usize| -> Option<SocketAddr> {
        let ip = if i32::from(message[0]) == libc::AF_INET {
            IpAddr::V4(Ipv4Addr::from(field::<4>(message, at)?))
        } else {
            IpAddr::V6(Ipv6Addr::from(field::<16>(message, at)?))
        };
        Some(SocketAddr::new(
            ip,
            u16::from_be_bytes(field(message, port)?),
        ))
    };
    let remote = address(6, 24)?;
    Some(SocketState {
        transport,
        local: End::Internet(address(4, 8)?),
        remote: (remote.port() != 0).then_some(End::Internet(remote)),
        state,
        receive_queue: u32::from_ne_bytes(field(message, 56)?),
        send_queue: u32::from_ne_bytes(field(message, 60)?),
        inode: u32::from_ne_bytes(field(message, 68)?).into(),
        program: None,
        pid: None,
    })
}

fn unix(message: &[u8]) -> Option<SocketState> {
    let (head, mut rest) = message.split_at_checked(UNIX_MESSAGE)?;
    let state = TcpState::from_number(head[2])?;
    let inode = u32::from_ne_bytes(field(head, 4)?);
    let mut socket = SocketState {
        transport: Transport::Unix,
        local: End::Unix(String::new()),
        remote: None,
        state,
        receive_queue: 0,
        send_queue: 0,
        inode: inode.into(),
        program: None,
        pid: None,
    };
    while let Some(size) = field(rest, 0).map(u16::from_ne_bytes) {
        let Some(value) = rest.get(4..usize::from(size)) else {
            break;
        };
        match field(rest, 2).map(u16::from_ne_bytes) {
            Some(UNIX_DIAG_NAME) => socket.local = End::Unix(unix_name(value)),
            // The peer is known by its inode only; that there is one is what matters.
            Some(UNIX_DIAG_PEER) => socket.remote = Some(End::Unix(String::new())),
            Some(UNIX_DIAG_RQLEN) => {
                socket.receive_queue = u32::from_ne_bytes(field(value, 0)?);
                socket.send_queue = u32::from_ne_bytes(field(value, 4)?);
            }
            _ => {}
        }
        rest = rest
            .get(usize::from(size).next_multiple_of(4)..)
            .unwrap_or(&[]);
    }
    Some(socket)
}

/// The bytes that one socket holds, by the array of numbers that both families give (SK_MEMINFO_… in
/// linux/sock_diag.h): received, its bound, sent, its bound, reserved, queued, options, backlog.
fn held(message: &[u8], head: usize, wanted: u16) -> u64 {
    let number = |value: &[u8], at: usize| {
        field(value, at * 4).map_or(0, |bytes| u64::from(u32::from_ne_bytes(bytes)))
    };
    let mut rest = message.get(head..).unwrap_or_default();
    while let Some(size) = field(rest, 0).map(u16::from_ne_bytes) {
        let Some(value) = rest.get(4..usize::from(size)) else {
            break;
        };
        if field(rest, 2).map(u16::from_ne_bytes) == Some(wanted) {
            let sent = number(value, 2).max(number(value, 5));
            return number(value, 0)
                + sent
                + number(value, 4)
                + number(value, 6)
                + number(value, 7);
        }
        rest = rest
            .get(usize::from(size).next_multiple_of(4)..)
            .unwrap_or(&[]);
    }
    0
}

/// A path, or `@name` for an abstract name, which begins with a NUL.
fn unix_name(name: &[u8]) -> String {
    match name {
        [0, name @ ..] => format!("@{}", String::from_utf8_lossy(name)),
        [path @ .., 0] => String::from_utf8_lossy(path).into_owned(),
        path => String::from_utf8_lossy(path).into_owned(),
    }
}
