//! Rules about texts: templates, patterns, expressions, places, addresses, names.

use std::net::IpAddr;
use std::ops::Range;

use super::Checker;
use super::parts::{Part, Role};
use super::scope::{Scope, World};
use crate::spec::explain::Seg;
use crate::spec::pattern::{HOLES, Hole, Matcher, Pattern};
use crate::spec::place::parse_place;
use crate::spec::suggest::nearest;
use crate::spec::template::{Expression, FUNCTIONS, Segment, TemplateError, is_name, segments};
use crate::spec::value::unhex;

/// States of TCP sockets as `ss` and `netstat` name them.
const STATES: &[&str] = &[
    "LISTEN",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "CLOSE_WAIT",
    "CLOSING",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
];

const SIGNALS: &[&str] = &["INT", "TERM", "HUP", "KILL", "USR1", "STOP", "CONT"];

/// Looks at one text of a step.
pub(super) fn part(c: &mut Checker<'_>, part: &Part<'_>, scope: &mut Scope, world: &World) {
    let text = part.text;
    match part.role {
        Role::Bind => {
            if !is_name(text) || text.contains('.') {
                let span = c.place(&part.at);
                c.report_at("bad-name", span, format!("`{text}` cannot be a name"))
                    .help = Some("a name has letters, digits and `_`".into());
            }
            scope.names.insert(text.to_owned());
        }
        Role::Pattern => pattern(c, part, scope, world),
        Role::Regex => regex(c, part, scope, world),
        Role::Value => {
            template(c, part, scope, world);
        }
        Role::Hex => {
            if template(c, part, scope, world) && unhex(text).is_none() {
                let span = c.place(&part.at);
                c.report_at(
                    "bad-hex",
                    span,
                    format!("`{text}` is not hexadecimal: pairs of the digits 0-9 and a-f"),
                );
            }
        }
        Role::Address => {
            if template(c, part, scope, world) && text != "any" && text.parse::<IpAddr>().is_err() {
                let span = c.place(&part.at);
                c.report_at(
                    "bad-address",
                    span,
                    format!("`{text}` is not an IP address"),
                )
                .help = Some("write an address such as `127.0.0.1` or `::1`, or `any`".into());
            }
        }
        Role::Place => {
            if template(c, part, scope, world)
                && let Err(why) = parse_place(text)
            {
                let span = c.place(&part.at);
                c.report_at("bad-place", span, why);
            }
        }
        Role::Signal => known(c, part, SIGNALS, "signal"),
        Role::State => known(c, part, STATES, "TCP state"),
        _ => reference(c, part, scope, world),
    }
}

fn known(c: &mut Checker<'_>, part: &Part<'_>, words: &[&str], what: &str) {
    if words.contains(&part.text) {
        return;
    }
    let span = c.place(&part.at);
    let code = if what == "signal" {
        "unknown-signal"
    } else {
        "unknown-state"
    };
    c.report_at(code, span, format!("unknown {what} `{}`", part.text))
        .suggest(part.text, words, "");
}

/// Names of actors and programs.
fn reference(c: &mut Checker<'_>, part: &Part<'_>, scope: &mut Scope, world: &World) {
    let text = part.text;
    let roles: Vec<&String> = world.roles.keys().collect();
    let span = c.place(&part.at);
    if !template(c, part, scope, world) && segments(text).is_err() {
        return;
    }
    match part.role {
        Role::NewActor => {
            if world.roles.contains_key(text) {
                c.report_at(
                    "name-taken",
                    span,
                    format!("`{text}` is a program; an actor needs another name"),
                );
            }
            scope.actors.insert(text.to_owned());
        }
        Role::NewProgram => {
            scope.programs.insert(text.to_owned());
        }
        Role::Described if !world.roles.contains_key(text) => {
            c.report_at(
                "unknown-program",
                span,
                format!("there is no program `{text}`"),
            )
            .suggest(text, &roles, "describe it under `programs`");
        }
        Role::Program if !scope.has_program(text) => missing_program(c, text, span, scope, world),
        Role::Actor if !scope.has_actor(text) => missing_actor(c, text, span, scope, world),
        Role::Target if !scope.has_program(text) && !scope.has_actor(text) => {
            if world.roles.contains_key(text) || world.later_programs.contains(text) {
                missing_program(c, text, span, scope, world);
            } else {
                missing_actor(c, text, span, scope, world);
            }
        }
        Role::ActorOrAddress => {
            let address = text.parse::<std::net::SocketAddr>().is_ok() || text.contains("${");
            if !address && !scope.has_actor(text) {
                missing_actor(c, text, span, scope, world);
            }
        }
        _ => {}
    }
}

