//! `socklab grade`: a class.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::check::{parse_format, token};
use super::context::{Context, asked_to_stop, cores, runtime};
use super::status::{ExitStatus, Interrupted};
use crate::class::course::Exercise;
use crate::class::discover::{Class as Found, discover};
use crate::class::grade::{Bench, GradeOptions, Ready};
use crate::class::roster::Roster;
use crate::class::run_plan::{PlannedExercise, PlannedSubmission, RunPlan, Shard};
use crate::class::store::{Draft, Run};
use crate::report::{Audience, Class, Extras, Format, Options, RunFacts, Visible};
use crate::run::{CheckRecord, Progress};
use crate::score::{Status, Submission};

/// The path, which stands last, and the exercises before it; options may stand between them.
fn exercises_and_path(words: &[String]) -> anyhow::Result<(&String, &[String])> {
    match words.split_last() {
        Some((path, names)) if !names.is_empty() => Ok((path, names)),
        _ => anyhow::bail!(
            "name the exercise and the submissions, such as: socklab grade tcp-echo-server submissions/"
        ),
    }
}

/// Arguments of `socklab grade`.
#[derive(Debug, clap::Args)]
pub struct GradeArgs {
    /// One or more exercises, then the submissions: a folder of folders or archives, one archive of many,
    /// a learning platform's download, or a folder of Git repositories
    #[arg(value_name = "EXERCISE… PATH", required = true)]
    words: Vec<String>,
    /// The run's folder; a run that was interrupted goes on there
    #[arg(long, value_name = "DIR", default_value = "RUN")]
    out: PathBuf,
    /// Submissions that are graded at the same time [default: 8 for each core, 20 at most]
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
    /// Grade everything again, also what has a result already
    #[arg(long, conflicts_with = "resume")]
    again: bool,
    /// Skip what has a result for the same files, spec and version (the default)
    #[arg(long)]
    resume: bool,
    /// Grade only this part of the class: 2/8 is the second of eight
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// A CSV file with the students' ids and names
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    /// One seed for everybody, instead of one for each submission
    #[arg(long)]
    seed: Option<u64>,
    /// Run checks that did not pass once more, to note which calls the programs made: HTML reports show them
    #[arg(long)]
    stories: bool,
    /// The report's format
    #[arg(long, value_parser = parse_format, default_value = "terminal")]
    format: Format,
}

/// Grades a class.
///
/// # Errors
/// When the exercises or the submissions cannot be read, or the run cannot be written.
pub fn run(context: &Context, args: &GradeArgs) -> anyhow::Result<ExitStatus> {
    let (path, names) = exercises_and_path(&args.words)?;
    let course = context.course()?;
    let exercises = names
        .iter()
        .map(|name| course.exercise(name))
        .collect::<Result<Vec<_>, _>>()?;
    let planned = exercises
        .iter()
        .map(planned)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let roster = args.roster.as_deref().map(read_roster).transpose()?;
    let found = discover(Path::new(path), roster.as_ref())?;
    eprintln!("{} submissions ({})", found.submissions.len(), found.layout);
    for note in &found.notes {
        eprintln!("note: {}", crate::report::escape::line(note));
    }
    let shards = args.shard.map_or(1, |shard| shard.of);
    let plan = RunPlan::make(
        env!("CARGO_PKG_VERSION"),
        planned,
        &found,
        args.seed,
        shards,
    )?;
    let run = Run::create(&args.out, plan)?;
    let runtime = runtime()?;
    let began = std::time::Instant::now();
    let bench = context.bench(context.launcher()?, CHECKS_AT_ONCE);
    let finished = runtime.block_on(async {
        let mut ready = Vec::new();
        for exercise in &exercises {
            ready.push(bench.ready(&course, exercise).await?);
        }
        let work = Work {
            args,
            found: &found,
            run: &run,
            bench: &bench,
            ready: &ready,
        };
        let finished = tokio::select! {
            result = work.all() => result.map(Some),
            _ = asked_to_stop() => Ok(None),
        };
        bench.cleared().await;
        finished
    })?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    let Some(failed) = finished else {
        eprintln!(
            "\nWhat was graded is in {}; the same command goes on from there.",
            args.out.display()
        );
        return Err(Interrupted.into());
    };
    print_class(context, args, &run, began.elapsed())?;
    if failed == 0 {
        return Ok(ExitStatus::Success);
    }
    eprintln!(
        "{failed} could not be graded on this machine, which is not 0 points; the same command tries them again."
    );
    Ok(ExitStatus::NotHere)
}

/// Checks of one submission that run at the same time, once one of them takes long. Together with eight submissions for each
/// core this keeps the cores busy while most sandboxes wait, and the rings of all of them within a few dozen MiB.
const CHECKS_AT_ONCE: usize = 3;

fn planned(exercise: &Exercise) -> anyhow::Result<PlannedExercise> {
    let spec = exercise.spec()?;
    Ok(PlannedExercise {
        exercise: exercise.name.clone(),
        lab: exercise.lab.clone(),
        title: spec.title,
        points: spec.points,
        spec_sha256: crate::class::run_plan::text_digest(&exercise.text),
    })
}

fn read_roster(path: &Path) -> anyhow::Result<Roster> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Roster::read(&text).with_context(|| format!("{}", path.display()))
}

struct Work<'a> {
    args: &'a GradeArgs,
    found: &'a Found,
    run: &'a Run,
    bench: &'a Bench,
    ready: &'a [Ready],
}

/// Writes what a check has left as soon as it is over: a flood of packets does not wait in memory until
/// the submission is graded.
struct Keeper<'a> {
    draft: &'a Draft,
    failed: Mutex<Option<anyhow::Error>>,
}

