//! Grading: one submission to one exercise → its scorecard, with captures and events. This is where
//! running, judging and adding up meet.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;

use super::course::{Course, CourseError, Exercise};
use super::store::capture_name;
use crate::capture::ring::Pool;
use crate::capture::{Analysis, Options as CaptureOptions, analyse_bytes_for, facts};
use crate::event::{Event, What};
use crate::plan::{self, Files, FoundProgram};
use crate::run::{
    self, Built, CheckOutcome, CheckRecord, References, ReferencesToCome, Ruling, RunError, Shop,
    build,
};
use crate::sandbox::{Config, Launcher, Spares};
use crate::score::{
    self, CheckFacts, ProgramResult, SCORECARD_VERSION, Scorecard, Status, Submission,
};
use crate::spec::{Check, Spec, Step};
use crate::verdict::{self, Judgement, Outcome, Program};

/// What all grading of one process shares: sandboxes, cores, compiled programs.
pub struct Bench {
    launcher: Arc<Launcher>,
    base: Base,
    starting: Arc<Semaphore>,
    sandboxes: Arc<Semaphore>,
    memory: Pool,
    building: Semaphore,
    turns: run::Turns,
    parallel: usize,
    fresh: bool,
    built: Mutex<BTreeMap<String, Arc<Built>>>,
}

/// Checks that run at the same time in one process: most of them wait. Each has a ring of 1 MiB and a
/// recording in the grader's memory.
const SANDBOXES: usize = 24;
/// Launches of one submission that checks share at the same time, where nobody else wants the machine: with one, every
/// check would wait for the one before it; each further one costs a start.
const SHARED_AHEAD: usize = 2;
/// Memory for recordings that need more than the part that each is sure of, in bytes.
const RECORDINGS: usize = 32 << 20;

/// An exercise ready to be graded.
#[derive(Clone)]
pub struct Ready {
    /// The lab's name.
    pub lab: String,
    /// The spec.
    pub spec: Arc<Spec>,
    /// The handout's files.
    pub starter: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// Reference implementations that checks use.
    pub references: ReferencesToCome,
}

/// How one submission is graded.
#[derive(Clone, Debug, Default)]
pub struct GradeOptions {
    /// Only these checks, and those they need.
    pub only: Vec<String>,
    /// The seed, instead of the one that follows from the submission's key.
    pub seed: Option<u64>,
    /// How the command that repeats a check begins: `socklab check tcp-echo-server .`.
    pub command: String,
    /// Run checks before those that they need are judged, since nobody else wants the machine.
    pub ahead: bool,
    /// Run checks that did not pass once more, to tell what the programs called.
    pub stories: bool,
}

/// A graded submission.
pub struct Graded {
    /// The scorecard.
    pub card: Scorecard,
    /// Captures by check: pcapng files.
    pub captures: BTreeMap<String, Vec<u8>>,
    /// Events by check.
    pub events: BTreeMap<String, Vec<Event>>,
}

type Base = Arc<LazyLock<Arc<Config>, Box<dyn FnOnce() -> Arc<Config> + Send>>>;

impl Bench {
    /// A bench on this machine. `cores` bounds programs that start, by one more, or compile at the same time; `parallel`
    /// bounds the checks of one submission that run at the same time.
    ///
    /// `base`, what every sandbox is built from, is asked for once, when the first of them is.
    pub fn new(
        launcher: Launcher,
        base: impl FnOnce() -> Config + Send + 'static,
        cores: usize,
        parallel: usize,
    ) -> Self {
        Bench {
            launcher: Arc::new(launcher),
            base: Arc::new(LazyLock::new(Box::new(|| Arc::new(base())))),
            // One more: that a program listens is known a little later than it does, and meanwhile its core is idle.
            starting: Arc::new(Semaphore::new(cores + 1)),
            sandboxes: Arc::new(Semaphore::new(SANDBOXES)),
            memory: Pool::new(RECORDINGS),
            building: Semaphore::new(cores.max(1)),
            turns: run::Turns::new(cores),
            parallel,
            fresh: false,
            built: Mutex::default(),
        }
    }

    /// The same, in which every check starts its programs anew, or not.
    pub fn fresh(self, fresh: bool) -> Self {
        Bench { fresh, ..self }
    }

