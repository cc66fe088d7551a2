//! Submitty's `validation_results.json` for a custom validator: a score from 0 to 1 and messages.

use std::io::Write;

use serde_json::{Value, json};

use super::cases::{Case, Suite, cut};
use super::escape;
use super::format::ReportError;
use super::json;
use super::visible::Visible;
use super::words::{clean, isolation, points, share};
use crate::verdict::Outcome;

/// Characters of one message.
const MESSAGE: usize = 4000;

/// Writes one submission. For one that was not graded the validator itself has failed, which staff see.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    if let Some(why) = &suite.not_graded {
        let message = format!("Not graded: {}", escape::line(why));
        return json::write(&json!({ "status": "failure", "message": message }), w);
    }
    let (score, max) = suite.score;
    let full = score >= max;
    let mut messages: Vec<Value> = suite.cases.iter().map(message).collect();
    let level = isolation(&suite.isolation);
    if !level.is_empty() {
        messages.push(json!({ "message": level, "status": "information" }));
    }
    let data = json!({
        "score": clean(share(score, max)),
        "message": messages,
        "status": if full { "success" } else { "failure" },
    });
    json::write(&json!({ "status": "success", "data": data }), w)
}

fn message(case: &Case) -> Value {
    let status = match case.outcome {
        Outcome::Passed => "success",
        Outcome::Failed | Outcome::Partial if !case.advice => "failure",
        Outcome::NotRun | Outcome::Error => "warning",
        Outcome::Failed | Outcome::Partial | Outcome::Manual => "information",
    };
    let mut text = escape::line(&case.title);
    if case.max > 0.0 {
        text += &format!(" ({}/{})", points(case.points), points(case.max));
    }
    if !case.message.is_empty() {
        text += &format!(": {}", escape::line(&case.message));
    }
    json!({ "message": cut(&text, MESSAGE), "status": status })
}
