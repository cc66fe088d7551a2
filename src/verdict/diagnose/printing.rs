//! Causes why what is printed, or written to files, is not what it should be.

use super::words::sentence;
use super::{Case, Cause, end_doing};
use crate::event::{End, Observed};
use crate::spec::{MismatchKind, Step};

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    match (case.step, &case.went.observed) {
        (
            Step::Prints(step),
            Observed::Printed {
                text,
                searched_from,
                end,
            },
        ) => {
            let (name, program) = case.program()?;
            let explanation = case
                .mismatch
                .map_or("", |mismatch| mismatch.explanation.as_str());
            let asked = case
                .past
                .last_sent
                .as_ref()
                .and_then(|(who, ..)| case.past.actors.get(who));
            let unread = asked.is_some_and(|actor| actor.accepted && case.left_unread(actor));
            let answer = case
                .past
                .last_sent
                .as_ref()
                .map_or(&[][..], |(_, bytes, _)| bytes.0.trim_ascii());
            let shown = prefix_in(answer, &program.stdout);
            if asked.is_some() && shown >= 3 && shown < answer.len() {
                return Some(partly_shown(case, &name, shown, answer.len()));
            }
            let before = asked
                .and_then(|actor| actor.pieces.split_last())
                .map_or(&[][..], |(_, before)| before);
            let some = before
                .iter()
                .any(|piece| super::contains(&program.stdout, piece.0.trim_ascii()));
            if *end == End::Exited && unread && some {
                let sent = asked.map_or(0, |actor| {
                    actor.pieces.iter().map(|piece| piece.0.len()).sum()
                });
                return Some(partly_shown(case, &name, before[0].0.len(), sent));
            }
            if *end == End::Exited && unread && shown < 3 {
                return Some(
                    Cause::new(
                        "never-receives",
                        format!("The {name} ends without receiving what it is answered."),
                    )
                    .hint(
                        "recv() waits for the answer and returns it; print that before you close.",
                    ),
                );
            }
            let from = usize::try_from(*searched_from)
                .unwrap_or(usize::MAX)
                .min(text.0.len());
            if text.0[from..].trim_ascii().is_empty() && (from == 0 || step.since_typed) {
                let doing = end_doing(end).map_or(String::new(), |doing| format!("; {doing}"));
                return Some(Cause::new(
                    "prints-nothing",
                    format!("The {name} prints nothing{doing}."),
                ));
            }
            let kind = case.mismatch.map(|mismatch| mismatch.kind);
            let code = match kind {
                Some(MismatchKind::Representation) => "repr-of-bytes",
                Some(MismatchKind::WrongCase) => "case-differs",
                Some(MismatchKind::WrongTime) => "wrong-time",
                Some(MismatchKind::WrongOutcome) => "wrong-count",
                _ => "not-printed",
            };
            let message = if explanation.is_empty() {
                format!("The {name} does not print what it should.")
            } else {
                format!(
                    "The {name} does not print what it should: {}.",
                    explanation.trim_end_matches('.')
                )
            };
            Some(Cause::new(code, message))
        }
        (Step::NotPrints(_), Observed::Printed { .. }) => {
            let (name, _) = case.program()?;
            let explanation = case
                .mismatch
                .map_or("", |mismatch| mismatch.explanation.as_str());
            Some(Cause::new(
                "printed-unwanted",
                sentence(&format!(
                    "the {name} prints what it must not print: {explanation}"
                )),
            ))
        }
        (Step::Sockets(_), Observed::Sockets { .. }) => {
            let explanation = &case.mismatch?.explanation;
            Some(Cause::new("socket-states", sentence(explanation)))
        }
        (Step::Gpio(_), Observed::Pins { .. }) => {
            Some(Cause::new("gpio", sentence(&case.mismatch?.explanation)))
        }
        (Step::File(_) | Step::Table(_) | Step::Yaml(_), Observed::File { path: None, .. }) => {
            Some(Cause::new(
                "file-missing",
                sentence(&case.mismatch?.explanation),
            ))
        }
        (Step::File(_) | Step::Table(_) | Step::Yaml(_), Observed::File { .. }) => Some(
            Cause::new("file-content", sentence(&case.mismatch?.explanation)),
        ),
        _ => None,
    }
}

/// Length of the longest beginning of `wanted` that stands somewhere in `text`.
fn prefix_in(wanted: &[u8], text: &[u8]) -> usize {
    let starts = (0..text.len()).filter(|at| text.get(*at) == wanted.first());
    let common = |at: usize| {
        let both = wanted.iter().zip(&text[at..]);
        both.take_while(|(a, b)| a == b).count()
    };
    starts.map(common).max().unwrap_or(0)
}

/// Only the beginning of a message is shown.
fn partly_shown(case: &Case<'_>, name: &str, shown: usize, length: usize) -> Cause {
    let pieces = |step: &Step| matches!(step, Step::Send(send) if !send.in_pieces.is_empty());
    let sends = case
        .check
        .steps
        .iter()
        .filter(|step| matches!(step, Step::Send(_)));
    if sends.count() > 1 || case.check.steps.iter().any(pieces) {
        let message = format!(
            "The {name} takes what one recv() returns for the whole message: it shows {shown} of {length} bytes."
        );
        return Cause::new("reads-once", message)
            .hint("recv() returns what has come so far; call it in a loop until the message is complete, or until it returns nothing.");
    }
    let message = format!("The {name} shows only the first {shown} of {length} bytes.");
    Cause::new("truncated", message)
        .hint("recv(n) returns at most n bytes: use a larger number, or call it in a loop.")
}