    /// The same with room for `sandboxes` at a time, where memory does not matter and nobody's grade depends on the
    /// machine: second runs share a core, since nearly all of them wait for programs that hang.
    pub fn with_room_for(self, sandboxes: usize, cores: usize) -> Self {
        const TO_A_CORE: usize = 4;
        Bench {
            sandboxes: Arc::new(Semaphore::new(sandboxes)),
            turns: run::Turns::new(TO_A_CORE * cores),
            ..self
        }
    }

    /// Waits until nothing is left of the sandboxes of what was graded; a broken machine is not waited for.
    pub async fn cleared(&self) {
        const LONGEST: Duration = Duration::from_secs(10);
        let _ = tokio::time::timeout(LONGEST, self.launcher.idle()).await;
    }

    /// Reads an exercise and builds the reference implementations that its checks use.
    ///
    /// # Errors
    /// A broken spec, or a reference that does not build.
    pub async fn ready(&self, course: &Course, exercise: &Exercise) -> Result<Ready, GradeError> {
        let ready = self.nearly_ready(course, exercise)?;
        let references = ready.references.clone().await;
        references.map_err(RunError::Reference)?;
        Ok(ready)
    }

    /// Reads an exercise. The reference implementations that its checks use are built meanwhile: only the checks that
    /// start them wait for them, and fail if they do not build. Needs a runtime around it.
    ///
    /// # Errors
    /// A broken spec.
    pub fn nearly_ready(&self, course: &Course, exercise: &Exercise) -> Result<Ready, GradeError> {
        let spec = Arc::new(exercise.spec()?);
        let making = Making {
            launcher: self.launcher.clone(),
            base: self.base.clone(),
            course: course.clone(),
            exercise: exercise.clone(),
            spec: spec.clone(),
        };
        let making = tokio::spawn(async move { making.all().await });
        let references = async move {
            let made = making.await.map_err(|error| error.to_string())?;
            made.map(Arc::new).map_err(|error| error.to_string())
        };
        let handout = course.handout(exercise)?;
        let starter = handout
            .iter()
            .map(|(path, file)| (path.to_owned(), file.bytes.clone()))
            .collect();
        Ok(Ready {
            lab: exercise.lab.clone(),
            spec,
            starter: Arc::new(starter),
            references: references.boxed().shared(),
        })
    }

    /// Grades one submission to one exercise. Whatever fails on this machine ends in a scorecard that
    /// says "not graded", never in points lost.
    pub async fn grade(
        &self,
        ready: &Ready,
        files: Files,
        submission: Submission,
        options: &GradeOptions,
        progress: &dyn run::Progress,
    ) -> Graded {
        let began = Instant::now();
        let started = jiff::Timestamp::now().to_string();
        let plan = plan::plan(&ready.spec, &files, &submission.key, options.seed);
        let mut card = empty_card(ready, submission, &plan, started);
        card.captures = handed_in_captures(&ready.spec, &files);
        let built = match self.built(&files, &plan.programs).await {
            Ok(built) => built,
            Err(error) => return not_graded(card, error.to_string(), began),
        };
        card.programs = programs_of(&ready.spec, &plan.programs, &built);
        card.notes.extend(plan.notes.clone());
        card.notes.extend(
            plan.programs
                .iter()
                .flat_map(|program| program.notes.clone()),
        );
        if let Some(problem) = built.problems.values().find(|problem| problem.machine) {
            return not_graded(card, problem.message.clone(), began);
        }
        let shop = Shop {
            launcher: self.launcher.clone(),
            base: (**self.base).clone(),
            spec: ready.spec.clone(),
            built: built.clone(),
            references: ready.references.clone(),
            starter: ready.starter.clone(),
            starting: self.starting.clone(),
            sandboxes: self.sandboxes.clone(),
            memory: self.memory.clone(),
            seed: plan.seed,
            dialled: Arc::default(),
            spares: Some(Spares::default()),
            patience: 1,
            follow: false,
        };
        // One at a time, nothing is over sooner for having begun early.
        let ahead = options.ahead && self.parallel > 1;
        let run_options = run::Options {
            only: options.only.clone(),
            parallel: self.parallel,
            turns: self.turns.clone(),
            ahead,
            shared: match (self.fresh, ahead) {
                (true, _) => 0,
                (false, true) => self.parallel.min(SHARED_AHEAD),
                (false, false) => 1,
            },
            stories: options.stories,
        };
        let court = Court::new(ready, &files, &built);
        let judge = |check: &Check, record: &CheckRecord| court.rule(check, record);
        let clerk = Clerk {
            court: &court,
            then: progress,
        };
        let mut record = run::run_submission(&shop, &run_options, &judge, &clerk).await;
        court.forget(&record);
        let mut graded = Graded {
            card,
            captures: BTreeMap::new(),
            events: BTreeMap::new(),
        };
        for check in &ready.spec.checks {
            if let Some(outcome) = record.remove(&check.id) {
                add(&mut graded, check, outcome, &court, options, plan.seed);
            }
        }
        graded.card.duration_ms = began.elapsed().as_secs_f64() * 1e3;
        score::total(&mut graded.card);
        graded
    }

