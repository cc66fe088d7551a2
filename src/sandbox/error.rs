//! What can fail, and at which step.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// The call that is named when a program was stopped before it was executed.
pub const STOPPED: &str = "stopped by another program";

/// A step of building a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Start the helper process.
    StartHelper,
    /// Make the namespaces.
    Namespaces,
    /// Write the user and group maps.
    IdentityMaps,
    /// Become the root of the new user namespace.
    BecomeRoot,
    /// Bring `lo` up and make every IPv4 address local.
    Network,
    /// Allow ports below 1024.
    PrivilegedPorts,
    /// Bind host directories read-only.
    BindMounts,
    /// Make the root, `/tmp`, `/dev` and the files of `/etc`.
    RootFiles,
    /// Mount `/proc`.
    Proc,
    /// Change the root.
    Pivot,
    /// Unpack the submission.
    Unpack,
    /// Open the capture ring.
    Capture,
    /// Confine the files that programs reach (Landlock).
    Landlock,
    /// Confine the system calls of programs (seccomp).
    Seccomp,
    /// Put the sandbox into a control group.
    ControlGroup,
    /// Run a program.
    Run,
}

impl Step {
    /// The step in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Step::StartHelper => "start the helper process",
            Step::Namespaces => "make namespaces",
            Step::IdentityMaps => "map user ids",
            Step::BecomeRoot => "become root inside",
            Step::Network => "set up the private network",
            Step::PrivilegedPorts => "open ports below 1024",
            Step::BindMounts => "bind system directories",
            Step::RootFiles => "make the root file system",
            Step::Proc => "mount /proc",
            Step::Pivot => "change the root",
            Step::Unpack => "unpack the submission",
            Step::Capture => "open the packet capture",
            Step::Landlock => "confine files (Landlock)",
            Step::Seccomp => "confine system calls (seccomp)",
            Step::ControlGroup => "make a control group",
            Step::Run => "run a program",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A step that failed: which, at what, and the kernel's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The step.
    pub step: Step,
    /// The call or path that failed.
    pub what: String,
    /// The error number, 0 when there is none.
    pub errno: i32,
}

impl Failure {
    pub(super) fn new(step: Step, what: impl Into<String>, error: &io::Error) -> Failure {
        let errno = error.raw_os_error().unwrap_or(0);
        let mut what = what.into();
        if errno == 0 {
            what = format!("{what}: {error}");
        }
        Failure { step, what, errno }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.step, self.what)?;
        if self.errno != 0 {
            write!(f, ": {}", io::Error::from_raw_os_error(self.errno))?;
        }
        Ok(())
    }
}

/// Adds the step and the call to an I/O error.
pub(super) trait At<T> {
    fn at(self, step: Step, what: &str) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, step: Step, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(step, what, &error.into()))
    }
}

/// Why there is no sandbox. None of these is the student's fault.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The helper process could not be started.
    #[error("cannot start the sandbox helper {exe}: {source}")]
    Helper {
        /// The program that was to be run.
        exe: String,
        /// Why not.
        source: io::Error,
    },
    /// A step of building failed.
    #[error("{0}; `socklab doctor` says what to change")]
    Step(Failure),
    /// The helper ended, or sent nonsense, before the sandbox was ready.
    #[error("the sandbox ended before it was ready: {0}")]
    Died(String),
    /// The sandbox was not ready in time.
    #[error("the sandbox was not ready after {0} s")]
    Late(u64),
}

impl SandboxError {
    pub(super) fn died(why: impl fmt::Display) -> SandboxError {
        SandboxError::Died(why.to_string())
    }

    /// The step that failed, when it was one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            SandboxError::Step(failure) => Some(failure),
            _ => None,
        }
    }
}

/// Why a request to a running sandbox failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// The kernel refused a call.
    #[error("{call}: {}", io::Error::from_raw_os_error(*.errno))]
    Refused {
        /// The system call, with its subject.
        call: String,
        /// The error number.
        errno: i32,
    },
    /// The program named does not run.
    #[error("the program does not run")]
    NotRunning,
    /// The sandbox has ended.
    #[error("the sandbox has ended")]
    Gone,
    /// The answer was not what the request asks for.
    #[error("the sandbox answered something else")]
    Confused,
}

impl BrokerError {
    /// The kernel's error number, when it refused.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            BrokerError::Refused { errno, .. } => Some(*errno),
            _ => None,
        }
    }
}
