//! One check's events → its judgement.

use std::collections::BTreeMap;

use super::diagnose::{self, Case, Cause};
use super::finding::{Excerpt, Finding, Judgement, Outcome};
use super::history::{self, Beginning, Past, StepPast};
use super::wire;
use crate::capture::Analysis;
use crate::event::{Bytes, Event, Observed, What};
use crate::plan::Files;
use crate::spec::expect::{self, Context};
use crate::spec::{
    Bindings, Check, Level, Mismatch, Spec, Step, WireCheck, initial_bindings, step_at,
};

/// What is known of one program of the submission before anything runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Why there is nothing to start.
    pub problem: Option<String>,
    /// The compiler's output, when it does not compile.
    pub build_output: Option<Vec<u8>>,
}

/// All that a check is judged by.
pub struct Input<'a> {
    /// The exercise.
    pub spec: &'a Spec,
    /// The check.
    pub check: &'a Check,
    /// What happened.
    pub events: &'a [Event],
    /// The check's own capture, analysed; none when nothing was captured or packets were lost.
    pub capture: Option<&'a Analysis>,
    /// The submission's programs by role.
    pub programs: &'a BTreeMap<String, Program>,
    /// The student's files, to show lines of their code and judge handed-in captures.
    pub files: Option<&'a Files>,
}

/// Judges a check that was run.
pub fn judge(input: &Input<'_>) -> Judgement {
    let check = input.check;
    let judgement = |outcome, lost, findings| Judgement {
        check: check.id.clone(),
        outcome,
        lost,
        dead: None,
        findings,
    };
    if let Some(message) = failure(input.events) {
        let finding = Finding::new(
            "grader-failed",
            format!("This check could not be carried out here: {message}"),
        );
        return judgement(Outcome::Error, 0.0, vec![finding]);
    }
    if check.manual.is_some() && check.steps.is_empty() && check.wire.is_empty() {
        return judgement(Outcome::Manual, 0.0, Vec::new());
    }
    let beginning = history::beginning(input.events).unwrap_or_default();
    let bindings = initial_bindings(input.spec, check, beginning.seed).unwrap_or_default();
    let mut lost: f64 = 0.0;
    let mut findings = Vec::new();
    let mut dead = None;
    for failed in step_findings(input, beginning, &bindings) {
        lost += failed.worth.unwrap_or(1.0);
        dead = dead.or(failed.dead);
        findings.push(failed.finding);
    }
    let past = Past::until(input.events, input.events.len(), bindings);
    if !findings.is_empty()
        && let Some(finding) = wire::explains(input, &past)
    {
        // The packets show that it answers, only not whom it should.
        if finding.cause == "wrong-client" {
            findings.retain(|other| other.cause != "one-client-at-a-time");
        }
        findings.insert(0, finding);
    }
    if lost < 1.0 {
        for finding in wire::judge(input, &past) {
            lost += 1.0;
            findings.push(finding);
        }
    }
    if findings.is_empty() && timed_out(input.events) {
        findings.push(Finding::new(
            "limit-wall",
            "The check did not come to an end in time.",
        ));
        lost = 1.0;
    }
    if findings.is_empty()
        && let Some(step) = history::without_end(input.events)
    {
        // Nothing says that it got what it wants.
        let message = format!("The record of this check is not whole: `{step}` has no end.");
        let finding = Finding::new("grader-failed", message);
        return judgement(Outcome::Error, 0.0, vec![finding]);
    }
    // Several facts with a worth may add up to a little more than 1.
    let lost = lost.min(1.0);
    let outcome = match lost {
        0.0 => Outcome::Passed,
        lost if lost < 1.0 => Outcome::Partial,
        _ => Outcome::Failed,
    };
    for finding in &mut findings {
        if finding.hint.is_empty() {
            finding.hint = check.hint.first().to_owned();
        }
    }
    Judgement {
        dead,
        ..judgement(outcome, lost, findings)
    }
}

/// The judgement of a check that was not run, because another one did not pass.
pub fn not_run(check: &Check, because: &str, reason: &str) -> Judgement {
    let message = format!(
        "Not run, because it needs \"{because}\", which did not pass{}.",
        if reason.is_empty() {
            String::new()
        } else {
            format!(": {}", reason.trim_end_matches('.'))
        }
    );
    Judgement {
        check: check.id.clone(),
        outcome: Outcome::NotRun,
        lost: 1.0,
        dead: None,
        findings: vec![Finding::new("needs", message)],
    }
}