    /// The programs of a submission, built once for the same files.
    async fn built(&self, files: &Files, found: &[FoundProgram]) -> Result<Arc<Built>, RunError> {
        let needs_build = found.iter().any(|program| !program.recipe.build.is_empty());
        let recipes: Vec<_> = found.iter().map(|program| &program.recipe).collect();
        let key = format!("{} {recipes:?}", files.digest());
        let known = needs_build
            .then(|| lock(&self.built).get(&key).cloned())
            .flatten();
        if let Some(built) = known {
            return Ok(built);
        }
        let _turn = if needs_build {
            self.building.acquire().await.ok()
        } else {
            None
        };
        let built = Arc::new(build(&self.launcher, &self.base, files.clone(), found).await?);
        if needs_build {
            let mut all = lock(&self.built);
            // A class has each submission once or twice; more than a few compiled programs are not worth their memory.
            const MOST_KEPT: usize = 32;
            if all.len() >= MOST_KEPT {
                all.clear();
            }
            all.insert(key, built.clone());
        }
        Ok(built)
    }
}

/// Why an exercise cannot be graded at all.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// The course or the spec.
    #[error(transparent)]
    Course(#[from] CourseError),
    /// The machine.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A reference implementation.
    #[error("the {language} reference of {role} does not build: {why}")]
    Reference {
        /// Its language.
        language: String,
        /// Its role.
        role: String,
        /// What the build says.
        why: String,
    },
}

/// The making of an exercise's reference implementations.
struct Making {
    launcher: Arc<Launcher>,
    base: Base,
    course: Course,
    exercise: Exercise,
    spec: Arc<Spec>,
}

impl Making {
    /// All that the checks use.
    async fn all(&self) -> Result<References, GradeError> {
        let mut references = References::new();
        for wanted in reference_implementations(&self.spec) {
            let built = self.one(&wanted).await?;
            references.insert(wanted, Arc::new(built));
        }
        Ok(references)
    }

    /// Builds a reference implementation: one of this exercise, or the other half of a pair.
    async fn one(&self, (language, other): &(String, Option<String>)) -> Result<Built, GradeError> {
        let course = &self.course;
        let other = match other {
            Some(name) => {
                let other = course.exercise(name)?;
                Some((other.spec()?, other))
            }
            None => None,
        };
        let (spec, exercise) = match &other {
            Some((spec, exercise)) => (spec, exercise),
            None => (&*self.spec, &self.exercise),
        };
        let files = course.reference(exercise, language)?;
        let found = plan::find_programs(spec, &files);
        let built = build(&self.launcher, &self.base, files, &found).await?;
        if let Some((role, problem)) = built.problems.iter().next() {
            return Err(GradeError::Reference {
                language: language.clone(),
                role: role.clone(),
                why: problem.message.clone(),
            });
        }
        let prefix = format!("/opt/socklab/reference/{}/{language}", exercise.name);
        let roles = spec.programs.clone();
        Ok(Built {
            roles,
            ..built.as_reference(&prefix)
        })
    }
}

/// Judges the checks of one submission, and remembers the judgements.
struct Court<'a> {
    ready: &'a Ready,
    files: &'a Files,
    programs: BTreeMap<String, Program>,
    judgements: Mutex<BTreeMap<String, Judgement>>,
    facts: Mutex<BTreeMap<String, CheckFacts>>,
}

/// Notes what a scorecard needs of a check's record before somebody takes the record apart.
struct Clerk<'a> {
    court: &'a Court<'a>,
    then: &'a dyn run::Progress,
}

