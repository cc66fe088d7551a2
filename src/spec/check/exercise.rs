//! Rules about the exercise as a whole: its name, points, programs, and how its checks hang together.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Checker;
use super::parts::{Part, Role as TextRole};
use super::scope::{Role, Scope, World};
use super::{steps, texts, wire};
use crate::spec::explain::Seg;
use crate::spec::hints::{Hints, MOST_HINTS};
use crate::spec::initial::parse_zone;
use crate::spec::model::*;
use crate::spec::step::Step;

/// The version of the language that this program reads.
const VERSION: u32 = 1;

/// Looks at everything.
pub(super) fn check(c: &mut Checker<'_>, spec: &Spec) {
    if spec.version != VERSION {
        let message = format!("version {} of the spec language is not known", spec.version);
        c.report("version", "version", message).help = Some(format!("write `version: {VERSION}`"));
    }
    name(c, spec);
    if spec.title.trim().is_empty() {
        c.report("empty", "title", "the title is empty");
    }
    let world = World {
        roles: spec
            .programs
            .iter()
            .map(|(name, p)| (name.clone(), role(p)))
            .collect(),
        ..World::default()
    };
    c.at_key("programs", |c| programs(c, &spec.programs));
    let mut scope = Scope::default();
    c.at_key("let", |c| {
        steps::bind(c, &spec.bindings, &mut scope, &world)
    });
    names(c, &spec.names, &scope, &world);
    zone(c, spec.timezone.as_ref());
    for (index, address) in spec.addresses6.iter().enumerate() {
        if address.parse::<Ipv6Addr>().is_err() {
            c.at_key("addresses6", |c| {
                c.at_index(index, |c| {
                    c.report(
                        "bad-address",
                        "",
                        format!("`{address}` is not an IPv6 address"),
                    );
                });
            });
        }
    }
    limits(c, &spec.limits);
    if spec.checks.is_empty() {
        c.report("empty", "checks", "there are no checks").help =
            Some("a check has an `id`, a `title`, `points` and `steps`".into());
        return;
    }
    points(c, spec);
    order(c, spec);
    for (index, one) in spec.checks.iter().enumerate() {
        c.at_key("checks", |c| {
            c.at_index(index, |c| one_check(c, one, &scope, &world))
        });
    }
}

fn role(program: &ProgramSpec) -> Role {
    Role {
        connects: program.connects.is_some(),
        input: program.stdin != Stdin::None,
    }
}

