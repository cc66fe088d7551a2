//! All checks of one submission: in the order that `needs` asks for, at the same time where it does not.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{AbortHandle, Aborted, abortable};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::RunError;
use super::check::{CheckRecord, Launched, Shop, run_check};
use super::share::Lives;
use super::turns::{Turn, Turns};
use crate::event::{Event, Limit, What};
use crate::spec::{Check, Start, Step};

/// How a submission is run.
#[derive(Clone)]
pub struct Options {
    /// Only these checks (and those they need).
    pub only: Vec<String>,
    /// Checks that run at the same time.
    pub parallel: usize,
    /// When a check may run, and when one may run a second time with a core of its own.
    pub turns: Turns,
    /// Run a check before it is known whether those that it needs pass. Where nobody else wants the machine, it is
    /// over sooner; if one of them does not pass, the check counts as not run all the same.
    pub ahead: bool,
    /// How many launches at a time may be shared by checks, one after another; 0: each check has its own.
    pub shared: usize,
    /// Run a check that did not pass once more, to see which calls its programs make.
    pub stories: bool,
}

/// Told while a submission runs.
pub trait Progress: Send + Sync {
    /// A check is over; whether it passed.
    fn check_done(&self, id: &str, passed: bool);

    /// A check's record is final. Whoever stores the capture and the events may take them out of it, so
    /// that they do not stay in memory until the submission is graded.
    fn keep(&self, _id: &str, _record: &mut CheckRecord) {}
}

/// What a judge says of a check that has just run, so that the run knows how to go on. Judging itself
/// is the caller's: it passes [`Judge`] in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ruling {
    /// It passed.
    pub passed: bool,
    /// Checks that need it may run: it passed, or failed for something that costs nothing else.
    pub lets_go_on: bool,
    /// A program never came to work: checks that start it have nothing to run.
    pub dead: bool,
    /// All that is wrong is when something happened: a busy machine may be the reason.
    pub timing: bool,
}

/// Judges a check's record.
pub type Judge<'a> = &'a (dyn Fn(&Check, &CheckRecord) -> Ruling + Send + Sync);

/// What became of one check.
pub enum CheckOutcome {
    /// It ran.
    Ran(Box<CheckRecord>),
    /// It did not run because this one that it needs did not pass.
    NotRun {
        /// The check that it needs.
        because: String,
    },
    /// The machine or socklab failed.
    Failed(RunError),
}

/// What became of all checks, by id.
pub type SubmissionRecord = BTreeMap<String, CheckOutcome>;

/// Runs the checks of a submission.
pub async fn run_submission(
    shop: &Shop,
    options: &Options,
    judge: Judge<'_>,
    progress: &dyn Progress,
) -> SubmissionRecord {
    let wanted = wanted(shop, &options.only);
    let mut record = SubmissionRecord::new();
    let firsts = first_starts(&shop.spec.checks);
    let mut rulings: BTreeMap<String, Ruling> = BTreeMap::new();
    let mut open: Vec<&Check> = shop
        .spec
        .checks
        .iter()
        .filter(|check| wanted.contains(&check.id))
        .collect();
    let rounds = Rounds {
        shop,
        options,
        judge,
        line: Semaphore::new(1),
        slots: Semaphore::new(options.parallel.max(1)),
        lives: Lives::new(options.shared),
    };
    let rounds = &rounds;
    let start = |check| abortable(async move { (check, rounds.run_fairly(check).await) });
    let mut running = FuturesUnordered::new();
    let mut started: BTreeMap<&str, AbortHandle> = BTreeMap::new();
    if options.ahead {
        for check in longest_first(&open) {
            let (run, handle) = start(check);
            running.push(run);
            started.insert(&check.id, handle);
        }
    }
    let mut over: BTreeMap<&str, (CheckOutcome, Ruling)> = BTreeMap::new();
    loop {
        // What is settled can settle others.
        let mut at = 0;
        while let Some(&check) = open.get(at) {
            let id = check.id.as_str();
            let known = |id: &String| rulings.contains_key(id) || !wanted.contains(id);
            let may_run = needs(check, &firsts).all(known);
            let because = may_run
                .then(|| blocked_by(check, &rulings, &firsts))
                .flatten();
            let settled = match because {
                Some(because) => {
                    if let Some(run) = started.get(id) {
                        run.abort();
                    }
                    Some((CheckOutcome::NotRun { because }, Ruling::default()))
                }
                None if may_run => over.remove(id),
                None => None,
            };
            let Some((mut outcome, ruling)) = settled else {
                if may_run && !started.contains_key(id) {
                    let (run, handle) = start(check);
                    running.push(run);
                    started.insert(id, handle);
                }
                at += 1;
                continue;
            };
            if let CheckOutcome::Ran(record) = &mut outcome {
                progress.keep(id, record);
            }
            progress.check_done(id, ruling.passed);
            rulings.insert(id.to_owned(), ruling);
            record.insert(id.to_owned(), outcome);
            open.remove(at);
            at = 0;
        }
        match running.next().await {
            Some(Ok((check, result))) => drop(over.insert(&check.id, result)),
            // It was stopped, because one that it needs did not pass.
            Some(Err(Aborted)) => {}
            // Nothing runs: all is done, or what is left needs itself, which the loader refuses.
            None => break,
        }
    }
    drop(running);
    record
}

