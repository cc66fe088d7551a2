//! The steps of a check as they went → the calls that each needs of a program.

use std::collections::BTreeMap;

use crate::event::{CallKind, Event};
use crate::spec::{
    Bindings, Check, ConnectExpect, Endpoint, Spec, Step, expand_text, initial_bindings, step_at,
};
use crate::verdict::history::{self, Past};

/// A call that a step needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub kind: CallKind,
    /// The actor at the other end.
    pub actor: Option<String>,
    /// Where: `127.0.0.1:80`.
    pub place: Option<String>,
    /// The receive that tells that the other side has closed.
    pub end: bool,
    /// It is about datagrams.
    pub datagram: bool,
}

impl Need {
    fn new(kind: CallKind) -> Need {
        Need {
            kind,
            actor: None,
            place: None,
            end: false,
            datagram: false,
        }
    }

    /// As a student would say it.
    pub fn words(&self) -> String {
        let call = self.kind.name();
        let (actor, place) = (self.actor.as_deref(), self.place.as_deref());
        match (self.kind, actor.or(place)) {
            (CallKind::Receive, Some(who)) if self.end => {
                format!("{call}: 0 bytes, {who} has closed")
            }
            (CallKind::Receive, Some(who)) => format!("{call} from {who}"),
            (CallKind::Send, Some(who)) => format!("{call} to {who}"),
            (CallKind::Close, Some(who)) => format!("{call} the connection of {who}"),
            (_, Some(at)) => format!("{call} {at}"),
            (_, None) => call.to_owned(),
        }
    }
}

/// What is known of the ends while the steps are gone through.
struct Walk<'a> {
    spec: &'a Spec,
    /// The running copy that the story is about.
    program: &'a str,
    role: String,
    needs: Vec<Need>,
    /// Actors that talk to the program: whether in datagrams.
    actors: BTreeMap<String, bool>,
    /// Listening actors that wait for the program.
    listeners: BTreeMap<String, Option<Endpoint>>,
}

/// The calls that a program has to make for the steps that were gone through.
pub(super) fn of(spec: &Spec, check: &Check, events: &[Event], program: &str) -> Vec<Need> {
    let seed = history::beginning(events).unwrap_or_default().seed;
    let mut past = Past {
        bindings: initial_bindings(spec, check, seed).unwrap_or_default(),
        ..Past::default()
    };
    let mut walk = Walk {
        spec,
        program,
        role: program.to_owned(),
        needs: Vec::new(),
        actors: BTreeMap::new(),
        listeners: BTreeMap::new(),
    };
    let mut position = 0;
    for went in history::steps(events) {
        for event in &events[position..went.position] {
            past.add(event);
        }
        position = went.position;
        if let Some(step) = step_at(&check.steps, &went.path) {
            walk.step(step, &past.bindings);
        }
    }
    walk.needs
}

impl Walk<'_> {
    fn need(&mut self, need: Need) {
        // One call may do for several steps in a row: a receive for what came in two pieces.
        if self.needs.last() != Some(&need) || need.kind == CallKind::Accept {
            self.needs.push(need);
        }
    }

    fn of_actor(&mut self, kind: CallKind, actor: &str, bindings: &Bindings) {
        let actor = expand_text(actor, bindings).unwrap_or_else(|_| actor.to_owned());
        if let Some(datagram) = self.actors.get(&actor).copied() {
            self.need(Need {
                actor: Some(actor),
                datagram,
                ..Need::new(kind)
            });
        }
    }

    fn is_ours(&self, program: Option<&str>) -> bool {
        // A step that names no program means the only one.
        program.is_none_or(|name| name == self.program || name == self.role)
    }

    fn step(&mut self, step: &Step, bindings: &Bindings) {
        match step {
            Step::Start(s) if s.name.as_deref().unwrap_or(&s.program) == self.program => {
                self.role.clone_from(&s.program);
                self.starts();
            }
            Step::Connect(s) if s.expect == ConnectExpect::Ok && self.is_ours(s.to.as_deref()) => {
                let name = expand_text(&s.name, bindings).unwrap_or_default();
                let on_udp = s.on.as_deref().is_some_and(|on| on.starts_with("udp"));
                let datagram = on_udp || (s.on.is_none() && self.listens_in_datagrams());
                self.actors.insert(name.clone(), datagram);
                if !datagram {
                    self.of_actor(CallKind::Accept, &name, bindings);
                }
            }
            Step::Listen(s) if self.is_ours(s.program.as_deref()) => {
                let name = expand_text(&s.name, bindings).unwrap_or_default();
                let place = s.on.clone().or_else(|| self.dials());
                if place.as_ref().is_some_and(|place| place.udp.is_some()) {
                    self.actors.insert(name.clone(), true);
                }
                self.listeners.insert(name, place);
            }
            Step::Accept(s) => {
                if let Some(place) = self.listeners.get(&s.at).cloned() {
                    let name = expand_text(&s.name, bindings).unwrap_or_default();
                    self.actors.insert(name, false);
                    let place = place.as_ref().and_then(shown);
                    self.need(Need {
                        place,
                        ..Need::new(CallKind::Connect)
                    });
                }
            }
            Step::Send(s) => self.of_actor(CallKind::Receive, &s.from, bindings),
            Step::Receive(s) => self.of_actor(CallKind::Send, &s.at, bindings),
            Step::ReceiveSet(s) => self.of_actor(CallKind::Send, &s.at, bindings),
            Step::Shutdown(s) if s.side != crate::spec::Side::Read => self.ends(&s.of, bindings),
            Step::Close(actor) => self.ends(&actor.0, bindings),
            Step::Closed(s) => self.of_actor(CallKind::Close, &s.at, bindings),
            _ => {}
        }
    }

    /// The actor sends its FIN: the program sees that `recv` gives nothing.
    fn ends(&mut self, actor: &str, bindings: &Bindings) {
        let actor = expand_text(actor, bindings).unwrap_or_default();
        if self.actors.get(&actor) == Some(&false) {
            self.need(Need {
                actor: Some(actor),
                end: true,
                ..Need::new(CallKind::Receive)
            });
        }
    }

    fn role(&self) -> Option<&crate::spec::ProgramSpec> {
        self.spec.programs.get(&self.role)
    }

    fn listens_in_datagrams(&self) -> bool {
        let place = self.role().and_then(|role| role.listens.as_ref());
        place.is_some_and(|place| place.udp.is_some() && place.tcp.is_none())
    }

    fn dials(&self) -> Option<Endpoint> {
        self.role().and_then(|role| role.connects.clone())
    }

    fn starts(&mut self) {
        let listens = self.role().and_then(|role| role.listens.clone());
        let datagram = match &listens {
            Some(_) => self.listens_in_datagrams(),
            None => self.dials().is_some_and(|place| place.udp.is_some()),
        };
        self.need(Need {
            datagram,
            ..Need::new(CallKind::Socket)
        });
        let Some(place) = listens else { return };
        self.need(Need {
            place: shown(&place),
            datagram,
            ..Need::new(CallKind::Bind)
        });
        if !datagram {
            self.need(Need::new(CallKind::Listen));
        }
    }
}

/// `127.0.0.1:65432`, `port 65432`, a path.
fn shown(place: &Endpoint) -> Option<String> {
    if let Some(path) = &place.unix {
        return Some(path.clone());
    }
    let port = place.tcp.or(place.udp)?;
    Some(match place.at.as_deref() {
        Some(at) if at != "any" => format!("{at}:{port}"),
        _ => format!("port {port}"),
    })
}
