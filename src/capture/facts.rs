//! Named facts of a flow, which an answers file must state (`syn_packet`, `client_isn`, `close_kind` …), and a digest of a
//! capture's packets, by which copies are found. Turns a flow and a name into a [`Fact`]; must not know: specs, files, findings.

use sha2::{Digest as _, Sha256};

use super::flow::{Analysis, Bytes, Flow, Side, UdpExchange};
use super::read::{ReadError, Reader};

/// What a fact is worth.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A packet's number, a count, a sequence number.
    Whole(u64),
    /// A share, a time in milliseconds.
    Real(f64),
    /// A word of a fixed set: `three_way`, `client`.
    Word(String),
    /// An address, or payload.
    Text(String),
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::Whole(n) => write!(f, "{n}"),
            Fact::Real(x) => write!(f, "{x:.3}"),
            Fact::Word(s) | Fact::Text(s) => f.write_str(s),
        }
    }
}

impl Fact {
    /// Whether an answer as a student writes it says the same. Numbers may be off by the ratio `tolerance` and may carry
    /// separators, a unit or `#`; words are compared without case, spaces, hyphens and underscores, and `3` or
    /// `three segments` means `three_way`.
    pub fn agrees(&self, answer: &str, tolerance: f64) -> bool {
        let answer = answer.trim();
        match self {
            Fact::Whole(n) => number(answer).is_some_and(|x| close(x, *n as f64, tolerance)),
            Fact::Real(x) => number(answer).is_some_and(|y| close(y, *x, tolerance)),
            Fact::Word(word) => same_word(word, answer),
            Fact::Text(text) => text.trim() == answer,
        }
    }
}

fn close(answer: f64, fact: f64, tolerance: f64) -> bool {
    (answer - fact).abs() <= tolerance.abs() * fact.abs() + 1e-9
}

/// The number at the beginning of an answer: `1,460 bytes`, `#17`, `0x1f`, `41.3 ms`.
fn number(answer: &str) -> Option<f64> {
    let plain: String = answer
        .trim_start_matches('#')
        .chars()
        .filter(|c| !matches!(c, ',' | '_' | '\''))
        .collect();
    if let Some(hex) = plain.strip_prefix("0x") {
        return u64::from_str_radix(hex.trim(), 16).ok().map(|n| n as f64);
    }
    let end = plain
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
        .unwrap_or(plain.len());
    plain[..end].parse().ok()
}

fn same_word(word: &str, answer: &str) -> bool {
    let plain = |s: &str| s.to_lowercase().replace(['-', '_', ' '], "");
    let answer = plain(answer);
    let also: &[&str] = match word {
        "three_way" => &["3", "three", "3way", "3segments", "threesegments"],
        "four_way" => &["4", "four", "4way", "4segments", "foursegments"],
        "complete" => &["yes", "true", "threeway", "3way"],
        _ => &[],
    };
    plain(word) == answer || also.contains(&answer.as_str())
}

/// Every fact of a TCP connection with its meaning.
pub const TCP_FACTS: &[(&str, &str)] = &[
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
];

