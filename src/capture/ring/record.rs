//! Keeps the packets of one check until its end, when the steps are known whose names they carry.

use std::io::{self, Write};
use std::net::SocketAddr;

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
    at: usize,
    len: usize,
    direction: Direction,
}

/// The packets of one check, bounded in bytes.
#[derive(Debug)]
pub struct Recording {
    bytes: Vec<u8>,
    packets: Vec<Kept>,
    cap: usize,
    left_out: u64,
}

/// Bookkeeping bytes counted per packet, so that empty packets cannot be kept without end.
const PER_PACKET: usize = 64;

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
            bytes: Vec::new(),
            packets: Vec::new(),
            cap,
            left_out: 0,
        }
    }

    /// Keeps a packet, or counts it as left out.
    pub fn push(&mut self, packet: &RingPacket<'_>) {
        let used = self.bytes.len() + self.packets.len() * PER_PACKET;
        if self.left_out > 0 || used + packet.captured.len() + PER_PACKET > self.cap {
            self.left_out += 1;
            return;
        }
        let at = self.bytes.len();
        self.bytes.extend_from_slice(packet.captured);
        self.packets.push(Kept {
            time_ns: packet.time_ns,
            original_len: packet.original_len,
            at,
            len: packet.captured.len(),
            direction: packet.direction,
        });
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
                captured: &self.bytes[kept.at..kept.at + kept.len],
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

/// The latest of `steps` (start in ns since 1970, name; in order of time) that had begun at a time.
pub fn step_at(steps: &[(i128, String)], time_ns: i128) -> Option<String> {
    let next = steps.partition_point(|(start, _)| *start <= time_ns);
    steps
        .get(next.checked_sub(1)?)
        .map(|(_, name)| name.clone())
}
