//! `socklab spec`: for authors of exercises.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::context::Context;
use super::prove::prove_all;
use super::spec_cmd::{self, SpecNewArgs, SpecWordsArgs};
use super::status::ExitStatus;
use crate::class::course::Course;

/// Commands for authors.
#[derive(Debug, clap::Subcommand)]
pub enum SpecCommand {
    /// Check specs: the text, then that references get full marks, starters do not, and seeded bugs are caught
    Check(SpecCheckArgs),
    /// Print the JSON Schema of the spec language, for editors
    Schema,
    /// Write the first version of an exercise
    New(SpecNewArgs),
    /// Look up words of the spec language, with examples
    Words(SpecWordsArgs),
}

/// Arguments of `socklab spec check`.
#[derive(Debug, clap::Args)]
pub struct SpecCheckArgs {
    /// Spec files
    #[arg(value_name = "FILE", required_unless_present = "all")]
    files: Vec<PathBuf>,
    /// All exercises of the course in this folder (or of --course)
    #[arg(long)]
    all: bool,
    /// Read the specs only; run nothing
    #[arg(long = "static")]
    only_text: bool,
    /// Draw all values from this seed
    #[arg(long)]
    seed: Option<u64>,
    /// Write the score of every submission that was graded to FILE (CSV), to compare two runs
    #[arg(long, value_name = "FILE", conflicts_with = "only_text")]
    scores: Option<PathBuf>,
}

/// Runs a command for authors.
///
/// # Errors
/// Broken specs, unreadable files, a machine that gives no sandbox.
pub fn run(context: &Context, command: &SpecCommand) -> anyhow::Result<ExitStatus> {
    match command {
        SpecCommand::Check(args) => check(context, args),
        SpecCommand::New(args) => spec_cmd::new(args),
        SpecCommand::Words(args) => spec_cmd::words(args),
        SpecCommand::Schema => {
            write!(std::io::stdout().lock(), "{}", crate::spec::schema_text())?;
            Ok(ExitStatus::Success)
        }
    }
}

fn check(context: &Context, args: &SpecCheckArgs) -> anyhow::Result<ExitStatus> {
    let (course, paths) = if args.all {
        let course = context.course_here()?;
        let names = course.labs().into_iter().flat_map(|(_, names)| names);
        let paths = names.map(|name| Ok(PathBuf::from(course.exercise(&name)?.path)));
        let paths = paths.collect::<anyhow::Result<Vec<_>>>()?;
        (Some(course), paths)
    } else {
        (course_of(&args.files[0])?, args.files.clone())
    };
    let mut broken = 0;
    for path in &paths {
        broken += usize::from(!well_formed(context, path)?);
    }
    if broken > 0 {
        eprintln!(
            "socklab: {broken} of {} specs cannot be used; nothing was run",
            paths.len()
        );
        return Ok(ExitStatus::Usage);
    }
    let Some(course) = course.filter(|_| !args.only_text) else {
        println!("{} specs read, no mistakes", paths.len());
        return Ok(ExitStatus::Success);
    };
    let stem = |path: &PathBuf| {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    let names: Vec<String> = paths.iter().filter_map(stem).collect();
    prove_all(context, &course, &names, args.seed, args.scores.as_deref())
}

/// Reads a spec and prints its mistakes; whether there are none.
fn well_formed(context: &Context, path: &Path) -> anyhow::Result<bool> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    match crate::spec::load(&text, &path.display().to_string()) {
        Ok(_) => Ok(true),
        Err(diagnostics) => {
            eprint!(
                "{}",
                crate::diag::render(&diagnostics, &text, context.colour_on_stderr())
            );
            Ok(false)
        }
    }
}

/// The course that a spec file belongs to: the folder above `specs`.
fn course_of(file: &Path) -> anyhow::Result<Option<Course>> {
    let whole = file
        .canonicalize()
        .with_context(|| format!("cannot read {}", file.display()))?;
    let root = whole
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "specs"));
    match root.and_then(Path::parent) {
        Some(folder) => Ok(Some(Course::from_folder(folder)?)),
        None => Ok(None),
    }
}
