//! Builds archives byte by byte, so that they can also be wrong in every way.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// Bytes packed by gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A zip archive under construction (layout: PKWARE's APPNOTE, 4.3.7 and 4.3.12).
#[derive(Default)]
pub struct Zip {
    body: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

struct Entry<'a> {
    name: &'a [u8],
    data: &'a [u8],
    crc: u32,
    size: u32,
    method: u16,
    flags: u16,
    mode: u32,
}

#[expect(
    clippy::allow_attributes,
    reason = "which are unused differs between the tests that share this"
)]
#[allow(dead_code, reason = "not every test builds every kind of archive")]
impl Zip {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn stored(self, name: &[u8], data: &[u8]) -> Self {
        self.entry(&Entry {
            name,
            data,
            crc: crc(data),
            size: data.len() as u32,
            method: 0,
            flags: 0,
            mode: 0,
        })
    }

    pub fn folder(self, name: &str) -> Self {
        self.with_mode(name, b"", 0o040_755)
    }

    pub fn with_mode(self, name: &str, data: &[u8], mode: u32) -> Self {
        let name = name.as_bytes();
        self.entry(&Entry {
            name,
            data,
            crc: crc(data),
            size: data.len() as u32,
            method: 0,
            flags: 0,
            mode,
        })
    }

    pub fn deflated(self, name: &str, data: &[u8]) -> Self {
        self.lying_deflated(name, data, data.len() as u32)
    }

    pub fn lying(self, name: &str, data: &[u8], size: u32) -> Self {
        let name = name.as_bytes();
        self.entry(&Entry {
            name,
            data,
            crc: crc(data),
            size,
            method: 0,
            flags: 0,
            mode: 0,
        })
    }

    pub fn lying_deflated(self, name: &str, data: &[u8], size: u32) -> Self {
        let (crc, data, name) = (crc(data), deflate(data), name.as_bytes());
        self.entry(&Entry {
            name,
            data: &data,
            crc,
            size,
            method: 8,
            flags: 0,
            mode: 0,
        })
    }

    pub fn encrypted(self, name: &str, data: &[u8]) -> Self {
        let name = name.as_bytes();
        self.entry(&Entry {
            name,
            data,
            crc: crc(data),
            size: data.len() as u32,
            method: 0,
            flags: 1,
            mode: 0,
        })
    }

    /// A directory entry that points at the first entry's bytes.
    pub fn same_data_as_first(mut self, name: &[u8]) -> Self {
        let size = u32::from_le_bytes(self.body[18..22].try_into().unwrap());
        let crc = u32::from_le_bytes(self.body[14..18].try_into().unwrap());
        let data = vec![0; size as usize];
        self.list(
            &Entry {
                name,
                data: &data,
                crc,
                size,
                method: 0,
                flags: 0,
                mode: 0,
            },
            0,
        );
        self
    }

    fn entry(mut self, entry: &Entry) -> Self {
        let at = self.body.len() as u32;
        self.body.extend(b"PK\x03\x04\x14\0");
        self.body.extend(fields(entry));
        self.body.extend(0u16.to_le_bytes());
        self.body.extend(entry.name);
        self.body.extend(entry.data);
        self.list(entry, at);
        self
    }

    fn list(&mut self, entry: &Entry, at: u32) {
        // Made on Unix (3), so that the mode counts.
        self.directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        self.directory.extend(fields(entry));
        // No extra field, no comment, first disk, no internal attributes.
        self.directory.extend([0; 8]);
        self.directory.extend((entry.mode << 16).to_le_bytes());
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(entry.name);
        self.entries = self.entries.wrapping_add(1);
    }

    pub fn finish(self) -> Vec<u8> {
        let mut bytes = self.body;
        let at = bytes.len() as u32;
        bytes.extend(&self.directory);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(self.entries.to_le_bytes());
        bytes.extend(self.entries.to_le_bytes());
        bytes.extend((self.directory.len() as u32).to_le_bytes());
        bytes.extend(at.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }
}

/// What local and central headers have in common: flags to the length of the name.
fn fields(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(entry.flags.to_le_bytes());
    bytes.extend(entry.method.to_le_bytes());
    bytes.extend([0, 0, 0x21, 0]);
    bytes.extend(entry.crc.to_le_bytes());
    bytes.extend((entry.data.len() as u32).to_le_bytes());
    bytes.extend(entry.size.to_le_bytes());
    bytes.extend((entry.name.len() as u16).to_le_bytes());
    bytes
}

/// A tar archive under construction (layout: POSIX pax, ustar interchange format).
#[derive(Default)]
pub struct Tar {
    bytes: Vec<u8>,
}

#[expect(
    clippy::allow_attributes,
    reason = "which are unused differs between the tests that share this"
)]
#[allow(dead_code, reason = "not every test builds every kind of archive")]
impl Tar {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn file(self, name: &str, data: &[u8], mode: u32) -> Self {
        self.entry(name, b'0', data, mode)
    }

    pub fn folder(self, name: &str) -> Self {
        self.entry(name, b'5', b"", 0o755)
    }

    pub fn gnu_long(self, name: &str, data: &[u8]) -> Self {
        let long = format!("{name}\0");
        self.entry("././@LongLink", b'L', long.as_bytes(), 0o644)
            .entry("x", b'0', data, 0o644)
    }

    pub fn pax(self, records: &[(&str, &str)], name: &str, data: &[u8]) -> Self {
        self.pax_only(b'x', records).entry(name, b'0', data, 0o644)
    }

    pub fn pax_only(self, kind: u8, records: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            let mut length = rest.len() + 1;
            while length.to_string().len() + rest.len() != length {
                length += 1;
            }
            text.push_str(&format!("{length}{rest}"));
        }
        self.entry("PaxHeader", kind, text.as_bytes(), 0o644)
    }

    pub fn entry(mut self, name: &str, kind: u8, data: &[u8], mode: u32) -> Self {
        let mut header = [0u8; 512];
        header[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
        header[100..107].copy_from_slice(format!("{mode:07o}").as_bytes());
        header[108..115].copy_from_slice(b"0000000");
        header[116..123].copy_from_slice(b"0000000");
        header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        header[136..147].copy_from_slice(b"00000000000");
        header[156] = kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.bytes.extend(header);
        self.bytes.extend(data);
        let padding = (512 - data.len() % 512) % 512;
        self.bytes.extend(vec![0; padding]);
        self
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend([0; 1024]);
        self.bytes
    }
}
