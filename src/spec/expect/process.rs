//! Steps about programs: start, listen, exit, sockets.

use std::net::{IpAddr, SocketAddr};

use super::{Verdict, outcome, unfitting};
use crate::event::{End, Exit, Observed, Place, Transport};
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::place::{Wanted, parse_place};
use crate::spec::step::{ExitStatus, Exits, Listening, Sockets, Start};
use crate::spec::value::{Bindings, ValueError, expand_text};

pub(super) fn start(start: &Start, observed: &Observed) -> Verdict {
    let program = start.name.as_ref().unwrap_or(&start.program);
    match observed {
        Observed::Done => Verdict::met(),
        Observed::Listening { places, .. } if !places.is_empty() => Verdict::met(),
        Observed::Listening {
            end: End::Exited, ..
        } => outcome(
            format!("{program} listens"),
            "",
            format!("{program} has ended before it listened"),
        ),
        Observed::Listening { .. } => outcome(
            format!("{program} listens"),
            "",
            format!("{program} does not listen"),
        ),
        Observed::Exit { .. } => outcome(
            format!("{program} starts"),
            "",
            format!("{program} does not start"),
        ),
        _ => unfitting(observed),
    }
}

pub(super) fn prompt(observed: &Observed) -> Verdict {
    match observed {
        Observed::Prompt { end: End::Met } | Observed::Done => Verdict::met(),
        Observed::Prompt { .. } => Verdict::unmet(Mismatch::described(
            MismatchKind::Missing,
            "that the program asks",
            b"",
            "the program does not ask for a line",
        )),
        _ => unfitting(observed),
    }
}

fn listed(places: &[Place]) -> String {
    if places.is_empty() {
        return "nowhere".into();
    }
    let places: Vec<String> = places.iter().map(Place::to_string).collect();
    places.join(" and ")
}

pub(super) fn listening(
    step: &Listening,
    observed: &Observed,
    bindings: &Bindings,
) -> Result<Verdict, ValueError> {
    let Observed::Listening { places, .. } = observed else {
        return Ok(unfitting(observed));
    };
    let on = expand_text(&step.on, bindings)?;
    let wanted = parse_place(&on).map_err(ValueError::Invalid)?;
    let at = step
        .at
        .as_ref()
        .map(|at| expand_text(at, bindings))
        .transpose()?;
    let at = at.filter(|at| at != "any");
    let right_port: Vec<&Place> = places.iter().filter(|p| on_it(p, &wanted)).collect();
    let address: Option<IpAddr> = at.as_ref().and_then(|at| at.parse().ok());
    let good = right_port
        .iter()
        .any(|p| address.is_none_or(|want| at_it(p, want)));
    if good {
        return Ok(Verdict::met());
    }
    let expected = match &at {
        Some(at) => format!("{wanted} at {at}"),
        None => wanted.to_string(),
    };
    let seen = listed(places);
    let explanation = if right_port.is_empty() {
        format!("{} listens {seen}, not on {wanted}", step.program)
    } else {
        let at = at.unwrap_or_default();
        format!("{} listens {seen}, not at the address {at}", step.program)
    };
    Ok(outcome(expected, &seen, explanation))
}

fn on_it(place: &Place, wanted: &Wanted) -> bool {
    match (place, wanted) {
        (Place::Tcp(at), Wanted::Port(Transport::Tcp, port))
        | (Place::Udp(at), Wanted::Port(Transport::Udp, port)) => at.port() == *port,
        (Place::Unix(path), Wanted::Path(wanted)) => {
            let name = |p: &str| p.rsplit('/').next().unwrap_or(p).to_owned();
            path == wanted || (!wanted.starts_with('/') && name(path) == name(wanted))
        }
        _ => false,
    }
}

fn at_it(place: &Place, wanted: IpAddr) -> bool {
    match place {
        Place::Tcp(at) | Place::Udp(at) => same_address(at, wanted),
        Place::Unix(_) => true,
    }
}

/// A wildcard of IPv6 takes IPv4, too (Java, Node and Go bind it), and `::ffff:…` is the IPv4 address.
fn same_address(at: &SocketAddr, wanted: IpAddr) -> bool {
    let bound = at.ip().to_canonical();
    bound == wanted.to_canonical() || bound.is_unspecified() && wanted.is_unspecified()
}

pub(super) fn not_listening(observed: &Observed) -> Verdict {
    match observed {
        Observed::Listening { places, .. } if places.is_empty() => Verdict::met(),
        Observed::Listening { places, .. } => {
            let seen = listed(places);
            outcome(
                "no listening socket",
                &seen,
                format!("the program still listens {seen}"),
            )
        }
        _ => unfitting(observed),
    }
}

