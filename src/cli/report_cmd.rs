//! `socklab report`: any report from a stored run, and the bundle that Gradescope runs.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::check;
use super::context::Context;
use super::status::ExitStatus;
use super::{bundle, bundle::Bundle};
use crate::class::grade::Graded;
use crate::class::store::{Run, capture_name, safe_name};
use crate::report::{Audience, Capture, Class, Extras, Format, Options, RunFacts, Scope, Visible};
use crate::score::Scorecard;

/// A larger capture lies beside the page instead of in it.
const EMBEDDED: usize = 1 << 20;

/// Writes reports of a run in any format; nothing is graded again.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The run's folder, as `socklab grade --out` wrote it
    #[arg(required_unless_present = "bundle", value_name = "RUN")]
    run: Option<PathBuf>,
    /// The format; may be given several times
    #[arg(long, value_parser = formats(), default_value = "terminal", value_name = "FORMAT")]
    format: Vec<Format>,
    /// Only this submission, to standard output
    #[arg(long, value_name = "KEY")]
    submission: Option<String>,
    /// Only this exercise
    #[arg(long, value_name = "EXERCISE")]
    exercise: Option<String>,
    /// Also a report for each submission (always for formats that are made for one, and for html)
    #[arg(long)]
    each: bool,
    /// Who reads the reports of single submissions; a class's reports are the instructor's
    #[arg(long, value_parser = audience, value_name = "WHO")]
    audience: Option<Audience>,
    /// Where to; usual: RUN/reports
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write what a platform needs to run socklab by itself, for --exercise, into --out
    #[arg(long, value_enum, value_name = "PLATFORM", requires = "exercise")]
    bundle: Option<Bundle>,
    /// Longer terminal reports, with conversations and packets
    #[arg(long, short)]
    verbose: bool,
}

/// All formats with their descriptions, for help and completions.
pub fn formats() -> impl TypedValueParser<Value = Format> {
    let values = Format::ALL
        .iter()
        .map(|format| PossibleValue::new(format.name()).help(format.description()));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Format>())
}

fn audience(name: &str) -> Result<Audience, String> {
    match name {
        "student" => Ok(Audience::Student),
        "student-after-due" => Ok(Audience::StudentAfterDue),
        "instructor" => Ok(Audience::Instructor),
        _ => Err("choose student, student-after-due or instructor".to_owned()),
    }
}

/// Writes the reports.
///
/// # Errors
/// When the run cannot be read, holds no such submission, or a report cannot be written.
pub fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<ExitStatus> {
    if let (Some(bundle), Some(exercise)) = (args.bundle, &args.exercise) {
        let out = args.out.clone().unwrap_or_else(|| PathBuf::from("."));
        let written = bundle::write(context, bundle, exercise, &out)?;
        eprintln!("socklab: wrote {}", written.display());
        return Ok(ExitStatus::Success);
    }
    let root = args.run.as_ref().context("say which run")?;
    let reports = Reports {
        run: Run::open(root)?,
        args,
        out: args.out.clone().unwrap_or_else(|| root.join("reports")),
        options: options(context, args.verbose),
    };
    for format in &args.format {
        match &args.submission {
            Some(key) => reports.print_one(*format, key)?,
            None => reports.of_class(*format)?,
        }
    }
    Ok(ExitStatus::Success)
}

/// The page of a stored result as its student may see it, ladders and captures in it.
///
/// # Errors
/// When the page cannot be made.
pub(super) fn page(context: &Context, run: &Run, card: Scorecard) -> anyhow::Result<Vec<u8>> {
    let (html, student) = (Format::Html, Audience::Student);
    let visible = drawn(run, html, student, card, None)?;
    let mut text = Vec::new();
    html.write_one(&visible, &options(context, false), &mut text)?;
    Ok(text)
}

fn options(context: &Context, verbose: bool) -> Options {
    Options {
        look: context.look(verbose),
        token: check::token(),
        path_prefix: String::new(),
        platform: super::ci::environment(),
    }
}

struct Reports<'a> {
    run: Run,
    args: &'a ReportArgs,
    out: PathBuf,
    options: Options,
}

