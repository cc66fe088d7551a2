//! Classroom 50's `result.json`, and the results of the retired GitHub Classroom for those who still run
//! its reporter.

use std::io::Write;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::cases::{Case, Suite, cut};
use super::escape;
use super::format::{Format, Options, ReportError};
use super::json;
use super::visible::Visible;
use super::words::clean;
use crate::verdict::Outcome;

/// Classroom 50 takes whole numbers only, so that points are given in hundredths: always, because the same
/// exercise must have the same maximum for everyone, and partial credit can be any fraction.
const HUNDREDTHS: f64 = 100.0;
/// Characters of a message. The old reporter passes results through an environment variable, which Linux
/// limits to 128 KiB.
const MESSAGE: usize = 500;

/// Writes one submission for Classroom 50. Its identity comes from the platform's environment.
///
/// # Errors
/// When the submission was not graded (the runner must fail then, so that no result is stored), or the
/// environment lacks the identity.
pub fn write_50(
    visible: &Visible,
    options: &Options,
    w: &mut dyn Write,
) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    let missing = |what: &str| ReportError::Missing {
        format: Format::Classroom50,
        what: what.to_owned(),
    };
    if suite.not_graded.is_some() {
        return Err(missing("a graded submission: let the job fail instead"));
    }
    let fact = |name: &str| {
        options
            .platform
            .get(name)
            .filter(|v| !v.is_empty())
            .cloned()
    };
    let mut result = Map::new();
    result.insert("schema".into(), "classroom50/result/v1".into());
    for (key, name) in [("classroom", "CLASSROOM"), ("assignment", "ASSIGNMENT")] {
        let value =
            fact(name).ok_or_else(|| missing(&format!("the environment variable {name}")))?;
        result.insert(key.into(), value.into());
    }
    let facts = [
        ("assignment_type", "ASSIGNMENT_TYPE"),
        ("submission", "SUBMISSION_TAG"),
        ("commit", "COMMIT_URL"),
        ("release", "RELEASE_URL"),
        ("review", "REVIEW_URL"),
    ];
    for (key, name) in facts {
        if let Some(value) = fact(name) {
            result.insert(key.into(), value.into());
        }
    }
    let date = fact("SOCKLAB_COMMIT_DATE").unwrap_or_else(|| visible.card().started.clone());
    let date: jiff::Timestamp = date
        .parse()
        .map_err(|_| missing("SOCKLAB_COMMIT_DATE as `git log -1 --format=%cI` prints it"))?;
    result.insert(
        "datetime".into(),
        date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
    );
    result.insert("score".into(), hundredths(suite.score.0).into());
    result.insert("max-score".into(), hundredths(suite.score.1).into());
    let tests: Vec<Value> = suite.cases.iter().map(test_50).collect();
    result.insert("tests".into(), tests.into());
    json::write(&result, w)
}

fn hundredths(value: f64) -> i64 {
    (value * HUNDREDTHS).round() as i64
}

fn test_50(case: &Case) -> Value {
    json!({
        "test-name": escape::line(&case.title),
        "passed": case.outcome == Outcome::Passed,
        "score": hundredths(case.points),
        "max-score": if case.bonus { 0 } else { hundredths(case.max) },
        "message": case.sentence(MESSAGE),
    })
}

/// Writes one submission as the old GitHub Classroom's graders set it as their output: `result=` and the
/// base64 form of a JSON object. Tests score in whole numbers if their maxima are whole.
pub fn write_legacy(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    let whole = suite.cases.iter().all(|c| c.max.fract() == 0.0);
    let scale = if whole { 1.0 } else { HUNDREDTHS };
    let passed = suite
        .cases
        .iter()
        .all(|c| !c.failed() && c.outcome != Outcome::NotRun);
    let status = match (&suite.not_graded, passed) {
        (Some(_), _) => "error",
        (None, true) => "pass",
        (None, false) => "fail",
    };
    let tests: Vec<Value> = suite.cases.iter().map(|case| legacy(case, scale)).collect();
    let result = json!({
        "version": 1,
        "status": status,
        "max_score": (suite.score.1 * scale).round() as i64,
        "tests": tests,
    });
    let text = base64::engine::general_purpose::STANDARD.encode(result.to_string());
    writeln!(w, "result={text}")?;
    Ok(())
}

fn legacy(case: &Case, scale: f64) -> Value {
    let status = match case.outcome {
        Outcome::Passed => "pass",
        Outcome::Error => "error",
        _ if case.advice => "pass",
        _ => "fail",
    };
    let message = match case.message.as_str() {
        "" => Value::Null,
        text => cut(&escape::line(text), MESSAGE).into(),
    };
    json!({
        "name": escape::line(&case.title),
        "status": status,
        // Without a number the old reporter's total is NaN.
        "score": clean(case.points * scale),
        "message": message,
        "test_code": cut(&escape::line(&case.repeat), MESSAGE),
        "filename": "",
        "line_no": 0,
        "execution_time": format!("{:.2}s", case.duration_ms / 1000.0),
    })
}
