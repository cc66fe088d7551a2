//! Tells a flow in plain words: who began, what was said, who closed first and how. Turns a [`Flow`] or [`UdpExchange`] into
//! sentences; must not know: where they are shown.

use super::flow::{CloseKind, Flow, Handshake, Marks, Side, UdpExchange};

/// A stretch of time as a person would say it: `0.04 ms`, `41 ms`, `1.20 s`.
pub fn duration(ns: i128) -> String {
    let ms = ns as f64 / 1e6;
    match ms.abs() {
        m if m < 0.995 => format!("{ms:.2} ms"),
        m if m < 9.95 => format!("{ms:.1} ms"),
        m if m < 999.5 => format!("{ms:.0} ms"),
        _ => format!("{:.2} s", ms / 1e3),
    }
}

/// `1 byte`, `5 bytes`, `1,460 bytes`.
pub fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(n))
}

/// A number with a comma between groups of three digits.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The story of a connection, a sentence or two per line.
pub fn tell(flow: &Flow) -> Vec<String> {
    let mut lines = vec![opening(flow)];
    lines.extend(talk(flow));
    lines.extend(trouble(flow));
    lines.extend(closing(flow));
    lines
}

fn opening(flow: &Flow) -> String {
    let (client, server) = (flow.client, flow.server);
    match flow.handshake {
        Handshake::Complete => {
            let took = flow
                .initial_rtt_ns
                .map(|ns| format!(" in {}", duration(ns)))
                .unwrap_or_default();
            format!(
                "{client} (the client) connected to {server} (the server): a complete three-way handshake{took}."
            )
        }
        Handshake::FastOpen => format!(
            "{client} (the client) connected to {server} (the server) and sent data with its SYN (TCP Fast Open)."
        ),
        Handshake::Refused => format!(
            "{client} tried to connect to {server} and was refused: nobody listens there (the SYN was answered with RST)."
        ),
        Handshake::HalfOpen => format!(
            "{client} asked {server} to connect and got a SYN+ACK, but never completed the handshake."
        ),
        Handshake::NoAnswer => format!(
            "{client} asked {server} to connect {}; nothing ever answered.",
            times(flow.from_client.bytes.packets)
        ),
        Handshake::SimultaneousOpen if client == server => format!(
            "{client} connected to itself: nobody listened there, and the client had been given the very port that it dialled."
        ),
        Handshake::SimultaneousOpen => format!(
            "{client} and {server} opened the connection at the same time: both sent a SYN."
        ),
        Handshake::NotCaptured => format!(
            "{client} and {server} were already connected when the capture began, or the handshake was not captured."
        ),
    }
}

fn times(n: u64) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", grouped(n)),
    }
}

fn talk(flow: &Flow) -> Option<String> {
    let said = |side: Side| {
        let half = flow.half(side);
        (half.stream_bytes > 0).then(|| {
            let in_segments = count(half.data_segments, "segment");
            format!(
                "the {side} sent {} in {in_segments}",
                count(half.stream_bytes, "byte")
            )
        })
    };
    let line = match (said(Side::Client), said(Side::Server)) {
        (Some(a), Some(b)) => format!("{a}; {b}."),
        (Some(a), None) => format!("{a}; the server sent nothing."),
        (None, Some(b)) => format!("{b}; the client sent nothing."),
        (None, None) if matches!(flow.handshake, Handshake::Complete | Handshake::NotCaptured) => {
            "neither side sent any data.".to_owned()
        }
        (None, None) => return None,
    };
    Some(capitalised(&line))
}

