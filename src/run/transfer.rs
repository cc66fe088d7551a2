//! Reading and writing pipes and pseudo-terminals without blocking.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Mutex;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;

/// Bytes read at once.
const SIZE: usize = 16 * 1024;

/// The end of a program's output that the grader reads.
pub struct Reader {
    pipe: pipe::Receiver,
    /// Held from the reading of bytes until they are entered: nobody finds them in neither place.
    taking: Mutex<()>,
}

/// The end of a program's input that the grader writes.
pub struct Writer {
    sender: tokio::sync::Mutex<pipe::Sender>,
    /// The master of a pseudo-terminal, when it is one.
    master: Option<OwnedFd>,
}

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
        let pipe = pipe::Receiver::from_owned_fd_unchecked(non_blocking(fd)?)?;
        Ok(Reader {
            pipe,
            taking: Mutex::new(()),
        })
    }

    /// Enters bytes as they come until the end, or until `enter` wants no more. A pseudo-terminal whose program
    /// is gone answers EIO, which is its end.
    pub async fn follow(&self, mut enter: impl FnMut(&[u8]) -> bool) {
        let mut buffer = vec![0; SIZE];
        while self.pipe.readable().await.is_ok() {
            let taking = self.taking.lock();
            let wants_more = match self.pipe.try_read(&mut buffer) {
                Ok(0) => false,
                Ok(count) => enter(&buffer[..count]),
                Err(error) => matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ),
            };
            drop(taking);
            if !wants_more {
                return;
            }
        }
    }

    /// Enters what is there now, whether or not the runtime knows of it.
    ///
    /// What a program writes to its terminal reaches the master by a worker of the kernel, on a loaded machine
    /// after the program has begun to wait for something else. A read of the master waits for that worker
    /// (n_tty_read, drivers/tty/n_tty.c); word of readiness does not come before it.
    pub fn take(&self, mut enter: impl FnMut(&[u8]) -> bool) {
        let mut buffer = vec![0; SIZE];
        let _taking = self.taking.lock();
        // An end or an error is left to the one who follows.
        while let Ok(count @ 1..) = rustix::io::read(&self.pipe, &mut buffer) {
            if !enter(&buffer[..count]) {
                return;
            }
        }
    }
}

impl Writer {
    /// Takes over a descriptor: a pipe, or the master of a pseudo-terminal.
    ///
    /// # Errors
    /// When it cannot be made non-blocking or registered with the runtime.
    pub fn new(fd: OwnedFd, terminal: bool) -> io::Result<Self> {
        let master = terminal.then(|| fd.try_clone()).transpose()?;
        let sender = pipe::Sender::from_owned_fd_unchecked(non_blocking(fd)?)?;
        Ok(Writer {
            sender: tokio::sync::Mutex::new(sender),
            master,
        })
    }

    /// Comes back when what was typed can be read. From one end of a pseudo-terminal to the other the kernel has bytes
    /// carried by a worker, which on a busy machine waits for its turn like everybody else, and meanwhile a program that
    /// is typed for seems to wait for ever. To look at the other end is to wait for that worker.
    pub fn flush(&self) {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let open = |master| ioctl_tiocgptpeer(master, flags).ok();
        if let Some(other) = self.master.as_ref().and_then(open) {
            let mut one = [PollFd::new(&other, PollFlags::IN)];
            let _ = poll(&mut one, Some(&Timespec::default()));
        }
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// When the program has closed its end.
    pub async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.sender.lock().await.write_all(bytes).await
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[tokio::test]
    async fn what_was_written_is_taken_before_the_runtime_has_word_of_it() {
        let (read, write) = std::io::pipe().unwrap();
        let reader = Reader::new(read.into()).unwrap();
        std::fs::File::from(OwnedFd::from(write))
            .write_all(b"from 127.0.0.1\n")
            .unwrap();
        let mut seen = Vec::new();
        let mut enter = |bytes: &[u8]| {
            seen.extend_from_slice(bytes);
            true
        };
        reader.take(&mut enter);
        reader.follow(&mut enter).await;
        assert_eq!(seen, b"from 127.0.0.1\n");
    }
}
