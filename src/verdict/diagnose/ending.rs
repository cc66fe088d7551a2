//! Causes why a connection or a program does not end as it should.

use super::{Case, Cause, end_doing, keyword};
use crate::event::{Bytes, End, Exit, Observed, Place, Stuck};
use crate::spec::{CloseBy, Closed, ExitStatus, Step};
use crate::verdict::history::{ActorPast, ProgramPast};

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    match (case.step, &case.went.observed) {
        (
            Step::Closed(step),
            Observed::Closed {
                how,
                extra,
                extra_length,
                end,
            },
        ) => closed(case, step, how, extra, *extra_length, end),
        (Step::Exits(step), Observed::Exit { exit, end }) => {
            exits(case, step.status.as_ref(), *exit, end)
        }
        (Step::Type(_), Observed::Prompt { end }) => does_not_ask(case, end),
        (Step::StillRunning(_), Observed::Exit { exit: Some(_), .. }) => {
            let (name, _) = case.program()?;
            let for_all = super::others::ended_with_one(case, &name);
            for_all.or_else(|| {
                let cause = match spoken_to(case) {
                    true => Cause::new(
                        "ends-early",
                        format!("The {name} has ended, although it should go on."),
                    ),
                    // Whether it has listened for the moment that it lived is a matter of chance to see.
                    false => Cause::new(
                        "exits-at-once",
                        format!("The {name} ends at once, before anybody has spoken to it."),
                    ),
                };
                Some(cause.hint("Put accept() (or recvfrom()) into a loop."))
            })
        }
        _ => None,
    }
}

/// Whether anybody has called the program, or sent or typed it anything, or another program may have.
fn spoken_to(case: &Case<'_>) -> bool {
    let past = case.past;
    !past.connected.is_empty() || past.last_sent.is_some() || past.programs.len() > 1
}

/// Nobody can type what the program does not ask for.
fn does_not_ask(case: &Case<'_>, end: &End) -> Option<Cause> {
    let (name, program) = case.program()?;
    if *end == End::Exited || program.exit.is_some() {
        return Some(
            Cause::new(
                "ends-early",
                format!("The {name} has ended, although its user has more to type."),
            )
            .hint(
                "Ask for lines in a loop, and leave it only for the reason that the handout names.",
            ),
        );
    }
    let dialled = || case.past.actors.iter().filter(|(_, actor)| actor.accepted);
    if dialled().any(|(_, actor)| actor.peer_closed) {
        return Some(super::silence::connects_each_time(&name));
    }
    let waits = matches!(end, End::Stuck(Stuck::Receive { .. }));
    if waits && dialled().any(|(_, actor)| unanswered(actor)) {
        return Some(no_timeout(case, &name));
    }
    let doing = end_doing(end).map_or(String::new(), |doing| format!(": {doing}"));
    Some(Cause::new(
        "does-not-ask",
        format!("The {name} does not ask its user for a line{doing}."),
    ))
}

/// A datagram was sent to this actor, and it has not answered.
fn unanswered(actor: &ActorPast) -> bool {
    actor.datagrams && !actor.received.is_empty() && actor.sent.is_empty()
}

/// It waits for a datagram that may have got lost, or that nobody ever sends in this exercise.
fn no_timeout(case: &Case<'_>, name: &str) -> Cause {
    if !answers_are_sent(case) {
        return waits_for_answer(name);
    }
    Cause::new("no-timeout", format!("The {name} waits for an answer for ever: a datagram may get lost, and it has set no time limit."))
        .hint("settimeout(2) lets recvfrom() give up after two seconds; catch the exception and say so. In C, setsockopt() with SO_RCVTIMEO.")
}

/// Whether the grader says anything to a client in any check of the exercise. Where it never plays the
/// other side, a reference program does.
fn answers_are_sent(case: &Case<'_>) -> bool {
    let any = |wanted: fn(&Step) -> bool| {
        let mut checks = case.spec.checks.iter();
        checks.any(|check| Step::flat(&check.steps).into_iter().any(wanted))
    };
    let plays = any(|step| matches!(step, Step::Listen(_)));
    let refers = |step: &Step| matches!(step, Step::Start(start) if start.reference.is_some());
    any(|step| matches!(step, Step::Send(_))) || !plays && any(refers)
}

fn waits_for_answer(name: &str) -> Cause {
    Cause::new(
        "waits-for-answer",
        format!("The {name} waits in recv() for an answer, but nobody answers in this exercise."),
    )
    .hint("Send, and close: there is nothing to receive.")
}

