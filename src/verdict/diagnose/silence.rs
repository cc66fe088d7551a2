//! Causes why nothing came, or nothing could be sent.

use super::{Case, Cause, end_doing, others};
use crate::event::{End, Stuck};
use crate::spec::Step;
use crate::verdict::history::{ActorPast, ProgramPast};

/// What to do when only the first message is answered.
const LOOP: &str = "Put recv() and send() into a loop that ends when recv() returns nothing.";

/// The stack did not take what was to be sent.
pub fn cannot_send(case: &Case<'_>, length: u64, error: &str) -> Option<Cause> {
    let (name, _) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    let ended = case.has_ended(&name);
    if error.contains("timed out") && !ended {
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
    // The same fault as when the answer is awaited: its FIN came a moment sooner.
    if let Some(cause) = others::ended(case, &name, &actor_name) {
        return Some(cause);
    }
    Some(match (actor.answers > 0, ended) {
        (true, true) => one_message_only(&name),
        (true, false) => closes_each_time(&name),
        (false, true) => Cause::new(
            "ends-early",
            format!("The {name} has ended while the grader still sends to it."),
        ),
        (false, false) => Cause::new(
            "closes-early",
            format!(
                "The {name} closed the connection while the grader still sends ({length} bytes were sent)."
            ),
        ),
    })
}

/// Nothing came where something should.
pub fn nothing_came(case: &Case<'_>, end: &End) -> Option<Cause> {
    if let Some(cause) = others::diagnose(case, end) {
        return Some(cause);
    }
    let (_, actor) = case.actor()?;
    let side = if actor.accepted {
        client_silent(case, end)
    } else {
        server_silent(case, end)
    };
    side.or_else(|| anyone_silent(case, end))
}

/// A client program does not send.
fn client_silent(case: &Case<'_>, end: &End) -> Option<Cause> {
    let (name, _) = case.program()?;
    let (_, actor) = case.actor()?;
    let gone = matches!(end, End::Closed | End::Reset | End::Exited);
    if gone && actor.closed_before_typed && !case.has_ended(&name) {
        return Some(connects_each_time(&name));
    }
    let typed = case.past.typed.as_ref()?;
    let worked = !actor.received.is_empty() && actor.received.len() == actor.received_before_typed;
    if gone && worked && asks_for_each_line(case) {
        let typed = crate::event::Bytes::capped(typed, 60).escaped();
        let message = format!(
            "The {name} ends the conversation without sending \"{typed}\", which its user typed."
        );
        return Some(
            Cause::new("typed-not-sent", message)
                .hint("Send the line first, and look afterwards whether it was the last one."),
        );
    }
    None
}

/// Whether each line but the first is typed only when the program asks for it.
fn asks_for_each_line(case: &Case<'_>) -> bool {
    let lines = Step::flat(&case.check.steps).into_iter();
    let mut lines = lines.filter_map(|step| match step {
        Step::Type(line) => Some(line),
        _ => None,
    });
    lines.next();
    lines.all(|line| line.when_asked || line.after.is_some())
}

/// A server program does not answer.
fn server_silent(case: &Case<'_>, end: &End) -> Option<Cause> {
    let (name, program) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    let again = actor.answers > 0 && actor.sent.len() > actor.answers;
    let gone = matches!(end, End::Closed | End::Exited | End::Reset);
    if again {
        return match end {
            _ if gone && case.has_ended(&name) => Some(one_message_only(&name)),
            End::Closed | End::Reset => Some(closes_each_time(&name)),
            End::Stuck(stuck) => {
                let doing = super::doing(stuck);
                let message =
                    format!("The {name} answers the first message but not the next: it {doing}.");
                Some(Cause::new("one-message-only", message).hint(LOOP))
            }
            _ => None,
        };
    }
    if actor.sent.is_empty() || matches!(end, End::Reset) {
        return None;
    }
    if (gone || matches!(end, End::Stuck(Stuck::Receive { .. }))) && prints_it(case, program, actor)
    {
        return Some(
            Cause::new(
                "prints-instead-of-sending",
                format!("The {name} prints the message and sends nothing back."),
            )
            .hint(
                "print() shows text on the screen; send() or sendall() on the connection sends it.",
            ),
        );
    }
    let unread = case.past.after.unread.get(&actor_name);
    Some(match end {
        End::Closed => Cause::new("closes-without-answer", format!("The {name} closes the connection without answering.")),
        End::Stuck(Stuck::Receive { .. }) if unread.is_none() => Cause::new("waits-for-more", format!("The {name} takes the message and waits in recv() for more instead of answering."))
            .hint("recv() returns what is there; do not wait for a line ending, a full buffer or the end of the stream before you answer."),
        End::Stuck(Stuck::Accept) => Cause::new("no-answer", format!("The {name} is back in accept() and has not answered {actor_name}.")),
        _ => return None,
    })
}

/// The program prints the message, where others are sent an answer.
fn prints_it(case: &Case<'_>, program: &ProgramPast, actor: &ActorPast) -> bool {
    let answered = case.past.actors.values().any(|actor| actor.answers > 0);
    let printed = actor.sent.last().is_some_and(|sent| {
        let sent = sent.0.trim_ascii();
        sent.len() > 3 && super::contains(program.printed_since(), sent)
    });
    printed && !answered
}

fn anyone_silent(case: &Case<'_>, end: &End) -> Option<Cause> {
    let (name, _) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    let asked = !actor.sent.is_empty();
    Some(match end {
        End::Reset => Cause::new("resets", format!("The {name} resets the connection (RST) instead of answering."))
            .hint("Closing a socket with unread data in it sends RST; read everything first."),
        End::Closed => Cause::new("closes-early", format!("The {name} closes the connection without sending anything.")),
        End::Exited if actor.answers > 0 || actor.accepted && asked => Cause::new(
            "ends-early",
            format!("The {name} ends without sending another message."),
        ),
        End::Exited => Cause::new("ends-early", format!("The {name} ends without sending anything.")),
        End::Stuck(Stuck::Receive { .. }) if !asked => Cause::new("both-wait", format!("The {name} waits in recv() for the other side to speak first, and the other side waits for it: neither ever sends."))
            .hint("Look in the handout at who speaks first."),
        End::Stuck(Stuck::Receive { .. }) => Cause::new("no-answer", format!("The {name} waits in recv() instead of answering {actor_name}.")),
        End::Stuck(Stuck::Input) => Cause::new("asks-first", format!("The {name} waits for a line on its standard input instead of answering.")),
        End::Stuck(Stuck::Accept) => Cause::new("no-answer", format!("The {name} waits in accept() for another client and sends nothing to {actor_name}.")),
        other => {
            let doing = end_doing(other).unwrap_or_default();
            Cause::new("no-answer", format!("The {name} does not answer: {doing}."))
        }
    })
}

/// Adds that there is no loop, if there is none.
pub fn with_loop(case: &Case<'_>, cause: Cause) -> Cause {
    let cause = cause.hint(LOOP);
    match case.note("no-loop") {
        Some(note) => Cause {
            message: format!("{} There is no loop in {}.", cause.message, note.file),
            ..cause
        },
        None => cause,
    }
}

fn one_message_only(name: &str) -> Cause {
    let message = format!(
        "The {name} answers the first message and then ends, although the client has more to say."
    );
    Cause::new("one-message-only", message).hint(LOOP)
}

pub fn closes_each_time(name: &str) -> Cause {
    let message = format!(
        "The {name} closes the connection after its first answer, although the client has more to say."
    );
    Cause::new("closes-after-each-message", message)
        .hint("Close the connection only when recv() returns nothing.")
}

/// A client program that goes on over another connection.
pub fn connects_each_time(name: &str) -> Cause {
    let message = format!(
        "The {name} closes its connection after one message, although the conversation goes on over the same connection."
    );
    Cause::new("closes-after-each-message", message)
        .hint("connect() stands before the loop and close() after it; only sending and receiving are inside.")
}