fn is_kebab(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The exercise's name: kebab-case, and that of its file.
fn name(c: &mut Checker<'_>, spec: &Spec) {
    if !is_kebab(&spec.exercise) {
        c.report(
            "bad-name",
            "exercise",
            format!("`{}` is not a name for an exercise", spec.exercise),
        )
        .help = Some("small letters, digits and `-`: `tcp-echo-server`".into());
        return;
    }
    let base = c.file.rsplit(['/', '\\']).next().unwrap_or(c.file);
    let stem = base
        .strip_suffix(".yaml")
        .or_else(|| base.strip_suffix(".yml"));
    if let Some(stem) = stem
        .filter(|stem| *stem != spec.exercise)
        .map(str::to_owned)
    {
        c.report(
            "name-differs",
            "exercise",
            format!(
                "the exercise is `{}`, but its file is `{base}`",
                spec.exercise
            ),
        )
        .help = Some(format!(
            "write `exercise: {stem}`, or rename the file to `{}.yaml`",
            spec.exercise
        ));
    }
}

fn programs(c: &mut Checker<'_>, programs: &BTreeMap<String, ProgramSpec>) {
    for (name, program) in programs {
        c.at_key(name, |c| {
            if !is_kebab(&name.replace('_', "-"))
                || ["client", "server"]
                    .iter()
                    .any(|r| name != r && name.eq_ignore_ascii_case(r))
            {
                c.report(
                    "bad-name",
                    "",
                    format!("`{name}` is not a name for a program"),
                )
                .help = Some("small letters, digits, `-` and `_`: `server`, `client`".into());
            }
            if program.files.is_empty() {
                c.report(
                    "empty",
                    "files",
                    format!("no file name is given for `{name}`"),
                )
                .help = Some(format!("give the names to look for: `files: [{name}.py]`"));
            }
            for (index, file) in program.files.iter().enumerate() {
                if file.starts_with('/')
                    || file.split('/').any(|part| part == "..")
                    || file.trim().is_empty()
                {
                    c.at_key("files", |c| {
                        c.at_index(index, |c| {
                            c.report(
                                "bad-path",
                                "",
                                format!("`{file}` does not lie in the submission"),
                            );
                        });
                    });
                }
            }
            if let Some(listens) = &program.listens {
                endpoint(c, "listens", listens);
            }
            if let Some(connects) = &program.connects {
                endpoint(c, "connects", connects);
            }
        });
    }
}

/// An address and port: exactly one transport, a real port, a real address.
pub(super) fn endpoint(c: &mut Checker<'_>, key: &str, endpoint: &Endpoint) {
    let given = [
        endpoint.tcp.is_some(),
        endpoint.udp.is_some(),
        endpoint.unix.is_some(),
    ];
    if given.iter().filter(|g| **g).count() != 1 {
        c.report(
            "bad-endpoint",
            key,
            "an endpoint has exactly one of `tcp`, `udp` and `unix`",
        )
        .help = Some("for example `{ tcp: 65432, at: 127.0.0.1 }`".into());
    }
    for (transport, port) in [("tcp", endpoint.tcp), ("udp", endpoint.udp)] {
        if port == Some(0) {
            let span = c.place(&[Seg::Key(key.into()), Seg::Key(transport.into())]);
            c.report_at(
                "bad-endpoint",
                span,
                "port 0 stands for any port; name the one that the handout names",
            );
        }
    }
    if let Some(at) = endpoint
        .at
        .as_ref()
        .filter(|at| *at != "any" && steps::is_plain(at))
        && at.parse::<IpAddr>().is_err()
    {
        let span = c.place(&[Seg::Key(key.into()), Seg::Key("at".into())]);
        c.report_at("bad-address", span, format!("`{at}` is not an IP address"))
            .help = Some("write an address such as `127.0.0.1`, or `any`".into());
    }
}

fn names(c: &mut Checker<'_>, names: &BTreeMap<String, String>, scope: &Scope, world: &World) {
    for (name, value) in names {
        c.at_key("names", |c| {
            let part = Part {
                at: vec![Seg::Key(name.clone())],
                text: value,
                role: TextRole::Value,
            };
            let plain = texts::template(c, &part, scope, world);
            if plain && value != "nxdomain" && value.parse::<Ipv4Addr>().is_err() {
                c.report(
                    "bad-address",
                    name,
                    format!("`{value}` is neither an IPv4 address nor `nxdomain`"),
                );
            }
        });
    }
}

fn zone(c: &mut Checker<'_>, zone: Option<&String>) {
    if let Some(zone) = zone.filter(|zone| parse_zone(zone).is_none()) {
        c.report(
            "bad-timezone",
            "timezone",
            format!("`{zone}` is not a time zone"),
        )
        .help = Some("write the offset from UTC: `UTC+03:30`, `UTC-05:00`, `UTC`".into());
    }
}

fn limits(c: &mut Checker<'_>, limits: &LimitsSpec) {
    let spans = [
        ("wall", limits.wall),
        ("listen", limits.listen),
        ("step", limits.step),
        ("cpu", limits.cpu),
    ];
    for (key, span) in spans {
        if span.is_some_and(|s| s.0.is_zero()) {
            let span = c.place(&[Seg::Key("limits".into()), Seg::Key(key.into())]);
            c.report_at("out-of-range", span, "a limit of 0 lets nothing run");
        }
    }
    for (key, limit, least) in [
        ("memory_mib", limits.memory_mib, 16),
        ("processes", limits.processes, 1),
    ] {
        if limit.is_some_and(|n| n < least) {
            let span = c.place(&[Seg::Key("limits".into()), Seg::Key(key.into())]);
            c.report_at(
                "out-of-range",
                span,
                format!("`{key}` must be at least {least}"),
            );
        }
    }
}

/// A ratio: 0 to 1.
pub(super) fn ratio(c: &mut Checker<'_>, key: &str, value: f64) {
    if !(0.0..=1.0).contains(&value) {
        c.report(
            "out-of-range",
            key,
            format!("`{key}` is a part of the whole: 0 to 1, not {value}"),
        );
    }
}

/// Points are not negative, belong to `must` checks, and add up.
fn points(c: &mut Checker<'_>, spec: &Spec) {
    let mut sum = 0.0;
    for (index, check) in spec.checks.iter().enumerate() {
        if !check.bonus || spec.bonus {
            sum += check.points;
        }
        c.at_key("checks", |c| c.at_index(index, |c| check_points(c, check)));
    }
    if (sum - spec.points).abs() > 1e-9 {
        let message = format!(
            "the exercise has {} points, its checks add up to {sum}",
            spec.points
        );
        c.report("points-sum", "points", message).help = Some(format!(
            "write `points: {sum}`, or change the checks (bonus checks do not count)"
        ));
    }
}

fn check_points(c: &mut Checker<'_>, check: &Check) {
    if check.points < 0.0 {
        c.report("out-of-range", "points", "points cannot be negative");
    }
    if check.level != Level::Must && check.points > 0.0 {
        c.report(
            "advice-with-points",
            "points",
            "only `must` checks carry points",
        )
        .help = Some("leave out `points`, or leave out `level`".into());
    }
    if check.level == Level::Must && check.points == 0.0 {
        c.report(
            "no-points",
            "id",
            format!("the check `{}` carries no points", check.id),
        )
        .help = Some("give it `points`, or `level: should` if it is advice".into());
    }
}

/// Ids are unique, and `needs` names other checks, not in a circle.
fn order(c: &mut Checker<'_>, spec: &Spec) {
    let ids: Vec<&String> = spec.checks.iter().map(|check| &check.id).collect();
    for (index, check) in spec.checks.iter().enumerate() {
        c.at_key("checks", |c| {
            c.at_index(index, |c| {
                if !is_kebab(&check.id) {
                    c.report("bad-name", "id", format!("`{}` is not an id", check.id))
                        .help = Some("small letters, digits and `-`: `second-client`".into());
                }
                if ids[..index].contains(&&check.id) {
                    c.report(
                        "duplicate-id",
                        "id",
                        format!("another check is called `{}`, too", check.id),
                    );
                }
                for (at, needed) in check.needs.iter().enumerate() {
                    c.at_key("needs", |c| {
                        c.at_index(at, |c| need(c, needed, index, spec))
                    });
                }
            });
        });
    }
}

fn need(c: &mut Checker<'_>, needed: &String, index: usize, spec: &Spec) {
    let ids: Vec<&String> = spec.checks.iter().map(|check| &check.id).collect();
    if !ids.contains(&needed) {
        c.report("needs-missing", "", format!("there is no check `{needed}`"))
            .suggest(needed, &ids, "");
    } else if leads_to(spec, needed, &spec.checks[index].id, &mut Vec::new()) {
        c.report(
            "needs-cycle",
            "",
            "the check needs itself, directly or by way of others",
        );
    }
}

/// Whether a check needs another one, by way of others or because it is the same.
fn leads_to<'a>(spec: &'a Spec, from: &'a str, to: &str, seen: &mut Vec<&'a str>) -> bool {
    if from == to {
        return true;
    }
    if seen.contains(&from) {
        return false;
    }
    seen.push(from);
    let check = spec.checks.iter().find(|check| check.id == from);
    check.is_some_and(|check| {
        check
            .needs
            .iter()
            .any(|need| leads_to(spec, need, to, seen))
    })
}

