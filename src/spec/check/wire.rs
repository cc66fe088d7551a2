//! Rules about wire assertions.

use std::net::IpAddr;

use super::Checker;
use super::exercise::ratio;
use super::scope::{Scope, World};
use super::steps::{meaning, structure};
use crate::spec::model::Check;
use crate::spec::pattern::Matcher;
use crate::spec::place::parse_place;
use crate::spec::wire::{ANSWER_FACTS, CLOSE_KINDS, WireCheck};

/// Looks at the assertions of a check. `scope` is what exists at its end.
pub(super) fn list(c: &mut Checker<'_>, check: &Check, scope: &Scope, world: &World) {
    for (index, assertion) in check.wire.iter().enumerate() {
        let word = word(assertion);
        c.at_index(index, |c| {
            c.at_key(word, |c| one(c, assertion, check, scope, world))
        });
    }
}

fn word(assertion: &WireCheck) -> &'static str {
    match assertion {
        WireCheck::FirstFin(_) => "first_fin",
        WireCheck::NoReset(_) => "no_reset",
        WireCheck::Handshake(_) => "handshake",
        WireCheck::Close(_) => "close",
        WireCheck::HalfClose(_) => "half_close",
        WireCheck::Connections(_) => "connections",
        WireCheck::Datagrams(_) => "datagrams",
        WireCheck::Payload(_) => "payload",
        WireCheck::PayloadBytes(_) => "payload_bytes",
        WireCheck::EphemeralSource(_) => "ephemeral_source",
        WireCheck::Dials(_) => "dials",
        WireCheck::Answer(_) => "answer",
        WireCheck::Protocol(_) => "protocol",
        WireCheck::Overhead(_) => "overhead",
    }
}

