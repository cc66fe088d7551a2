//! pcapng: sections of blocks. Turns one whole block (framed by its own length) into what it says; must not know protocols.
//!
//! pcap-parser parses the content of blocks. What it gets wrong is done here: time resolutions which are powers of two, integer
//! options of big-endian sections, the captured length of Simple Packet Blocks and the obsolete Packet Block.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pcap_parser::pcapng::{
    NameResolutionBlock, parse_enhancedpacketblock_be, parse_enhancedpacketblock_le,
    parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le,
    parse_nameresolutionblock_be, parse_nameresolutionblock_le, parse_simplepacketblock_be,
    parse_simplepacketblock_le,
};
use pcap_parser::traits::PcapNGPacketBlock as _;
use pcap_parser::{NameRecordType, OptionCode, PcapNGOption};

use crate::capture::packet::{Direction, Name};

/// Block types of the pcapng draft, section 11.1.
pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAME_RESOLUTION: u32 = 4;
const ENHANCED_PACKET: u32 = 6;
const SYSTEMD_JOURNAL: u32 = 9;
const CUSTOM: u32 = 0x0000_0bad;
const CUSTOM_DO_NOT_COPY: u32 = 0x4000_0bad;

/// One interface of a section.
#[derive(Debug, Clone)]
pub(super) struct Interface {
    pub(super) link_type: u16,
    snaplen: u32,
    /// Ticks of the timestamps per second; 0 = cannot be expressed.
    ticks_per_second: u128,
    offset_ns: i128,
    /// Number over all sections of the file.
    pub(super) global: u32,
}

impl Interface {
    fn time_ns(&self, high: u32, low: u32) -> i128 {
        let ticks = u128::from(high) << 32 | u128::from(low);
        let ns = match self.ticks_per_second {
            0 => 0,
            1_000_000_000 => ticks as i128,
            1_000_000 => ticks as i128 * 1_000,
            // 2^64 × 10^9 fits in 94 bits.
            per_second => (ticks * 1_000_000_000 / per_second) as i128,
        };
        ns + self.offset_ns
    }
}

/// Byte order of a section, from its header's byte-order magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// Reads the byte-order magic; `None` when it is neither.
    pub(super) fn from_magic(bytes: &[u8]) -> Option<Order> {
        match bytes.get(..4)? {
            [0x4d, 0x3c, 0x2b, 0x1a] => Some(Order::Little),
            [0x1a, 0x2b, 0x3c, 0x4d] => Some(Order::Big),
            _ => None,
        }
    }

    pub(super) fn u32(self, bytes: &[u8]) -> u32 {
        let b: [u8; 4] = bytes
            .get(..4)
            .and_then(|b| b.try_into().ok())
            .unwrap_or_default();
        if self == Order::Little {
            u32::from_le_bytes(b)
        } else {
            u32::from_be_bytes(b)
        }
    }

    fn u16(self, bytes: &[u8]) -> u16 {
        let b: [u8; 2] = bytes
            .get(..2)
            .and_then(|b| b.try_into().ok())
            .unwrap_or_default();
        if self == Order::Little {
            u16::from_le_bytes(b)
        } else {
            u16::from_be_bytes(b)
        }
    }

    fn i64(self, bytes: &[u8]) -> Option<i64> {
        let b: [u8; 8] = bytes.get(..8)?.try_into().ok()?;
        Some(if self == Order::Little {
            i64::from_le_bytes(b)
        } else {
            i64::from_be_bytes(b)
        })
    }
}

/// What the reader has learnt of the current section.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) order: Order,
    pub(super) interfaces: Vec<Interface>,
}

/// A packet of a block, before it has a number.
pub(super) struct BlockPacket<'a> {
    pub(super) time_ns: Option<i128>,
    pub(super) interface: u32,
    pub(super) link_type: u16,
    pub(super) original_len: u32,
    pub(super) data: &'a [u8],
    pub(super) direction: Option<Direction>,
    pub(super) comment: Option<String>,
}

