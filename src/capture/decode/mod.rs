//! Turns one captured frame into IP, TCP, UDP and ICMP facts. Lengths are those on the wire: they come from the headers and the
//! original length, never from how much was kept, so a short snapshot length or Ethernet padding changes nothing.
//! Must not know: files, flows.

mod link;
mod transport;

use std::net::IpAddr;

use etherparse::LaxIpSlice;
use serde::{Deserialize, Serialize};

pub use link::link_type;
pub use transport::{Datagram, Icmp, Quoted, Segment, TcpFlags};

use link::Network;

/// One frame, taken apart.
#[derive(Debug, Clone)]
pub struct Decoded<'a> {
    /// Bytes on the wire.
    pub frame_bytes: u32,
    /// Bytes in front of the network layer; trailing padding is not in it.
    pub link_header: u32,
    /// The IP layer, when there is one.
    pub ip: Option<IpFacts>,
    /// What is above it, or why nothing could be seen.
    pub content: Content<'a>,
}

/// Facts of an IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpFacts {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Bytes of the header with options or extension headers.
    pub header_bytes: u32,
    /// Bytes of the whole IP packet on the wire.
    pub total_bytes: u32,
    /// Protocol number of what follows the headers.
    pub protocol: u8,
    /// Whether this is one piece of a fragmented packet.
    pub fragment: Option<Fragment>,
}

/// One piece of a fragmented IP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fragment {
    /// The packet it belongs to, unique for a sender, receiver and protocol.
    pub id: u32,
    /// Where its payload goes, bytes.
    pub offset: u32,
    /// Whether more pieces follow.
    pub more: bool,
}

/// What a frame holds above the IP layer.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// A TCP segment.
    Tcp(Segment<'a>),
    /// A UDP datagram.
    Udp(Datagram<'a>),
    /// An ICMP or ICMPv6 message.
    Icmp(Icmp),
    /// A piece of a fragmented packet; the bytes are what was captured of its payload.
    Fragment(&'a [u8]),
    /// Another IP protocol.
    OtherIp(u8),
    /// Not IP.
    NotIp {
        /// EtherType (or the 802.3 length).
        ether_type: u16,
    },
    /// A LINKTYPE that is not understood.
    UnknownLink(u16),
    /// Cut off before the part that matters.
    Cut(Layer),
    /// A header that contradicts itself.
    Malformed(Layer),
}

/// A layer of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Ethernet and its like.
    Link,
    /// IPv4, IPv6.
    Network,
    /// TCP, UDP, ICMP.
    Transport,
}

/// Takes one frame apart. `original_len` is the frame's length on the wire.
pub fn decode(link: u16, original_len: u32, captured: &[u8]) -> Decoded<'_> {
    let bare = |link_header: usize, content| Decoded {
        frame_bytes: original_len,
        link_header: link_header as u32,
        ip: None,
        content,
    };
    match link::network(link, captured) {
        Network::Unknown => bare(0, Content::UnknownLink(link)),
        Network::Cut => bare(captured.len(), Content::Cut(Layer::Link)),
        Network::Other { ether_type, at } => bare(at, Content::NotIp { ether_type }),
        Network::Ip { at } => {
            let rest = captured.get(at..).unwrap_or_default();
            let on_wire = original_len.saturating_sub(at as u32);
            let (ip, content) = decode_ip(rest, on_wire);
            Decoded {
                frame_bytes: original_len,
                link_header: at as u32,
                ip,
                content,
            }
        }
    }
}

/// Decodes an IP packet of which `captured` was kept and which has `on_wire` bytes (with padding) on the wire.
fn decode_ip(captured: &[u8], on_wire: u32) -> (Option<IpFacts>, Content<'_>) {
    let ip = match LaxIpSlice::from_slice(captured) {
        Ok((ip, _)) => ip,
        Err(_) if captured.len() < smallest_ip_header(captured) => {
            return (None, Content::Cut(Layer::Network));
        }
        Err(_) => return (None, Content::Malformed(Layer::Network)),
    };
    let payload = ip.payload().payload;
    let header_bytes = (payload.as_ptr() as usize - captured.as_ptr() as usize) as u32;
    // A length of 0 means that the network card would have cut the packet up (TSO); one beyond the frame is a lie.
    let total_bytes = match announced_len(&ip) {
        0 => on_wire,
        n => n.min(on_wire),
    };
    let facts = IpFacts {
        source: ip.source_addr(),
        destination: ip.destination_addr(),
        header_bytes,
        total_bytes: total_bytes.max(header_bytes),
        protocol: ip.payload_ip_number().0,
        fragment: fragment(&ip),
    };
    let content = if facts.fragment.is_some() {
        Content::Fragment(payload)
    } else {
        transport::decode(facts.protocol, payload, facts.total_bytes - header_bytes)
    };
    (Some(facts), content)
}

/// Reads the transport layer of a packet that was put together from fragments.
pub(super) fn decode_reassembled(protocol: u8, payload: &[u8]) -> Content<'_> {
    transport::decode(protocol, payload, payload.len() as u32)
}

fn smallest_ip_header(captured: &[u8]) -> usize {
    match captured.first() {
        Some(b) if b >> 4 == 6 => 40,
        Some(b) if b >> 4 == 4 => usize::from(b & 15).max(5) * 4,
        Some(_) => 0,
        None => 1,
    }
}

/// Length of the IP packet by its header; 0 when the header leaves it open.
fn announced_len(ip: &LaxIpSlice) -> u32 {
    match ip {
        LaxIpSlice::Ipv4(v4) => u32::from(v4.header().total_len()),
        LaxIpSlice::Ipv6(v6) => match v6.header().payload_length() {
            0 => 0,
            n => u32::from(n) + 40,
        },
    }
}

fn fragment(ip: &LaxIpSlice) -> Option<Fragment> {
    match ip {
        LaxIpSlice::Ipv4(v4) => {
            let h = v4.header();
            h.is_fragmenting_payload().then(|| Fragment {
                id: u32::from(h.identification()),
                offset: u32::from(h.fragments_offset().value()) * 8,
                more: h.more_fragments(),
            })
        }
        LaxIpSlice::Ipv6(v6) => {
            fragment_header(v6.header().next_header().0, v6.extensions().slice())
        }
    }
}

/// Walks the extension headers of an IPv6 packet to its fragment header. Not etherparse's own iterator: in 0.21 that one reads
/// beyond the slice when the headers were cut.
fn fragment_header(first: u8, mut rest: &[u8]) -> Option<Fragment> {
    let mut kind = first;
    loop {
        let units = usize::from(*rest.get(1)?);
        // RFC 8200 section 4 and, for 51, RFC 4302 section 2.2.
        let len = match kind {
            0 | 43 | 60 => (units + 1) * 8,
            51 => (units + 2) * 4,
            44 => 8,
            _ => return None,
        };
        let header = rest.get(..len)?;
        if kind == 44 {
            let field = u16::from_be_bytes([header[2], header[3]]);
            let fragment = Fragment {
                id: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
                offset: u32::from(field & 0xfff8),
                more: field & 1 != 0,
            };
            // A header without a purpose: offset 0 and nothing more to come.
            return (fragment.offset > 0 || fragment.more).then_some(fragment);
        }
        kind = header[0];
        rest = &rest[len..];
    }
}
