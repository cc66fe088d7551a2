//! Looks at a socket of another process through a descriptor of our own, which is dropped before anything
//! goes on: a copy that is kept would keep a connection open that its owner has closed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;

use rustix::net::{AddressFamily, SocketType, getpeername, getsockname, sockopt};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::proc;
use crate::event::Transport;
use crate::sandbox::sys::notify::{self, Progress};

/// A thread that calls, and its process.
#[derive(Debug)]
pub(super) struct Caller {
    thread: i32,
    process: i32,
    handle: Option<OwnedFd>,
}

/// A look at one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub inode: u64,
    pub transport: Transport,
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
    pub listens: bool,
    /// TCP only.
    pub progress: Option<Progress>,
    /// Bytes that wait to be received: of the next datagram, or of the stream.
    pub waiting: u64,
}

impl Caller {
    pub fn new(thread: i32) -> Caller {
        let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
        let process = status
            .lines()
            .find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok())
            .unwrap_or(thread);
        let handle =
            Pid::from_raw(process).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Caller {
            thread,
            process,
            handle,
        }
    }

    /// A look at the socket that is descriptor `fd` of the caller; `None` when it is no socket of a kind
    /// that stories tell of.
    pub fn look(&self, fd: u64) -> Option<Look> {
        let fd = i32::try_from(fd).ok()?;
        let handle = self.handle.as_ref()?;
        let socket = pidfd_getfd(handle, fd, PidfdGetfdFlags::empty()).ok()?;
        let transport = transport(
            sockopt::socket_domain(&socket).ok()?,
            sockopt::socket_type(&socket).ok()?,
        )?;
        let internet = transport != Transport::Unix;
        let local = || getsockname(&socket).ok()?.try_into().ok();
        let remote = || getpeername(&socket).ok()??.try_into().ok();
        Some(Look {
            inode: rustix::fs::fstat(&socket).ok()?.st_ino,
            transport,
            local: if internet { local() } else { None },
            remote: if internet { remote() } else { None },
            listens: sockopt::socket_acceptconn(&socket).unwrap_or(false),
            progress: (transport == Transport::Tcp)
                .then(|| notify::progress(socket.as_fd()))
                .flatten(),
            waiting: rustix::io::ioctl_fionread(&socket).unwrap_or(0),
        })
    }

    /// The caller's sockets: descriptors by inode.
    pub fn sockets(&self) -> BTreeMap<u64, u64> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.process));
        let entries = entries.into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let inode = proc::socket_inode(&fs::read_link(entry.path()).ok()?)?;
                Some((inode, entry.file_name().to_str()?.parse().ok()?))
            })
            .collect()
    }

    /// Bytes of the caller's memory; fewer when not all can be read.
    pub fn memory(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let read = File::open(format!("/proc/{}/mem", self.thread))
            .and_then(|memory| memory.read_at(&mut bytes, address));
        bytes.truncate(read.unwrap_or(0));
        bytes
    }

    /// The socket address in the caller's memory: `127.0.0.1:80`, or a path.
    pub fn address(&self, at: u64, length: u64) -> Option<String> {
        /// `struct sockaddr_un` is the longest.
        const LONGEST: u64 = 110;
        if at == 0 {
            return None;
        }
        let bytes = self.memory(at, length.min(LONGEST) as usize);
        let family = u16::from_ne_bytes(*bytes.first_chunk()?);
        let port = || bytes.get(2..4).map(|b| u16::from_be_bytes([b[0], b[1]]));
        match i32::from(family) {
            libc::AF_INET => {
                let ip: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
                Some(SocketAddr::new(Ipv4Addr::from(ip).into(), port()?).to_string())
            }
            libc::AF_INET6 => {
                let ip: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
                Some(SocketAddr::new(Ipv6Addr::from(ip).into(), port()?).to_string())
            }
            libc::AF_UNIX => {
                let path = bytes.get(2..)?.split(|byte| *byte == 0).next()?;
                Some(String::from_utf8_lossy(path).into_owned())
            }
            _ => None,
        }
    }
}

/// The transport of a socket, when it is one that stories tell of.
pub(super) fn transport(family: AddressFamily, kind: SocketType) -> Option<Transport> {
    let internet = matches!(family, AddressFamily::INET | AddressFamily::INET6);
    match kind {
        SocketType::STREAM if internet => Some(Transport::Tcp),
        SocketType::DGRAM if internet => Some(Transport::Udp),
        SocketType::STREAM if family == AddressFamily::UNIX => Some(Transport::Unix),
        _ => None,
    }
}
