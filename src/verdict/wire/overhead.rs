//! A table of what each transport cost, against the grader's own counts from the student's capture.

use crate::capture::Analysis;
use crate::capture::facts::{Fact, Overhead, tcp_overhead, udp_overhead};
use crate::capture::flow::Bytes;
use crate::event::Transport;
use crate::plan::Files;
use crate::spec::OverheadCheck;
use crate::verdict::Source;
use crate::verdict::finding::Finding;

/// Largest table: 64 KiB.
const LARGEST: usize = 64 << 10;

/// Columns with numbers, in the order in which they stand when the table does not name them.
const COLUMNS: [&str; 4] = ["messages", "payload_bytes", "header_bytes", "total_bytes"];

/// A row about one transport.
struct Row {
    line: u32,
    text: String,
    /// The cells of [`COLUMNS`].
    cells: [String; 4],
}

/// What is wrong with the table. The right number is not told: it is the student's to find. What a wrong
/// one was probably counted from is.
pub fn judge(files: Option<&Files>, analysis: &Analysis, check: &OverheadCheck) -> Option<Finding> {
    let name = &check.file;
    let Some((path, bytes)) = files.and_then(|files| files.find(name)) else {
        let message = format!("There is no file {name} in the submission.");
        return Some(Finding::new("file-missing", message));
    };
    if bytes.len() > LARGEST {
        let message = format!(
            "{path} has {} KiB; a table of two rows is much smaller.",
            bytes.len() >> 10
        );
        return Some(Finding::new("file-content", message));
    }
    let text = String::from_utf8_lossy(&bytes);
    let table = Table::read(text.trim_start_matches('\u{feff}'));
    [Transport::Tcp, Transport::Udp]
        .into_iter()
        .find_map(|transport| table.compare(transport, analysis, check.tolerance, &path))
}

struct Table {
    rows: Vec<(Transport, Row)>,
}

impl Table {
    fn read(text: &str) -> Table {
        let separator = ['\t', ';', '|', ',']
            .into_iter()
            .max_by_key(|c| text.matches(*c).count())
            .unwrap_or(',');
        let mut order: Option<Vec<Option<usize>>> = None;
        let mut rows = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let inner = line.trim().trim_matches('|');
            let cells: Vec<&str> = inner
                .split(separator)
                .map(|cell| cell.trim().trim_matches('"'))
                .collect();
            if let Some(columns) = header(&cells) {
                order = Some(columns);
                continue;
            }
            let Some(transport) = cells.iter().find_map(|cell| transport(cell)) else {
                continue;
            };
            let cell = |column: usize| {
                let at = order
                    .as_ref()
                    .map_or(Some(column + 1), |order| order[column]);
                at.and_then(|at| cells.get(at))
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            };
            let row = Row {
                line: index as u32 + 1,
                text: line.trim().chars().take(120).collect(),
                cells: std::array::from_fn(cell),
            };
            rows.push((transport, row));
        }
        Table { rows }
    }

    fn compare(
        &self,
        transport: Transport,
        analysis: &Analysis,
        tolerance: f64,
        path: &str,
    ) -> Option<Finding> {
        let Some((_, row)) = self.rows.iter().find(|(own, _)| *own == transport) else {
            let message = format!("{path} has no row about {transport}.");
            return Some(Finding::new("file-content", message));
        };
        let right = numbers(&overhead(transport, analysis));
        let wrong = (0..COLUMNS.len())
            .find(|column| !Fact::Whole(right[*column]).agrees(&row.cells[*column], tolerance))?;
        let (name, said) = (COLUMNS[wrong], shown(&row.cells[wrong]));
        let (cause, guess) = guess(transport, analysis, tolerance, &row.cells)
            .unwrap_or(("wrong-count", String::new()));
        let message = format!(
            "{path}, line {}: `{name}` of {transport} is `{said}`; that is not what the capture shows.{guess}",
            row.line
        );
        let mut finding = Finding::new(cause, message);
        finding.source = Some(Source {
            file: path.to_owned(),
            line: row.line,
            text: row.text.clone(),
        });
        Some(finding)
    }
}