/// What a block means to a reader of packets.
pub(super) enum Meaning<'a> {
    Packet(BlockPacket<'a>),
    Names(Vec<Name>),
    Interface(Interface),
    /// No packet, but Wireshark gives it a frame number all the same.
    Numbered,
    Nothing,
}

/// More interfaces than this in one section are refused: each costs memory and no real capture comes near.
const MAX_INTERFACES: usize = 4096;

impl Section {
    /// Reads one whole block which is not a section header. The error is a lower-case fragment.
    pub(super) fn block<'a>(
        &self,
        kind: u32,
        bytes: &'a [u8],
        next_global: u32,
    ) -> Result<Meaning<'a>, String> {
        let trailer = self.order.u32(&bytes[bytes.len() - 4..]);
        if trailer as usize != bytes.len() {
            return Err(format!(
                "the block's two lengths differ ({} and {trailer})",
                bytes.len()
            ));
        }
        match kind {
            INTERFACE_DESCRIPTION => self.interface(bytes, next_global).map(Meaning::Interface),
            ENHANCED_PACKET => self.enhanced(bytes).map(Meaning::Packet),
            SIMPLE_PACKET => self.simple(bytes).map(Meaning::Packet),
            OBSOLETE_PACKET => self.obsolete(bytes).map(Meaning::Packet),
            NAME_RESOLUTION => self.names(bytes).map(Meaning::Names),
            SYSTEMD_JOURNAL | CUSTOM | CUSTOM_DO_NOT_COPY => Ok(Meaning::Numbered),
            _ => Ok(Meaning::Nothing),
        }
    }

    fn interface(&self, bytes: &[u8], global: u32) -> Result<Interface, String> {
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(format!(
                "more than {MAX_INTERFACES} interfaces in one section"
            ));
        }
        let parsed = match self.order {
            Order::Little => parse_interfacedescriptionblock_le(bytes),
            Order::Big => parse_interfacedescriptionblock_be(bytes),
        };
        let (_, block) = parsed.map_err(|_| "a malformed interface description".to_owned())?;
        let value = |code: OptionCode| option(&block.options, code);
        let resolution = value(OptionCode::IfTsresol)
            .and_then(|v| v.first().copied())
            .unwrap_or(6);
        let offset_s = value(OptionCode::IfTsoffset)
            .and_then(|v| self.order.i64(v))
            .unwrap_or(0);
        Ok(Interface {
            link_type: (block.linktype.0 & 0xffff) as u16,
            snaplen: block.snaplen,
            ticks_per_second: ticks_per_second(resolution),
            offset_ns: i128::from(offset_s) * 1_000_000_000,
            global,
        })
    }

    fn known(&self, id: u32) -> Result<&Interface, String> {
        self.interfaces.get(id as usize).ok_or_else(|| {
            format!("a packet of interface {id}, which the section does not describe")
        })
    }

    fn enhanced<'a>(&self, bytes: &'a [u8]) -> Result<BlockPacket<'a>, String> {
        let parsed = match self.order {
            Order::Little => parse_enhancedpacketblock_le(bytes),
            Order::Big => parse_enhancedpacketblock_be(bytes),
        };
        let (_, block) = parsed.map_err(|_| "a malformed enhanced packet block".to_owned())?;
        let interface = self.known(block.if_id)?;
        // Not `block.data`: that includes the padding.
        let data = &block.data[..block.packet_data().len()];
        let flags = option(&block.options, OptionCode(2)).map_or(0, |v| self.order.u32(v));
        Ok(BlockPacket {
            time_ns: Some(interface.time_ns(block.ts_high, block.ts_low)),
            interface: interface.global,
            link_type: interface.link_type,
            original_len: block.origlen,
            data,
            direction: direction(flags),
            comment: option(&block.options, OptionCode::Comment).map(text),
        })
    }

    /// A Simple Packet Block has no captured length of its own: it is what the original length, the snapshot length of the
    /// first interface and the room in the block allow.
    fn simple<'a>(&self, bytes: &'a [u8]) -> Result<BlockPacket<'a>, String> {
        let parsed = match self.order {
            Order::Little => parse_simplepacketblock_le(bytes),
            Order::Big => parse_simplepacketblock_be(bytes),
        };
        let (_, block) = parsed.map_err(|_| "a malformed simple packet block".to_owned())?;
        let interface = self.known(0)?;
        let snaplen = if interface.snaplen == 0 {
            u32::MAX
        } else {
            interface.snaplen
        };
        let kept = block.data.len().min(block.origlen.min(snaplen) as usize);
        Ok(BlockPacket {
            time_ns: None,
            interface: interface.global,
            link_type: interface.link_type,
            original_len: block.origlen,
            data: &block.data[..kept],
            direction: None,
            comment: None,
        })
    }

    /// The obsolete Packet Block (pcapng draft, appendix A), which pcap-parser does not know: interface 2 bytes, drops 2,
    /// time 8, captured 4, original 4, data, options.
    fn obsolete<'a>(&self, bytes: &'a [u8]) -> Result<BlockPacket<'a>, String> {
        const FIXED: usize = 8 + 20;
        if bytes.len() < FIXED + 4 {
            return Err("a packet block shorter than its fixed part".to_owned());
        }
        let field = |at: usize| self.order.u32(&bytes[at..]);
        let interface = self.known(u32::from(self.order.u16(&bytes[8..])))?;
        let room = bytes.len() - FIXED - 4;
        let captured = field(20) as usize;
        if captured > room {
            return Err(format!(
                "a packet block whose {captured} bytes do not fit in it"
            ));
        }
        Ok(BlockPacket {
            time_ns: Some(interface.time_ns(field(12), field(16))),
            interface: interface.global,
            link_type: interface.link_type,
            original_len: field(24),
            data: &bytes[FIXED..FIXED + captured],
            direction: None,
            comment: None,
        })
    }

    fn names(&self, bytes: &[u8]) -> Result<Vec<Name>, String> {
        let parsed = match self.order {
            Order::Little => parse_nameresolutionblock_le(bytes),
            Order::Big => parse_nameresolutionblock_be(bytes),
        };
        let (_, block) = parsed.map_err(|_| "a malformed name resolution block".to_owned())?;
        Ok(name_records(&block))
    }
}