pub(super) fn exits(step: &Exits, observed: &Observed, bindings: &Bindings) -> Verdict {
    let Observed::Exit { exit, .. } = observed else {
        return unfitting(observed);
    };
    let program = &step.program;
    let wanted = match (&step.status, &step.or_signal) {
        (Some(ExitStatus::Code(n)), _) => format!("{program} ends with exit status {n}"),
        (Some(ExitStatus::Nonzero), _) => {
            format!("{program} ends with an exit status other than 0")
        }
        _ => format!("{program} ends"),
    };
    let good = match exit {
        None => return outcome(wanted, "still running", format!("{program} does not end")),
        Some(Exit::Signal(n)) => {
            if step.or_signal.as_deref().and_then(signal_number) != Some(*n) {
                return outcome(
                    wanted,
                    &format!("signal {n}"),
                    format!("{program} was ended by signal {n}"),
                );
            }
            true
        }
        Some(Exit::Code(code)) => match &step.status {
            Some(ExitStatus::Code(n)) => n == code,
            Some(ExitStatus::Nonzero) => *code != 0,
            Some(ExitStatus::Any) | None => true,
        },
    };
    if let (false, Some(Exit::Code(code))) = (good, exit) {
        return outcome(
            wanted,
            &format!("status {code}"),
            format!("{program} ends with exit status {code}"),
        );
    }
    let output = bindings.get(&format!("{program}.output"));
    let verdict = match output.filter(|_| step.no_traceback).and_then(traceback) {
        Some(line) => Verdict::unmet(Mismatch::described(
            MismatchKind::Unwanted,
            "a message in the program's own words",
            line.as_bytes(),
            format!("{program} ends with an error that it does not handle: {line}"),
        )),
        None => Verdict::met(),
    };
    let saved = step.save.iter().map(|name| {
        let printed = output.unwrap_or_default().trim_ascii().to_vec();
        (name.clone(), printed)
    });
    Verdict {
        binds: saved.collect(),
        ..verdict
    }
}

/// The number of a signal by the name a spec gives it, on Linux (signal(7)).
pub(crate) fn signal_number(name: &str) -> Option<i32> {
    Some(match name.strip_prefix("SIG").unwrap_or(name) {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        "KILL" => 9,
        "USR1" => 10,
        "USR2" => 12,
        "PIPE" => 13,
        "TERM" => 15,
        "CONT" => 18,
        "STOP" => 19,
        _ => return None,
    })
}

/// The telling line of a traceback, panic or stack trace in a program's output; none when there is none.
pub fn traceback(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let after = |at: usize| {
        lines[at..]
            .iter()
            .rev()
            .find(|l| !l.trim().is_empty())
            .map(|l| l.trim().to_owned())
    };
    for (at, line) in lines.iter().enumerate() {
        if line.contains("Traceback (most recent call last)") {
            // The error itself is the first line after it that is not indented.
            let error = lines[at + 1..]
                .iter()
                .find(|l| !l.is_empty() && !l.starts_with(' '));
            return error.map(|l| (*l).to_owned()).or_else(|| after(at));
        }
        let starts = [
            "Exception in thread",
            "panic: ",
            "goroutine ",
            "Uncaught ",
            "terminate called",
        ];
        let rust = line.starts_with("thread '") && line.contains("panicked at");
        let node = line.trim_start().starts_with("at ") && line.contains(".js:");
        if rust || node || starts.iter().any(|s| line.starts_with(s)) {
            return Some(line.trim().to_owned());
        }
    }
    None
}

pub(super) fn still_running(program: &str, observed: &Observed) -> Verdict {
    match observed {
        Observed::Exit { exit: None, .. } => Verdict::met(),
        Observed::Exit {
            exit: Some(exit), ..
        } => {
            let how = match exit {
                Exit::Code(code) => format!("with exit status {code}"),
                Exit::Signal(n) => format!("by signal {n}"),
            };
            outcome(
                format!("{program} still runs"),
                &how,
                format!("{program} has ended, {how}"),
            )
        }
        _ => unfitting(observed),
    }
}

pub(super) fn sockets(step: &Sockets, observed: &Observed) -> Verdict {
    let Observed::Sockets { count, table } = observed else {
        return unfitting(observed);
    };
    let good = step.exactly.is_none_or(|n| *count == n)
        && step.at_least.is_none_or(|n| *count >= n)
        && step.at_most.is_none_or(|n| *count <= n);
    if good {
        return Verdict::met();
    }
    let bounds = [
        step.exactly.map(|n| n.to_string()),
        step.at_least.map(|n| format!("at least {n}")),
        step.at_most.map(|n| format!("at most {n}")),
    ];
    let bounds: Vec<String> = bounds.into_iter().flatten().collect();
    let bounds = bounds.join(" and ");
    outcome(
        format!("{bounds} sockets in state {}", step.state),
        &table.join("\n"),
        format!(
            "{count} sockets of {} are in state {}, {bounds} are expected",
            step.program, step.state
        ),
    )
}
