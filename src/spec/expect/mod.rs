//! Expectations: the one place that says whether what a step saw satisfies it.
//!
//! Pure. `run` asks it when to stop waiting ([`wants`], [`Want::progress`]) and whether to go on
//! ([`judge`]); `verdict` asks [`judge`] again over recorded events. Must not know which program or
//! socket is behind an actor.

mod cells;
mod compare;
mod files;
mod gpio;
mod prints;
mod process;
mod receive;
mod socket;
mod table;
mod want;
mod yaml;

pub use compare::{first_difference, printed_form};
pub use process::traceback;

use crate::event::Observed;

use super::mismatch::{Mismatch, MismatchKind};
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
    /// How long the observation took to come, in milliseconds: a time that a program wrote may be so much older.
    pub waited_ms: i64,
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
    /// A pattern with holes, or a regular expression, from the first byte on.
    Pattern(Box<Matcher>),
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
///
/// # Errors
/// A name without a value, or an expression that cannot be worked out.
pub fn wants(step: &Step, bindings: &Bindings) -> Result<Want, ValueError> {
    Ok(match step {
        Step::Receive(receive) => receive::wants(receive, bindings)?,
        Step::ReceiveSet(set) => Want::Datagrams(set.texts.len()),
        Step::Prints(prints) | Step::NotPrints(prints) => {
            Want::Output(Box::new(prints::search(prints, bindings)?))
        }
        Step::Closed(_) => Want::Close,
        Step::Silent(_) | Step::NoConnection(_) | Step::StillOpen(_) => Want::Silence,
        _ => Want::Nothing,
    })
}

/// Says whether an observation satisfies a step. A step whose templates have no value is not satisfied,
/// and its mismatch says so (the loader refuses such specs beforehand).
///
/// `exits` with `no_traceback` looks at what is bound to `<program>.output`, if anything is: the runner
/// and the judge put the program's output there.
pub fn judge(step: &Step, observed: &Observed, bindings: &Bindings, context: &Context) -> Verdict {
    if let Observed::Skipped { .. } = observed {
        return Verdict::default();
    }
    let verdict = match step {
        Step::Receive(s) => receive::judge(s, observed, bindings, context),
        Step::ReceiveSet(s) => receive::judge_set(s, observed, bindings),
        Step::Prints(s) => prints::judge(s, observed, bindings, context),
        Step::NotPrints(s) => prints::judge_absent(s, observed, bindings, context),
        Step::Listening(s) => process::listening(s, observed, bindings),
        Step::File(s) => files::judge(s, observed, bindings, context),
        Step::Table(s) => table::judge(s, observed, bindings),
        Step::Yaml(s) => yaml::judge(s, observed, bindings),
        Step::Start(s) => Ok(process::start(s, observed)),
        Step::Type(_) => Ok(process::prompt(observed)),
        Step::NotListening(_) => Ok(process::not_listening(observed)),
        Step::Exits(s) => Ok(process::exits(s, observed, bindings)),
        Step::StillRunning(p) => Ok(process::still_running(&p.0, observed)),
        Step::Sockets(s) => Ok(process::sockets(s, observed)),
        Step::Connect(s) => Ok(socket::connect(s, observed)),
        Step::Accept(_) => Ok(socket::accept(observed)),
        Step::NoConnection(_) => Ok(socket::no_connection(observed)),
        Step::Send(s) => Ok(socket::send(s, observed)),
        Step::Silent(_) => Ok(socket::silent(observed)),
        Step::StillOpen(_) => Ok(socket::still_open(observed)),
        Step::Closed(s) => Ok(socket::closed(s, observed)),
        Step::Gpio(s) => Ok(gpio::judge(s, observed)),
        Step::Either(_) => Ok(either(observed)),
        Step::EndOfInput(_)
        | Step::Signal(_)
        | Step::Stop(_)
        | Step::Listen(_)
        | Step::Shutdown(_)
        | Step::Close(_)
        | Step::Reset(_)
        | Step::StopReading(_)
        | Step::Relay(_)
        | Step::SetRelay(_)
        | Step::Together(_)
        | Step::For(_)
        | Step::Repeat(_)
        | Step::Pause(_)
        | Step::Let(_) => Ok(Verdict::met()),
    };
    verdict.unwrap_or_else(|error| {
        let explanation = format!("the spec cannot be judged here: {error}");
        Verdict::unmet(Mismatch::described(
            MismatchKind::WrongOutcome,
            "",
            b"",
            explanation,
        ))
    })
}

fn either(observed: &Observed) -> Verdict {
    match observed {
        Observed::Branch { taken: None } => Verdict::unmet(Mismatch::described(
            MismatchKind::WrongOutcome,
            "one of several ways",
            b"",
            "none of the ways that are right was taken",
        )),
        _ => Verdict::met(),
    }
}

/// The verdict on an observation of another kind than the step makes: a stored run of another version.
fn unfitting(observed: &Observed) -> Verdict {
    let explanation = format!("the record of this step does not fit it: {observed:?}");
    let explanation = explanation.chars().take(200).collect::<String>();
    Verdict::unmet(Mismatch::described(
        MismatchKind::WrongOutcome,
        "",
        b"",
        explanation,
    ))
}

/// Not satisfied, for an outcome described in words.
fn outcome(expected: impl Into<String>, seen: &str, explanation: impl Into<String>) -> Verdict {
    Verdict::unmet(Mismatch::described(
        MismatchKind::WrongOutcome,
        expected,
        seen.as_bytes(),
        explanation,
    ))
}

#[cfg(test)]
mod tests;