/// What was not as on a perfect network.
fn trouble(flow: &Flow) -> Option<String> {
    let of = |mark| flow.marks.of(mark);
    let mut parts = Vec::new();
    let mut part = |n: u64, one: &str, many: &str| {
        if n > 0 {
            parts.push(if n == 1 {
                format!("1 {one}")
            } else {
                format!("{} {many}", grouped(n))
            });
        }
    };
    part(
        flow.marks.retransmissions(),
        "segment was sent again",
        "segments were sent again",
    );
    part(
        of(Marks::OUT_OF_ORDER),
        "segment came out of order",
        "segments came out of order",
    );
    part(
        of(Marks::LOST_SEGMENT),
        "time a segment before it was missing (lost on the way, or not captured)",
        "times a segment before it was missing (lost on the way, or not captured)",
    );
    part(
        of(Marks::DUPLICATE_ACK),
        "acknowledgement was a duplicate",
        "acknowledgements were duplicates",
    );
    part(
        of(Marks::ZERO_WINDOW),
        "time a receiver had no room (zero window)",
        "times a receiver had no room (zero window)",
    );
    part(
        of(Marks::KEEP_ALIVE),
        "keep-alive was sent",
        "keep-alives were sent",
    );
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

fn closing(flow: &Flow) -> Vec<String> {
    let marks = &flow.landmarks;
    let number = |n: Option<u64>| n.map(|n| format!(" (packet {n})")).unwrap_or_default();
    let mut lines = Vec::new();
    if let Some(first) = flow.first_fin {
        let other = first.other();
        let mut line = format!("The {first} closed first{}", number(marks.first_fin));
        match (marks.second_fin, marks.fin_gap_ns) {
            (Some(_), Some(gap)) if flow.close == CloseKind::Simultaneous => {
                line.push_str(&format!(
                    "; the {other} closed at the same time, {} later",
                    duration(gap)
                ));
            }
            (Some(n), Some(gap)) => line.push_str(&format!(
                "; the {other} answered with its own FIN {} later (packet {n})",
                duration(gap)
            )),
            _ => line.push_str(&format!("; the {other} never sent a FIN")),
        }
        line.push_str(match flow.close {
            CloseKind::ThreeWay => "; three segments",
            CloseKind::FourWay => "; four segments",
            _ => "",
        });
        line.push('.');
        lines.push(line);
        if let Some(data) = marks.half_close_data {
            lines.push(if flow.refuses_late_data() {
                format!("The {other} still sent data after that (packet {data}), but the {first} no longer took any.")
            } else {
                format!("The {other} still sent data after that (packet {data}): a half-close, used as it is meant.")
            });
        }
    }
    lines.extend(reset(flow));
    if flow.close == CloseKind::None && flow.handshake != Handshake::NoAnswer {
        lines.push("Nobody closed the connection while the capture ran.".to_owned());
    }
    lines
}

fn reset(flow: &Flow) -> Option<String> {
    let (number, from) = (flow.landmarks.first_rst?, flow.landmarks.first_rst_from?);
    if flow.handshake == Handshake::Refused {
        return None;
    }
    Some(match flow.close {
        CloseKind::Reset => format!(
            "The {from} broke the connection off with RST (packet {number}): it closed with unread data, asked for an immediate close, or was gone."
        ),
        CloseKind::FinThenRst => {
            format!("Then the {from} sent RST (packet {number}) before both sides had closed.")
        }
        _ => format!(
            "An RST from the {from} (packet {number}) came after the close; it changes nothing."
        ),
    })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// The story of a UDP exchange.
pub fn tell_udp(exchange: &UdpExchange) -> Vec<String> {
    let sent = |side: Side| {
        let datagrams = count(exchange.datagrams_from(side), "datagram");
        format!(
            "{datagrams} ({})",
            count(exchange.bytes_from(side).payload, "byte")
        )
    };
    let out = exchange.datagrams_from_client;
    let back = exchange.datagrams_from_server;
    let mut line = format!(
        "{} (the client) sent {} to {} (the server)",
        exchange.client,
        sent(Side::Client),
        exchange.server
    );
    if back > 0 {
        line.push_str(&format!(", which sent {} back", sent(Side::Server)));
    } else {
        line.push_str("; nothing came back");
    }
    let mut lines = vec![format!("{line}.")];
    if back > 0 && exchange.answered < out {
        lines.push(format!(
            "They did not take turns: {} of the client's {} {} answered before its next one.",
            grouped(exchange.answered),
            count(out, "datagram"),
            if exchange.answered == 1 {
                "was"
            } else {
                "were"
            }
        ));
    }
    if let Some(first) = exchange.unreachable.first() {
        lines.push(format!(
            "Nobody listened there: ICMP port unreachable (packet {first})."
        ));
    }
    lines
}

/// How a connection ended, in a few words for a table.
pub fn close_in_short(flow: &Flow) -> String {
    let by = flow
        .closed_first
        .map(|s| format!(" by {s}"))
        .unwrap_or_default();
    match (flow.handshake, flow.close) {
        (Handshake::Refused, _) => "refused".to_owned(),
        (Handshake::NoAnswer, CloseKind::None) => "no answer".to_owned(),
        (_, CloseKind::ThreeWay) => format!("closed{by}, 3 segments"),
        (_, CloseKind::FourWay) => format!("closed{by}, 4 segments"),
        (_, CloseKind::Simultaneous) => "closed by both at once".to_owned(),
        (_, CloseKind::Half) => format!("half-closed{by}"),
        (_, CloseKind::Reset) => format!("reset{by}"),
        (_, CloseKind::FinThenRst) => format!("closed{by}, then reset"),
        (_, CloseKind::None) => "not closed".to_owned(),
    }
}
