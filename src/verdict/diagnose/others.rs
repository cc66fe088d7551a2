//! Causes that show only when several clients are there.

use std::net::SocketAddr;

use super::{Case, Cause};
use crate::event::{End, Stuck};
use crate::verdict::history::ActorPast;

/// Nothing came to an actor, and another one has to do with it.
pub fn diagnose(case: &Case<'_>, end: &End) -> Option<Cause> {
    let (name, _) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    if actor.accepted {
        return None;
    }
    let found = tied(case, &name, &actor_name, end)
        .or_else(|| misdirected(case, &name, &actor_name))
        .or_else(|| answers_elsewhere(case, &name, actor))
        .or_else(|| ended(case, &name, &actor_name))
        .or_else(|| serial(case, &name, &actor_name, end));
    found.filter(|_| !actor.sent.is_empty())
}

/// The answer goes to an address where nobody is.
fn answers_elsewhere(case: &Case<'_>, name: &str, actor: &ActorPast) -> Option<Cause> {
    let (own, asked) = (actor.local?, actor.remote?);
    let known: Vec<SocketAddr> = case
        .past
        .actors
        .values()
        .filter_map(|actor| actor.local)
        .collect();
    let exchanges = &case.capture?.udp;
    let lost = exchanges.iter().find(|exchange| {
        actor.datagrams
            && exchange.client.port() == asked.port()
            && !known.contains(&exchange.server)
    })?;
    let message = format!(
        "The {name} sends its answer to {}, where nobody waits; the message came from port {}.",
        lost.server,
        own.port()
    );
    Some(Cause::new("answers-elsewhere", message).hint(
        "recvfrom() returns the sender's address, port and all: give sendto() that whole address.",
    ))
}

/// The answer has come, but to another client.
fn misdirected(case: &Case<'_>, name: &str, actor: &str) -> Option<Cause> {
    let asked = case.past.actors.get(actor)?.sent.last()?.0.trim_ascii();
    let (other, past) = clients(case).find(|(other, past)| {
        let more = case.past.after.received.get(*other);
        let more = more.map_or(&[][..], Vec::as_slice);
        let unasked = past.answers >= past.sent.len() && !more.is_empty();
        *other != actor && (unasked || super::contains(more, asked))
    })?;
    let hint = if past.datagrams {
        "Answer each datagram with sendto(bytes, address), and take the address that recvfrom() returned with it."
    } else {
        "Each thread must use the socket of its own client: pass it as an argument, and use no variable that all threads share."
    };
    let message = format!("The {name} sends the answer for {actor} to {other}.");
    Some(Cause::new("wrong-client", message).hint(hint))
}

/// A datagram socket that is connected hears only one other.
pub fn tied(case: &Case<'_>, name: &str, actor: &str, end: &End) -> Option<Cause> {
    let End::Stuck(Stuck::Receive { from: Some(from) }) = end else {
        return None;
    };
    let (other, _) = clients(case).find(|(other, past)| {
        *other != actor
            && past.datagrams
            && past.local.is_some_and(|local| local.port() == from.port())
    })?;
    let message = format!(
        "The {name} has connected its socket to {other}, so that what {actor} sends is not delivered to it."
    );
    Some(Cause::new("connected-socket", message).hint(
        "A UDP server does not call connect(): recvfrom() then takes datagrams of everybody.",
    ))
}

/// The program has ended, and this client is still there, or came too late.
pub fn ended(case: &Case<'_>, name: &str, actor: &str) -> Option<Cause> {
    ends_all(case, name, actor).or_else(|| too_late(case, name, actor))
}

/// One client has gone, and the program with it, although this one is still there.
pub fn ends_all(case: &Case<'_>, name: &str, actor: &str) -> Option<Cause> {
    let served = case.past.actors.get(actor)?.answers > 0;
    if !served || !case.has_ended(name) {
        return None;
    }
    let mut others = clients(case).filter(|(other, past)| *other != actor && !past.datagrams);
    let (gone, past) = others.find(|(other, past)| {
        !past.sent.is_empty()
            && (past.own_end.is_some()
                || past.peer_closed
                || case.past.after.closed.contains(*other))
    })?;
    Some(one_ends_all(name, gone, past))
}

/// The program has ended after others were answered; the stack had connected this one before anybody could accept it.
fn too_late(case: &Case<'_>, name: &str, actor: &str) -> Option<Cause> {
    let waits = case.past.actors.get(actor)?.answers == 0;
    let answered = clients(case).any(|(_, past)| past.answers > 0 && !past.datagrams);
    if !waits || !answered || !case.has_ended(name) {
        return None;
    }
    ended_with_one(case, name).or_else(|| {
        let message =
            format!("The {name} has ended after its first client; {actor} is not served.");
        Some(one_client_only(message))
    })
}

/// There is no turn for the next client.
pub fn one_client_only(message: String) -> Cause {
    Cause::new("one-client-only", message)
        .hint("Put accept() into a loop: one turn for each client.")
}

/// The program has ended although some clients were still connected, and one was not.
pub fn ended_with_one(case: &Case<'_>, name: &str) -> Option<Cause> {
    let open = |past: &ActorPast| past.own_end.is_none() && !past.peer_closed;
    let talked = || clients(case).filter(|(_, past)| !past.datagrams && !past.sent.is_empty());
    talked().find(|(_, past)| open(past) && past.answers > 0)?;
    let (gone, past) = talked().find(|(_, past)| !open(past))?;
    Some(one_ends_all(name, gone, past))
}

