//! One submission as one self-contained HTML file: no script, no network, readable in light, dark and
//! print. The templates escape every value; what they get has been made visible by the excerpt first.

use std::io::Write;

use askama::Template;
use base64::Engine as _;

use super::account;
use super::escape;
use super::excerpt::{self, Shown};
use super::format::ReportError;
use super::paint::{Look, Painter, Tone};
use super::visible::{Capture, Visible};
use super::words::{self, count, duration, points, points_unit, share};
use crate::score::{CheckResult, Status};
use crate::spec::{Hidden, Level};
use crate::verdict::{Excerpt, Finding, Outcome};

/// Columns of an excerpt, lines of output, lines of the conversation that a page shows.
const COLUMNS: usize = 700;
const OUTPUT_LINES: usize = 300;
const TIMELINE_LINES: usize = 500;
const TIMELINE_COLUMNS: usize = 300;
/// Characters of a sentence outside its check.
const SENTENCE: usize = 300;

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
    timeline: Vec<(String, String, String, String)>,
    timeline_title: String,
    svg: Option<String>,
    ladder: Option<String>,
}

struct FindingView {
    message: String,
    bytes: Vec<BytesView>,
    difference: Option<String>,
    fields: Vec<(&'static str, String)>,
    source: Option<(String, String)>,
    output: Option<(String, String)>,
}

struct BytesView {
    name: &'static str,
    open: &'static str,
    before: String,
    mark: String,
    after: String,
    close: &'static str,
    /// The bytes end where the other side goes on.
    ends: bool,
    origin: String,
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
            "Graded by socklab {} on {} in {}, with seed {}, isolation level {}.",
            escape::line(&card.socklab),
            escape::line(&words::moment(&card.started)),
            duration(card.duration_ms),
            card.seed,
            escape::line(&card.isolation),
        ),
    }
}

/// What stands below the score.
pub(super) fn totals(visible: &Visible) -> Vec<String> {
    let card = visible.card();
    let mut lines = Vec::new();
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
        findings.push(bare(account::headline(check)));
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
        timeline: timeline(check),
        timeline_title: count(check.conversation.len() as u64, "line"),
        findings,
        svg,
        ladder,
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
    } else if check.outcome != Outcome::Passed
        && check.findings.iter().all(|f| f.hint != check.hint)
    {
        fields.push(("hint", escape::block(&check.hint)));
    }
    if check.capture_incomplete {
        let text = "The capture lost packets, so what it shows was not judged.";
        fields.push(("note", text.to_owned()));
    }
    fields.retain(|(_, text)| !text.is_empty());
    fields
}

fn bare(message: String) -> FindingView {
    FindingView {
        message: escape::block(&message),
        bytes: Vec::new(),
        difference: None,
        fields: Vec::new(),
        source: None,
        output: None,
    }
}

fn finding(finding: &Finding) -> FindingView {
    let at = finding.differs_at;
    let mut bytes = Vec::new();
    if let Some(sent) = &finding.sent {
        let shown = excerpt::show(sent, None, COLUMNS, excerpt::is_binary(sent));
        bytes.push(bytes_view("sent", sent, None, Some(shown)));
    }
    let (expected, seen) = excerpt::show_both(finding, COLUMNS);
    if let Some(excerpt) = &finding.expected {
        bytes.push(bytes_view("expected", excerpt, at, expected));
    }
    if let Some(excerpt) = &finding.seen {
        bytes.push(bytes_view("got", excerpt, at, seen));
    }
    let mut fields = Vec::new();
    if let Some(last) = &finding.last_seen {
        let when = finding.at_ms.map(|ms| format!(" (after {})", duration(ms)));
        fields.push(("last seen", escape::block(last) + &when.unwrap_or_default()));
    }
    if !finding.packets.is_empty() {
        let numbers: Vec<String> = finding
            .packets
            .iter()
            .take(50)
            .map(u64::to_string)
            .collect();
        fields.push(("in packets", numbers.join(", ")));
    }
    if !finding.hint.is_empty() {
        fields.push(("hint", escape::block(&finding.hint)));
    }
    FindingView {
        bytes,
        difference: excerpt::difference(finding),
        fields,
        source: finding.source.as_ref().map(|s| {
            let place = format!("{}, line {}", escape::line(&s.file), s.line);
            (place, escape::line(s.text.trim()))
        }),
        output: finding.output.as_ref().map(output),
        ..bare(finding.message.clone())
    }
}

