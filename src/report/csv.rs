//! CSV: one row per check of one submission, or one row per submission of a class with a column per check.
//! Text cells are guarded against being read as formulas.

use std::io::Write;

use super::cases::{Case, Suite};
use super::class::Class;
use super::escape;
use super::format::ReportError;
use super::visible::Visible;
use super::words::{clean, isolation, outcome, points};
use crate::score::Status;
use crate::verdict::Outcome;

/// Characters of a cause's sentence.
const MESSAGE: usize = 500;

/// Writes one submission: one row per check.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::of(visible);
    let mut out = csv::Writer::from_writer(w);
    let head = [
        "submission",
        "exercise",
        "check",
        "title",
        "outcome",
        "points",
        "max",
        "bonus",
        "duration_ms",
        "cause",
        "message",
        "isolation",
    ];
    row(&mut out, head)?;
    for case in &suite.cases {
        let cells = [
            escape::csv_text(&suite.key),
            escape::csv_text(&suite.exercise),
            escape::csv_text(&case.id),
            escape::csv_text(&case.title),
            outcome(case.outcome).to_owned(),
            earned(case),
            points(case.max),
            if case.bonus { "yes" } else { "no" }.to_owned(),
            format!("{:.0}", case.duration_ms),
            escape::csv_text(&case.cause),
            escape::csv_text(&case.sentence(MESSAGE)),
            level(&suite),
        ];
        row(&mut out, cells)?;
    }
    out.flush()?;
    Ok(())
}

/// Points of a case; none for what nobody has judged yet.
fn earned(case: &Case) -> String {
    match case.outcome {
        Outcome::Manual | Outcome::Error => String::new(),
        _ => points(case.points),
    }
}

/// Writes a class: one row per submission.
pub fn write_class(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    let mut out = csv::Writer::from_writer(w);
    let several = class.exercises.len() > 1;
    let mut head: Vec<String> = [
        "submission",
        "name",
        "exercise",
        "status",
        "score",
        "max",
        "bonus",
        "waiting",
        "duration_ms",
        "cause",
        "message",
        "isolation",
    ]
    .map(str::to_owned)
    .to_vec();
    for exercise in &class.exercises {
        for check in &exercise.checks {
            let name = if several {
                format!("{}/{}", exercise.name, check.id)
            } else {
                check.id.clone()
            };
            head.push(escape::csv_text(&name));
        }
    }
    row(&mut out, &head)?;
    for summary in &class.submissions {
        let suite = Suite::of_summary(class, summary);
        let graded = summary.status == Status::Graded;
        let number = |value: f64| {
            if graded {
                points(clean(value))
            } else {
                String::new()
            }
        };
        let fault = summary.first_fault().map(|(i, _)| &suite.cases[i]);
        let mut cells = vec![
            escape::csv_text(&summary.submission.key),
            escape::csv_text(&summary.submission.name),
            escape::csv_text(&summary.exercise),
            if graded { "graded" } else { "not graded" }.to_owned(),
            number(summary.score),
            number(summary.max),
            number(summary.bonus),
            number(summary.waiting),
            format!("{:.0}", summary.duration_ms),
            fault.map_or_else(String::new, |c| escape::csv_text(&c.cause)),
            match fault {
                Some(case) => escape::csv_text(&case.sentence(MESSAGE)),
                None => escape::csv_text(summary.error.as_deref().unwrap_or_default()),
            },
            level(&suite),
        ];
        for exercise in &class.exercises {
            let own = exercise.name == summary.exercise;
            cells.extend((0..exercise.checks.len()).map(|i| {
                let case = suite.cases.get(i).filter(|_| own);
                case.map_or_else(String::new, earned)
            }));
        }
        row(&mut out, &cells)?;
    }
    out.flush()?;
    Ok(())
}

/// `B`, or `F` with the words that it is practice.
fn level(suite: &Suite) -> String {
    let words = isolation(&suite.isolation);
    words.trim_start_matches("isolation level ").to_owned()
}

fn row<W: Write, T: AsRef<[u8]>>(
    out: &mut csv::Writer<W>,
    cells: impl IntoIterator<Item = T>,
) -> Result<(), ReportError> {
    out.write_record(cells)
        .map_err(|e| std::io::Error::other(e.to_string()))?;
    Ok(())
}
