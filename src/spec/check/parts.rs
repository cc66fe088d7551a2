//! The texts of a step and what each of them means: one table, read by every rule about names.

use crate::spec::explain::Seg;
use crate::spec::step::*;

/// What a text of a step stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A template whose value is used.
    Value,
    /// A pattern with holes.
    Pattern,
    /// A regular expression in which `${…}` is expanded.
    Regex,
    /// A template that must give hexadecimal digits.
    Hex,
    /// A template that gives an IP address, or `any`.
    Address,
    /// A template that gives a place: `tcp/80`.
    Place,
    /// A program that was started.
    Program,
    /// A program as `programs` describes it.
    Described,
    /// A running copy comes into being.
    NewProgram,
    /// An actor that exists.
    Actor,
    /// An actor comes into being.
    NewActor,
    /// A program that was started, or an actor.
    Target,
    /// An actor or an address.
    ActorOrAddress,
    /// A name is bound.
    Bind,
    /// A signal's name.
    Signal,
    /// A TCP state.
    State,
}

/// A text of a step, its place below the step's word, and its meaning.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The way to it; empty for a step that is written as one text.
    pub at: Vec<Seg>,
    /// The text.
    pub text: &'a str,
    /// What it stands for.
    pub role: Role,
}

#[derive(Default)]
struct Parts<'a>(Vec<Part<'a>>);

impl<'a> Parts<'a> {
    fn one(mut self, key: &str, text: &'a str, role: Role) -> Self {
        let at = if key.is_empty() {
            Vec::new()
        } else {
            vec![Seg::Key(key.to_owned())]
        };
        self.0.push(Part { at, text, role });
        self
    }

    fn some(self, key: &str, text: &'a Option<String>, role: Role) -> Self {
        match text {
            Some(text) => self.one(key, text, role),
            None => self,
        }
    }

    fn list(mut self, key: &str, texts: &'a [String], role: Role) -> Self {
        for (index, text) in texts.iter().enumerate() {
            let at = vec![Seg::Key(key.to_owned()), Seg::Index(index)];
            self.0.push(Part { at, text, role });
        }
        self
    }

    fn map(mut self, key: &str, texts: &'a std::collections::BTreeMap<String, String>) -> Self {
        for (name, text) in texts {
            let mut at = vec![Seg::Key(name.clone())];
            if !key.is_empty() {
                at.insert(0, Seg::Key(key.to_owned()));
            }
            self.0.push(Part {
                at,
                text,
                role: Role::Value,
            });
        }
        self
    }

    fn pack(mut self, key: &str, pack: &'a Option<PackSpec>) -> Self {
        for (index, value) in pack.iter().flat_map(|p| p.values.iter().enumerate()) {
            if let serde_json::Value::String(text) = value {
                let at = vec![
                    Seg::Key(key.to_owned()),
                    Seg::Key("values".into()),
                    Seg::Index(index),
                ];
                self.0.push(Part {
                    at,
                    text,
                    role: Role::Value,
                });
            }
        }
        self
    }

    fn endpoint(mut self, key: &str, endpoint: &'a Option<crate::spec::Endpoint>) -> Self {
        let texts = endpoint
            .iter()
            .flat_map(|e| [("at", &e.at), ("unix", &e.unix)]);
        for (below, text) in texts {
            if let Some(text) = text {
                let at = vec![Seg::Key(key.to_owned()), Seg::Key(below.to_owned())];
                self.0.push(Part {
                    at,
                    text,
                    role: Role::Value,
                });
            }
        }
        self
    }
}

