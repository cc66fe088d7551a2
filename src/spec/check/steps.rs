//! Rules about steps: what exists when, and what may stand together.

use super::Checker;
use super::exercise::{endpoint, ratio};
use super::parts::{Part, Role, parts};
use super::scope::{Scope, World};
use super::texts;
use crate::spec::explain::Seg;
use crate::spec::pack::{Format, value_of_json};
use crate::spec::step::*;
use crate::spec::template::{is_name, segments};
use crate::spec::value::{Bindings, ValueError};

/// Most turns of one loop.
const MOST_TURNS: u64 = 1000;

/// Looks at a list of steps in order; the scope grows with each.
pub(super) fn list(c: &mut Checker<'_>, steps: &[Step], scope: &mut Scope, world: &World) {
    for (index, one) in steps.iter().enumerate() {
        c.at_index(index, |c| {
            c.at_key(one.word(), |c| step(c, one, scope, world))
        });
    }
}

/// Gathers every actor and running copy of a check, wherever it is made.
pub(super) fn gather(steps: &[Step], world: &mut World) {
    for step in Step::flat(steps) {
        for part in parts(step) {
            match part.role {
                Role::NewActor => {
                    world.later_actors.insert(part.text.to_owned());
                }
                Role::NewProgram => {
                    world.later_programs.insert(part.text.to_owned());
                }
                _ => {}
            }
        }
    }
}

fn step(c: &mut Checker<'_>, step: &Step, scope: &mut Scope, world: &World) {
    for part in parts(step) {
        texts::part(c, &part, scope, world);
    }
    if let Some(worth) = step.worth() {
        ratio(c, "worth", worth);
    }
    form(c, step, world);
    nested(c, step, scope, world);
}

/// Steps that hold steps, and `let`.
fn nested(c: &mut Checker<'_>, step: &Step, scope: &mut Scope, world: &World) {
    match step {
        Step::Let(lets) => bind(c, lets, scope, world),
        Step::For(f) => c.at_key("do", |c| list(c, &f.steps, scope, world)),
        Step::Repeat(r) => {
            scope.names.insert("i".into());
            c.at_key("do", |c| list(c, &r.steps, scope, world));
        }
        Step::Together(branches) => {
            let before = scope.clone();
            for (name, steps) in branches {
                let mut own = before.clone();
                c.at_key(name, |c| list(c, steps, &mut own, world));
                scope.join(own);
            }
        }
        Step::Either(ways) => {
            let before = scope.clone();
            for (index, steps) in ways.iter().enumerate() {
                let mut own = before.clone();
                c.at_index(index, |c| list(c, steps, &mut own, world));
                scope.join(own);
            }
        }
        _ => {}
    }
}

/// The entries of a `let`: each expression, and no name that needs itself. The present part is the map.
pub(super) fn bind(
    c: &mut Checker<'_>,
    lets: &std::collections::BTreeMap<String, String>,
    scope: &mut Scope,
    world: &World,
) {
    let mut inner = scope.clone();
    inner.names.extend(lets.keys().cloned());
    let before = c.found.len();
    for (name, text) in lets {
        if !is_name(name) || name.contains('.') {
            c.report("bad-name", name, format!("`{name}` cannot be a name"))
                .help = Some("a name has letters, digits and `_`".into());
        }
        let part = Part {
            at: vec![Seg::Key(name.clone())],
            text,
            role: Role::Value,
        };
        texts::template(c, &part, &inner, world);
    }
    if c.found.len() == before {
        let mut stand_ins = Bindings::new(0, "");
        for name in &scope.names {
            stand_ins.set(name.clone(), "1");
        }
        for name in scope.actors.iter().chain(&scope.programs) {
            stand_ins.set(format!("{name}.port"), "1");
            stand_ins.set(format!("{name}.address"), "127.0.0.1");
        }
        match stand_ins.bind_all(lets, "") {
            Err(ValueError::Circular(name)) => {
                c.report(
                    "circular-let",
                    &name,
                    format!("the value of `{name}` needs itself"),
                );
            }
            Err(error @ ValueError::Invalid(_)) => {
                c.report("bad-expression", "", error.to_string());
            }
            _ => {}
        }
    }
    *scope = inner;
}

