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
    /// Who sends the first FIN: an actor's or a program's name, or `client`/`server`.
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
    /// Least number of messages from the client.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// Least number of different field types upstream.
    #[serde(default)]
    pub field_types: Option<u64>,
    /// The server answers with a declared message.
    #[serde(default)]
    pub reply: bool,
    /// The period between messages is kept within this ratio (0.2 = ± 20 %).
    #[serde(default)]
    pub period_tolerance: Option<f64>,
    /// The values differ between messages.
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
    ("syn_packet", "number of the first SYN"),
    ("syn_ack_packet", "number of the SYN+ACK"),
    (
        "handshake_ack_packet",
        "number of the ACK that completes the handshake",
    ),
    (
        "client_isn",
        "the client's initial sequence number, as it is in the packet (not relative)",
    ),
    (
        "server_isn",
        "the server's initial sequence number, as it is in the packet (not relative)",
    ),
    ("client_port", "the client's port"),
    ("server_port", "the server's port"),
    ("client_address", "the client's address"),
    ("server_address", "the server's address"),
    (
        "close_kind",
        "how the connection ends: `three_way`, `four_way`, `simultaneous`, `half`, `reset`, `none`",
    ),
    ("first_fin", "who sends the first FIN: `client` or `server`"),
    ("first_fin_packet", "number of the first FIN"),
    ("second_fin_packet", "number of the other side's FIN"),
    ("reset_packet", "number of the first RST"),
    ("packets", "number of packets"),
    ("client_packets", "number of packets that the client sends"),
    ("server_packets", "number of packets that the server sends"),
    ("datagrams", "number of UDP datagrams"),
    (
        "client_first_payload",
        "the first payload that the client sends, as text",
    ),
    (
        "server_first_payload",
        "the first payload that the server sends, as text",
    ),
    ("payload_bytes", "payload bytes in both directions"),
    (
        "client_payload_bytes",
        "payload bytes that the client sends",
    ),
    (
        "server_payload_bytes",
        "payload bytes that the server sends",
    ),
    (
        "header_bytes",
        "bytes of all headers (link, IP, TCP or UDP) in both directions",
    ),
    ("total_bytes", "bytes of all packets in both directions"),
];
