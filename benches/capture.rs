//! The analysis of captures against `tshark -q -z conv,tcp` on the same two generated files, in one run: seconds, packets per
//! second, peak memory, and whether both count the same. `cargo bench --bench capture`.
//!
//! Each measurement is a process of its own, so that its peak memory is its own. SOCKLAB_BENCH_SCALE (default 1.0) makes the
//! files smaller or larger.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use socklab::capture::read::{Limits, Reader};
use socklab::capture::write::{FileHeader, OutPacket, Writer};
use socklab::capture::{Options, analyse};

/// Connections in each file.
const FLOWS: usize = 2_000;

fn main() {
    let mut args = std::env::args().skip(1);
    match (args.next().as_deref(), args.next()) {
        (Some("--analyse"), Some(file)) => analyse_file(Path::new(&file)),
        _ => compare(),
    }
}

/// What one process found, as one line for the parent.
fn analyse_file(path: &Path) {
    let start = Instant::now();
    let file = std::fs::File::open(path).expect("the generated file");
    let mut reader = Reader::new(file, Limits::default()).expect("a capture");
    let analysis = analyse(&mut reader, Options::facts_only(), |_| {}).expect("an analysis");
    let seconds = start.elapsed().as_secs_f64();
    let frames: u64 = analysis.flows.iter().map(|f| f.bytes().packets).sum();
    let bytes: u64 = analysis.flows.iter().map(|f| f.bytes().frame).sum();
    println!(
        "{seconds} {} {} {frames} {bytes} {}",
        cpu_seconds(),
        analysis.flows.len(),
        peak_mib()
    );
}

/// Processor time of this thread, seconds: what the analysis costs when other programs want the processor, too.
fn cpu_seconds() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = times
        .split(' ')
        .next()
        .and_then(|ns| ns.parse::<f64>().ok());
    first.unwrap_or(f64::NAN) / 1e9
}

/// Peak resident memory of this process, MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|l| l.starts_with("VmHWM:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|n| n.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

fn compare() {
    let scale: f64 = std::env::var("SOCKLAB_BENCH_SCALE")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(1.0);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let tshark = Command::new("tshark")
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success());
    if !tshark {
        println!("SKIPPED: tshark is not installed, so only our own speed is measured");
    }
    for (name, payload, packets) in [
        ("742-byte packets", 688, 540_000.0),
        ("small packets", 10, 1_500_000.0),
    ] {
        let path = dir.path().join("bench.pcapng");
        let quarter = dir.path().join("quarter.pcapng");
        generate(&path, payload, (packets * scale) as u64);
        generate(&quarter, payload, (packets * scale / 4.0) as u64);
        let size = std::fs::metadata(&path).expect("the file").len();
        println!("\n{name}: {:.0} MB", size as f64 / 1e6);
        let ours = best_of(3, &path);
        let small = best_of(1, &quarter);
        println!(
            "  socklab  {:.3} s ({:.3} s of processor time), {:.2} M packets/s ({:.2} M per second of processor time), {:.0} MB/s, peak {} MiB ({} MiB for a quarter of the file)",
            ours.seconds,
            ours.cpu,
            ours.frames as f64 / ours.seconds / 1e6,
            ours.frames as f64 / ours.cpu / 1e6,
            size as f64 / 1e6 / ours.seconds,
            ours.peak_mib,
            small.peak_mib
        );
        if tshark {
            against_tshark(&path, &ours);
        }
    }
}

struct Run {
    seconds: f64,
    cpu: f64,
    flows: u64,
    frames: u64,
    bytes: u64,
    peak_mib: u64,
}

fn best_of(times: usize, path: &Path) -> Run {
    (0..times)
        .map(|_| run(path))
        .min_by(|a, b| a.seconds.total_cmp(&b.seconds))
        .expect("at least one run")
}

fn run(path: &Path) -> Run {
    let myself: PathBuf = std::env::current_exe().expect("this program");
    let output = Command::new(myself)
        .arg("--analyse")
        .arg(path)
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let cells: Vec<f64> = text
        .split_whitespace()
        .map(|c| c.parse().expect("a number"))
        .collect();
    let [seconds, cpu, flows, frames, bytes, peak] = cells[..] else {
        panic!("{text}")
    };
    Run {
        seconds,
        cpu,
        flows: flows as u64,
        frames: frames as u64,
        bytes: bytes as u64,
        peak_mib: peak as u64,
    }
}

