//! `socklab mark`: points by hand for a check of a graded submission; without a submission, what waits for them.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;

use super::status::ExitStatus;
use crate::class::marks::{Mark, give};
use crate::class::store::Run;
use crate::report::escape::line;
use crate::verdict::Outcome;

/// Arguments of `socklab mark`.
#[derive(Debug, clap::Args)]
pub struct MarkArgs {
    /// The run's folder
    run: PathBuf,
    /// The submission; when absent, everything that waits for a person is listed
    key: Option<String>,
    /// The check
    #[arg(requires = "key")]
    check: Option<String>,
    /// The points
    #[arg(requires = "check")]
    points: Option<f64>,
    /// The exercise, when the run has several
    #[arg(long)]
    exercise: Option<String>,
    /// What the student is told
    #[arg(long, default_value = "")]
    note: String,
    /// Who gives the points
    #[arg(long, default_value = "")]
    by: String,
    /// Take the points given by hand back
    #[arg(long, conflicts_with = "points")]
    remove: bool,
}

/// Gives points, takes them back, or lists what waits.
///
/// # Errors
/// When there is no such submission or check, or the points do not fit it.
pub fn run(args: &MarkArgs) -> anyhow::Result<ExitStatus> {
    let run = Run::open(&args.run)?;
    let (Some(key), Some(check)) = (&args.key, &args.check) else {
        return list(&run, args);
    };
    let exercise = match (&args.exercise, run.plan.exercises.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => only.exercise.clone(),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|e| e.exercise.as_str()).collect();
            bail!(
                "the run has several exercises; add --exercise with one of {}",
                names.join(", ")
            );
        }
    };
    let mark = match (args.points, args.remove) {
        (Some(points), _) => Some(Mark {
            points,
            note: args.note.clone(),
            by: args.by.clone(),
        }),
        (None, true) => None,
        (None, false) => bail!("how many points? Give them after the check, or --remove"),
    };
    let card = give(&run, key, &exercise, check, mark)?;
    let waiting = if card.waiting > 0.0 {
        format!(", {} still wait for a person", card.waiting)
    } else {
        String::new()
    };
    println!(
        "{}: {} of {} points{waiting}",
        line(key),
        card.score,
        card.max
    );
    Ok(ExitStatus::Success)
}

/// Prints the checks that wait for a person, ready to be marked.
fn list(run: &Run, args: &MarkArgs) -> anyhow::Result<ExitStatus> {
    let mut out = std::io::stdout().lock();
    let mut count = 0usize;
    for card in run.scorecards() {
        let wanted = args
            .key
            .as_ref()
            .is_none_or(|key| *key == card.submission.key)
            && args
                .exercise
                .as_ref()
                .is_none_or(|exercise| *exercise == card.exercise);
        for check in card
            .checks
            .iter()
            .filter(|c| wanted && c.outcome == Outcome::Manual)
        {
            count += 1;
            writeln!(
                out,
                "{}  {}  {}  0 to {} points: {}",
                line(&card.submission.key),
                line(&card.exercise),
                line(&check.id),
                check.max,
                line(&check.manual)
            )?;
        }
    }
    match count {
        0 => writeln!(out, "Nothing waits for points by hand.")?,
        _ => writeln!(
            out,
            "\n{count} wait; give points with: socklab mark {} KEY CHECK POINTS",
            args.run.display()
        )?,
    }
    out.flush()?;
    Ok(ExitStatus::Success)
}