/// Every fact that TCP connections and UDP exchanges share; with `_from_client` and `_from_server` also of one direction, where
/// it is a count.
pub const SHARED_FACTS: &[(&str, &str)] = &[
    ("packets", "packets"),
    ("frame_bytes", "bytes on the wire"),
    ("payload_bytes", "payload bytes, retransmissions included"),
    ("header_bytes", "bytes of IP and TCP or UDP headers"),
    ("network_header_bytes", "bytes of IP headers"),
    ("transport_header_bytes", "bytes of TCP or UDP headers"),
    (
        "overhead_percent",
        "share of the bytes on the wire that is not payload",
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

/// Every further fact of a UDP exchange.
pub const UDP_FACTS: &[(&str, &str)] = &[
    (
        "datagrams",
        "datagrams in both directions; also _from_client and _from_server",
    ),
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
];

/// A fact of a TCP connection. `None`: the name is not known, or the connection has no such thing (no RST, say). Facts of
/// payload need the streams, facts of single messages the packets.
pub fn of_flow(flow: &Flow, name: &str) -> Option<Fact> {
    let marks = &flow.landmarks;
    let packet = |n: Option<u64>| n.map(Fact::Whole);
    match name {
        "syn_packet" => packet(marks.syn),
        "syn_ack_packet" => packet(marks.syn_ack),
        "handshake_ack_packet" => packet(marks.handshake_ack),
        "first_data_packet" => packet(marks.first_data),
        "first_fin_packet" => packet(marks.first_fin),
        "first_fin_ack_packet" => packet(marks.first_fin_ack),
        "second_fin_packet" => packet(marks.second_fin),
        "last_ack_packet" => packet(marks.second_fin_ack),
        "first_reset_packet" => packet(marks.first_rst),
        "half_close_packet" => packet(marks.half_close_data),
        "client_isn" => flow.from_client.isn.map(|n| Fact::Whole(n.into())),
        "server_isn" => flow.from_server.isn.map(|n| Fact::Whole(n.into())),
        "handshake" => word(flow.handshake),
        "close_kind" => word(flow.close),
        "first_fin" => flow.first_fin.and_then(word),
        "closed_first" => flow.closed_first.and_then(word),
        "conn_state" => Some(Fact::Word(flow.conn_state.clone())),
        "history" => Some(Fact::Text(flow.history.clone())),
        "completeness" => Some(Fact::Whole(flow.completeness.into())),
        "retransmissions" => Some(Fact::Whole(flow.marks.retransmissions())),
        "data_segments" => Some(Fact::Whole(
            flow.from_client.data_segments + flow.from_server.data_segments,
        )),
        "initial_rtt_ms" => flow.initial_rtt_ns.map(milliseconds),
        "fin_gap_ms" => marks.fin_gap_ns.map(milliseconds),
        "duration_ms" => Some(milliseconds(flow.last_ns - flow.first_ns)),
        "client_first_payload" => first_said(flow, Side::Client),
        "server_first_payload" => first_said(flow, Side::Server),
        "first_message_header_bytes" => flow
            .packets
            .iter()
            .find(|p| p.len > 0)
            .map(|p| Fact::Whole(p.bytes.ip_headers())),
        _ => shared(
            name,
            [flow.client, flow.server],
            [&flow.from_client.bytes, &flow.from_server.bytes],
        ),
    }
}

/// A fact of a UDP exchange; see [`of_flow`].
pub fn of_exchange(exchange: &UdpExchange, name: &str) -> Option<Fact> {
    let (client, server) = (
        exchange.datagrams_from_client,
        exchange.datagrams_from_server,
    );
    let first_from = |side| exchange.datagrams.iter().find(|d| d.from == side);
    let said = |side| {
        first_from(side)
            .and_then(|d| d.payload.as_deref())
            .map(text)
    };
    match name {
        "datagrams" => Some(Fact::Whole(client + server)),
        "datagrams_from_client" => Some(Fact::Whole(client)),
        "datagrams_from_server" => Some(Fact::Whole(server)),
        "answered" => Some(Fact::Whole(exchange.answered)),
        "first_datagram_packet" => Some(Fact::Whole(exchange.first_packet)),
        "first_answer_packet" => first_from(Side::Server).map(|d| Fact::Whole(d.number)),
        "unreachable_packet" => exchange.unreachable.first().map(|n| Fact::Whole(*n)),
        "duration_ms" => Some(milliseconds(exchange.last_ns - exchange.first_ns)),
        "client_first_payload" => said(Side::Client),
        "server_first_payload" => said(Side::Server),
        "first_message_header_bytes" => exchange
            .datagrams
            .iter()
            .find(|d| d.len > 0)
            .map(|d| Fact::Whole(d.bytes.ip_headers())),
        _ => shared(
            name,
            [exchange.client, exchange.server],
            [&exchange.from_client, &exchange.from_server],
        ),
    }
}

/// What a transport cost in a capture, as a row of a table that a student fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overhead {
    /// Segments with payload, or datagrams.
    pub messages: u64,
    /// Payload bytes.
    pub payload_bytes: u64,
    /// All bytes of the frames that are not payload: link, IP, TCP or UDP, also of handshake, acknowledgements and close.
    pub header_bytes: u64,
    /// Whole frames.
    pub total_bytes: u64,
}

/// The cost of TCP in a capture.
pub fn tcp_overhead(analysis: &Analysis) -> Overhead {
    let messages = |f: &Flow| f.from_client.data_segments + f.from_server.data_segments;
    row(
        analysis.flows.iter().map(messages).sum(),
        &analysis.tcp_bytes(),
    )
}

/// The cost of UDP in a capture.
pub fn udp_overhead(analysis: &Analysis) -> Overhead {
    let messages = |u: &UdpExchange| u.datagrams_from_client + u.datagrams_from_server;
    row(
        analysis.udp.iter().map(messages).sum(),
        &analysis.udp_bytes(),
    )
}

fn row(messages: u64, bytes: &Bytes) -> Overhead {
    Overhead {
        messages,
        payload_bytes: bytes.payload,
        header_bytes: bytes.frame - bytes.payload,
        total_bytes: bytes.frame,
    }
}

fn shared(
    name: &str,
    [client, server]: [std::net::SocketAddr; 2],
    [out, back]: [&Bytes; 2],
) -> Option<Fact> {
    match name {
        "client_address" => return Some(Fact::Text(client.ip().to_string())),
        "client_port" => return Some(Fact::Whole(client.port().into())),
        "server_address" => return Some(Fact::Text(server.ip().to_string())),
        "server_port" => return Some(Fact::Whole(server.port().into())),
        _ => {}
    }
    let (what, bytes) = match (
        name.strip_suffix("_from_client"),
        name.strip_suffix("_from_server"),
    ) {
        (Some(what), _) => (what, *out),
        (_, Some(what)) => (what, *back),
        _ => (name, out.plus(back)),
    };
    Some(match what {
        "packets" => Fact::Whole(bytes.packets),
        "frame_bytes" => Fact::Whole(bytes.frame),
        "payload_bytes" => Fact::Whole(bytes.payload),
        "header_bytes" => Fact::Whole(bytes.ip_headers()),
        "network_header_bytes" => Fact::Whole(bytes.network),
        "transport_header_bytes" => Fact::Whole(bytes.transport),
        "overhead_percent" => Fact::Real(bytes.overhead() * 100.0),
        _ => return None,
    })
}

/// The word by which JSON knows it.
fn word(value: impl serde::Serialize) -> Option<Fact> {
    serde_json::to_value(value)
        .ok()?
        .as_str()
        .map(|s| Fact::Word(s.to_owned()))
}

fn milliseconds(ns: i128) -> Fact {
    Fact::Real(ns as f64 / 1e6)
}

/// The payload of the side's first segment with any. What it said before the line end, since a student copies it from a screen.
fn first_said(flow: &Flow, side: Side) -> Option<Fact> {
    let stream = flow.half(side).stream.as_ref()?;
    let first = stream.ranges.first()?;
    Some(text(&stream.data[first.at..first.at + first.len]))
}

fn text(bytes: &[u8]) -> Fact {
    let text = String::from_utf8_lossy(bytes);
    Fact::Text(text.trim_end_matches(['\r', '\n', '\0']).to_owned())
}

/// A digest of the packets of a capture, as hexadecimal. Two files with the same packets have the same one, whatever their
/// formats, comments, names and times: neither saving a copy in another format nor shifting its clock makes it another
/// capture. The ports and sequence numbers that the system draws keep honest ones apart.
///
/// # Errors
/// When the bytes do not begin like a capture.
pub fn digest(bytes: &[u8]) -> Result<String, ReadError> {
    let mut reader = Reader::from_bytes(bytes)?;
    let mut hasher = Sha256::new();
    while let Some(packet) = reader.next_packet() {
        hasher.update((packet.captured.len() as u64).to_le_bytes());
        hasher.update(packet.captured);
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect())
}
