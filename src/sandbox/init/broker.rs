//! Makes sockets inside for the grader, which cannot enter the network itself.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
    sockopt,
};

use crate::sandbox::config::{Address, Family, Kind, SocketRequest};
use crate::sandbox::wire::Refusal;

/// The socket that is asked for.
///
/// Relative paths of Unix sockets begin at `base`; bound ones are given to `owner`.
pub(super) fn socket(
    request: &SocketRequest,
    base: &Path,
    owner: Option<u32>,
) -> Result<OwnedFd, Refusal> {
    let family = match request.family {
        Family::V4 => AddressFamily::INET,
        Family::V6 => AddressFamily::INET6,
        Family::Unix => AddressFamily::UNIX,
    };
    let kind = match request.kind {
        Kind::Stream => SocketType::STREAM,
        Kind::Datagram => SocketType::DGRAM,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, kind, flags, None).at("socket")?;
    options(&socket, request).at("setsockopt")?;
    if let Some(address) = &request.bind {
        bind_to(&socket, address, base, owner)?;
    }
    if let Some(backlog) = request.listen {
        listen(&socket, i32::try_from(backlog).unwrap_or(i32::MAX)).at("listen")?;
    }
    if let Some(address) = &request.connect {
        connect_to(&socket, address, base)?;
    }
    Ok(socket)
}

fn options(socket: &OwnedFd, request: &SocketRequest) -> rustix::io::Result<()> {
    if request.reuse_address {
        sockopt::set_socket_reuseaddr(socket, true)?;
    }
    if request.broadcast {
        sockopt::set_socket_broadcast(socket, true)?;
    }
    if request.family == Family::V6 {
        sockopt::set_ipv6_v6only(socket, request.v6_only)?;
    }
    if let Some(bytes) = request.receive_buffer {
        sockopt::set_socket_recv_buffer_size(socket, bytes as usize)?;
    }
    Ok(())
}

fn bind_to(
    socket: &OwnedFd,
    address: &Address,
    base: &Path,
    owner: Option<u32>,
) -> Result<(), Refusal> {
    match address {
        Address::Internet(at) => bind(socket, at).at(&format!("bind {at}")),
        Address::Path(path) => {
            let path = base.join(path);
            let call = format!("bind {}", path.display());
            let name = SocketAddrUnix::new(&path).at(&call)?;
            bind(socket, &name).at(&call)?;
            // Made by init, but for programs to connect to.
            std::os::unix::fs::lchown(&path, owner, owner)
                .map_err(|error| Refusal::of(call, &error))
        }
    }
}

fn connect_to(socket: &OwnedFd, address: &Address, base: &Path) -> Result<(), Refusal> {
    let (call, result) = match address {
        Address::Internet(at) => (format!("connect {at}"), connect(socket, at)),
        Address::Path(path) => {
            let path = base.join(path);
            let call = format!("connect {}", path.display());
            let result = SocketAddrUnix::new(&path).and_then(|name| connect(socket, &name));
            (call, result)
        }
    };
    match result {
        // Under way: the caller learns the outcome from the socket.
        Err(rustix::io::Errno::INPROGRESS) => Ok(()),
        result => result.at(&call),
    }
}

trait At<T> {
    fn at(self, call: &str) -> Result<T, Refusal>;
}

impl<T> At<T> for rustix::io::Result<T> {
    fn at(self, call: &str) -> Result<T, Refusal> {
        self.map_err(|errno| Refusal::of(call, &io::Error::from(errno)))
    }
}
