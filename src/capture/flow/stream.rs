//! Puts the payload of one direction together again: every byte once, the first copy wins, gaps marked, and for each byte the
//! packet it came in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The bytes which one side of a connection sent, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// The captured bytes, gaps left out.
    #[serde(with = "hex")]
    pub data: Vec<u8>,
    /// Which packet each part of `data` came in, in order.
    pub ranges: Vec<StreamRange>,
    /// Bytes that were sent but not captured: (offset in the stream, length).
    pub gaps: Vec<(u64, u64)>,
    /// Bytes were left out because of the limit.
    pub truncated: bool,
}

/// A part of a stream that came in one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRange {
    /// Offset in the stream as sent, gaps counted.
    pub offset: u64,
    /// Offset in [`Stream::data`].
    pub at: usize,
    /// Bytes.
    pub len: usize,
    /// Number of the packet.
    pub packet: u64,
}

impl Stream {
    /// Numbers of the packets that carried `data[from..to]`, in order of the bytes.
    pub fn packets_of(&self, from: usize, to: usize) -> Vec<u64> {
        let mut packets: Vec<u64> = Vec::new();
        for range in self
            .ranges
            .iter()
            .filter(|r| r.at < to && r.at + r.len > from)
        {
            if packets.last() != Some(&range.packet) {
                packets.push(range.packet);
            }
        }
        packets
    }

    /// Number of the packet that carried `data[at]`.
    pub fn packet_at(&self, at: usize) -> Option<u64> {
        let i = self.ranges.partition_point(|r| r.at + r.len <= at);
        self.ranges.get(i).map(|r| r.packet)
    }
}

/// A part that was kept, keyed by its offset in the stream.
#[derive(Debug)]
struct Piece {
    at: usize,
    len: usize,
    packet: u64,
}

/// Collects the segments of one direction.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    store: Vec<u8>,
    pieces: BTreeMap<u64, Piece>,
    /// End of the furthest byte that was sent, captured or not.
    end: u64,
    truncated: bool,
}

impl Assembler {
    /// Adds a segment: `offset` in the stream, `len` bytes on the wire, of which `captured` was kept. Takes the bytes that it
    /// stores from `budget`, which all streams of a capture share.
    pub(super) fn add(
        &mut self,
        offset: u64,
        len: u32,
        captured: &[u8],
        packet: u64,
        budget: &mut usize,
    ) {
        self.end = self.end.max(offset + u64::from(len));
        let (mut at, end) = (offset, offset + captured.len() as u64);
        while at < end {
            let before = self
                .pieces
                .range(..=at)
                .next_back()
                .map(|(o, p)| o + p.len as u64);
            if let Some(covered) = before.filter(|&c| c > at) {
                at = covered;
                continue;
            }
            let next = self
                .pieces
                .range(at..)
                .next()
                .map_or(end, |(o, _)| (*o).min(end));
            let part = &captured[(at - offset) as usize..(next - offset) as usize];
            // The bookkeeping of a part costs memory too, which a file of one-byte segments would otherwise have for free.
            let cost = part.len() + size_of::<(u64, Piece)>() * 2;
            if cost > *budget {
                self.truncated = true;
                return;
            }
            *budget -= cost;
            self.keep(at, part, packet);
            at = next;
        }
    }

    fn keep(&mut self, offset: u64, part: &[u8], packet: u64) {
        self.pieces.insert(
            offset,
            Piece {
                at: self.store.len(),
                len: part.len(),
                packet,
            },
        );
        self.store.extend_from_slice(part);
    }

    pub(super) fn finish(self) -> Stream {
        let mut stream = Stream {
            truncated: self.truncated,
            ..Stream::default()
        };
        let mut reached = 0u64;
        stream.data.reserve_exact(self.store.len());
        for (offset, piece) in self.pieces {
            if offset > reached {
                stream.gaps.push((reached, offset - reached));
            }
            let at = stream.data.len();
            stream.ranges.push(StreamRange {
                offset,
                at,
                len: piece.len,
                packet: piece.packet,
            });
            stream
                .data
                .extend_from_slice(&self.store[piece.at..piece.at + piece.len]);
            reached = offset + piece.len as u64;
        }
        if self.end > reached {
            stream.gaps.push((reached, self.end - reached));
        }
        stream
    }
}

/// Bytes as hexadecimal text in JSON: half the size of a list of numbers, and readable.
mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn to_text(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    pub(super) fn from_text(text: &str) -> Option<Vec<u8>> {
        if !text.is_ascii() || !text.len().is_multiple_of(2) {
            return None;
        }
        (0..text.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
            .collect()
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&to_text(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        from_text(&String::deserialize(d)?).ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}

/// As `hex`, for bytes that may be absent.
pub(super) mod hex_option {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(in super::super) fn serialize<S: Serializer>(
        bytes: &Option<Vec<u8>>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => s.serialize_some(&super::hex::to_text(bytes)),
            None => s.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let Some(text) = Option::<String>::deserialize(d)? else {
            return Ok(None);
        };
        super::hex::from_text(&text)
            .map(Some)
            .ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}