fn missing_program(
    c: &mut Checker<'_>,
    name: &str,
    span: Range<usize>,
    scope: &Scope,
    world: &World,
) {
    if world.later_programs.contains(name) || world.roles.contains_key(name) {
        let message = format!("the program `{name}` is not started yet");
        c.report_at("not-started", span, message).help =
            Some(format!("put `- start: {name}` before this step"));
    } else {
        let mut names: Vec<&String> = scope.programs.iter().collect();
        names.extend(world.roles.keys());
        c.report_at(
            "unknown-program",
            span,
            format!("there is no program `{name}`"),
        )
        .suggest(name, &names, "describe it under `programs`");
    }
}

fn missing_actor(
    c: &mut Checker<'_>,
    name: &str,
    span: Range<usize>,
    scope: &Scope,
    world: &World,
) {
    if world.later_actors.contains(name) {
        let message = format!("the actor `{name}` does not exist yet");
        c.report_at("no-such-actor", span, message)
            .help = Some("an actor comes into being by `connect`, `listen`, `accept` or `relay`: put that step first".into());
        return;
    }
    let known: Vec<&String> = scope.actors.iter().collect();
    c.report_at("no-such-actor", span, format!("there is no actor `{name}`"))
        .suggest(
            name,
            &known,
            "make one with `connect`, `listen`, `accept` or `relay`",
        );
}

/// Looks at a template; true when it is a plain text without `${…}` whose form can be looked at further.
pub(super) fn template(c: &mut Checker<'_>, part: &Part<'_>, scope: &Scope, world: &World) -> bool {
    let found = match segments(part.text) {
        Ok(found) => found,
        Err(error) => {
            malformed(c, part, &error);
            return false;
        }
    };
    let mut plain = true;
    for segment in found {
        if let Segment::Code { code, at } = segment {
            plain = false;
            code_in(c, part, &code, at, scope, world);
        }
    }
    plain
}

fn malformed(c: &mut Checker<'_>, part: &Part<'_>, error: &TemplateError) {
    let span = inside(c, &part.at, part.text, error.at, error.length);
    let d = c.report_at("bad-expression", span, error.message.clone());
    d.help.clone_from(&error.help);
}

/// One expression of a template.
fn code_in(
    c: &mut Checker<'_>,
    part: &Part<'_>,
    code: &str,
    at: usize,
    scope: &Scope,
    world: &World,
) {
    let span = inside(c, &part.at, part.text, at, code.len() + 3);
    match Expression::parse(code) {
        Ok(expression) => expression_names(c, &expression, span, scope, world),
        Err(message) => {
            let head = code.split_whitespace().next().unwrap_or("");
            let hole = HOLES.contains(&head);
            let d = c.report_at("bad-expression", span, message);
            d.help = if hole {
                Some("holes belong in patterns: use `like` here".into())
            } else {
                nearest(head, FUNCTIONS).map(|near| format!("did you mean `{near}`?"))
            };
        }
    }
}

