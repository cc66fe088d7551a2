//! Reading and writing pipes and pseudo-terminals without blocking.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

/// The end of a program's output that the grader reads.
pub struct Reader(pipe::Receiver);

/// The end of a program's input that the grader writes.
pub struct Writer(tokio::sync::Mutex<pipe::Sender>);

fn non_blocking(fd: OwnedFd) -> io::Result<OwnedFd> {
    let flags = rustix::fs::fcntl_getfl(&fd)?;
    rustix::fs::fcntl_setfl(&fd, flags | rustix::fs::OFlags::NONBLOCK)?;
    Ok(fd)
}

impl Reader {
    /// Takes over a descriptor: a pipe, or the master of a pseudo-terminal.
    ///
    /// # Errors
    /// When it cannot be made non-blocking or registered with the runtime.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        pipe::Receiver::from_owned_fd_unchecked(non_blocking(fd)?).map(Reader)
    }

    /// Reads some bytes; 0 at the end. A pseudo-terminal whose program is gone answers EIO, which is its end.
    pub async fn read(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            match self.0.read(buffer).await {
                Ok(count) => return count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return 0,
            }
        }
    }
}

impl Writer {
    /// Takes over a descriptor: a pipe, or the master of a pseudo-terminal.
    ///
    /// # Errors
    /// When it cannot be made non-blocking or registered with the runtime.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        let sender = pipe::Sender::from_owned_fd_unchecked(non_blocking(fd)?)?;
        Ok(Writer(tokio::sync::Mutex::new(sender)))
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// When the program has closed its end.
    pub async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().await.write_all(bytes).await
    }
}
