//! The values that reader, ring and writer hand to each other: one captured packet and what was odd on the way to it.
//! Must not know: file formats, protocols.

use serde::{Deserialize, Serialize};

/// Which way a packet went at the interface, as pcapng's `epb_flags` tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Received by the interface.
    Inbound,
    /// Sent by the interface.
    Outbound,
}

/// One packet of a capture. The bytes are borrowed from the reader's buffer, so a packet lives until the next one is asked for.
#[derive(Debug, Clone)]
pub struct Packet<'a> {
    /// Place in the capture, from 1, as Wireshark numbers frames.
    pub number: u64,
    /// Nanoseconds since 1970-01-01 UTC; 0 when `timed` is false.
    pub time_ns: i128,
    /// False for packets which carry no time (pcapng Simple Packet Blocks).
    pub timed: bool,
    /// Interface within the file, from 0, counted over all sections.
    pub interface: u32,
    /// LINKTYPE number (<https://www.tcpdump.org/linktypes.html>), upper flag bits removed.
    pub link_type: u16,
    /// Length on the wire, bytes.
    pub original_len: u32,
    /// What was kept of it; never longer than `original_len`.
    pub captured: &'a [u8],
    /// Direction when the file says so.
    pub direction: Option<Direction>,
    /// Comment of the packet; in captures which socklab made, the name of the step.
    pub comment: Option<String>,
}

/// A name which the capture gives to an address (pcapng Name Resolution Block).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The address.
    pub address: std::net::IpAddr,
    /// Its name, for example `student`.
    pub name: String,
}

/// Something that is not as it should be in a capture, though reading went on (or ended early, keeping what came before).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Byte offset in the (decompressed) file, when one place is to blame.
    pub offset: Option<u64>,
    /// The packet after which it was met; 0 = before the first.
    pub after_packet: u64,
    /// A lower-case sentence fragment.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.offset {
            Some(at) => write!(
                f,
                "byte {at} (after packet {}): {}",
                self.after_packet, self.message
            ),
            None => write!(f, "after packet {}: {}", self.after_packet, self.message),
        }
    }
}

/// Warnings kept of one file. A hostile file can cause one per block, so only the first are kept and the rest counted.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    kept: Vec<Warning>,
    dropped: u64,
}

/// Enough for a person to read; the rest is only counted.
const MAX_WARNINGS: usize = 50;

impl Warnings {
    pub(crate) fn push(&mut self, warning: Warning) {
        if self.kept.len() < MAX_WARNINGS {
            self.kept.push(warning);
        } else {
            self.dropped += 1;
        }
    }

    /// The kept warnings, with a last line which counts the others.
    pub(crate) fn list(&self) -> Vec<Warning> {
        let mut list = self.kept.clone();
        if self.dropped > 0 {
            list.push(Warning {
                offset: None,
                after_packet: self.kept.last().map_or(0, |w| w.after_packet),
                message: format!("{} further warnings were left out", self.dropped),
            });
        }
        list
    }
}
