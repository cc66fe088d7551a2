//! Ladder diagrams: one column per address and port, one row per packet, time going down. Turns flows into rows, and rows into
//! terminal text ([`Ladder::text`]) or a self-contained SVG ([`Ladder::svg`]) that is readable in light and in dark and may be
//! put into an HTML page. Must not know: files, terminals.

mod svg;
mod text;

use std::net::SocketAddr;

use super::flow::{Analysis, Flow, Marks, Side, TcpPacket, UdpExchange};
pub use text::escape;

/// What a packet is, for its looks. The text says it too: colour never stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// SYN.
    Open,
    /// Carries payload.
    Data,
    /// Only acknowledges.
    Bare,
    /// FIN.
    Close,
    /// RST or ICMP unreachable.
    Break,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Look::Open => "open",
            Look::Data => "data",
            Look::Bare => "bare",
            Look::Close => "close",
            Look::Break => "break",
        }
    }
}

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number in the capture.
    pub number: u64,
    /// Nanoseconds since the first row.
    pub since_start_ns: i128,
    /// Column of the sender.
    pub from: usize,
    /// Column of the receiver.
    pub to: usize,
    /// What it says: flags, relative numbers, length.
    pub label: String,
    /// What is remarkable about it, in plain words; may be empty.
    pub note: String,
    /// Step of the check during which it was sent.
    pub step: Option<String>,
    /// How it is drawn.
    pub look: Look,
    /// Sent again, or otherwise marked by the analysis: drawn dashed.
    pub again: bool,
}

/// One end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Address and port.
    pub address: SocketAddr,
    /// Who that is, for example `alice (client)`.
    pub who: String,
}

/// A ladder diagram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ladder {
    /// The ends, from left to right.
    pub columns: Vec<Column>,
    /// The packets, in order.
    pub rows: Vec<Row>,
    /// Packets that are not drawn.
    pub left_out: u64,
}

/// Names an end: `alice`, `student`. `None` leaves the address alone.
pub type NameOf<'n> = &'n dyn Fn(SocketAddr) -> Option<String>;

/// Most columns of a ladder; more would not be readable.
const MAX_COLUMNS: usize = 8;

/// Most rows of a ladder: what a page can show.
pub const DEFAULT_ROWS: usize = 400;

impl Ladder {
    /// The ladder of one connection. It needs [`Flow::packets`].
    pub fn of_flow(flow: &Flow, name_of: NameOf) -> Ladder {
        let mut builder = Builder::new(name_of);
        builder.flow(flow);
        builder.finish(flow.packets_left_out)
    }

    /// The ladder of one UDP exchange. It needs [`UdpExchange::datagrams`].
    pub fn of_udp(exchange: &UdpExchange, analysis: &Analysis, name_of: NameOf) -> Ladder {
        let mut builder = Builder::new(name_of);
        builder.exchange(exchange, analysis);
        builder.finish(exchange.datagrams_left_out)
    }

    /// One ladder for everything in a small capture. Flows with ends beyond the eighth column are left out and counted.
    pub fn of_analysis(analysis: &Analysis, name_of: NameOf) -> Ladder {
        let mut builder = Builder::new(name_of);
        let mut left_out = 0;
        enum One<'a> {
            Tcp(&'a Flow),
            Udp(&'a UdpExchange),
        }
        let mut all: Vec<(u64, One)> = analysis
            .flows
            .iter()
            .map(|f| (f.first_packet, One::Tcp(f)))
            .collect();
        all.extend(analysis.udp.iter().map(|u| (u.first_packet, One::Udp(u))));
        all.sort_by_key(|(first, _)| *first);
        for (_, one) in all {
            let (client, server) = match &one {
                One::Tcp(f) => (f.client, f.server),
                One::Udp(u) => (u.client, u.server),
            };
            let fits = builder.room_for(client, server);
            match one {
                One::Tcp(f) if !fits => left_out += f.bytes().packets,
                One::Udp(u) if !fits => left_out += u.bytes().packets,
                One::Tcp(f) => {
                    builder.flow(f);
                    left_out += f.packets_left_out;
                }
                One::Udp(u) => {
                    builder.exchange(u, analysis);
                    left_out += u.datagrams_left_out;
                }
            }
        }
        builder.finish(left_out)
    }

    /// Keeps the first and the last rows, `most` altogether: openings and closes are what ladders are read for.
    pub fn shortened(mut self, most: usize) -> Ladder {
        if self.rows.len() > most {
            let tail = most / 2;
            let cut = self.rows.len() - most;
            self.rows.drain(most - tail..most - tail + cut);
            self.left_out += cut as u64;
        }
        self
    }

    /// Index of the first row after a jump in the packet numbers that [`Ladder::shortened`] made, when something was left out.
    fn gap(&self) -> Option<usize> {
        if self.left_out == 0 {
            return None;
        }
        let jumps = self
            .rows
            .windows(2)
            .enumerate()
            .map(|(i, w)| (w[1].number.saturating_sub(w[0].number), i + 1));
        Some(
            jumps
                .max_by_key(|(jump, i)| (*jump, usize::MAX - i))
                .filter(|(jump, _)| *jump > 1)
                .map_or(self.rows.len(), |(_, i)| i),
        )
    }
}

/// Collects columns and rows.
struct Builder<'n> {
    name_of: NameOf<'n>,
    columns: Vec<Column>,
    /// Rows with their absolute times.
    rows: Vec<(i128, Row)>,
}

impl<'n> Builder<'n> {
    fn new(name_of: NameOf<'n>) -> Self {
        Builder {
            name_of,
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn room_for(&self, a: SocketAddr, b: SocketAddr) -> bool {
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

    fn flow(&mut self, flow: &Flow) {
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

    fn exchange(&mut self, exchange: &UdpExchange, analysis: &Analysis) {
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

    fn finish(mut self, left_out: u64) -> Ladder {
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
        .filter(|(m, _)| packet.marks.any(*m))
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
        notes.push("after the other's FIN: half-close");
    } else if number == marks.first_rst {
        notes.push(if flow.handshake == super::flow::Handshake::Refused {
            "refused"
        } else {
            "breaks off"
        });
    }
    notes.join(", ")
}
