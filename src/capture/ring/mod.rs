//! Live capture: turns a bound `AF_PACKET` socket with a TPACKET_V3 ring into a stream of frames. The socket is made in the
//! private network by whoever may enter it, and arrives here as a file descriptor. Must not know: sandboxes, what frames mean.
//!
//! The kernel writes packets into blocks which both sides map; a block is handed over when it is full or after the retire
//! timeout. Nothing is copied by a system call, so an unread burst does not overflow as with a plain socket.

mod close;
mod map;
mod record;
mod socket;

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::decode::{Content, decode, link_type};
use super::packet::Direction;
pub use map::RingPacket;
use map::{Blocks, Mapping};
pub use record::{Dial, Pool, Recording, dial, step_at};
pub use socket::{bind_to_interface, configure_ring, open_ring_socket};

/// Size and timing of a ring. Whoever configures the socket and whoever maps it must use the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingGeometry {
    /// Bytes of one block; a multiple of the page size, and larger than the largest packet.
    pub block_size: u32,
    /// Number of blocks.
    pub block_nr: u32,
    /// Nominal bytes of a frame; only used by the kernel to check the numbers, since V3 packs frames tightly.
    pub frame_size: u32,
    /// After this long a block is handed over though it is not full, milliseconds.
    pub retire_ms: u32,
}

impl Default for RingGeometry {
    /// 16 MiB: 20,000 unread datagrams fit without a drop. Packets are seen at most 40 ms late.
    fn default() -> Self {
        RingGeometry {
            block_size: 1 << 18,
            block_nr: 64,
            frame_size: 2048,
            retire_ms: 40,
        }
    }
}

impl RingGeometry {
    /// Bytes of the whole ring.
    pub fn bytes(&self) -> usize {
        self.block_size as usize * self.block_nr as usize
    }
}

/// What the kernel counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RingStatistics {
    /// Packets offered to the ring, the dropped ones included.
    pub packets: u64,
    /// Packets that found no room: the capture is then incomplete.
    pub dropped: u64,
}

/// A ring that is being read. Dropping it gives the memory back in a background thread, because that takes the kernel about 10 ms.
pub struct Ring {
    /// Always there until the drop.
    parts: Option<(Mapping, OwnedFd)>,
    blocks: Blocks,
    statistics: RingStatistics,
}

impl AsRawFd for Ring {
    fn as_raw_fd(&self) -> RawFd {
        self.parts.as_ref().map_or(-1, |(_, fd)| fd.as_raw_fd())
    }
}

impl Ring {
    /// Maps the ring of a socket which was configured with the same geometry.
    ///
    /// # Errors
    /// When the kernel refuses, for example because the socket has no ring of this size.
    pub fn new(fd: OwnedFd, geometry: RingGeometry) -> io::Result<Ring> {
        let mapping = Mapping::new(&fd, geometry.bytes())?;
        Ok(Ring {
            parts: Some((mapping, fd)),
            blocks: Blocks::new(geometry),
            statistics: RingStatistics::default(),
        })
    }

    /// Hands every packet that is there to `sink`, in order, and gives the blocks back to the kernel. Answers how many.
    pub fn drain(&mut self, mut sink: impl FnMut(RingPacket<'_>)) -> u64 {
        let Some((mapping, _)) = &mut self.parts else {
            return 0;
        };
        self.blocks.drain(mapping, &mut sink)
    }

    /// The kernel's counters since the ring was made.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn statistics(&mut self) -> io::Result<RingStatistics> {
        let (packets, dropped) = socket::statistics(self.as_raw_fd())?;
        // Reading them sets the kernel's own to zero.
        self.statistics.packets += u64::from(packets);
        self.statistics.dropped += u64::from(dropped);
        Ok(self.statistics)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            close::later(parts);
        }
    }
}

/// A ring inside a tokio runtime.
pub struct AsyncRing {
    inner: AsyncFd<Ring>,
}

/// How a wait for the sentinel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The sentinel was seen: everything before it has been handed over.
    Sentinel,
    /// It was not seen in time (dropped by a full ring, or never sent): the capture may be incomplete.
    Deadline,
}

impl AsyncRing {
    /// Registers a ring with the runtime.
    ///
    /// # Errors
    /// When the file descriptor cannot be polled.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O enabled.
    pub fn new(ring: Ring) -> io::Result<AsyncRing> {
        // SAFETY: a `Ring` owns its file descriptor, answers the same one until it is dropped, and is never given out or swapped
        // while it is inside.
        let inner = unsafe { AsyncFd::register_with_interest(ring, Interest::READABLE) }
            .map_err(|e| e.into_parts().1)?;
        Ok(AsyncRing { inner })
    }

    /// Waits until there are packets and hands them to `sink`. Cancel safe: packets are handed over only after the wait.
    ///
    /// # Errors
    /// When polling fails.
    pub async fn next(&mut self, mut sink: impl FnMut(RingPacket<'_>)) -> io::Result<u64> {
        loop {
            let mut ready = self.inner.readable_mut().await?;
            let count = ready.get_inner_mut().drain(&mut sink);
            ready.clear_ready();
            if count > 0 {
                return Ok(count);
            }
        }
    }

    /// Hands packets to `sink` until the datagram with the payload `sentinel` has come, which is itself not handed over, nor is
    /// what stands behind it in its block. The caller sends it from inside the private network after everything else is over.
    ///
    /// # Errors
    /// When polling fails.
    pub async fn finish(
        &mut self,
        sentinel: &[u8],
        within: Duration,
        mut sink: impl FnMut(RingPacket<'_>),
    ) -> io::Result<Ended> {
        let mut seen = false;
        let mut filter = |packet: RingPacket<'_>| {
            seen |= is_sentinel(packet.captured, sentinel);
            // The sentinel was sent last.
            if !seen {
                sink(packet);
            }
            seen
        };
        let deadline = tokio::time::Instant::now() + within;
        loop {
            let mut found = false;
            match tokio::time::timeout_at(deadline, self.next(|p| found |= filter(p))).await {
                Ok(answer) => answer?,
                Err(_) => return Ok(Ended::Deadline),
            };
            if found {
                return Ok(Ended::Sentinel);
            }
        }
    }

    /// See [`Ring::drain`].
    pub fn drain(&mut self, sink: impl FnMut(RingPacket<'_>)) -> u64 {
        self.inner.get_mut().drain(sink)
    }

    /// See [`Ring::statistics`].
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn statistics(&mut self) -> io::Result<RingStatistics> {
        self.inner.get_mut().statistics()
    }
}

/// Whether an Ethernet frame holds a UDP datagram with exactly this payload.
pub fn is_sentinel(frame: &[u8], sentinel: &[u8]) -> bool {
    let decoded = decode(link_type::ETHERNET, frame.len() as u32, frame);
    matches!(decoded.content, Content::Udp(d) if d.payload == sentinel)
}

/// `PACKET_OUTGOING` of `linux/if_packet.h`.
const PACKET_OUTGOING: u8 = 4;

fn direction(packet_type: u8) -> Direction {
    if packet_type == PACKET_OUTGOING {
        Direction::Outbound
    } else {
        Direction::Inbound
    }
}
