//! Points: findings of one submission → its scorecard. Pure.

mod conversation;
mod points;

pub use conversation::conversation;
pub use points::{CheckFacts, check_result, total};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::Bytes;
use crate::spec::{Hidden, Level};
use crate::verdict::{Finding, Outcome, Story};

/// Version of the scorecard's JSON form. A reader refuses a larger one.
pub const SCORECARD_VERSION: u32 = 1;

/// Everything that is known about one submission to one exercise: what every report is rendered from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scorecard {
    /// [`SCORECARD_VERSION`].
    pub version: u32,
    /// Version of socklab that graded.
    pub socklab: String,
    /// The exercise's name.
    pub exercise: String,
    /// The lab's name (the spec's folder).
    pub lab: String,
    /// The exercise's title.
    pub title: String,
    /// Whose it is.
    pub submission: Submission,
    /// Seed of all drawn values.
    pub seed: u64,
    /// Isolation level: `A` to `F` (see `docs/sandbox.md`).
    pub isolation: String,
    /// When grading began: RFC 3339, UTC.
    pub started: String,
    /// How long it took, in milliseconds of wall-clock time.
    pub duration_ms: f64,
    /// What became of the whole.
    pub status: Status,
    /// Points earned by automatic checks and by hand so far, bonus included.
    pub score: f64,
    /// Points of all checks that are not bonus.
    pub max: f64,
    /// Points earned in bonus checks (already part of `score`).
    pub bonus: f64,
    /// Points that wait for a person.
    pub waiting: f64,
    /// The checks in the spec's order.
    pub checks: Vec<CheckResult>,
    /// The programs found.
    pub programs: Vec<ProgramResult>,
    /// Remarks on the submission as a whole: files left out, Python 2, an address that differs.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Digests of the packets of captures that were handed in, by file: two submissions with the same one
    /// have the same capture, whatever format it was saved in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, String>,
    /// Why it could not be graded, when `status` is `not_graded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Scorecard {
    /// It was run without isolation: practice, not for credit. No platform gets a grade from it.
    pub fn is_practice(&self) -> bool {
        self.isolation == UNFENCED
    }
}

/// The isolation level that is none.
const UNFENCED: &str = "F";

/// Whose submission it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submission {
    /// The key: folder or archive name without its ending, or the student's id from a learning platform's bundle.
    pub key: String,
    /// The student's or group's name, when known (joined from a roster or a bundle).
    #[serde(default)]
    pub name: String,
    /// Facts of the platform the submission came from: `moodle_id`, `canvas_id`, `late` …
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
    /// SHA-256 of the submission's files, in hexadecimal.
    #[serde(default)]
    pub digest: String,
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All checks were judged (some may wait for a person).
    Graded,
    /// The machine or socklab failed, or it was never run: no score, never 0.
    NotGraded,
}

/// One check's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// The check's id.
    pub id: String,
    /// The check's title.
    pub title: String,
    /// `must`, `should` or `info`.
    pub level: Level,
    /// Its points come on top.
    pub bonus: bool,
    /// Who may see it.
    pub hidden: Hidden,
    /// What became of it.
    pub outcome: Outcome,
    /// Points earned.
    pub points: f64,
    /// Points to be had.
    pub max: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// What is wrong or worth knowing, the most important first.
    pub findings: Vec<Finding>,
    /// What happened, for the timeline in reports: the conversation in order (capped).
    #[serde(default)]
    pub conversation: Vec<Line>,
    /// What the programs called, beside what the check needs; only for checks that did not pass, and when
    /// it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stories: Vec<Story>,
    /// The check's capture, relative to the scorecard's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<String>,
    /// The capture lost packets; wire assertions were then not judged.
    #[serde(default)]
    pub capture_incomplete: bool,
    /// It failed for nothing but time and was run once more, with a core of its own and twice the patience; this is
    /// the result of that second run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// The command that runs this check again with the same values.
    pub repeat: String,
    /// The check's hint for students.
    #[serde(default)]
    pub hint: String,
    /// What a person should look for, for manual checks.
    #[serde(default)]
    pub manual: String,
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Milliseconds since the check began.
    pub at_ms: f64,
    /// Who: an actor's or a program's name, or `grader`.
    pub who: String,
    /// What kind: `sent`, `received`, `printed`, `typed`, `connected`, `closed`, `exited`, `step`, `note`.
    pub kind: String,
    /// The bytes or the text (cut).
    pub bytes: Bytes,
    /// How many bytes there were, when `bytes` is cut.
    pub length: u64,
}

/// One program of the submission.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProgramResult {
    /// The role: `server`.
    pub role: String,
    /// The file it was found in, relative to the submission; empty if none was found.
    pub file: String,
    /// The language, e.g. `Python 3`.
    pub language: String,
    /// Why that file was taken, or what is wrong.
    #[serde(default)]
    pub remark: String,
    /// The compiler's output when it does not build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_output: Option<Bytes>,
}
