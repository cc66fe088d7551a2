//! TCP and Unix stream actors.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

/// How the other side ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// In order: FIN.
    Fin,
    /// By abort: RST.
    Reset,
}

/// Why a connection attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// RST answered the SYN: nobody listens there.
    Refused,
    /// No route, or no such address.
    Unreachable,
    /// Something else, e.g. the queue of the listener is full.
    Other,
}

enum Io {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// One end of a connection, with what has arrived but was not yet taken.
pub struct Stream {
    io: Io,
    unread: Vec<u8>,
    end: Option<StreamEnd>,
    received: u64,
}

/// How much one read takes at most, in bytes.
pub(super) const READ_SIZE: usize = 64 * 1024;

/// How much is taken in before somebody takes it, in bytes; then the window fills, as it does for any reader
/// that falls behind. No exercise sends a quarter of it.
const MOST_UNREAD: usize = 4 << 20;

impl Stream {
    /// Connects a fresh TCP socket.
    ///
    /// # Errors
    /// The reason in the words of [`ConnectFailure`].
    pub async fn connect(socket: OwnedFd, to: SocketAddr) -> Result<Self, ConnectFailure> {
        let std_stream = std::net::TcpStream::from(socket);
        let socket = TcpSocket::from_std_stream(std_stream);
        let tcp = socket
            .connect(to)
            .await
            .map_err(|error| match error.kind() {
                io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
                io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::AddrNotAvailable => ConnectFailure::Unreachable,
                _ => ConnectFailure::Other,
            })?;
        // Pieces must leave as they are sent, not when Nagle's algorithm (RFC 896) lets them.
        let _ = tcp.set_nodelay(true);
        Ok(Stream::new(Io::Tcp(tcp)))
    }

    /// Takes over a Unix stream socket that is connected already.
    ///
    /// # Errors
    /// When the descriptor cannot be registered with the runtime.
    pub fn from_unix(socket: OwnedFd) -> io::Result<Self> {
        let unix = std::os::unix::net::UnixStream::from(socket);
        unix.set_nonblocking(true)?;
        Ok(Stream::new(Io::Unix(UnixStream::from_std(unix)?)))
    }

    fn new(io: Io) -> Self {
        Stream {
            io,
            unread: Vec::new(),
            end: None,
            received: 0,
        }
    }

    /// This end's address, for TCP.
    pub fn local(&self) -> Option<SocketAddr> {
        match &self.io {
            Io::Tcp(tcp) => tcp.local_addr().ok(),
            Io::Unix(_) => None,
        }
    }

    /// The other end's address, for TCP.
    pub fn remote(&self) -> Option<SocketAddr> {
        match &self.io {
            Io::Tcp(tcp) => tcp.peer_addr().ok(),
            Io::Unix(_) => None,
        }
    }

    /// What has arrived and was not yet taken.
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Bytes received so far, taken or not.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How the other side ended the connection, once that has been read.
    pub fn end(&self) -> Option<StreamEnd> {
        self.end
    }

    /// Takes the first `count` bytes that have arrived (fewer if there are not so many).
    pub fn take(&mut self, count: usize) -> Vec<u8> {
        let count = count.min(self.unread.len());
        let rest = self.unread.split_off(count);
        std::mem::replace(&mut self.unread, rest)
    }

    /// Waits until more bytes arrive (how many is returned) or the other side ends the connection (0).
    /// Safe to cancel: nothing is lost.
    pub async fn fill(&mut self) -> usize {
        if self.end.is_some() {
            return 0;
        }
        let before = self.unread.len();
        self.unread.reserve(READ_SIZE);
        let result = match &mut self.io {
            Io::Tcp(tcp) => tcp.read_buf(&mut self.unread).await,
            Io::Unix(unix) => unix.read_buf(&mut self.unread).await,
        };
        match result {
            Ok(0) => self.end = Some(StreamEnd::Fin),
            Ok(_) => {}
            Err(_) => self.end = Some(StreamEnd::Reset),
        }
        let count = self.unread.len() - before;
        self.received += count as u64;
        count
    }

    /// Writes some of `bytes`; how many is returned.
    ///
    /// # Errors
    /// When the other side has closed or reset the connection.
    pub async fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.io {
            Io::Tcp(tcp) => tcp.write(bytes).await,
            Io::Unix(unix) => unix.write(bytes).await,
        }
    }

