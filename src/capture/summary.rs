//! Turns an [`Analysis`] into a table, and streams into readable text. Must not know: files, terminals.

use unicode_width::UnicodeWidthStr;

use super::flow::{Analysis, Bytes, Flow, Handshake, Side, Stream, UdpExchange};
use super::ladder::escape;
use super::story::{close_in_short, count, duration, grouped};

/// One line about the whole capture: packets, bytes, time, what else is in it.
pub fn headline(analysis: &Analysis) -> String {
    let c = &analysis.counts;
    let mut parts = vec![count(c.packets, "packet"), count(c.bytes, "byte")];
    if let (Some(first), Some(last)) = (c.first_ns, c.last_ns) {
        parts.push(duration(last - first));
    }
    parts.push(format!(
        "{} TCP, {} UDP, {} ICMP",
        grouped(c.tcp),
        grouped(c.udp),
        grouped(c.icmp)
    ));
    for (n, what) in [
        (c.fragments, "IP fragment"),
        (c.other_ip, "other IP packet"),
        (c.not_ip, "frame without IP"),
        (c.cut, "frame cut too short"),
        (c.malformed, "malformed frame"),
    ] {
        if n > 0 {
            parts.push(count(n, what));
        }
    }
    for (link, n) in &c.unknown_links {
        parts.push(format!(
            "{} of link type {link}, which socklab does not know",
            count(*n, "packet")
        ));
    }
    parts.join(" · ")
}

const HEADS: [&str; 9] = [
    "flow",
    "client",
    "server",
    "packets",
    "bytes",
    "payload",
    "overhead",
    "handshake",
    "close",
];
/// Columns that hold numbers, aligned to the right.
const NUMBERS: std::ops::RangeInclusive<usize> = 3..=6;

/// A table with one line per flow, at most `most` of each kind. When a line would be wider than `width`, each flow has three
/// lines instead of columns.
pub fn table(analysis: &Analysis, most: usize, width: usize) -> String {
    let mut lines: Vec<[String; 9]> = vec![HEADS.map(str::to_owned)];
    lines.extend(
        analysis
            .flows
            .iter()
            .take(most)
            .map(|f| tcp_line(analysis, f)),
    );
    lines.extend(
        analysis
            .udp
            .iter()
            .take(most)
            .map(|u| udp_line(analysis, u)),
    );
    let wide = columns(&lines);
    let mut out = if wide.lines().all(|line| line.width() <= width) {
        wide
    } else {
        lines[1..].iter().map(three_lines).collect()
    };
    let hidden =
        analysis.flows.len().saturating_sub(most) + analysis.udp.len().saturating_sub(most);
    if hidden > 0 {
        out.push_str(&format!(
            "… and {} more (--json lists all)\n",
            count(hidden as u64, "flow")
        ));
    }
    out
}