/// The checks that need no other, then those that start most programs, so that none of these is left for the end.
fn longest_first<'a>(checks: &[&'a Check]) -> Vec<&'a Check> {
    let mut order = checks.to_vec();
    order.sort_by_key(|check| (!check.needs.is_empty(), Reverse(starts(&check.steps).len())));
    order
}

/// For each program, the first check that starts it: if the program turns out to be dead there, no other
/// check starts it again.
fn first_starts(checks: &[Check]) -> BTreeMap<String, String> {
    let mut firsts = BTreeMap::new();
    for check in checks {
        for program in started(&check.steps) {
            firsts.entry(program).or_insert_with(|| check.id.clone());
        }
    }
    firsts
}

/// The programs that steps start, reference implementations left out.
fn started(steps: &[Step]) -> Vec<String> {
    let own = starts(steps)
        .into_iter()
        .filter(|start| start.reference.is_none());
    own.map(|start| start.program.clone()).collect()
}

/// All steps among these, at whatever depth, that start a program.
pub(super) fn starts(steps: &[Step]) -> Vec<&Start> {
    let starts = Step::flat(steps).into_iter().filter_map(|step| match step {
        Step::Start(start) => Some(start),
        _ => None,
    });
    starts.collect()
}

/// What a check waits for: what it needs, and the first check of each program that it starts.
fn needs<'a>(
    check: &'a Check,
    firsts: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = &'a String> {
    let first = started(&check.steps)
        .into_iter()
        .filter_map(|program| firsts.get(&program));
    check
        .needs
        .iter()
        .chain(first)
        .filter(|id| **id != check.id)
}

fn blocked_by(
    check: &Check,
    rulings: &BTreeMap<String, Ruling>,
    firsts: &BTreeMap<String, String>,
) -> Option<String> {
    let explicit = check
        .needs
        .iter()
        .find(|need| rulings.get(*need).is_some_and(|ruling| !ruling.lets_go_on));
    let dead =
        || needs(check, firsts).find(|id| rulings.get(*id).is_some_and(|ruling| ruling.dead));
    explicit.or_else(dead).cloned()
}

/// The checks asked for and all that they need.
fn wanted(shop: &Shop, only: &[String]) -> Vec<String> {
    if only.is_empty() {
        return shop
            .spec
            .checks
            .iter()
            .map(|check| check.id.clone())
            .collect();
    }
    let mut wanted: Vec<String> = Vec::new();
    let mut queue = only.to_vec();
    while let Some(id) = queue.pop() {
        if wanted.contains(&id) {
            continue;
        }
        let check = shop.spec.checks.iter().find(|check| check.id == id);
        queue.extend(check.into_iter().flat_map(|check| check.needs.clone()));
        wanted.push(id);
    }
    wanted
}

/// What all checks of a submission are run with.
struct Rounds<'a> {
    shop: &'a Shop,
    options: &'a Options,
    judge: Judge<'a>,
    line: Semaphore,
    slots: Semaphore,
    lives: Lives,
}

/// The head of the line, a place among the checks of the submission, and one among all.
type Place<'a> = (
    Option<SemaphorePermit<'a>>,
    Option<SemaphorePermit<'a>>,
    Turn,
);

