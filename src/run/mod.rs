//! Running: a plan → events. Owns the clock, deadlines and cancellation; starts sandboxes, plays the
//! actors, records everything, and judges nothing (it asks [`crate::spec::expect`] only whether to go on).

mod aftermath;
mod build;
mod check;
mod compile;
mod engine;
mod excused;
mod files;
mod flow;
mod gpio;
mod hand;
mod listening;
mod meter;
mod output;
mod pace;
mod process;
mod relays;
mod share;
mod sockets;
mod state;
mod submission;
mod transfer;
mod turns;
mod wait;

pub use build::{Built, BuiltProgram, References, ReferencesToCome, build};
pub use check::{CheckRecord, Shop, run_check};
pub use hand::{PERSON, Play, play};
pub use submission::{
    CheckOutcome, Judge, Options, Progress, Ruling, SubmissionRecord, run_submission,
};
pub use turns::Turns;

/// Why a run could not be carried out: the machine or socklab, never the student.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No sandbox could be made.
    #[error("no sandbox: {0}")]
    Sandbox(#[from] crate::sandbox::SandboxError),
    /// The sandbox's init could not do what it was asked.
    #[error("the sandbox failed: {0}")]
    Broker(#[from] crate::sandbox::BrokerError),
    /// An operation on a socket or pipe of the grader failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A reference implementation that the check starts could not be made.
    #[error("{0}")]
    Reference(String),
    /// The spec asks for something that cannot be done; the loader should have said so.
    #[error("the spec cannot be carried out: {0}")]
    Spec(String),
}
