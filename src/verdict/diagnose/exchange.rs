//! Causes why what was received is not what it should be.

use super::words::sentence;
use super::{Case, Cause, end_doing, formats, keyword, numbers, others, shown, silence, surplus};
use crate::event::{Bytes, End, Exit, Observed, Stuck};
use crate::spec::{Mismatch, MismatchKind, Step};

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    match &case.went.observed {
        Observed::Received { length: 0, end, .. } => silence::nothing_came(case, end),
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
        } => surplus::not_silent(case, bytes, *length, *closed),
        Observed::Sent {
            length,
            error: Some(error),
        } => silence::cannot_send(case, *length, error),
        _ => None,
    }
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
    if let Some((actor_name, actor)) = case.actor()
        && !actor.accepted
        && let Some(cause) = others::overhears(case, &name, &actor_name, &bytes.0)
    {
        return Some(cause);
    }
    if let Some(cause) = other_form(case, &name, mismatch, &bytes.0) {
        return Some(cause);
    }
    let typed = case.past.typed.as_deref();
    let too_long = typed.is_some_and(|typed| typed == bytes.0)
        && matches!(
            mismatch.kind,
            MismatchKind::Extra | MismatchKind::WrongSuffix
        );
    Some(match mismatch.kind {
        _ if too_long && bytes.0.len() > surplus::LONGEST_MESSAGE => surplus::too_long(&name, bytes.0.len()),
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
        MismatchKind::Different if mismatch.differs_at.is_some_and(|at| at >= LONG) => {
            let at = mismatch.differs_at.unwrap_or_default();
            send_unchecked("A part", &name, at)
        }
        MismatchKind::Different if stale(case, bytes) => Cause::new("repeats-old-answer", format!("The {name} repeats an earlier answer.")),
        _ => Cause::new("wrong-answer", with(&name, "sends something else", mismatch)),
    })
}

/// The right thing in another form, or only a part of it.
fn other_form(case: &Case<'_>, name: &str, mismatch: &Mismatch, seen: &[u8]) -> Option<Cause> {
    use MismatchKind::{
        Different, HoleFailed, LiteralFailed, TooShort, WrongLayout, WrongSuffix, WrongValue,
    };
    let (_, said) = case.last_said();
    let kind = mismatch.kind;
    let pattern = matches!(kind, HoleFailed | LiteralFailed);
    let different = matches!(kind, Different | HoleFailed | LiteralFailed | WrongSuffix);
    let expected = if mismatch.described {
        &[][..]
    } else {
        &mismatch.expected.0
    };
    let cut = shown::prefix_in(said, seen);
    let found = different
        .then(|| formats::request(case, name, seen))
        .flatten();
    found
        .or_else(|| pattern.then(|| formats::time(case, name, seen)).flatten())
        .or_else(|| {
            matches!(kind, WrongValue | WrongLayout)
                .then(|| numbers::sent(case, name, seen))
                .flatten()
        })
        .or_else(|| {
            matches!(kind, Different)
                .then(|| keyword::unknown(case))
                .flatten()
        })
        .or_else(|| {
            (pattern && cut >= 16 && cut < said.len()).then(|| {
                shown::truncated(
                    case,
                    format!(
                        "The {name} takes only the first {cut} of {} bytes.",
                        said.len()
                    ),
                    cut,
                )
            })
        })
        .or_else(|| parts(case, name, kind == TooShort, expected, seen))
        .or_else(|| spaces(case, name, seen))
        .or_else(|| {
            matches!(kind, Different)
                .then(|| formats::misspelt(name, expected, seen))
                .flatten()
        })
}

/// Only the first word of a line, or the first of several datagrams.
fn parts(case: &Case<'_>, name: &str, short: bool, expected: &[u8], seen: &[u8]) -> Option<Cause> {
    let (actor_name, actor) = case.actor()?;
    if !short || !actor.accepted || !expected.starts_with(seen) {
        return None;
    }
    let rest = &expected[seen.len()..];
    let more = case.past.after.received.get(&actor_name);
    if actor.datagrams
        && more.is_some_and(|more| rest.starts_with(more.as_slice()) || more.starts_with(rest))
    {
        return Some(
            Cause::new(
                "sends-in-parts",
                format!("The {name} sends one message in several datagrams."),
            )
            .hint("One sendto() for the whole message."),
        );
    }
    let word = rest.starts_with(b" ") && !seen.contains(&b' ');
    word.then(|| {
        Cause::new("first-word-only", format!("The {name} sends only the first word of the line."))
            .hint("split() cuts a line into words, and scanf(\"%s\") reads a single one: take the whole line, as input() and fgets() give it.")
    })
}

/// Spaces around a text are left out, or only so many bytes are sent as a pointer has.
fn spaces(case: &Case<'_>, name: &str, seen: &[u8]) -> Option<Cause> {
    let Step::Receive(step) = case.step else {
        return None;
    };
    let like = step.like.as_ref().or(step.text.as_ref())?;
    let literal = like.split("${").find(|part| part.trim().len() > 3)?;
    if literal.trim() != literal
        && !super::contains(seen, literal.as_bytes())
        && super::contains(seen, literal.trim().as_bytes())
    {
        let message = format!(
            "The {name} sends \"{}\" without the spaces around it.",
            literal.trim()
        );
        return Some(Cause::new("spaces-missing", message));
    }
    // The size of a pointer on machines of 32 and of 64 bits.
    let cut = shown::prefix_in(literal.as_bytes(), seen);
    (matches!(cut, 4 | 8) && literal.len() > cut).then(|| {
        let message = format!(
            "The {name} sends only the first {cut} bytes: as many as a pointer has, not the text."
        );
        Cause::new("size-of-pointer", message)
            .hint("sizeof of a char * is the size of the pointer: strlen() counts the text.")
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

/// What to do when only part of a stream arrives.
const MORE: &str = "recv(n) returns at most n bytes of a stream; go on until all has come, and check the result of send().";

/// An answer of so many bytes did not go out in one small send().
const LONG: u64 = 1024;

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
    // It has read all that there is, and what it answers is longer than any buffer: the last send() was cut short.
    if matches!(end, End::Stuck(Stuck::Receive { .. }))
        && length >= LONG
        && let Some(note) = case.note("send-unchecked")
    {
        return send_unchecked("The end", name, length).at(note);
    }
    let explanation = if mismatch.explanation.is_empty() {
        format!("only {length} bytes came")
    } else {
        mismatch.explanation.clone()
    };
    incomplete(name, &explanation, end)
}

fn send_unchecked(part: &str, name: &str, at: u64) -> Cause {
    let place = at + 1;
    Cause::new("send-unchecked", format!("{part} of what the {name} should send is missing from byte {place} on: send() took only some of it, and the rest was not sent again."))
        .hint("send() returns how many bytes it took; sendall() goes on until all are sent.")
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