fn expression_names(
    c: &mut Checker<'_>,
    expression: &Expression,
    span: Range<usize>,
    scope: &Scope,
    world: &World,
) {
    if let Expression::Fact { of, .. } = expression
        && !scope.has_actor(of)
        && !scope.has_program(of)
        // Where a client dials is known before it is started.
        && !world.roles.get(of).is_some_and(|role| role.connects)
    {
        if world.roles.contains_key(of) {
            missing_program(c, of, span, scope, world);
        } else {
            missing_actor(c, of, span, scope, world);
        }
        return;
    }
    for name in expression.names() {
        if !scope.names.contains(name) {
            undefined(c, name, span.clone(), scope);
        }
    }
}

fn undefined(c: &mut Checker<'_>, name: &str, span: Range<usize>, scope: &Scope) {
    let known: Vec<&str> = scope
        .names
        .iter()
        .map(String::as_str)
        .chain(FUNCTIONS.iter().copied())
        .collect();
    let near = nearest(name, &known);
    let d = c.report_at(
        "undefined-name",
        span,
        format!("`{name}` has no value here"),
    );
    d.help = Some(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if HOLES.contains(&name) => format!("`{name}` is a hole of patterns: use `like` here"),
        None => format!("give it a value under `let`: `let: {{ {name}: \"${{random.word}}\" }}`"),
    });
}

fn pattern(c: &mut Checker<'_>, part: &Part<'_>, scope: &mut Scope, world: &World) {
    let pattern = match Pattern::parse(part.text) {
        Ok(pattern) => pattern,
        Err(error) => {
            malformed(c, part, &error);
            let near = hole_near(part.text, &error);
            if let (Some(d), Some(near)) = (c.found.last_mut(), near) {
                d.help = Some(near);
            }
            return;
        }
    };
    for segment in segments(part.text).unwrap_or_default() {
        let Segment::Code { code, at } = segment else {
            continue;
        };
        match Hole::parse(&code) {
            None => code_in(c, part, &code, at, scope, world),
            Some(hole) => {
                if let Some(name) = hole.as_ref().ok().and_then(Hole::needs)
                    && !scope.names.contains(name)
                {
                    let span = inside(c, &part.at, part.text, at, code.len() + 3);
                    undefined(c, name, span, scope);
                }
            }
        }
    }
    scope
        .names
        .extend(pattern.binds().into_iter().map(str::to_owned));
}

/// A suggestion for a hole that is not known.
fn hole_near(text: &str, error: &TemplateError) -> Option<String> {
    let code = text.get(error.at + 2..)?.split('}').next()?;
    let head = code.split_whitespace().next()?;
    let known: Vec<&str> = HOLES.iter().chain(FUNCTIONS).copied().collect();
    let near = nearest(head, &known).filter(|near| near != head)?;
    Some(format!("did you mean `{near}`?"))
}

fn regex(c: &mut Checker<'_>, part: &Part<'_>, scope: &Scope, world: &World) {
    template(c, part, scope, world);
    let stood_in = segments(part.text).map(|found| {
        let texts = found.iter().map(|segment| match segment {
            Segment::Literal(text) => text.as_str(),
            Segment::Code { .. } => "x",
        });
        texts.collect::<String>()
    });
    if let Ok(Err(error)) = stood_in.map(|text| Matcher::regex(&text, false, false)) {
        let span = c.place(&part.at);
        c.report_at("bad-regex", span, error.to_string()).help = Some(
            "in double quotes YAML needs `\\\\d` for `\\d`; single quotes leave it as it is".into(),
        );
    }
}

/// The place of a part of a text: exact when the text stands in the source as it is.
fn inside(c: &Checker<'_>, at: &[Seg], text: &str, offset: usize, length: usize) -> Range<usize> {
    let span = c.place(at);
    let written = c.source.get(span.clone()).unwrap_or("");
    match written.find(text) {
        Some(start) => {
            let from = span.start + start + offset;
            from..(from + length).min(span.end)
        }
        None => {
            // Escapes in between: look for the expression itself.
            let fragment = text.get(offset..offset + length).unwrap_or(text);
            match written.find(fragment) {
                Some(start) => span.start + start..span.start + start + fragment.len(),
                None => span,
            }
        }
    }
}
