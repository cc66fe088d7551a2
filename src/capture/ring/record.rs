//! Keeps the packets of one check until its end, when the steps are known whose names they carry.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::RingPacket;
use crate::capture::decode::{Content, decode, link_type};
use crate::capture::flow::{Analysis, Analyzer, Options};
use crate::capture::packet::{Direction, Name, Packet};
use crate::capture::write::{FileHeader, OutPacket, Writer, Written};

/// A program tried to reach somebody: a SYN, or the first datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dial {
    /// UDP instead of TCP.
    pub udp: bool,
    /// Who.
    pub from: SocketAddr,
    /// Whom.
    pub to: SocketAddr,
}

/// The dial in an Ethernet frame, if it is a SYN or a UDP datagram.
pub fn dial(frame: &[u8]) -> Option<Dial> {
    let decoded = decode(link_type::ETHERNET, frame.len() as u32, frame);
    let ip = decoded.ip?;
    let (udp, from, to) = match decoded.content {
        Content::Tcp(s) if s.flags.syn() && !s.flags.ack() => {
            (false, s.source_port, s.destination_port)
        }
        Content::Udp(d) => (true, d.source_port, d.destination_port),
        _ => return None,
    };
    Some(Dial {
        udp,
        from: SocketAddr::new(ip.source, from),
        to: SocketAddr::new(ip.destination, to),
    })
}

#[derive(Debug)]
struct Kept {
    time_ns: i128,
    original_len: u32,
    chunk: usize,
    at: usize,
    len: usize,
    direction: Direction,
}

/// Memory that recordings share.
#[derive(Debug, Clone)]
pub struct Pool(Arc<AtomicUsize>);

impl Pool {
    /// A pool of so many bytes.
    pub fn new(bytes: usize) -> Pool {
        Pool(Arc::new(AtomicUsize::new(bytes)))
    }

    fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        self.0.fetch_update(set, fetch, less).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The packets of one check, bounded in bytes.
#[derive(Debug)]
pub struct Recording {
    /// Packets one after the other, none in two chunks: growing moves nothing.
    chunks: Vec<Vec<u8>>,
    packets: Vec<Kept>,
    cap: usize,
    used: usize,
    left_out: u64,
    pool: Option<Pool>,
    /// Bytes taken from the pool.
    taken: usize,
}

/// Bookkeeping bytes counted per packet, so that empty packets cannot be kept without end.
const PER_PACKET: usize = 64;
/// The first chunk, and the largest; each is twice as large as the one before.
const CHUNKS: (usize, usize) = (16 << 10, 256 << 10);
/// What a recording with a pool has for itself; in this much an honest conversation fits.
const OWN: usize = 1 << 20;
/// What is taken from the pool at a time.
const PORTION: usize = 256 << 10;

impl Default for Recording {
    /// As much as the file may hold.
    fn default() -> Self {
        Recording::new(super::super::write::DEFAULT_CAP as usize)
    }
}

impl Recording {
    /// An empty recording of at most `cap` bytes.
    pub fn new(cap: usize) -> Recording {
        Recording {
            chunks: Vec::new(),
            packets: Vec::new(),
            cap,
            used: 0,
            left_out: 0,
            pool: None,
            taken: 0,
        }
    }

    /// Takes what it needs beyond its own MiB from a pool that others share; when that is empty, the
    /// recording is full.
    #[must_use]
    pub fn sharing(mut self, pool: Pool) -> Recording {
        self.pool = Some(pool);
        self
    }

    /// Keeps a packet, or counts it as left out.
    pub fn push(&mut self, packet: &RingPacket<'_>) {
        let used = self.used + packet.captured.len() + PER_PACKET;
        if self.left_out > 0 || used > self.cap || !self.granted(used) {
            self.left_out += 1;
            return;
        }
        self.used = used;
        let len = packet.captured.len();
        let fits = |chunk: &Vec<u8>| chunk.capacity() - chunk.len() >= len;
        if !self.chunks.last().is_some_and(fits) {
            let size = CHUNKS.0 << self.chunks.len().min(8);
            let size = size.min(CHUNKS.1).max(len);
            self.chunks.push(Vec::with_capacity(size));
        }
        let chunk = self.chunks.len() - 1;
        let at = self.chunks[chunk].len();
        self.chunks[chunk].extend_from_slice(packet.captured);
        self.packets.push(Kept {
            time_ns: packet.time_ns,
            original_len: packet.original_len,
            chunk,
            at,
            len,
            direction: packet.direction,
        });
    }