fn shown(cell: &str) -> String {
    cell.chars().take(40).collect()
}

/// The columns of the numbers, if the line names them.
fn header(cells: &[&str]) -> Option<Vec<Option<usize>>> {
    let plain = |cell: &str| cell.to_lowercase().replace([' ', '-', '_'], "");
    let at = |name: &str| {
        let name = plain(name);
        let short = name.trim_end_matches("bytes");
        cells
            .iter()
            .position(|cell| [name.as_str(), short].contains(&plain(cell).as_str()))
    };
    let columns: Vec<Option<usize>> = COLUMNS.iter().map(|name| at(name)).collect();
    columns.iter().any(Option::is_some).then_some(columns)
}

fn transport(cell: &str) -> Option<Transport> {
    match cell.to_lowercase().as_str() {
        "tcp" => Some(Transport::Tcp),
        "udp" => Some(Transport::Udp),
        _ => None,
    }
}

fn overhead(transport: Transport, analysis: &Analysis) -> Overhead {
    match transport {
        Transport::Udp => udp_overhead(analysis),
        _ => tcp_overhead(analysis),
    }
}

fn numbers(overhead: &Overhead) -> [u64; 4] {
    [
        overhead.messages,
        overhead.payload_bytes,
        overhead.header_bytes,
        overhead.total_bytes,
    ]
}

/// What a row was probably counted from, when it was not what the handout asks for.
fn guess(
    transport: Transport,
    analysis: &Analysis,
    tolerance: f64,
    cells: &[String; 4],
) -> Option<(&'static str, String)> {
    let fits = |numbers: [u64; 4]| {
        let mut both = numbers.iter().zip(cells);
        both.all(|(number, cell)| Fact::Whole(*number).agrees(cell, tolerance))
    };
    let other = match transport {
        Transport::Udp => Transport::Tcp,
        _ => Transport::Udp,
    };
    if fits_mostly(&numbers(&overhead(other, analysis)), cells, tolerance) {
        return Some((
            "rows-swapped",
            format!(" These are the numbers of {other}."),
        ));
    }
    let right = overhead(transport, analysis);
    let bytes = match transport {
        Transport::Udp => analysis.udp_bytes(),
        _ => analysis.tcp_bytes(),
    };
    let with_header = |header: u64| {
        [
            right.messages,
            right.payload_bytes,
            header,
            header + right.payload_bytes,
        ]
    };
    if fits(with_header(bytes.transport)) {
        let why = format!(
            " It counts the {transport} header alone: each frame has an IP header and a link header, too."
        );
        return Some(("transport-header-only", why));
    }
    if fits(with_header(bytes.network + bytes.transport)) {
        let why = " It leaves out the link header (14 bytes of Ethernet in each frame).";
        return Some(("without-link-header", why.into()));
    }
    if fits(with_header(full_frames(transport, analysis))) {
        let why = " It leaves out the frames without payload: handshake, acknowledgments, close.";
        return Some(("data-packets-only", why.into()));
    }
    one_direction(transport, analysis)
        .into_iter()
        .any(fits)
        .then(|| {
            (
                "one-direction-only",
                " It counts one direction only.".to_owned(),
            )
        })
}

/// The numbers of another row, allowing one cell to be different.
fn fits_mostly(numbers: &[u64; 4], cells: &[String; 4], tolerance: f64) -> bool {
    let right = numbers.iter().zip(cells);
    right
        .filter(|(number, cell)| Fact::Whole(**number).agrees(cell, tolerance))
        .count()
        >= 3
}