fn one_check(c: &mut Checker<'_>, check: &Check, exercise: &Scope, world: &World) {
    if check.title.trim().is_empty() {
        c.report("empty", "title", "the title is empty");
    }
    hints(c, &check.hint);
    zone(c, check.timezone.as_ref());
    limits(c, &check.limits);
    says_something(c, check);
    let mut world = world.clone();
    steps::gather(&check.steps, &mut world);
    let mut scope = exercise.clone();
    c.at_key("let", |c| {
        steps::bind(c, &check.bindings, &mut scope, &world)
    });
    names(c, &check.names, &scope, &world);
    // `start` may give a program an input that it usually has not.
    for step in &check.steps {
        if let Step::Start(start) = step
            && start.stdin.is_some_and(|s| s != Stdin::None)
            && let Some(role) = world.roles.get_mut(&start.program)
        {
            role.input = true;
        }
    }
    c.at_key("steps", |c| {
        steps::list(c, &check.steps, &mut scope, &world)
    });
    let total: f64 = check.steps.iter().map(worth).sum();
    if total > 1.0 + 1e-9 {
        c.report(
            "out-of-range",
            "steps",
            format!("the steps' `worth` adds up to {total}; it may be 1 at most"),
        );
    }
    c.at_key("wire", |c| wire::list(c, check, &scope, &world));
    if check.capture.is_some() && check.wire.is_empty() {
        c.report(
            "empty",
            "capture",
            "a handed-in capture is named, but `wire` asks nothing of it",
        );
    }
}

/// A student who asks again must learn something new.
fn hints(c: &mut Checker<'_>, hints: &Hints) {
    let count = hints.0.len();
    if count > MOST_HINTS {
        let message = format!("a check has {MOST_HINTS} hints at most; here are {count}");
        c.report("too-many-hints", "hint", message);
    } else if count > 1 && hints.0.iter().any(|hint| hint.trim().is_empty()) {
        c.report("empty", "hint", "one of the hints is empty");
    } else if let Some((earlier, later)) = hints.repeated() {
        let message = format!("hint {} says the same as hint {}", later + 1, earlier + 1);
        c.report("repeated-hint", "hint", message).help =
            Some("say something more concrete, or leave it out".into());
    }
}

fn worth(step: &Step) -> f64 {
    let inner: f64 = step
        .children()
        .iter()
        .flat_map(|(_, steps)| steps.iter())
        .map(worth)
        .sum();
    step.worth().unwrap_or(0.0).clamp(0.0, 1.0) + inner
}

/// A check that asks nothing would give its points to everybody.
fn says_something(c: &mut Checker<'_>, check: &Check) {
    if check.manual.is_some() {
        return;
    }
    if check.steps.is_empty() && check.wire.is_empty() {
        c.report(
            "empty-check",
            "id",
            format!("the check `{}` has no steps", check.id),
        )
        .help = Some("give it `steps`, `wire` or `manual`".into());
    } else if check.wire.is_empty() && !check.steps.iter().any(Step::asserts) {
        c.report(
            "asserts-nothing",
            "id",
            format!("the check `{}` asks nothing of the program", check.id),
        )
        .help = Some("add a step that can fail, such as `receive`, `prints` or `exits`".into());
    }
}
