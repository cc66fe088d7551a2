//! `socklab check`: a student's own solution, at home.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::context::{Context, asked_to_stop, runtime, unknown};
use super::status::{ExitStatus, Interrupted};
use crate::capture::ladder::Ladder;
use crate::capture::{Options as CaptureOptions, analyse_bytes};
use crate::class::discover::open_submission;
use crate::class::grade::{Bench, GradeOptions, Graded, Ready};
use crate::event::{Event, What};
use crate::report::visible::Capture;
use crate::report::{Audience, Extras, Format, Options, Visible};
use crate::run::Progress;
use crate::score::{Scorecard, Status, Submission};
use crate::spec::by_hand::can_be_played;
use crate::spec::{Hidden, Level, Spec};
use crate::verdict::Outcome;

/// Arguments of `socklab check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The exercise; when absent, the one that `socklab start` noted in the folder
    exercise: Option<String>,
    /// A folder, a single file or an archive with the solution
    path: Option<PathBuf>,
    /// Only this check (and those it needs); may be given several times
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,
    /// Draw messages and names from this seed, to repeat a run
    #[arg(long)]
    seed: Option<u64>,
    /// Keep captures, events and the scorecard in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Check again whenever a file changes
    #[arg(long)]
    watch: bool,
    /// Also show the conversations and the packets
    #[arg(long, short)]
    pub verbose: bool,
    /// The report's format
    #[arg(long, value_parser = parse_format, default_value = "terminal")]
    format: Format,
    /// Show everything that an instructor sees, hidden checks included
    #[arg(long, hide_short_help = true)]
    instructor: bool,
}

impl CheckArgs {
    /// The arguments of a plain check in the usual format.
    pub fn quiet(
        exercise: Option<String>,
        path: Option<PathBuf>,
        seed: Option<u64>,
        keep: Option<PathBuf>,
    ) -> Self {
        CheckArgs {
            exercise,
            path,
            only: Vec::new(),
            seed,
            keep,
            watch: false,
            verbose: false,
            format: Format::Terminal,
            instructor: false,
        }
    }

    /// Who reads the report.
    pub fn audience(&self) -> Audience {
        if self.instructor {
            Audience::Instructor
        } else {
            Audience::Student
        }
    }
}

/// The format of a name, or a word on what there is.
pub fn parse_format(name: &str) -> Result<Format, String> {
    Format::ALL
        .iter()
        .copied()
        .find(|format| format.name() == name)
        .ok_or_else(|| {
            let near = Format::ALL.iter().map(|format| format.name());
            let near = near.max_by(|a, b| {
                strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b))
            });
            let all = Format::ALL
                .iter()
                .map(|format| format.name())
                .collect::<Vec<_>>()
                .join(", ");
            format!(
                "did you mean `{}`? The formats are {all}",
                near.unwrap_or_default()
            )
        })
}

/// Checks one submission.
///
/// # Errors
/// When the exercise or the submission cannot be read, or nothing can be graded on this machine.
pub fn run(context: &Context, args: &CheckArgs) -> anyhow::Result<ExitStatus> {
    let (exercise, path) = what_and_where(context, args)?;
    if args.watch {
        return super::watch::watch(context, args, &exercise, &path);
    }
    let session = Session::open(context, args, &exercise)?;
    let (graded, status) = session.grade(args, &path)?;
    report(context, args, &session, graded)?;
    session.close();
    Ok(status)
}

/// `check EXERCISE PATH`, `check EXERCISE`, `check PATH`, `check`: a first word that is a path is one.
fn what_and_where(context: &Context, args: &CheckArgs) -> anyhow::Result<(String, PathBuf)> {
    match (&args.exercise, &args.path) {
        (Some(exercise), Some(path)) => Ok((exercise.clone(), path.clone())),
        (Some(word), None)
            if Path::new(word).is_dir() && context.course()?.exercise(word).is_err() =>
        {
            Ok((
                context.noted_exercise(Path::new(word))?,
                PathBuf::from(word),
            ))
        }
        (Some(exercise), None) => Ok((exercise.clone(), PathBuf::from("."))),
        (None, _) => Ok((context.noted_exercise(Path::new("."))?, PathBuf::from("."))),
    }
}

