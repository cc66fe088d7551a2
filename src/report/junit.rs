//! JUnit XML, for Jenkins, GitLab and everything else that reads test results.
//!
//! A wrong program is a `failure`, a machine that could not grade an `error`, what was not run `skipped`.
//! Points have no place in the format: they are properties of the suite, and the account of each case that
//! lost some names them. So has the student's file and line: Jenkins' schema knows no `file` on a test case.
//! Names of cases stay the same from run to run, so that platforms can compare.

use std::io::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::cases::{Case, Suite};
use super::class::Class;
use super::escape;
use super::format::ReportError;
use super::visible::Visible;
use super::words::{isolation, points, points_unit};
use crate::verdict::Outcome;

/// Characters of a `message` attribute.
const MESSAGE: usize = 1000;

/// Writes one submission.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::of(visible);
    let mut report = Report::new(escape::line(&suite.title));
    report.set_time(seconds(suite.duration_ms));
    report.add_test_suite(test_suite(&suite));
    write(&report, w)
}

/// Writes a class: one suite per submission.
pub fn write_class(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    let mut report = Report::new(escape::line(&class.title));
    report.set_time(seconds(class.facts.duration_ms));
    for summary in &class.submissions {
        report.add_test_suite(test_suite(&Suite::of_summary(class, summary)));
    }
    write(&report, w)
}

fn write(report: &Report, w: &mut dyn Write) -> Result<(), ReportError> {
    let text = report
        .to_string()
        .map_err(|e| std::io::Error::other(e.to_string()))?;
    w.write_all(without_skipped(&text).as_bytes())?;
    Ok(())
}

/// Jenkins' schema knows no `skipped` on the root, which the writer always adds.
fn without_skipped(text: &str) -> String {
    let parts = text.split_once("<testsuites").and_then(|(before, rest)| {
        rest.split_once('>')
            .map(|(tag, after)| (before, tag, after))
    });
    let Some((before, tag, after)) = parts else {
        return text.to_owned();
    };
    // Quotes inside a value are entities, so that this cannot be part of one.
    let tag = match tag.split_once(" skipped=\"") {
        Some((left, right)) => left.to_owned() + right.split_once('"').map_or("", |r| r.1),
        None => tag.to_owned(),
    };
    format!("{before}<testsuites{tag}>{after}")
}

fn seconds(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

fn test_suite(suite: &Suite) -> TestSuite {
    // Readers take what stands before the last dot for a package.
    let key = escape::line(&suite.key).replace('.', "_");
    let class = format!("{}.{key}", escape::line(&suite.exercise));
    let mut out = TestSuite::new(class.as_str());
    out.set_time(seconds(suite.duration_ms));
    if let Some(time) = timestamp(&suite.started) {
        out.extra.insert("timestamp".into(), time.into());
    }
    if let Some(why) = &suite.not_graded {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(escape::line(why));
        status.set_type("not-graded");
        status.set_description(escape::xml(why));
        let mut case = TestCase::new("grading", status);
        case.set_classname(class.as_str());
        case.set_time(Duration::ZERO);
        out.add_test_case(case);
        return out;
    }
    out.add_property(Property::new("score", points(suite.score.0)));
    out.add_property(Property::new("max-score", points(suite.score.1)));
    if !suite.isolation.is_empty() {
        out.add_property(Property::new("isolation", isolation(&suite.isolation)));
    }
    let mut names: Vec<String> = Vec::new();
    for case in &suite.cases {
        // Readers keep only the first of two cases of the same name.
        let mut name = escape::line(&case.title);
        if names.contains(&name) {
            name = format!("{name} ({})", case.id);
        }
        out.add_test_case(test_case(case, &class, &name));
        names.push(name);
    }
    out
}

fn test_case(case: &Case, class: &str, name: &str) -> TestCase {
    let mut status = match case.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed | Outcome::Partial if case.advice => TestCaseStatus::skipped(),
        Outcome::Failed | Outcome::Partial => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::NotRun | Outcome::Manual => TestCaseStatus::skipped(),
    };
    if case.outcome != Outcome::Passed {
        status.set_message(case.sentence(MESSAGE));
        if !case.cause.is_empty() {
            status.set_type(escape::line(&case.cause));
        }
        // Jenkins shows the message of what was skipped, GitLab only this text.
        status.set_description(escape::xml(&description(case)));
    }
    let mut out = TestCase::new(name, status);
    out.set_classname(class);
    out.set_time(seconds(case.duration_ms));
    if let Some(capture) = &case.capture {
        // Alone on its line: the attachment convention of GitLab and Jenkins.
        out.set_system_out(format!("[[ATTACHMENT|{}]]", escape::line(capture)));
    }
    out
}

fn description(case: &Case) -> String {
    let score = format!("{} of {}", points(case.points), points_unit(case.max));
    if case.detail.is_empty() {
        format!("{score}\n{}", case.message)
    } else {
        format!("{score}\n{}", case.detail)
    }
}

/// A time as XML Schema's dateTime without a zone, in UTC, which is what the readers expect.
fn timestamp(started: &str) -> Option<String> {
    let time: jiff::Timestamp = started.parse().ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}