fn closed(
    case: &Case<'_>,
    step: &Closed,
    how: &str,
    extra: &Bytes,
    extra_length: u64,
    end: &End,
) -> Option<Cause> {
    let by = step.by;
    let (name, _) = case.program()?;
    let (actor_name, actor) = case.actor()?;
    let after_end = actor.own_end.is_some();
    let end_hint = "recv() returns nothing (b'' in Python, 0 in C) when the other side has closed: leave the loop and close the connection.";
    let unwanted = extra_length > 0 && !(how == "reset" && by == CloseBy::Fin);
    if unwanted && (*end == End::TooMuch || extra_length > 4096) {
        return Some(Cause::new("floods-after-eof", format!("The {name} sends without end after {actor_name} has closed: {extra_length} bytes and more."))
            .hint(end_hint));
    }
    if unwanted && !step.discard {
        let shown = super::words::sentence(&format!(
            "The {name} sends {extra_length} bytes that nobody asked for before it closes: \"{}\"",
            extra.escaped().chars().take(60).collect::<String>()
        ));
        return Some(Cause::new("extra-bytes", shown));
    }
    Some(match how {
        "reset" => Cause::new("resets", format!("The {name} aborts the connection (RST) instead of closing it (FIN)."))
            .hint("Closing a socket with unread data in it, or with SO_LINGER 0, sends RST; read to the end first."),
        "open" => match end {
            End::Stuck(Stuck::Receive { .. }) if actor.accepted && !after_end && !answers_are_sent(case) => waits_for_answer(&name),
            End::Stuck(_) if let Some(cause) = keyword::unknown(case) => cause,
            End::Stuck(Stuck::Receive { .. }) if !after_end => Cause::new("never-closes", format!("The {name} keeps the connection open and waits in recv().")),
            End::Stuck(stuck) => Cause::new("never-closes", format!("The {name} never closes the connection: it {}.", super::doing(stuck)))
                .hint(if after_end { end_hint } else { "Close the connection when the work is done." }),
            End::Deadline | End::Spins if after_end => Cause::new("spins-after-eof", format!("The {name} does not close after {actor_name} has closed: it goes on running in a loop."))
                .hint(end_hint),
            _ => Cause::new("never-closes", format!("The {name} does not close the connection.")),
        },
        "fin" if by == CloseBy::Reset => Cause::new("no-reset", format!("The {name} closes the connection in order (FIN); a reset was asked for.")),
        _ => return None,
    })
}

fn exits(
    case: &Case<'_>,
    wanted: Option<&ExitStatus>,
    exit: Option<Exit>,
    end: &End,
) -> Option<Cause> {
    let (name, _) = case.program()?;
    Some(match exit {
        None if let Some(cause) = starved(case, end) => cause,
        None => {
            let dialled = || case.past.actors.iter().filter(|(_, actor)| actor.accepted);
            let left = dialled().find(|(_, actor)| actor.own_end.is_some());
            match (end, left) {
                (End::Stuck(Stuck::Input), Some((gone, _)))
                    if case.past.typed.as_ref().is_some_and(|typed| !typed.is_empty()) =>
                {
                    return Some(Cause::new("ignores-close", format!("The {name} asks its user on, although {gone} has closed the connection."))
                        .hint("recv() returns nothing (b'' in Python, 0 in C) when the other side has closed: leave the loop then."));
                }
                (End::Stuck(Stuck::Receive { .. }), _) if dialled().any(|(_, actor)| unanswered(actor)) => {
                    return Some(no_timeout(case, &name));
                }
                _ => {}
            }
            if let (End::Stuck(_), Some(cause)) = (end, keyword::unknown(case)) {
                return Some(cause);
            }
            let doing = end_doing(end).map_or(String::new(), |doing| format!(": {doing}"));
            Cause::new("does-not-end", format!("The {name} does not end{doing}."))
        }
        Some(Exit::Signal(signal)) => Cause::new("ended-by-signal", format!("The {name} was ended by {} instead of ending by itself.", signal_name(signal)))
            .hint("Handle the signal: catch KeyboardInterrupt in Python, install a handler with sigaction() in C."),
        Some(Exit::Code(0)) if wanted == Some(&ExitStatus::Nonzero) => {
            Cause::new("exit-status", format!("The {name} ends with exit status 0, which says that all went well."))
                .hint("End with sys.exit(1) (Python) or return 1 from main (C) when something went wrong.")
        }
        Some(Exit::Code(code)) => {
            let wanted = match wanted {
                Some(ExitStatus::Code(wanted)) => format!(", not {wanted}"),
                _ => String::new(),
            };
            if case.mismatch.is_some_and(|mismatch| mismatch.kind == crate::spec::MismatchKind::Unwanted) {
                return None;
            }
            Cause::new("exit-status", format!("The {name} ends with exit status {code}{wanted}."))
        }
    })
}

/// A client that waits for an answer of a server which is busy with a silent actor.
fn starved(case: &Case<'_>, end: &End) -> Option<Cause> {
    let End::Stuck(Stuck::Receive { from: Some(from) }) = end else {
        return None;
    };
    let (name, _) = case.program()?;
    let listens = |program: &ProgramPast| {
        let port = |place: &Place| matches!(place, Place::Tcp(at) if at.port() == from.port());
        program.places.iter().any(port)
    };
    let server = case
        .past
        .programs
        .iter()
        .find(|(_, program)| listens(program));
    let (server, _) = server.filter(|(server, _)| **server != name)?;
    let parked = case.past.connected.iter().find(|actor| {
        let actor = &case.past.actors[*actor];
        !actor.accepted && !actor.datagrams && actor.own_end.is_none() && !actor.peer_closed
    })?;
    Some(super::others::serial_cause(
        case,
        server,
        parked,
        &format!("the {name}"),
    ))
}

/// The name of a signal on Linux.
pub fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT (Ctrl-C)",
        6 => "SIGABRT",
        9 => "SIGKILL",
        11 => "SIGSEGV (segmentation fault)",
        13 => "SIGPIPE (it wrote to a closed connection)",
        15 => "SIGTERM",
        24 => "SIGXCPU (too much processor time)",
        25 => "SIGXFSZ (too large a file)",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
