//! Turns the packets of flows into the rows of a ladder, each with its label and a note in plain words.

use std::net::SocketAddr;

use super::{Column, Ladder, Look, MAX_COLUMNS, NameOf, Row};
use crate::capture::flow::{Analysis, Flow, Handshake, Marks, Side, TcpPacket, UdpExchange};

/// Collects columns and rows.
pub(super) struct Builder<'n> {
    name_of: NameOf<'n>,
    columns: Vec<Column>,
    /// Rows with their absolute times.
    rows: Vec<(i128, Row)>,
}

impl<'n> Builder<'n> {
    pub(super) fn new(name_of: NameOf<'n>) -> Self {
        Builder {
            name_of,
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn room_for(&self, a: SocketAddr, b: SocketAddr) -> bool {
        let new = [a, b]
            .iter()
            .filter(|end| !self.columns.iter().any(|c| c.address == **end))
            .count();
        self.columns.len() + new <= MAX_COLUMNS
    }

    fn column(&mut self, address: SocketAddr, side: Side) -> usize {
        if let Some(i) = self.columns.iter().position(|c| c.address == address) {
            return i;
        }
        let who = match (self.name_of)(address) {
            Some(name) => format!("{name} ({side})"),
            None => side.to_string(),
        };
        self.columns.push(Column { address, who });
        self.columns.len() - 1
    }

    pub(super) fn flow(&mut self, flow: &Flow) {
        let ends = [
            self.column(flow.client, Side::Client),
            self.column(flow.server, Side::Server),
        ];
        for packet in &flow.packets {
            let from = ends[packet.from.index()];
            let row = Row {
                number: packet.number,
                since_start_ns: 0,
                from,
                to: ends[packet.from.other().index()],
                label: tcp_label(packet),
                note: tcp_note(flow, packet),
                step: packet.comment.clone(),
                look: tcp_look(packet),
                again: packet.marks.any(again()),
            };
            self.rows.push((packet.time_ns, row));
        }
    }

    pub(super) fn exchange(&mut self, exchange: &UdpExchange, analysis: &Analysis) {
        let ends = [
            self.column(exchange.client, Side::Client),
            self.column(exchange.server, Side::Server),
        ];
        for datagram in &exchange.datagrams {
            let row = Row {
                number: datagram.number,
                since_start_ns: 0,
                from: ends[datagram.from.index()],
                to: ends[datagram.from.other().index()],
                label: format!("UDP len={}", datagram.len),
                note: datagram
                    .answers
                    .map(|n| format!("answers packet {n}"))
                    .unwrap_or_default(),
                step: datagram.comment.clone(),
                look: Look::Data,
                again: false,
            };
            self.rows.push((datagram.time_ns, row));
        }
        let unreachable = analysis
            .icmp
            .iter()
            .filter(|m| exchange.unreachable.contains(&m.number));
        for message in unreachable {
            // It goes back to whoever had sent the quoted datagram.
            let to_client = message.about_from == Some(exchange.client);
            let (from, to) = if to_client {
                (ends[1], ends[0])
            } else {
                (ends[0], ends[1])
            };
            let row = Row {
                number: message.number,
                since_start_ns: 0,
                from,
                to,
                label: "ICMP port unreachable".to_owned(),
                note: "nobody listens there".to_owned(),
                step: None,
                look: Look::Break,
                again: false,
            };
            self.rows.push((message.time_ns, row));
        }
    }

    pub(super) fn finish(mut self, left_out: u64) -> Ladder {
        self.rows.sort_by_key(|(_, row)| row.number);
        let start = self.rows.first().map_or(0, |(t, _)| *t);
        let rows = self
            .rows
            .into_iter()
            .map(|(t, row)| Row {
                since_start_ns: t - start,
                ..row
            })
            .collect();
        Ladder {
            columns: self.columns,
            rows,
            left_out,
        }
    }
}

fn again() -> Marks {
    Marks(
        Marks::RETRANSMISSION.0
            | Marks::FAST_RETRANSMISSION.0
            | Marks::SPURIOUS_RETRANSMISSION.0
            | Marks::OUT_OF_ORDER.0,
    )
}

fn tcp_look(packet: &TcpPacket) -> Look {
    let flags = packet.flags;
    match () {
        () if flags.rst() => Look::Break,
        () if flags.syn() => Look::Open,
        () if flags.fin() => Look::Close,
        () if packet.len > 0 => Look::Data,
        () => Look::Bare,
    }
}

fn tcp_label(packet: &TcpPacket) -> String {
    let mut label = format!("{} seq={}", packet.flags, packet.relative_seq);
    if packet.flags.ack() {
        label.push_str(&format!(" ack={}", packet.relative_ack));
    }
    if packet.len > 0 {
        label.push_str(&format!(" len={}", packet.len));
    }
    let about_window =
        Marks(Marks::ZERO_WINDOW.0 | Marks::WINDOW_UPDATE.0 | Marks::ZERO_WINDOW_PROBE_ACK.0);
    if packet.flags.syn() || packet.marks.any(about_window) {
        label.push_str(&format!(" win={}", packet.window));
    }
    label
}

/// Marks in plain words, and the landmarks of the close.
fn tcp_note(flow: &Flow, packet: &TcpPacket) -> String {
    const WORDS: [(Marks, &str); 15] = [
        (
            Marks::SPURIOUS_RETRANSMISSION,
            "sent again though acknowledged",
        ),
        (Marks::FAST_RETRANSMISSION, "sent again (fast)"),
        (Marks::RETRANSMISSION, "sent again"),
        (Marks::OUT_OF_ORDER, "out of order"),
        (Marks::DUPLICATE_ACK, "duplicate ACK"),
        (Marks::LOST_SEGMENT, "something before it is missing"),
        (
            Marks::ACK_LOST_SEGMENT,
            "acknowledges what was not captured",
        ),
        (Marks::ZERO_WINDOW_PROBE, "zero window probe"),
        (Marks::ZERO_WINDOW_PROBE_ACK, "still no room"),
        (Marks::ZERO_WINDOW, "no room (zero window)"),
        (Marks::WINDOW_UPDATE, "room again (window update)"),
        (Marks::WINDOW_FULL, "fills the window"),
        (Marks::KEEP_ALIVE, "keep-alive"),
        (Marks::KEEP_ALIVE_ACK, "answers the keep-alive"),
        (Marks::REUSED_PORTS, "ports used before"),
    ];
    let mut notes: Vec<&str> = WORDS
        .iter()
        .filter(|(m, _)| packet.marks.any(*m) && !implied(*m, packet.marks))
        .map(|(_, word)| *word)
        .collect();
    let number = Some(packet.number);
    let marks = &flow.landmarks;
    if number == marks.handshake_ack {
        notes.push("connected");
    } else if number == marks.first_fin {
        notes.push("closes first");
    } else if number == marks.second_fin {
        notes.push("closes too");
    } else if number == marks.half_close_data {
        notes.push(if flow.refuses_late_data() {
            "after the other's FIN"
        } else {
            "after the other's FIN: half-close"
        });
    } else if number == marks.first_rst {
        notes.push(if flow.handshake == Handshake::Refused {
            "refused"
        } else {
            "breaks off"
        });
    }
    notes.join(", ")
}

/// Marks that another mark of the same packet says better.
fn implied(mark: Marks, all: Marks) -> bool {
    let better = match mark {
        Marks::RETRANSMISSION => {
            Marks(Marks::FAST_RETRANSMISSION.0 | Marks::SPURIOUS_RETRANSMISSION.0)
        }
        Marks::ZERO_WINDOW => Marks::ZERO_WINDOW_PROBE_ACK,
        _ => Marks::default(),
    };
    all.any(better)
}
