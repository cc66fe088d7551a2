//! What tshark says about a capture, for comparison.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// One packet as tshark sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub number: u64,
    pub frame_len: u64,
    pub tcp_stream: Option<usize>,
    pub udp_stream: Option<usize>,
    pub len: Option<u64>,
    pub udp_len: Option<u64>,
    pub flags: Option<u16>,
    pub seq: Option<u32>,
    pub ack: Option<u32>,
    pub window: Option<u32>,
    pub completeness: Option<u8>,
    pub source: String,
    pub marks: Vec<String>,
    pub time_ns: i128,
    pub protocols: String,
}

/// The marks compared, by the last part of their field names.
pub const MARKS: [&str; 15] = [
    "retransmission",
    "fast_retransmission",
    "spurious_retransmission",
    "out_of_order",
    "duplicate_ack",
    "lost_segment",
    "ack_lost_segment",
    "zero_window",
    "window_update",
    "window_full",
    "zero_window_probe",
    "zero_window_probe_ack",
    "keep_alive",
    "keep_alive_ack",
    "reused_ports",
];

pub fn available() -> bool {
    Command::new("tshark")
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success())
}

const FIELDS: [&str; 15] = [
    "frame.number",
    "frame.len",
    "tcp.stream",
    "udp.stream",
    "tcp.len",
    "udp.length",
    "tcp.flags",
    "tcp.seq",
    "tcp.ack",
    "tcp.window_size",
    "tcp.completeness",
    "tcp.srcport",
    "udp.srcport",
    "frame.protocols",
    "frame.time_epoch",
];

/// Reads a capture with `tshark -2`.
pub fn read(path: &Path) -> Result<Vec<Seen>, String> {
    let mut command = Command::new("tshark");
    command
        .args([
            "-2",
            "-n",
            "-T",
            "fields",
            "-E",
            "separator=|",
            "-E",
            "occurrence=f",
            "-r",
        ])
        .arg(path);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    for mark in MARKS {
        command.args(["-e", &format!("tcp.analysis.{}", mark)]);
    }
    for address in ["ip.src", "ipv6.src"] {
        command.args(["-e", address]);
    }
    let output = command.output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.is_empty() && !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(text.lines().map(parse).collect())
}

fn parse(line: &str) -> Seen {
    let cells: Vec<&str> = line.split('|').collect();
    let number = |i: usize| cells.get(i).and_then(|c| c.parse::<u64>().ok());
    // A segment or datagram quoted inside an ICMP message is not one of the capture's own.
    let quoted = cells[13].contains(":icmp");
    let own = |i: usize| number(i).filter(|_| !quoted);
    let marks = MARKS
        .iter()
        .enumerate()
        .filter(|(i, _)| !quoted && !cells[15 + i].is_empty());
    let port = own(11).or(own(12)).unwrap_or(0);
    let address = if cells[30].is_empty() {
        format!("[{}]", cells[31])
    } else {
        cells[30].to_owned()
    };
    Seen {
        number: number(0).unwrap_or(0),
        frame_len: number(1).unwrap_or(0),
        tcp_stream: own(2).map(|n| n as usize),
        udp_stream: own(3).map(|n| n as usize),
        len: own(4),
        udp_len: own(5),
        flags: u16::from_str_radix(cells[6].trim_start_matches("0x"), 16)
            .ok()
            .filter(|_| !quoted),
        seq: own(7).map(|n| n as u32),
        ack: own(8).map(|n| n as u32),
        window: own(9).map(|n| n as u32),
        completeness: own(10).map(|n| n as u8),
        source: format!("{address}:{port}"),
        marks: marks.map(|(_, m)| (*m).to_owned()).collect(),
        time_ns: nanoseconds(cells[14]),
        protocols: cells[13].to_owned(),
    }
}

/// Packets and bytes of each direction of each TCP stream, by sender.
pub fn conversations(seen: &[Seen], udp: bool) -> BTreeMap<(usize, String), (u64, u64)> {
    let mut sums = BTreeMap::new();
    for packet in seen {
        let Some(stream) = (if udp {
            packet.udp_stream
        } else {
            packet.tcp_stream
        }) else {
            continue;
        };
        let sum: &mut (u64, u64) = sums.entry((stream, packet.source.clone())).or_default();
        sum.0 += 1;
        sum.1 += packet.frame_len;
    }
    sums
}

/// `1700000000.000100` in nanoseconds; 0 for nothing.
fn nanoseconds(text: &str) -> i128 {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fraction: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(9)
        .collect();
    seconds.parse::<i128>().unwrap_or(0) * 1_000_000_000 + fraction.parse::<i128>().unwrap_or(0)
}
