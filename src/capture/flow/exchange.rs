//! What is known of a UDP exchange and of ICMP messages: plain data.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::model::{Bytes, Side};

/// The datagrams between two pairs of address and port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UdpExchange {
    /// Position among the UDP exchanges of the capture, from 0.
    pub index: usize,
    /// Who sent first.
    pub client: SocketAddr,
    /// The other end.
    pub server: SocketAddr,
    /// Time of the first datagram, ns since 1970.
    pub first_ns: i128,
    /// Time of the last datagram, ns since 1970.
    pub last_ns: i128,
    /// Number of the first datagram.
    pub first_packet: u64,
    /// Number of the last datagram.
    pub last_packet: u64,
    /// What the client sent.
    pub from_client: Bytes,
    /// What the server sent.
    pub from_server: Bytes,
    /// Datagrams from the client; a fragmented one is one, though [`Bytes::packets`] counts its pieces.
    pub datagrams_from_client: u64,
    /// Datagrams from the server.
    pub datagrams_from_server: u64,
    /// Client's datagrams that were answered before the client sent its next one.
    pub answered: u64,
    /// ICMP messages which say that nobody listens, by number.
    pub unreachable: Vec<u64>,
    /// The datagrams, when [`super::Options::packets`] asked for them.
    pub datagrams: Vec<UdpPacket>,
    /// Datagrams left out of `datagrams` because of the limit.
    pub datagrams_left_out: u64,
}

impl UdpExchange {
    /// Bytes that a side sent.
    pub fn bytes_from(&self, side: Side) -> &Bytes {
        match side {
            Side::Client => &self.from_client,
            Side::Server => &self.from_server,
        }
    }

    /// Datagrams that a side sent.
    pub fn datagrams_from(&self, side: Side) -> u64 {
        match side {
            Side::Client => self.datagrams_from_client,
            Side::Server => self.datagrams_from_server,
        }
    }

    /// Bytes of both directions.
    pub fn bytes(&self) -> Bytes {
        self.from_client.plus(&self.from_server)
    }

    /// Address and port of a side.
    pub fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }
}

/// One datagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UdpPacket {
    /// Its number in the capture (of the last piece when it was fragmented).
    pub number: u64,
    /// Its time, ns since 1970.
    pub time_ns: i128,
    /// Who sent it.
    pub from: Side,
    /// Payload bytes on the wire.
    pub len: u32,
    /// Its bytes by layer, all pieces together when it was fragmented.
    pub bytes: Bytes,
    /// The client's datagram which it answers, by number: the latest one before it.
    pub answers: Option<u64>,
    /// The payload as captured, when [`super::Options::streams`] asked for it.
    #[serde(with = "super::stream::hex_option")]
    pub payload: Option<Vec<u8>>,
    /// Packet comment; in socklab's captures the step.
    pub comment: Option<String>,
}

/// One ICMP message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IcmpMessage {
    /// Its number in the capture.
    pub number: u64,
    /// Its time, ns since 1970.
    pub time_ns: i128,
    /// Sender.
    pub from: std::net::IpAddr,
    /// Receiver.
    pub to: std::net::IpAddr,
    /// 4 or 6.
    pub version: u8,
    /// Type number.
    pub kind: u8,
    /// Code number.
    pub code: u8,
    /// Says that nobody listens at a port.
    pub port_unreachable: bool,
    /// Where the packet that it complains about came from, when it quotes one.
    pub about_from: Option<SocketAddr>,
    /// Where that packet was to go.
    pub about_to: Option<SocketAddr>,
    /// IP protocol of that packet.
    pub about_protocol: Option<u8>,
}
