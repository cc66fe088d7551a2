//! Exercism's `results.json`, version 2.

use std::io::Write;

use serde_json::{Value, json};

use super::cases::{Case, Suite, cut};
use super::escape;
use super::excerpt;
use super::format::ReportError;
use super::json;
use super::visible::Visible;
use crate::score::CheckResult;
use crate::verdict::Outcome;

/// The format's own limits, in characters.
const MESSAGE: usize = 65_535;
const OUTPUT: usize = 500;

/// Writes one submission.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::of(visible);
    let error = suite
        .not_graded
        .as_ref()
        .map(|why| format!("Not graded: {why}"));
    if let Some(message) = error.or_else(|| nothing_ran(visible)) {
        let message = cut(&escape::block(&message), MESSAGE);
        return json::write(
            &json!({ "version": 2, "status": "error", "message": message, "tests": [] }),
            w,
        );
    }
    let tests: Vec<Value> = suite
        .cases
        .iter()
        .zip(&visible.card().checks)
        // The format knows no test that waits for a person.
        .filter(|(case, _)| case.outcome != Outcome::Manual)
        .map(|(case, check)| test(case, check))
        .collect();
    let failed = suite
        .cases
        .iter()
        .any(|c| c.failed() || c.outcome == Outcome::NotRun);
    let status = if failed { "fail" } else { "pass" };
    json::write(
        &json!({ "version": 2, "status": status, "message": null, "tests": tests }),
        w,
    )
}

/// The compiler's output, when no program could be built and so no check was run.
fn nothing_ran(visible: &Visible) -> Option<String> {
    let card = visible.card();
    let ran = card.checks.iter().any(|c| c.outcome == Outcome::Passed);
    let output = card.programs.iter().find_map(|p| p.build_output.as_ref())?;
    (!ran).then(|| output.lossy().into_owned())
}

fn test(case: &Case, check: &CheckResult) -> Value {
    let status = match case.outcome {
        Outcome::Passed => "pass",
        Outcome::Failed | Outcome::Partial if case.advice => "pass",
        Outcome::Failed | Outcome::Partial => "fail",
        Outcome::NotRun | Outcome::Manual | Outcome::Error => "error",
    };
    let mut test = json!({
        "name": escape::line(&case.title),
        "status": status,
        "test_code": escape::line(&case.repeat),
    });
    if status != "pass" {
        let detail = if case.detail.is_empty() {
            &case.message
        } else {
            &case.detail
        };
        test["message"] = cut(&escape::block(detail), MESSAGE).into();
    }
    let output = check.findings.iter().find_map(|f| f.output.as_ref());
    if let Some(output) = output {
        let (lines, _) = excerpt::tail(output, 12);
        let text = lines.join("\n");
        // The end says what went wrong.
        let from = text.chars().count().saturating_sub(OUTPUT);
        test["output"] = text.chars().skip(from).collect::<String>().into();
    }
    test
}