/// Exactly one of several keys must be given.
fn exactly_one(c: &mut Checker<'_>, word: &str, given: &[(&str, bool)]) {
    let there: Vec<&str> = given.iter().filter(|g| g.1).map(|g| g.0).collect();
    let all: Vec<&str> = given.iter().map(|g| g.0).collect();
    let choices = crate::spec::suggest::listed(&all);
    match there.as_slice() {
        [_] => {}
        [] => {
            c.report("nothing-said", "", format!("`{word}` does not say what"))
                .help = Some(format!("give one of {choices}"));
        }
        [_, second, ..] => {
            c.report(
                "too-much-said",
                second,
                format!("`{word}` takes only one of {choices}"),
            )
            .help = Some(format!("here are {}", crate::spec::suggest::listed(&there)));
        }
    }
}

/// Rules of single steps.
fn form(c: &mut Checker<'_>, step: &Step, world: &World) {
    match step {
        Step::Start(s) => start(c, s),
        Step::Type(s) => typed(c, s, world),
        Step::Prints(s) | Step::NotPrints(s) => {
            exactly_one(
                c,
                step.word(),
                &[
                    ("contains", s.contains.is_some()),
                    ("like", s.like.is_some()),
                    ("matches", s.matches.is_some()),
                    ("any_of", !s.any_of.is_empty()),
                ],
            );
            meaning(c, s.meaning.as_ref(), s.matches.as_ref());
        }
        Step::Listen(s) => listen(c, s, world),
        Step::Connect(s) if s.to.is_none() && s.on.is_none() => {
            c.report("nothing-said", "", "`connect` does not say where to")
                .help = Some("give `to: server`, or `at` and `on`".into());
        }
        Step::Send(s) => send(c, s),
        Step::Receive(s) => receive(c, s),
        Step::ReceiveSet(s) if s.texts.is_empty() => {
            c.report(
                "nothing-said",
                "texts",
                "`receive_set` needs at least one text",
            );
        }
        Step::Sockets(s) if s.exactly.is_none() && s.at_least.is_none() && s.at_most.is_none() => {
            c.report("nothing-said", "", "`sockets` does not say how many")
                .help = Some("give `exactly`, `at_least` or `at_most`".into());
        }
        Step::Relay(s) => relay(c, s),
        Step::SetRelay(s) => c.at_key("both", |c| faults(c, &s.both)),
        Step::Gpio(s) if s.levels.is_none() && s.level.is_none() && !s.set_up_first && !s.only => {
            c.report("nothing-said", "", "`gpio` does not say what")
                .help = Some("give `levels`, `level`, `set_up_first` or `only`".into());
        }
        Step::File(s) if s.any_of.is_empty() => {
            c.report("nothing-said", "any_of", "`file` names no file");
        }
        Step::Table(s) => table(c, s),
        Step::Yaml(s) if s.equals.is_empty() && s.filled.is_empty() => {
            c.report("nothing-said", "", "`yaml` does not say what")
                .help = Some("give `equals` or `filled`".into());
        }
        Step::Together(branches) if branches.is_empty() => {
            c.report("empty", "", "`together` has no branches");
        }
        Step::Either(ways) if ways.len() < 2 => {
            c.report("empty", "", "`either` needs at least two ways");
        }
        Step::For(s) => loops(c, &s.steps, s.values.len() as u64, "in"),
        Step::Repeat(s) => loops(c, &s.steps, s.times, "times"),
        _ => {}
    }
}

fn start(c: &mut Checker<'_>, s: &Start) {
    if let Some(reference) = &s.reference
        && !["python", "rust"].contains(&reference.as_str())
    {
        c.report(
            "unknown-word",
            "reference",
            format!("there is no reference in `{reference}`"),
        )
        .suggest(reference, &["python", "rust"], "");
    }
    if s.exercise.is_some() && s.reference.is_none() {
        c.report(
            "nothing-said",
            "exercise",
            "only a reference implementation can be another exercise's",
        )
        .help = Some("add `reference: python`".into());
    }
}

