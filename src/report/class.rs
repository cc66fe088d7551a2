//! Many scorecards → the class: one small summary per submission, and counts over all of them.
//!
//! A class keeps about a kilobyte per submission, so that scorecards can be read, added and dropped one
//! after the other. It knows nothing of where they come from.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::visible::Visible;
use super::words::{clean, isolation};
use crate::score::{CheckResult, Status, Submission};
use crate::verdict::Outcome;

mod copies;
mod counts;

pub use counts::{CheckCount, Total};

/// Version of the class's JSON form.
pub const CLASS_VERSION: u32 = 1;

/// A graded class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Class {
    /// [`CLASS_VERSION`].
    pub version: u32,
    /// What was graded, in a few words: the lab's or the exercise's title.
    pub title: String,
    /// Facts of the run.
    pub facts: RunFacts,
    /// The exercises, with their checks.
    pub exercises: Vec<Exercise>,
    /// One summary per submission and exercise, in the order in which they were added.
    pub submissions: Vec<Summary>,
}

/// Facts of the run that graded the class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunFacts {
    /// Version of socklab.
    pub socklab: String,
    /// When it began: RFC 3339, UTC.
    pub started: String,
    /// Wall-clock time of the whole run, in milliseconds; 0 if unknown.
    pub duration_ms: f64,
    /// The run's seed.
    pub seed: u64,
}

/// One exercise of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exercise {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its checks, in the spec's order.
    pub checks: Vec<CheckHead>,
}

/// What is the same about a check in all submissions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckHead {
    /// The check's id.
    pub id: String,
    /// The check's title.
    pub title: String,
    /// Points to be had.
    pub max: f64,
    /// Its points come on top.
    pub bonus: bool,
}

/// One submission to one exercise in a few words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Whose it is.
    pub submission: Submission,
    /// Name of the exercise.
    pub exercise: String,
    /// What became of the whole.
    pub status: Status,
    /// Points earned, bonus included; meaningless unless graded.
    pub score: f64,
    /// Points of all checks that are not bonus.
    pub max: f64,
    /// Points earned in bonus checks.
    pub bonus: f64,
    /// Points that wait for a person.
    pub waiting: f64,
    /// Wall-clock time, in milliseconds.
    pub duration_ms: f64,
    /// When grading began: RFC 3339, UTC.
    pub started: String,
    /// Isolation level, `A` to `F`; empty if nothing was run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub isolation: String,
    /// Why it was not graded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// One cell per check of the exercise, in its order.
    pub checks: Vec<Cell>,
    /// Digests of the captures that were handed in, by file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, String>,
    /// Where its own report is, relative to the class's report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// One check of one submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// What became of it.
    pub outcome: Outcome,
    /// Points earned.
    pub points: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// Name of the first finding's cause, if it did not pass.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// That cause as a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl Class {
    /// An empty class.
    pub fn new(title: impl Into<String>, facts: RunFacts) -> Self {
        Class {
            version: CLASS_VERSION,
            title: title.into(),
            facts,
            exercises: Vec::new(),
            submissions: Vec::new(),
        }
    }

    /// Adds one submission; `link` is where its own report is, relative to the class's report.
    pub fn add(&mut self, visible: &Visible, link: Option<String>) {
        let card = visible.card();
        let exercise = self.exercise_mut(&card.exercise, &card.title);
        let mut cells = vec![None; exercise.checks.len()];
        for check in &card.checks {
            let at = exercise.column(check);
            cells.resize(exercise.checks.len(), None);
            cells[at] = Some(Cell::of(check));
        }
        let absent = || Cell {
            outcome: Outcome::NotRun,
            points: 0.0,
            duration_ms: 0.0,
            cause: String::new(),
            message: String::new(),
        };
        self.submissions.push(Summary {
            submission: card.submission.clone(),
            exercise: card.exercise.clone(),
            status: card.status,
            score: clean(card.score),
            max: clean(card.max),
            bonus: clean(card.bonus),
            waiting: clean(card.waiting),
            duration_ms: card.duration_ms,
            started: card.started.clone(),
            isolation: card.isolation.clone(),
            error: card.error.clone(),
            checks: cells
                .into_iter()
                .map(|c| c.unwrap_or_else(absent))
                .collect(),
            captures: card.captures.clone(),
            link,
        });
    }

    /// Adds a submission that was planned and has no scorecard: not graded, never 0 points.
    pub fn add_missing(&mut self, submission: Submission, exercise: &str, why: &str) {
        self.submissions.push(Summary {
            submission,
            exercise: exercise.to_owned(),
            status: Status::NotGraded,
            score: 0.0,
            max: 0.0,
            bonus: 0.0,
            waiting: 0.0,
            duration_ms: 0.0,
            started: String::new(),
            isolation: String::new(),
            error: Some(why.to_owned()),
            checks: Vec::new(),
            captures: BTreeMap::new(),
            link: None,
        });
    }

    fn exercise_mut(&mut self, name: &str, title: &str) -> &mut Exercise {
        let at = self.exercises.iter().position(|e| e.name == name);
        let at = at.unwrap_or_else(|| {
            self.exercises.push(Exercise {
                name: name.to_owned(),
                title: title.to_owned(),
                checks: Vec::new(),
            });
            self.exercises.len() - 1
        });
        &mut self.exercises[at]
    }

    /// The isolation levels at which it was graded, in words: one, as a rule.
    pub fn isolation(&self) -> String {
        let levels: BTreeSet<&str> = self
            .submissions
            .iter()
            .map(|summary| summary.isolation.as_str())
            .filter(|level| !level.is_empty())
            .collect();
        let words = levels.into_iter().map(isolation);
        words.collect::<Vec<_>>().join(", ")
    }

    /// The exercise of that name.
    pub fn exercise(&self, name: &str) -> Option<&Exercise> {
        self.exercises.iter().find(|e| e.name == name)
    }

    /// The summaries of one exercise.
    pub fn of_exercise<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Summary> {
        self.submissions.iter().filter(move |s| s.exercise == name)
    }
}

impl Exercise {
    /// The column of a check; a new one at the end if no submission had it before.
    fn column(&mut self, check: &CheckResult) -> usize {
        let found = self.checks.iter().position(|c| c.id == check.id);
        found.unwrap_or_else(|| {
            self.checks.push(CheckHead {
                id: check.id.clone(),
                title: check.title.clone(),
                max: check.max,
                bonus: check.bonus,
            });
            self.checks.len() - 1
        })
    }
}

impl Cell {
    fn of(check: &CheckResult) -> Self {
        let first = check
            .findings
            .first()
            .filter(|_| check.outcome != Outcome::Passed);
        Cell {
            outcome: check.outcome,
            points: clean(check.points),
            duration_ms: check.duration_ms,
            cause: first.map_or_else(String::new, |f| f.cause.clone()),
            message: first.map_or_else(String::new, |f| f.message.clone()),
        }
    }

    /// It failed, wholly or in part, and says why.
    pub fn is_fault(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::Partial) && !self.cause.is_empty()
    }
}

impl Summary {
    /// The first fault: its check's place in the exercise, and the cell.
    pub fn first_fault(&self) -> Option<(usize, &Cell)> {
        self.checks.iter().enumerate().find(|(_, c)| c.is_fault())
    }
}
