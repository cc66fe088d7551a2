//! A class as one self-contained HTML file: what it has in common, then every submission. It works
//! without its one small script, which only sorts and filters.

use std::io::Write;

use askama::Template;
use base64::Engine as _;
use sha2::{Digest, Sha256};

use super::class::{Cell, Class, Exercise, Summary};
use super::escape;
use super::format::ReportError;
use super::html::{address, sentence, tone};
use super::paint::{Look, Painter};
use super::words::{self, count, duration, points, share};
use crate::score::Status;
use crate::verdict::Outcome;

/// The script; the page's policy lets no other run.
const SCRIPT: &str = include_str!("../../templates/class.js");
/// Causes listed for the class and for one check.
const CAUSES: usize = 12;
const CAUSES_OF_CHECK: usize = 3;

#[derive(Template)]
#[template(path = "class.html")]
struct Page {
    title: String,
    submissions: String,
    facts: String,
    tiles: Vec<(String, &'static str)>,
    bins: Vec<Bin>,
    causes: Vec<(String, String, usize)>,
    exercises: Vec<ExerciseView>,
    copies: Vec<String>,
    strays: Vec<String>,
    footer: String,
    script: &'static str,
    script_digest: String,
}

struct Bin {
    range: String,
    label: String,
    number: usize,
    height: usize,
}

struct ExerciseView {
    title: String,
    /// At least one of them has a name.
    named: bool,
    checks: Vec<CheckView>,
    rows: Vec<Row>,
}

struct CheckView {
    title: String,
    points: String,
    passed: usize,
    failed: usize,
    passed_share: String,
    failed_share: String,
    why: String,
}

struct Row {
    key: String,
    name: String,
    link: Option<String>,
    not_graded: Option<String>,
    score: String,
    share: String,
    cells: Vec<CellView>,
    time: String,
    why: String,
}

struct CellView {
    tone: &'static str,
    text: String,
    word: &'static str,
}

/// Writes the page of a class.
pub fn write_class(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    page(class).write_into(&mut *w)?;
    w.write_all(b"\n")?;
    Ok(())
}

fn page(class: &Class) -> Page {
    let causes = class.common_causes().into_iter().take(CAUSES);
    Page {
        title: escape::line(&class.title),
        submissions: count(class.submissions.len() as u64, "submission"),
        facts: facts(class),
        tiles: tiles(class),
        bins: bins(class),
        causes: causes
            .map(|(n, m, c)| (escape::line(n), sentence(m), c))
            .collect(),
        exercises: class.exercises.iter().map(|e| exercise(class, e)).collect(),
        strays: strays(class),
        copies: class
            .shared_captures()
            .iter()
            .map(|shared| escape::line(&shared.sentence()))
            .collect(),
        footer: format!(
            "Graded by socklab {}, with seed {}{}.",
            escape::line(&class.facts.socklab),
            class.facts.seed,
            super::html::after_comma(&class.isolation())
        ),
        script: SCRIPT,
        script_digest: format!(
            "sha256-{}",
            base64::engine::general_purpose::STANDARD.encode(Sha256::digest(SCRIPT))
        ),
    }
}

fn facts(class: &Class) -> String {
    let mut facts = vec![count(class.submissions.len() as u64, "submission")];
    if !class.facts.started.is_empty() {
        facts.push(format!(
            "graded on {}",
            escape::line(&words::moment(&class.facts.started))
        ));
    }
    if class.facts.duration_ms > 0.0 {
        facts.push(format!("in {}", duration(class.facts.duration_ms)));
    }
    facts.join(", ")
}

fn tiles(class: &Class) -> Vec<(String, &'static str)> {
    let graded = class.graded();
    let totals = class.totals();
    let full = totals
        .iter()
        .filter(|t| t.complete && t.score >= t.max)
        .count();
    let waiting = class.submissions.iter().filter(|s| s.waiting > 0.0).count();
    let mut tiles = vec![
        (graded.to_string(), "graded"),
        (full.to_string(), "with full marks"),
    ];
    if let Some(median) = class.median() {
        tiles.push((format!("{:.0} %", median * 100.0), "is the middle score"));
    }
    if graded < class.submissions.len() {
        tiles.push(((class.submissions.len() - graded).to_string(), "not graded"));
    }
    if waiting > 0 {
        tiles.push((waiting.to_string(), "wait for a person"));
    }
    let work: f64 = class.submissions.iter().map(|s| s.duration_ms).sum();
    let slowest = class
        .submissions
        .iter()
        .map(|s| s.duration_ms)
        .fold(0.0, f64::max);
    tiles.push((duration(work), "of checks together"));
    tiles.push((duration(slowest), "for the slowest"));
    tiles
}

fn bins(class: &Class) -> Vec<Bin> {
    let bins = class.histogram();
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    let bin = |(i, &number): (usize, &usize)| Bin {
        range: match i {
            10 => "all points".to_owned(),
            _ => format!("{} to {} percent", i * 10, i * 10 + 9),
        },
        label: match i {
            10 => "100 %".to_owned(),
            _ => format!("{}–{}", i * 10, i * 10 + 9),
        },
        number,
        // The label and the number above need the rest of the height.
        height: number * 70 / most,
    };
    bins.iter().enumerate().map(bin).collect()
}

fn exercise(class: &Class, exercise: &Exercise) -> ExerciseView {
    let counts = class.check_counts(&exercise.name);
    let checks = exercise.checks.iter().zip(&counts).map(|(head, count)| {
        let all = (count.passed + count.failed + count.other) as f64;
        let percent = |n: usize| format!("{:.0}", share(n as f64, all.max(1.0)) * 100.0);
        let causes = count.causes.iter().take(CAUSES_OF_CHECK);
        let why: Vec<String> = causes.map(|(name, _, n)| format!("{name} ({n})")).collect();
        CheckView {
            title: escape::line(&head.title),
            points: points(head.max) + if head.bonus { " bonus" } else { "" },
            passed: count.passed,
            failed: count.failed,
            passed_share: percent(count.passed),
            failed_share: percent(count.failed),
            why: escape::line(&why.join(", ")),
        }
    });
    let columns = exercise.checks.len();
    ExerciseView {
        title: escape::line(&exercise.title),
        named: class
            .of_exercise(&exercise.name)
            .any(|s| !s.submission.name.is_empty()),
        checks: checks.collect(),
        rows: class
            .of_exercise(&exercise.name)
            .map(|s| row(s, columns))
            .collect(),
    }
}

fn row(summary: &Summary, columns: usize) -> Row {
    let fault = summary
        .first_fault()
        .map(|(_, cell)| sentence(&cell.message));
    let mut cells: Vec<CellView> = summary.checks.iter().map(cell).collect();
    // A check that only later submissions have leaves a gap in the rows before.
    cells.resize_with(columns, || CellView {
        tone: "warn",
        text: String::new(),
        word: "absent",
    });
    Row {
        key: escape::line(&summary.submission.key),
        name: escape::line(&summary.submission.name),
        link: summary.link.as_deref().map(address),
        not_graded: (summary.status == Status::NotGraded).then(|| {
            sentence(
                summary
                    .error
                    .as_deref()
                    .unwrap_or("The reason is not known."),
            )
        }),
        score: format!("{}/{}", points(summary.score), points(summary.max)),
        share: format!("{:.0}", share(summary.score, summary.max) * 100.0),
        cells,
        time: duration(summary.duration_ms),
        why: fault.unwrap_or_default(),
    }
}

fn cell(cell: &Cell) -> CellView {
    let look = Look::default();
    let sign = Painter::new(&look).sign(cell.outcome);
    let text = if cell.outcome == Outcome::Partial {
        format!("{sign} {}", points(cell.points))
    } else {
        sign.to_owned()
    };
    CellView {
        tone: tone(cell.outcome),
        text,
        word: words::outcome(cell.outcome),
    }
}

/// Submissions to exercises of which nothing is known because none was graded.
fn strays(class: &Class) -> Vec<String> {
    let unknown = |s: &&Summary| class.exercise(&s.exercise).is_none();
    let strays = class.submissions.iter().filter(unknown);
    strays
        .map(|s| {
            let why = sentence(s.error.as_deref().unwrap_or("the reason is not known"));
            let key = escape::line(&s.submission.key);
            format!("{key}, {}: {why}", escape::line(&s.exercise))
        })
        .collect()
}
