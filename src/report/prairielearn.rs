//! PrairieLearn's `results.json` for external graders: a score from 0 to 1, at most 1 MB.

use std::io::Write;

use serde_json::{Value, json};

use super::cases::{Case, Suite, cut};
use super::escape;
use super::format::ReportError;
use super::json;
use super::visible::Visible;
use super::words::{clean, isolation, share};

/// PrairieLearn refuses more than 1 MB; what is above this loses the outputs of its tests.
const MOST: usize = 900_000;
/// Characters of one test's output and message.
const OUTPUT: usize = 40_000;
const MESSAGE: usize = 1000;

/// Writes one submission. One that was not graded is not gradable there either: it costs no attempt.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    if let Some(why) = &suite.not_graded {
        let why = format!("Not graded: {}", escape::line(why));
        return json::write(&json!({ "gradable": false, "format_errors": [why] }), w);
    }
    let full = document(visible, &suite, OUTPUT);
    if full.to_string().len() <= MOST {
        return json::write(&full, w);
    }
    json::write(&document(visible, &suite, 500), w)
}

fn document(visible: &Visible, suite: &Suite, output: usize) -> Value {
    let notes: Vec<String> = visible
        .card()
        .notes
        .iter()
        .map(|n| escape::block(n))
        .chain(Some(isolation(&suite.isolation)).filter(|level| !level.is_empty()))
        .collect();
    let (score, max) = suite.score;
    json!({
        "gradable": true,
        "score": clean(share(score, max)),
        "message": escape::line(&suite.title),
        "output": cut(&notes.join("\n"), output),
        "tests": suite.cases.iter().map(|case| test(case, output)).collect::<Vec<Value>>(),
    })
}

/// Every test has points, also those without: one that lacks them would switch the points of all off.
fn test(case: &Case, output: usize) -> Value {
    json!({
        "name": escape::line(&case.title),
        "description": if case.bonus { "bonus" } else { "" },
        "points": case.points,
        "max_points": case.max,
        "message": case.sentence(MESSAGE),
        "output": cut(&escape::block(&case.detail), output),
    })
}
