//! Capture files of every kind: byte orders, resolutions, block types, link types, cuts, gzip.

use std::io::Write as _;

use super::Frame;
use super::packet::ether_type;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub pcapng: bool,
    pub big_endian: bool,
    /// pcap: nanoseconds instead of microseconds.
    pub nanoseconds: bool,
    /// pcap: the modified format of old Linux kernels.
    pub modified: bool,
    /// pcapng: `if_tsresol`.
    pub resolution: Option<u8>,
    /// pcapng: `if_tsoffset`, seconds.
    pub offset: i64,
    /// pcapng: which block holds packets: 6 enhanced, 3 simple, 2 obsolete.
    pub block: u32,
    pub snaplen: u32,
    pub link_type: u16,
    pub gzip: bool,
}

pub const PCAP: Kind = Kind {
    pcapng: false,
    big_endian: false,
    nanoseconds: false,
    modified: false,
    resolution: None,
    offset: 0,
    block: 6,
    snaplen: 262_144,
    link_type: 1,
    gzip: false,
};

pub const PCAPNG: Kind = Kind {
    pcapng: true,
    resolution: Some(9),
    ..PCAP
};

struct Out {
    bytes: Vec<u8>,
    big: bool,
}

impl Out {
    fn u16(&mut self, n: u16) {
        self.bytes.extend(if self.big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        });
    }
    fn u32(&mut self, n: u32) {
        self.bytes.extend(if self.big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        });
    }
    fn u64(&mut self, n: u64) {
        self.bytes.extend(if self.big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        });
    }
    fn padded(&mut self, b: &[u8]) {
        self.bytes.extend(b);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
    fn option(&mut self, code: u16, value: &[u8]) {
        self.u16(code);
        self.u16(value.len() as u16);
        self.padded(value);
    }
    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Out)) {
        let start = self.bytes.len();
        self.u32(kind);
        self.u32(0);
        body(self);
        let len = (self.bytes.len() - start + 4) as u32;
        self.u32(len);
        let field = if self.big {
            len.to_be_bytes()
        } else {
            len.to_le_bytes()
        };
        self.bytes[start + 4..start + 8].copy_from_slice(&field);
    }
}

