//! `socklab merge`: the runs of several shards → one run.

use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::grade::{class_of, show_class};
use super::status::ExitStatus;
use crate::class::merge::merge;
use crate::class::store::Run;
use crate::report::escape::line;

/// Arguments of `socklab merge`.
#[derive(Debug, clap::Args)]
pub struct MergeArgs {
    /// The folders that the shards wrote
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The folder of the whole run
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// It is all right when submissions are missing
    #[arg(long)]
    allow_partial: bool,
}

/// At most this many missing submissions are listed.
const LISTED: usize = 20;

/// Merges runs and prints the class's table.
///
/// # Errors
/// When the runs do not belong together, or cannot be read or written.
pub fn run(context: &Context, args: &MergeArgs) -> anyhow::Result<ExitStatus> {
    let report = merge(&args.out, &args.runs)?;
    for word in report.differing.iter().chain(&report.stray) {
        eprintln!("note: {}", line(word));
    }
    let run = Run::open(&args.out)?;
    show_class(context, &class_of(&run, Duration::ZERO))?;
    eprintln!("{} results in {}", report.taken, args.out.display());
    for (key, why) in &report.refused {
        eprintln!("note: {}: {}", line(key), line(why));
    }
    if report.missing.is_empty() {
        return Ok(ExitStatus::Success);
    }
    eprintln!(
        "{} are not graded (which is not 0 points):",
        report.missing.len()
    );
    for (key, exercise) in report.missing.iter().take(LISTED) {
        eprintln!("  {}  {}", line(key), line(exercise));
    }
    if report.missing.len() > LISTED {
        eprintln!("  and {} more", report.missing.len() - LISTED);
    }
    if args.allow_partial {
        return Ok(ExitStatus::Success);
    }
    eprintln!("Grade them, or give --allow-partial to take the run as it is.");
    Ok(ExitStatus::NotHere)
}
