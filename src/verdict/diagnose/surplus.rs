//! Causes why something came, or a connection was closed, where nothing should happen.

use super::{Case, Cause, others};
use crate::event::Bytes;
use crate::spec::Step;
use crate::verdict::history::ActorPast;

/// What the lab that limits a message allows at most; other limits are not known.
pub const LONGEST_MESSAGE: usize = 1024;

/// A window that must stay silent did not.
pub fn not_silent(case: &Case<'_>, bytes: &Bytes, length: u64, closed: bool) -> Option<Cause> {
    let (name, _) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    if length > 0 && matches!(case.step, Step::Silent(_)) {
        let plural = if length == 1 { "" } else { "s" };
        let sends = format!("The {name} sends {length} byte{plural} to {actor_name}");
        if actor.sent.is_empty() && !actor.accepted {
            if let Some(cause) = others::overhears(case, &name, &actor_name, &bytes.0) {
                return Some(cause);
            }
            return Some(Cause::new(
                "speaks-first",
                format!("{sends} before it was spoken to."),
            ));
        }
        let known = if actor.accepted {
            client_says_more(case, &name, actor, &bytes.0)
        } else {
            server_says_more(case, &name, &actor_name, actor, &bytes.0)
        };
        return Some(known.unwrap_or_else(|| {
            Cause::new(
                "unexpected-bytes",
                format!("{sends} although it should send nothing: {}.", short(bytes)),
            )
        }));
    }
    if !closed {
        return None;
    }
    if let Some(cause) = others::ends_all(case, &name, &actor_name) {
        return Some(cause);
    }
    if !actor.accepted && actor.answers > 0 && !case.has_ended(&name) {
        return Some(super::silence::closes_each_time(&name));
    }
    Some(Cause::new(
        "closes-early",
        format!("The {name} closes {actor_name}'s connection although it should stay open."),
    ))
}

/// Only the end of a message is too much.
fn tail(name: &str, bytes: &[u8]) -> Option<Cause> {
    if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
        let message = format!(
            "The {name} adds a line ending ({}) that does not belong to the message.",
            Bytes(bytes.to_vec()).escaped()
        );
        return Some(Cause::new("line-ending", message).hint(
            "Send the text as it is; a line that was read from a file or a terminal still has its line ending: strip it.",
        ));
    }
    if bytes.iter().all(|byte| *byte == 0) {
        let message = format!(
            "The {name} sends {} zero bytes after the message: more than the message has.",
            bytes.len()
        );
        return Some(Cause::new("padding", message).hint(
            "Send as many bytes as the message has: the result of recv(), or strlen(), not the size of the array.",
        ));
    }
    None
}

fn client_says_more(case: &Case<'_>, name: &str, actor: &ActorPast, bytes: &[u8]) -> Option<Cause> {
    if let Some(cause) = tail(name, bytes) {
        return Some(cause);
    }
    let before = &actor.received[..actor.received.len().saturating_sub(bytes.len())];
    if !bytes.is_empty() && before.ends_with(bytes) {
        return Some(
            Cause::new(
                "sends-twice",
                format!("The {name} sends the same message twice."),
            )
            .hint("Call send() once for each message."),
        );
    }
    let typed = case.past.typed.as_deref()?;
    let whole = [before, bytes].concat();
    if actor.datagrams && !before.is_empty() && typed.starts_with(before) {
        return Some(
            Cause::new(
                "sends-in-parts",
                format!("The {name} sends one message in several datagrams."),
            )
            .hint("One sendto() for the whole message; a loop over a text goes through its letters, over split() through its words."),
        );
    }
    (whole.len() > LONGEST_MESSAGE && typed.starts_with(&whole))
        .then(|| too_long(name, whole.len()))
}

/// A message that is longer than the lab allows.
pub fn too_long(name: &str, length: usize) -> Cause {
    let message = format!(
        "The {name} sends the whole line, {length} bytes; a message has {LONGEST_MESSAGE} bytes at most."
    );
    Cause::new("too-long", message).hint(
        "Cut what you send: data[:1024] in Python, at most 1024 in the length of send() in C.",
    )
}

fn server_says_more(
    case: &Case<'_>,
    name: &str,
    actor_name: &str,
    actor: &ActorPast,
    bytes: &[u8],
) -> Option<Cause> {
    let before = &actor.received[..actor.received.len().saturating_sub(bytes.len())];
    let shown = short(&Bytes(bytes.to_vec()));
    if before.is_empty() {
        return Some(if sends_more_later(case, actor_name) {
            Cause::new("answers-too-soon", format!("The {name} answers before it has the whole message: {shown}."))
                .hint("recv() returns what is there, be it half a line; go on until the line ending has come.")
        } else {
            let back = actor.sent.last().is_some_and(|sent| sent.0 == bytes);
            let what = if back {
                "sends back what it received"
            } else {
                "answers"
            };
            Cause::new(
                "answers-unasked",
                format!("The {name} {what}, though it should send nothing: {shown}."),
            )
            .hint("Receive and print; there is no send() in this exercise.")
        });
    }
    if let Some(cause) = tail(name, bytes) {
        return Some(cause);
    }
    let twice = before.ends_with(bytes);
    let clients = case.past.connected.len();
    let ratio = actor.received.len() / actor.sent.len().max(1) / bytes.len().max(1);
    if !(twice && ratio == 2 && clients != 2)
        && let Some(cause) = others::overhears(case, name, actor_name, bytes)
    {
        return Some(cause);
    }
    if twice {
        return Some(
            Cause::new(
                "answers-twice",
                format!("The {name} sends its answer twice."),
            )
            .hint("Call send() once for each message that has come."),
        );
    }
    Some(Cause::new(
        "suffix",
        format!("The {name} sends more after its answer: {shown}."),
    ))
}

/// Whether the check goes on with another send of the actor: what came so far was a part only.
fn sends_more_later(case: &Case<'_>, actor: &str) -> bool {
    let mut later = case
        .check
        .steps
        .iter()
        .skip_while(|step| !std::ptr::eq(*step, case.step))
        .skip(1);
    later.any(|step| matches!(step, Step::Send(send) if send.from == actor))
}

fn short(bytes: &Bytes) -> String {
    let escaped = bytes.escaped();
    match escaped.char_indices().nth(60) {
        Some((at, _)) => format!("\"{}…\"", &escaped[..at]),
        None => format!("\"{escaped}\""),
    }
}
