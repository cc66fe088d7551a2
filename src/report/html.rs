//! One submission as one self-contained HTML file: no script, no network, readable in light, dark and
//! print. The templates escape every value; what they get has been made visible by the excerpt first.

use std::io::Write;

use askama::Template;
use base64::Engine as _;

use super::account;
use super::escape;
use super::format::ReportError;
use super::paint::{Look, Painter, Tone};
use super::visible::{Capture, Visible};
use super::words::{self, count, duration, points, points_unit, share};
use crate::score::{CheckResult, Status};
use crate::spec::{Hidden, Level};
use crate::verdict::{Outcome, Story};

/// Lines of the conversation that a page shows, and their columns.
const TIMELINE_LINES: usize = 500;
const TIMELINE_COLUMNS: usize = 300;
/// Characters of a sentence outside its check.
const SENTENCE: usize = 300;

mod finding;
mod inert;

pub(super) use inert::address;

use finding::{FindingView, bare, finding};
use inert::is_inert;

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    who: String,
    files: Vec<String>,
    score_line: String,
    score: String,
    max: String,
    percent: String,
    totals: Vec<String>,
    not_graded: Option<String>,
    first: Option<First>,
    checks: Vec<CheckView>,
    notes: Vec<String>,
    facts: String,
}

/// The check to begin with.
struct First {
    anchor: String,
    title: String,
    cause: String,
}

struct CheckView {
    anchor: String,
    title: String,
    sign: &'static str,
    word: &'static str,
    tone: &'static str,
    points: String,
    tags: Vec<&'static str>,
    /// There is nothing to unfold.
    plain: bool,
    open: bool,
    findings: Vec<FindingView>,
    fields: Vec<(&'static str, String)>,
    repeat: String,
    capture: Option<(String, String)>,
    stories: Vec<StoryView>,
    timeline: Vec<(String, String, String, String)>,
    timeline_title: String,
    svg: Option<String>,
    ladder: Option<String>,
}

/// The calls that are needed beside those that were made.
struct StoryView {
    program: String,
    turn: String,
    /// Needed, called, wrong.
    rows: Vec<(String, String, bool)>,
    more: String,
}

/// Writes the page of one submission.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    page(visible).write_into(&mut *w)?;
    w.write_all(b"\n")?;
    Ok(())
}

fn page(visible: &Visible) -> Page {
    let card = visible.card();
    let graded = card.status == Status::Graded;
    let who = if card.submission.name.is_empty() {
        card.submission.key.clone()
    } else {
        format!("{} ({})", card.submission.name, card.submission.key)
    };
    let not_graded = (!graded).then(|| {
        let why = card.error.as_deref().unwrap_or("The reason is not known.");
        escape::block(why)
    });
    let files = card.programs.iter().filter(|p| !p.file.is_empty());
    Page {
        title: escape::line(&card.title),
        who: escape::line(&who),
        files: files.map(|p| escape::line(&p.file)).collect(),
        score_line: if graded {
            format!("{}/{}", points(card.score), points(card.max))
        } else {
            "not graded".to_owned()
        },
        score: points(card.score),
        max: points_unit(card.max),
        percent: format!("{:.0}", share(card.score, card.max) * 100.0),
        totals: totals(visible),
        not_graded,
        first: first(visible),
        checks: (0..card.checks.len()).map(|i| check(visible, i)).collect(),
        notes: card.notes.iter().map(|n| escape::block(n)).collect(),
        facts: format!(
            "Graded by socklab {} on {} in {}, with seed {}{}.",
            escape::line(&card.socklab),
            escape::line(&words::moment(&card.started)),
            duration(card.duration_ms),
            card.seed,
            after_comma(&words::isolation(&card.isolation)),
        ),
    }
}

/// What was run nowhere has no level.
pub(super) fn after_comma(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(", {text}")
    }
}

/// What stands below the score.
pub(super) fn totals(visible: &Visible) -> Vec<String> {
    let card = visible.card();
    let mut lines = Vec::new();
    if card.is_practice() {
        let practice = words::capital(words::PRACTICE);
        lines.push(format!(
            "{practice}: the program was run without isolation."
        ));
    }
    if card.bonus > 0.0 {
        lines.push(format!("{} of them are bonus.", points(card.bonus)));
    }
    if card.waiting > 0.0 {
        lines.push(format!(
            "Up to {} more wait for a person.",
            points_unit(card.waiting)
        ));
    }
    if let Some(hidden) = visible.withheld() {
        lines.push(format!(
            "{} worth {} are not shown here and not part of these numbers.",
            count(hidden.checks as u64, "more check"),
            points_unit(hidden.max)
        ));
    }
    lines
}

fn first(visible: &Visible) -> Option<First> {
    let failed = |c: &CheckResult| matches!(c.outcome, Outcome::Failed | Outcome::Partial);
    let at = visible.card().checks.iter().position(failed)?;
    let check = &visible.card().checks[at];
    Some(First {
        anchor: anchor(at),
        title: escape::line(&check.title),
        cause: sentence(&account::headline(check)),
    })
}