/// An exercise made ready for grading, as often as one likes.
pub struct Session {
    runtime: tokio::runtime::Runtime,
    bench: Bench,
    ready: Ready,
    name: String,
}

impl Session {
    /// Reads the exercise and builds the reference implementations that its checks use.
    ///
    /// # Errors
    /// When the exercise cannot be read, or has no check of a name in `--only`.
    pub fn open(context: &Context, args: &CheckArgs, exercise: &str) -> anyhow::Result<Session> {
        let bench = context.bench(context.launcher()?, MOST_AT_ONCE);
        let course = context.course()?;
        let exercise = course.exercise(exercise)?;
        let runtime = runtime()?;
        let ready = {
            let _inside = runtime.enter();
            bench.nearly_ready(&course, &exercise)?
        };
        let known: Vec<&str> = ready
            .spec
            .checks
            .iter()
            .map(|check| check.id.as_str())
            .collect();
        let stranger = args.only.iter().find(|id| !known.contains(&id.as_str()));
        if let Some(id) = stranger {
            return Err(unknown("check", id, &exercise.name, &known));
        }
        Ok(Session {
            runtime,
            bench,
            ready,
            name: exercise.name.clone(),
        })
    }

    /// The exercise's spec.
    pub fn spec(&self) -> &Spec {
        &self.ready.spec
    }

    /// Grades what is at a path now.
    ///
    /// # Errors
    /// When it cannot be read, or the user interrupts.
    pub fn grade(&self, args: &CheckArgs, path: &Path) -> anyhow::Result<(Graded, ExitStatus)> {
        let submitted = open_submission(path)?.read()?;
        let options = GradeOptions {
            only: args.only.clone(),
            seed: args.seed,
            command: format!("socklab check {} {}", self.name, quoted(path)),
            ahead: true,
            stories: args.verbose || args.keep.is_some() || args.format.tells_stories(),
        };
        let submission = Submission {
            key: key_of(path),
            ..Submission::default()
        };
        let grading = self
            .bench
            .grade(&self.ready, submitted.files, submission, &options, &Quiet);
        let grading = interruptible(async { Ok(grading.await) });
        let mut graded = self.runtime.block_on(grading)?;
        graded.card.notes.splice(0..0, submitted.notes);
        if let Some(folder) = &args.keep {
            super::keep::keep(folder, &graded, args.audience())?;
        }
        let status = status_of(&graded.card);
        Ok((graded, status))
    }

    /// Ends it. Sandboxes that are still being torn down are ended by the kernel when this process ends.
    pub fn close(self) {
        self.runtime.shutdown_background();
    }
}

/// The same, unless Ctrl-C or the like comes first.
async fn interruptible<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        _ = asked_to_stop() => Err(anyhow::Error::new(Interrupted)),
    }
}

/// Grades without reporting: what came of it, where the submission is, and what a caller is told.
///
/// # Errors
/// As [`run`].
pub fn grade(context: &Context, args: &CheckArgs) -> anyhow::Result<(Graded, PathBuf, ExitStatus)> {
    let (exercise, path) = what_and_where(context, args)?;
    let session = Session::open(context, args, &exercise)?;
    let (graded, status) = session.grade(args, &path)?;
    session.close();
    Ok((graded, path, status))
}

/// Checks of one submission that run at the same time: most of their time is waiting.
const MOST_AT_ONCE: usize = 16;

struct Quiet;

impl Progress for Quiet {
    fn check_done(&self, _: &str, _: bool) {}
}

