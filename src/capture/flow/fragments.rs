//! Puts fragmented IP packets together, so that a datagram larger than the MTU counts as one. Bounded: few packets at once, none
//! larger than IP allows; the oldest gives way.

use std::net::IpAddr;

use super::Bytes;
use crate::capture::decode::IpFacts;

/// Packets in the making at once.
const MAX_PACKETS: usize = 64;
/// Pieces of one packet that are apart from each other; even the smallest MTU of IPv4, 68 bytes, does not need more.
const MAX_PIECES: usize = 1400;
/// Largest payload of an IP packet.
const MAX_BYTES: usize = 65_535;

#[derive(Debug, PartialEq, Eq)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    id: u32,
}

#[derive(Debug)]
struct Partial {
    key: Key,
    data: Vec<u8>,
    /// Parts that are there, as (from, to), in order and apart.
    have: Vec<(usize, usize)>,
    total: Option<usize>,
    bytes: Bytes,
}

/// A whole packet.
pub(super) struct Whole {
    pub(super) payload: Vec<u8>,
    /// Bytes of all its pieces; `payload` counts what follows the IP headers.
    pub(super) bytes: Bytes,
}

#[derive(Debug, Default)]
pub(super) struct Fragments {
    partial: Vec<Partial>,
}

impl Fragments {
    /// Adds a piece; answers the packet when it was the last missing one. `bytes` has the piece's headers, and as payload the
    /// bytes after the IP header.
    pub(super) fn add(&mut self, ip: &IpFacts, captured: &[u8], bytes: Bytes) -> Option<Whole> {
        let fragment = ip.fragment?;
        let on_wire = ip.total_bytes.saturating_sub(ip.header_bytes) as usize;
        let from = fragment.offset as usize;
        let to = from + captured.len().min(on_wire);
        // A piece that was cut by the snapshot length leaves a hole for good.
        if to > MAX_BYTES || captured.len() < on_wire {
            return None;
        }
        let key = Key {
            source: ip.source,
            destination: ip.destination,
            protocol: ip.protocol,
            id: fragment.id,
        };
        let i = self.place(key);
        let partial = &mut self.partial[i];
        if partial.have.len() >= MAX_PIECES {
            self.partial.remove(i);
            return None;
        }
        partial.bytes = partial.bytes.plus(&bytes);
        partial.insert(from, &captured[..to - from]);
        if !fragment.more {
            partial.total.get_or_insert(to);
        }
        let total = partial.total?;
        if partial.have.as_slice() != [(0, total)] {
            return None;
        }
        let whole = self.partial.remove(i);
        Some(Whole {
            payload: whole.data,
            bytes: whole.bytes,
        })
    }

    fn place(&mut self, key: Key) -> usize {
        if let Some(i) = self.partial.iter().position(|p| p.key == key) {
            return i;
        }
        if self.partial.len() >= MAX_PACKETS {
            self.partial.remove(0);
        }
        self.partial.push(Partial {
            key,
            data: Vec::new(),
            have: Vec::new(),
            total: None,
            bytes: Bytes::default(),
        });
        self.partial.len() - 1
    }
}

impl Partial {
    fn insert(&mut self, from: usize, part: &[u8]) {
        let to = from + part.len();
        if self.data.len() < to {
            self.data.resize(to, 0);
        }
        self.data[from..to].copy_from_slice(part);
        self.have.push((from, to));
        self.have.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for &(f, t) in &self.have {
            match joined.last_mut() {
                Some(last) if f <= last.1 => last.1 = last.1.max(t),
                _ => joined.push((f, t)),
            }
        }
        self.have = joined;
    }
}
