//! Diagnosis: patterns of evidence → causes in the student's words, the most specific first.
//!
//! Each rule looks at one failed step and what came before it, and either names a cause or says nothing.
//! The first rule that speaks wins; the last one always speaks, with the plain difference.

pub mod crash;
mod ending;
mod exchange;
mod files;
mod formats;
mod keyword;
mod numbers;
mod others;
mod pins;
mod printing;
mod shown;
mod silence;
mod start;
mod surplus;
mod tracebacks;
mod words;

use crate::capture::Analysis;
use crate::event::{End, Exit, Limit, Observed, SourceNote, Stuck};
use crate::plan::Files;
use crate::spec::{Check, Mismatch, Spec, Step};
use crate::verdict::history::{ActorPast, Past, ProgramPast, StepPast};
use crate::verdict::{Program, Source};

pub use words::{crash_cause, doing, end_doing, sentence};

/// A failed step with all that is known about it.
pub struct Case<'a> {
    /// The exercise.
    pub spec: &'a Spec,
    /// The check.
    pub check: &'a Check,
    /// The step.
    pub step: &'a Step,
    /// How it went.
    pub went: &'a StepPast,
    /// What came before.
    pub past: &'a Past,
    /// How what was seen differs from what was wanted.
    pub mismatch: Option<&'a Mismatch>,
    /// What is known of the submission's programs, by role.
    pub programs: &'a std::collections::BTreeMap<String, Program>,
    /// The student's files, when they are at hand.
    pub files: Option<&'a Files>,
    /// The check's packets, when all of them were captured.
    pub capture: Option<&'a Analysis>,
}

/// A named cause.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cause {
    /// Its stable name.
    pub code: &'static str,
    /// One or two sentences in the student's words.
    pub message: String,
    /// What to do, if it is more specific than the check's hint.
    pub hint: String,
    /// The line of the student's code.
    pub source: Option<Source>,
}

