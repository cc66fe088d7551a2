//! The author's proof: an exercise's references get full marks, its starter does not, and each seeded bug
//! fails exactly the checks that it is meant to fail, for the cause that it is meant to show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::Semaphore;

use super::course::{Course, Exercise};
use super::folder::{read_file, read_folder};
use super::grade::{Bench, GradeError, GradeOptions, Graded, Ready};
use crate::plan::Files;
use crate::run::Progress;
use crate::score::{CheckResult, Scorecard, Status, Submission};
use crate::spec::Level;
use crate::verdict::{Outcome, is_generic};

/// Languages of reference implementations.
pub const REFERENCE_LANGUAGES: [&str; 2] = ["python", "rust"];

/// One seeded bug, as `bugs.yaml` describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bug {
    /// What is wrong with it, for people.
    pub what: String,
    /// Ids of the checks that end as failed, exactly. Checks that are not run because they need those are not listed.
    pub fails: Vec<String>,
    /// The first cause shown.
    pub cause: String,
}

/// Something that was proved, or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// `reference python`, `starter`, `bug never-closes`.
    pub subject: String,
    /// What is wrong; none if the claim holds.
    pub problem: Option<String>,
    /// The machine lacks what it needs; nothing is proved.
    pub skipped: Option<String>,
    /// Of a seeded bug that fails a check: how its cause was named.
    pub naming: Option<Naming>,
    /// What it was given, if it was graded.
    pub grade: Option<Grade>,
}

/// What a submission was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// Its points.
    pub score: f64,
    /// The points that can be had.
    pub max: f64,
    /// The first cause shown.
    pub cause: Option<String>,
}

impl Claim {
    fn of(subject: impl Into<String>, problem: Option<String>) -> Claim {
        Claim {
            subject: subject.into(),
            problem,
            skipped: None,
            naming: None,
            grade: None,
        }
    }
}

/// How the first cause that is shown for a seeded bug compares with the one that `bugs.yaml` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It is that one, and says more than what differs.
    Right,
    /// It is another one, which sends the student in a wrong direction.
    Wrong(String),
    /// It only restates what differs ([`crate::verdict::GENERIC`]).
    None(String),
}

/// What was proved of one exercise.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// The exercise.
    pub exercise: String,
    /// Number of checks in its spec.
    pub checks: usize,
    /// The claims.
    pub claims: Vec<Claim>,
}

impl Proof {
    /// Claims that do not hold.
    pub fn problems(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| claim.problem.is_some())
    }
}

struct Silent;

impl Progress for Silent {
    fn check_done(&self, _: &str, _: bool) {}
}

enum Demand {
    FullMarks,
    NotFullMarks,
    Fails(Bug),
}

/// Proves one exercise. `bugs` is the folder with its seeded bugs, if there is one.
///
/// # Errors
/// A broken spec, unreadable files, or a machine that gives no sandbox.
pub async fn prove(
    bench: &Bench,
    course: &Course,
    exercise: &Exercise,
    bugs: Option<&Path>,
    slots: &Arc<Semaphore>,
    seed: Option<u64>,
) -> Result<Proof, GradeError> {
    let ready = bench.ready(course, exercise).await?;
    let mut cases = Vec::new();
    let mut claims = Vec::new();
    for language in REFERENCE_LANGUAGES {
        let files = course.reference(exercise, language)?;
        let subject = format!("reference {language}");
        if files.is_empty() {
            claims.push(Claim::of(subject, Some("there is none".into())));
        } else {
            cases.push((subject, files, Demand::FullMarks));
        }
    }
    cases.push((
        "starter".to_owned(),
        course.handout(exercise)?,
        Demand::NotFullMarks,
    ));
    if let Some(folder) = bugs {
        match read_bugs(folder) {
            Ok(list) => {
                for (name, files, bug) in list {
                    cases.push((format!("bug {name}"), files, Demand::Fails(bug)));
                }
            }
            Err(problem) => {
                claims.push(Claim::of("bugs", Some(problem)));
            }
        }
    }
    let runs = cases.into_iter().map(|(subject, files, demand)| {
        let ready = &ready;
        async move {
            let _slot = slots.acquire().await;
            claim(bench, ready, subject, files, &demand, seed).await
        }
    });
    claims.extend(futures_util::future::join_all(runs).await);
    Ok(Proof {
        exercise: exercise.name.clone(),
        checks: ready.spec.checks.len(),
        claims,
    })
}

