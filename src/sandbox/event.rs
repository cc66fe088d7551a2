//! What a sandbox reports by itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ProgramId;
use crate::event::{Exit, Limit, Place};

/// Something that happened inside. `at` is nanoseconds of the monotonic clock, the one behind
/// [`std::time::Instant`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SandboxEvent {
    /// A program's first process has ended. Descendants may still run.
    Exited {
        /// Which program.
        program: ProgramId,
        /// How.
        exit: Exit,
        /// What it and its reaped descendants used.
        usage: Usage,
        /// When init saw it.
        at: u64,
    },
    /// A student's socket has begun to listen (TCP, Unix) or is bound and unconnected (UDP).
    Listening {
        /// Whose, when it could be told.
        program: Option<ProgramId>,
        /// Where.
        place: Place,
        /// When init saw it.
        at: u64,
    },
    /// A socket that listened does so no more.
    NotListening {
        /// Whose it was.
        program: Option<ProgramId>,
        /// Where.
        place: Place,
        /// When init saw it.
        at: u64,
    },
    /// A program went over a limit. One that used too much CPU time or memory has been killed.
    Limit {
        /// Which program.
        program: ProgramId,
        /// Which limit.
        limit: Limit,
        /// When init saw it.
        at: u64,
    },
}

/// What processes used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in user mode.
    pub user: Duration,
    /// CPU time in the kernel.
    pub system: Duration,
    /// Largest resident set of any one process, in bytes.
    pub max_rss: u64,
}

impl Usage {
    /// User and system time together.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }
}