/// Whether checks that need this one may run although it did not pass: a wrong port or address costs its
/// own check only, since the others use the place that the program really uses.
pub fn lets_others_go_on(check: &Check, judgement: &Judgement) -> bool {
    match judgement.outcome {
        Outcome::Passed | Outcome::Partial | Outcome::Manual => true,
        _ if check.level != Level::Must => true,
        Outcome::Failed => judgement.findings.first().is_some_and(|finding| {
            matches!(finding.cause.as_str(), "wrong-port" | "wrong-address")
        }),
        Outcome::NotRun | Outcome::Error => false,
    }
}

/// Whether all that is wrong is when something happened, so that a busy machine may be the reason.
pub fn is_timing(judgement: &Judgement) -> bool {
    let mut causes = judgement
        .findings
        .iter()
        .map(|finding| finding.cause.as_str());
    judgement.outcome == Outcome::Failed && causes.all(|cause| cause == "wrong-period")
}

/// Whether a check is judged by files that were handed in, besides what happened.
pub fn reads_files(check: &Check) -> bool {
    let file = |wire: &WireCheck| {
        matches!(
            wire,
            WireCheck::Answer(_) | WireCheck::Protocol(_) | WireCheck::Overhead(_)
        )
    };
    check.capture.is_some() || check.wire.iter().any(file)
}

fn failure(events: &[Event]) -> Option<&str> {
    events.iter().find_map(|event| match &event.what {
        What::GraderFailed { message } => Some(message.as_str()),
        _ => None,
    })
}

fn timed_out(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(event.what, What::OutOfTime))
}

/// A step that did not get what it wants.
struct FailedStep {
    finding: Finding,
    /// The part of the points that it carries; all if none.
    worth: Option<f64>,
    /// The program that it shows to be dead.
    dead: Option<String>,
}

/// Causes that keep a program from doing anything at all, wherever they show.
const DEADLY: [&str; 7] = [
    "no-program",
    "does-not-compile",
    "build-limit",
    "cannot-run",
    "syntax-error",
    "python-2",
    "missing-module",
];

/// The program that a failed step shows to be dead: it never listened, or cannot even be run.
fn dead_program(case: &Case<'_>, cause: &str) -> Option<String> {
    let never_listened = match (case.step, &case.went.observed) {
        (Step::Start(_) | Step::Listening(_), Observed::Listening { places, .. }) => {
            places.is_empty()
        }
        _ => false,
    };
    if let (Step::Start(start), true) = (case.step, never_listened || DEADLY.contains(&cause)) {
        return Some(start.program.clone());
    }
    let (name, _) = case.program()?;
    (never_listened || DEADLY.contains(&cause)).then(|| case.role(&name).to_owned())
}

/// The findings of all steps that did not get what they want.
fn step_findings(input: &Input<'_>, beginning: Beginning, bindings: &Bindings) -> Vec<FailedStep> {
    let steps = history::steps(input.events);
    let abandoned = abandoned_ways(&steps);
    let mut past = Past {
        bindings: bindings.clone(),
        ..Past::default()
    };
    let mut position = 0;
    let mut found = Vec::new();
    for went in &steps {
        for event in &input.events[position..went.position] {
            past.add(event);
        }
        position = went.position;
        if abandoned
            .iter()
            .any(|way| went.path.starts_with(way.as_str()))
        {
            continue;
        }
        let Some(step) = step_at(&input.check.steps, &went.path) else {
            continue;
        };
        if matches!(step, Step::Either(_)) {
            continue;
        }
        let context = Context {
            unix_ms: beginning.unix_ms + (went.ended / 1_000_000) as i64,
            zone_offset_s: beginning.zone_offset_s,
            waited_ms: (went.ended.saturating_sub(went.began) / 1_000_000) as i64,
        };
        let verdict = expect::judge(step, &went.observed, &past.bindings, &context);
        if !verdict.met {
            let past = past.with_last_words(&input.events[position + 1..]);
            let case = Case {
                spec: input.spec,
                check: input.check,
                step,
                went,
                past: &past,
                mismatch: verdict.mismatch.as_ref(),
                programs: input.programs,
                files: input.files,
                capture: input.capture,
            };
            let finding = finding(&case);
            let dead = dead_program(&case, &finding.cause);
            let worth = step.worth();
            found.push(FailedStep {
                finding,
                worth,
                dead,
            });
        }
    }
    found
}

