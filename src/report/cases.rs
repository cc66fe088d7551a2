//! Scorecards and summaries → suites of cases: what the formats for test results have in common.

use super::account;
use super::class::{Class, Summary};
use super::escape;
use super::visible::{Capture, Visible};
use super::words::{self, clean};
use crate::score::{CheckResult, Scorecard, Status};
use crate::spec::Level;
use crate::verdict::Outcome;

/// Title of the one line that stands for all checks that are not shown.
pub const NOT_SHOWN: &str = "Checks that are not shown";

/// One submission to one exercise.
pub struct Suite {
    /// Name of the exercise.
    pub exercise: String,
    /// Title of the exercise.
    pub title: String,
    /// Key of the submission.
    pub key: String,
    /// Why it was not graded.
    pub not_graded: Option<String>,
    /// Wall-clock time, in milliseconds.
    pub duration_ms: f64,
    /// RFC 3339, UTC.
    pub started: String,
    /// Isolation level, `A` to `F`; empty if nothing was run.
    pub isolation: String,
    /// Points earned and to be had in the cases.
    pub score: (f64, f64),
    /// The cases.
    pub cases: Vec<Case>,
}

/// One check.
pub struct Case {
    /// The check's id.
    pub id: String,
    /// The check's title.
    pub title: String,
    /// What became of it.
    pub outcome: Outcome,
    /// It costs nothing.
    pub advice: bool,
    /// Its points come on top.
    pub bonus: bool,
    /// Points earned.
    pub points: f64,
    /// Points to be had.
    pub max: f64,
    /// In milliseconds.
    pub duration_ms: f64,
    /// The first finding's cause; empty if there is none.
    pub cause: String,
    /// The cause as a sentence; empty for a check that passed without a remark.
    pub message: String,
    /// File and line of the student's code.
    pub source: Option<(String, u32)>,
    /// The whole account as plain text; empty if it is not kept.
    pub detail: String,
    /// The command that repeats it.
    pub repeat: String,
    /// Path of the capture that lies beside the report.
    pub capture: Option<String>,
}

impl Suite {
    /// The suite of one submission.
    pub fn of(visible: &Visible) -> Self {
        let card = visible.card();
        let case = |check: &CheckResult| {
            let mut case = Case::of(check);
            case.capture = match visible.extras().captures.get(&check.id) {
                Some(Capture::Beside(path)) => Some(path.clone()),
                Some(Capture::Embedded(..)) | None => None,
            };
            case
        };
        Suite {
            exercise: card.exercise.clone(),
            title: card.title.clone(),
            key: card.submission.key.clone(),
            not_graded: not_graded(card),
            duration_ms: card.duration_ms,
            started: card.started.clone(),
            isolation: card.isolation.clone(),
            score: (card.score, card.max),
            cases: card.checks.iter().map(case).collect(),
        }
    }

    /// The suite of one submission for a platform that takes the grade from it: what is not shown is one
    /// case without a name, so that the points add up to the grade.
    pub fn with_grade(visible: &Visible) -> Self {
        let mut suite = Suite::of(visible);
        let grade = visible.grade();
        suite.score = (grade.score, grade.max);
        if visible.card().is_practice() && suite.not_graded.is_none() {
            suite.not_graded = Some(format!("{}: run without isolation", words::PRACTICE));
        }
        if let Some(hidden) = visible.withheld() {
            suite.cases.push(Case {
                id: "not-shown".to_owned(),
                title: NOT_SHOWN.to_owned(),
                outcome: if hidden.points >= hidden.max {
                    Outcome::Passed
                } else if hidden.points > 0.0 {
                    Outcome::Partial
                } else {
                    Outcome::Failed
                },
                points: hidden.points,
                max: hidden.max,
                ..Case::empty()
            });
        }
        suite
    }

    /// The suite of one line of a class.
    pub fn of_summary(class: &Class, summary: &Summary) -> Self {
        let exercise = class.exercise(&summary.exercise);
        let heads = exercise.map_or(&[][..], |e| &e.checks);
        let cases = heads.iter().zip(&summary.checks).map(|(head, cell)| Case {
            id: head.id.clone(),
            title: head.title.clone(),
            outcome: cell.outcome,
            advice: head.max == 0.0,
            bonus: head.bonus,
            points: cell.points,
            max: head.max,
            duration_ms: cell.duration_ms,
            cause: cell.cause.clone(),
            message: if cell.message.is_empty() {
                words::without_finding(cell.outcome).to_owned()
            } else {
                cell.message.clone()
            },
            ..Case::empty()
        });
        let graded = summary.status == Status::Graded;
        Suite {
            exercise: summary.exercise.clone(),
            title: exercise.map_or_else(|| summary.exercise.clone(), |e| e.title.clone()),
            key: summary.submission.key.clone(),
            not_graded: (!graded).then(|| summary.error.clone().unwrap_or_default()),
            duration_ms: summary.duration_ms,
            started: summary.started.clone(),
            isolation: summary.isolation.clone(),
            score: (summary.score, summary.max),
            cases: if graded { cases.collect() } else { Vec::new() },
        }
    }
}

fn not_graded(card: &Scorecard) -> Option<String> {
    (card.status == Status::NotGraded).then(|| {
        let why = card.error.clone().unwrap_or_default();
        if why.is_empty() {
            "the reason is not known".to_owned()
        } else {
            why
        }
    })
}

impl Case {
    /// The case of one check, without its capture.
    pub fn of(check: &CheckResult) -> Self {
        let first = check.findings.first();
        let passed = check.outcome == Outcome::Passed;
        Case {
            id: check.id.clone(),
            title: check.title.clone(),
            outcome: check.outcome,
            advice: check.level != Level::Must,
            bonus: check.bonus,
            points: clean(check.points),
            max: clean(check.max),
            duration_ms: check.duration_ms,
            cause: first.map_or_else(String::new, |f| f.cause.clone()),
            message: account::headline(check),
            source: first
                .and_then(|f| f.source.as_ref())
                .map(|s| (s.file.clone(), s.line)),
            detail: if passed && check.findings.is_empty() {
                String::new()
            } else {
                account::plain(check)
            },
            repeat: check.repeat.clone(),
            capture: None,
        }
    }

    fn empty() -> Self {
        Case {
            id: String::new(),
            title: String::new(),
            outcome: Outcome::NotRun,
            advice: false,
            bonus: false,
            points: 0.0,
            max: 0.0,
            duration_ms: 0.0,
            cause: String::new(),
            message: String::new(),
            source: None,
            detail: String::new(),
            repeat: String::new(),
            capture: None,
        }
    }

    /// It failed, wholly or in part, and that costs points.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::Partial) && !self.advice
    }

    /// Points lost.
    pub fn lost(&self) -> f64 {
        if self.bonus {
            0.0
        } else {
            (self.max - self.points).max(0.0)
        }
    }

    /// The sentence, on one line, at most `most` characters.
    pub fn sentence(&self, most: usize) -> String {
        cut(&escape::line(&self.message), most)
    }
}

/// Text of at most `most` characters, with dots at the end if something is missing.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text
            .chars()
            .take(most.saturating_sub(3))
            .chain("...".chars())
            .collect(),
        None => text.to_owned(),
    }
}