impl Reports<'_> {
    /// The scorecards that are asked for, one after another.
    fn cards(&self) -> impl Iterator<Item = Scorecard> {
        let wanted = |card: &Scorecard| {
            let exercise = self
                .args
                .exercise
                .as_ref()
                .is_none_or(|e| *e == card.exercise);
            let key = self.args.submission.as_ref();
            exercise && key.is_none_or(|k| *k == card.submission.key)
        };
        self.run.scorecards().filter(wanted)
    }

    fn print_one(&self, format: Format, key: &str) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        let mut found = false;
        for card in self.cards() {
            found = true;
            let visible = self.visible(format, card, None)?;
            format.write_one(&visible, &self.options, &mut out)?;
        }
        anyhow::ensure!(
            found,
            "no submission `{key}` in {}; `socklab report {}` lists them",
            self.run.root().display(),
            self.run.root().display()
        );
        out.flush()?;
        Ok(())
    }

    fn of_class(&self, format: Format) -> anyhow::Result<()> {
        let both = format.scope() == Scope::Both;
        let each = self.args.each || !both || format == Format::Html;
        let folder = self.out.join(format.name());
        let mut class = Class::new(self.title(), RunFacts::default());
        let mut written = 0_u64;
        for card in self.cards() {
            let below = PathBuf::from(safe_name(&card.submission.key))
                .join(safe_name(&card.exercise))
                .join(format.file_name());
            let instructor = Visible::new(card.clone(), Extras::default(), Audience::Instructor);
            self.note_facts(&mut class, &card);
            let link = each.then(|| below.to_string_lossy().into_owned());
            class.add(&instructor, link);
            if each {
                written += u64::from(self.write_one(format, card, &folder.join(below))?);
            }
        }
        let to_screen = format == Format::Terminal && self.args.out.is_none();
        if both && to_screen {
            let mut out = std::io::stdout().lock();
            format.write_class(&class, &self.options, &mut out)?;
            out.flush()?;
        } else if both {
            let path = folder.join(format.class_file_name());
            let mut text = Vec::new();
            format.write_class(&class, &self.options, &mut text)?;
            store(&path, &text)?;
            eprintln!("socklab: wrote {}", path.display());
        }
        if written > 0 {
            eprintln!(
                "socklab: wrote {written} reports below {}",
                folder.display()
            );
        }
        Ok(())
    }

    fn title(&self) -> String {
        let wanted = |name: &str| self.args.exercise.as_ref().is_none_or(|e| e == name);
        let exercises = self.run.plan.exercises.iter();
        let titles: Vec<&str> = exercises
            .filter(|e| wanted(&e.exercise))
            .map(|e| e.title.as_str())
            .collect();
        titles.join(", ")
    }

    /// The run began with its first submission; it has no one seed unless one was given.
    fn note_facts(&self, class: &mut Class, card: &Scorecard) {
        class.facts.socklab.clone_from(&self.run.plan.socklab);
        class.facts.seed = self.run.plan.seed.unwrap_or_default();
        let first = class.facts.started.is_empty() || card.started < class.facts.started;
        if !card.started.is_empty() && first {
            class.facts.started.clone_from(&card.started);
        }
    }

    /// Writes one submission's report; false if the format refuses one that was not graded.
    fn write_one(&self, format: Format, card: Scorecard, path: &Path) -> anyhow::Result<bool> {
        let key = card.submission.key.clone();
        let visible = self.visible(format, card, path.parent())?;
        let mut text = Vec::new();
        if let Err(error) = format.write_one(&visible, &self.options, &mut text) {
            eprintln!("socklab: {}: {error}", crate::report::escape::line(&key));
            return Ok(false);
        }
        store(path, &text)?;
        Ok(true)
    }

    /// A scorecard as its reader may see it, with ladders and captures if the format shows any.
    fn visible(
        &self,
        format: Format,
        card: Scorecard,
        folder: Option<&Path>,
    ) -> anyhow::Result<Visible> {
        let usual = || format.usual_audience();
        let audience = self.args.audience.unwrap_or_else(usual);
        let draws = format == Format::Html || format == Format::Terminal && self.args.verbose;
        if draws {
            return drawn(&self.run, format, audience, card, folder);
        }
        Ok(Visible::new(card, Extras::default(), audience))
    }
}

/// A scorecard with ladders and captures. `folder` is where the report will lie, for captures that are too
/// large to be part of it; without one all of them are.
fn drawn(
    run: &Run,
    format: Format,
    audience: Audience,
    card: Scorecard,
    folder: Option<&Path>,
) -> anyhow::Result<Visible> {
    let shown: Vec<String> = card
        .checks
        .iter()
        .filter(|check| audience.may_see(check.hidden) && check.capture.is_some())
        .map(|check| check.id.clone())
        .collect();
    let graded = graded(run, card, &shown);
    let mut extras = check::extras(&graded, true, format);
    for (check, capture) in &mut extras.captures {
        let Capture::Embedded(_, bytes) = capture else {
            continue;
        };
        if bytes.len() > EMBEDDED
            && let Some(folder) = folder
        {
            let name = capture_name(check);
            store(&folder.join(&name), bytes)?;
            *capture = Capture::Beside(name);
        }
    }
    Ok(Visible::new(graded.card, extras, audience))
}

/// A stored result as it was when it had just been graded. A capture or events that are gone are left out:
/// the report still tells the rest.
fn graded(run: &Run, card: Scorecard, checks: &[String]) -> Graded {
    let (key, exercise) = (card.submission.key.clone(), card.exercise.clone());
    let folder = run.result_dir(&key, &exercise);
    let mut graded = Graded {
        card,
        captures: Default::default(),
        events: Default::default(),
    };
    for check in checks {
        if let Ok(bytes) = std::fs::read(folder.join(capture_name(check))) {
            graded.captures.insert(check.clone(), bytes);
        }
        if let Ok(events) = run.events(&key, &exercise, check) {
            graded.events.insert(check.clone(), events);
        }
    }
    graded
}

/// Writes a file as a whole: a reader finds the old one or the new one.
pub(super) fn store(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .permissions(readable())
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Reports are made to be served and handed on; a temporary file is its owner's only.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o644)
}