/// Writes frames into a file.
pub fn write(kind: &Kind, frames: &[Frame]) -> Vec<u8> {
    let mut out = Out {
        bytes: Vec::new(),
        big: kind.big_endian,
    };
    if kind.pcapng {
        section(&mut out);
        interface(&mut out, kind);
        for frame in frames {
            packet_block(&mut out, kind, 0, frame);
        }
    } else {
        pcap(&mut out, kind, frames);
    }
    if kind.gzip {
        gzip(&out.bytes)
    } else {
        out.bytes
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

fn section(out: &mut Out) {
    out.block(0x0a0d_0d0a, |o| {
        o.u32(0x1a2b_3c4d);
        o.u16(1);
        o.u16(0);
        o.u64(u64::MAX);
        o.option(4, b"socklab tests");
        o.option(0, b"");
    });
}

fn interface(out: &mut Out, kind: &Kind) {
    out.block(1, |o| {
        o.u16(kind.link_type);
        o.u16(0);
        o.u32(if kind.snaplen >= 262_144 {
            0
        } else {
            kind.snaplen
        });
        o.option(2, b"eth0");
        if let Some(r) = kind.resolution {
            o.option(9, &[r]);
        }
        if kind.offset != 0 {
            let value = if o.big {
                kind.offset.to_be_bytes()
            } else {
                kind.offset.to_le_bytes()
            };
            o.option(14, &value);
        }
        o.option(0, b"");
    });
}

fn ticks(kind: &Kind, time_ns: u64) -> u64 {
    let ns = u128::from(time_ns).saturating_sub(kind.offset.max(0) as u128 * 1_000_000_000);
    let r = kind.resolution.unwrap_or(6);
    let per_second: u128 = if r & 0x80 != 0 {
        1 << (r & 0x7f)
    } else {
        10u128.pow(u32::from(r))
    };
    (ns * per_second / 1_000_000_000) as u64
}

fn packet_block(out: &mut Out, kind: &Kind, interface: u32, frame: &Frame) {
    let kept = &frame.bytes[..frame.bytes.len().min(kind.snaplen as usize)];
    let t = ticks(kind, frame.time_ns);
    let len = frame.bytes.len() as u32;
    out.block(kind.block, |o| {
        match kind.block {
            3 => o.u32(len),
            2 => {
                o.u16(interface as u16);
                o.u16(0xffff);
                o.u32((t >> 32) as u32);
                o.u32(t as u32);
                o.u32(kept.len() as u32);
                o.u32(len);
            }
            _ => {
                o.u32(interface);
                o.u32((t >> 32) as u32);
                o.u32(t as u32);
                o.u32(kept.len() as u32);
                o.u32(len);
            }
        }
        o.padded(kept);
    });
}

fn pcap(out: &mut Out, kind: &Kind, frames: &[Frame]) {
    let magic = match (kind.nanoseconds, kind.modified) {
        (_, true) => 0xa1b2_cd34,
        (true, _) => 0xa1b2_3c4d,
        _ => 0xa1b2_c3d4,
    };
    out.u32(magic);
    out.u16(2);
    out.u16(4);
    out.u32(0);
    out.u32(0);
    out.u32(kind.snaplen);
    out.u32(u32::from(kind.link_type));
    for frame in frames {
        let kept = &frame.bytes[..frame.bytes.len().min(kind.snaplen as usize)];
        out.u32((frame.time_ns / 1_000_000_000) as u32);
        out.u32((frame.time_ns % 1_000_000_000 / if kind.nanoseconds { 1 } else { 1000 }) as u32);
        out.u32(kept.len() as u32);
        out.u32(frame.bytes.len() as u32);
        if kind.modified {
            // Interface, protocol, packet type and padding.
            out.u32(2);
            out.u16(8);
            out.bytes.extend([0, 0]);
        }
        out.bytes.extend(kept);
    }
}

/// Two sections, the second big-endian, each with two interfaces of different resolution; packets take turns.
pub fn sections(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let half = frames.len() / 2;
    for (part, big) in [(&frames[..half], false), (&frames[half..], true)] {
        let mut out = Out {
            bytes: Vec::new(),
            big,
        };
        let kinds = [
            PCAPNG,
            Kind {
                resolution: Some(6),
                ..PCAPNG
            },
        ];
        section(&mut out);
        kinds.iter().for_each(|k| interface(&mut out, k));
        // Statistics and an unknown block: to be skipped.
        out.block(5, |o| (0..3).for_each(|_| o.u32(0)));
        out.block(0x0bad, |o| o.u32(7));
        for (i, frame) in part.iter().enumerate() {
            packet_block(&mut out, &kinds[i % 2], (i % 2) as u32, frame);
        }
        bytes.extend(out.bytes);
    }
    bytes
}

/// Rewrites Ethernet frames to another link type.
pub fn relink(frames: &[Frame], link: Relink) -> Vec<Frame> {
    frames
        .iter()
        .map(|f| Frame {
            time_ns: f.time_ns,
            bytes: relink_one(&f.bytes, link),
        })
        .collect()
}

/// A link layer to rewrite to.
#[derive(Debug, Clone, Copy)]
pub enum Relink {
    Vlan,
    QinQ,
    Null {
        big: bool,
        family6: u32,
    },
    Loop,
    Bare,
    Sll,
    Sll2,
    /// Ethernet padded to 60 bytes.
    Padded,
}

fn relink_one(frame: &[u8], link: Relink) -> Vec<u8> {
    let packet = &frame[14..];
    let v6 = packet[0] >> 4 == 6;
    let kind = ether_type(packet);
    let mut b = Vec::new();
    match link {
        Relink::Vlan => {
            b.extend(&frame[..12]);
            b.extend([0x81, 0x00, 0x00, 0x05]);
            b.extend(&frame[12..]);
            return b;
        }
        Relink::QinQ => {
            b.extend(&frame[..12]);
            b.extend([0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x05]);
            b.extend(&frame[12..]);
            return b;
        }
        Relink::Padded => {
            b.extend(frame);
            b.resize(b.len().max(60), 0);
            return b;
        }
        Relink::Null { big, family6 } => {
            let family = if v6 { family6 } else { 2 };
            b.extend(if big {
                family.to_be_bytes()
            } else {
                family.to_le_bytes()
            });
        }
        Relink::Loop => b.extend(if v6 { 24u32 } else { 2 }.to_be_bytes()),
        Relink::Bare => {}
        Relink::Sll => {
            b.extend([0, 0, 0, 1, 0, 6]);
            b.extend(&frame[6..12]);
            b.extend([0, 0]);
            b.extend(kind);
        }
        Relink::Sll2 => {
            b.extend(kind);
            b.extend([0, 0, 0, 0, 0, 1, 0, 1, 0, 6]);
            b.extend(&frame[6..12]);
            b.extend([0, 0]);
        }
    }
    b.extend(packet);
    b
}
