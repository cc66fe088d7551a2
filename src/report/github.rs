//! GitHub Actions: annotations on the code, the log, and the step's outputs.
//!
//! A runner takes some lines of the log for commands, so every line that holds a student's words is either
//! escaped into one of our own commands or stands between `stop-commands` and a word that nobody can guess.

use std::io::Write;

use super::cases::{Case, Suite};
use super::class::Class;
use super::escape;
use super::format::{Options, ReportError};
use super::paint::Look;
use super::visible::Visible;
use super::words::{points, points_unit, share};
use super::{terminal, terminal_class};
use crate::score::Status;
use crate::verdict::Outcome;

/// The runner shows this many annotations of each kind per step and drops the others.
const PER_KIND: usize = 10;
/// Characters of an annotation's message.
const MESSAGE: usize = 2000;

/// The kinds of annotations.
const KINDS: [&str; 3] = ["error", "warning", "notice"];

struct Annotation {
    kind: &'static str,
    weight: f64,
    place: Option<(String, u32)>,
    title: String,
    message: String,
}

/// Writes the log and the annotations of one submission.
pub fn write_one(
    visible: &Visible,
    options: &Options,
    w: &mut dyn Write,
) -> Result<(), ReportError> {
    let suite = Suite::of(visible);
    let look = Look {
        verbose: false,
        color: false,
        ..options.look
    };
    let title = format!("{}: {}", suite.title, headline(&suite));
    log(&title, &terminal::text(visible, &look), options, w)?;
    if let Some(why) = &suite.not_graded {
        return annotate(
            vec![Annotation {
                kind: "warning",
                weight: 0.0,
                place: None,
                title: "Not graded".to_owned(),
                message: format!("{why}. No points are lost."),
            }],
            options,
            w,
        );
    }
    let annotations = suite.cases.iter().filter_map(annotation);
    // Without a line of its own an annotation stands at the head of the only program, so that a pull request
    // shows it beside the code.
    let mut files = visible.card().programs.iter().map(|p| &p.file);
    let only = files
        .next()
        .filter(|file| !file.is_empty() && files.next().is_none());
    let annotations = annotations
        .map(|annotation| Annotation {
            place: annotation.place.or_else(|| Some((only?.clone(), 1))),
            ..annotation
        })
        .collect();
    annotate(annotations, options, w)
}

fn headline(suite: &Suite) -> String {
    if suite.not_graded.is_some() {
        return "not graded".to_owned();
    }
    let (score, max) = suite.score;
    format!("{} of {}", points(score), points_unit(max))
}

fn annotation(case: &Case) -> Option<Annotation> {
    let kind = match case.outcome {
        Outcome::Failed if !case.advice => "error",
        Outcome::Partial if !case.advice => "warning",
        Outcome::Error => "warning",
        Outcome::Failed | Outcome::Partial => "notice",
        Outcome::Passed if !case.message.is_empty() => "notice",
        Outcome::Passed | Outcome::NotRun | Outcome::Manual => return None,
    };
    let mut title = case.title.clone();
    if case.max > 0.0 {
        title += &format!(" ({}/{})", points(case.points), points(case.max));
    }
    Some(Annotation {
        kind,
        weight: case.lost(),
        place: case.source.clone(),
        title,
        message: super::cases::cut(&case.message, MESSAGE),
    })
}

/// Writes the log and a few annotations of a class.
pub fn write_class(class: &Class, options: &Options, w: &mut dyn Write) -> Result<(), ReportError> {
    let mut text = Vec::new();
    let look = Look {
        verbose: false,
        color: false,
        ..options.look
    };
    terminal_class::write_class(class, &look, &mut text)?;
    log(&class.title, &String::from_utf8_lossy(&text), options, w)?;
    let mut annotations = vec![Annotation {
        kind: "notice",
        weight: 0.0,
        place: None,
        title: class.title.clone(),
        message: format!(
            "{} of {} submissions graded",
            class.graded(),
            class.submissions.len()
        ),
    }];
    for summary in class
        .submissions
        .iter()
        .filter(|s| s.status == Status::NotGraded)
    {
        annotations.push(Annotation {
            kind: "warning",
            weight: 0.0,
            place: None,
            title: format!("{} not graded", summary.submission.key),
            message: summary.error.clone().unwrap_or_default(),
        });
    }
    annotate(annotations, options, w)
}