fn one(c: &mut Checker<'_>, assertion: &WireCheck, check: &Check, scope: &Scope, world: &World) {
    let handed_in = check.capture.is_some();
    let party = |c: &mut Checker<'_>, key: &str, name: &Option<String>| {
        if let Some(name) = name {
            side(c, key, name, handed_in, scope, world);
        }
    };
    match assertion {
        WireCheck::FirstFin(name) => side(c, "", name, handed_in, scope, world),
        WireCheck::NoReset(_) | WireCheck::HalfClose(_) => {}
        WireCheck::Handshake(flow) | WireCheck::EphemeralSource(flow) => {
            party(c, "of", &flow.of);
            place(c, &flow.on);
        }
        WireCheck::Close(close) => {
            party(c, "of", &close.of);
            place(c, &close.on);
            for (index, kind) in close.any_of.iter().enumerate() {
                if !CLOSE_KINDS.contains(&kind.as_str()) {
                    c.at_key("any_of", |c| {
                        c.at_index(index, |c| {
                            c.report(
                                "unknown-word",
                                "",
                                format!("`{kind}` is no way to end a connection"),
                            )
                            .suggest(kind, CLOSE_KINDS, "");
                        });
                    });
                }
            }
            if close.any_of.is_empty() {
                c.report(
                    "nothing-said",
                    "any_of",
                    "`close` does not say which ways are right",
                );
            }
        }
        WireCheck::Connections(count) | WireCheck::PayloadBytes(count) => {
            party(c, "from", &count.from);
            place(c, &count.on);
            bounds(c, [count.exactly, count.at_least, count.at_most]);
        }
        WireCheck::Datagrams(count) => {
            party(c, "from", &count.from);
            place(c, &count.on);
            bounds(c, [count.exactly, count.at_least, count.at_most]);
        }
        WireCheck::Payload(payload) => {
            party(c, "from", &payload.from);
            place(c, &payload.on);
            if let Some(Err(error)) = payload
                .matches
                .as_ref()
                .map(|m| Matcher::regex(m, false, false))
            {
                c.report("bad-regex", "matches", error.to_string());
            }
            meaning(c, payload.meaning.as_ref(), payload.matches.as_ref());
            if let Some(pack) = &payload.pack {
                c.at_key("pack", |c| structure(c, pack, true));
            }
            let said = [
                payload.contains.is_some(),
                payload.text.is_some(),
                payload.matches.is_some(),
                payload.pack.is_some(),
            ];
            if !said.contains(&true) {
                c.report("nothing-said", "", "`payload` does not say what")
                    .help = Some("give `contains`, `text`, `matches` or `pack`".into());
            }
        }
        WireCheck::Dials(dial) => {
            if !world.roles.contains_key(&dial.program) && !scope.has_program(&dial.program) {
                let known: Vec<&String> = world.roles.keys().collect();
                c.report(
                    "unknown-program",
                    "program",
                    format!("there is no program `{}`", dial.program),
                )
                .suggest(&dial.program, &known, "describe it under `programs`");
            }
            place(c, &Some(dial.on.clone()));
            let plain = dial
                .at
                .as_ref()
                .filter(|at| !at.contains("${") && *at != "any");
            if plain.is_some_and(|at| at.parse::<IpAddr>().is_err()) {
                c.report("bad-address", "at", "this is not an IP address");
            }
        }
        WireCheck::Answer(answer) => {
            place(c, &answer.on);
            if !ANSWER_FACTS.iter().any(|(name, _)| *name == answer.fact) {
                let known: Vec<&str> = ANSWER_FACTS.iter().map(|(name, _)| *name).collect();
                c.report(
                    "unknown-fact",
                    "fact",
                    format!("`{}` is no fact of a capture", answer.fact),
                )
                .suggest(&answer.fact, &known, "");
            }
            if let Some(tolerance) = answer.tolerance {
                ratio(c, "tolerance", tolerance);
            }
        }
        WireCheck::Protocol(protocol) => {
            if !["tcp", "udp"].contains(&protocol.transport.as_str()) {
                c.report(
                    "unknown-word",
                    "transport",
                    format!(
                        "`{}` is no transport; there are `tcp` and `udp`",
                        protocol.transport
                    ),
                );
            }
            place(c, &protocol.on);
            party(c, "shown_by", &protocol.shown_by);
            let packets = [
                protocol.at_least.is_some(),
                protocol.period_tolerance.is_some(),
                protocol.readings_differ,
                protocol.shown_by.is_some(),
            ];
            if protocol.declared_only && packets.contains(&true) {
                c.report(
                    "contradiction",
                    "declared_only",
                    "the declaration alone holds no messages that could be counted, timed or shown",
                );
            }
            if handed_in && protocol.shown_by.is_some() {
                c.report(
                    "contradiction",
                    "shown_by",
                    "nothing runs where a handed-in capture is judged, so nothing is shown",
                );
            }
            if let Some(tolerance) = protocol.period_tolerance {
                ratio(c, "period_tolerance", tolerance);
            }
        }
        WireCheck::Overhead(overhead) => ratio(c, "tolerance", overhead.tolerance),
    }
}

/// Names one side of a flow: an actor, a program, `client` or `server`.
fn side(c: &mut Checker<'_>, key: &str, name: &str, handed_in: bool, scope: &Scope, world: &World) {
    let either = ["client", "server"].contains(&name);
    let known = either
        || scope.has_actor(name)
        || scope.has_program(name)
        || world.roles.contains_key(name);
    if !known {
        let mut names: Vec<String> = scope
            .actors
            .iter()
            .chain(&scope.programs)
            .cloned()
            .collect();
        names.extend(["client".into(), "server".into()]);
        c.report(
            "no-such-actor",
            key,
            format!("`{name}` is neither an actor nor a program of this check"),
        )
        .suggest(name, &names, "");
    } else if handed_in && !either && !world.roles.contains_key(name) {
        c.report(
            "no-such-actor",
            key,
            format!("a handed-in capture knows no actor `{name}`"),
        )
        .help = Some("write `client` or `server`".into());
    }
}

fn place(c: &mut Checker<'_>, on: &Option<String>) {
    if let Some(Err(why)) = on
        .as_ref()
        .filter(|on| !on.contains("${"))
        .map(|on| parse_place(on))
    {
        c.report("bad-place", "on", why);
    }
}

fn bounds(c: &mut Checker<'_>, bounds: [Option<u64>; 3]) {
    let [exactly, least, most] = bounds;
    if exactly.or(least).or(most).is_none() {
        c.report("nothing-said", "", "it does not say how many")
            .help = Some("give `exactly`, `at_least` or `at_most`".into());
    }
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        c.report(
            "out-of-range",
            "at_least",
            "`at_least` is larger than `at_most`",
        );
    }
}
