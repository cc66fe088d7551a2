//! Markdown for pull requests, wikis and job summaries. What a student wrote stands in fences and code
//! spans; the few sentences outside are escaped.

use std::fmt::Write as _;
use std::io::Write;

use super::cases::{Case, Suite};
use super::class::{Class, Summary};
use super::escape;
use super::format::ReportError;
use super::html::{after_comma, totals};
use super::paint::{Look, Painter};
use super::visible::Visible;
use super::words::{count, duration, isolation, outcome, points};
use crate::score::Status;
use crate::verdict::Outcome;

/// Most that GitHub takes as a job summary is 1 MiB; the rest is room for the last line.
const SUMMARY: usize = (1 << 20) - 1024;
/// Lines of one account.
const LINES: usize = 80;
/// Characters of a sentence.
const SENTENCE: usize = 300;

/// Writes one submission.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    w.write_all(one(visible).concat().as_bytes())?;
    Ok(())
}

/// Writes a class.
pub fn write_class(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    w.write_all(of_class(class).concat().as_bytes())?;
    Ok(())
}

/// Writes one submission, no longer than a job summary may be.
pub fn write_summary(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    write_limited(&one(visible), w)
}

/// Writes a class, no longer than a job summary may be.
pub fn write_class_summary(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    write_limited(&of_class(class), w)
}

/// Writes whole pieces as long as there is room, so that no fence is left open.
fn write_limited(pieces: &[String], w: &mut dyn Write) -> Result<(), ReportError> {
    let mut room = SUMMARY;
    for (i, piece) in pieces.iter().enumerate() {
        if piece.len() > room {
            let left = count((pieces.len() - i) as u64, "more part");
            writeln!(w, "\n… and {left}, left out for want of room.")?;
            return Ok(());
        }
        room -= piece.len();
        w.write_all(piece.as_bytes())?;
    }
    Ok(())
}

fn one(visible: &Visible) -> Vec<String> {
    let suite = Suite::of(visible);
    let card = visible.card();
    let who = escape::code_span(&suite.key);
    let mut head = format!("## {}: ", escape::markdown(&suite.title));
    if let Some(why) = &suite.not_graded {
        let why = escape::markdown(why);
        let _ = write!(
            head,
            "not graded\n\n{who}\n\n**Not graded.** {why}. No points are lost.\n\n"
        );
    } else {
        let (score, max) = suite.score;
        let took = duration(suite.duration_ms);
        let _ = write!(
            head,
            "{}/{}\n\n{who} in {took}, seed {}{}\n",
            points(score),
            points(max),
            card.seed,
            after_comma(&isolation(&card.isolation))
        );
        let totals = totals(visible);
        if !totals.is_empty() {
            head.push('\n');
        }
        for line in totals {
            let _ = writeln!(head, "- {line}");
        }
    }
    let mut pieces = vec![head];
    if !suite.cases.is_empty() {
        pieces.push(table(&suite));
    }
    let told = |c: &&Case| !c.detail.is_empty() && c.outcome != Outcome::NotRun;
    pieces.extend(suite.cases.iter().filter(told).map(account));
    let notes: Vec<String> = card
        .notes
        .iter()
        .map(|n| format!("- {}\n", escape::markdown(n)))
        .collect();
    if !notes.is_empty() {
        pieces.push(format!("\n### Notes\n\n{}", notes.concat()));
    }
    pieces
}

fn table(suite: &Suite) -> String {
    let look = Look::default();
    let page = Painter::new(&look);
    let mut out = "\n| | Check | Points | |\n|---|---|---:|---|\n".to_owned();
    for case in &suite.cases {
        let score = if case.max > 0.0 {
            format!("{}/{}", points(case.points), points(case.max))
        } else {
            String::new()
        };
        let mut remark = outcome(case.outcome).to_owned();
        if case.bonus {
            remark += ", bonus";
        }
        if case.advice {
            remark += ", advice";
        }
        let sign = page.sign(case.outcome);
        let _ = writeln!(
            out,
            "| {sign} | {} | {score} | {remark} |",
            escape::markdown(&case.title)
        );
    }
    out
}

fn account(case: &Case) -> String {
    let lines: Vec<&str> = case.detail.lines().take(LINES).collect();
    format!(
        "\n### {}\n\n**{}**\n\n{}",
        escape::markdown(&case.title),
        escape::markdown(&case.sentence(SENTENCE)),
        escape::fenced(&lines.join("\n")),
    )
}

fn of_class(class: &Class) -> Vec<String> {
    let mut head = format!("## {}\n\n", escape::markdown(&class.title));
    let all = class.submissions.len();
    let _ = write!(
        head,
        "{}, {} graded",
        count(all as u64, "submission"),
        class.graded()
    );
    if let Some(median) = class.median() {
        let _ = write!(head, ", median {:.0}%", median * 100.0);
    }
    head.push_str(&after_comma(&class.isolation()));
    head.push_str("\n\n");
    let causes = class.common_causes();
    if !causes.is_empty() {
        head.push_str("### Commonest causes\n\n| | Cause | |\n|---:|---|---|\n");
        for (name, message, number) in causes.iter().take(10) {
            let message = escape::markdown(&super::cases::cut(&escape::line(message), SENTENCE));
            let _ = writeln!(
                head,
                "| {number} | {} | {message} |",
                escape::code_span(name)
            );
        }
    }
    head.push_str("\n### Submissions\n\n| Submission | Exercise | Score | First cause |\n|---|---|---:|---|\n");
    let mut pieces = vec![head];
    pieces.extend(class.submissions.iter().map(row));
    pieces
}

fn row(summary: &Summary) -> String {
    let score = if summary.status == Status::Graded {
        format!("{}/{}", points(summary.score), points(summary.max))
    } else {
        "not graded".to_owned()
    };
    let cause = match summary.first_fault() {
        Some((_, cell)) => cell.message.as_str(),
        None => summary.error.as_deref().unwrap_or_default(),
    };
    format!(
        "| {} | {} | {score} | {} |\n",
        escape::code_span(&summary.submission.key),
        escape::markdown(&summary.exercise),
        escape::markdown(&super::cases::cut(&escape::line(cause), SENTENCE)),
    )
}