impl Cause {
    /// A cause with its sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Cause {
            code,
            message: message.into(),
            ..Cause::default()
        }
    }

    /// Adds the line of the student's code that shows it.
    #[must_use]
    pub fn at(mut self, note: &SourceNote) -> Self {
        self.source = Some(Source {
            file: note.file.clone(),
            line: note.line,
            text: note.text.clone(),
        });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// Whether bytes are nearly the text that is wanted.
pub fn is_misspelt(expected: &[u8], seen: &[u8]) -> bool {
    formats::misspelt("", expected, seen).is_some()
}

/// Names the cause of a failed step.
pub fn diagnose(case: &Case<'_>) -> Cause {
    start::no_program(case)
        .or_else(|| stopped(case))
        .or_else(|| ended_for_a_limit(case))
        .or_else(|| crashed(case))
        .or_else(|| spins(case))
        .or_else(|| limits(case))
        .or_else(|| start::diagnose(case))
        .or_else(|| exchange::diagnose(case))
        .or_else(|| ending::diagnose(case))
        .or_else(|| printing::diagnose(case))
        .or_else(|| pins::diagnose(case))
        .or_else(|| files::diagnose(case))
        .unwrap_or_else(|| plain(case))
}

/// The difference itself, when no rule knows why.
fn plain(case: &Case<'_>) -> Cause {
    match (&case.went.observed, case.mismatch) {
        (Observed::Skipped { because }, _) => Cause::new(
            "not-reached",
            format!("This step was not possible: {because}."),
        ),
        (_, Some(mismatch)) => Cause::new("mismatch", words::sentence(&mismatch.explanation)),
        (_, None) => Cause::new(
            "mismatch",
            format!("This did not happen: {}.", case.went.label),
        ),
    }
}

/// The program stopped itself; nobody will wake it up.
fn stopped(case: &Case<'_>) -> Option<Cause> {
    let (name, _) = case.program()?;
    (case.went.observed.end() == Some(&End::Stuck(Stuck::Stopped))).then(|| {
        Cause::new("stopped", format!("The {name} is stopped, and does nothing any more."))
            .hint("The signals SIGSTOP and SIGTSTP (Ctrl-Z) put a program to sleep until somebody sends SIGCONT.")
    })
}

/// The program was killed for a limit, or by the kernel for one: what it says or dies of follows from that.
/// Too much processor time is told elsewhere, with what it was used for.
fn ended_for_a_limit(case: &Case<'_>) -> Option<Cause> {
    let (name, program) = case.program()?;
    let limit = program.limit.or(case.past.limit);
    let by_signal = match program.exit {
        Some((Exit::Signal(24), _)) => Some(Limit::Cpu),
        Some((Exit::Signal(25), _)) => Some(Limit::FileSize),
        _ => None,
    };
    let limit = limit.or(by_signal).filter(|limit| {
        matches!(
            limit,
            Limit::Memory | Limit::Processes | Limit::Output | Limit::FileSize
        )
    })?;
    if limit == Limit::Output
        && let Some(cause) = spins(case)
    {
        return Some(cause);
    }
    Some(words::limit_cause(limit, &name))
}

/// The program crashed, and says so itself.
fn crashed(case: &Case<'_>) -> Option<Cause> {
    let (name, program) = case.program()?;
    let output = [
        String::from_utf8_lossy(&program.stdout),
        String::from_utf8_lossy(&program.stderr),
    ]
    .concat();
    if let Some(crash) = crash::find(&output) {
        let cause = tracebacks::known(case, &crash)
            .or_else(|| different_ports(case, &name, &crash))
            .unwrap_or_else(|| words::crash_cause(&crash, &name));
        // A program that floods dies of it when the grader hangs up: the flood is the fault.
        let flooded = matches!(&case.went.observed, Observed::Closed { extra_length, .. } if *extra_length > 4096)
            || case.went.observed.end() == Some(&End::TooMuch);
        if !(flooded && cause.code == "peer-gone-traceback") {
            return Some(cause);
        }
    }
    if let Some(cause) = tracebacks::windows_lines(&name, &output) {
        return Some(cause);
    }
    if let Some(cause) = other_crashed(case, &name) {
        return Some(cause);
    }
    match program.exit? {
        (Exit::Signal(11), _) => Some(
            Cause::new("crash", format!("The {name} crashed: segmentation fault (it used memory that is not its own)."))
                .hint("Look at array sizes, pointers and the value that recv() returns; compile with -Wall -g -fsanitize=address to find the line."),
        ),
        (Exit::Signal(6), _) => Some(Cause::new("crash", format!("The {name} ended itself with abort()."))),
        (Exit::Signal(13), _) => Some(
            Cause::new("broken-pipe", format!("The {name} was ended by SIGPIPE: it wrote to a connection that was closed already."))
                .hint("Check the result of recv(): 0 bytes mean that the other side has closed; do not write after that."),
        ),
        _ => None,
    }
}

/// The program runs in a loop that nothing ends, instead of doing what the step waits for. Whether the wait
/// or a limit ended first makes no difference to the student.
fn spins(case: &Case<'_>) -> Option<Cause> {
    let (name, program) = case.program()?;
    let limit = program.limit.or(case.past.limit);
    let end = case.went.observed.end();
    let spins = end == Some(&End::Spins) || limit == Some(Limit::Cpu);
    // On a loaded machine a wait ends before so much has been printed that the limit ends it.
    let printed = program.stdout.len() + program.stderr.len();
    let waited = matches!(end, Some(End::Deadline | End::Spins | End::TooMuch));
    let floods = limit == Some(Limit::Output) || waited && printed >= FLOOD;
    let left = case
        .past
        .actors
        .iter()
        .find(|(_, actor)| actor.own_end.is_some() && !actor.datagrams);
    if !(spins || floods) || matches!(case.step, Step::Closed(_)) && limit.is_none() {
        return None;
    }
    let what = if floods { "prints" } else { "runs" };
    Some(match left {
        Some((gone, _)) => Cause::new("spins-after-eof", format!("The {name} {what} in a loop without end since {gone} has closed its side, and does nothing else."))
            .hint("recv() returns nothing (b'' in Python, 0 in C) again and again when the other side has closed: leave the loop then."),
        None if floods => words::limit_cause(Limit::Output, &name),
        None => Cause::new("spins", format!("The {name} runs in a loop without end and does nothing else."))
            .hint("Look for a loop that neither waits in accept(), recv() or input() nor ends."),
    })
}

/// A client of the student's own pair dials another port than the server listens on.
fn different_ports(case: &Case<'_>, name: &str, crash: &crash::Crash) -> Option<Cause> {
    if !crash.kind.contains("Refused") && !crash.message.contains("refused") {
        return None;
    }
    let (server, place) = case.past.programs.iter().find_map(|(other, program)| {
        let place = program.places.iter().find_map(|place| match place {
            crate::event::Place::Tcp(at) => Some(*at),
            _ => None,
        })?;
        (other != name).then_some((other, place))
    })?;
    let flows = case.capture.map_or(&[][..], |capture| &capture.flows[..]);
    let dialled = flows
        .iter()
        .find(|flow| flow.server.port() != place.port())?
        .server;
    let message = format!(
        "The {name} connects to port {}, but the {server} listens on port {}.",
        dialled.port(),
        place.port()
    );
    let cause =
        Cause::new("different-ports", message).hint("Both programs must use the same port.");
    Some(Cause {
        source: crash.source.clone(),
        ..cause
    })
}

/// A client that does not end well because the student's own server has crashed.
fn other_crashed(case: &Case<'_>, name: &str) -> Option<Cause> {
    let Step::Exits(_) = case.step else {
        return None;
    };
    let own = case.past.programs.get(name)?;
    if !own.places.is_empty() {
        return None;
    }
    case.past.programs.iter().find_map(|(other, program)| {
        let died = matches!(program.exit, Some((Exit::Code(code), _)) if code != 0);
        if other == name || program.places.is_empty() || !died {
            return None;
        }
        let crash = crash::find(&String::from_utf8_lossy(&program.stderr))?;
        Some(words::crash_cause(&crash, other))
    })
}

/// Output that no exercise asks for, in bytes: a thousand lines and more.
const FLOOD: usize = 32 * 1024;

/// Whether some bytes stand somewhere in others.
fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty()
        && haystack
            .windows(needle.len())
            .any(|window| window == needle)
}

