//! TCP, UDP and ICMP headers, read from as few bytes as are there. Must not know: flows.

use etherparse::LaxIpSlice;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

use super::{Content, Layer};

/// The flag bits of a TCP header (RFC 9293 section 3.1; the ninth is AccECN's).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpFlags(pub u16);

/// Names of the bits, in the order in which people say them.
const FLAG_NAMES: [(&str, u16); 9] = [
    ("SYN", 2),
    ("FIN", 1),
    ("RST", 4),
    ("PSH", 8),
    ("ACK", 16),
    ("URG", 32),
    ("ECE", 64),
    ("CWR", 128),
    ("AE", 256),
];

impl Serialize for TcpFlags {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for TcpFlags {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let mut flags = 0;
        for name in Vec::<String>::deserialize(d)? {
            let known = FLAG_NAMES.iter().find(|(n, _)| *n == name);
            flags |= known
                .ok_or_else(|| serde::de::Error::custom(format!("unknown flag {name}")))?
                .1;
        }
        Ok(TcpFlags(flags))
    }
}

impl TcpFlags {
    /// The sender will send no more.
    pub const FIN: TcpFlags = TcpFlags(0x01);
    /// Opens one direction.
    pub const SYN: TcpFlags = TcpFlags(0x02);
    /// Ends the connection at once.
    pub const RST: TcpFlags = TcpFlags(0x04);
    /// Asks to hand the data to the application.
    pub const PSH: TcpFlags = TcpFlags(0x08);
    /// The acknowledgement number counts.
    pub const ACK: TcpFlags = TcpFlags(0x10);
    /// The urgent pointer counts.
    pub const URG: TcpFlags = TcpFlags(0x20);

    /// Whether any bit of `other` is set.
    pub fn any(self, other: TcpFlags) -> bool {
        self.0 & other.0 != 0
    }

    /// Both sets together.
    pub const fn or(self, other: TcpFlags) -> TcpFlags {
        TcpFlags(self.0 | other.0)
    }

    /// Names of the bits that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        FLAG_NAMES
            .iter()
            .filter(move |(_, bit)| self.0 & bit != 0)
            .map(|(name, _)| *name)
    }

    /// SYN is set.
    pub fn syn(self) -> bool {
        self.any(Self::SYN)
    }
    /// FIN is set.
    pub fn fin(self) -> bool {
        self.any(Self::FIN)
    }
    /// RST is set.
    pub fn rst(self) -> bool {
        self.any(Self::RST)
    }
    /// ACK is set.
    pub fn ack(self) -> bool {
        self.any(Self::ACK)
    }
}

impl std::fmt::Display for TcpFlags {
    /// As in `SYN, ACK`; `-` for none.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let set: Vec<&str> = self.names().collect();
        f.write_str(if set.is_empty() { "-" } else { "" })?;
        f.write_str(&set.join(", "))
    }
}

impl std::fmt::Debug for TcpFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{self}]")
    }
}

/// A TCP segment.
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    /// Port of the sender.
    pub source_port: u16,
    /// Port of the receiver.
    pub destination_port: u16,
    /// Sequence number as sent.
    pub seq: u32,
    /// Acknowledgement number as sent.
    pub ack: u32,
    /// Flag bits.
    pub flags: TcpFlags,
    /// Window as sent, not scaled.
    pub window: u16,
    /// Bytes of the header with options.
    pub header_bytes: u32,
    /// Payload bytes on the wire.
    pub payload_len: u32,
    /// What was captured of the payload.
    pub payload: &'a [u8],
    /// Window scale option (a shift), in SYNs.
    pub window_scale: Option<u8>,
    /// Maximum segment size option, in SYNs.
    pub mss: Option<u16>,
    /// Whether it carries a selective acknowledgement.
    pub sack: bool,
    /// The options were not captured to their end, so what they said is not known.
    pub options_cut: bool,
}

/// A UDP datagram.
#[derive(Debug, Clone)]
pub struct Datagram<'a> {
    /// Port of the sender.
    pub source_port: u16,
    /// Port of the receiver.
    pub destination_port: u16,
    /// Payload bytes on the wire.
    pub payload_len: u32,
    /// What was captured of the payload.
    pub payload: &'a [u8],
}

/// An ICMP or ICMPv6 message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icmp {
    /// 4 or 6.
    pub version: u8,
    /// Type number.
    pub kind: u8,
    /// Code number.
    pub code: u8,
    /// The packet it complains about, when it quotes one.
    pub quoted: Option<Quoted>,
}

impl Icmp {
    /// Whether it says that nobody listens at the port (ICMP 3/3, ICMPv6 1/4).
    pub fn port_unreachable(&self) -> bool {
        matches!((self.version, self.kind, self.code), (4, 3, 3) | (6, 1, 4))
    }
}

