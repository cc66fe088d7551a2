//! Turns packets into a pcapng file: a section header with our name, one interface, nanoseconds, directions, the step's name as
//! the comment of each packet, and names for addresses. Wireshark, tshark and capinfos read it without a warning.
//! Must not know: where packets come from, where the file goes.

use std::io::{self, Write};

use super::decode::link_type;
use super::packet::{Direction, Name};

/// What the file says about itself.
#[derive(Debug, Clone)]
pub struct FileHeader<'a> {
    /// Who wrote it, for example `socklab 0.1.0`.
    pub application: &'a str,
    /// Comment of the whole file; empty for none.
    pub comment: &'a str,
    /// Name of the interface.
    pub interface: &'a str,
    /// LINKTYPE of the packets.
    pub link_type: u16,
}

impl Default for FileHeader<'_> {
    /// The loopback device, which gives Ethernet frames.
    fn default() -> Self {
        FileHeader {
            application: concat!("socklab ", env!("CARGO_PKG_VERSION")),
            comment: "",
            interface: "lo",
            link_type: link_type::ETHERNET,
        }
    }
}

/// One packet to write.
#[derive(Debug, Clone)]
pub struct OutPacket<'a> {
    /// Nanoseconds since 1970; below 0 is written as 0.
    pub time_ns: i128,
    /// Length on the wire.
    pub original_len: u32,
    /// What was kept.
    pub captured: &'a [u8],
    /// Which way it went.
    pub direction: Option<Direction>,
    /// Comment, for example the step.
    pub comment: Option<&'a str>,
}

/// Largest file that is written unless told otherwise: what a report can carry and a person can read.
pub const DEFAULT_CAP: u64 = 32 << 20;

/// Room kept below the cap for the note that says so and for the names.
const RESERVE: u64 = 64 << 10;

/// Longest comment or name in bytes; an option's length has 16 bits.
const MAX_TEXT: usize = 4096;

/// Writes a pcapng file.
pub struct Writer<W: Write> {
    out: W,
    written: u64,
    cap: u64,
    packets: u64,
    left_out: u64,
    latest_ns: u64,
    block: Vec<u8>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the file.
    pub bytes: u64,
    /// Packets in it.
    pub packets: u64,
    /// Packets that did not fit below the cap: the capture is incomplete.
    pub left_out: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a file that will not grow much beyond `cap` bytes.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn new(out: W, header: &FileHeader, cap: u64) -> io::Result<Writer<W>> {
        let mut writer = Writer {
            out,
            written: 0,
            cap,
            packets: 0,
            left_out: 0,
            latest_ns: 0,
            block: Vec::new(),
        };
        writer.section(header)?;
        writer.interface(header)?;
        Ok(writer)
    }

    /// Names addresses: `student`, `alice`. Call it before the packets, so that readers of a stream know them in time.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn names(&mut self, names: &[Name]) -> io::Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        self.begin(4);
        for name in names {
            let mut value = match name.address {
                std::net::IpAddr::V4(a) => a.octets().to_vec(),
                std::net::IpAddr::V6(a) => a.octets().to_vec(),
            };
            let kind: u16 = if name.address.is_ipv4() { 1 } else { 2 };
            value.extend(clipped(&name.name).bytes().filter(|&b| b != 0));
            value.push(0);
            self.option(kind, &value);
        }
        self.block.extend_from_slice(&[0; 4]);
        self.end()
    }

    /// Adds a packet, or counts it as left out when the file would grow beyond its cap.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn packet(&mut self, packet: &OutPacket) -> io::Result<()> {
        let needed =
            packet.captured.len() as u64 + packet.comment.map_or(0, |c| c.len() as u64) + 64;
        if self.left_out > 0 || self.written + needed + RESERVE.min(self.cap / 2) > self.cap {
            self.left_out += 1;
            return Ok(());
        }
        self.packets += 1;
        self.begin(6);
        let ns = u64::try_from(packet.time_ns.max(0)).unwrap_or(u64::MAX);
        self.latest_ns = ns;
        let captured = packet.captured.len() as u32;
        for field in [
            0,
            (ns >> 32) as u32,
            ns as u32,
            captured,
            packet.original_len.max(captured),
        ] {
            self.block.extend_from_slice(&field.to_le_bytes());
        }
        self.block.extend_from_slice(packet.captured);
        self.pad();
        if let Some(comment) = packet.comment {
            self.option(1, clipped(comment).as_bytes());
        }
        if let Some(direction) = packet.direction {
            let flags: u32 = if direction == Direction::Inbound {
                1
            } else {
                2
            };
            self.option(2, &flags.to_le_bytes());
        }
        if packet.comment.is_some() || packet.direction.is_some() {
            self.option(0, &[]);
        }
        self.end()
    }

    /// Ends the file. `dropped` packets were lost before they came here (by the kernel). When any are missing, the interface
    /// statistics say so.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn finish(mut self, dropped: u64) -> io::Result<(W, Written)> {
        self.begin(5);
        for field in [0, (self.latest_ns >> 32) as u32, self.latest_ns as u32] {
            self.block.extend_from_slice(&field.to_le_bytes());
        }
        let missing = dropped + self.left_out;
        if missing > 0 {
            let note = format!("capture incomplete: {missing} packets are missing");
            self.option(1, note.as_bytes());
        }
        self.option(4, &(self.packets + missing).to_le_bytes());
        self.option(5, &missing.to_le_bytes());
        self.option(0, &[]);
        self.end()?;
        self.out.flush()?;
        let written = Written {
            bytes: self.written,
            packets: self.packets,
            left_out: self.left_out,
        };
        Ok((self.out, written))
    }

    fn section(&mut self, header: &FileHeader) -> io::Result<()> {
        self.begin(0x0a0d_0d0a);
        // Byte order, version 1.0, unknown section length.
        self.block.extend_from_slice(&0x1a2b_3c4du32.to_le_bytes());
        self.block.extend_from_slice(&[1, 0, 0, 0]);
        self.block.extend_from_slice(&(-1i64).to_le_bytes());
        if !header.comment.is_empty() {
            self.option(1, clipped(header.comment).as_bytes());
        }
        self.option(4, clipped(header.application).as_bytes());
        self.option(0, &[]);
        self.end()
    }

    fn interface(&mut self, header: &FileHeader) -> io::Result<()> {
        self.begin(1);
        self.block
            .extend_from_slice(&header.link_type.to_le_bytes());
        // Reserved, then an unlimited snapshot length.
        self.block.extend_from_slice(&[0; 6]);
        self.option(2, clipped(header.interface).as_bytes());
        // Timestamps count 10^-9 seconds.
        self.option(9, &[9]);
        self.option(0, &[]);
        self.end()
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.block.extend_from_slice(&kind.to_le_bytes());
        self.block.extend_from_slice(&[0; 4]);
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.block.extend_from_slice(&code.to_le_bytes());
        self.block
            .extend_from_slice(&(value.len() as u16).to_le_bytes());
        self.block.extend_from_slice(value);
        self.pad();
    }

    fn end(&mut self) -> io::Result<()> {
        let len = (self.block.len() as u32 + 4).to_le_bytes();
        self.block[4..8].copy_from_slice(&len);
        self.block.extend_from_slice(&len);
        self.out.write_all(&self.block)?;
        self.written += self.block.len() as u64;
        Ok(())
    }
}

/// At most [`MAX_TEXT`] bytes, cut between characters.
fn clipped(text: &str) -> &str {
    let end = (0..=MAX_TEXT.min(text.len()))
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0);
    &text[..end]
}
