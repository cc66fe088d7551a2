//! `socklab hint`: the hints of a check, one more each time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::context::{Context, FOLDER_NOTE, unknown};
use super::status::ExitStatus;
use crate::class::folder::read_file;
use crate::report::wrapped;
use crate::spec::by_hand::can_be_played;
use crate::spec::{Check, Hidden, Spec};

/// Arguments of `socklab hint`.
#[derive(Debug, clap::Args)]
pub struct HintArgs {
    /// The exercise (may be left out in a folder made by `socklab start`) and the check
    #[arg(value_name = "[EXERCISE] CHECK", num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// All hints at once
    #[arg(long, conflicts_with = "again")]
    all: bool,
    /// The hint that was shown last once more
    #[arg(long)]
    again: bool,
}

/// Shows the next hint of a check, from general to concrete.
///
/// # Errors
/// When there is no such exercise or check, or what was shown cannot be noted.
pub fn run(context: &Context, args: &HintArgs) -> anyhow::Result<ExitStatus> {
    let (name, id) = match args.words.as_slice() {
        [exercise, check] => (exercise.clone(), check),
        [check] => (
            context
                .noted_exercise(Path::new("."))
                .map_err(|_| no_exercise(context, check))?,
            check,
        ),
        _ => anyhow::bail!("which check? `socklab show` lists the checks of an exercise"),
    };
    let course = context.course()?;
    let spec = course.exercise(&name)?.spec()?;
    let ask = match (args.all, args.again) {
        (true, _) => Ask::All,
        (_, true) => Ask::Again,
        _ => Ask::Next,
    };
    print!("{}", text(&spec, id, Path::new("."), ask)?);
    Ok(ExitStatus::Success)
}

/// Which hints are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// One more.
    Next,
    /// The last one once more.
    Again,
    /// All of them.
    All,
}

/// The hints that are asked for, as a text; what was shown is noted in the folder.
///
/// # Errors
/// When there is no such check, or what was shown cannot be noted.
pub fn text(spec: &Spec, id: &str, folder: &Path, ask: Ask) -> anyhow::Result<String> {
    let check = find(spec, id)?;
    let hints = &check.hint.0;
    let mut out = format!("{}\n", check.title);
    if hints.iter().all(String::is_empty) {
        out += "\nThere is no hint for this check. What it asks for is in the handout.\n";
        return Ok(out);
    }
    let mut shown = Shown::read(&spec.exercise, folder);
    let seen = shown.count(&check.id).min(hints.len());
    let (from, until) = match ask {
        Ask::All => (0, hints.len()),
        Ask::Again => (seen.max(1) - 1, seen.max(1)),
        Ask::Next => (seen.min(hints.len() - 1), (seen + 1).min(hints.len())),
    };
    let width = terminal_size::terminal_size()
        .map_or(100, |(width, _)| usize::from(width.0))
        .clamp(40, 100);
    for (number, hint) in hints.iter().enumerate().take(until).skip(from) {
        let head = format!("{} of {}  ", number + 1, hints.len());
        let lines = wrapped(hint, width.saturating_sub(head.len()));
        let below = format!("\n{}", " ".repeat(head.len()));
        out += &format!("\n{head}{}\n", lines.join(&below));
    }
    out += "\n";
    if until < hints.len() {
        out += "Try it before you ask again; the next one is more concrete.\n";
    } else if ask == Ask::Next && seen == hints.len() {
        out += "That was the last one; `--all` shows all of them.\n";
    } else if can_be_played(spec, check) {
        let line = format!("socklab peer {} {}", spec.exercise, check.id);
        out += &format!("There are no more hints. To try it by hand:  {line}\n");
    } else {
        out += "There are no more hints.\n";
    }
    shown.set(&check.id, until.max(seen));
    shown.write()?;
    Ok(out)
}

fn no_exercise(context: &Context, word: &str) -> anyhow::Error {
    let is_exercise = context
        .course()
        .is_ok_and(|course| course.exercise(word).is_ok());
    if is_exercise {
        return anyhow::anyhow!(
            "a hint for which check of {word}? `socklab show {word}` lists them: socklab hint {word} CHECK"
        );
    }
    anyhow::anyhow!(
        "this folder has no {FOLDER_NOTE}, so name the exercise, too: socklab hint EXERCISE {word}"
    )
}

/// The check of a name, among those that a student may see.
fn find<'s>(spec: &'s Spec, id: &str) -> anyhow::Result<&'s Check> {
    let open: Vec<&Check> = spec
        .checks
        .iter()
        .filter(|check| check.hidden == Hidden::Never)
        .collect();
    if let Some(check) = open.iter().find(|check| check.id == id) {
        return Ok(check);
    }
    let ids: Vec<&str> = open.iter().map(|check| check.id.as_str()).collect();
    Err(unknown("check", id, &spec.exercise, &ids))
}

/// How many hints of each check were shown, by exercise: kept in a folder made by `socklab start`, else
/// among the user's own state.
struct Shown {
    exercise: String,
    path: Option<PathBuf>,
    counts: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Largest such file, in bytes: a course has a few hundred checks.
const LARGEST: u64 = 64 << 10;

impl Shown {
    fn read(exercise: &str, folder: &Path) -> Shown {
        let path = match folder.join(FOLDER_NOTE).is_file() {
            true => Some(folder.join(STATE)),
            false => users_state(),
        };
        let bytes = path.as_ref().and_then(|path| read_file(path, LARGEST).ok());
        let counts = bytes.and_then(|bytes| serde_yaml::from_slice(&bytes).ok());
        Shown {
            exercise: exercise.to_owned(),
            path,
            counts: counts.unwrap_or_default(),
        }
    }

    fn count(&self, check: &str) -> usize {
        let counts = self.counts.get(&self.exercise);
        counts
            .and_then(|counts| counts.get(check))
            .copied()
            .unwrap_or(0)
    }

    fn set(&mut self, check: &str, count: usize) {
        let counts = self.counts.entry(self.exercise.clone()).or_default();
        counts.insert(check.to_owned(), count);
    }

    fn write(&self) -> anyhow::Result<()> {
        // Without a home there is no place to remember; the hint was shown all the same.
        let Some(path) = &self.path else {
            return Ok(());
        };
        let note = || format!("cannot note in {} what was shown", path.display());
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(note)?;
        anyhow::ensure!(
            !folder.is_symlink(),
            "{} is a link, which is not followed",
            folder.display()
        );
        // A new file in its place: one that is a link is not followed.
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(note)?;
        std::io::Write::write_all(&mut file, serde_yaml::to_string(&self.counts)?.as_bytes())
            .with_context(note)?;
        file.persist(path).with_context(note)?;
        Ok(())
    }
}

/// Where it is kept in a folder: what is in `.socklab` is no part of a submission.
const STATE: &str = ".socklab/hints.yaml";

/// Where a user's state belongs: the XDG Base Directory Specification.
fn users_state() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(base.join("socklab").join("hints.yaml"))
}