fn name_records(block: &NameResolutionBlock) -> Vec<Name> {
    let mut names = Vec::new();
    for record in &block.nr {
        let (address, rest): (IpAddr, &[u8]) = match record.record_type {
            NameRecordType::Ipv4 => match record.record_value.split_first_chunk::<4>() {
                Some((a, rest)) => (Ipv4Addr::from(*a).into(), rest),
                None => continue,
            },
            NameRecordType::Ipv6 => match record.record_value.split_first_chunk::<16>() {
                Some((a, rest)) => (Ipv6Addr::from(*a).into(), rest),
                None => continue,
            },
            _ => continue,
        };
        // One record may hold several names, each ended by a zero byte; the padding gives empty ones.
        for name in rest.split(|&b| b == 0).filter(|n| !n.is_empty()) {
            names.push(Name {
                address,
                name: text(name),
            });
        }
    }
    names
}

/// Value of the first option with this code, without its padding.
fn option<'o>(options: &'o [PcapNGOption<'_>], code: OptionCode) -> Option<&'o [u8]> {
    options
        .iter()
        .take_while(|o| o.code != OptionCode::EndOfOpt)
        .find(|o| o.code == code)?
        .as_bytes()
        .ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `if_tsresol`: the upper bit chooses a power of two, else it is a power of ten.
fn ticks_per_second(resolution: u8) -> u128 {
    let exponent = u32::from(resolution & 0x7f);
    let ticks = if resolution & 0x80 != 0 {
        1u128.checked_shl(exponent)
    } else {
        10u128.checked_pow(exponent)
    };
    ticks.unwrap_or(0)
}

/// The lowest two bits of `epb_flags`.
fn direction(flags: u32) -> Option<Direction> {
    match flags & 3 {
        1 => Some(Direction::Inbound),
        2 => Some(Direction::Outbound),
        _ => None,
    }
}