/// Header bytes of the frames that carry payload.
fn full_frames(transport: Transport, analysis: &Analysis) -> u64 {
    let header = |bytes: &Bytes| bytes.frame - bytes.payload;
    match transport {
        Transport::Udp => analysis
            .udp
            .iter()
            .flat_map(|exchange| &exchange.datagrams)
            .filter(|datagram| datagram.len > 0)
            .map(|datagram| header(&datagram.bytes))
            .sum(),
        _ => analysis
            .flows
            .iter()
            .flat_map(|flow| &flow.packets)
            .filter(|packet| packet.len > 0)
            .map(|packet| header(&packet.bytes))
            .sum(),
    }
}

/// The numbers of what the client sent alone, and of what the server sent alone.
fn one_direction(transport: Transport, analysis: &Analysis) -> [[u64; 4]; 2] {
    let numbers = |messages: u64, bytes: Bytes| {
        [
            messages,
            bytes.payload,
            bytes.frame - bytes.payload,
            bytes.frame,
        ]
    };
    let sum = |list: Vec<(u64, Bytes)>| {
        let add = |(n, all): (u64, Bytes), (m, bytes): (u64, Bytes)| (n + m, all.plus(&bytes));
        let (messages, bytes) = list.into_iter().fold((0, Bytes::default()), add);
        numbers(messages, bytes)
    };
    let of = |client: bool| match transport {
        Transport::Udp => {
            let each = analysis.udp.iter().map(|exchange| match client {
                true => (exchange.datagrams_from_client, exchange.from_client),
                false => (exchange.datagrams_from_server, exchange.from_server),
            });
            sum(each.collect())
        }
        _ => {
            let each = analysis.flows.iter().map(|flow| {
                let half = if client {
                    &flow.from_client
                } else {
                    &flow.from_server
                };
                (half.data_segments, half.bytes)
            });
            sum(each.collect())
        }
    };
    [of(true), of(false)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(Transport, [String; 4])> {
        let table = Table::read(text);
        table
            .rows
            .into_iter()
            .map(|(transport, row)| (transport, row.cells))
            .collect()
    }

    #[test]
    fn columns_are_found_by_their_names_or_their_order() {
        let cells = ["16", "96", "2062", "2158"].map(str::to_owned);
        for text in [
            "transport,messages,payload_bytes,header_bytes,total_bytes\ntcp,16,96,2062,2158\n",
            "TCP,16,96,2062,2158\n",
            "transport;total;header;payload;messages\nTCP;2158;2062;96;16\n",
            "| transport | messages | payload bytes | header bytes | total bytes |\n|---|---|---|---|---|\n| tcp | 16 | 96 | 2062 | 2158 |\n",
        ] {
            assert_eq!(rows(text), [(Transport::Tcp, cells.clone())], "{text}");
        }
    }

    #[test]
    fn a_table_without_a_row_names_the_transport() {
        let files = Files::of([("overhead.csv", "tcp,0,0,0,0\n")]);
        let check = OverheadCheck {
            file: "overhead.csv".into(),
            tolerance: 0.02,
        };
        let finding = judge(Some(&files), &Analysis::default(), &check).unwrap();
        assert_eq!(finding.message, "overhead.csv has no row about UDP.");
    }

    #[test]
    fn numbers_within_the_tolerance_are_right() {
        let mut analysis = Analysis::default();
        let check = |tolerance| OverheadCheck {
            file: "overhead.csv".into(),
            tolerance,
        };
        let files = Files::of([("overhead.csv", "tcp,0,0,0,0\nudp,0,0,0,0\n")]);
        assert_eq!(judge(Some(&files), &analysis, &check(0.02)), None);
        analysis.counts.packets = 1;
        let files = Files::of([("overhead.csv", "tcp,0,0,1,0\nudp,0,0,0,0\n")]);
        let finding = judge(Some(&files), &analysis, &check(0.02)).unwrap();
        assert_eq!(finding.cause, "rows-swapped");
        assert!(
            finding
                .message
                .contains("line 1: `header_bytes` of TCP is `1`"),
            "{}",
            finding.message
        );
    }
}
