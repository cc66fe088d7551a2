//! `file`: a file that was handed in, or that a program wrote.

use super::compare::quantity;
use super::receive::regex;
use super::{Context, Verdict, outcome, unfitting};
use crate::event::Observed;
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::step::FileCheck;
use crate::spec::value::{Bindings, ValueError, expand};

/// The names as a person lists them.
pub(super) fn names(any_of: &[String]) -> String {
    any_of.join(" or ")
}

pub(super) fn judge(
    step: &FileCheck,
    observed: &Observed,
    bindings: &Bindings,
    context: &Context,
) -> Result<Verdict, ValueError> {
    let Observed::File {
        path,
        content,
        length,
        starter,
    } = observed
    else {
        return Ok(unfitting(observed));
    };
    let name = match (path, step.absent) {
        (None, true) => return Ok(Verdict::met()),
        (Some(path), true) => {
            return Ok(outcome(
                format!("no file {path}"),
                path,
                format!("the file {path} is still there"),
            ));
        }
        (None, false) => return Ok(missing(&step.any_of)),
        (Some(path), false) => path,
    };
    let wrong = |expected: &str, explanation| {
        let kind = MismatchKind::Different;
        Ok(Verdict::unmet(Mismatch::described(
            kind,
            expected,
            &content.0,
            explanation,
        )))
    };
    if *length == 0 && step.at_least.is_none_or(|n| n > 0) {
        return wrong("a file with content", format!("{name} is empty"));
    }
    if step.changed_from_starter
        && let Some(starter) = starter
        && words(&starter.0) == words(&content.0)
    {
        return wrong(
            "a file that was worked on",
            format!("{name} is still as in the handout"),
        );
    }
    if let Some(least) = step.at_least.filter(|least| length < least) {
        let has = quantity(usize::try_from(*length).unwrap_or(usize::MAX));
        return wrong(
            "a longer file",
            format!("{name} has only {has}; at least {least} are expected"),
        );
    }
    if let Some(text) = &step.contains {
        let wanted = expand(text, bindings)?;
        let lower = |b: &[u8]| String::from_utf8_lossy(b).to_lowercase();
        if !lower(&content.0).contains(&lower(&wanted)) {
            let wanted = String::from_utf8_lossy(&wanted).into_owned();
            return wrong(&wanted, format!("`{wanted}` does not stand in {name}"));
        }
    }
    if let Some(expression) = &step.matches {
        let matcher = regex(expression, None, bindings, false, true)?;
        if matcher.search(&content.0, 0, context).is_err() {
            return wrong(
                expression,
                format!("nothing in {name} matches /{expression}/"),
            );
        }
    }
    Ok(Verdict::met())
}

pub(super) fn missing(any_of: &[String]) -> Verdict {
    let names = names(any_of);
    Verdict::unmet(Mismatch::described(
        MismatchKind::Missing,
        format!("the file {names}"),
        b"",
        format!("there is no file {names}"),
    ))
}

/// A text without regard to its white space.
fn words(text: &[u8]) -> Vec<u8> {
    text.split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(&b' ')
}
