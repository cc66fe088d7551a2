//! One submission for reading in a terminal: one screen when all is well, the cause first when not.

use std::io::Write;

use unicode_width::UnicodeWidthStr;

use super::account;
use super::format::ReportError;
use super::paint::{Look, Painter, Tone};
use super::visible::Visible;
use super::words::{self, count, duration, isolation, points, points_unit, share};
use crate::score::{CheckResult, Status};
use crate::verdict::Outcome;

/// Columns of the bar in the last line.
const BAR: usize = 20;

/// Writes the report of one submission.
pub fn write_one(visible: &Visible, look: &Look, w: &mut dyn Write) -> Result<(), ReportError> {
    w.write_all(text(visible, look).as_bytes())?;
    Ok(())
}

/// The report of one submission.
pub fn text(visible: &Visible, look: &Look) -> String {
    let mut page = Painter::new(look);
    head(&mut page, visible);
    if !visible.card().checks.is_empty() {
        overview(&mut page, visible);
        accounts(&mut page, visible, usize::MAX);
    }
    remarks(&mut page, visible);
    match visible.card().status {
        Status::Graded => total(&mut page, visible),
        Status::NotGraded => not_graded(&mut page, visible),
    }
    page.finish()
}

/// A report for a small screen: the overview, and the account of the first check only.
pub fn brief(visible: &Visible, look: &Look) -> String {
    if visible.card().status == Status::NotGraded {
        return text(visible, look);
    }
    let mut page = Painter::new(look);
    head(&mut page, visible);
    overview(&mut page, visible);
    accounts(&mut page, visible, 1);
    total(&mut page, visible);
    page.finish()
}

/// The account of one check at length, without its packets; empty when there is no such check.
pub fn failure(visible: &Visible, check: &str, look: &Look) -> String {
    let look = Look {
        verbose: true,
        ..*look
    };
    let mut page = Painter::new(&look);
    if let Some(check) = visible.card().checks.iter().find(|one| one.id == check) {
        account_title(&mut page, check);
        account::body(&mut page, check, None);
        if let Some(commands) = visible.extras().further.get(&check.id) {
            account::further(&mut page, commands);
        }
    }
    page.finish()
}

fn head(page: &mut Painter<'_>, visible: &Visible) {
    let card = visible.card();
    page.put(Tone::Strong, &card.title);
    let dot = page.dot();
    let who = if card.submission.name.is_empty() {
        &card.submission.key
    } else {
        &card.submission.name
    };
    let files = card.programs.iter().filter(|p| !p.file.is_empty());
    let mut room = page.width().saturating_sub(card.title.width());
    for fact in [who].into_iter().chain(files.map(|p| &p.file)) {
        let fact = super::escape::line(fact);
        let fact = page.cut(&fact, 40.min(room.saturating_sub(dot.width())));
        if !fact.is_empty() && room > dot.width() + 3 {
            page.put(Tone::Dim, dot);
            page.put(Tone::Plain, &fact);
            room = room.saturating_sub(dot.width() + fact.width());
        }
    }
    page.end();
    page.end();
}

fn not_graded(page: &mut Painter<'_>, visible: &Visible) {
    let why = visible
        .card()
        .error
        .as_deref()
        .unwrap_or("the reason is not known");
    page.put(Tone::Warn, "Not graded. ");
    page.wrap(Tone::Plain, 2, why);
    page.gap(2);
    page.wrap(
        Tone::Plain,
        2,
        "This is not a fault of the submission: no points are lost. `socklab doctor` tells what this machine lacks.",
    );
}

