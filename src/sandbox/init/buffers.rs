//! Memory in the buffers of sockets: no process's size shows it, and a few hundred processes with a few
//! hundred sockets each can hold more of it than the machine has.

use std::fs::File;
use std::io;

use super::outer::Outer;
use crate::sandbox::sys::diag::Diag;
use crate::sandbox::sys::read_again;

/// Fewer sockets than this hold no more than some 50 MiB, whatever is done with them: each at most what
/// `net.core.wmem_max` allows, twice.
const FEW: u64 = 64;

/// What it takes to ask the kernel.
pub(super) struct Buffers {
    /// Opened when it is first needed, which it hardly ever is.
    diag: Option<Diag>,
    count: File,
}

impl Buffers {
    /// Opens what is needed, for the network that init is in; none where the kernel does not tell.
    pub fn open(outer: &Outer) -> Option<Buffers> {
        let count = outer.net("sockstat").ok()?;
        Some(Buffers { diag: None, count })
    }

    /// Whether there are so many sockets that they must be watched closely.
    pub fn are_many(&self) -> bool {
        sockets(&read_again(&self.count)) >= FEW
    }

    /// Bytes in the buffers of all sockets, as the kernel accounts for them.
    ///
    /// # Errors
    /// This kernel does not tell.
    pub fn bytes(&mut self) -> io::Result<u64> {
        match &mut self.diag {
            Some(diag) => diag.memory(),
            None => self.diag.insert(Diag::open(None)?).memory(),
        }
    }
}

/// The first line is `sockets: used N`, of this network namespace.
fn sockets(text: &str) -> u64 {
    let number = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("sockets: used "));
    number
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_counted() {
        assert_eq!(sockets("sockets: used 317\nTCP: inuse 2"), 317);
        assert_eq!(sockets(""), 0);
    }

    /// Asks about the sockets of this process's own network: other tests may have some of their own.
    #[test]
    fn what_waits_in_a_socket_is_counted() {
        use std::io::Write as _;
        let outer = Outer::open().unwrap();
        let mut buffers = Buffers::open(&outer).unwrap();
        if buffers.bytes().is_err() {
            eprintln!("SKIPPED: this kernel does not tell");
            return;
        }
        let (mut one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        one.set_nonblocking(true).unwrap();
        let mut sent = 0;
        while let Ok(count) = one.write(&[0; 4096]) {
            sent += count as u64;
        }
        assert!(sent > 0 && buffers.bytes().unwrap() >= sent);
    }
}