fn limits(case: &Case<'_>) -> Option<Cause> {
    let (name, program) = case.program()?;
    let limit = program.limit.or(case.past.limit)?;
    Some(words::limit_cause(limit, &name))
}

impl Case<'_> {
    /// The running copy that the step is about: the one it names, else the one behind its actor.
    pub fn program(&self) -> Option<(String, &ProgramPast)> {
        let named = match self.step {
            Step::Start(step) => Some(step.name.clone().unwrap_or_else(|| step.program.clone())),
            Step::Type(step) => Some(step.to.clone()),
            Step::Prints(step) | Step::NotPrints(step) => Some(step.program.clone()),
            Step::Exits(step) => Some(step.program.clone()),
            Step::Listening(step) => Some(step.program.clone()),
            Step::Sockets(step) => Some(step.program.clone()),
            Step::StillRunning(program)
            | Step::NotListening(program)
            | Step::EndOfInput(program) => Some(program.0.clone()),
            Step::Connect(step) => step.to.clone(),
            _ => None,
        };
        let by_side = || {
            let accepted = self.actor().is_some_and(|(_, actor)| actor.accepted)
                || matches!(self.step, Step::Accept(_));
            self.past.programs.keys().find(|name| {
                let role = self.spec.programs.get(name.as_str());
                role.is_some_and(|role| {
                    if accepted {
                        role.connects.is_some()
                    } else {
                        role.listens.is_some()
                    }
                })
            })
        };
        let name = named
            .filter(|name| self.past.programs.contains_key(name))
            .or_else(|| by_side().cloned())
            .or_else(|| self.past.programs.keys().next().cloned())?;
        let program = self.past.programs.get(&name)?;
        Some((name, program))
    }

    /// What a look at the source of the program shows, if it shows this.
    pub fn note<'n>(&'n self, what: &'n str) -> Option<&'n SourceNote> {
        self.notes(what).next()
    }

    /// All that a look at the source of the program shows of one kind.
    pub fn notes<'n>(&'n self, what: &'n str) -> impl Iterator<Item = &'n SourceNote> {
        let program = self.program().map(|(_, program)| program);
        let notes = program.map_or(&[][..], |program| &program.notes[..]);
        notes.iter().filter(move |note| note.what == what)
    }

    /// What was last sent or typed, and by whom.
    pub fn last_said(&self) -> (&str, &[u8]) {
        let last = self.past.last_sent.as_ref();
        last.map_or(("", &[][..]), |(who, bytes, _)| (who, &bytes.0))
    }

    /// Whether a running copy has ended by itself, be it a moment after the step.
    pub fn has_ended(&self, name: &str) -> bool {
        let before = self.past.programs.get(name);
        before.is_some_and(|program| program.exit.is_some())
            || self.past.after.exits.contains_key(name)
    }

    /// The program has closed an actor's connection without having read all of it: the stack then sends
    /// RST (RFC 1122 §4.2.2.13).
    pub fn left_unread(&self, actor: &ActorPast) -> bool {
        let flows = self.capture.map_or(&[][..], |capture| &capture.flows[..]);
        flows.iter().any(|flow| {
            let own = actor.local.and_then(|local| flow.side_of(local));
            let remote = actor
                .remote
                .is_none_or(|remote| flow.side_of(remote).is_some());
            let reset = flow.landmarks.first_rst_from;
            own.is_some() && remote && reset.is_some() && reset == own.map(|side| side.other())
        })
    }

    /// The actor that the step is about.
    pub fn actor(&self) -> Option<(String, &ActorPast)> {
        let name = match self.step {
            Step::Receive(step) => &step.at,
            Step::ReceiveSet(step) => &step.at,
            Step::Send(step) => &step.from,
            Step::Silent(step) | Step::StillOpen(step) => &step.at,
            Step::Closed(step) => &step.at,
            Step::Shutdown(step) => &step.of,
            Step::Connect(step) => &step.name,
            _ => return None,
        };
        let name = crate::spec::expand_text(name, &self.past.bindings).ok()?;
        self.past.actors.get(&name).map(|actor| (name, actor))
    }

    /// The role of a running copy.
    pub fn role<'s>(&'s self, name: &'s str) -> &'s str {
        // A second copy is named after its role with something added: `server2`, `second_server`.
        self.spec
            .programs
            .keys()
            .map(String::as_str)
            .find(|role| name == *role || name.contains(role))
            .unwrap_or(name)
    }
}
