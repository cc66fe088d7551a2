//! Causes why what is printed, or the state of sockets, is not what it should be.

use super::shown::{self, Shown};
use super::words::sentence;
use super::{Case, Cause, end_doing};
use crate::event::{End, Observed};
use crate::spec::{MismatchKind, Prints, Step};

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    match (case.step, &case.went.observed) {
        (
            Step::Prints(step),
            Observed::Printed {
                text,
                searched_from,
                end,
            },
        ) => not_printed(case, step, &text.0, *searched_from, end),
        (Step::NotPrints(step), Observed::Printed { text, .. }) => {
            let (name, _) = case.program()?;
            let explanation = case
                .mismatch
                .map_or("", |mismatch| mismatch.explanation.as_str());
            let plain = sentence(&format!(
                "the {name} prints what it must not print: {explanation}"
            ));
            shown::unwanted(case, step, &text.0)
                .or_else(|| Some(Cause::new("printed-unwanted", plain)))
        }
        (Step::Sockets(step), Observed::Sockets { count, .. }) => {
            if step.state == "CLOSE_WAIT" && *count > 0 {
                let message = format!(
                    "The {} keeps {count} connections open that their clients have left (CLOSE_WAIT).",
                    step.program
                );
                return Some(Cause::new("keeps-connections", message).hint(
                    "close() each client's socket when its conversation is over, on every way out of the loop.",
                ));
            }
            let explanation = &case.mismatch?.explanation;
            Some(Cause::new("socket-states", sentence(explanation)))
        }
        _ => None,
    }
}

fn not_printed(
    case: &Case<'_>,
    step: &Prints,
    text: &[u8],
    searched_from: u64,
    end: &End,
) -> Option<Cause> {
    let (name, program) = case.program()?;
    let from = usize::try_from(searched_from)
        .unwrap_or(usize::MAX)
        .min(text.len());
    let nothing = text[from..].trim_ascii().is_empty() && (from == 0 || step.since_typed);
    let kind = case.mismatch.map(|mismatch| mismatch.kind);
    let known = matches!(
        kind,
        Some(MismatchKind::WrongCase | MismatchKind::WrongTime | MismatchKind::WrongOutcome)
    );
    let printed = Shown {
        step,
        name: name.clone(),
        program,
        text,
        from,
        end,
        wanted: shown::wanted(case, step),
    };
    if !known
        && (!nothing || !program.printed_since().is_empty() || *end == End::Exited)
        && let Some(cause) = shown::diagnose(case, &printed)
    {
        return Some(cause);
    }
    if nothing {
        return Some(prints_nothing(case, &name, end));
    }
    let explanation = case
        .mismatch
        .map_or("", |mismatch| mismatch.explanation.as_str());
    let code = match kind {
        Some(MismatchKind::Representation) => "repr-of-bytes",
        Some(MismatchKind::WrongCase) => "case-differs",
        Some(MismatchKind::WrongTime) => "wrong-time",
        Some(MismatchKind::WrongOutcome) if repeats_lines(text) => "prints-twice",
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

/// Nothing is printed: nothing ever, or it stays in a buffer of the program.
fn prints_nothing(case: &Case<'_>, name: &str, end: &End) -> Cause {
    let doing = end_doing(end).map_or(String::new(), |doing| format!("; {doing}"));
    if let (End::Stuck(_) | End::Deadline, Some(note)) = (end, case.note("unflushed")) {
        let message = format!(
            "The {name} prints without a line ending in line {} of {} and does not flush its output, so that nothing is seen{doing}.",
            note.line, note.file
        );
        return Cause::new("not-flushed", message)
            .hint("Output waits in a buffer until a line ends: print \\n, or flush: print(…, flush=True), fflush(stdout), flush().")
            .at(note);
    }
    Cause::new(
        "prints-nothing",
        format!("The {name} prints nothing{doing}."),
    )
}

/// Whether some line of an output, longer than a word, stands there more than once.
fn repeats_lines(text: &[u8]) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .filter(|line| line.len() > 5)
        .any(|line| !seen.insert(line))
}
