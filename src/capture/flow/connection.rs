//! What is known of a TCP connection: plain data.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::mark_words::{MarkCounts, Marks};
use super::model::{Bytes, Side};
use super::stream::Stream;
use crate::capture::decode::TcpFlags;

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

    /// Whether the side that sent the first FIN answered data with RST: it had closed altogether (RFC 9293
    /// §3.10.7.1), not only its own direction.
    pub fn refuses_late_data(&self) -> bool {
        self.close == CloseKind::FinThenRst
            && self.landmarks.half_close_data.is_some()
            && self.landmarks.first_rst_from == self.first_fin
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
