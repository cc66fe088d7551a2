//! TAP 14: a stream of test points with YAML diagnostics; a class is a stream of subtests.

use std::io::Write;

use super::cases::{Case, Suite};
use super::class::Class;
use super::escape;
use super::format::ReportError;
use super::visible::Visible;
use super::words::{isolation, points};
use crate::verdict::Outcome;

/// Lines of an account in a diagnostic.
const DETAIL_LINES: usize = 60;

/// Writes one submission.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let suite = Suite::of(visible);
    writeln!(w, "TAP version 14")?;
    if let Some(why) = &suite.not_graded {
        writeln!(w, "Bail out! not graded: {}", escape::tap(why))?;
        return Ok(());
    }
    comment(&suite, "", w)?;
    writeln!(w, "1..{}", suite.cases.len())?;
    for (i, case) in suite.cases.iter().enumerate() {
        point(case, i + 1, "", w)?;
    }
    Ok(())
}

/// Writes a class: one subtest per submission.
pub fn write_class(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    writeln!(w, "TAP version 14")?;
    writeln!(w, "1..{}", class.submissions.len())?;
    for (i, summary) in class.submissions.iter().enumerate() {
        let suite = Suite::of_summary(class, summary);
        let name = format!("{} {}", suite.exercise, suite.key);
        let name = escape::tap(&name);
        let number = i + 1;
        if let Some(why) = &suite.not_graded {
            writeln!(
                w,
                "ok {number} - {name} # SKIP not graded: {}",
                escape::tap(why)
            )?;
            continue;
        }
        writeln!(w, "# Subtest: {name}")?;
        comment(&suite, "    ", w)?;
        writeln!(w, "    1..{}", suite.cases.len())?;
        for (j, case) in suite.cases.iter().enumerate() {
            point(case, j + 1, "    ", w)?;
        }
        let failed = suite.cases.iter().any(Case::failed);
        let word = if failed { "not ok" } else { "ok" };
        writeln!(w, "{word} {number} - {name}")?;
    }
    Ok(())
}

fn comment(suite: &Suite, indent: &str, w: &mut dyn Write) -> Result<(), ReportError> {
    let level = isolation(&suite.isolation);
    if !level.is_empty() {
        writeln!(w, "{indent}# {level}")?;
    }
    Ok(())
}

fn point(case: &Case, number: usize, indent: &str, w: &mut dyn Write) -> Result<(), ReportError> {
    let title = escape::tap(&case.title);
    let reason = || escape::tap(&case.message);
    let (word, directive) = match case.outcome {
        Outcome::Passed => ("ok", String::new()),
        Outcome::Failed | Outcome::Partial if case.advice => {
            ("not ok", " # TODO advice".to_owned())
        }
        Outcome::Failed | Outcome::Partial => ("not ok", String::new()),
        Outcome::NotRun => ("ok", format!(" # SKIP {}", reason())),
        Outcome::Manual => ("not ok", " # TODO waits for a person".to_owned()),
        Outcome::Error => ("ok", format!(" # SKIP not graded: {}", reason())),
    };
    writeln!(w, "{indent}{word} {number} - {title}{directive}")?;
    diagnostic(case, indent, w)
}

fn diagnostic(case: &Case, indent: &str, w: &mut dyn Write) -> Result<(), ReportError> {
    let failed = matches!(case.outcome, Outcome::Failed | Outcome::Partial);
    writeln!(w, "{indent}  ---")?;
    writeln!(w, "{indent}  id: {}", escape::yaml(&case.id))?;
    writeln!(
        w,
        "{indent}  score: {{earned: {}, max: {}}}",
        points(case.points),
        points(case.max)
    )?;
    writeln!(w, "{indent}  duration_ms: {:.1}", case.duration_ms)?;
    if !case.message.is_empty() {
        writeln!(w, "{indent}  message: {}", escape::yaml(&case.message))?;
        writeln!(
            w,
            "{indent}  severity: {}",
            if failed { "fail" } else { "comment" }
        )?;
    }
    if !case.cause.is_empty() {
        writeln!(w, "{indent}  cause: {}", escape::yaml(&case.cause))?;
    }
    if let Some((file, line)) = &case.source {
        writeln!(
            w,
            "{indent}  at: {{file: {}, line: {line}}}",
            escape::yaml(file)
        )?;
    }
    if !case.detail.is_empty() {
        writeln!(w, "{indent}  detail:")?;
        for line in case.detail.lines().take(DETAIL_LINES) {
            writeln!(w, "{indent}    - {}", escape::yaml(line))?;
        }
    }
    writeln!(w, "{indent}  ...")?;
    Ok(())
}
