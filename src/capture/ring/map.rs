//! The shared memory of a packet ring, and the walk through its blocks.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{RingGeometry, direction};
use crate::capture::packet::Direction;

/// One packet in the ring. The bytes are valid during the call that gets it.
#[derive(Debug, Clone)]
pub struct RingPacket<'a> {
    /// Nanoseconds since 1970 by the kernel's real-time clock.
    pub time_ns: i128,
    /// Length on the wire.
    pub original_len: u32,
    /// The frame, Ethernet header first.
    pub captured: &'a [u8],
    /// Which way it went.
    pub direction: Direction,
}

/// A mapped ring. The kernel writes into it at any time; only blocks that it has handed over may be read.
pub(super) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and `Mapping` hands out access only through `&mut self`.
unsafe impl Send for Mapping {}
// SAFETY: there is no access through `&self`.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub(super) fn new(fd: &OwnedFd, len: usize) -> io::Result<Mapping> {
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory that Rust knows of.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast())
            .ok_or_else(|| io::Error::other("the ring was mapped at address 0"))?;
        Ok(Mapping { start, len })
    }

    /// The word by which kernel and reader hand the block at `offset` to each other.
    fn status(&mut self, offset: usize) -> &AtomicU32 {
        let at = offset + BLOCK_STATUS;
        assert!(
            at + 4 <= self.len && at.is_multiple_of(4),
            "a block outside the ring"
        );
        // SAFETY: the four bytes are inside the mapping and aligned (checked above); they are written by the kernel and by us only
        // as one word, and the reference does not outlive `self`.
        unsafe { AtomicU32::from_ptr(self.start.as_ptr().add(at).cast()) }
    }

    /// The bytes of a block which the kernel has handed over.
    fn block(&mut self, offset: usize, len: usize) -> &[u8] {
        assert!(offset + len <= self.len, "a block outside the ring");
        // SAFETY: the range is inside the mapping (checked above). The caller has seen the block's status say that it is the
        // reader's, so the kernel writes nothing into it until the status is given back, which needs `&mut self` again.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(offset), len) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `start` and `len` are those of a mapping that this value owns and nothing borrows any more. A failure leaves
        // the memory mapped, which is harmless.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

// Layout of `struct tpacket_block_desc` and `struct tpacket3_hdr` in `linux/if_packet.h`, which is fixed.
/// `version`, `offset_to_priv`, then `hdr.bh1.block_status`.
const BLOCK_STATUS: usize = 8;
const BLOCK_PACKETS: usize = 12;
const BLOCK_FIRST: usize = 16;
const PACKET_NEXT: usize = 0;
const PACKET_SEC: usize = 4;
const PACKET_NSEC: usize = 8;
const PACKET_CAPTURED: usize = 12;
const PACKET_LEN: usize = 16;
const PACKET_MAC: usize = 24;
/// A `sockaddr_ll` follows the header of 48 bytes; its `sll_pkttype` is 10 bytes in.
const PACKET_TYPE: usize = 48 + 10;

/// `TP_STATUS_KERNEL` and `TP_STATUS_USER`.
const KERNEL: u32 = 0;
const USER: u32 = 1;

/// Where the reader is in the ring.
pub(super) struct Blocks {
    geometry: RingGeometry,
    next: u32,
}

impl Blocks {
    pub(super) fn new(geometry: RingGeometry) -> Blocks {
        Blocks { geometry, next: 0 }
    }

    pub(super) fn drain(
        &mut self,
        mapping: &mut Mapping,
        sink: &mut impl FnMut(RingPacket<'_>),
    ) -> u64 {
        let mut count = 0;
        // Once around at most, so that a flood cannot hold the reader for ever.
        for _ in 0..self.geometry.block_nr {
            let size = self.geometry.block_size as usize;
            let offset = self.next as usize * size;
            // Acquire: what the kernel wrote before the status is seen after it.
            if mapping.status(offset).load(Ordering::Acquire) & USER == 0 {
                break;
            }
            count += walk(mapping.block(offset, size), sink);
            // Release: our reads are over before the kernel may write again.
            mapping.status(offset).store(KERNEL, Ordering::Release);
            self.next = (self.next + 1) % self.geometry.block_nr;
        }
        count
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Hands over the packets of one block.
fn walk(block: &[u8], sink: &mut impl FnMut(RingPacket<'_>)) -> u64 {
    let (Some(packets), Some(first)) = (word(block, BLOCK_PACKETS), word(block, BLOCK_FIRST))
    else {
        return 0;
    };
    let mut at = first as usize;
    for done in 0..packets {
        let Some(header) = block.get(at..) else {
            return u64::from(done);
        };
        let Some(packet) = packet(header) else {
            return u64::from(done);
        };
        sink(packet);
        match word(header, PACKET_NEXT) {
            Some(next) if next > 0 => at += next as usize,
            _ => return u64::from(done) + 1,
        }
    }
    u64::from(packets)
}

fn packet(header: &[u8]) -> Option<RingPacket<'_>> {
    let mac = u16::from_ne_bytes(header.get(PACKET_MAC..PACKET_MAC + 2)?.try_into().ok()?) as usize;
    let captured = word(header, PACKET_CAPTURED)? as usize;
    Some(RingPacket {
        time_ns: i128::from(word(header, PACKET_SEC)?) * 1_000_000_000
            + i128::from(word(header, PACKET_NSEC)?),
        original_len: word(header, PACKET_LEN)?,
        captured: header.get(mac..mac.checked_add(captured)?)?,
        direction: direction(*header.get(PACKET_TYPE)?),
    })
}
