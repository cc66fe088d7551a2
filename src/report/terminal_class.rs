//! A class for reading in a terminal: one line per submission, then what the class has in common.

use std::io::Write;

use unicode_width::UnicodeWidthStr;

use super::class::{Class, Exercise, Summary};
use super::escape;
use super::format::ReportError;
use super::paint::{Look, Painter, Tone};
use super::words::{count, duration, points, share};
use crate::score::Status;

/// Columns of a submission's bar and of the longest key shown.
const BAR: usize = 10;
const KEY: usize = 28;
/// Checks and causes listed at the end.
const LISTED: usize = 8;

/// Writes the report of a class.
pub fn write_class(class: &Class, look: &Look, w: &mut dyn Write) -> Result<(), ReportError> {
    let mut page = Painter::new(look);
    head(&mut page, class);
    for exercise in &class.exercises {
        if class.exercises.len() > 1 {
            page.line(Tone::Strong, 0, &exercise.title);
        }
        table(&mut page, class, exercise);
        page.end();
    }
    missing(&mut page, class);
    copies(&mut page, class);
    overall(&mut page, class);
    w.write_all(page.finish().as_bytes())?;
    Ok(())
}

fn head(page: &mut Painter<'_>, class: &Class) {
    page.put(Tone::Strong, &class.title);
    let all = class.submissions.len();
    let mut facts = vec![count(all as u64, "submission")];
    if class.graded() < all {
        facts.push(format!("{} not graded", all - class.graded()));
    }
    if class.facts.duration_ms > 0.0 {
        facts.push(duration(class.facts.duration_ms));
    }
    facts.extend(Some(class.isolation()).filter(|levels| !levels.is_empty()));
    for fact in facts {
        page.put(Tone::Dim, page.dot());
        page.put(Tone::Plain, &fact);
    }
    page.end();
    page.end();
}

fn shown_key(page: &Painter<'_>, summary: &Summary) -> String {
    page.cut(&escape::line(&summary.submission.key), KEY)
}

fn table(page: &mut Painter<'_>, class: &Class, exercise: &Exercise) {
    let rows: Vec<&Summary> = class.of_exercise(&exercise.name).collect();
    let key = rows.iter().map(|s| shown_key(page, s).width()).max();
    let key = key.unwrap_or(0);
    let score = |s: &Summary| format!("{}/{}", points(s.score), points(s.max));
    let widest = rows.iter().map(|s| score(s).width()).max().unwrap_or(0);
    for summary in rows {
        let shown = shown_key(page, summary);
        page.gap(2);
        page.put(Tone::Plain, &shown);
        page.gap(key - shown.width() + 2);
        let after = 2 + key + 2 + widest + 2 + BAR + 2;
        if summary.status == Status::NotGraded {
            page.gap(widest - 1);
            page.put(Tone::Warn, "-");
            page.gap(2);
            let why = summary
                .error
                .as_deref()
                .unwrap_or("the reason is not known");
            let text = escape::line(&format!("not graded: {why}"));
            page.put(
                Tone::Warn,
                &page.cut(&text, page.width().saturating_sub(after - BAR)),
            );
        } else {
            let score = score(summary);
            page.gap(widest - score.width());
            page.put(Tone::Plain, &score);
            page.gap(2);
            page.put(
                Tone::Plain,
                &page.bar(share(summary.score, summary.max), BAR),
            );
            page.gap(2);
            let room = page.width().saturating_sub(after);
            page.put(
                Tone::Plain,
                &page.cut(&escape::line(&remark(summary)), room),
            );
        }
        page.end();
    }
}

/// The first cause of a submission that lost points.
fn remark(summary: &Summary) -> String {
    match summary.first_fault() {
        Some((_, cell)) => cell.message.clone(),
        None if summary.waiting > 0.0 => format!("{} by hand", points(summary.waiting)),
        None => String::new(),
    }
}

/// Submissions to exercises of which nothing is known because none was graded.
fn missing(page: &mut Painter<'_>, class: &Class) {
    let unknown = |s: &&Summary| class.exercise(&s.exercise).is_none();
    for summary in class.submissions.iter().filter(unknown) {
        let why = summary
            .error
            .as_deref()
            .unwrap_or("the reason is not known");
        let text = format!(
            "{}  {}: not graded: {why}",
            shown_key(page, summary),
            summary.exercise
        );
        page.line(Tone::Warn, 2, &text);
    }
}

/// Captures that several have handed in: for a person to look at, no points depend on it.
fn copies(page: &mut Painter<'_>, class: &Class) {
    let shared = class.shared_captures();
    if shared.is_empty() {
        return;
    }
    page.line(Tone::Strong, 0, "Captures handed in more than once");
    for capture in shared {
        page.gap(2);
        page.wrap(Tone::Warn, 4, &escape::line(&capture.sentence()));
    }
    page.end();
}

fn overall(page: &mut Painter<'_>, class: &Class) {
    if class.graded() == 0 {
        return;
    }
    histogram(page, class);
    for exercise in &class.exercises {
        hardest(page, class, exercise);
    }
    let causes = class.common_causes();
    if !causes.is_empty() {
        page.line(Tone::Strong, 0, "Commonest causes");
        for (name, message, number) in causes.iter().take(LISTED) {
            page.line(Tone::Plain, 2, &format!("{number:>4}  {name}: {message}"));
        }
    }
}

/// The spread of the scores on one line: a column per tenth of the full marks, and one for all of them.
fn histogram(page: &mut Painter<'_>, class: &Class) {
    let bins = class.histogram();
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    page.put(Tone::Strong, "Scores");
    page.gap(2);
    if page.look.ascii {
        let listed: Vec<String> = bins.iter().map(usize::to_string).collect();
        page.put(
            Tone::Plain,
            &format!("in tenths, full marks last: {}", listed.join(" ")),
        );
    } else {
        let steps = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let column = |n: usize| {
            if n == 0 {
                ' '
            } else {
                steps[(n * 7).div_ceil(most).min(7)]
            }
        };
        let columns: String = bins.iter().map(|&n| column(n)).collect();
        page.put(Tone::Plain, &format!("0% {columns} 100%"));
    }
    if let Some(median) = class.median() {
        page.put(Tone::Dim, &format!("  median {:.0}%", median * 100.0));
    }
    page.end();
    page.end();
}

fn hardest(page: &mut Painter<'_>, class: &Class, exercise: &Exercise) {
    let counts = class.check_counts(&exercise.name);
    let mut failed: Vec<_> = exercise.checks.iter().zip(&counts).collect();
    failed.retain(|(_, c)| c.failed > 0);
    if failed.is_empty() {
        return;
    }
    failed.sort_by_key(|(_, c)| std::cmp::Reverse(c.failed));
    page.line(Tone::Strong, 0, "Checks that fail most");
    for (check, number) in failed.into_iter().take(LISTED) {
        page.line(
            Tone::Plain,
            2,
            &format!("{:>4}  {}", number.failed, check.title),
        );
    }
    page.end();
}
