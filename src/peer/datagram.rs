//! UDP actors.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use tokio::net::UdpSocket;

/// One datagram that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Its payload, whole.
    pub bytes: Vec<u8>,
    /// Where it came from.
    pub from: SocketAddr,
}

/// A UDP socket of the grader, never connected, so that answers from a wrong port are seen, too.
pub struct Datagrams {
    socket: UdpSocket,
    /// Where it sends to when nothing else is said.
    pub peer: Option<SocketAddr>,
    /// Where the last datagram came from.
    pub last_from: Option<SocketAddr>,
    queue: VecDeque<Datagram>,
}

/// Largest payload of a UDP datagram over IPv4: 65,535 − 20 (IP) − 8 (UDP), RFC 768.
pub const LARGEST_PAYLOAD: usize = 65_507;

impl Datagrams {
    /// Takes over a bound UDP socket.
    ///
    /// # Errors
    /// When the descriptor cannot be registered with the runtime.
    pub fn new(socket: OwnedFd, peer: Option<SocketAddr>) -> io::Result<Self> {
        let std_socket = std::net::UdpSocket::from(socket);
        std_socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(std_socket)?;
        Ok(Datagrams {
            socket,
            peer,
            last_from: None,
            queue: VecDeque::new(),
        })
    }

    /// This end's address.
    pub fn local(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    /// Waits for the next datagram. Safe to cancel.
    ///
    /// # Errors
    /// What the stack says, e.g. an ICMP error that belongs to this socket.
    pub async fn receive(&mut self) -> io::Result<Datagram> {
        if let Some(datagram) = self.queue.pop_front() {
            return Ok(datagram);
        }
        let mut buffer = vec![0; LARGEST_PAYLOAD + 1];
        let (length, from) = self.socket.recv_from(&mut buffer).await?;
        buffer.truncate(length);
        self.last_from = Some(from);
        Ok(Datagram {
            bytes: buffer,
            from,
        })
    }

    /// Puts a datagram back, to be received next.
    pub fn put_back(&mut self, datagram: Datagram) {
        self.queue.push_front(datagram);
    }

    /// Sends one datagram.
    ///
    /// # Errors
    /// What the stack says; `InvalidInput` when there is nowhere to send to.
    pub async fn send(&self, bytes: &[u8], to: Option<SocketAddr>) -> io::Result<()> {
        let to = to
            .or(self.peer)
            .or(self.last_from)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "nowhere to send to"))?;
        self.socket.send_to(bytes, to).await.map(|_| ())
    }
}