/// Addresses of the packet that an ICMP error quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted {
    /// IP protocol number.
    pub protocol: u8,
    /// Who had sent it.
    pub source: SocketAddr,
    /// Where it was to go.
    pub destination: SocketAddr,
}

/// Decodes what follows the IP header. `on_wire` is its length on the wire.
pub(super) fn decode(protocol: u8, captured: &[u8], on_wire: u32) -> Content<'_> {
    // More than the IP header announces is link padding.
    let captured = &captured[..captured.len().min(on_wire as usize)];
    match protocol {
        6 => tcp(captured, on_wire),
        17 => udp(captured, on_wire),
        1 => icmp(4, captured),
        58 => icmp(6, captured),
        other => Content::OtherIp(other),
    }
}

fn be16(b: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([b[at], b[at + 1]])
}

fn be32(b: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]])
}

fn tcp(captured: &[u8], on_wire: u32) -> Content<'_> {
    if captured.len() < 20 {
        return Content::Cut(Layer::Transport);
    }
    let header_bytes = u32::from(captured[12] >> 4) * 4;
    if header_bytes < 20 || header_bytes > on_wire {
        return Content::Malformed(Layer::Transport);
    }
    let options_end = (header_bytes as usize).min(captured.len());
    let mut segment = Segment {
        source_port: be16(captured, 0),
        destination_port: be16(captured, 2),
        seq: be32(captured, 4),
        ack: be32(captured, 8),
        flags: TcpFlags(be16(captured, 12) & 0x1ff),
        window: be16(captured, 14),
        header_bytes,
        payload_len: on_wire - header_bytes,
        payload: &captured[options_end..],
        window_scale: None,
        mss: None,
        sack: false,
        options_cut: (header_bytes as usize) > captured.len(),
    };
    tcp_options(&mut segment, &captured[20..options_end]);
    Content::Tcp(segment)
}

/// Reads the options that the analysis needs. A malformed or cut option ends the reading, as in Wireshark.
fn tcp_options(segment: &mut Segment, mut rest: &[u8]) {
    while let Some((&kind, after)) = rest.split_first() {
        if kind == 0 {
            return;
        }
        if kind == 1 {
            rest = after;
            continue;
        }
        let Some(len) = after
            .first()
            .map(|&l| usize::from(l))
            .filter(|&l| l >= 2 && l <= rest.len())
        else {
            return;
        };
        match (kind, len) {
            (2, 4) => segment.mss = Some(be16(rest, 2)),
            (3, 3) => segment.window_scale = Some(rest[2]),
            (5, _) => segment.sack = true,
            _ => {}
        }
        rest = &rest[len..];
    }
}

fn udp(captured: &[u8], on_wire: u32) -> Content<'_> {
    if captured.len() < 8 {
        return Content::Cut(Layer::Transport);
    }
    // The UDP length wins over the IP length when it is smaller; 0 is allowed for jumbo datagrams only.
    let length = match u32::from(be16(captured, 4)) {
        0 => on_wire,
        n if n < 8 => return Content::Malformed(Layer::Transport),
        n => n.min(on_wire),
    };
    let end = (length as usize).min(captured.len());
    Content::Udp(Datagram {
        source_port: be16(captured, 0),
        destination_port: be16(captured, 2),
        payload_len: length.saturating_sub(8),
        payload: &captured[8..end.max(8)],
    })
}

fn icmp(version: u8, captured: &[u8]) -> Content<'_> {
    if captured.len() < 2 {
        return Content::Cut(Layer::Transport);
    }
    let (kind, code) = (captured[0], captured[1]);
    let is_error = if version == 4 {
        matches!(kind, 3 | 4 | 5 | 11 | 12)
    } else {
        kind < 128
    };
    let quoted = captured.get(8..).filter(|_| is_error).and_then(quoted);
    Content::Icmp(Icmp {
        version,
        kind,
        code,
        quoted,
    })
}

/// The first ports of the packet inside an ICMP error.
fn quoted(inner: &[u8]) -> Option<Quoted> {
    let (ip, _) = LaxIpSlice::from_slice(inner).ok()?;
    let protocol = ip.payload_ip_number().0;
    let ports = ip
        .payload()
        .payload
        .get(..4)
        .filter(|_| matches!(protocol, 6 | 17));
    let (from, to) = ports.map_or((0, 0), |p| (be16(p, 0), be16(p, 2)));
    let at = |address: IpAddr, port| SocketAddr::new(address, port);
    Some(Quoted {
        protocol,
        source: at(ip.source_addr(), from),
        destination: at(ip.destination_addr(), to),
    })
}
