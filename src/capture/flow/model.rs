//! What the analysis of a capture gives: plain data, to be judged, told, drawn and written as JSON.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::stream::Stream;
use crate::capture::decode::TcpFlags;
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

/// How a TCP connection began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handshake {
    /// SYN, SYN+ACK, ACK.
    Complete,
    /// The SYN was answered with RST: nobody listens there.
    Refused,
    /// SYN and SYN+ACK, but no ACK after it.
    HalfOpen,
    /// A SYN without any answer.
    NoAnswer,
    /// Both sides sent a SYN.
    SimultaneousOpen,
    /// The SYN carried data (RFC 7413), and the handshake was completed.
    FastOpen,
    /// The capture began later.
    NotCaptured,
}

/// How a TCP connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseKind {
    /// FIN, FIN+ACK, ACK: the second FIN was the first to acknowledge the first.
    ThreeWay,
    /// FIN, ACK, FIN, ACK.
    FourWay,
    /// Both FINs were sent before either had arrived.
    Simultaneous,
    /// One side only sent a FIN.
    Half,
    /// RST without a FIN before it.
    Reset,
    /// A FIN was sent, but an RST came before both sides had closed.
    FinThenRst,
    /// Neither FIN nor RST was captured.
    None,
}

/// Marks of the segment analysis, the same as Wireshark's `tcp.analysis.*`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(pub u16);

impl Serialize for Marks {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(d)?;
        let mut marks = Marks::default();
        for name in names {
            let known = Marks::ALL.iter().find(|(_, n)| *n == name);
            marks.insert(
                known
                    .ok_or_else(|| serde::de::Error::custom(format!("unknown mark {name}")))?
                    .0,
            );
        }
        Ok(marks)
    }
}

macro_rules! marks {
    ($($bit:literal $name:ident $text:literal $doc:literal;)*) => {
        impl Marks {
            $(#[doc = $doc] pub const $name: Marks = Marks(1 << $bit);)*

            /// Every mark with the last part of its Wireshark field name.
            pub const ALL: &'static [(Marks, &'static str)] = &[$((Marks::$name, $text)),*];
        }
    };
}

marks! {
    0 RETRANSMISSION "retransmission" "Sent again, for whatever reason.";
    1 FAST_RETRANSMISSION "fast_retransmission" "Sent again because of duplicate acknowledgements.";
    2 SPURIOUS_RETRANSMISSION "spurious_retransmission" "Sent again though it had been acknowledged.";
    3 OUT_OF_ORDER "out_of_order" "Overtaken by a later segment.";
    4 DUPLICATE_ACK "duplicate_ack" "Repeats an acknowledgement.";
    5 LOST_SEGMENT "lost_segment" "A segment before it was not captured.";
    6 ACK_LOST_SEGMENT "ack_lost_segment" "Acknowledges what was not captured.";
    7 ZERO_WINDOW "zero_window" "The sender of this can take no more bytes.";
    8 WINDOW_UPDATE "window_update" "Only announces a new window.";
    9 WINDOW_FULL "window_full" "Fills the receiver's window to the brim.";
    10 ZERO_WINDOW_PROBE "zero_window_probe" "One byte sent into a closed window.";
    11 ZERO_WINDOW_PROBE_ACK "zero_window_probe_ack" "Answers a zero window probe.";
    12 KEEP_ALIVE "keep_alive" "A keep-alive.";
    13 KEEP_ALIVE_ACK "keep_alive_ack" "Answers a keep-alive.";
    14 REUSED_PORTS "reused_ports" "A SYN on a pair of addresses and ports that was used before.";
}

impl Marks {
    /// Whether any of `other` is set.
    pub fn any(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    /// Sets `other`.
    pub fn insert(&mut self, other: Marks) {
        self.0 |= other.0;
    }

    /// Whether none is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Names of those that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Marks::ALL
            .iter()
            .filter(move |(m, _)| self.any(*m))
            .map(|(_, name)| *name)
    }
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// How often each mark was given in a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MarkCounts {
    counts: std::collections::BTreeMap<String, u64>,
}

impl MarkCounts {
    pub(super) fn from_array(array: &[u32; Marks::ALL.len()]) -> Self {
        let given = Marks::ALL.iter().zip(array).filter(|(_, n)| **n > 0);
        MarkCounts {
            counts: given
                .map(|((_, name), n)| ((*name).to_owned(), u64::from(*n)))
                .collect(),
        }
    }

    /// How often a mark was given.
    pub fn of(&self, mark: Marks) -> u64 {
        Marks::ALL
            .iter()
            .filter(|(m, _)| mark.any(*m))
            .filter_map(|(_, name)| self.counts.get(*name))
            .sum()
    }

    /// Those that were given, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(name, n)| (name.as_str(), *n))
    }

    /// Segments sent again, for whatever reason.
    pub fn retransmissions(&self) -> u64 {
        self.of(Marks::RETRANSMISSION)
    }
}