fn typed(c: &mut Checker<'_>, s: &Type, world: &World) {
    exactly_one(
        c,
        "type",
        &[("line", s.line.is_some()), ("text", s.text.is_some())],
    );
    if world.roles.get(&s.to).is_some_and(|role| !role.input) {
        c.report(
            "no-input",
            "to",
            format!("`{}` has no standard input to type on", s.to),
        )
        .help = Some(format!(
            "give it `stdin: pipe` or `stdin: terminal` under `programs: {}:` or in `start`",
            s.to
        ));
    }
}

fn listen(c: &mut Checker<'_>, s: &Listen, world: &World) {
    match (&s.program, &s.on) {
        (None, None) => {
            c.report("nothing-said", "", "`listen` does not say where")
                .help = Some("give `for: client`, or `on: { tcp: 8080 }`".into());
        }
        (Some(role), None) if world.roles.get(role).is_some_and(|r| !r.connects) => {
            c.report(
                "no-connects",
                "for",
                format!("`{role}` does not say where it connects to"),
            )
            .help = Some(format!(
                "give `connects` under `programs: {role}:`, or `on` here"
            ));
        }
        (_, Some(on)) => endpoint(c, "on", on),
        _ => {}
    }
}

fn send(c: &mut Checker<'_>, s: &Send) {
    exactly_one(
        c,
        "send",
        &[
            ("text", s.text.is_some()),
            ("line", s.line.is_some()),
            ("bytes", s.bytes.is_some()),
            ("hex", s.hex.is_some()),
            ("pack", s.pack.is_some()),
        ],
    );
    if let Some(pack) = &s.pack {
        c.at_key("pack", |c| structure(c, pack, false));
    }
    if let Some(at) = s.in_pieces.iter().position(|p| *p == Piece::Rest)
        && at + 1 < s.in_pieces.len()
    {
        c.report("rest-not-last", "in_pieces", "nothing is left after `rest`")
            .help = Some("put `rest` at the end of `in_pieces`".into());
    }
}

/// Only what nobody would want to read needs words beside it.
pub(super) fn meaning(c: &mut Checker<'_>, words: Option<&String>, matches: Option<&String>) {
    if words.is_some() && matches.is_none() {
        c.report(
            "too-much-said",
            "meaning",
            "`meaning` is the words for a regular expression, and there is none",
        )
        .help = Some("leave it out, or give `matches`".into());
    }
}

fn receive(c: &mut Checker<'_>, s: &Receive) {
    exactly_one(
        c,
        "receive",
        &[
            ("text", s.text.is_some()),
            ("line", s.line.is_some()),
            ("bytes", s.bytes.is_some()),
            ("hex", s.hex.is_some()),
            ("like", s.like.is_some()),
            ("matches", s.matches.is_some()),
            ("any_of", !s.any_of.is_empty()),
            ("length", s.length.is_some()),
            ("unpack", s.unpack.is_some()),
            ("anything", s.anything),
        ],
    );
    meaning(c, s.meaning.as_ref(), s.matches.as_ref());
    if let Some(unpack) = &s.unpack {
        c.at_key("unpack", |c| structure(c, unpack, true));
    }
    if s.until.as_deref() == Some("") {
        c.report("nothing-said", "until", "`until` is an empty text");
    }
}

