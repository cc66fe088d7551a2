//! A check's events → the conversation that reports show: who said what, when.

use super::Line;
use crate::event::{Bytes, Event, Exit, What};

/// Most lines of one check.
const MOST_LINES: usize = 400;
/// Most bytes that one line shows.
const MOST_BYTES: usize = 600;

/// The conversation of a check, in order, cut to a readable size.
pub fn conversation(events: &[Event]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for event in events {
        let Some((who, kind, bytes, length)) = line(&event.what) else {
            continue;
        };
        if lines.len() == MOST_LINES {
            lines.push(Line {
                at_ms: event.at as f64 / 1e6,
                who: "grader".into(),
                kind: "note".into(),
                bytes: "and more, left out here".into(),
                length: 0,
            });
            break;
        }
        lines.push(Line {
            at_ms: event.at as f64 / 1e6,
            who: who.to_owned(),
            kind: kind.to_owned(),
            bytes: Bytes::capped(&bytes, MOST_BYTES),
            length,
        });
    }
    lines
}

type Parts<'a> = (&'a str, &'a str, Vec<u8>, u64);

fn line(what: &What) -> Option<Parts<'_>> {
    fn text<'a>(who: &'a str, kind: &'a str, text: String) -> Option<Parts<'a>> {
        let length = text.len() as u64;
        Some((who, kind, text.into_bytes(), length))
    }
    match what {
        What::Started {
            program,
            argv,
            since,
        } => {
            let how = match since {
                Some(check) => format!("still running since the check `{check}`"),
                None => "started".to_owned(),
            };
            text(program, "note", format!("{how}: {}", argv.join(" ")))
        }
        What::Output {
            program,
            bytes,
            stderr,
        } => {
            let kind = if *stderr { "complained" } else { "printed" };
            Some((program, kind, bytes.0.clone(), bytes.0.len() as u64))
        }
        What::Typed { program, bytes } => {
            Some((program, "typed", bytes.0.clone(), bytes.0.len() as u64))
        }
        What::InputEnded { program } => text(program, "note", "end of input".into()),
        What::Listening { program, place } => text(program, "note", format!("listens on {place}")),
        What::Signalled { program, signal } => {
            text(program, "note", format!("gets the signal {signal}"))
        }
        What::Exited { program, exit, .. } => text(
            program,
            "exited",
            match exit {
                Exit::Code(code) => format!("ends with exit status {code}"),
                Exit::Signal(signal) => format!("is ended by signal {signal}"),
            },
        ),
        What::Limit { program, limit } => text(
            program,
            "note",
            format!("is ended: limit {limit:?}").to_lowercase(),
        ),
        What::Connected {
            actor,
            transport,
            local,
            remote,
            accepted,
        } => {
            let at = |at: &Option<std::net::SocketAddr>| {
                at.map_or_else(|| "?".to_owned(), |at| at.to_string())
            };
            let how = if *accepted {
                "is called by"
            } else {
                "connects to"
            };
            text(
                actor,
                "connected",
                format!("{how} {} ({transport}, from {})", at(remote), at(local)),
            )
        }
        What::Sent {
            actor,
            bytes,
            length,
        } => Some((actor, "sent", bytes.0.clone(), *length)),
        What::Received {
            actor,
            bytes,
            length,
            ..
        } => Some((actor, "received", bytes.0.clone(), *length)),
        What::PeerClosed { actor, reset } => {
            let how = if *reset {
                "sees the connection reset (RST)"
            } else {
                "sees the other side close (FIN)"
            };
            text(actor, "closed", how.into())
        }
        What::ActorClosed { actor, how } => text(
            actor,
            "closed",
            match how.as_str() {
                "shutdown" => "closes its sending side (FIN)".into(),
                "reset" => "resets the connection (RST)".into(),
                _ => "closes the connection".into(),
            },
        ),
        What::Dialled { transport, to } => text(
            "program",
            "note",
            format!("dials {transport} {to}, where nobody listens"),
        ),
        What::Gpio { call, pin, value } => {
            let pin = pin.map_or(String::new(), |pin| format!(" {pin}"));
            text("gpio", "note", format!("{call}{pin} {value}"))
        }
        What::StepStarted { label, .. } => text("grader", "step", label.clone()),
        What::OutOfTime => text("grader", "note", "time is up".into()),
        What::GraderFailed { message } => text("grader", "note", message.clone()),
        _ => None,
    }
}