/// A sentence that may quote a student's program: one line, not too long.
pub(super) fn sentence(text: &str) -> String {
    match text.char_indices().nth(SENTENCE) {
        Some((end, _)) => escape::line(&text[..end]) + " […]",
        None => escape::line(text),
    }
}

fn anchor(index: usize) -> String {
    format!("check-{}", index + 1)
}

fn check(visible: &Visible, index: usize) -> CheckView {
    let check = &visible.card().checks[index];
    let extras = visible.extras();
    let look = Look::default();
    let svg = extras
        .svg
        .get(&check.id)
        .filter(|svg| is_inert(svg))
        .cloned();
    let ladder = extras.ladder.get(&check.id).map(|l| escape::block(l));
    let passed = check.outcome == Outcome::Passed;
    let mut findings: Vec<FindingView> = check.findings.iter().map(finding).collect();
    if findings.is_empty() && !passed {
        findings.push(bare(words::capital(&account::headline(check))));
    }
    let capture = extras.captures.get(&check.id).map(capture);
    let plain = findings.is_empty()
        && check.conversation.is_empty()
        && svg.is_none()
        && ladder.is_none()
        && capture.is_none();
    CheckView {
        anchor: anchor(index),
        title: escape::line(&check.title),
        sign: Painter::new(&look).sign(check.outcome),
        word: words::outcome(check.outcome),
        tone: tone(check.outcome),
        points: if check.max > 0.0 {
            format!("{}/{}", points(check.points), points(check.max))
        } else {
            String::new()
        },
        tags: tags(check),
        plain,
        open: !findings.is_empty() && check.outcome != Outcome::NotRun,
        fields: fields(check),
        repeat: if matches!(
            check.outcome,
            Outcome::Failed | Outcome::Partial | Outcome::Error
        ) {
            escape::line(&check.repeat)
        } else {
            String::new()
        },
        capture,
        stories: check.stories.iter().map(story).collect(),
        timeline: timeline(check),
        timeline_title: count(check.conversation.len() as u64, "line"),
        findings,
        svg,
        ladder,
    }
}

fn story(story: &Story) -> StoryView {
    StoryView {
        program: escape::line(&story.program),
        turn: escape::line(&story.turn),
        rows: story
            .rows
            .iter()
            .map(|row| {
                (
                    escape::line(&row.needed),
                    escape::line(&row.seen),
                    row.wrong,
                )
            })
            .collect(),
        more: if story.more > 0 {
            format!("… and {}", count(story.more, "call"))
        } else {
            String::new()
        },
    }
}

/// The class of an outcome in the style sheet.
pub(super) fn tone(outcome: Outcome) -> &'static str {
    match Tone::of(outcome) {
        Tone::Good => "good",
        Tone::Bad => "bad",
        _ => "warn",
    }
}

fn tags(check: &CheckResult) -> Vec<&'static str> {
    let mut tags = Vec::new();
    if check.bonus {
        tags.push("bonus");
    }
    if check.level != Level::Must {
        tags.push("advice");
    }
    if check.hidden != Hidden::Never {
        tags.push("hidden from students");
    }
    if !matches!(check.outcome, Outcome::Passed | Outcome::Failed) {
        tags.push(words::outcome(check.outcome));
    }
    tags
}

fn fields(check: &CheckResult) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if check.outcome == Outcome::Manual {
        fields.push(("look for", escape::block(&check.manual)));
    } else if check.outcome != Outcome::Passed && check.findings.iter().all(|f| f.hint.is_empty()) {
        fields.push(("hint", escape::block(&check.hint)));
    }
    let notes = words::notes(check).into_iter();
    fields.extend(notes.map(|note| ("note", note.to_owned())));
    fields.retain(|(_, text)| !text.is_empty());
    fields
}

fn timeline(check: &CheckResult) -> Vec<(String, String, String, String)> {
    let shown = check.conversation.iter().take(TIMELINE_LINES);
    shown
        .map(|line| {
            (
                duration(line.at_ms),
                escape::line(&line.who),
                escape::line(&line.kind),
                escape::line(&account::said(line, TIMELINE_COLUMNS)),
            )
        })
        .collect()
}

/// The name and the address of a capture. Only a path below the report is linked.
fn capture(capture: &Capture) -> (String, String) {
    match capture {
        Capture::Beside(path) => {
            let name = path.rsplit('/').next().unwrap_or(path);
            (escape::line(name), address(path))
        }
        Capture::Embedded(name, bytes) => {
            let data = base64::engine::general_purpose::STANDARD.encode(bytes);
            let href = format!("data:application/vnd.tcpdump.pcap;base64,{data}");
            (escape::line(name), href)
        }
    }
}
