//! Causes why a program does not start, or is not where it should be.

use super::words::doing;
use super::{Case, Cause};
use crate::event::{End, Exit, Observed, Place, Stuck};
use crate::spec::{Endpoint, Listening, Step};

/// How the reason begins why a start was skipped, when the system would not execute the program.
const CANNOT_RUN: &str = "it cannot be executed: ";

fn cannot_run(name: &str, why: &str) -> Cause {
    let hint = if why.contains("format") {
        "Hand in the source: a program that was compiled on another machine does not run here. A script needs a first line such as #!/usr/bin/env python3."
    } else if why.contains("No such file") || why.contains("not found") {
        "Look at what the build makes and under which name, and at the first line (#!) of a script."
    } else {
        "Look at the file's name and at its permissions."
    };
    Cause::new(
        "cannot-run",
        format!("The {name} cannot be executed: {why}."),
    )
    .hint(hint)
}

/// There is no program to start, or it does not compile.
pub fn no_program(case: &Case<'_>) -> Option<Cause> {
    let Step::Start(start) = case.step else {
        return None;
    };
    let Observed::Skipped { because } = &case.went.observed else {
        return None;
    };
    if let Some(why) = because.strip_prefix(CANNOT_RUN) {
        return Some(cannot_run(&start.program, why));
    }
    let program = case.programs.get(&start.program)?;
    let problem = program.problem.clone()?;
    let code = if problem.starts_with("Python 2") {
        "python-2"
    } else if problem.starts_with("building it ") {
        "build-limit"
    } else if program.build_output.is_some() {
        "does-not-compile"
    } else {
        "no-program"
    };
    // The check's own hint is about sockets, which this program never came to.
    let hint = match code {
        "python-2" => "Run it with python3 and mend what Python names; the course uses Python 3.",
        "does-not-compile" => {
            "Mend the first error that the compiler names; the others often follow from it."
        }
        _ => "",
    };
    Some(Cause::new(code, super::words::sentence(&problem)).hint(hint))
}

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    match (case.step, &case.went.observed) {
        (Step::Start(_), Observed::Listening { places, end }) => never_listens(case, places, end),
        (Step::Listening(step), Observed::Listening { places, end }) => {
            if places.is_empty() {
                never_listens(case, places, end)
            } else {
                elsewhere(case, step, places)
            }
        }
        (Step::NotListening(_), Observed::Listening { places, .. }) => {
            let (name, _) = case.program()?;
            let place = places.first()?;
            Some(
                Cause::new(
                    "still-listens",
                    format!("The {name} still listens on {place}."),
                )
                .hint("Close the listening socket, too, not only the client's."),
            )
        }
        (Step::Connect(_), Observed::Connect { outcome, to }) => {
            connect(case, outcome, to.as_deref())
        }
        (Step::Accept(_), Observed::Accept { end, .. }) => never_connects(case, end),
        (Step::NoConnection(_), Observed::Accept { .. }) => {
            let (name, _) = case.program()?;
            Some(
                Cause::new(
                    "connects-unasked",
                    format!("The {name} opens a connection before it has anything to send."),
                )
                .hint("Ask for the line first, then connect, send and close."),
            )
        }
        _ => None,
    }
}

fn never_listens(case: &Case<'_>, places: &[Place], end: &End) -> Option<Cause> {
    if !places.is_empty() {
        return None;
    }
    let (name, program) = case.program()?;
    let listen = "A server needs bind(), listen() and accept(), in this order.";
    Some(match end {
        End::Exited => match program.exit {
            Some((Exit::Code(0), _)) => Cause::new("exits-at-once", format!("The {name} ends at once, without listening anywhere.")).hint(listen),
            Some((Exit::Code(code), _)) => Cause::new("exits-at-once", format!("The {name} ends at once with exit status {code}, without listening anywhere.")),
            _ => Cause::new("exits-at-once", format!("The {name} ends at once, without listening anywhere.")),
        },
        End::Stuck(Stuck::Input) => Cause::new("waits-for-input", format!("The {name} waits for a line on its standard input before it listens."))
            .hint("The grader types nothing here: take the address and the port from the program or its arguments."),
        End::Stuck(stuck) => Cause::new("never-listens", format!("The {name} never listens: it {}.", doing(stuck))).hint(listen),
        _ => Cause::new("never-listens", format!("The {name} runs but does not listen on any port.")).hint(listen),
    })
}