/// The texts of a step itself, those of the steps inside it left out.
pub fn parts(step: &Step) -> Vec<Part<'_>> {
    use Role::*;
    let p = Parts::default();
    match step {
        Step::Start(s) => {
            let mut p = match s.exercise {
                None => p.one("program", &s.program, Described),
                // A role of another exercise, whose spec is not at hand.
                Some(_) => p,
            }
            .list("args", s.args.as_deref().unwrap_or(&[]), Value)
            .map("env", &s.env);
            p = match &s.name {
                Some(name) => p.one("as", name, NewProgram),
                None => p.one("program", &s.program, NewProgram),
            };
            p
        }
        Step::Type(s) => p
            .one("to", &s.to, Program)
            .some("line", &s.line, Value)
            .some("text", &s.text, Value)
            .some("after", &s.after, Pattern),
        Step::EndOfInput(r) | Step::StillRunning(r) | Step::Stop(r) | Step::NotListening(r) => {
            p.one("", &r.0, Program)
        }
        Step::Prints(s) | Step::NotPrints(s) => p
            .one("program", &s.program, Program)
            .some("contains", &s.contains, Value)
            .some("like", &s.like, Pattern)
            .some("matches", &s.matches, Regex)
            .some("meaning", &s.meaning, Value)
            .list("any_of", &s.any_of, Value),
        Step::Signal(s) => p
            .one("to", &s.to, Program)
            .one("signal", &s.signal, Role::Signal),
        Step::Exits(s) => p
            .one("program", &s.program, Program)
            .some("or_signal", &s.or_signal, Role::Signal)
            .some("save", &s.save, Role::Bind),
        Step::Listening(s) => p
            .one("program", &s.program, Program)
            .one("on", &s.on, Place)
            .some("at", &s.at, Address),
        Step::Connect(s) => p
            .some("to", &s.to, Target)
            .some("at", &s.at, Address)
            .some("on", &s.on, Place)
            .some("from", &s.from, Address)
            .one("as", &s.name, NewActor),
        Step::Listen(s) => p
            .some("for", &s.program, Described)
            .endpoint("on", &s.on)
            .one("as", &s.name, NewActor),
        Step::Accept(s) => p.one("at", &s.at, Actor).one("as", &s.name, NewActor),
        Step::NoConnection(s) | Step::Silent(s) | Step::StillOpen(s) | Step::StopReading(s) => {
            p.one("at", &s.at, Actor)
        }
        Step::Send(s) => send(p, s),
        Step::Receive(s) => receive(p, s),
        Step::ReceiveSet(s) => p.one("at", &s.at, Actor).list("texts", &s.texts, Value),
        Step::Shutdown(s) => p.one("of", &s.of, Actor),
        Step::Close(r) | Step::Reset(r) => p.one("", &r.0, Actor),
        Step::Closed(s) => p.one("at", &s.at, Actor),
        Step::Sockets(s) => p
            .one("program", &s.program, Program)
            .one("state", &s.state, State),
        Step::Relay(s) => p
            .one("to", &s.to, Described)
            .endpoint("server", &s.server)
            .one("as", &s.name, NewActor),
        Step::SetRelay(s) => p.one("relay", &s.relay, Actor),
        Step::File(s) => p
            .list("any_of", &s.any_of, Value)
            .some("contains", &s.contains, Value)
            .some("matches", &s.matches, Regex),
        Step::Table(s) => s.has.iter().enumerate().fold(
            p.list("any_of", &s.any_of, Value),
            |mut p, (index, row)| {
                for (name, text) in row {
                    let at = vec![
                        Seg::Key("has".into()),
                        Seg::Index(index),
                        Seg::Key(name.clone()),
                    ];
                    p.0.push(Part {
                        at,
                        text,
                        role: Value,
                    });
                }
                p
            },
        ),
        Step::Yaml(s) => p.one("file", &s.file, Value).map("equals", &s.equals),
        Step::For(s) => p.list("in", &s.values, Value).one("each", &s.each, Bind),
        Step::Gpio(_)
        | Step::Together(_)
        | Step::Repeat(_)
        | Step::Pause(_)
        | Step::Let(_)
        | Step::Either(_) => p,
    }
    .0
}

fn send<'a>(p: Parts<'a>, s: &'a Send) -> Parts<'a> {
    p.one("from", &s.from, Role::Actor)
        .some("to", &s.to, Role::ActorOrAddress)
        .some("text", &s.text, Role::Value)
        .some("line", &s.line, Role::Value)
        .some("bytes", &s.bytes, Role::Value)
        .some("hex", &s.hex, Role::Hex)
        .pack("pack", &s.pack)
}

fn receive<'a>(p: Parts<'a>, s: &'a Receive) -> Parts<'a> {
    p.one("at", &s.at, Role::Actor)
        .some("text", &s.text, Role::Value)
        .some("line", &s.line, Role::Value)
        .some("bytes", &s.bytes, Role::Value)
        .some("hex", &s.hex, Role::Hex)
        .some("like", &s.like, Role::Pattern)
        .some("matches", &s.matches, Role::Regex)
        .some("meaning", &s.meaning, Role::Value)
        .list("any_of", &s.any_of, Role::Value)
        .pack("unpack", &s.unpack)
        .some("until", &s.until, Role::Value)
        .some("save", &s.save, Role::Bind)
}