/// The text as a folded part of the log, in which the runner obeys no command.
fn log(title: &str, text: &str, options: &Options, w: &mut dyn Write) -> Result<(), ReportError> {
    let token = &options.token;
    // A short word or one of the commands' names could be met by chance or on purpose.
    if token.len() < 16 || !token.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(ReportError::Missing {
            format: super::Format::GitHub,
            what: "a random word of 16 or more letters and digits".to_owned(),
        });
    }
    writeln!(
        w,
        "::group::{}",
        escape::github_message(&escape::line(title))
    )?;
    writeln!(w, "::stop-commands::{token}")?;
    for line in text.lines() {
        writeln!(w, "{}", escape::line(line))?;
    }
    writeln!(w, "::{token}::")?;
    writeln!(w, "::endgroup::")?;
    Ok(())
}

/// Writes annotations, the heaviest first; of each kind as many as the runner shows.
fn annotate(
    mut annotations: Vec<Annotation>,
    options: &Options,
    w: &mut dyn Write,
) -> Result<(), ReportError> {
    annotations.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    for kind in KINDS {
        let of_kind: Vec<&Annotation> = annotations.iter().filter(|a| a.kind == kind).collect();
        let fits = of_kind.len() <= PER_KIND;
        let shown = if fits { of_kind.len() } else { PER_KIND - 1 };
        for annotation in &of_kind[..shown] {
            one_annotation(annotation, options, w)?;
        }
        if !fits {
            let more = of_kind.len() - shown;
            writeln!(
                w,
                "::{kind} title=And {more} more::The job summary lists them all."
            )?;
        }
    }
    Ok(())
}

fn one_annotation(
    annotation: &Annotation,
    options: &Options,
    w: &mut dyn Write,
) -> Result<(), ReportError> {
    write!(w, "::{} ", annotation.kind)?;
    if let Some((file, line)) = &annotation.place {
        let path = format!("{}{file}", options.path_prefix);
        write!(w, "file={},line={line},", escape::github_property(&path))?;
    }
    let title = escape::github_property(&annotation.title);
    writeln!(
        w,
        "title={title}::{}",
        escape::github_message(&annotation.message)
    )?;
    Ok(())
}

/// Writes the step's outputs for one submission: numbers and words of ours only, no text of a student's.
pub fn write_outputs(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let card = visible.card();
    let graded = card.status == Status::Graded;
    let number = |outcome: Outcome| card.checks.iter().filter(|c| c.outcome == outcome).count();
    writeln!(w, "status={}", if graded { "graded" } else { "not-graded" })?;
    if graded {
        writeln!(w, "score={}", points(card.score))?;
        writeln!(w, "max-score={}", points(card.max))?;
        writeln!(w, "percent={:.0}", share(card.score, card.max) * 100.0)?;
        writeln!(w, "full-marks={}", card.score >= card.max)?;
    }
    writeln!(w, "passed={}", number(Outcome::Passed))?;
    writeln!(
        w,
        "failed={}",
        number(Outcome::Failed) + number(Outcome::Partial)
    )?;
    writeln!(w, "seed={}", card.seed)?;
    if !card.isolation.is_empty() {
        writeln!(w, "isolation={}", escape::line(&card.isolation))?;
    }
    Ok(())
}

/// Writes the step's outputs for a class.
pub fn write_class_outputs(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    let all = class.submissions.len();
    writeln!(w, "submissions={all}")?;
    writeln!(w, "graded={}", class.graded())?;
    writeln!(w, "not-graded={}", all - class.graded())?;
    if let Some(median) = class.median() {
        writeln!(w, "median-percent={:.0}", median * 100.0)?;
    }
    Ok(())
}