/// The submission's key: the name of its folder or file.
fn key_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole.file_name().map_or_else(
        || "submission".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The path as a shell reads it back.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn status_of(card: &Scorecard) -> ExitStatus {
    if card.status == Status::NotGraded {
        return ExitStatus::NotHere;
    }
    let lost = card.checks.iter().any(|check| {
        check.level == Level::Must
            && !check.bonus
            && !matches!(check.outcome, Outcome::Passed | Outcome::Manual)
    });
    if lost {
        ExitStatus::PointsLost
    } else {
        ExitStatus::Success
    }
}

fn report(
    context: &Context,
    args: &CheckArgs,
    session: &Session,
    graded: Graded,
) -> anyhow::Result<()> {
    let audience = match args.audience() {
        Audience::Student => args.format.usual_audience(),
        all => all,
    };
    let draw = args.verbose || args.format != Format::Terminal;
    let mut extras = extras(&graded, draw, args.format);
    if args.format == Format::Terminal {
        extras.further = further(session.spec(), &graded.card);
    }
    let visible = Visible::new(graded.card, extras, audience);
    let options = Options {
        look: context.look(args.verbose),
        token: token(),
        platform: super::ci::environment(),
        ..Options::default()
    };
    let mut out = std::io::stdout().lock();
    args.format.write_one(&visible, &options, &mut out)?;
    out.flush()?;
    Ok(())
}

/// What a student can do about a check that did not pass: ask for a hint, try it by hand.
fn further(spec: &Spec, card: &Scorecard) -> BTreeMap<String, Vec<(String, String)>> {
    let lost = |outcome| matches!(outcome, Outcome::Failed | Outcome::Partial);
    let mut commands = BTreeMap::new();
    for result in card.checks.iter().filter(|check| lost(check.outcome)) {
        let Some(check) = spec.checks.iter().find(|check| check.id == result.id) else {
            continue;
        };
        let mut lines = Vec::new();
        if check.hint.0.len() > 1 && check.hidden == Hidden::Never {
            let line = format!("socklab hint {} {}", spec.exercise, check.id);
            lines.push(("more hints".to_owned(), line));
        }
        if can_be_played(spec, check) {
            let line = format!(
                "socklab peer {} {} --seed {}",
                spec.exercise, check.id, card.seed
            );
            lines.push(("by hand".to_owned(), line));
        }
        commands.insert(check.id.clone(), lines);
    }
    commands
}

/// Everything that goes with a report in a terminal.
pub fn terminal_extras(session: &Session, graded: &Graded) -> Extras {
    Extras {
        further: further(session.spec(), &graded.card),
        ..extras(graded, true, Format::Terminal)
    }
}

/// An unguessable word: `RandomState` is seeded by the system for every process.
pub fn token() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!(
        "{:016x}{:016x}",
        RandomState::new().hash_one(1),
        RandomState::new().hash_one(2)
    )
}

/// Ladders and captures to go with a report.
pub fn extras(graded: &Graded, draw: bool, format: Format) -> Extras {
    let mut extras = Extras::default();
    if !draw {
        return extras;
    }
    for (check, bytes) in &graded.captures {
        if let Ok(analysis) = analyse_bytes(bytes, CaptureOptions::default()) {
            // Longer ones are for `socklab pcap`.
            const MOST_ROWS: usize = 60;
            let names = graded
                .events
                .get(check)
                .map(|events| names(events))
                .unwrap_or_default();
            let name_of = |at| names.get(&at).cloned();
            let ladder = Ladder::of_analysis(&analysis, &name_of).shortened(MOST_ROWS);
            extras.ladder.insert(check.clone(), ladder.text());
            extras.svg.insert(check.clone(), ladder.svg());
        }
        if format.name() == "html" {
            let capture = Capture::Embedded(format!("{check}.pcapng"), bytes.clone());
            extras.captures.insert(check.clone(), capture);
        }
    }
    extras
}

/// Who is at which address in a check: actors by name, and the programs they talk to.
fn names(events: &[Event]) -> BTreeMap<SocketAddr, String> {
    let mut names = BTreeMap::new();
    for event in events {
        if let What::Connected {
            actor,
            local,
            remote,
            ..
        } = &event.what
        {
            names.extend(local.map(|at| (at, actor.clone())));
            if let Some(at) = remote {
                names
                    .entry(*at)
                    .or_insert_with(|| "your program".to_owned());
            }
        }
    }
    names
}
