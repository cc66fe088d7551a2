//! Lists the sockets of a network namespace by `/proc/net`, for kernels without `NETLINK_SOCK_DIAG`.

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::FileExt;

use super::super::snapshot::{End, SocketState, TcpState};
use crate::event::Transport;

/// The open files of one namespace.
pub(in super::super) struct Tables(Vec<(Transport, File)>);

impl Tables {
    /// Takes those that `open` gives, by their names in `/proc/net`.
    pub fn open(open: impl Fn(&str) -> io::Result<File>) -> Tables {
        let names = [
            (Transport::Tcp, "tcp"),
            (Transport::Tcp, "tcp6"),
            (Transport::Udp, "udp"),
            (Transport::Udp, "udp6"),
            (Transport::Unix, "unix"),
        ];
        // One that is missing is of a protocol that this kernel does not have.
        let files = names
            .into_iter()
            .filter_map(|(transport, name)| Some((transport, open(name).ok()?)));
        Tables(files.collect())
    }

    /// Adds the sockets of a transport in any of these states (bits by number).
    pub fn list(
        &self,
        transport: Transport,
        states: u32,
        into: &mut Vec<SocketState>,
    ) -> io::Result<()> {
        let mut files = self
            .0
            .iter()
            .filter(|(kind, _)| *kind == transport)
            .peekable();
        if files.peek().is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        for (_, file) in files {
            let text = read(file)?;
            let sockets = text.lines().skip(1).filter_map(|line| match transport {
                Transport::Unix => unix(line),
                _ => inet(transport, line),
            });
            into.extend(sockets.filter(|socket| states >> socket.state as u32 & 1 == 1));
        }
        Ok(())
    }
}

fn read(file: &File) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 << 10];
    loop {
        match file.read_at(&mut part, bytes.len() as u64)? {
            0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            length => bytes.extend_from_slice(&part[..length]),
        }
    }
}

/// `sl local remote state tx:rx timer:when retransmits uid timeout inode …`, see proc_net(5).
fn inet(transport: Transport, line: &str) -> Option<SocketState> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let hex = |text: &str| u32::from_str_radix(text, 16).ok();
    let (send, receive) = words.get(4)?.split_once(':')?;
    let remote = address(words.get(2)?)?;
    Some(SocketState {
        transport,
        local: End::Internet(address(words.get(1)?)?),
        remote: (remote.port() != 0).then_some(End::Internet(remote)),
        state: TcpState::from_number(u8::from_str_radix(words.get(3)?, 16).ok()?)?,
        receive_queue: hex(receive)?,
        send_queue: hex(send)?,
        inode: words.get(9)?.parse().ok()?,
        program: None,
        pid: None,
    })
}

/// `0100007F:0050`: words of the address in the machine's byte order, the port in reading order.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let mut octets = Vec::with_capacity(16);
    for at in (0..ip.len()).step_by(8) {
        let word = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
        octets.extend_from_slice(&word.to_ne_bytes());
    }
    let ip = match octets.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?)),
        _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

/// `number: references protocol flags type state inode path`.
fn unix(line: &str) -> Option<SocketState> {
    /// __SO_ACCEPTCON
    const LISTENS: u32 = 1 << 16;
    const CONNECTED: &str = "03";
    let words: Vec<&str> = line
        .splitn(8, ' ')
        .filter(|word| !word.is_empty())
        .collect();
    let flags = u32::from_str_radix(words.get(3)?, 16).ok()?;
    let connected = *words.get(5)? == CONNECTED;
    // The inode is padded with blanks, so the path begins wherever they end.
    let rest = words.get(6..)?.join(" ");
    let (inode, path) = rest
        .trim_start()
        .split_once(' ')
        .unwrap_or((rest.trim(), ""));
    Some(SocketState {
        transport: Transport::Unix,
        local: End::Unix(path.to_owned()),
        remote: connected.then(|| End::Unix(String::new())),
        state: match (flags & LISTENS != 0, connected) {
            (true, _) => TcpState::Listen,
            (false, true) => TcpState::Established,
            (false, false) => TcpState::Close,
        },
        receive_queue: 0,
        send_queue: 0,
        inode: inode.parse().ok()?,
        program: None,
        pid: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::diag::{self, Diag};
    use super::*;
    use std::os::fd::AsFd;

    fn found(list: Vec<SocketState>, socket: &impl AsFd) -> SocketState {
        let inode = rustix::fs::fstat(socket).unwrap().st_ino;
        list.into_iter()
            .find(|socket| socket.inode == inode)
            .expect("listed")
    }

    /// What the tables and the kernel's answers say of one socket.
    fn both(transport: Transport, socket: &impl AsFd) -> Option<(SocketState, SocketState)> {
        let (mut by_table, mut by_answer) = (Vec::new(), Vec::new());
        Tables::open(|name| File::open(format!("/proc/self/net/{name}")))
            .list(transport, diag::ALL, &mut by_table)
            .unwrap();
        let mut diag = Diag::open(None).ok()?;
        diag.list(transport, diag::ALL, &mut by_answer).ok()?;
        Some((found(by_table, socket), found(by_answer, socket)))
    }

    #[test]
    fn the_tables_say_what_the_kernel_answers() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let _waits = std::net::TcpStream::connect(tcp.local_addr().unwrap()).unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let unix = std::os::unix::net::UnixListener::bind(dir.path().join("with space")).unwrap();
        let pairs = [
            both(Transport::Tcp, &tcp),
            both(Transport::Udp, &udp),
            both(Transport::Unix, &unix),
        ];
        for (table, answer) in pairs.into_iter().flatten() {
            assert_eq!(
                (&table.local, &table.remote, table.state),
                (&answer.local, &answer.remote, answer.state)
            );
            assert!(
                table.transport == Transport::Unix || table.receive_queue == answer.receive_queue
            );
        }
    }
}
