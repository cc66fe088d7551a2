//! `socklab judge`: judges a stored run again, after a spec's points, patterns or hints have changed,
//! without running anything.

use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::grade::{class_of, show_class};
use super::status::ExitStatus;
use crate::class::rejudge::rejudge;
use crate::class::store::Run;

/// Arguments of `socklab judge`.
#[derive(Debug, clap::Args)]
pub struct JudgeArgs {
    /// The run's folder
    run: PathBuf,
}

/// Judges a run again and prints its table.
///
/// # Errors
/// When the run or a spec cannot be read, or a scorecard cannot be written.
pub fn run(context: &Context, args: &JudgeArgs) -> anyhow::Result<ExitStatus> {
    let run = Run::open(&args.run)?;
    let course = context.course()?;
    let changed = rejudge(&run, &course)?;
    eprintln!("judged again: {changed} scorecards have changed");
    let run = Run::open(&args.run)?;
    show_class(context, &class_of(&run, Duration::ZERO))?;
    Ok(ExitStatus::Success)
}
