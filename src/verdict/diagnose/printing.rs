//! Causes why what is printed, or written to files, is not what it should be.

use super::words::sentence;
use super::{Case, Cause, end_doing};
use crate::event::Observed;
use crate::spec::{MismatchKind, Step};

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    match (case.step, &case.went.observed) {
        (Step::Prints(_), Observed::Printed { text, end, .. }) => {
            let (name, _) = case.program()?;
            let explanation = case
                .mismatch
                .map_or("", |mismatch| mismatch.explanation.as_str());
            if text.0.is_empty() {
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
