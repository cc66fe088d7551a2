//! One check that did not pass → the account of it: the cause first, then the evidence, then what to do.
//!
//! The terminal shows it in colour; formats that hold a plain text per test take [`plain`].

use unicode_width::UnicodeWidthStr;

use super::excerpt::{self, Shown};
use super::paint::{Look, Painter, Tone};
use super::words::{self, count, duration};
use crate::score::CheckResult;
use crate::verdict::{Excerpt, Finding, Outcome};

mod conversation;
mod story;

pub use conversation::said;

use conversation::conversation;

/// Where the labels begin, and where what they label begins.
const LABEL: usize = 4;
const VALUE: usize = 15;
/// Columns that bytes need before a remark behind them has room.
const BYTES: usize = 24;
/// Columns for that remark: `alice received, 1,048,576 bytes`.
const REMARK: usize = 26;
/// Lines of the program's own output that are shown, and when asked for more.
const OUTPUT_LINES: usize = 8;
const OUTPUT_LINES_VERBOSE: usize = 60;
/// Characters of a sentence that are shown, and when asked for more.
const TEXT: usize = 600;
const TEXT_VERBOSE: usize = 4000;

/// The account as plain text, without the check's title: for formats that have their own place for that.
pub fn plain(check: &CheckResult) -> String {
    let look = Look::default();
    let mut page = Painter::new(&look);
    body(&mut page, check, None);
    let text = page.finish();
    let lines = text.lines().map(|l| l.strip_prefix("  ").unwrap_or(l));
    lines.collect::<Vec<_>>().join("\n")
}

/// The cause in one sentence: what a format with a single line per test shows.
pub fn headline(check: &CheckResult) -> String {
    match check.findings.first() {
        Some(finding) => finding.message.clone(),
        None => words::without_finding(check.outcome).to_owned(),
    }
}

/// Draws the findings of a check, the hint and the command that repeats it. `ladder` is drawn when the
/// reader asked for more.
pub fn body(page: &mut Painter<'_>, check: &CheckResult, ladder: Option<&str>) {
    if check.findings.is_empty() && check.outcome != Outcome::Passed {
        page.gap(LABEL - 2);
        page.wrap(Tone::Plain, LABEL - 2, &headline(check));
    }
    let mut hints: Vec<&str> = Vec::new();
    for finding in &check.findings {
        self::finding(page, finding);
        hints.push(&finding.hint);
    }
    hints.retain(|hint| !hint.is_empty());
    hints.dedup();
    // What fits the cause is better than what fits the check.
    if hints.is_empty() && !check.hint.is_empty() {
        hints.push(&check.hint);
    }
    if check.outcome == Outcome::Manual {
        field(page, "look for", &check.manual);
    } else if check.outcome != Outcome::Passed {
        for hint in hints {
            field(page, "hint", hint);
        }
    }
    for note in words::notes(check) {
        field(page, "note", note);
    }
    if page.look.verbose {
        for story in &check.stories {
            story::story(page, story);
        }
        conversation(page, &check.conversation);
        if let Some(ladder) = ladder {
            block(page, "packets", ladder.lines());
        }
    }
    if !matches!(
        check.outcome,
        Outcome::Passed | Outcome::Manual | Outcome::NotRun
    ) {
        command(page, "again", &check.repeat);
    }
}

/// Draws what a student can do next with a check that did not pass: commands, each with a label.
pub fn further(page: &mut Painter<'_>, commands: &[(String, String)]) {
    for (label, line) in commands {
        command(page, label, line);
    }
}

fn finding(page: &mut Painter<'_>, finding: &Finding) {
    page.gap(LABEL - 2);
    page.wrap(Tone::Strong, LABEL - 2, &shortened(page, &finding.message));
    if let Some(sent) = &finding.sent {
        let shown = excerpt::show(sent, None, room(page), excerpt::is_binary(sent));
        bytes(page, "sent", sent, &shown);
    }
    let (expected, seen) = excerpt::show_both(finding, room(page));
    let sides = [
        ("expected", &finding.expected, &expected),
        ("got", &finding.seen, &seen),
    ];
    for (name, excerpt, shown) in sides {
        match (excerpt, shown) {
            (Some(excerpt), Some(shown)) => bytes(page, name, excerpt, shown),
            (Some(excerpt), None) => field(page, name, &excerpt.bytes.lossy()),
            (None, _) => {}
        }
    }
    if excerpt::nothing_came(finding) {
        field(page, "got", "nothing");
    }
    if let (Some(shown), Some(told)) = (&seen, excerpt::difference(finding)) {
        caret(page, shown, &told);
    }
    if let Some(last) = &finding.last_seen {
        let when = finding.at_ms.map(|ms| format!(" (after {})", duration(ms)));
        field(
            page,
            "last seen",
            &format!("{last}{}", when.unwrap_or_default()),
        );
    }
    if let Some(source) = &finding.source {
        let text = source.text.trim();
        let between = if text.is_empty() { "" } else { ":  " };
        let line = format!("{}, line {}{between}{text}", source.file, source.line);
        field(page, "your code", &line);
    }
    if let Some(output) = &finding.output {
        program_output(page, output);
    }
    if !finding.packets.is_empty() && page.look.verbose {
        let numbers: Vec<String> = finding
            .packets
            .iter()
            .take(20)
            .map(u64::to_string)
            .collect();
        field(page, "packets", &format!("no. {}", numbers.join(", ")));
    }
}

