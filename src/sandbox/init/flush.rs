//! Lets all packets arrive that are on their way over the loopback device.
//!
//! The kernel puts a packet into a queue of the processor that sent it, and delivers it from a soft interrupt. On a busy
//! machine that may be left to a thread which waits for its turn like everybody else, and meanwhile the packet is in no
//! socket's queue: sender and receiver both seem to wait for ever. A queue keeps its order, so a datagram of our own that
//! is sent on each processor arrives behind all that was sent there before it.

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::sandbox::MARK;

/// How long one datagram may take, before it counts as lost in a flood.
const LONGEST: Duration = Duration::from_millis(200);

/// A socket that talks to itself.
pub(super) struct Flush {
    socket: UdpSocket,
    /// Datagrams sent so far: each says which one it is.
    sent: u64,
}

impl Flush {
    /// Opens it.
    pub fn open() -> io::Result<Flush> {
        let socket = UdpSocket::bind((MARK, 0))?;
        // From now on it takes datagrams of nobody else.
        socket.connect(socket.local_addr()?)?;
        socket.set_read_timeout(Some(LONGEST))?;
        Ok(Flush { socket, sent: 0 })
    }

    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Comes back when all that was sent before has arrived.
    ///
    /// # Errors
    /// When it cannot be told or restored on which processors this may run.
    pub fn flush(&mut self) -> io::Result<()> {
        let all = sched_getaffinity(None)?;
        for cpu in (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)) {
            let mut one = CpuSet::new();
            one.set(cpu);
            // One that has just been taken away has nothing on its way.
            if sched_setaffinity(None, &one).is_ok() {
                self.one_way();
            }
        }
        Ok(sched_setaffinity(None, &all)?)
    }

    fn one_way(&mut self) {
        self.sent += 1;
        let number = self.sent.to_ne_bytes();
        let mut came = [0; 8];
        if self.socket.send(&number).is_ok() {
            // One that was given up may come late. In a flood it may be lost, and nothing is late then.
            while self.socket.recv(&mut came).is_ok() && came != number {}
        }
    }
}