impl run::Progress for Clerk<'_> {
    fn check_done(&self, id: &str, passed: bool) {
        self.then.check_done(id, passed);
    }

    fn keep(&self, id: &str, record: &mut CheckRecord) {
        let facts = CheckFacts {
            duration_ms: record.duration.as_secs_f64() * 1e3,
            conversation: score::conversation(&record.events),
            stories: self.court.stories(id, record),
            capture_incomplete: lost_packets(&record.events) > 0,
            confirmed: record.confirmed,
            capture: record.captured.then(|| capture_name(id)),
            ..CheckFacts::default()
        };
        lock(&self.court.facts).insert(id.to_owned(), facts);
        self.then.keep(id, record);
    }
}

impl<'a> Court<'a> {
    fn new(ready: &'a Ready, files: &'a Files, built: &Built) -> Self {
        let programs = built.problems.iter().map(|(role, problem)| {
            let output = Some(problem.output.clone()).filter(|output| !output.is_empty());
            (
                role.clone(),
                Program {
                    problem: Some(problem.message.clone()),
                    build_output: output,
                },
            )
        });
        Court {
            ready,
            files,
            programs: programs.collect(),
            judgements: Mutex::default(),
            facts: Mutex::default(),
        }
    }

    fn rule(&self, check: &Check, record: &CheckRecord) -> Ruling {
        let judge = |analysis: Option<&Analysis>| {
            verdict::judge(&verdict::Input {
                spec: &self.ready.spec,
                check,
                events: &record.events,
                capture: analysis,
                programs: &self.programs,
                files: Some(self.files),
            })
        };
        let packets = || whole_capture(&record.events, &record.pcapng);
        // Without wire assertions packets are of use only to say why a step failed.
        let judgement = if check.wire.is_empty() {
            match judge(None) {
                judgement if judgement.findings.is_empty() => judgement,
                _ => judge(packets().as_ref()),
            }
        } else {
            judge(packets().as_ref())
        };
        let ruling = Ruling {
            passed: matches!(judgement.outcome, Outcome::Passed | Outcome::Manual),
            lets_go_on: verdict::lets_others_go_on(check, &judgement),
            dead: judgement.dead.is_some(),
            timing: verdict::is_timing(&judgement),
        };
        lock(&self.judgements).insert(check.id.clone(), judgement);
        ruling
    }

    /// Drops what was judged of checks that count as not run.
    fn forget(&self, record: &run::SubmissionRecord) {
        lock(&self.judgements)
            .retain(|id, _| !matches!(record.get(id), Some(CheckOutcome::NotRun { .. })));
    }

    fn stories(&self, id: &str, record: &CheckRecord) -> Vec<verdict::Story> {
        let spec = &self.ready.spec;
        let check = spec.checks.iter().find(|check| check.id == id);
        check.map_or_else(Vec::new, |check| {
            verdict::stories(spec, check, &record.events)
        })
    }

    fn not_run(&self, check: &Check, because: &str) -> Judgement {
        let judgements = lock(&self.judgements);
        let title = self
            .ready
            .spec
            .checks
            .iter()
            .find(|other| other.id == because);
        let title = title.map_or(because, |other| other.title.as_str());
        let finding = judgements
            .get(because)
            .and_then(|judgement| judgement.findings.first());
        // A check that was itself not run only repeats what its own cause says.
        let reason = finding
            .filter(|finding| finding.cause != "needs")
            .map_or("", |finding| finding.message.as_str());
        verdict::not_run(check, title, reason)
    }
}

fn add(
    graded: &mut Graded,
    check: &Check,
    outcome: CheckOutcome,
    court: &Court<'_>,
    options: &GradeOptions,
    seed: u64,
) {
    let mut facts = lock(&court.facts).remove(&check.id).unwrap_or_default();
    facts.repeat = format!("{} --only {} --seed {seed}", options.command, check.id);
    let judgement = match outcome {
        CheckOutcome::Ran(record) => {
            graded.card.isolation.clone_from(&record.level);
            if !record.pcapng.is_empty() {
                graded.captures.insert(check.id.clone(), record.pcapng);
            }
            if !record.events.is_empty() {
                graded.events.insert(check.id.clone(), record.events);
            }
            lock(&court.judgements).get(&check.id).cloned()
        }
        CheckOutcome::NotRun { because } => {
            let judgement = court.not_run(check, &because);
            lock(&court.judgements).insert(check.id.clone(), judgement.clone());
            Some(judgement)
        }
        CheckOutcome::Failed(error) => Some(Judgement {
            check: check.id.clone(),
            outcome: Outcome::Error,
            lost: 0.0,
            dead: None,
            findings: vec![verdict::Finding::new("grader-failed", error.to_string())],
        }),
    };
    if let Some(judgement) = judgement {
        graded
            .card
            .checks
            .push(score::check_result(check, judgement, facts));
    }
}

