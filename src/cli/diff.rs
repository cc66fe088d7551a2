//! `socklab diff`: two runs → who changed, and by which check.

use std::io::Write;
use std::path::PathBuf;

use super::status::ExitStatus;
use crate::class::diff::{Change, CheckChange, diff};
use crate::class::store::Run;
use crate::report::escape::line;
use crate::verdict::Outcome;

/// Arguments of `socklab diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The earlier run
    before: PathBuf,
    /// The later run
    after: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Compares two runs.
///
/// # Errors
/// When a run cannot be read.
pub fn run(args: &DiffArgs) -> anyhow::Result<ExitStatus> {
    let changes = diff(&Run::open(&args.before)?, &Run::open(&args.after)?);
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &changes)?;
        writeln!(out)?;
    } else if changes.is_empty() {
        writeln!(out, "No differences.")?;
    } else {
        for change in &changes {
            write_change(change, &mut out)?;
        }
        writeln!(out, "\n{}", summary(&changes))?;
    }
    out.flush()?;
    Ok(ExitStatus::Success)
}

fn write_change(change: &Change, out: &mut dyn Write) -> std::io::Result<()> {
    let score = |score: Option<f64>| score.map_or("not graded".to_owned(), number);
    let (before, after) = (score(change.before), score(change.after));
    let scores = if before == after {
        format!("{after}, as before")
    } else {
        format!("{before} → {after}")
    };
    writeln!(
        out,
        "{}  {}  {scores}",
        line(&change.key),
        line(&change.exercise)
    )?;
    for check in &change.checks {
        writeln!(out, "    {}", check_line(check))?;
    }
    Ok(())
}

fn check_line(check: &CheckChange) -> String {
    let side = |side: Option<(Outcome, f64)>, cause: &Option<String>| match side {
        None => "no such check".to_owned(),
        Some((outcome, points)) => {
            let cause = cause
                .as_ref()
                .map(|c| format!(" ({})", line(c)))
                .unwrap_or_default();
            format!("{} {}{cause}", word(outcome), number(points))
        }
    };
    let (before, after) = (
        side(check.before, &check.causes.0),
        side(check.after, &check.causes.1),
    );
    format!("{}: {before} → {after}", line(&check.id))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Partial => "partly",
        Outcome::NotRun => "not run",
        Outcome::Manual => "waiting",
        Outcome::Error => "error",
    }
}

fn summary(changes: &[Change]) -> String {
    let rank = |c: &&Change| c.after.partial_cmp(&c.before);
    let up = changes
        .iter()
        .filter(|c| rank(c) == Some(std::cmp::Ordering::Greater))
        .count();
    let down = changes
        .iter()
        .filter(|c| rank(c) == Some(std::cmp::Ordering::Less))
        .count();
    format!(
        "{} differ: {up} have more points, {down} have fewer",
        changes.len()
    )
}

fn number(points: f64) -> String {
    let text = format!("{points:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