/// A `pack` or `unpack`: the format, the number of values, and the values that are written out.
pub(super) fn structure(c: &mut Checker<'_>, pack: &PackSpec, unpacking: bool) {
    let format = match Format::parse(&pack.format) {
        Ok(format) => format,
        Err(error) => {
            c.report("bad-format", "format", error.to_string()).help =
                Some("formats are those of Python's struct module: `=iif`, `<Hd`, `!4sI`".into());
            return;
        }
    };
    let kinds: Vec<_> = format.kinds().collect();
    if kinds.len() != pack.values.len() {
        let message = format!(
            "`{}` takes {} values; here are {}",
            pack.format,
            kinds.len(),
            pack.values.len()
        );
        c.report("bad-format", "values", message);
        return;
    }
    let mut values = Vec::new();
    for (index, (value, kind)) in pack.values.iter().zip(&kinds).enumerate() {
        let plain = value.as_str().is_none_or(|t| !t.contains("${"));
        match value_of_json(value, *kind, &Bindings::default()) {
            Ok(None) if !unpacking => {
                let span = c.place(&[Seg::Key("values".into()), Seg::Index(index)]);
                c.report_at(
                    "bad-value",
                    span,
                    "there is no value here; only `unpack` accepts any value",
                );
                return;
            }
            Ok(Some(known)) if plain => values.push(known),
            _ => return,
        }
    }
    if let Err(error) = format.pack(&values) {
        c.report("bad-value", "values", error.to_string());
    }
}

fn relay(c: &mut Checker<'_>, s: &Relay) {
    endpoint(c, "on", &s.on);
    if let Some(server) = &s.server {
        endpoint(c, "server", server);
    }
    for (key, direction) in [
        ("upstream", &s.upstream),
        ("downstream", &s.downstream),
        ("both", &s.both),
    ] {
        c.at_key(key, |c| faults(c, direction));
    }
}

fn faults(c: &mut Checker<'_>, f: &Faults) {
    for (key, value) in [
        ("loss", f.loss),
        ("duplicate", f.duplicate),
        ("reorder", f.reorder),
        ("corrupt", f.corrupt),
    ] {
        ratio(c, key, value);
    }
    if f.drop_nth.contains(&0) {
        c.report("out-of-range", "drop_nth", "datagrams are counted from 1");
    }
    for (key, zero) in [("slice", f.slice == Some(0)), ("rate", f.rate == Some(0))] {
        if zero {
            c.report("out-of-range", key, format!("`{key}` must be at least 1"))
                .help = Some("`dead: true` lets nothing pass".into());
        }
    }
}

fn table(c: &mut Checker<'_>, s: &TableCheck) {
    if s.any_of.is_empty() {
        c.report("nothing-said", "any_of", "`table` names no file");
    }
    if s.columns.is_empty() {
        c.report("nothing-said", "columns", "`table` has no columns");
    }
    let names: Vec<&str> = s
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let lists = [
        ("differ", s.differ.iter().collect::<Vec<_>>()),
        ("first_is_least", s.first_is_least.iter().collect()),
    ];
    for (key, used) in lists {
        for name in used {
            if !names.contains(&name.as_str()) {
                c.report(
                    "unknown-column",
                    key,
                    format!("there is no column `{name}`"),
                )
                .suggest(name, &names, "");
            }
        }
    }
    for (index, row) in s.has.iter().enumerate() {
        for name in row.keys().filter(|n| !names.contains(&n.as_str())) {
            let span = c.place(&[
                Seg::Key("has".into()),
                Seg::Index(index),
                Seg::Key(name.clone()),
            ]);
            c.report_at(
                "unknown-column",
                span,
                format!("there is no column `{name}`"),
            )
            .suggest(name, &names, "");
        }
    }
    if let Some(tolerance) = s.tolerance {
        ratio(c, "tolerance", tolerance);
    }
}

fn loops(c: &mut Checker<'_>, steps: &[Step], turns: u64, key: &str) {
    if steps.is_empty() {
        c.report("empty", "do", "the loop has no steps");
    }
    if turns == 0 || turns > MOST_TURNS {
        let message = format!("a loop has 1 to {MOST_TURNS} turns, this one {turns}");
        c.report("out-of-range", key, message);
    }
}

/// Whether a template is a text without `${…}`.
pub(super) fn is_plain(text: &str) -> bool {
    segments(text).is_ok_and(|s| {
        s.iter()
            .all(|s| matches!(s, crate::spec::template::Segment::Literal(_)))
    })
}
