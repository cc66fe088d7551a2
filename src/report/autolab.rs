//! Autolab's last two lines of standard output: feedback by stage, and the scores.
//!
//! Autolab's reader puts quotes around every word before a colon, also inside strings, before it parses:
//! all text here goes through [`escape::autolab`]. Nothing may be printed after these lines.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::cases::{Case, Suite, cut};
use super::escape;
use super::format::ReportError;
use super::json;
use super::visible::Visible;
use super::words::{clean, isolation};
use crate::verdict::Outcome;

/// Characters of a hint.
const HINT: usize = 500;
/// The one stage that all checks are in.
const STAGE: &str = "Checks";

/// Writes one submission: one problem, named like the exercise. One that was not graded has no scores, which
/// Autolab reports as an error of the autograder.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    if let Some(why) = &suite.not_graded {
        writeln!(w, "Not graded: {}", escape::line(why))?;
        return Ok(());
    }
    let mut cases = Map::new();
    for case in &suite.cases {
        let mut name = escape::autolab(&case.title);
        if cases.contains_key(&name) {
            name = format!("{name} ({})", escape::autolab(&case.id));
        }
        cases.insert(name, feedback(case));
    }
    let feedback = json!({ "_presentation": "semantic", "stages": [STAGE], STAGE: cases });
    let score = clean(suite.score.0);
    let scores =
        json!({ "scores": { escape::autolab(&suite.exercise): score }, "scoreboard": [score] });
    let level = isolation(&suite.isolation);
    if !level.is_empty() {
        // Autolab reads the last two lines and shows the rest.
        writeln!(w, "{level}")?;
    }
    json::write_line(&feedback, w)?;
    json::write_line(&scores, w)?;
    Ok(())
}

fn feedback(case: &Case) -> Value {
    let passed = case.outcome == Outcome::Passed;
    if passed || case.message.is_empty() {
        return json!({ "passed": passed });
    }
    let hint = cut(&escape::autolab(&case.message), HINT);
    json!({ "passed": passed, "hint": hint })
}