/// One line per check: sign, points, title, time.
fn overview(page: &mut Painter<'_>, visible: &Visible) {
    let checks = &visible.card().checks;
    let score = |c: &CheckResult| format!("{}/{}", points(c.points), points(c.max));
    let widest = checks.iter().map(|c| score(c).width()).max().unwrap_or(0);
    for check in checks {
        page.gap(2);
        page.put(Tone::of(check.outcome), page.sign(check.outcome));
        page.gap(1);
        let score = if check.max > 0.0 {
            score(check)
        } else {
            String::new()
        };
        page.gap(widest - score.width());
        page.put(Tone::Plain, &score);
        page.gap(2);
        let remarks: String = aside(check, page.look)
            .iter()
            .map(|remark| format!("{}{remark}", page.dot()))
            .collect();
        let before = 2 + page.sign(check.outcome).width() + 1 + widest + 2;
        let room = page.width().saturating_sub(before + remarks.width());
        let title = page.cut(&super::escape::line(&check.title), room);
        page.put(Tone::Plain, &title);
        page.put(Tone::Dim, &remarks);
        page.end();
    }
    page.end();
}

/// What is unusual about a check, in a word each.
fn aside(check: &CheckResult, look: &Look) -> Vec<&'static str> {
    let mut words = Vec::new();
    if check.bonus {
        words.push("bonus");
    }
    if check.level != crate::spec::Level::Must {
        words.push("advice");
    }
    if check.hidden != crate::spec::Hidden::Never {
        words.push("hidden from students");
    }
    match check.outcome {
        Outcome::NotRun if !look.ascii => words.push("not run"),
        Outcome::Manual if !look.ascii => words.push("by hand"),
        Outcome::Error => words.push("not graded"),
        _ => {}
    }
    words
}

/// What is told at length: what did not pass, and what passed with a remark; of more than `most` only the
/// first ones, with a word on the rest.
fn accounts(page: &mut Painter<'_>, visible: &Visible, most: usize) {
    let ladders = &visible.extras().ladder;
    let mut told: Vec<(&str, &str)> = Vec::new();
    let mut left_out = 0;
    for check in &visible.card().checks {
        let long = match check.outcome {
            Outcome::Passed if page.look.verbose => {
                let ladder = ladders.contains_key(&check.id);
                !check.findings.is_empty() || !check.conversation.is_empty() || ladder
            }
            Outcome::Passed => !check.findings.is_empty(),
            Outcome::NotRun => false,
            _ => true,
        };
        if long && told.len() >= most {
            left_out += 1;
        } else if long {
            account_title(page, check);
            let cause = check
                .findings
                .first()
                .map(|f| (f.message.as_str(), check.title.as_str()));
            let same = cause.and_then(|(m, _)| told.iter().find(|t| t.0 == m).map(|t| t.1));
            match same {
                Some(title) if !page.look.verbose => {
                    page.gap(2);
                    page.wrap(Tone::Plain, 2, &format!("The same as in “{title}” above."));
                }
                _ => {
                    account::body(page, check, ladders.get(&check.id).map(String::as_str));
                    if let Some(commands) = visible.extras().further.get(&check.id) {
                        account::further(page, commands);
                    }
                }
            }
            told.extend(cause);
            page.end();
        }
    }
    if left_out > 0 {
        let more = format!("{} more, after this one.", count(left_out, "check"));
        page.line(Tone::Dim, 2, &more);
        page.end();
    } else {
        not_run(page, visible);
    }
}

fn account_title(page: &mut Painter<'_>, check: &CheckResult) {
    page.put(Tone::of(check.outcome), page.sign(check.outcome).trim_end());
    page.gap(1);
    let earned = if check.max > 0.0 {
        format!("{} of {}", points(check.points), points_unit(check.max))
    } else {
        String::new()
    };
    let room = page.width().saturating_sub(earned.width() + 12);
    page.put(
        Tone::of(check.outcome),
        &page.cut(&super::escape::line(&check.title), room),
    );
    page.gap(2);
    page.put(Tone::Dim, &earned);
    page.end();
}