/// The program listens, but not there.
fn elsewhere(case: &Case<'_>, step: &Listening, places: &[Place]) -> Option<Cause> {
    let (name, _) = case.program()?;
    let on = crate::spec::expand_text(&step.on, &case.past.bindings).ok()?;
    let (transport, port) = on.split_once('/')?;
    let same = |place: &&Place| match place {
        Place::Tcp(_) => transport == "tcp",
        Place::Udp(_) => transport == "udp",
        Place::Unix(_) => transport == "unix",
    };
    let place = places.iter().find(same).or(places.first())?;
    let address = |place: &Place| match place {
        Place::Tcp(at) => Some(("tcp", *at)),
        Place::Udp(at) => Some(("udp", *at)),
        Place::Unix(_) => None,
    };
    let (is, at) = match (place, transport) {
        (Place::Unix(path), "unix") => {
            let message = format!("The {name} listens on the Unix socket {path}, not on {port}.");
            return Some(
                Cause::new("wrong-address", message).hint(
                    "The path is the program's argument: sys.argv[1] in Python, argv[1] in C.",
                ),
            );
        }
        (Place::Unix(path), _) => {
            let message = format!("The {name} listens on the Unix socket {path}, not on {on}.");
            return Some(Cause::new("wrong-transport", message));
        }
        (place, _) => address(place)?,
    };
    let wanted = format!("{} port {port}", transport.to_uppercase());
    if is != transport {
        return Some(
            Cause::new(
                "wrong-transport",
                format!("The {name} uses {place}, not {wanted}."),
            )
            .hint("SOCK_STREAM is TCP, SOCK_DGRAM is UDP."),
        );
    }
    if at.port().to_string() != port {
        return Some(Cause::new(
            "wrong-port",
            format!(
                "The {name} listens on {} port {}, not on {wanted}. The other checks use the port where it really listens.",
                transport.to_uppercase(),
                at.port()
            ),
        ));
    }
    let wanted = step.at.as_ref()?;
    Some(Cause::new(
        "wrong-address",
        format!("The {name} is bound to {}, not to {wanted}.", at.ip()),
    ))
}

fn connect(case: &Case<'_>, outcome: &str, to: Option<&str>) -> Option<Cause> {
    let (name, _) = case.program()?;
    let to = to.unwrap_or("it");
    Some(match outcome {
        "ok" => Cause::new("reachable", format!("The {name} can be reached at {to}, though it must not be."))
            .hint("A socket bound to one address is reached only there; 0.0.0.0 or an empty string means every address."),
        "nowhere" => Cause::new("never-listens", format!("The {name} listens nowhere, so nobody can connect to it.")),
        // A connection may be cut off while its server is ending.
        "unreachable" if case.has_ended(&name) => refused(case, &name, to),
        "refused" => refused(case, &name, to),
        "timeout" => Cause::new("no-accept", format!("A connection to {to} is not taken: the queue of the listening socket is full.")),
        _ => return None,
    })
}

