//! Findings: judged facts about a check.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::Bytes;

/// What a check came to, before points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The check's id.
    pub check: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Part of its points that is lost, 0 to 1: 1 for a failed check without partial credit.
    pub lost: f64,
    /// The program that could not be started or never came to work: what needs it says nothing new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
    /// What is wrong or worth knowing, the most important first. Empty for a check that passed without remarks.
    pub findings: Vec<Finding>,
}

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All that it asks for holds.
    Passed,
    /// Something does not hold.
    Failed,
    /// Something with a `worth` of its own does not hold.
    Partial,
    /// A check that it needs did not pass, or the program did not start.
    NotRun,
    /// A person judges it.
    Manual,
    /// The machine or socklab failed: not graded, never 0 points.
    Error,
}

/// One judged fact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The cause's stable name, in kebab-case: `wrong-port`, `one-message-only`, `mismatch` … (`docs/causes.md`).
    pub cause: String,
    /// The cause as one sentence in the student's words.
    pub message: String,
    /// What was sent last before it, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Excerpt>,
    /// What was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Excerpt>,
    /// What came instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Excerpt>,
    /// Offset in bytes of the first difference between `expected` and `seen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs_at: Option<u64>,
    /// When, in milliseconds since the check began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<f64>,
    /// The step it is about, as a line of the spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The last thing that was seen of the program: "it waits in recv() for alice".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// The end of the program's own output, when it helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Excerpt>,
    /// File and line of the student's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Numbers of packets in the check's capture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packets: Vec<u64>,
    /// What to look at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// Bytes shown to a student, with where they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Excerpt {
    /// A word or two before it: `alice sent`, `the program printed`.
    pub label: String,
    /// The bytes (cut in the middle if `length` is larger); or the pattern, for an expectation with holes.
    pub bytes: Bytes,
    /// How many bytes there were.
    pub length: u64,
    /// It is a description or a pattern, not bytes as they go over the wire.
    #[serde(default)]
    pub described: bool,
}

/// A line of the student's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The file, relative to the submission.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The line's text, when it is known.
    #[serde(default)]
    pub text: String,
}

impl Finding {
    /// A finding that says only what is wrong.
    pub fn new(cause: impl Into<String>, message: impl Into<String>) -> Self {
        let cause = cause.into();
        debug_assert!(
            super::causes::is_known(&cause),
            "docs/causes.md has no line for `{cause}`"
        );
        Finding {
            cause,
            message: message.into(),
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
        }
    }
}
