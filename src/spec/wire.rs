//! Assertions on packets: the words under `wire:`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::step::PackSpec;

/// One assertion on the capture of a check, or on a handed-in capture.
///
/// On a live capture only packets that belong to a socket of the grader or of the named program count.
/// `of` names the actor whose connection is meant; without it, every flow of the capture must satisfy
/// the assertion.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WireCheck {
    /// Who sends the first FIN: an actor's or a program's name, or `client`/`server`. Where the grader is to close
    /// first, put a `silent` before its `shutdown` or `close`: a program that is about to close must not be overtaken.
    FirstFin(String),
    /// No segment carries RST (`true`), or one does (`false`).
    NoReset(bool),
    /// The three-way handshake is complete.
    Handshake(FlowRef),
    /// How the connection ends.
    Close(CloseCheck),
    /// At least one side sends payload after the other side's FIN (`true`), or none does.
    HalfClose(bool),
    /// How many TCP connections the capture holds.
    Connections(CountCheck),
    /// How many UDP datagrams go in one direction.
    Datagrams(DatagramCheck),
    /// Payload bytes that must be in the stream or in a datagram.
    Payload(PayloadCheck),
    /// Payload bytes of one direction, counted.
    PayloadBytes(CountCheck),
    /// The source port is an ephemeral one (≥ 1024), not a port that the program bound itself.
    EphemeralSource(FlowRef),
    /// A destination that a program must dial: `tcp/8080` at an address.
    Dials(DialCheck),
    /// An answer in a handed-in YAML file agrees with the capture.
    Answer(AnswerCheck),
    /// Every payload byte is explained by the messages that a `protocol.yaml` declares.
    Protocol(ProtocolCheck),
    /// A CSV table agrees with counts taken from the capture.
    Overhead(OverheadCheck),
}

/// Names one flow: by actor, or by transport and port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowRef {
    /// The actor whose connection it is.
    #[serde(default)]
    pub of: Option<String>,
    /// `tcp/65432` or `udp/5005`: a flow with this port on one end.
    #[serde(default)]
    pub on: Option<String>,
}

/// How a connection must end.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseCheck {
    /// The actor whose connection it is.
    #[serde(default)]
    pub of: Option<String>,
    /// `tcp/65432`: a flow with this port on one end.
    #[serde(default)]
    pub on: Option<String>,
    /// Any of these ways is right: `graceful`, `three_way`, `four_way`, `simultaneous`, `half`, `reset`.
    pub any_of: Vec<String>,
}

/// A count with bounds.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountCheck {
    /// `tcp/65432` or `udp/5005`: only flows with this port on one end.
    #[serde(default)]
    pub on: Option<String>,
    /// Only what this actor or program sends.
    #[serde(default)]
    pub from: Option<String>,
    /// Exactly this many.
    #[serde(default)]
    pub exactly: Option<u64>,
    /// At least this many.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// At most this many.
    #[serde(default)]
    pub at_most: Option<u64>,
}

/// A count of datagrams.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatagramCheck {
    /// UDP port on one end.
    #[serde(default)]
    pub on: Option<String>,
    /// Only what this actor or program sends (`client` and `server` by who sent first in a handed-in capture).
    #[serde(default)]
    pub from: Option<String>,
    /// Exactly this many.
    #[serde(default)]
    pub exactly: Option<u64>,
    /// At least this many.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// At most this many.
    #[serde(default)]
    pub at_most: Option<u64>,
}

/// Payload that must be seen.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayloadCheck {
    /// `tcp/65432` or `udp/5005`: only flows with this port on one end.
    #[serde(default)]
    pub on: Option<String>,
    /// Only what this side sends: an actor, a program, `client` or `server`.
    #[serde(default)]
    pub from: Option<String>,
    /// The payload holds this text.
    #[serde(default)]
    pub contains: Option<String>,
    /// The payload is exactly this text.
    #[serde(default)]
    pub text: Option<String>,
    /// The payload matches this regular expression.
    #[serde(default)]
    pub matches: Option<String>,
    /// What the regular expression asks for, in words that a student reads as what is expected.
    #[serde(default)]
    pub meaning: Option<String>,
    /// The payload is exactly these packed values.
    #[serde(default)]
    pub pack: Option<PackSpec>,
}

/// A destination that must be dialled.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DialCheck {
    /// The program that dials.
    pub program: String,
    /// `tcp/8080` or `udp/5005`.
    pub on: String,
    /// The address, when the lab names one.
    #[serde(default)]
    pub at: Option<String>,
}

/// A fact of the student's own capture that an answers file must state.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerCheck {
    /// The YAML file with the answers.
    pub file: String,
    /// The key in that file.
    pub key: String,
    /// Which fact it must equal (see the fact list in `docs/spec.md`): `syn_packet`, `client_isn`, `close_kind` …
    pub fact: String,
    /// The flow it is about.
    #[serde(default)]
    pub on: Option<String>,
    /// How far a number may be off, as a ratio (0.02 = 2 %).
    #[serde(default)]
    pub tolerance: Option<f64>,
}

/// Demands on a protocol that the student designed and declared.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtocolCheck {
    /// The YAML file that declares the messages.
    pub file: String,
    /// `tcp` or `udp`.
    pub transport: String,
    /// `tcp/5701`: only flows with this port on one end. Default: the port that the file declares for the transport.
    #[serde(default)]
    pub on: Option<String>,
    /// Judge the declaration alone: it is well formed, typed and no blob that matches anything. No packet is needed.
    #[serde(default)]
    pub declared_only: bool,
    /// Least number of readings: of messages from the client that the file declares with `every`.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// Least number of different field types upstream, in the messages that were sent (with `declared_only`: declared).
    #[serde(default)]
    pub field_types: Option<u64>,
    /// The server answers with a declared message.
    #[serde(default)]
    pub reply: bool,
    /// The period between messages is kept within this ratio (0.2 = ± 20 %).
    #[serde(default)]
    pub period_tolerance: Option<f64>,
    /// Not all readings have the same values, counters and clocks left out.
    #[serde(default)]
    pub readings_differ: bool,
    /// The program whose output shows every decoded value of every message that was sent to it.
    #[serde(default)]
    pub shown_by: Option<String>,
}

