//! MarkUs' custom tester: one JSON object per test and line.

use std::io::Write;

use serde_json::json;

use super::cases::{Case, Suite, cut};
use super::escape;
use super::format::ReportError;
use super::json;
use super::visible::Visible;
use crate::verdict::Outcome;

/// Characters of one test's output.
const OUTPUT: usize = 20_000;

/// Writes one submission.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    if let Some(why) = &suite.not_graded {
        let output = format!("Not graded: {}", escape::line(why));
        let error = json!({
            "name": escape::line(&suite.title),
            "output": output,
            "marks_earned": 0,
            "marks_total": 0,
            "status": "error",
            "time": null,
        });
        json::write_line(&error, w)?;
        return Ok(());
    }
    for case in &suite.cases {
        let detail = if case.detail.is_empty() {
            &case.message
        } else {
            &case.detail
        };
        let test = json!({
            "name": escape::line(&case.title),
            "output": cut(&escape::block(detail), OUTPUT),
            "marks_earned": case.points,
            // A bonus adds to the marks without being asked for.
            "marks_total": if case.bonus { 0.0 } else { case.max },
            "status": status(case),
            "time": case.duration_ms.round().max(0.0) as u64,
        });
        json::write_line(&test, w)?;
    }
    Ok(())
}

fn status(case: &Case) -> &'static str {
    match case.outcome {
        Outcome::Passed => "pass",
        Outcome::Partial => "partial",
        Outcome::Failed if case.advice => "pass",
        Outcome::Failed | Outcome::NotRun | Outcome::Manual => "fail",
        Outcome::Error => "error",
    }
}
