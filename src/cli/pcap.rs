//! `socklab pcap`: what is in a capture. Turns arguments into reads, and analyses into text, JSON or SVG.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::status::is_broken_pipe;
use crate::capture::flow::{Analysis, Options, analyse};
use crate::capture::ladder::{Ladder, NameOf, escape};
use crate::capture::read::{Limits, Reader};

mod show;

/// What is in a capture: connections, who closed how, what was sent again, how many bytes were headers.
#[derive(Debug, Clone, clap::Args)]
pub struct PcapArgs {
    /// Captures: pcap or pcapng, gzip or not; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only this flow, as the table names it: `tcp/0`, `udp/2`, or a bare number for TCP
    #[arg(long, value_name = "FLOW")]
    flow: Option<FlowId>,
    /// Draw a ladder diagram of the packets
    #[arg(long)]
    ladder: bool,
    /// Show what was said: both streams in the order of the packets
    #[arg(long)]
    follow: bool,
    /// Write the ladder diagram as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write everything as JSON; with --ladder or --flow also each packet, with --follow also the bytes
    #[arg(long)]
    json: bool,
}

/// A flow of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlowId {
    Tcp(usize),
    Udp(usize),
}

impl std::str::FromStr for FlowId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (udp, number) = match text.split_once('/') {
            None => (false, text),
            Some(("tcp", n)) => (false, n),
            Some(("udp", n)) => (true, n),
            Some(_) => return Err("a flow is named tcp/N or udp/N".to_owned()),
        };
        let number = number
            .parse()
            .map_err(|_| "a flow is named tcp/N or udp/N, N as in the table".to_owned())?;
        Ok(if udp {
            FlowId::Udp(number)
        } else {
            FlowId::Tcp(number)
        })
    }
}

/// Files smaller than this are read before a progress bar could be looked at.
const PROGRESS_FROM: u64 = 16 << 20;

#[derive(Serialize)]
struct FileReport<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<&'a Analysis>,
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    files: Vec<FileReport<'a>>,
}

/// Runs the command. A file that cannot be read does not keep the others from being shown; the status is then 2.
///
/// # Errors
/// When the options contradict each other, the flow does not exist, or the output cannot be written.
pub fn run(args: &PcapArgs) -> anyhow::Result<ExitCode> {
    if args.svg.is_some() && args.files.len() > 1 {
        bail!("--svg takes one capture; call it once per file");
    }
    let results: Vec<(&PathBuf, anyhow::Result<Analysis>)> =
        args.files.iter().map(|f| (f, read(f, args))).collect();
    let failed = results.iter().any(|(_, r)| r.is_err());
    let outcome = if args.json {
        print_json(&results)
    } else {
        show::text(&results, args)
    };
    match outcome {
        Err(e) if is_broken_pipe(&e) => return Ok(ExitCode::SUCCESS),
        other => other?,
    }
    Ok(if failed {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    })
}

fn read(path: &Path, args: &PcapArgs) -> anyhow::Result<Analysis> {
    let rows = args.ladder || args.svg.is_some() || (args.json && args.flow.is_some());
    let options = Options {
        streams: args.follow,
        packets: if rows || args.follow {
            Options::default().packets
        } else {
            0
        },
        ..Options::facts_only()
    };
    let (input, size): (Box<dyn Read + Send>, u64) = if path.as_os_str() == "-" {
        (Box::new(io::stdin()), 0)
    } else {
        if path.is_dir() {
            bail!("this is a folder; name the capture files in it");
        }
        let file = File::open(path)?;
        let size = file.metadata().map_or(0, |m| m.len());
        (Box::new(file), size)
    };
    let bar = progress(path, size);
    // One's own files may be large; a gzip bomb ends at 64 GiB all the same.
    let limits = Limits {
        decompressed: 64 << 30,
        ..Limits::default()
    };
    let mut reader = Reader::new(bar.wrap_read(input), limits)?;
    let analysis = analyse(&mut reader, options, |_| {})?;
    bar.finish_and_clear();
    select(analysis, args.flow)
}

/// A bar for what takes a while, when somebody looks. It counts bytes of the file, compressed or not.
fn progress(path: &Path, size: u64) -> ProgressBar {
    if size < PROGRESS_FROM || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}, {eta} left");
    let bar = ProgressBar::new(size).with_message(escape(&path.display().to_string()));
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn select(mut analysis: Analysis, flow: Option<FlowId>) -> anyhow::Result<Analysis> {
    match flow {
        None => return Ok(analysis),
        Some(FlowId::Tcp(n)) => {
            analysis.flows.retain(|f| f.index == n);
            analysis.udp.clear();
        }
        Some(FlowId::Udp(n)) => {
            analysis.udp.retain(|u| u.index == n);
            analysis.flows.clear();
        }
    }
    if analysis.flows.is_empty() && analysis.udp.is_empty() {
        bail!("there is no such flow; run it without --flow for the table");
    }
    Ok(analysis)
}

fn print_json(results: &[(&PathBuf, anyhow::Result<Analysis>)]) -> anyhow::Result<()> {
    let files = results
        .iter()
        .map(|(path, result)| FileReport {
            file: path.display().to_string(),
            error: result.as_ref().err().map(|e| format!("{e:#}")),
            analysis: result.as_ref().ok(),
        })
        .collect();
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &Report { version: 1, files })
        .map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

fn by_address(analysis: &Analysis) -> impl Fn(std::net::SocketAddr) -> Option<String> {
    |end| {
        analysis
            .names
            .iter()
            .find(|n| n.address == end.ip())
            .map(|n| n.name.clone())
    }
}

fn write_svg(path: &Path, analysis: &Analysis, flow: Option<FlowId>) -> anyhow::Result<()> {
    let names = by_address(analysis);
    let name_of: NameOf = &names;
    let ladder = match (flow, analysis.flows.first(), analysis.udp.first()) {
        (Some(FlowId::Tcp(_)), Some(f), _) => Ladder::of_flow(f, name_of),
        (Some(FlowId::Udp(_)), _, Some(u)) => Ladder::of_udp(u, analysis, name_of),
        _ => Ladder::of_analysis(analysis, name_of),
    };
    std::fs::write(path, ladder.svg())
        .with_context(|| format!("{} cannot be written", path.display()))
}