fn one_ends_all(name: &str, gone: &str, past: &ActorPast) -> Cause {
    let how = match past.own_end.as_deref() {
        Some("reset") => "broke off",
        Some(_) => "left",
        None => "was done",
    };
    let message =
        format!("The whole {name} ended when {gone} {how}, although others are still connected.");
    Cause::new("one-client-ends-all", message).hint(
        "What one client says or does ends its own conversation: let the function that serves it return, and catch its errors there. exit(), and an error that nobody catches, end the program.",
    )
}

/// The program is busy with others.
fn serial(case: &Case<'_>, name: &str, actor_name: &str, end: &End) -> Option<Cause> {
    let (_, actor) = case.actor()?;
    let waits = matches!(
        end,
        End::Stuck(Stuck::Receive { .. } | Stuck::Lock | Stuck::Accept | Stuck::Other)
            | End::Deadline
            | End::Spins
    );
    if !waits || actor.datagrams || actor.answers > 0 {
        return None;
    }
    let unread = case.past.after.unread.get(actor_name)?;
    let open: Vec<_> = clients(case)
        .filter(|(other, past)| *other != actor_name && past.own_end.is_none() && !past.peer_closed)
        .collect();
    let served = open.iter().filter(|(_, past)| past.answers > 0).count();
    let waits_for = match end {
        End::Stuck(Stuck::Receive { from: Some(from) }) => open
            .iter()
            .find(|(_, past)| past.local == Some(*from))
            .map(|(other, _)| *other),
        _ => None,
    };
    let order = |name: &str| case.past.connected.iter().position(|other| other == name);
    // A program that serves one after another is still with one that came before.
    if let Some(later) =
        waits_for.filter(|other| order(other) > order(actor_name) && unread.accepted)
    {
        let message = format!(
            "Nobody reads what {actor_name} sends: the {name} waits for {later}, who came later, on behalf of both."
        );
        return Some(Cause::new("wrong-client", message).hint(
            "Each thread must use the socket of its own client: pass the socket itself, not the address of a variable that changes with the next accept().",
        ));
    }
    let Some((parked, _)) = open.first() else {
        return (!unread.accepted && case.past.connected.len() > 1).then(|| {
            Cause::new("accepts-once", format!("The {name} does not accept {actor_name}: it has accepted one client and never calls accept() again."))
                .hint("accept() belongs into the loop: each call takes one client.")
        });
    };
    Some(if served > 1 {
        Cause::new("one-client-at-a-time", format!("The {name} serves no more than {served} clients at a time: {actor_name} gets no answer while they are connected."))
            .hint("Start a thread for each client, however many there are; a pool with a fixed number of threads makes the next client wait.")
    } else {
        serial_cause(case, name, parked, actor_name)
    })
}

/// `server` is busy with the silent `parked`, so that `other` gets no answer.
pub fn serial_cause(case: &Case<'_>, server: &str, parked: &str, other: &str) -> Cause {
    let message = format!(
        "The {server} serves one client at a time: while {parked} is connected and silent, {other} gets no answer"
    );
    let notes = case.past.programs.get(server).map(|program| &program.notes);
    let known = notes.and_then(|notes| {
        THREADS.iter().find_map(|(what, why, hint)| {
            let note = notes.iter().find(|note| note.what == *what)?;
            let message = format!("{message}, because line {} {why}.", note.line);
            Some(Cause::new(what, message).hint(*hint).at(note))
        })
    });
    known.unwrap_or_else(|| {
        Cause::new("one-client-at-a-time", message + ".")
            .hint("Start a thread per client right after accept(), and pass it the function itself (target=handle, args=(conn,)), not its result; do not join() it at once.")
    })
}

/// What keeps threads from running at the same time, as the source shows it.
const THREADS: [(&str, &str, &str); 3] = [
    (
        "thread-called",
        "calls the function at once, instead of handing it to the thread",
        "Thread(target=handle, args=(conn,)): the function without parentheses, its arguments in args.",
    ),
    (
        "thread-run",
        "calls run(), which does the thread's work in the main program",
        "start() begins a thread and returns at once; run() is what the thread does.",
    ),
    (
        "thread-joined",
        "waits with join() for the thread to end before the next client is accepted",
        "Leave join() out: the main program goes back to accept() while the thread serves its client.",
    ),
];

/// Something came that is meant for another client.
pub fn overhears(case: &Case<'_>, name: &str, actor_name: &str, bytes: &[u8]) -> Option<Cause> {
    let (_, actor) = case.actor()?;
    if bytes.is_empty() || actor.accepted {
        return None;
    }
    let (other, _) = clients(case).find(|(other, past)| {
        let also = case.past.after.received.get(*other);
        let same = past.answers > 0 && past.received.windows(bytes.len()).any(|part| part == bytes)
            || also.is_some_and(|also| also.starts_with(bytes));
        *other != actor_name && same
    })?;
    let message = format!("The {name} sends {actor_name} what is meant for {other}, too.");
    Some(
        Cause::new("answers-everybody", message)
            .hint("Answer on the socket of the client that has asked, and on no other."),
    )
}

/// Actors that play clients of the program.
fn clients<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (&'c str, &'c ActorPast)> {
    case.past
        .connected
        .iter()
        .filter_map(|name| Some((name.as_str(), case.past.actors.get(name)?)))
        .filter(|(_, past)| !past.accepted)
}