impl Rounds<'_> {
    /// Runs a check; once more if a client dialled a place that is not the spec's; once more, with a core of its own
    /// and more patience, if it failed for nothing but time.
    async fn run_fairly(&self, check: &Check) -> (CheckOutcome, Ruling) {
        match self.ruled(check).await {
            Ok((record, ruling)) => (CheckOutcome::Ran(Box::new(record)), ruling),
            Err(error) => (CheckOutcome::Failed(error), Ruling::default()),
        }
    }

    async fn ruled(&self, check: &Check) -> Result<(CheckRecord, Ruling), RunError> {
        let (mut record, mut ruling) = self.first(check).await?;
        if !ruling.passed && learn(self.shop, &record) {
            (record, ruling) = self.alone(check).await?;
        }
        if !ruling.passed && (record.timed_out || ruling.timing) {
            // It may be a while until the second run, and the first counts no more.
            drop(record);
            let _slot = self.slots.acquire().await;
            let _turn = self.options.turns.again().await;
            let patient = Shop {
                patience: 2,
                // Nothing but time may differ from an ordinary launch.
                spares: None,
                ..self.shop.clone()
            };
            record = CheckRecord {
                confirmed: true,
                ..run_check(&patient, check).await?
            };
            ruling = (self.judge)(check, &record);
        }
        if !ruling.passed && self.options.stories {
            let _place = self.place().await;
            follow(self.shop, check, &mut record).await;
        }
        Ok((record, ruling))
    }

    /// A place among the checks that run.
    ///
    /// Where other submissions have work for the cores, one check after another costs least: each finds the sandbox of
    /// the one before. But none waits long behind one that waits for a program.
    async fn place(&self) -> Place<'_> {
        const PATIENCE: Duration = Duration::from_secs(1);
        let in_line = match self.options.ahead {
            true => None,
            false => tokio::time::timeout(PATIENCE, self.line.acquire())
                .await
                .ok()
                .and_then(Result::ok),
        };
        let slot = self.slots.acquire().await.ok();
        (in_line, slot, self.options.turns.check().await)
    }

    /// Runs a check in a launch of its own.
    async fn alone(&self, check: &Check) -> Result<(CheckRecord, Ruling), RunError> {
        let _place = self.place().await;
        let record = run_check(self.shop, check).await?;
        let ruling = (self.judge)(check, &record);
        Ok((record, ruling))
    }

    /// Runs a check: if it can be, in the launch of an earlier one, where only success counts.
    async fn first(&self, check: &Check) -> Result<(CheckRecord, Ruling), RunError> {
        let Some((start, room)) = self.lives.room(&self.shop.spec, check).await else {
            return self.alone(check).await;
        };
        let place = self.place().await;
        let sandbox = self.shop.sandboxes.acquire().await.ok();
        let waiting = self.lives.take(start);
        let another = waiting.is_some();
        let mut launched = match waiting {
            Some(launched) => launched,
            None => Launched::new(self.shop, check).await?,
        };
        let played = self.play(&mut launched, check).await;
        let passed = matches!(&played, Ok((_, ruling)) if ruling.passed);
        if passed && launched.comes_to_rest(check).await {
            self.lives.keep(start, launched);
            return played;
        }
        // A check that is not passed in its own launch says nothing of sharing one.
        if passed || another {
            self.lives.turn_off();
        }
        launched.end().await;
        drop((sandbox, place, room));
        if passed || !another {
            return played;
        }
        self.alone(check).await
    }

    async fn play(
        &self,
        launched: &mut Launched,
        check: &Check,
    ) -> Result<(CheckRecord, Ruling), RunError> {
        let record = launched.play(self.shop, check).await?.into_record()?;
        let ruling = (self.judge)(check, &record);
        Ok((record, ruling))
    }
}

/// Runs a check once more only to see which calls its programs make. Of that run nothing else is kept, so
/// that looking cannot change what is judged.
async fn follow(shop: &Shop, check: &Check, record: &mut CheckRecord) {
    let ran = |event: &Event| matches!(event.what, What::Started { .. });
    // Nobody learns from its calls how a program was ended for its memory.
    let ended = |event: &Event| match event.what {
        What::Limit { limit, .. } => matches!(limit, Limit::Memory | Limit::Processes),
        _ => false,
    };
    if !record.events.iter().any(ran) || record.events.iter().any(ended) {
        return;
    }
    let shop = Shop {
        follow: true,
        ..shop.clone()
    };
    // A machine that fails here has already given its result.
    let Ok(followed) = run_check(&shop, check).await else {
        return;
    };
    let last = record.events.last().map_or(0, |event| event.at);
    let calls = followed
        .events
        .into_iter()
        .filter(|event| matches!(event.what, What::Calls { .. }));
    record
        .events
        .extend(calls.map(|event| Event { at: last, ..event }));
}

/// Notes where a client really dialled; whether that is news for this check.
fn learn(shop: &Shop, record: &CheckRecord) -> bool {
    if record.dialled.is_empty() {
        return false;
    }
    let mut known = shop
        .dialled
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    known.extend(
        record
            .dialled
            .iter()
            .map(|(role, place)| (role.clone(), *place)),
    );
    true
}