async fn claim(
    bench: &Bench,
    ready: &Ready,
    subject: String,
    files: Files,
    demand: &Demand,
    seed: Option<u64>,
) -> Claim {
    let submission = Submission {
        key: subject.clone(),
        ..Submission::default()
    };
    let options = GradeOptions {
        seed,
        ..GradeOptions::default()
    };
    let Graded { card, .. } = bench
        .grade(ready, files, submission, &options, &Silent)
        .await;
    if card.status == Status::NotGraded {
        let why = card.error.clone().unwrap_or_default();
        let lacks = why.contains("which this machine does not have");
        let problem = (!lacks).then(|| format!("not graded: {why}"));
        return Claim {
            skipped: lacks.then_some(why),
            ..Claim::of(subject, problem)
        };
    }
    let problem = match demand {
        Demand::FullMarks => full_marks(&card),
        Demand::NotFullMarks => (missed(&card).is_empty())
            .then(|| "it gets full marks, so there is nothing to do".to_owned()),
        Demand::Fails(bug) => fails_as_meant(&card, bug),
    };
    let naming = match demand {
        Demand::Fails(bug) => naming(&card, bug),
        Demand::FullMarks | Demand::NotFullMarks => None,
    };
    let grade = Grade {
        score: card.score,
        max: card.max,
        cause: first_cause(&failed(&card)).map(str::to_owned),
    };
    Claim {
        naming,
        grade: Some(grade),
        ..Claim::of(subject, problem)
    }
}

/// Ids of checks that did not pass.
fn missed(card: &Scorecard) -> Vec<&str> {
    let passed = |outcome| matches!(outcome, Outcome::Passed | Outcome::Manual);
    card.checks
        .iter()
        .filter(|check| !passed(check.outcome))
        .map(|check| check.id.as_str())
        .collect()
}

fn full_marks(card: &Scorecard) -> Option<String> {
    let check = card
        .checks
        .iter()
        .find(|check| !matches!(check.outcome, Outcome::Passed | Outcome::Manual))?;
    Some(format!(
        "{} ({:?}): {}",
        check.id,
        check.outcome,
        first_words(card, &check.id)
    ))
}

fn first_words(card: &Scorecard, id: &str) -> String {
    let check = card.checks.iter().find(|check| check.id == id);
    let finding = check.and_then(|check| check.findings.first());
    finding.map_or_else(String::new, |finding| {
        let output = finding.output.as_ref().map_or(String::new(), |output| {
            let text = output.bytes.escaped();
            format!(
                " | {}: {}",
                output.label,
                text.chars().take(200).collect::<String>()
            )
        });
        format!("[{}] {}{output}", finding.cause, finding.message)
    })
}

/// Checks that failed, in the order of the spec.
fn failed(card: &Scorecard) -> Vec<&CheckResult> {
    let failed = |check: &&CheckResult| {
        matches!(check.outcome, Outcome::Failed | Outcome::Partial) && check.level != Level::Info
    };
    card.checks.iter().filter(failed).collect()
}

/// The first cause that the card shows.
fn first_cause<'c>(failed: &[&'c CheckResult]) -> Option<&'c str> {
    let finding = failed.first()?.findings.first()?;
    Some(&finding.cause)
}

fn naming(card: &Scorecard, bug: &Bug) -> Option<Naming> {
    let cause = first_cause(&failed(card))?;
    Some(if is_generic(cause) {
        Naming::None(cause.to_owned())
    } else if cause == bug.cause {
        Naming::Right
    } else {
        Naming::Wrong(cause.to_owned())
    })
}

fn fails_as_meant(card: &Scorecard, bug: &Bug) -> Option<String> {
    let failed = failed(card);
    let seen: BTreeSet<&str> = failed.iter().map(|check| check.id.as_str()).collect();
    let meant: BTreeSet<&str> = bug.fails.iter().map(String::as_str).collect();
    if seen != meant {
        let words = failed
            .iter()
            .map(|check| format!("{} {}", check.id, first_words(card, &check.id)));
        return Some(format!(
            "fails {seen:?}, meant are {meant:?}; {}",
            words.collect::<Vec<_>>().join("; ")
        ));
    }
    let cause = first_cause(&failed).unwrap_or_default();
    (cause != bug.cause).then(|| {
        format!(
            "the first cause is `{cause}`, meant is `{}`: {}",
            bug.cause,
            failed
                .first()
                .map_or(String::new(), |check| first_words(card, &check.id))
        )
    })
}

type Seeded = (String, Files, Bug);

/// Reads `bugs.yaml` and the folders it names; both must name the same bugs.
fn read_bugs(folder: &Path) -> Result<Vec<Seeded>, String> {
    let path = folder.join("bugs.yaml");
    let text = read_file(&path, 1 << 20).map_err(|error| error.to_string())?;
    let bugs: BTreeMap<String, Bug> =
        serde_yaml::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut list = Vec::new();
    for (name, bug) in bugs {
        let files = read_folder(&folder.join(&name)).map_err(|error| error.to_string())?;
        list.push((name, files, bug));
    }
    let named: BTreeSet<String> = list.iter().map(|(name, ..)| name.clone()).collect();
    let folders = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    for entry in folders.flatten().filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !named.contains(&name) {
            return Err(format!(
                "{name} is a folder, but bugs.yaml says nothing of it"
            ));
        }
    }
    Ok(list)
}
