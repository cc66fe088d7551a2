//! Turns the bytes of a capture file (pcap, pcapng, gzip of either) into a stream of [`Packet`]s, names and warnings.
//!
//! A file that is cut off, or has nonsense inside, gives everything that can be read and a warning for the rest. Memory is one
//! window of bytes, whatever the size of the file. Must not know: what is inside a packet.

mod pcap;
mod pcapng;
mod source;

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::packet::{Name, Packet, Warning, Warnings};
use pcap::PcapFormat;
use pcapng::{Meaning, Order, Section};
use source::{Capped, Fill, Source};

/// Why a capture could not be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be opened or its first bytes not be read.
    #[error("the file cannot be read: {0}")]
    Io(std::io::Error),
    /// There is nothing in it.
    #[error(
        "the file is empty, so it is no capture; capture again, and stop the capture before copying the file"
    )]
    Empty,
    /// It begins with something else than a capture.
    #[error(
        "this is no pcap or pcapng capture (it begins with {0}); save it from Wireshark as pcapng"
    )]
    NotACapture(String),
}

impl From<std::io::Error> for ReadError {
    /// The error is in the message already, so it is not its source as well.
    fn from(error: std::io::Error) -> ReadError {
        ReadError::Io(error)
    }
}

/// Bounds on what a file may make the reader do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Decompressed bytes of a gzip file.
    pub decompressed: u64,
    /// Bytes of one block or record.
    pub block: usize,
}

impl Default for Limits {
    /// 256 MiB decompressed, which no capture of a lab comes near; 16 MiB in one block.
    fn default() -> Self {
        Limits {
            decompressed: 256 << 20,
            block: 16 << 20,
        }
    }
}

/// Names kept of one file; a hostile file could hold millions.
const MAX_NAMES: usize = 10_000;

/// A pcapng block is at least type, length, length again.
const SMALLEST_BLOCK: usize = 12;

enum Format {
    Pcap(PcapFormat),
    Pcapng(Section),
}

/// Reads packets one after the other.
pub struct Reader<'s> {
    source: Source<'s>,
    format: Format,
    limits: Limits,
    packets: u64,
    interfaces: u32,
    names: Vec<Name>,
    warnings: Warnings,
    ended: bool,
}

/// Fields of a packet which do not borrow, so that bookkeeping can be done before the bytes are lent out.
struct Located {
    time_ns: Option<i128>,
    interface: u32,
    link_type: u16,
    original_len: u32,
    /// Where the data is within the block or record.
    data: std::ops::Range<usize>,
    /// Bytes of the whole block or record.
    whole: usize,
    direction: Option<super::packet::Direction>,
    comment: Option<String>,
}