fn columns(lines: &[[String; 9]]) -> String {
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|i| lines.iter().map(|l| l[i].width()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for line in lines {
        let mut text = String::new();
        for (i, cell) in line.iter().enumerate() {
            let padding = " ".repeat(widths[i] - cell.width());
            let (before, after) = if NUMBERS.contains(&i) {
                (padding, String::new())
            } else {
                (String::new(), padding)
            };
            text.push_str(&format!("{before}{cell}{after}  "));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// A flow without columns, for narrow terminals.
fn three_lines(line: &[String; 9]) -> String {
    let [
        id,
        client,
        server,
        packets,
        bytes,
        payload,
        _,
        handshake,
        close,
    ] = line;
    let handshake = match handshake.as_str() {
        "-" => String::new(),
        other => format!("handshake {other} · "),
    };
    format!(
        "{id:<6} {client} → {server}\n{:6} {packets} packets · {bytes} bytes, {payload} of payload\n{:6} {handshake}{close}\n",
        "", ""
    )
}

fn tcp_line(analysis: &Analysis, flow: &Flow) -> [String; 9] {
    let handshake = match flow.handshake {
        Handshake::Complete => "complete",
        Handshake::Refused => "refused",
        Handshake::HalfOpen => "half-open",
        Handshake::NoAnswer => "no answer",
        Handshake::SimultaneousOpen => "simultaneous",
        Handshake::FastOpen => "fast open",
        Handshake::NotCaptured => "not captured",
    };
    let ends = [named(analysis, flow.client), named(analysis, flow.server)];
    line(
        format!("tcp/{}", flow.index),
        ends,
        &flow.bytes(),
        handshake,
        close_in_short(flow),
    )
}

fn udp_line(analysis: &Analysis, exchange: &UdpExchange) -> [String; 9] {
    let end = match (
        exchange.unreachable.is_empty(),
        exchange.from_server.packets,
    ) {
        (false, _) => "port unreachable".to_owned(),
        (true, 0) => "no answer".to_owned(),
        (true, _) => format!(
            "{} there, {} back",
            grouped(exchange.datagrams_from_client),
            grouped(exchange.datagrams_from_server)
        ),
    };
    let ends = [
        named(analysis, exchange.client),
        named(analysis, exchange.server),
    ];
    line(
        format!("udp/{}", exchange.index),
        ends,
        &exchange.bytes(),
        "-",
        end,
    )
}

fn line(
    id: String,
    [client, server]: [String; 2],
    bytes: &Bytes,
    handshake: &str,
    close: String,
) -> [String; 9] {
    [
        id,
        client,
        server,
        grouped(bytes.packets),
        grouped(bytes.frame),
        grouped(bytes.payload),
        format!("{:.1} %", bytes.overhead() * 100.0),
        handshake.to_owned(),
        close,
    ]
}

/// Address and port, with the name that the capture gives to the address.
fn named(analysis: &Analysis, address: std::net::SocketAddr) -> String {
    match analysis.names.iter().find(|n| n.address == address.ip()) {
        Some(name) => format!(
            "{address} ({})",
            escape(&name.name).chars().take(20).collect::<String>()
        ),
        None => address.to_string(),
    }
}

/// Where the bytes went, by layer.
pub fn layers(bytes: &Bytes) -> String {
    format!(
        "{} on the wire: {} link, {} IP, {} transport, {} payload ({:.1} % overhead)",
        count(bytes.frame, "byte"),
        grouped(bytes.link),
        grouped(bytes.network),
        grouped(bytes.transport),
        grouped(bytes.payload),
        bytes.overhead() * 100.0
    )
}

/// Both streams of a connection in the order of the packets, foreign bytes escaped. It needs the streams.
pub fn conversation(flow: &Flow) -> String {
    let mut parts: Vec<(u64, Side, u64, &[u8])> = Vec::new();
    for side in [Side::Client, Side::Server] {
        let Some(stream) = &flow.half(side).stream else {
            continue;
        };
        parts.extend(
            stream
                .ranges
                .iter()
                .map(|r| (r.packet, side, r.offset, &stream.data[r.at..r.at + r.len])),
        );
    }
    parts.sort_by_key(|(packet, side, offset, _)| (*packet, *side, *offset));
    let mut out = String::new();
    for (packet, side, _, bytes) in parts {
        out.push_str(&format!("{side:>6} #{packet}  {}\n", escape_bytes(bytes)));
    }
    for side in [Side::Client, Side::Server] {
        if let Some(stream) = &flow.half(side).stream {
            out.push_str(&missing(side, stream));
        }
    }
    if out.is_empty() {
        "no payload\n".to_owned()
    } else {
        out
    }
}

fn missing(side: Side, stream: &Stream) -> String {
    let mut out = String::new();
    for (offset, len) in &stream.gaps {
        out.push_str(&format!(
            "{side:>6} {} from offset {offset} were not captured\n",
            count(*len, "byte")
        ));
    }
    if stream.truncated {
        out.push_str(&format!("{side:>6} the rest was left out to save memory\n"));
    }
    out
}

/// The datagrams of an exchange, foreign bytes escaped. It needs the payloads.
pub fn datagrams(exchange: &UdpExchange) -> String {
    let mut out = String::new();
    for datagram in &exchange.datagrams {
        let payload = datagram
            .payload
            .as_deref()
            .map_or_else(|| "(not kept)".to_owned(), escape_bytes);
        out.push_str(&format!(
            "{:>6} #{}  {payload}\n",
            datagram.from.to_string(),
            datagram.number
        ));
    }
    out
}

/// Bytes as text: what is readable as it is, the rest as `\n`, `\t`, `\x1b`.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\0' => out.push_str("\\0"),
                c if c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t') => {
                    out.push_str(&format!("\\x{:02x}", c as u32))
                }
                c => out.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}