/// The packets of a check, if all of them were captured. Of a capture without packets no file is written.
/// The flows of the grader's own sockets are there however many others a program makes beside them.
pub fn whole_capture(events: &[Event], pcapng: &[u8]) -> Option<Analysis> {
    let whole = |event: &Event| matches!(event.what, What::Captured { dropped: 0, .. });
    if !events.iter().any(whole) {
        return None;
    }
    if pcapng.is_empty() {
        return Some(Analysis::default());
    }
    let own: Vec<SocketAddr> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Connected { local, .. } => *local,
            _ => None,
        })
        .collect();
    let analysis = analyse_bytes_for(pcapng, CaptureOptions::of_a_check(), &own).ok()?;
    // Without sockets of the grader's, what is missing could be what is asked for.
    let told = analysis.counts.beyond_limit == 0 || !own.is_empty();
    told.then_some(analysis)
}

/// Digests of the captures that checks look at, by file. What is no capture has none.
fn handed_in_captures(spec: &Spec, files: &Files) -> BTreeMap<String, String> {
    let names = spec
        .checks
        .iter()
        .filter_map(|check| check.capture.as_ref());
    names
        .filter_map(|name| {
            let (path, bytes) = files.find(name)?;
            Some((path, facts::digest(&bytes).ok()?))
        })
        .collect()
}

fn lost_packets(events: &[Event]) -> u64 {
    events
        .iter()
        .find_map(|event| match event.what {
            What::Captured { dropped, .. } => Some(dropped),
            _ => None,
        })
        .unwrap_or(0)
}

fn empty_card(
    ready: &Ready,
    mut submission: Submission,
    plan: &plan::Plan,
    started: String,
) -> Scorecard {
    submission.digest.clone_from(&plan.digest);
    Scorecard {
        version: SCORECARD_VERSION,
        socklab: env!("CARGO_PKG_VERSION").into(),
        exercise: ready.spec.exercise.clone(),
        lab: ready.lab.clone(),
        title: ready.spec.title.clone(),
        submission,
        seed: plan.seed,
        isolation: String::new(),
        started,
        duration_ms: 0.0,
        status: Status::Graded,
        score: 0.0,
        max: ready.spec.points,
        bonus: 0.0,
        waiting: 0.0,
        checks: Vec::new(),
        programs: Vec::new(),
        notes: Vec::new(),
        captures: BTreeMap::new(),
        error: None,
    }
}

fn not_graded(mut card: Scorecard, why: String, began: Instant) -> Graded {
    card.status = Status::NotGraded;
    card.error = Some(why);
    card.duration_ms = began.elapsed().as_secs_f64() * 1e3;
    Graded {
        card,
        captures: BTreeMap::new(),
        events: BTreeMap::new(),
    }
}

/// What became of the programs; one that need not be handed in and was not is no news.
fn programs_of(spec: &Spec, found: &[FoundProgram], built: &Built) -> Vec<ProgramResult> {
    let optional = |program: &&FoundProgram| {
        let role = spec.programs.get(&program.role);
        program.file.is_none() && role.is_some_and(|role| role.optional)
    };
    found
        .iter()
        .filter(|program| !optional(program))
        .map(|program| {
            let problem = built.problems.get(&program.role);
            ProgramResult {
                role: program.role.clone(),
                file: program.file.clone().unwrap_or_default(),
                language: program.language.to_string(),
                remark: problem
                    .map_or_else(|| program.remark.clone(), |problem| problem.message.clone()),
                build_output: problem
                    .filter(|problem| !problem.output.is_empty())
                    .map(|problem| problem.output.clone().into()),
            }
        })
        .collect()
}

/// The reference implementations that any step of a spec starts.
fn reference_implementations(spec: &Spec) -> BTreeSet<(String, Option<String>)> {
    let steps = spec
        .checks
        .iter()
        .flat_map(|check| Step::flat(&check.steps));
    let references = steps.filter_map(|step| match step {
        Step::Start(start) => start.reference_of(),
        _ => None,
    });
    references.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
