//! Causes why what was received is not what it should be.

use super::words::sentence;
use super::{Case, Cause, end_doing};
use crate::event::{Bytes, End, Exit, Observed, Stuck};
use crate::spec::{Mismatch, MismatchKind, Step};
use crate::verdict::history::ActorPast;

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    match &case.went.observed {
        Observed::Received { length: 0, end, .. } => nothing_came(case, end),
        Observed::Datagrams { end, .. } => too_few_datagrams(case, end),
        Observed::Received {
            bytes,
            length,
            end,
            expected_source,
            from,
            ..
        } => {
            if !expected_source {
                let (name, _) = case.program()?;
                let from = from.map_or_else(String::new, |from| format!(" {from}"));
                return Some(Cause::new("wrong-source", format!("The {name} answers from another socket{from}, not from the one that was asked."))
                    .hint("Answer with sendto() on the same socket that received the datagram."));
            }
            something_else_came(case, bytes, *length, end)
        }
        Observed::Silent {
            bytes,
            length,
            closed,
        } => not_silent(case, bytes, *length, *closed),
        Observed::Sent {
            length,
            error: Some(error),
        } => cannot_send(case, *length, error),
        _ => None,
    }
}

fn cannot_send(case: &Case<'_>, length: u64, error: &str) -> Option<Cause> {
    let (name, program) = case.program()?;
    let again = case.actor().is_some_and(|(_, actor)| actor.answers > 0);
    if again && !error.contains("timed out") {
        // The same fault as when the answer is awaited: its FIN came a moment sooner.
        return Some(if program.exit.is_some() {
            one_message_only(&name)
        } else {
            closes_each_time(&name)
        });
    }
    if program.exit.is_some() {
        return Some(Cause::new(
            "ends-early",
            format!("The {name} has ended while the grader still sends to it."),
        ));
    }
    if error.contains("timed out") {
        return Some(
            Cause::new(
                "stops-reading",
                format!(
                    "The {name} stopped reading after {length} bytes, although more were sent."
                ),
            )
            .hint("Call recv() in a loop until it returns nothing."),
        );
    }
    Some(Cause::new(
        "closes-early",
        format!(
            "The {name} closed the connection while the grader still sends ({length} bytes were sent)."
        ),
    ))
}

fn nothing_came(case: &Case<'_>, end: &End) -> Option<Cause> {
    let (name, program) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    let again = actor.answers > 0 && actor.sent.len() > actor.answers;
    // A client that prints what it is answered does what it should.
    let printed = !actor.accepted
        && actor
            .sent
            .last()
            .is_some_and(|sent| sent.0.len() > 3 && contains(&program.stdout, trimmed(&sent.0)));
    let ended = program.exit.is_some();
    Some(match end {
        End::Closed | End::Exited | End::Reset if again && ended => one_message_only(&name),
        End::Closed | End::Reset if again => closes_each_time(&name),
        End::Reset => Cause::new("resets", format!("The {name} resets the connection (RST) instead of answering."))
            .hint("Closing a socket with unread data in it sends RST; read everything first."),
        End::Closed | End::Exited if !actor.sent.is_empty() && printed => prints_instead(&name),
        End::Closed if !actor.sent.is_empty() => Cause::new("closes-without-answer", format!("The {name} closes the connection without answering.")),
        End::Closed => Cause::new("closes-early", format!("The {name} closes the connection without sending anything.")),
        End::Exited if actor.answers > 0 || actor.accepted && !actor.sent.is_empty() => Cause::new(
            "ends-early",
            format!("The {name} ends without sending another message."),
        ),
        End::Exited => Cause::new("ends-early", format!("The {name} ends without sending anything.")),
        End::Stuck(Stuck::Receive { .. }) if serial(case, actor) => serial_cause(&name, parked(case, &actor_name), &actor_name),
        End::Stuck(stuck) if again => Cause::new("one-message-only", format!("The {name} answers the first message but not the next: it {}.", super::doing(stuck))).hint(LOOP),
        End::Stuck(Stuck::Receive { .. }) if printed => prints_instead(&name),
        End::Stuck(Stuck::Receive { .. }) if actor.sent.is_empty() => Cause::new("both-wait", format!("The {name} waits in recv() for the other side to speak first, and the other side waits for it: neither ever sends."))
            .hint("Look in the handout at who speaks first."),
        End::Stuck(Stuck::Receive { .. }) => Cause::new("no-answer", format!("The {name} takes the message and waits in recv() for more instead of answering."))
            .hint("recv() returns what is there; do not wait for a full buffer or for the end of the stream before you answer."),
        End::Stuck(Stuck::Input) => Cause::new("asks-first", format!("The {name} waits for a line on its standard input instead of answering.")),
        End::Stuck(Stuck::Accept) if actor.sent.is_empty() => Cause::new("no-answer", format!("The {name} waits in accept() for another client and sends nothing to {actor_name}.")),
        End::Stuck(Stuck::Accept) => Cause::new("no-answer", format!("The {name} is back in accept() and has not answered {actor_name}.")),
        End::Stuck(Stuck::Lock) if serial(case, actor) => serial_cause(&name, parked(case, &actor_name), &actor_name),
        other => {
            let doing = end_doing(other).unwrap_or_default();
            Cause::new("no-answer", format!("The {name} does not answer: {doing}."))
        }
    })
}