impl Keeper<'_> {
    fn write(&self, id: &str, record: &CheckRecord) -> anyhow::Result<()> {
        self.draft.write_events(id, &record.events)?;
        if !record.pcapng.is_empty() {
            let path = self.draft.capture_path(id);
            std::fs::write(&path, &record.pcapng)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

impl Progress for Keeper<'_> {
    fn check_done(&self, _: &str, _: bool) {}

    fn keep(&self, id: &str, record: &mut CheckRecord) {
        if let Err(error) = self.write(id, record) {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert(error);
        }
        record.events = Vec::new();
        record.pcapng = Vec::new();
    }
}

impl Work<'_> {
    /// Grades what has no result yet; how many the machine could not grade.
    async fn all(&self) -> anyhow::Result<usize> {
        let shard = self.args.shard.unwrap_or(Shard { index: 1, of: 1 });
        let mut todo = Vec::new();
        for submission in self.run.plan.of_shard(shard) {
            for (exercise, ready) in self.run.plan.exercises.iter().zip(self.ready) {
                if self.args.again || !self.run.is_done(submission, exercise) {
                    todo.push((submission, exercise, ready));
                }
            }
        }
        let bar = progress_bar(todo.len());
        let failed = AtomicUsize::new(0);
        let jobs = self.args.jobs.unwrap_or_else(usual_jobs).max(1);
        let mut running = futures_util::stream::iter(todo)
            .map(|(submission, exercise, ready)| {
                let (bar, failed) = (&bar, &failed);
                async move {
                    let result = self.one(submission, exercise, ready).await;
                    if !matches!(result, Ok(true)) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                    bar.set_message(crate::report::escape::line(&submission.key));
                    bar.inc(1);
                    result.map(|_| ())
                }
            })
            .buffer_unordered(jobs);
        while let Some(result) = running.next().await {
            result?;
        }
        bar.finish_and_clear();
        Ok(failed.load(Ordering::Relaxed))
    }

    /// Grades one submission to one exercise and stores it; whether the machine could. Where there is nothing
    /// to grade, it could.
    async fn one(
        &self,
        submission: &PlannedSubmission,
        exercise: &PlannedExercise,
        ready: &Ready,
    ) -> anyhow::Result<bool> {
        let handed = self
            .found
            .submissions
            .iter()
            .find(|handed| handed.key == submission.key);
        let draft = self.run.begin(submission, exercise)?;
        let read = match (handed, &submission.refused) {
            (_, Some(why)) => Err(why.clone()),
            (Some(handed), None) if !handed.absent => {
                handed.read().map_err(|error| error.to_string())
            }
            _ => Err("nothing was handed in".to_owned()),
        };
        let submitted = match read {
            Ok(submitted) => submitted,
            Err(why) => {
                draft.commit(&self.run.not_graded(submission, exercise, why))?;
                return Ok(submission.absent || submission.refused.is_some());
            }
        };
        let options = GradeOptions {
            only: Vec::new(),
            seed: Some(self.run.plan.seed_of(&submission.key, &exercise.exercise)),
            command: format!("socklab check {} .", exercise.exercise),
            ahead: false,
            stories: self.args.stories,
        };
        let whose = Submission {
            key: submission.key.clone(),
            name: submission.name.clone(),
            facts: submission.facts.clone(),
            digest: submission.digest.clone(),
        };
        let keeper = Keeper {
            draft: &draft,
            failed: Mutex::new(None),
        };
        let mut graded = self
            .bench
            .grade(ready, submitted.files, whose, &options, &keeper)
            .await;
        let failed = keeper
            .failed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failed {
            return Err(error);
        }
        graded.card.notes.splice(0..0, submitted.notes);
        draft.commit(&graded.card)?;
        Ok(graded.card.status == Status::Graded)
    }
}

fn progress_bar(length: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(length as u64), target);
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} (about {eta} left) {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The class's page for the instructor, made from the stored results alone.
pub fn class_of(run: &Run, duration: Duration) -> Class {
    let titles: Vec<&str> = run
        .plan
        .exercises
        .iter()
        .map(|exercise| exercise.title.as_str())
        .collect();
    let facts = RunFacts {
        socklab: run.plan.socklab.clone(),
        started: String::new(),
        duration_ms: duration.as_secs_f64() * 1e3,
        seed: run.plan.seed.unwrap_or_default(),
    };
    let mut class = Class::new(titles.join(", "), facts);
    for card in run.scorecards() {
        class.add(
            &Visible::new(card, Extras::default(), Audience::Instructor),
            None,
        );
    }
    class
}

/// Prints a class's table.
///
/// # Errors
/// When standard output cannot be written.
pub fn show_class(context: &Context, class: &Class) -> anyhow::Result<()> {
    write_class(context, class, Format::Terminal)
}

fn write_class(context: &Context, class: &Class, format: Format) -> anyhow::Result<()> {
    let options = Options {
        look: context.look(false),
        token: token(),
        ..Options::default()
    };
    let mut out = std::io::stdout().lock();
    format.write_class(class, &options, &mut out)?;
    out.flush()?;
    Ok(())
}

fn print_class(
    context: &Context,
    args: &GradeArgs,
    run: &Run,
    took: Duration,
) -> anyhow::Result<()> {
    write_class(context, &class_of(run, took), args.format)?;
    let folder = args.out.display();
    eprintln!(
        "\nThe run is in {folder}: results, events, captures. `socklab report {folder} --format html` makes pages of it."
    );
    Ok(())
}

/// Submissions at the same time, where nobody says how many: so many that a fifth of them may wait for programs that hang
/// while the cores have work; each costs the grader a mebibyte or two.
fn usual_jobs() -> usize {
    const FOR_EACH_CORE: usize = 8;
    const MOST: usize = 20;
    (cores() * FOR_EACH_CORE).min(MOST)
}
