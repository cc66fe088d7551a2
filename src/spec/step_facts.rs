//! Facts about steps that several passes need: a short line for people, what is nested in a step, its
//! part of the points, its time, its hint.

use super::step::*;
use super::units::Span;

impl Step {
    /// The step's word in YAML.
    pub fn word(&self) -> &'static str {
        match self {
            Step::Start(_) => "start",
            Step::Type(_) => "type",
            Step::EndOfInput(_) => "end_of_input",
            Step::Prints(_) => "prints",
            Step::NotPrints(_) => "not_prints",
            Step::Signal(_) => "signal",
            Step::Exits(_) => "exits",
            Step::StillRunning(_) => "still_running",
            Step::Stop(_) => "stop",
            Step::Listening(_) => "listening",
            Step::NotListening(_) => "not_listening",
            Step::Connect(_) => "connect",
            Step::Listen(_) => "listen",
            Step::Accept(_) => "accept",
            Step::NoConnection(_) => "no_connection",
            Step::Send(_) => "send",
            Step::Receive(_) => "receive",
            Step::ReceiveSet(_) => "receive_set",
            Step::Silent(_) => "silent",
            Step::Shutdown(_) => "shutdown",
            Step::Close(_) => "close",
            Step::Reset(_) => "reset",
            Step::Closed(_) => "closed",
            Step::StillOpen(_) => "still_open",
            Step::StopReading(_) => "stop_reading",
            Step::Sockets(_) => "sockets",
            Step::Relay(_) => "relay",
            Step::SetRelay(_) => "set_relay",
            Step::Gpio(_) => "gpio",
            Step::File(_) => "file",
            Step::Table(_) => "table",
            Step::Yaml(_) => "yaml",
            Step::Together(_) => "together",
            Step::For(_) => "for",
            Step::Repeat(_) => "repeat",
            Step::Pause(_) => "pause",
            Step::Let(_) => "let",
            Step::Either(_) => "either",
        }
    }

    /// The lists of steps inside this one, with the name of each branch (`together`) or its number
    /// from 0 (`either`); one list named `do` for `for` and `repeat`.
    pub fn children(&self) -> Vec<(String, &[Step])> {
        match self {
            Step::Together(branches) => branches
                .iter()
                .map(|(name, steps)| (name.clone(), steps.as_slice()))
                .collect(),
            Step::For(f) => vec![("do".into(), &f.steps)],
            Step::Repeat(r) => vec![("do".into(), &r.steps)],
            Step::Either(ways) => ways
                .iter()
                .enumerate()
                .map(|(i, steps)| (i.to_string(), steps.as_slice()))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// All of `steps` and the steps inside them, each before those inside it.
    pub fn flat(steps: &[Step]) -> Vec<&Step> {
        let mut all = Vec::new();
        for step in steps {
            all.push(step);
            for (_, inner) in step.children() {
                all.extend(Step::flat(inner));
            }
        }
        all
    }

    /// Part of the check's points that this step alone carries, 0 to 1.
    pub fn worth(&self) -> Option<f64> {
        match self {
            Step::Prints(s) | Step::NotPrints(s) => s.worth,
            Step::Exits(s) => s.worth,
            Step::Connect(s) => s.worth,
            Step::Receive(s) => s.worth,
            Step::Silent(s) | Step::NoConnection(s) | Step::StillOpen(s) | Step::StopReading(s) => {
                s.worth
            }
            Step::Closed(s) => s.worth,
            Step::File(s) => s.worth,
            Step::Table(s) => s.worth,
            Step::Yaml(s) => s.worth,
            _ => None,
        }
    }

    /// How long the step may wait, when it says so.
    pub fn within(&self) -> Option<Span> {
        match self {
            Step::Prints(s) | Step::NotPrints(s) => s.within,
            Step::Exits(s) => s.within,
            Step::Listening(s) => s.within,
            Step::Accept(s) => s.within,
            Step::Receive(s) => s.within,
            Step::ReceiveSet(s) => s.within,
            Step::Closed(s) => s.within,
            Step::Sockets(s) => s.within,
            Step::Gpio(s) => s.within,
            Step::File(s) => s.within,
            Step::Silent(s) | Step::NoConnection(s) | Step::StillOpen(s) | Step::StopReading(s) => {
                s.duration
            }
            _ => None,
        }
    }

    /// What to tell a student in whom exactly this step fails.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Step::Prints(s) | Step::NotPrints(s) => s.hint.as_deref(),
            Step::Exits(s) => s.hint.as_deref(),
            Step::Receive(s) => s.hint.as_deref(),
            Step::Silent(s) | Step::NoConnection(s) | Step::StillOpen(s) | Step::StopReading(s) => {
                s.hint.as_deref()
            }
            Step::Closed(s) => s.hint.as_deref(),
            _ => None,
        }
    }

    /// Whether the step says something about the student's program, so that a check made of it asserts
    /// something.
    pub fn asserts(&self) -> bool {
        match self {
            Step::Start(_)
            | Step::Type(_)
            | Step::EndOfInput(_)
            | Step::Signal(_)
            | Step::Stop(_)
            | Step::Listen(_)
            | Step::Send(_)
            | Step::Shutdown(_)
            | Step::Close(_)
            | Step::Reset(_)
            | Step::StopReading(_)
            | Step::Relay(_)
            | Step::SetRelay(_)
            | Step::Pause(_)
            | Step::Let(_) => false,
            Step::Together(_) | Step::For(_) | Step::Repeat(_) | Step::Either(_) => self
                .children()
                .iter()
                .any(|(_, steps)| steps.iter().any(Step::asserts)),
            _ => true,
        }
    }
}