/// One TCP connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Position among the TCP flows of the capture, from 0.
    pub index: usize,
    /// Address and port of the client.
    pub client: SocketAddr,
    /// Address and port of the server.
    pub server: SocketAddr,
    /// Number of the first packet.
    pub first_packet: u64,
    /// Number of the last packet.
    pub last_packet: u64,
    /// Time of the first packet, ns since 1970.
    pub first_ns: i128,
    /// Time of the last packet, ns since 1970.
    pub last_ns: i128,
    /// How it began.
    pub handshake: Handshake,
    /// How it ended.
    pub close: CloseKind,
    /// Both FINs were acknowledged and no RST was sent before that.
    pub graceful: bool,
    /// An RST came after both FINs had been acknowledged.
    pub late_rst: bool,
    /// Who sent the first FIN.
    pub first_fin: Option<Side>,
    /// Who closed first: sender of the first FIN, or of the RST when no FIN came before it.
    pub closed_first: Option<Side>,
    /// Payload was sent by the other side after the first FIN.
    pub half_close_used: bool,
    /// Wireshark's `tcp.completeness`: 1 SYN, 2 SYN+ACK, 4 ACK, 8 data, 16 FIN, 32 RST.
    pub completeness: u8,
    /// Zeek's `conn_state`: S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH.
    pub conn_state: String,
    /// Zeek's `history`: a letter per kind of segment, upper case from the client, lower case from the server.
    pub history: String,
    /// Packets that matter, by number.
    pub landmarks: Landmarks,
    /// The client's half.
    pub from_client: HalfFlow,
    /// The server's half.
    pub from_server: HalfFlow,
    /// How often each mark of the segment analysis was given.
    pub marks: MarkCounts,
    /// Time from the SYN to the ACK that ends the handshake, ns.
    pub initial_rtt_ns: Option<i128>,
    /// The segments, when [`super::Options::packets`] asked for them.
    pub packets: Vec<TcpPacket>,
    /// Segments that were left out of `packets` because of the limit.
    pub packets_left_out: u64,
}

impl Flow {
    /// The half that a side sent.
    pub fn half(&self, side: Side) -> &HalfFlow {
        match side {
            Side::Client => &self.from_client,
            Side::Server => &self.from_server,
        }
    }

    /// Address and port of a side.
    pub fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// The side at an address and port.
    pub fn side_of(&self, address: SocketAddr) -> Option<Side> {
        [Side::Client, Side::Server]
            .into_iter()
            .find(|s| self.address(*s) == address)
    }

    /// Bytes of both directions.
    pub fn bytes(&self) -> Bytes {
        self.from_client.bytes.plus(&self.from_server.bytes)
    }

    /// Whether any RST was sent.
    pub fn has_reset(&self) -> bool {
        self.landmarks.first_rst.is_some()
    }

    /// Whether the connection ended in the way that a word of the spec's `close` names: `graceful`, `three_way`, `four_way`,
    /// `simultaneous`, `half`, `reset` (with or without a FIN before it), `fin_then_rst`, `none`. `None` for another word.
    pub fn closes_as(&self, word: &str) -> Option<bool> {
        Some(match word {
            "graceful" => self.graceful,
            "three_way" => self.close == CloseKind::ThreeWay,
            "four_way" => self.close == CloseKind::FourWay,
            "simultaneous" => self.close == CloseKind::Simultaneous,
            "half" => self.close == CloseKind::Half,
            "reset" => matches!(self.close, CloseKind::Reset | CloseKind::FinThenRst),
            "fin_then_rst" => self.close == CloseKind::FinThenRst,
            "none" => self.close == CloseKind::None,
            _ => return None,
        })
    }
}

/// Numbers of the packets that tell a connection's story.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landmarks {
    /// The client's SYN.
    pub syn: Option<u64>,
    /// The server's SYN+ACK.
    pub syn_ack: Option<u64>,
    /// The ACK that ends the handshake.
    pub handshake_ack: Option<u64>,
    /// The first segment with payload from either side.
    pub first_data: Option<u64>,
    /// The first FIN.
    pub first_fin: Option<u64>,
    /// The first acknowledgement of the first FIN.
    pub first_fin_ack: Option<u64>,
    /// The other side's FIN.
    pub second_fin: Option<u64>,
    /// The first acknowledgement of the other side's FIN.
    pub second_fin_ack: Option<u64>,
    /// The first RST.
    pub first_rst: Option<u64>,
    /// Who sent it.
    pub first_rst_from: Option<Side>,
    /// The first payload sent by the other side after the first FIN.
    pub half_close_data: Option<u64>,
    /// Time between the two FINs, ns.
    pub fin_gap_ns: Option<i128>,
}

/// What one side of a connection sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HalfFlow {
    /// Bytes by layer, on original lengths.
    pub bytes: Bytes,
    /// Payload bytes counted once, by sequence numbers.
    pub stream_bytes: u64,
    /// Segments with payload.
    pub data_segments: u64,
    /// Initial sequence number, when the SYN was captured.
    pub isn: Option<u32>,
    /// Window scale (a shift) that the SYN offered.
    pub window_scale: Option<u8>,
    /// Maximum segment size that the SYN offered.
    pub mss: Option<u16>,
    /// Number of the FIN.
    pub fin_packet: Option<u64>,
    /// Whether the other side acknowledged the FIN.
    pub fin_acknowledged: bool,
    /// Number of the first RST.
    pub rst_packet: Option<u64>,
    /// The reassembled bytes, when [`super::Options::streams`] asked for them.
    pub stream: Option<Stream>,
}

/// One segment of a TCP connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpPacket {
    /// Its number in the capture.
    pub number: u64,
    /// Its time, ns since 1970.
    pub time_ns: i128,
    /// Who sent it.
    pub from: Side,
    /// Flag bits.
    pub flags: TcpFlags,
    /// Sequence number as sent.
    pub seq: u32,
    /// Acknowledgement number as sent.
    pub ack: u32,
    /// Sequence number counted from the start of the connection.
    pub relative_seq: u32,
    /// Acknowledgement number counted from the start of the connection; 0 without the ACK flag.
    pub relative_ack: u32,
    /// Payload bytes.
    pub len: u32,
    /// Window in bytes, scaled when the scale is known.
    pub window: u32,
    /// Its bytes by layer.
    pub bytes: Bytes,
    /// Marks of the segment analysis.
    pub marks: Marks,
    /// Packet comment; in socklab's captures the step.
    pub comment: Option<String>,
}

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
