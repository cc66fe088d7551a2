//! What the analysis of a capture gives: plain data, to be judged, told, drawn and written as JSON.

use serde::{Deserialize, Serialize};

use super::connection::Flow;
use super::exchange::{IcmpMessage, UdpExchange};
use crate::capture::packet::{Name, Warning};

/// Everything that was found in a capture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// How many packets of what.
    pub counts: Counts,
    /// TCP connections in the order of their first packets; the position is Wireshark's `tcp.stream`.
    pub flows: Vec<Flow>,
    /// UDP conversations in the order of their first datagrams; the position is Wireshark's `udp.stream`.
    pub udp: Vec<UdpExchange>,
    /// ICMP messages (the first 10,000).
    pub icmp: Vec<IcmpMessage>,
    /// Names which the capture gives to addresses.
    pub names: Vec<Name>,
    /// What was odd about the file or had to be left out.
    pub warnings: Vec<Warning>,
}

impl Analysis {
    /// The comment of a packet, by its number; in socklab's captures the step. It needs [`super::Options::packets`].
    pub fn comment_of(&self, number: u64) -> Option<&str> {
        let tcp = self.flows.iter().flat_map(|flow| &flow.packets);
        let mut tcp = tcp.map(|packet| (packet.number, packet.comment.as_deref()));
        let udp = self.udp.iter().flat_map(|exchange| &exchange.datagrams);
        let mut udp = udp.map(|datagram| (datagram.number, datagram.comment.as_deref()));
        let found = tcp.find(|(n, _)| *n == number);
        found.or_else(|| udp.find(|(n, _)| *n == number))?.1
    }

    /// Bytes of all TCP connections.
    pub fn tcp_bytes(&self) -> Bytes {
        self.flows
            .iter()
            .fold(Bytes::default(), |sum, f| sum.plus(&f.bytes()))
    }

    /// Bytes of all UDP exchanges.
    pub fn udp_bytes(&self) -> Bytes {
        self.udp
            .iter()
            .fold(Bytes::default(), |sum, u| sum.plus(&u.bytes()))
    }
}

/// Counts over a whole capture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// All packets.
    pub packets: u64,
    /// All bytes on the wire.
    pub bytes: u64,
    /// IPv4 packets.
    pub ipv4: u64,
    /// IPv6 packets.
    pub ipv6: u64,
    /// TCP segments.
    pub tcp: u64,
    /// UDP datagrams.
    pub udp: u64,
    /// ICMP and ICMPv6 messages.
    pub icmp: u64,
    /// Pieces of fragmented packets.
    pub fragments: u64,
    /// IP packets of another protocol.
    pub other_ip: u64,
    /// Frames without IP (ARP and the like).
    pub not_ip: u64,
    /// Frames cut before the headers that are needed.
    pub cut: u64,
    /// Frames whose headers contradict themselves.
    pub malformed: u64,
    /// Packets by link type, for those that are not understood.
    pub unknown_links: std::collections::BTreeMap<u16, u64>,
    /// Packets of flows beyond [`super::Options::max_flows`].
    pub beyond_limit: u64,
    /// Time of the first and of the last timed packet, ns since 1970.
    pub first_ns: Option<i128>,
    /// See `first_ns`.
    pub last_ns: Option<i128>,
}

/// One of the two ends of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Who sent the SYN (or, when that was not captured or for UDP, the first packet).
    Client,
    /// The other end.
    Server,
}

impl Side {
    /// The other end.
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Side::Client => "client",
            Side::Server => "server",
        })
    }
}

/// Bytes on the wire, by layer. The layers add up to `frame`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// Packets.
    pub packets: u64,
    /// Whole frames.
    pub frame: u64,
    /// Link headers and padding.
    pub link: u64,
    /// IP headers with options.
    pub network: u64,
    /// TCP headers with options, or UDP headers.
    pub transport: u64,
    /// Payload, retransmissions included.
    pub payload: u64,
}

impl Bytes {
    /// Header bytes of IP and of TCP or UDP.
    pub fn ip_headers(&self) -> u64 {
        self.network + self.transport
    }

    /// Share of the frames which is not payload, 0 to 1; 0 for no bytes at all.
    pub fn overhead(&self) -> f64 {
        if self.frame == 0 {
            0.0
        } else {
            1.0 - self.payload as f64 / self.frame as f64
        }
    }

    /// Sum of two.
    pub fn plus(&self, other: &Bytes) -> Bytes {
        Bytes {
            packets: self.packets + other.packets,
            frame: self.frame + other.frame,
            link: self.link + other.link,
            network: self.network + other.network,
            transport: self.transport + other.transport,
            payload: self.payload + other.payload,
        }
    }
}
