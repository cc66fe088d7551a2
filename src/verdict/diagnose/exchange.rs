//! Causes why what was received is not what it should be.

use super::words::sentence;
use super::{Case, Cause, end_doing, others, silence, surplus};
use crate::event::{Bytes, End, Exit, Observed};
use crate::spec::{Mismatch, MismatchKind};

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
    let typed = case.past.typed.as_deref();
    let too_long = typed.is_some_and(|typed| typed == bytes.0)
        && matches!(
            mismatch.kind,
            MismatchKind::Extra | MismatchKind::WrongSuffix
        );
    Some(match mismatch.kind {
        _ if too_long && bytes.0.len() > 1024 => surplus::too_long(&name, bytes.0.len()),
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
