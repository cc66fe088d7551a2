//! Causes why a file that was handed in is not as it should be.

use super::words::sentence;
use super::{Case, Cause};
use crate::event::Observed;
use crate::spec::{MismatchKind, Step};

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    let Observed::File {
        path,
        length,
        starter,
        content,
        ..
    } = &case.went.observed
    else {
        return None;
    };
    let mismatch = case.mismatch?;
    let words = |bytes: &[u8]| -> Vec<u8> {
        let words = bytes
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(&b' ')
    };
    let unchanged = starter
        .as_ref()
        .is_some_and(|starter| words(&starter.0) == words(&content.0));
    let code = match (case.step, path, mismatch.kind) {
        (Step::File(step), Some(_), _) if step.absent => "file-left",
        (_, None, _) => "file-missing",
        (Step::File(_), ..) if unchanged && *length > 0 => {
            let message = format!(
                "{} is still as in the handout.",
                path.as_deref().unwrap_or("The file")
            );
            return Some(Cause::new("as-in-handout", message));
        }
        (_, _, MismatchKind::Unchanged) => "as-in-handout",
        _ if *length == 0 => "file-empty",
        (Step::Table(_), _, MismatchKind::TooShort) => "rows-missing",
        (Step::Table(_), _, MismatchKind::Missing) => "cell-empty",
        (Step::Table(_), _, MismatchKind::WrongEndianness) => "wrong-endianness",
        (Step::Table(_), _, MismatchKind::WrongLayout) => "wrong-layout",
        (Step::Table(step), _, MismatchKind::WrongValue) if step.has.is_empty() => {
            if step.first_is_least.is_some() && mismatch.explanation.contains("the first row must")
            {
                "first-row-not-least"
            } else {
                "cell-wrong"
            }
        }
        (Step::Table(_), _, MismatchKind::WrongValue) => "row-wrong",
        (Step::Table(_), _, MismatchKind::Different) => "rows-equal",
        (Step::Yaml(_), _, MismatchKind::Missing) => "not-filled-in",
        _ => "file-content",
    };
    Some(Cause::new(code, file_sentence(&mismatch.explanation)))
}

/// A sentence that may begin with a file's name, whose letters stay as they are.
fn file_sentence(text: &str) -> String {
    let first = text.split([' ', ':', ',']).next().unwrap_or_default();
    if first.contains('.') {
        let stop = if text.ends_with(['.', '!', '?']) {
            ""
        } else {
            "."
        };
        return format!("{text}{stop}");
    }
    sentence(text)
}