/// A CSV table that must agree with the capture.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverheadCheck {
    /// The CSV file.
    pub file: String,
    /// How far a number may be off, as a ratio (0.02 = 2 %).
    pub tolerance: f64,
}

/// Ways in which a connection may end, as `close` names them.
pub const CLOSE_KINDS: &[&str] = &[
    "graceful",
    "three_way",
    "four_way",
    "simultaneous",
    "half",
    "reset",
];

/// Facts of a capture that `answer` may ask for, with what each is. Packet numbers count from 1, as
/// Wireshark shows them.
pub const ANSWER_FACTS: &[(&str, &str)] = &[
    ("syn_packet", "number of the client's SYN"),
    ("syn_ack_packet", "number of the server's SYN+ACK"),
    (
        "handshake_ack_packet",
        "number of the ACK that ends the handshake",
    ),
    (
        "first_data_packet",
        "number of the first segment with payload",
    ),
    ("first_fin_packet", "number of the first FIN"),
    (
        "first_fin_ack_packet",
        "number of the first acknowledgement of the first FIN",
    ),
    ("second_fin_packet", "number of the other side's FIN"),
    (
        "last_ack_packet",
        "number of the first acknowledgement of the other side's FIN",
    ),
    ("first_reset_packet", "number of the first RST"),
    (
        "half_close_packet",
        "number of the first payload after the first FIN, from the other side",
    ),
    (
        "client_isn",
        "the client's initial sequence number, as sent",
    ),
    (
        "server_isn",
        "the server's initial sequence number, as sent",
    ),
    (
        "handshake",
        "complete, refused, half_open, no_answer, simultaneous_open, fast_open, not_captured",
    ),
    (
        "close_kind",
        "three_way, four_way, simultaneous, half, reset, fin_then_rst, none",
    ),
    ("first_fin", "client or server: who sent the first FIN"),
    (
        "closed_first",
        "client or server: who sent the first FIN, or the RST when there was no FIN before it",
    ),
    ("conn_state", "the state in Zeek's words"),
    ("history", "the history in Zeek's letters"),
    ("completeness", "Wireshark's tcp.completeness"),
    ("retransmissions", "segments sent again"),
    ("data_segments", "segments with payload"),
    (
        "initial_rtt_ms",
        "milliseconds from the SYN to the ACK that ends the handshake",
    ),
    ("fin_gap_ms", "milliseconds between the two FINs"),
    ("datagrams", "datagrams in both directions"),
    ("datagrams_from_client", "datagrams of the client"),
    ("datagrams_from_server", "datagrams of the server"),
    (
        "answered",
        "datagrams of the client that were answered before its next one",
    ),
    ("first_datagram_packet", "number of the first datagram"),
    (
        "first_answer_packet",
        "number of the first datagram from the server",
    ),
    (
        "unreachable_packet",
        "number of the first ICMP port unreachable",
    ),
    ("packets", "packets"),
    ("packets_from_client", "packets, of the client"),
    ("packets_from_server", "packets, of the server"),
    ("frame_bytes", "bytes on the wire"),
    (
        "frame_bytes_from_client",
        "bytes on the wire, of the client",
    ),
    (
        "frame_bytes_from_server",
        "bytes on the wire, of the server",
    ),
    ("payload_bytes", "payload bytes, retransmissions included"),
    (
        "payload_bytes_from_client",
        "payload bytes, retransmissions included, of the client",
    ),
    (
        "payload_bytes_from_server",
        "payload bytes, retransmissions included, of the server",
    ),
    ("header_bytes", "bytes of IP and TCP or UDP headers"),
    (
        "header_bytes_from_client",
        "bytes of IP and TCP or UDP headers, of the client",
    ),
    (
        "header_bytes_from_server",
        "bytes of IP and TCP or UDP headers, of the server",
    ),
    ("network_header_bytes", "bytes of IP headers"),
    (
        "network_header_bytes_from_client",
        "bytes of IP headers, of the client",
    ),
    (
        "network_header_bytes_from_server",
        "bytes of IP headers, of the server",
    ),
    ("transport_header_bytes", "bytes of TCP or UDP headers"),
    (
        "transport_header_bytes_from_client",
        "bytes of TCP or UDP headers, of the client",
    ),
    (
        "transport_header_bytes_from_server",
        "bytes of TCP or UDP headers, of the server",
    ),
    (
        "overhead_percent",
        "share of the bytes on the wire that is not payload",
    ),
    (
        "overhead_percent_from_client",
        "share of the bytes on the wire that is not payload, of the client",
    ),
    (
        "overhead_percent_from_server",
        "share of the bytes on the wire that is not payload, of the server",
    ),
    ("client_address", "address of the client"),
    ("client_port", "port of the client"),
    ("server_address", "address of the server"),
    ("server_port", "port of the server"),
    (
        "client_first_payload",
        "what the client said first, as text without the line end",
    ),
    (
        "server_first_payload",
        "what the server said first, as text without the line end",
    ),
    (
        "first_message_header_bytes",
        "IP and TCP or UDP header bytes of the packet with the first payload",
    ),
    (
        "duration_ms",
        "milliseconds from the first packet to the last",
    ),
];