    /// Waits until it can be written to or read from, whichever comes first, and does that:
    /// `Ok(n)` bytes of `bytes` were written (0 when it was reading that went on).
    ///
    /// # Errors
    /// When writing fails because the other side has closed or reset the connection.
    pub async fn write_or_fill(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.end.is_some() {
            return self.write_some(bytes).await;
        }
        if self.unread.len() >= MOST_UNREAD {
            return self.write_some(bytes).await;
        }
        let interest = tokio::io::Interest::READABLE | tokio::io::Interest::WRITABLE;
        let ready = match &self.io {
            Io::Tcp(tcp) => tcp.ready(interest).await?,
            Io::Unix(unix) => unix.ready(interest).await?,
        };
        if ready.is_readable() {
            self.fill_now();
        }
        if ready.is_writable() {
            let written = match &self.io {
                Io::Tcp(tcp) => tcp.try_write(bytes),
                Io::Unix(unix) => unix.try_write(bytes),
            };
            return match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                other => other,
            };
        }
        Ok(0)
    }

    /// Reads what is there already, without waiting; from a program that sends without end, as much as is
    /// ever kept.
    pub fn fill_now(&mut self) {
        while self.end.is_none() && self.unread.len() < MOST_UNREAD {
            let before = self.unread.len();
            self.unread.reserve(READ_SIZE);
            let result = match &self.io {
                Io::Tcp(tcp) => tcp.try_read_buf(&mut self.unread),
                Io::Unix(unix) => unix.try_read_buf(&mut self.unread),
            };
            match result {
                Ok(0) => self.end = Some(StreamEnd::Fin),
                Ok(_) => self.received += (self.unread.len() - before) as u64,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.end = Some(StreamEnd::Reset),
            }
        }
    }

    /// Ends one direction or both.
    ///
    /// # Errors
    /// When the connection is gone already.
    pub fn shutdown(&self, how: std::net::Shutdown) -> io::Result<()> {
        let how = match how {
            std::net::Shutdown::Read => rustix::net::Shutdown::Read,
            std::net::Shutdown::Write => rustix::net::Shutdown::Write,
            std::net::Shutdown::Both => rustix::net::Shutdown::Both,
        };
        Ok(rustix::net::shutdown(self.as_fd(), how)?)
    }

    /// Aborts the connection: RST instead of FIN (SO_LINGER with a time of 0, see `socket(7)`).
    pub fn reset(self) {
        let _ =
            rustix::net::sockopt::set_socket_linger(self.as_fd(), Some(std::time::Duration::ZERO));
    }

    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match &self.io {
            Io::Tcp(tcp) => tcp.as_fd(),
            Io::Unix(unix) => unix.as_fd(),
        }
    }
}

enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A listening socket of the grader.
pub struct Listener(Listening);

impl Listener {
    /// Takes over a TCP socket that listens already.
    ///
    /// # Errors
    /// When the descriptor cannot be registered with the runtime.
    pub fn tcp(socket: OwnedFd) -> io::Result<Self> {
        let std_listener = std::net::TcpListener::from(socket);
        std_listener.set_nonblocking(true)?;
        Ok(Listener(Listening::Tcp(TcpListener::from_std(
            std_listener,
        )?)))
    }

    /// Takes over a Unix stream socket that listens already.
    ///
    /// # Errors
    /// When the descriptor cannot be registered with the runtime.
    pub fn unix(socket: OwnedFd) -> io::Result<Self> {
        let std_listener = std::os::unix::net::UnixListener::from(socket);
        std_listener.set_nonblocking(true)?;
        Ok(Listener(Listening::Unix(UnixListener::from_std(
            std_listener,
        )?)))
    }

    /// Where it listens, for TCP.
    pub fn local(&self) -> Option<SocketAddr> {
        match &self.0 {
            Listening::Tcp(tcp) => tcp.local_addr().ok(),
            Listening::Unix(_) => None,
        }
    }

    /// Takes the next connection. Safe to cancel.
    ///
    /// # Errors
    /// When the machine has no descriptors left.
    pub async fn accept(&self) -> io::Result<Stream> {
        Ok(match &self.0 {
            Listening::Tcp(listener) => {
                let (tcp, _) = listener.accept().await?;
                let _ = tcp.set_nodelay(true);
                Stream::new(Io::Tcp(tcp))
            }
            Listening::Unix(listener) => Stream::new(Io::Unix(listener.accept().await?.0)),
        })
    }
}