fn one_message_only(name: &str) -> Cause {
    let message = format!(
        "The {name} answers the first message and then ends, although the client has more to say."
    );
    Cause::new("one-message-only", message).hint(LOOP)
}

fn closes_each_time(name: &str) -> Cause {
    let message = format!(
        "The {name} closes the connection after its first answer, although the client has more to say."
    );
    Cause::new("closes-after-each-message", message)
        .hint("Close the connection only when recv() returns nothing.")
}

fn prints_instead(name: &str) -> Cause {
    Cause::new(
        "prints-instead-of-sending",
        format!("The {name} prints the message instead of sending it back."),
    )
    .hint("print() shows text on the screen; send() or sendall() on the connection sends it.")
}

/// Another client is connected, silent, and was there before: the program serves one at a time.
fn serial(case: &Case<'_>, actor: &ActorPast) -> bool {
    !actor.datagrams
        && actor.answers == 0
        && case.past.connected.len() > 1
        && case.past.actors.values().any(|other| {
            other.own_end.is_none() && !other.peer_closed && !std::ptr::eq(other, actor)
        })
}

/// `server` is busy with the silent `parked`, so that `other` gets no answer.
pub fn serial_cause(server: &str, parked: &str, other: &str) -> Cause {
    Cause::new("one-client-at-a-time", format!("The {server} serves one client at a time: while {parked} is connected and silent, {other} gets no answer."))
        .hint("Start a thread per client right after accept(), and pass it the function itself (target=handle, args=(conn,)), not its result; do not join() it at once.")
}

/// The first actor that connected, but not this one.
fn parked<'a>(case: &'a Case<'_>, actor: &str) -> &'a str {
    let mut connected = case.past.connected.iter();
    connected
        .find(|other| *other != actor)
        .map_or("", String::as_str)
}

fn too_few_datagrams(case: &Case<'_>, end: &End) -> Option<Cause> {
    let mismatch = case.mismatch?;
    if mismatch.kind != MismatchKind::Missing {
        return None;
    }
    let (name, _) = case.program()?;
    let doing = end_doing(end).map_or(String::new(), |doing| format!("; {doing}"));
    Some(Cause::new(
        "datagram-missing",
        format!("Not every datagram of the {name} arrived{doing}."),
    ))
}

fn something_else_came(case: &Case<'_>, bytes: &Bytes, length: u64, end: &End) -> Option<Cause> {
    let mismatch = case.mismatch?;
    let (name, _) = case.program()?;
    if *end == End::TooMuch {
        return Some(floods(&name));
    }
    // A second answer that repeats the first one is a different mistake from a wrong first answer.
    Some(match mismatch.kind {
        MismatchKind::TooShort => cut_short(case, &name, mismatch, length, end),
        MismatchKind::Extra => Cause::new("extra-bytes", with(&name, "sends more than it should", mismatch)),
        MismatchKind::WrongCase => Cause::new("case-differs", with(&name, "changes upper and lower case", mismatch)),
        MismatchKind::WrongPrefix => Cause::new("prefix", with(&name, "puts something in front of the answer", mismatch)),
        MismatchKind::WrongSuffix => Cause::new("suffix", with(&name, "adds something after the answer", mismatch)),
        MismatchKind::LineEnding => Cause::new("line-ending", with(&name, "changes the line ending", mismatch))
            .hint("Send back exactly the bytes that came: no strip(), no added \\n."),
        MismatchKind::Representation => Cause::new("repr-of-bytes", format!("The {name} sends the printed form of bytes (b'…'), not the bytes: {}.", mismatch.explanation))
            .hint("str(data) makes text that begins with b'; use data.decode(), or send the bytes themselves."),
        MismatchKind::CutAtNul => Cause::new("cut-at-nul", with(&name, "stops at the first NUL byte", mismatch))
            .hint("strlen() and %s stop at a NUL byte; use the number of bytes that recv() returned."),
        MismatchKind::Padded => Cause::new("padding", with(&name, "fills the answer up", mismatch))
            .hint("Send only as many bytes as recv() returned, not the whole buffer."),
        MismatchKind::WrongTime => Cause::new("wrong-time", sentence(&mismatch.explanation)),
        MismatchKind::HoleFailed | MismatchKind::LiteralFailed => Cause::new("wrong-format", with(&name, "answers in another format", mismatch)),
        MismatchKind::WrongEndianness => Cause::new("wrong-endianness", with(&name, "uses the other byte order", mismatch)),
        MismatchKind::WrongLayout => Cause::new("wrong-layout", with(&name, "uses another layout", mismatch)),
        MismatchKind::WrongValue => Cause::new("wrong-value", with(&name, "sends another value", mismatch)),
        // A long right beginning, then something else: a part in the middle is missing.
        MismatchKind::Different if mismatch.differs_at.is_some_and(|at| at >= 1024) => {
            incomplete(&name, &mismatch.explanation, end)
        }
        MismatchKind::Different if stale(case, bytes) => Cause::new("repeats-old-answer", format!("The {name} repeats an earlier answer.")),
        _ => Cause::new("wrong-answer", with(&name, "sends something else", mismatch)),
    })
}