/// Path prefixes of the ways of an `either` that were tried and not followed. When none was followed, the
/// last one's mismatch stands for all.
fn abandoned_ways(steps: &[StepPast]) -> Vec<String> {
    let mut list = Vec::new();
    for went in steps {
        let Observed::Branch { taken } = &went.observed else {
            continue;
        };
        let tried = |index: u64| format!("{}.{index}.", went.path);
        let last = steps
            .iter()
            .filter_map(|other| {
                other
                    .path
                    .strip_prefix(&went.path)?
                    .strip_prefix('.')?
                    .split('.')
                    .next()?
                    .parse()
                    .ok()
            })
            .max()
            .unwrap_or(0);
        list.extend((0..taken.unwrap_or(last)).map(tried));
    }
    list
}

fn finding(case: &Case<'_>) -> Finding {
    let Cause {
        code,
        message,
        hint,
        source,
    } = diagnose::diagnose(case);
    let mut finding = Finding::new(code, message);
    finding.hint = if hint.is_empty() {
        case.step.hint().unwrap_or_default().to_owned()
    } else {
        hint
    };
    finding.source = source.map(|source| with_text(case, source));
    finding.step = Some(case.went.label.clone());
    finding.at_ms = Some(case.went.ended as f64 / 1e6);
    finding.sent = case
        .past
        .last_sent
        .as_ref()
        .map(|(who, bytes, length)| Excerpt {
            label: if case.past.programs.contains_key(who) {
                "typed".into()
            } else {
                format!("{who} sent")
            },
            bytes: bytes.clone(),
            length: *length,
            described: false,
        });
    if let Some(mismatch) = case.mismatch {
        add_difference(&mut finding, case, mismatch);
    }
    finding.last_seen = last_seen(case);
    finding.output = output(case);
    finding
}

/// Most bytes of an excerpt in a finding.
const EXCERPT: usize = 4096;

fn add_difference(finding: &mut Finding, case: &Case<'_>, mismatch: &Mismatch) {
    let length = |bytes: &Bytes| bytes.0.len() as u64;
    if !mismatch.expected.0.is_empty() {
        finding.expected = Some(Excerpt {
            label: "expected".into(),
            length: length(&mismatch.expected),
            bytes: Bytes::capped(&mismatch.expected.0, EXCERPT),
            described: mismatch.described,
        });
    }
    let seen_length = match &case.went.observed {
        Observed::Received { length, .. } | Observed::Silent { length, .. } => *length,
        Observed::Closed { extra_length, .. } => *extra_length,
        _ => length(&mismatch.seen),
    };
    if !mismatch.seen.0.is_empty() {
        // Where no bytes were seen, `seen` is a description, too.
        let of_bytes = match &case.went.observed {
            Observed::Received { .. }
            | Observed::Datagrams { .. }
            | Observed::Printed { .. }
            | Observed::File { .. } => true,
            Observed::Closed { .. } | Observed::Silent { .. } => seen_length > 0,
            _ => false,
        };
        finding.seen = Some(Excerpt {
            label: "got".into(),
            bytes: Bytes::capped(&mismatch.seen.0, EXCERPT),
            length: seen_length,
            described: mismatch.described && !of_bytes,
        });
    }
    finding.differs_at = mismatch.differs_at;
}

fn last_seen(case: &Case<'_>) -> Option<String> {
    let (name, _) = case.program()?;
    let doing = diagnose::end_doing(case.went.observed.end()?)?;
    Some(format!("{name}: {doing}"))
}

/// The end of what the program printed, when it printed anything.
fn output(case: &Case<'_>) -> Option<Excerpt> {
    if let Step::Start(start) = case.step
        && let Some(text) = case
            .programs
            .get(&start.program)
            .and_then(|program| program.build_output.as_ref())
    {
        let label = "the compiler says".into();
        return Some(Excerpt {
            label,
            bytes: Bytes::capped(text, EXCERPT),
            length: text.len() as u64,
            described: false,
        });
    }
    let (name, program) = case.program()?;
    let text = [&program.stdout[..], &program.stderr[..]].concat();
    if text.is_empty() {
        return None;
    }
    const LAST: usize = 1500;
    let from = text.len().saturating_sub(LAST);
    Some(Excerpt {
        label: format!("the {name} printed"),
        bytes: Bytes(text[from..].to_vec()),
        length: text.len() as u64,
        described: false,
    })
}

fn with_text(case: &Case<'_>, source: super::Source) -> super::Source {
    if !source.text.is_empty() {
        return source;
    }
    let line = case.files.and_then(|files| {
        let path = files
            .paths()
            .find(|path| *path == source.file || path.ends_with(&format!("/{}", source.file)))?;
        let text = files.text(path)?;
        text.lines()
            .nth(source.line.checked_sub(1)? as usize)
            .map(|line| line.trim().to_owned())
    });
    super::Source {
        text: line.unwrap_or_default(),
        ..source
    }
}
