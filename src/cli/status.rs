//! Errors → exit statuses and messages: the one place that decides.

use std::process::ExitCode;

use super::context::Context;
use crate::class::course::CourseError;
use crate::class::grade::GradeError;
use crate::report::escape;
use crate::run::RunError;
use crate::sandbox::SandboxError;

/// What the program tells its caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ExitStatus {
    /// 0: all points of `must` checks; for `grade`: the run is complete, whatever the scores.
    Success,
    /// 1: points were lost (`check` only).
    PointsLost,
    /// 2: the command line or a spec is wrong.
    Usage,
    /// 3: it could not be graded here: the sandbox or the machine.
    NotHere,
    /// 130: interrupted (128 + SIGINT, as shells report it).
    Interrupted,
    /// What a command with conventions of its own says.
    Other(ExitCode),
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        match status {
            ExitStatus::Success => ExitCode::SUCCESS,
            ExitStatus::PointsLost => ExitCode::from(1),
            ExitStatus::Usage => ExitCode::from(2),
            ExitStatus::NotHere => ExitCode::from(3),
            ExitStatus::Interrupted => ExitCode::from(130),
            ExitStatus::Other(code) => code,
        }
    }
}

/// The user asked to stop.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Says what went wrong on standard error; which exit status it means.
pub fn report(context: &Context, error: &anyhow::Error) -> ExitStatus {
    if error.is::<Interrupted>() {
        eprintln!("socklab: interrupted");
        return ExitStatus::Interrupted;
    }
    if is_broken_pipe(error) {
        return ExitStatus::Success;
    }
    if let Some(errors) = spec_errors(error) {
        eprint!(
            "{}",
            crate::diag::render(
                &errors.diagnostics,
                &errors.text,
                context.colour_on_stderr()
            )
        );
        return ExitStatus::Usage;
    }
    eprintln!("socklab: {}", escape::line(&message(error)));
    let sandbox = error.chain().any(|cause| {
        cause.is::<SandboxError>()
            || matches!(
                cause.downcast_ref::<RunError>(),
                Some(RunError::Sandbox(_) | RunError::Broker(_) | RunError::Io { .. })
            )
            || matches!(
                cause.downcast_ref::<GradeError>(),
                Some(GradeError::Run(_) | GradeError::Reference { .. })
            )
    });
    if sandbox {
        eprintln!("socklab: `socklab doctor` says what this machine lacks and how to mend it");
        return ExitStatus::NotHere;
    }
    ExitStatus::Usage
}

fn spec_errors(error: &anyhow::Error) -> Option<&crate::class::course::SpecErrors> {
    error
        .chain()
        .find_map(|cause| match cause.downcast_ref::<CourseError>() {
            Some(CourseError::Spec(errors)) => Some(errors),
            _ => match cause.downcast_ref::<GradeError>() {
                Some(GradeError::Course(CourseError::Spec(errors))) => Some(errors),
                _ => None,
            },
        })
}

/// An error and its causes on one line; a cause that its error has already told is not told twice.
pub fn message(error: &anyhow::Error) -> String {
    error
        .chain()
        .map(ToString::to_string)
        .fold(String::new(), |told, cause| {
            match (told.is_empty(), told.ends_with(&cause)) {
                (true, _) => cause,
                (_, true) => told,
                (_, false) => format!("{told}: {cause}"),
            }
        })
}

/// Whether whoever read the output has seen enough.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ReportError;

    #[test]
    fn a_cause_is_told_once() {
        let refused = || std::io::Error::other("no space");
        let report = anyhow::Error::from(ReportError::Io(refused()));
        assert_eq!(message(&report), "writing the report: no space");
        let named = anyhow::Error::from(refused()).context("out.json");
        assert_eq!(message(&named), "out.json: no space");
    }

    #[test]
    fn a_reader_that_has_seen_enough_of_a_json_report_is_recognised() {
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let report = ReportError::from(serde_json::Error::io(pipe));
        assert!(is_broken_pipe(&report.into()));
    }
}