fn with(name: &str, what: &str, mismatch: &Mismatch) -> String {
    if mismatch.explanation.is_empty() {
        return format!("The {name} {what}.");
    }
    format!(
        "The {name} {what}: {}.",
        mismatch.explanation.trim_end_matches('.')
    )
}

fn stale(case: &Case<'_>, bytes: &Bytes) -> bool {
    case.actor().is_some_and(|(_, actor)| {
        let before = actor.sent.len().saturating_sub(1);
        bytes.0.len() > 3 && actor.sent[..before].contains(bytes)
    })
}

/// What to do when only the first message is answered.
const LOOP: &str = "Put recv() and send() into a loop that ends when recv() returns nothing.";

/// What to do when only part of a stream arrives.
const MORE: &str = "recv(n) returns at most n bytes of a stream; go on until all has come, and check the result of send().";

/// Sizes of buffers that students write into recv().
const BUFFER_SIZES: [u64; 10] = [16, 32, 64, 100, 128, 256, 512, 1024, 2048, 4096];

fn cut_short(case: &Case<'_>, name: &str, mismatch: &Mismatch, length: u64, end: &End) -> Cause {
    let doing = end_doing(end).map_or(String::new(), |doing| format!("; {doing}"));
    if let Some(size) = BUFFER_SIZES.iter().find(|size| **size == length) {
        return Cause::new("truncated", format!("The {name} sends only the first {size} bytes: as many as one recv() with a buffer of {size} returns{doing}.")).hint(MORE);
    }
    let ended = case
        .program()
        .is_some_and(|(_, program)| matches!(program.exit, Some((Exit::Code(_), _))));
    if matches!(end, End::Closed | End::Exited) && ended {
        return Cause::new(
            "ends-early",
            format!("The {name} ends after {length} bytes, before all has been sent."),
        )
        .hint(MORE);
    }
    let explanation = if mismatch.explanation.is_empty() {
        format!("only {length} bytes came")
    } else {
        mismatch.explanation.clone()
    };
    incomplete(name, &explanation, end)
}

fn incomplete(name: &str, explanation: &str, end: &End) -> Cause {
    let doing = end_doing(end).map_or(String::new(), |doing| format!("; {doing}"));
    Cause::new(
        "incomplete",
        format!("The {name} sends only part of it: {explanation}{doing}."),
    )
    .hint(MORE)
}

fn floods(name: &str) -> Cause {
    Cause::new("floods", format!("The {name} sends without end."))
        .hint("A loop around recv() must end when recv() returns nothing: b'' in Python, 0 in C.")
}

fn not_silent(case: &Case<'_>, bytes: &Bytes, length: u64, closed: bool) -> Option<Cause> {
    let (name, _) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    if length > 0 && matches!(case.step, Step::Silent(_)) {
        return Some(if actor.sent.is_empty() && !actor.accepted {
            Cause::new(
                "speaks-first",
                format!("The {name} sends {length} bytes to {actor_name} before it was spoken to."),
            )
        } else {
            Cause::new(
                "unexpected-bytes",
                format!(
                    "The {name} sends {length} bytes to {actor_name} although it should send nothing: {}.",
                    short(bytes)
                ),
            )
        });
    }
    closed.then(|| {
        Cause::new(
            "closes-early",
            format!("The {name} closes {actor_name}'s connection although it should stay open."),
        )
    })
}

fn short(bytes: &Bytes) -> String {
    let escaped = bytes.escaped();
    match escaped.char_indices().nth(60) {
        Some((at, _)) => format!("\"{}…\"", &escaped[..at]),
        None => format!("\"{escaped}\""),
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty()
        && haystack
            .windows(needle.len())
            .any(|window| window == needle)
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}