/// Nobody listens there (any more).
fn refused(case: &Case<'_>, name: &str, to: &str) -> Cause {
    let Some((_, program)) = case.program() else {
        return Cause::new("refused", format!("A connection to {to} is refused."));
    };
    let served = !case.past.connected.is_empty();
    if case.has_ended(name) {
        if let Some(cause) = super::others::ended_with_one(case, name) {
            return cause;
        }
        return if served {
            super::others::one_client_only(format!(
                "The {name} has ended after its first client; the next one at {to} is refused."
            ))
        } else {
            Cause::new(
                "exits-at-once",
                format!("The {name} has ended; nobody listens at {to}."),
            )
        };
    }
    let wanted: Option<std::net::SocketAddr> = to.parse().ok();
    let bound = program.places.iter().find_map(|place| match place {
        Place::Tcp(at) => Some(*at),
        _ => None,
    });
    if let (Some(wanted), Some(bound)) = (wanted, bound) {
        if wanted.port() != bound.port() {
            return Cause::new(
                "ignores-port",
                format!(
                    "The {name} listens on port {}, not on port {}, which it was told to use.",
                    bound.port(),
                    wanted.port()
                ),
            )
            .hint("The port is an argument of the program: sys.argv in Python, argv in C.");
        }
        if !bound.ip().is_unspecified() && bound.ip() != wanted.ip() {
            return Cause::new("bound-to-one-address", format!("The {name} is bound to {}, so it is not reached at {}.", bound.ip(), wanted.ip()))
                .hint("A socket that is bound to one address is reached only there; bind the address that is asked for, or 0.0.0.0 for all of them.");
        }
    }
    match case.past.connected.len() {
        0 => Cause::new("refused", format!("A connection to {to} is refused.")),
        1 => Cause::new("one-client-only", format!("The {name} takes one client only: the next one at {to} is refused, because it has closed its listening socket."))
            .hint("Keep the listening socket open, and put accept() into a loop."),
        _ => Cause::new("closes-listener", format!("The {name} has closed its listening socket: the next client at {to} is refused."))
            .hint("A client's conversation ends with close() of the socket that accept() gave; the listening socket stays open."),
    }
}

fn never_connects(case: &Case<'_>, end: &End) -> Option<Cause> {
    let (name, program) = case.program()?;
    let wanted = case
        .spec
        .programs
        .get(case.role(&name))
        .and_then(|role| role.connects.as_ref())
        .map(|endpoint| place_text(case, endpoint));
    let wanted = wanted.unwrap_or_else(|| "the grader's server".into());
    if let Some(place) = case.past.dialled.first() {
        return Some(Cause::new(
            "wrong-address",
            format!("The {name} connects to {place}, not to {wanted}."),
        ));
    }
    if !case.past.connected.is_empty() {
        return Some(match (end, program.exit) {
            (End::Exited, _) => Cause::new(
                "ends-early",
                format!("The {name} ends without connecting again."),
            ),
            _ => Cause::new(
                "no-second-connection",
                format!("The {name} does not connect again{}.", waiting(end)),
            ),
        });
    }
    Some(match (end, program.exit) {
        (End::Exited, Some((Exit::Code(code), _))) => Cause::new(
            "never-connects",
            format!("The {name} ends with exit status {code} without connecting to {wanted}."),
        ),
        (End::Stuck(Stuck::Input), _) => Cause::new(
            "asks-first",
            format!(
                "The {name} waits for a line on its standard input and does not connect to {wanted}."
            ),
        ),
        _ => Cause::new(
            "never-connects",
            format!("The {name} does not connect to {wanted}{}.", waiting(end)),
        ),
    })
}

fn waiting(end: &End) -> String {
    super::end_doing(end).map_or(String::new(), |doing| format!(": {doing}"))
}

fn place_text(case: &Case<'_>, endpoint: &Endpoint) -> String {
    let at = endpoint.at.as_deref().unwrap_or("any address");
    let at = crate::spec::expand_text(at, &case.past.bindings).unwrap_or_else(|_| at.to_owned());
    match endpoint {
        Endpoint {
            tcp: Some(port), ..
        } => format!("TCP port {port} at {at}"),
        Endpoint {
            udp: Some(port), ..
        } => format!("UDP port {port} at {at}"),
        Endpoint {
            unix: Some(path), ..
        } => format!("the Unix socket {path}"),
        _ => "the server".into(),
    }
}