    fn granted(&mut self, used: usize) -> bool {
        let Some(pool) = &self.pool else {
            return true;
        };
        while used > OWN + self.taken {
            if !pool.take(PORTION) {
                return false;
            }
            self.taken += PORTION;
        }
        true
    }

    /// Packets kept.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether none was kept.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets that found no room.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The kept packets. `step_of` answers the step at a time (ns since 1970), which becomes the packet's comment.
    pub fn packets(
        &self,
        step_of: impl Fn(i128) -> Option<String>,
    ) -> impl Iterator<Item = Packet<'_>> {
        self.packets
            .iter()
            .zip(1u64..)
            .map(move |(kept, number)| Packet {
                number,
                time_ns: kept.time_ns,
                timed: true,
                interface: 0,
                link_type: link_type::ETHERNET,
                original_len: kept.original_len,
                captured: &self.chunks[kept.chunk][kept.at..kept.at + kept.len],
                direction: Some(kept.direction),
                comment: step_of(kept.time_ns),
            })
    }

    /// The flows in it, without going through a file.
    pub fn analyse(
        &self,
        options: Options,
        names: &[Name],
        step_of: impl Fn(i128) -> Option<String>,
    ) -> Analysis {
        let mut analyzer = Analyzer::new(options);
        self.packets(step_of).for_each(|p| analyzer.push(&p));
        analyzer.finish(names.to_vec(), Vec::new())
    }

    /// Writes it as pcapng. `dropped` is the kernel's count of packets that never came here.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write<W: Write>(
        &self,
        out: W,
        names: &[Name],
        dropped: u64,
        step_of: impl Fn(i128) -> Option<String>,
    ) -> io::Result<Written> {
        let mut writer = Writer::new(out, &FileHeader::default(), self.cap as u64)?;
        writer.names(names)?;
        for packet in self.packets(step_of) {
            writer.packet(&OutPacket {
                time_ns: packet.time_ns,
                original_len: packet.original_len,
                captured: packet.captured,
                direction: packet.direction,
                comment: packet.comment.as_deref(),
            })?;
        }
        let (_, mut written) = writer.finish(dropped + self.left_out)?;
        written.left_out += self.left_out;
        Ok(written)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.give_back(self.taken);
        }
    }
}

/// The latest of `steps` (start in ns since 1970, name; in order of time) that had begun at a time.
pub fn step_at(steps: &[(i128, String)], time_ns: i128) -> Option<String> {
    let next = steps.partition_point(|(start, _)| *start <= time_ns);
    steps
        .get(next.checked_sub(1)?)
        .map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(recording: &mut Recording, packets: usize) {
        for n in 0..packets {
            recording.push(&RingPacket {
                time_ns: n as i128,
                original_len: 1000,
                captured: &[n as u8; 1000],
                direction: Direction::Outbound,
            });
        }
    }

    #[test]
    fn one_recording_takes_from_others_only_what_they_are_not_sure_of() {
        let pool = Pool::new(2 << 20);
        let mut flood = Recording::new(64 << 20).sharing(pool.clone());
        fill(&mut flood, 100_000);
        assert!(flood.left_out() > 0 && flood.len() > 2000);
        let mut honest = Recording::new(64 << 20).sharing(pool.clone());
        fill(&mut honest, 900);
        assert_eq!((honest.len(), honest.left_out()), (900, 0));
        let kept = honest.packets(|_| None).nth(700).unwrap();
        assert_eq!(kept.captured, [700_usize as u8; 1000]);
        drop(flood);
        assert_eq!(pool.0.load(Ordering::Relaxed), 2 << 20);
    }
}