fn against_tshark(path: &Path, ours: &Run) {
    let start = Instant::now();
    let output = Command::new("tshark")
        .args(["-n", "-q", "-z", "conv,tcp", "-r"])
        .arg(path)
        .output()
        .expect("tshark");
    let seconds = start.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (mut flows, mut frames) = (0u64, 0u64);
    for line in text.lines().filter(|l| l.contains("<->")) {
        flows += 1;
        frames += total_frames(line);
    }
    println!(
        "  tshark   {seconds:.2} s, {:.3} M packets/s",
        frames as f64 / seconds / 1e6
    );
    let same = flows == ours.flows && frames == ours.frames;
    println!(
        "  ratio    {:.1} x; {} flows and {} frames, {} bytes; counts {}",
        seconds / ours.seconds,
        ours.flows,
        ours.frames,
        ours.bytes,
        if same { "equal" } else { "DIFFER" }
    );
    assert!(same, "tshark counts {flows} flows and {frames} frames");
}

/// The frames of both directions: the third count in a line of the table, after `<-` and `->`.
fn total_frames(line: &str) -> u64 {
    let cells: Vec<&str> = line.split_whitespace().collect();
    let numbers: Vec<u64> = cells
        .iter()
        .skip(3)
        .filter_map(|c| c.parse().ok())
        .collect();
    // frames, bytes, frames, bytes, frames, bytes; with units in between.
    numbers.get(4).copied().unwrap_or(0)
}

/// Writes connections that take turns: each opens, talks in both directions and closes.
fn generate(path: &Path, payload: usize, packets: u64) {
    let file = std::fs::File::create(path).expect("a file");
    let mut writer =
        Writer::new(BufWriter::new(file), &FileHeader::default(), u64::MAX).expect("a header");
    let per_flow = (packets as usize / FLOWS).max(8);
    let mut time_ns = 1_700_000_000_000_000_000i128;
    let mut seqs = vec![[1_000u32, 5_000_000]; FLOWS];
    for turn in 0..per_flow {
        for (flow, seq) in seqs.iter_mut().enumerate() {
            time_ns += 1_700;
            let side = turn % 2;
            let (flags, len): (u8, usize) = match turn {
                0 => (0x02, 0),
                1 => (0x12, 0),
                2 => (0x10, 0),
                t if t + 3 == per_flow => (0x11, 0),
                t if t + 2 == per_flow => (0x11, 0),
                t if t + 1 == per_flow => (0x10, 0),
                _ => (0x18, payload),
            };
            let ack = if turn == 0 { 0 } else { seq[1 - side] };
            let frame = segment(flow as u16, side, seq[side], ack, flags, len);
            seq[side] = seq[side].wrapping_add(len as u32 + u32::from(flags & 3 != 0));
            let out = OutPacket {
                time_ns,
                original_len: frame.len() as u32,
                captured: &frame,
                direction: None,
                comment: None,
            };
            writer.packet(&out).expect("room on the disk");
        }
    }
    let (mut file, _) = writer.finish(0).expect("room on the disk");
    file.flush().expect("room on the disk");
}

fn segment(flow: u16, side: usize, seq: u32, ack: u32, flags: u8, len: usize) -> Vec<u8> {
    let ends = [
        (
            [10, 0, (flow >> 8) as u8, flow as u8],
            40_000 + flow % 20_000,
        ),
        // A port that no dissector of tshark claims: it would reassemble what is not HTTP.
        ([10, 9, 9, 9], 50_505),
    ];
    let ((from, from_port), (to, to_port)) = (ends[side], ends[1 - side]);
    let mut b = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    b.extend((40 + len as u16).to_be_bytes());
    b.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    b.extend(from);
    b.extend(to);
    b.extend(from_port.to_be_bytes());
    b.extend(to_port.to_be_bytes());
    b.extend(seq.to_be_bytes());
    b.extend(ack.to_be_bytes());
    b.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    b.resize(b.len() + len, b'x');
    b
}
