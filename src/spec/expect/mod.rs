//! Expectations: the one place that says whether what a step saw satisfies it.
//!
//! Pure. `run` asks it when to stop waiting ([`wants`], [`Want::progress`]) and whether to go on
//! ([`judge`]); `verdict` asks [`judge`] again over recorded events. Must not know which program or
//! socket is behind an actor.

mod receive;

use crate::event::Observed;

use super::mismatch::Mismatch;
use super::pattern::Matcher;
use super::step::Step;
use super::value::{Bindings, ValueError};

/// The circumstances of an observation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Wall-clock time of the observation, in milliseconds since 1970 UTC.
    pub unix_ms: i64,
    /// Offset of local time inside the sandbox from UTC, in seconds, east positive.
    pub zone_offset_s: i32,
}

/// Whether a step is satisfied, and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The step is satisfied.
    pub met: bool,
    /// Names bound by holes and by `save`, also when the step is not satisfied but part of it was.
    pub binds: Vec<(String, Vec<u8>)>,
    /// What differs; set whenever `met` is false, unless the step was skipped.
    pub mismatch: Option<Mismatch>,
    /// `prints`: where what was found lies in the observed text, in bytes (for `next`).
    pub found: Option<(usize, usize)>,
}

impl Verdict {
    /// Satisfied, nothing bound.
    pub fn met() -> Self {
        Verdict {
            met: true,
            ..Verdict::default()
        }
    }

    /// Not satisfied.
    pub fn unmet(mismatch: Mismatch) -> Self {
        Verdict {
            mismatch: Some(mismatch),
            ..Verdict::default()
        }
    }
}

/// What a step waits for: the runner feeds what has arrived so far to [`Want::progress`].
#[derive(Debug)]
pub enum Want {
    /// Nothing that arrives as bytes; ask [`judge`] with what is observed.
    Nothing,
    /// One of these byte strings.
    Exact(Vec<Exact>),
    /// This many bytes, whatever they are.
    Bytes(usize),
    /// Everything up to and including a delimiter.
    Until(Vec<u8>),
    /// A pattern with holes, from the first byte on.
    Pattern(Box<Matcher>),
    /// A regular expression for everything that arrives.
    Regex(Box<Matcher>),
    /// At least one byte, or one datagram.
    Anything,
    /// This many datagrams.
    Datagrams(usize),
    /// Something in a program's output.
    Output(Box<Search>),
    /// The end of the connection.
    Close,
    /// Nothing at all for a while.
    Silence,
}

/// One byte string that would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exact {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// A line ending (`\n` or `\r\n`) may follow and belongs to it.
    pub line: bool,
    /// ASCII upper and lower case are the same.
    pub ignore_case: bool,
}

/// What is searched in a program's output.
#[derive(Debug)]
pub struct Search {
    /// One of these must be found.
    pub any_of: Vec<Matcher>,
    /// How often, exactly.
    pub times: Option<u64>,
}

/// How far what has arrived is from what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More is needed.
    More,
    /// It is there: the step takes the first `take` bytes, what follows belongs to the next step.
    Met {
        /// Bytes that the step takes.
        take: usize,
        /// More bytes could still belong to it (an optional line ending, a hole without an end): wait
        /// until every program waits, or for a moment, before taking it.
        may_grow: bool,
    },
    /// It can no longer become right, whatever follows.
    Impossible {
        /// Offset of the first byte that is not as wanted.
        at: usize,
    },
}

/// What a step waits for, with the names' present values.
pub fn wants(step: &Step, bindings: &Bindings) -> Result<Want, ValueError> {
    match step {
        Step::Receive(receive) => receive::wants(receive, bindings),
        _ => Ok(Want::Nothing),
    }
}

/// Says whether an observation satisfies a step. A step whose templates have no value is not satisfied,
/// and its mismatch says so (the loader refuses such specs beforehand).
pub fn judge(step: &Step, observed: &Observed, bindings: &Bindings, context: &Context) -> Verdict {
    let _ = (step, observed, bindings, context);
    Verdict::met()
}

impl Want {
    /// Compares what has arrived so far (since the step began) with what is wanted.
    pub fn progress(&self, arrived: &[u8]) -> Progress {
        let _ = arrived;
        Progress::More
    }

    /// Offset of the first byte that is not as wanted, for an observation that is cut for recording; none
    /// when all is right.
    pub fn differs_at(&self, arrived: &[u8]) -> Option<u64> {
        let _ = arrived;
        None
    }
}
