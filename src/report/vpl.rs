//! VPL for Moodle: a comment block and a grade line on standard output. VPL takes the last grade line it
//! finds, so that no student's text may hold one: it is escaped, and quoted with `>`.

use std::io::Write;

use super::cases::Suite;
use super::escape;
use super::format::{Options, ReportError};
use super::visible::Visible;
use super::words::{capital, clean, isolation, points, share};
use crate::verdict::Outcome;

/// Lines of one account.
const LINES: usize = 40;

/// Writes one submission. One that was not graded has no grade line, so that VPL proposes no grade.
pub fn write_one(
    visible: &Visible,
    options: &Options,
    w: &mut dyn Write,
) -> Result<(), ReportError> {
    let suite = Suite::with_grade(visible);
    writeln!(w, "<|--")?;
    if let Some(why) = &suite.not_graded {
        writeln!(w, "-Not graded")?;
        writeln!(w, ">{}", escape::vpl(&escape::line(why)))?;
        writeln!(w, "--|>")?;
        return Ok(());
    }
    for case in suite
        .cases
        .iter()
        .filter(|c| c.outcome != Outcome::Passed || !c.message.is_empty())
    {
        let score = format!("{}/{}", points(case.points), points(case.max));
        writeln!(w, "-{} ({score})", escape::vpl(&escape::line(&case.title)))?;
        let detail = if case.detail.is_empty() {
            &case.message
        } else {
            &case.detail
        };
        for line in escape::vpl(detail).lines().take(LINES) {
            writeln!(w, ">{line}")?;
        }
    }
    let level = isolation(&suite.isolation);
    if !level.is_empty() {
        writeln!(w, "-{}", capital(&level))?;
    }
    writeln!(w, "--|>")?;
    writeln!(w, "Grade :=>>{}", grade(suite.score, options))?;
    Ok(())
}

/// The grade in the activity's own range, if VPL tells it; otherwise the points.
fn grade((score, max): (f64, f64), options: &Options) -> f64 {
    let number = |name: &str| {
        options
            .platform
            .get(name)
            .and_then(|v| v.trim().parse::<f64>().ok())
    };
    let value = match (number("VPL_GRADEMIN"), number("VPL_GRADEMAX")) {
        (lowest, Some(highest)) if highest.is_finite() => {
            let lowest = lowest.unwrap_or(0.0);
            lowest + share(score, max) * (highest - lowest)
        }
        _ => score,
    };
    clean((value * 1e4).round() / 1e4)
}
