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
        // Whoever read the output has seen enough.
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
    let message = format!("{error:#}");
    eprintln!("socklab: {}", escape::line(&message));
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

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
