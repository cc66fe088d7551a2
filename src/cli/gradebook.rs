//! `socklab gradebook`: a run → the table that a learning platform imports.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::context::Context;
use super::report_cmd::page;
use super::status::ExitStatus;
use crate::class::feedback::Feedback;
use crate::class::gradebook::{self, Table, grades};
use crate::class::store::{Run, safe_name};
use crate::report::escape::line;
use crate::score::Status;

/// Arguments of `socklab gradebook`.
#[derive(Debug, clap::Args)]
pub struct GradebookArgs {
    /// The run's folder
    run: PathBuf,
    /// The platform
    #[arg(long = "for", value_enum, value_name = "PLATFORM", default_value_t = Platform::Plain)]
    platform: Platform,
    /// The file that the platform exported, to be filled in: a Canvas gradebook or a Moodle grading worksheet
    #[arg(long, value_name = "FILE")]
    exported: Option<PathBuf>,
    /// The assignment's title or number on the platform; the exercise's title when absent
    #[arg(long)]
    title: Option<String>,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Platforms that import tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Platform {
    /// Canvas: a gradebook with one column
    Canvas,
    /// Moodle: a table for its grade import
    Moodle,
    /// Moodle: its offline grading worksheet, filled in (needs --exported)
    MoodleWorksheet,
    /// Moodle: an archive with a report for each student, to be uploaded as feedback files (needs --output)
    MoodleFeedback,
    /// One row per submission, for spreadsheets
    Plain,
}

/// Writes the table; remarks go to standard error.
///
/// # Errors
/// When the run or the exported file cannot be read, or is not what it should be.
pub fn run(context: &Context, args: &GradebookArgs) -> anyhow::Result<ExitStatus> {
    let run = Run::open(&args.run)?;
    let grades = grades(run.scorecards());
    let titles: Vec<&str> = run
        .plan
        .exercises
        .iter()
        .map(|e| e.title.as_str())
        .collect();
    let title = args.title.clone().unwrap_or_else(|| titles.join(", "));
    let exported = match &args.exported {
        Some(path) => Some(
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
        ),
        None => None,
    };
    let table = match (args.platform, &exported) {
        (Platform::Canvas, exported) => gradebook::canvas(exported.as_deref(), &title, &grades)?,
        (Platform::Moodle, _) => gradebook::moodle(&title, &grades),
        (Platform::MoodleWorksheet, Some(text)) => gradebook::moodle_worksheet(text, &grades)?,
        (Platform::MoodleWorksheet, None) => {
            bail!("download the grading worksheet from Moodle and give it with --exported")
        }
        (Platform::Plain, _) => gradebook::plain(&grades),
        (Platform::MoodleFeedback, _) => {
            feedback(context, args, &run)?;
            return Ok(ExitStatus::Success);
        }
    };
    write(args, &table)?;
    Ok(ExitStatus::Success)
}

/// Writes the archive of feedback files: each student's report, as students may see it.
fn feedback(context: &Context, args: &GradebookArgs, run: &Run) -> anyhow::Result<()> {
    let Some(path) = &args.output else {
        bail!("say where the archive is to be written, with --output feedback.zip")
    };
    let unwritable = || format!("cannot write {}", path.display());
    let mut archive = Feedback::new(fs::File::create(path).with_context(unwritable)?);
    for card in run.scorecards() {
        let whose = card.submission.clone();
        let name = format!("{}.html", safe_name(&card.exercise));
        if card.status != Status::Graded {
            let why = card.error.as_deref().unwrap_or("not graded");
            eprintln!("note: {} has no report: {}", line(&whose.key), line(why));
            continue;
        }
        let bytes = page(context, run, card)?;
        if !archive
            .add(&whose, &name, &bytes)
            .with_context(unwritable)?
        {
            let key = line(&whose.key);
            eprintln!("note: {key} was left out: it did not come from a Moodle download");
        }
    }
    archive.finish().with_context(unwritable)?;
    Ok(())
}

fn write(args: &GradebookArgs, table: &Table) -> anyhow::Result<()> {
    for remark in &table.remarks {
        eprintln!("note: {}", line(remark));
    }
    match &args.output {
        Some(path) => fs::write(path, &table.text)
            .with_context(|| format!("cannot write {}", path.display()))?,
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(table.text.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(())
}