impl<'s> Reader<'s> {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read or does not begin like a capture.
    pub fn open(path: &Path) -> Result<Reader<'static>, ReadError> {
        Reader::new(File::open(path)?, Limits::default())
    }

    /// Reads a capture held in memory.
    ///
    /// # Errors
    /// When the bytes do not begin like a capture.
    pub fn from_bytes(bytes: &'s [u8]) -> Result<Reader<'s>, ReadError> {
        Reader::new(Cursor::new(bytes), Limits::default())
    }

    /// Reads a capture from anything.
    ///
    /// # Errors
    /// When reading fails at once or the bytes do not begin like a capture.
    pub fn new(mut input: impl Read + Send + 's, limits: Limits) -> Result<Reader<'s>, ReadError> {
        let mut first = Vec::with_capacity(2);
        input.by_ref().take(2).read_to_end(&mut first)?;
        let gzip = first == [0x1f, 0x8b];
        let whole = Cursor::new(first).chain(input);
        let input: Box<dyn Read + Send + 's> = if gzip {
            let plain = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole));
            Box::new(Capped {
                inner: plain,
                left: limits.decompressed,
            })
        } else {
            Box::new(whole)
        };
        Reader::plain(Source::new(input), limits)
    }

    fn plain(mut source: Source<'s>, limits: Limits) -> Result<Reader<'s>, ReadError> {
        let got = match source.fill(pcap::HEADER) {
            Fill::Whole => pcap::HEADER,
            Fill::Short(n) => n,
        };
        if let Some(e) = source.take_error().filter(|_| got < pcap::HEADER) {
            return Err(e.into());
        }
        let head = source.window(got);
        if head.is_empty() {
            return Err(ReadError::Empty);
        }
        let format = if head.starts_with(&pcapng::SECTION_HEADER.to_le_bytes()) {
            let order = head
                .get(8..12)
                .and_then(Order::from_magic)
                .ok_or_else(|| ReadError::NotACapture(shown(head)))?;
            Format::Pcapng(Section {
                order,
                interfaces: Vec::new(),
            })
        } else {
            let format =
                PcapFormat::parse(head).ok_or_else(|| ReadError::NotACapture(shown(head)))?;
            source.take(pcap::HEADER);
            Format::Pcap(format)
        };
        Ok(Reader {
            source,
            format,
            limits,
            packets: 0,
            interfaces: 0,
            names: Vec::new(),
            warnings: Warnings::default(),
            ended: false,
        })
    }

    /// The next packet, or `None` at the end (see [`Reader::warnings`] for whether it was a clean one).
    pub fn next_packet(&mut self) -> Option<Packet<'_>> {
        if self.ended {
            return None;
        }
        let found = match self.format {
            Format::Pcap(_) => self.next_record(),
            Format::Pcapng(_) => self.next_block_packet(),
        };
        let Some(found) = found else {
            self.end();
            return None;
        };
        self.packets += 1;
        let number = self.packets;
        let bytes = self.source.take(found.whole);
        let captured = bytes.get(found.data).unwrap_or_default();
        Some(Packet {
            number,
            time_ns: found.time_ns.unwrap_or(0),
            timed: found.time_ns.is_some(),
            interface: found.interface,
            link_type: found.link_type,
            original_len: found.original_len.max(captured.len() as u32),
            captured,
            direction: found.direction,
            comment: found.comment,
        })
    }

    /// Everything that was odd so far, in order.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.list()
    }

    /// Names of addresses met so far.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// Decompressed bytes consumed so far.
    pub fn offset(&self) -> u64 {
        self.source.offset()
    }

    fn end(&mut self) {
        self.ended = true;
        if let Some(e) = self.source.take_error() {
            self.warn(format!("reading stopped: {e}"));
        }
    }

    fn warn(&mut self, message: String) {
        self.warnings.push(Warning {
            offset: Some(self.source.offset()),
            after_packet: self.packets,
            message,
        });
    }

    /// Asks for `n` bytes; false after a warning when the file ends inside them. `n` is within the block limit.
    fn need(&mut self, n: usize, what: &str) -> bool {
        match self.source.fill(n) {
            Fill::Whole => true,
            Fill::Short(0) => false,
            Fill::Short(got) => {
                self.warn(format!("the file ends inside {what}: {got} of {n} bytes are there (cut off while it was written or copied?)"));
                false
            }
        }
    }

    fn next_record(&mut self) -> Option<Located> {
        let Format::Pcap(format) = &self.format else {
            return None;
        };
        let format = format.clone();
        let header = format.record_header();
        if !self.need(header, "a packet's header") {
            return None;
        }
        let record = format.record(self.source.window(header))?;
        let whole = header + record.captured_len as usize;
        if whole > self.limits.block {
            self.warn(format!(
                "a packet of {} bytes cannot be real; the rest of the file is not readable",
                record.captured_len
            ));
            return None;
        }
        if !self.need(whole, "a packet") {
            return None;
        }
        Some(Located {
            time_ns: Some(record.time_ns),
            interface: 0,
            link_type: format.link_type,
            original_len: record.original_len,
            data: header..whole,
            whole,
            direction: None,
            comment: None,
        })
    }

    fn next_block_packet(&mut self) -> Option<Located> {
        loop {
            let (kind, len) = self.next_block_header()?;
            if !self.need(len, "a block") {
                return None;
            }
            if kind == pcapng::SECTION_HEADER {
                self.source.take(len);
                continue;
            }
            let Format::Pcapng(section) = &mut self.format else {
                return None;
            };
            let bytes = self.source.window(len);
            let problem = match section.block(kind, bytes, self.interfaces) {
                Ok(Meaning::Packet(p)) => {
                    let at = p.data.as_ptr() as usize - bytes.as_ptr() as usize;
                    return Some(Located {
                        time_ns: p.time_ns,
                        interface: p.interface,
                        link_type: p.link_type,
                        original_len: p.original_len,
                        data: at..at + p.data.len(),
                        whole: len,
                        direction: p.direction,
                        comment: p.comment,
                    });
                }
                Ok(Meaning::Interface(interface)) => {
                    section.interfaces.push(interface);
                    self.interfaces += 1;
                    None
                }
                Ok(Meaning::Names(names)) => {
                    let room = MAX_NAMES.saturating_sub(self.names.len());
                    self.names.extend(names.into_iter().take(room));
                    None
                }
                Ok(Meaning::Numbered) => {
                    self.packets += 1;
                    None
                }
                Ok(Meaning::Nothing) => None,
                Err(problem) => Some(problem),
            };
            if let Some(problem) = problem {
                self.warn(format!("skipped {problem}"));
            }
            self.source.take(len);
        }
    }

    /// Type and length of the next block; a section header also sets the byte order, since its length is read in it.
    fn next_block_header(&mut self) -> Option<(u32, usize)> {
        if !self.need(8, "a block's header") {
            return None;
        }
        if self.source.window(4) == pcapng::SECTION_HEADER.to_le_bytes() {
            if !self.need(SMALLEST_BLOCK, "a section header") {
                return None;
            }
            let Some(order) = Order::from_magic(&self.source.window(12)[8..]) else {
                self.warn("a section header without a byte-order mark; the rest of the file is not readable".to_owned());
                return None;
            };
            self.format = Format::Pcapng(Section {
                order,
                interfaces: Vec::new(),
            });
        }
        let Format::Pcapng(section) = &self.format else {
            return None;
        };
        let head = self.source.window(8);
        let (kind, len) = (
            section.order.u32(head),
            section.order.u32(&head[4..]) as usize,
        );
        let smallest = if kind == pcapng::SECTION_HEADER {
            28
        } else {
            SMALLEST_BLOCK
        };
        if len < smallest || len % 4 != 0 || len > self.limits.block {
            self.warn(format!("a block of type {kind:#x} with an impossible length, {len} bytes; the rest of the file is not readable"));
            return None;
        }
        Some((kind, len))
    }
}

/// The first bytes in hexadecimal, for the message that they are no capture.
fn shown(head: &[u8]) -> String {
    let hex: Vec<String> = head.iter().take(8).map(|b| format!("{b:02x}")).collect();
    hex.join(" ")
}
