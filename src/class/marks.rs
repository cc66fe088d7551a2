//! Points given by a person, kept beside the results so that grading again does not lose them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::run_plan::sorted_json;
use super::store::{Run, StoreError, read_json, safe_name, system, write_whole};
use crate::score::{CheckResult, Scorecard, Status};
use crate::verdict::{Finding, Outcome};

/// Version of a marks file.
const MARKS_VERSION: u32 = 1;

/// The points given by hand to one submission to one exercise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// Version of the file's format.
    pub version: u32,
    /// By check.
    pub checks: BTreeMap<String, Mark>,
}

/// Points for one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The points, from 0 to what the check has.
    pub points: f64,
    /// What the student is told; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Who gave them; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// Why points cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// No such submission or exercise in the run.
    #[error("the run has no result of {key} for {exercise}; grade it first")]
    NoResult {
        /// The submission.
        key: String,
        /// The exercise.
        exercise: String,
    },
    /// No such check.
    #[error("{exercise} has no check {check}; it has {has}")]
    NoCheck {
        /// The exercise.
        exercise: String,
        /// The check asked for.
        check: String,
        /// The checks there are.
        has: String,
    },
    /// More points than the check has, or fewer than none.
    #[error("{points} is not between 0 and {max}, the points of {check}")]
    OutOfRange {
        /// The points asked for.
        points: f64,
        /// The check's points.
        max: f64,
        /// The check.
        check: String,
    },
    /// The run.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Marks {
    /// Puts the points into a scorecard and adds its sums up again.
    pub fn apply(&self, card: &mut Scorecard) {
        if self.checks.is_empty() || card.status != Status::Graded {
            return;
        }
        for check in &mut card.checks {
            if let Some(mark) = self.checks.get(&check.id) {
                mark.apply(check);
            }
        }
        // Points are multiples of a hundredth; adding them must not show what binary fractions do.
        let sum = |of: &dyn Fn(&CheckResult) -> f64| {
            (card.checks.iter().map(of).sum::<f64>() * 1e6).round() / 1e6
        };
        let (score, bonus, waiting) = (
            sum(&|c| c.points),
            sum(&|c| if c.bonus { c.points } else { 0.0 }),
            sum(&|c| {
                if c.outcome == Outcome::Manual {
                    c.max
                } else {
                    0.0
                }
            }),
        );
        (card.score, card.bonus, card.waiting) = (score, bonus, waiting);
    }
}

impl Mark {
    fn apply(&self, check: &mut CheckResult) {
        check.points = self.points.clamp(0.0, check.max.max(0.0));
        check.outcome = match check.points {
            points if points >= check.max => Outcome::Passed,
            0.0 => Outcome::Failed,
            _ => Outcome::Partial,
        };
        let by = if self.by.is_empty() {
            "by hand".to_owned()
        } else {
            format!("by {}", self.by)
        };
        let note = if self.note.is_empty() {
            String::new()
        } else {
            format!(": {}", self.note)
        };
        check.findings.insert(
            0,
            Finding {
                cause: "marked-by-hand".to_owned(),
                message: format!("{} of {} points given {by}{note}", check.points, check.max),
                sent: None,
                expected: None,
                seen: None,
                differs_at: None,
                at_ms: None,
                step: None,
                last_seen: None,
                output: None,
                source: None,
                packets: Vec::new(),
                hint: String::new(),
            },
        );
    }
}

fn path(root: &Path, key: &str, exercise: &str) -> PathBuf {
    root.join("marks")
        .join(safe_name(key))
        .join(format!("{}.json", safe_name(exercise)))
}

/// The marks of a result; empty if none were given.
///
/// # Errors
/// The file is there and damaged.
pub fn read(root: &Path, key: &str, exercise: &str) -> Result<Marks, StoreError> {
    match read_json(&path(root, key, exercise), MARKS_VERSION) {
        Err(StoreError::System { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Marks::default())
        }
        marks => marks,
    }
}

/// Writes marks, in place of those that were there.
///
/// # Errors
/// The file cannot be written.
pub fn write(root: &Path, key: &str, exercise: &str, marks: &Marks) -> Result<(), StoreError> {
    let path = path(root, key, exercise);
    let folder = path.parent().unwrap_or(root);
    std::fs::create_dir_all(folder).map_err(system("write", folder))?;
    write_whole(
        &path,
        sorted_json(&Marks {
            version: MARKS_VERSION,
            ..marks.clone()
        })
        .as_bytes(),
    )
}

/// Gives points to a check of a graded submission, or takes a mark back with `None`.
///
/// # Errors
/// There is no such result or check, or the points are out of range.
pub fn give(
    run: &Run,
    key: &str,
    exercise: &str,
    check: &str,
    mark: Option<Mark>,
) -> Result<Scorecard, MarkError> {
    let no_result = || MarkError::NoResult {
        key: key.to_owned(),
        exercise: exercise.to_owned(),
    };
    let card = run.load(key, exercise)?.ok_or_else(no_result)?;
    let Some(result) = card.checks.iter().find(|c| c.id == check) else {
        let has = card
            .checks
            .iter()
            .map(|c| c.id.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        return Err(MarkError::NoCheck {
            exercise: exercise.to_owned(),
            check: check.to_owned(),
            has,
        });
    };
    let mut marks = read(run.root(), key, exercise)?;
    match mark {
        Some(mark) if !(0.0..=result.max).contains(&mark.points) => {
            return Err(MarkError::OutOfRange {
                points: mark.points,
                max: result.max,
                check: check.to_owned(),
            });
        }
        Some(mark) => {
            marks.checks.insert(check.to_owned(), mark);
        }
        None => {
            marks.checks.remove(check);
        }
    }
    write(run.root(), key, exercise, &marks)?;
    run.load(key, exercise)?.ok_or_else(no_result)
}