/// A sentence may quote what a student's program wrote: it is cut before it fills the screen.
fn shortened(page: &Painter<'_>, text: &str) -> String {
    let most = if page.look.verbose {
        TEXT_VERBOSE
    } else {
        TEXT
    };
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{} [...]", &text[..end]),
        None => text.to_owned(),
    }
}

fn label(page: &mut Painter<'_>, name: &str) {
    page.gap(LABEL);
    page.put(Tone::Dim, name);
    page.gap((VALUE - LABEL).saturating_sub(name.width()).max(1));
}

fn field(page: &mut Painter<'_>, name: &str, text: &str) {
    if !text.is_empty() {
        label(page, name);
        let text = shortened(page, text);
        page.wrap(Tone::Plain, VALUE, &text);
    }
}

/// Draws a command on one line, however long: one that was broken could not be copied.
fn command(page: &mut Painter<'_>, name: &str, text: &str) {
    if !text.is_empty() {
        label(page, name);
        page.put(Tone::Plain, text);
        page.end();
    }
}

/// Columns for bytes: quotes and dots on both sides are left out, and the remark behind them where there is
/// much room.
fn room(page: &Painter<'_>) -> usize {
    let whole = page.width().saturating_sub(VALUE + 8);
    if whole >= BYTES + REMARK {
        whole - REMARK
    } else {
        whole
    }
}

/// Draws bytes on one line, and where they come from if there is room.
fn bytes(page: &mut Painter<'_>, name: &str, excerpt: &Excerpt, shown: &Shown) {
    if excerpt.described {
        return field(page, name, &excerpt.bytes.lossy());
    }
    label(page, name);
    let (open, close) = shown.ends();
    let mark = shown.mark.trim_end();
    page.put(Tone::Plain, open);
    page.put(Tone::Plain, &shown.before);
    page.put(Tone::Mark, mark);
    page.put(Tone::Plain, &shown.mark[mark.len()..]);
    page.put(Tone::Plain, &shown.after);
    page.put(Tone::Plain, close);
    let used = VALUE + shown.text().width();
    let origin = origin(name, excerpt);
    if used + 2 + origin.width() <= page.width() {
        page.gap(2);
        page.put(Tone::Dim, &origin);
    }
    page.end();
}

/// Where bytes come from and how many there are, as a remark behind them.
pub(super) fn origin(name: &str, excerpt: &Excerpt) -> String {
    let length = count(excerpt.length, "byte");
    if excerpt.label.is_empty() || excerpt.label == name {
        length
    } else {
        format!("{}, {length}", excerpt.label)
    }
}

fn caret(page: &mut Painter<'_>, shown: &Shown, told: &str) {
    let column = VALUE + shown.mark_column();
    let carets = "^".repeat(shown.mark.trim_end().width().max(1));
    let beside = column + carets.width() + 1 + told.width() <= page.width();
    page.gap(column);
    page.put(Tone::Bad, &carets);
    if beside {
        page.gap(1);
    } else {
        page.end();
        page.gap(VALUE);
    }
    page.wrap(Tone::Plain, VALUE, told);
}

fn program_output(page: &mut Painter<'_>, output: &Excerpt) {
    let lines = if page.look.verbose {
        OUTPUT_LINES_VERBOSE
    } else {
        OUTPUT_LINES
    };
    let (shown, left_out) = excerpt::tail(output, lines);
    let what = if output.label.is_empty() {
        "it printed"
    } else {
        &output.label
    };
    let what = if left_out > 0 {
        format!("{what} (the end; {} before it)", count(left_out, "byte"))
    } else {
        what.to_owned()
    };
    block_titled(page, "output", &what, shown.iter().map(String::as_str));
}

fn block<'t>(page: &mut Painter<'_>, name: &str, lines: impl Iterator<Item = &'t str>) {
    block_titled(page, name, "", lines);
}

/// Draws lines as they are, cut at the width, behind a bar that parts them from socklab's own words.
fn block_titled<'t>(
    page: &mut Painter<'_>,
    name: &str,
    title: &str,
    lines: impl Iterator<Item = &'t str>,
) {
    label(page, name);
    let title = page.cut(&crate::report::escape::line(title), page.width() - VALUE);
    page.put(Tone::Dim, &title);
    page.end();
    let bar = if page.look.ascii { "| " } else { "│ " };
    for line in lines {
        page.gap(LABEL + 2);
        page.put(Tone::Dim, bar);
        let room = page.width().saturating_sub(LABEL + 4);
        page.put(
            Tone::Plain,
            &page.cut(&crate::report::escape::line(line), room),
        );
        page.end();
    }
}
