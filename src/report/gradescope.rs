//! Gradescope's `results.json`. Gradescope itself hides tests by their visibility, so that its file may
//! hold everything when it is made for the instructor.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::cases::{Case, Suite, cut};
use super::escape;
use super::format::ReportError;
use super::json;
use super::visible::{Audience, Visible};
use super::words::{clean, isolation};
use crate::score::CheckResult;
use crate::spec::Hidden;
use crate::verdict::Outcome;

/// Characters of one test's output.
const OUTPUT: usize = 20_000;

/// Writes one submission. A submission that was not graded has no score in it, which Gradescope reports
/// as a failed autograder and never as 0 points.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    let card = visible.card();
    if let Some(why) = &suite.not_graded {
        let text = format!("Not graded: {}. No points are lost.", escape::block(why));
        return json::write(&json!({ "output": text, "output_format": "text" }), w);
    }
    let tests = tests(visible, &suite.cases);
    let shown = visible.narrowed(Audience::Student);
    let notes = shown.card().notes.iter();
    let level = isolation(&card.isolation);
    let level = Some(level).filter(|level| !level.is_empty());
    let notes = notes.map(|note| escape::block(note)).chain(level);
    let notes: Vec<String> = notes.collect();
    let document = json!({
        "score": clean(suite.score.0),
        "execution_time": (suite.duration_ms / 1000.0 * 1000.0).round() / 1000.0,
        "output": notes.join("\n"),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": { "socklab": { "version": card.socklab, "exercise": card.exercise, "seed": card.seed } },
    });
    json::write(&document, w)
}

/// One test per case. Gradescope hides whole tests, so that each is told as its own readers may know it: one
/// that students see does not name one that they do not.
fn tests(visible: &Visible, cases: &[Case]) -> Vec<Value> {
    let checks = &visible.card().checks;
    let tiers = [
        Audience::Student,
        Audience::StudentAfterDue,
        Audience::Instructor,
    ]
    .map(|audience| (audience, Suite::of(&visible.narrowed(audience)).cases));
    let as_seen = |check: &CheckResult| {
        let (_, cases) = tiers.iter().find(|t| t.0 == Audience::of(check.hidden))?;
        cases.iter().find(|case| case.id == check.id)
    };
    let numbered = cases.iter().enumerate();
    numbered
        .map(|(i, case)| match checks.get(i) {
            Some(check) => test(as_seen(check).unwrap_or(case), i + 1, check.hidden),
            // The one line for what was withheld already.
            None => test(case, i + 1, Hidden::Never),
        })
        .collect()
}

fn test(case: &Case, number: usize, hidden: Hidden) -> Value {
    let mut test = Map::new();
    test.insert("name".into(), escape::line(&case.title).into());
    test.insert("number".into(), number.to_string().into());
    test.insert("output".into(), cut(&output(case), OUTPUT).into());
    test.insert("visibility".into(), visibility(hidden).into());
    let mut tags = vec![case.id.clone()];
    if case.bonus {
        tags.push("bonus".to_owned());
    }
    if case.advice {
        tags.push("advice".to_owned());
    }
    test.insert("tags".into(), tags.into());
    let judged = !matches!(case.outcome, Outcome::Manual | Outcome::Error);
    // What nobody judged has no score; advice has none to give.
    if judged && case.max > 0.0 {
        test.insert("score".into(), case.points.into());
        test.insert("max_score".into(), case.max.into());
    }
    if judged {
        let passed = case.outcome == Outcome::Passed;
        test.insert(
            "status".into(),
            if passed { "passed" } else { "failed" }.into(),
        );
    }
    Value::Object(test)
}

fn output(case: &Case) -> String {
    let text = if case.detail.is_empty() {
        &case.message
    } else {
        &case.detail
    };
    // Gradescope wants line feeds only; `block` has made a carriage return visible.
    escape::block(text)
}

fn visibility(hidden: Hidden) -> &'static str {
    match hidden {
        Hidden::Never => "visible",
        Hidden::UntilDue => "after_due_date",
        Hidden::Always => "hidden",
    }
}