/// Checks that were not run, by their reason: each reason once. What one fault keeps from running through
/// others is told with that fault.
fn not_run(page: &mut Painter<'_>, visible: &Visible) {
    let checks = &visible.card().checks;
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for check in checks.iter().filter(|c| c.outcome == Outcome::NotRun) {
        let why = match root(checks, check) {
            Some(root) => format!("Not run, because “{}” did not pass:", root.title),
            None => format!("{}:", account::headline(check).trim_end_matches('.')),
        };
        match reasons.iter_mut().find(|r| r.0 == why) {
            Some(reason) => reason.1.push(&check.title),
            None => reasons.push((why, vec![&check.title])),
        }
    }
    for (why, titles) in reasons {
        page.put(Tone::Warn, page.sign(Outcome::NotRun));
        page.gap(1);
        let column = page.sign(Outcome::NotRun).width() + 1;
        page.wrap(Tone::Plain, column, &words::capital(&why));
        page.gap(2);
        page.wrap(Tone::Plain, 2, &titles.join("; "));
        page.end();
    }
}

/// The check that did not pass and for whose sake this one was not run, if the reason names it.
fn root<'c>(checks: &'c [CheckResult], check: &'c CheckResult) -> Option<&'c CheckResult> {
    let mut at = check;
    // A chain is no longer than there are checks.
    for _ in checks {
        let why = account::headline(at);
        let named = |c: &&CheckResult| {
            let quoted = [format!("\"{}\"", c.title), format!("“{}”", c.title)];
            c.id != at.id && quoted.iter().any(|title| why.contains(title))
        };
        at = checks.iter().find(named)?;
        if at.outcome != Outcome::NotRun {
            return Some(at);
        }
    }
    None
}

fn remarks(page: &mut Painter<'_>, visible: &Visible) {
    let card = visible.card();
    for note in &card.notes {
        page.put(Tone::Dim, "note: ");
        page.wrap(Tone::Plain, 6, note);
    }
    if !card.notes.is_empty() {
        page.end();
    }
}

/// The last lines, which stay on the screen: the score, and what to do next.
fn total(page: &mut Painter<'_>, visible: &Visible) {
    let card = visible.card();
    let full = card.score >= card.max && card.waiting == 0.0;
    let tone = if full { Tone::Good } else { Tone::Strong };
    let score = format!("{} of {}", points(card.score), points_unit(card.max));
    let mut facts = format!("in {}, seed {}", duration(card.duration_ms), card.seed);
    if !card.isolation.is_empty() && !card.is_practice() {
        facts += &format!(", {}", isolation(&card.isolation));
    }
    let bar = page.bar(share(card.score, card.max), BAR);
    page.put(tone, &score);
    if score.width() + BAR + facts.width() + 4 <= page.width() {
        page.gap(2);
        let outcome = if full {
            Outcome::Passed
        } else {
            Outcome::Manual
        };
        page.put(Tone::of(outcome), &bar);
        page.gap(2);
    } else {
        page.end();
        page.gap(2);
    }
    page.wrap(Tone::Dim, 2, &facts);
    if card.is_practice() {
        page.line(Tone::Warn, 2, &isolation(&card.isolation));
    }
    if card.bonus > 0.0 {
        page.line(
            Tone::Plain,
            2,
            &format!("{} of them bonus", points(card.bonus)),
        );
    }
    if card.waiting > 0.0 {
        let waiting = points_unit(card.waiting);
        page.line(
            Tone::Plain,
            2,
            &format!("up to {waiting} more wait for a person"),
        );
    }
    if let Some(hidden) = visible.withheld() {
        let checks = count(hidden.checks as u64, "more check");
        let worth = points_unit(hidden.max);
        page.gap(2);
        let text = format!("{checks} worth {worth}: not shown here and not part of these numbers");
        page.wrap(Tone::Plain, 2, &text);
    }
    next(page, visible);
}

/// The check to begin with, when there is more than one thing to mend.
fn next(page: &mut Painter<'_>, visible: &Visible) {
    let failed = |c: &&CheckResult| matches!(c.outcome, Outcome::Failed | Outcome::Partial);
    let mut failed = visible.card().checks.iter().filter(failed);
    let (Some(first), Some(_)) = (failed.next(), failed.next()) else {
        return;
    };
    page.gap(2);
    page.wrap(Tone::Plain, 2, &format!("Begin with “{}”.", first.title));
}
