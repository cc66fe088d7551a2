//! Ladder diagrams: one column per address and port, one row per packet, time going down. Turns flows into rows, and rows into
//! terminal text ([`Ladder::text`]) or a self-contained SVG ([`Ladder::svg`]) that is readable in light and in dark and may be
//! put into an HTML page. Must not know: files, terminals.

mod rows;
mod svg;
mod text;

use std::net::SocketAddr;

use super::flow::{Analysis, Flow, UdpExchange};
use rows::Builder;
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
