//! CTRF, the Common Test Report Format: strict JSON in which everything of ours lives under `extra`.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::cases::{Case, Suite};
use super::class::Class;
use super::escape;
use super::format::ReportError;
use super::json;
use super::visible::Visible;
use super::words::isolation;
use crate::verdict::Outcome;

/// Characters of a `message` and of a `trace`.
const MESSAGE: usize = 1000;
const TRACE: usize = 20_000;

/// Writes one submission.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::of(visible);
    let version = visible.card().socklab.clone();
    let start = millis(&suite.started);
    let stop = start + suite.duration_ms.round().max(0.0) as i64;
    let level = isolation(&suite.isolation);
    json::write(
        &document(&version, start, stop, &level, tests(&suite, false)),
        w,
    )
}

/// Writes a class: the suite of each test names the submission.
pub fn write_class(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    let start = millis(&class.facts.started);
    let stop = start + class.facts.duration_ms.round().max(0.0) as i64;
    let mut all = Vec::new();
    for summary in &class.submissions {
        all.extend(tests(&Suite::of_summary(class, summary), true));
    }
    let level = class.isolation();
    json::write(&document(&class.facts.socklab, start, stop, &level, all), w)
}

fn millis(started: &str) -> i64 {
    let time: Option<jiff::Timestamp> = started.parse().ok();
    time.map_or(0, jiff::Timestamp::as_millisecond)
}

fn document(version: &str, start: i64, stop: i64, level: &str, tests: Vec<Value>) -> Value {
    let number = |status: &str| tests.iter().filter(|t| t["status"] == status).count();
    json!({
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "generatedBy": format!("socklab {version}"),
        "results": {
            "tool": { "name": "socklab", "version": version },
            "summary": {
                "tests": tests.len(),
                "passed": number("passed"),
                "failed": number("failed"),
                "skipped": number("skipped"),
                "pending": number("pending"),
                "other": number("other"),
                "start": start,
                "stop": stop,
            },
            "tests": tests,
            "extra": { "socklab/isolation": level },
        },
    })
}

fn tests(suite: &Suite, of_class: bool) -> Vec<Value> {
    let exercise = escape::line(&suite.exercise);
    let key = escape::line(&suite.key);
    let path = if of_class {
        vec![exercise, key]
    } else {
        vec![exercise]
    };
    if let Some(why) = &suite.not_graded {
        return vec![json!({
            "name": "grading",
            "suite": path,
            "status": "other",
            "rawStatus": "not-graded",
            "duration": 0,
            "message": escape::line(why),
        })];
    }
    suite.cases.iter().map(|case| test(case, &path)).collect()
}

fn test(case: &Case, path: &[String]) -> Value {
    let (status, raw) = match case.outcome {
        Outcome::Passed => ("passed", "passed"),
        Outcome::Failed | Outcome::Partial if case.advice => ("other", "advice"),
        Outcome::Failed => ("failed", "failed"),
        Outcome::Partial => ("failed", "partial"),
        Outcome::NotRun => ("skipped", "not-run"),
        Outcome::Manual => ("pending", "manual"),
        Outcome::Error => ("other", "error"),
    };
    let mut test = Map::new();
    test.insert("name".into(), escape::line(&case.title).into());
    test.insert("suite".into(), path.into());
    test.insert("status".into(), status.into());
    test.insert("rawStatus".into(), raw.into());
    test.insert(
        "duration".into(),
        (case.duration_ms.round().max(0.0) as i64).into(),
    );
    if !case.message.is_empty() {
        test.insert("message".into(), case.sentence(MESSAGE).into());
    }
    if !case.detail.is_empty() {
        let trace = super::cases::cut(&escape::block(&case.detail), TRACE);
        test.insert("trace".into(), trace.into());
    }
    if let Some((file, line)) = &case.source {
        test.insert("filePath".into(), escape::line(file).into());
        test.insert("line".into(), (*line).into());
    }
    if let Some(capture) = &case.capture {
        let attachment = json!({
            "name": "capture",
            "contentType": "application/vnd.tcpdump.pcap",
            "path": escape::line(capture),
        });
        test.insert("attachments".into(), json!([attachment]));
    }
    let extra = json!({
        "socklab/id": escape::line(&case.id),
        "socklab/score": { "score": case.points, "max": case.max, "bonus": case.bonus },
        "socklab/cause": escape::line(&case.cause),
    });
    test.insert("extra".into(), extra);
    Value::Object(test)
}