fn bytes_view(
    name: &'static str,
    excerpt: &Excerpt,
    differs_at: Option<u64>,
    shown: Option<Shown>,
) -> BytesView {
    let Some(mut shown) = shown.filter(|_| !excerpt.described) else {
        return BytesView {
            name,
            open: "",
            before: escape::block(&excerpt.bytes.lossy()),
            mark: String::new(),
            after: String::new(),
            close: "",
            ends: false,
            origin: String::new(),
        };
    };
    if shown.hex && shown.mark.ends_with(' ') {
        shown.mark.truncate(shown.mark.len() - 1);
        shown.after.insert(0, ' ');
    }
    let (open, close) = shown.ends();
    BytesView {
        name,
        open,
        ends: differs_at.is_some_and(|at| at >= excerpt.length),
        before: shown.before,
        mark: shown.mark,
        after: shown.after,
        close,
        origin: account::origin(name, excerpt),
    }
}

fn output(output: &Excerpt) -> (String, String) {
    let (lines, left_out) = excerpt::tail(output, OUTPUT_LINES);
    let what = if output.label.is_empty() {
        "the program printed"
    } else {
        &output.label
    };
    let heading = if left_out > 0 {
        format!(
            "{} (the end; {} before it)",
            escape::line(what),
            count(left_out, "byte")
        )
    } else {
        format!("Output: {}", escape::line(what))
    };
    (heading, lines.join("\n"))
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

/// A relative path as an address: `./` in front, so that no path is taken for a scheme, and everything
/// but plain characters in percent form.
pub(super) fn address(path: &str) -> String {
    let mut out = String::from("./");
    for b in path.trim_start_matches('/').bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(b as char);
            }
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// Elements of a drawing that cannot run or load anything.
const DRAWING: [&str; 14] = [
    "svg", "g", "title", "desc", "style", "rect", "line", "path", "polygon", "polyline", "circle",
    "ellipse", "text", "tspan",
];

/// Whether a drawing holds nothing that could run or load something. The page's policy forbids it anyway.
fn is_inert(svg: &str) -> bool {
    let text = svg.to_ascii_lowercase();
    let loads = text.contains("@import") || text.contains("url(");
    let mut tags = text.split('<').skip(1);
    text.trim_start().starts_with("<svg") && !loads && tags.all(is_inert_tag)
}

fn is_inert_tag(from_tag: &str) -> bool {
    let tag = from_tag.split('>').next().unwrap_or(from_tag);
    let mut words = tag
        .trim_start_matches('/')
        .split(|c: char| c.is_whitespace() || c == '/');
    let known = words.next().is_some_and(|name| DRAWING.contains(&name));
    known && !tag.contains("href") && words.all(|word| !word.starts_with("on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_that_could_run_something_is_not_inert() {
        assert!(is_inert(
            "<svg viewBox=\"0 0 1 1\"><text class=\"a\">href on=x</text></svg>\n"
        ));
        for bad in [
            "<svg onload=alert(1)>",
            "<svg><script>",
            "<svg><a href='x'>",
            "<p>",
        ] {
            assert!(!is_inert(bad), "{bad}");
        }
    }

    #[test]
    fn an_address_stays_below_the_report_and_is_no_scheme() {
        assert_eq!(
            address("javascript:alert(1)"),
            "./javascript%3Aalert%281%29"
        );
        assert_eq!(address("/etc/a b\"<"), "./etc/a%20b%22%3C");
    }
}
