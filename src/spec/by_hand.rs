//! Checks that a student can try by hand: which ones, what the other side then does, and in which manner.

use std::time::Duration;

use super::model::{Check, Hidden, Spec};
use super::step::*;
use super::units::Span;

/// Who begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The peer calls the student's program.
    Calls,
    /// The peer waits for the student's program.
    Waits,
}

/// A conversation that the peer can have with a student's program.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Its name: that of its check, or of a manner.
    pub name: String,
    /// What it is, in one line.
    pub title: String,
    /// Who begins.
    pub side: Side,
    /// The check whose steps are played, and its names.
    pub check: Check,
}

/// A way of being awkward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Silent,
    Slow,
    ByteByByte,
    Chatty,
}

impl Manner {
    const ALL: [Manner; 4] = [
        Manner::Silent,
        Manner::Slow,
        Manner::ByteByByte,
        Manner::Chatty,
    ];

    fn name(self) -> &'static str {
        match self {
            Manner::Silent => "silent",
            Manner::Slow => "slow",
            Manner::ByteByByte => "byte-by-byte",
            Manner::Chatty => "chatty",
        }
    }

    fn title(self, side: Side) -> &'static str {
        match (self, side) {
            (Manner::Silent, Side::Calls) => "A client that connects and never says a word",
            (Manner::Silent, Side::Waits) => "A server that listens and never answers",
            (Manner::Slow, Side::Calls) => "A client that takes half a second for each byte",
            (Manner::Slow, Side::Waits) => "A server that takes half a second for each byte",
            (Manner::ByteByByte, _) => "One byte per segment, one right after the other",
            (Manner::Chatty, Side::Calls) => "A client that says the same five times over",
            (Manner::Chatty, Side::Waits) => "A server that says everything three times",
        }
    }
}

/// How long a silent peer waits for the program to close.
const EVER: Duration = Duration::from_secs(3600);
/// The pause of a slow peer behind each byte, and that of one that only cuts.
const SLOW: Duration = Duration::from_millis(500);
const CUT: Duration = Duration::from_millis(20);
/// Bytes that are sent one by one; a long message then goes on at once.
const SINGLE_BYTES: usize = 40;

/// Whether the conversation of a check can be had without a sandbox: there is one, over the network, and
/// neither a link nor somebody else's program takes part.
pub fn can_be_played(spec: &Spec, check: &Check) -> bool {
    check.hidden == Hidden::Never && spec.names.is_empty() && side(spec, &check.steps).is_some()
}

/// What the peer of an exercise can play: its checks, and the awkward manners of the first real conversation.
pub fn scenes(spec: &Spec) -> Vec<Scene> {
    let mut scenes: Vec<Scene> = spec
        .checks
        .iter()
        .filter(|check| can_be_played(spec, check))
        .filter_map(|check| {
            Some(Scene {
                name: check.id.clone(),
                title: check.title.clone(),
                side: side(spec, &check.steps)?,
                check: check.clone(),
            })
        })
        .collect();
    let model = scenes
        .iter()
        .find(|scene| talks(&scene.check.steps))
        .cloned();
    if let Some(model) = model {
        let udp = is_udp(spec);
        for manner in Manner::ALL {
            let taken = scenes.iter().any(|scene| scene.name == manner.name());
            // A datagram cannot be cut, and nobody is there to be silent to.
            if taken || (udp && manner != Manner::Chatty) {
                continue;
            }
            let mut check = model.check.clone();
            check.steps = in_manner(&check.steps, manner, model.side);
            scenes.push(Scene {
                name: manner.name().to_owned(),
                title: manner.title(model.side).to_owned(),
                side: model.side,
                check,
            });
        }
    }
    scenes
}

fn is_udp(spec: &Spec) -> bool {
    let mut places = spec
        .programs
        .values()
        .filter_map(|program| program.listens.as_ref().or(program.connects.as_ref()));
    places.any(|place| place.udp.is_some())
}

fn side(spec: &Spec, steps: &[Step]) -> Option<Side> {
    let mut side = None;
    for step in Step::flat(steps) {
        match step {
            Step::Relay(_) | Step::SetRelay(_) => return None,
            Step::Start(start) if start.reference.is_some() => return None,
            Step::Connect(connect) => {
                let place = spec
                    .programs
                    .get(connect.to.as_ref()?)
                    .and_then(|program| program.listens.as_ref())?;
                if place.unix.is_some() || connect.expect == ConnectExpect::Refused {
                    return None;
                }
                side.get_or_insert(Side::Calls);
            }
            Step::Listen(listen) => {
                let place = listen.on.as_ref().or_else(|| {
                    let program = spec.programs.get(listen.program.as_ref()?)?;
                    program.connects.as_ref()
                })?;
                if place.unix.is_some() || place.at.as_ref().is_some_and(|at| at.contains("${")) {
                    return None;
                }
                side.get_or_insert(Side::Waits);
            }
            _ => {}
        }
    }
    side
}

/// Whether the peer both sends and receives, one after the other.
fn talks(steps: &[Step]) -> bool {
    let has = |wanted: fn(&Step) -> bool| steps.iter().any(wanted);
    has(|step| matches!(step, Step::Send(_))) && has(|step| matches!(step, Step::Receive(_)))
}

fn in_manner(steps: &[Step], manner: Manner, side: Side) -> Vec<Step> {
    match (manner, side) {
        (Manner::Silent, _) => silent(steps),
        (Manner::Chatty, Side::Calls) => chatty(steps),
        (Manner::Chatty, Side::Waits) => steps
            .iter()
            .flat_map(|step| {
                let times = if matches!(step, Step::Send(_)) { 3 } else { 1 };
                std::iter::repeat_n(step.clone(), times)
            })
            .collect(),
        (Manner::Slow, _) => steps.iter().map(|step| cut(step, SLOW)).collect(),
        (Manner::ByteByByte, _) => steps.iter().map(|step| cut(step, CUT)).collect(),
    }
}

fn silent(steps: &[Step]) -> Vec<Step> {
    let mut kept: Vec<Step> = steps
        .iter()
        .filter(|step| {
            matches!(
                step,
                Step::Start(_)
                    | Step::Listen(_)
                    | Step::Accept(_)
                    | Step::Connect(_)
                    | Step::Type(_)
            )
        })
        .cloned()
        .collect();
    let actor = kept.iter().rev().find_map(|step| match step {
        Step::Accept(accept) => Some(accept.name.clone()),
        Step::Connect(connect) => Some(connect.name.clone()),
        _ => None,
    });
    kept.extend(actor.map(|at| {
        Step::Closed(Closed {
            at,
            by: CloseBy::Any,
            discard: true,
            within: Some(Span(EVER)),
            ..Closed::default()
        })
    }));
    kept
}

/// From the first thing that is said on, everything five times.
fn chatty(steps: &[Step]) -> Vec<Step> {
    let said = |step: &Step| matches!(step, Step::Send(_) | Step::Receive(_));
    let first = steps.iter().position(said).unwrap_or(steps.len());
    let last = steps.iter().rposition(said).map_or(first, |last| last + 1);
    let mut out = steps[..first].to_vec();
    out.push(Step::Repeat(Repeat {
        times: 5,
        steps: steps[first..last]
            .iter()
            .filter(|step| said(step))
            .cloned()
            .collect(),
    }));
    out
}

fn cut(step: &Step, pause: Duration) -> Step {
    let Step::Send(send) = step else {
        return step.clone();
    };
    let mut pieces = vec![Piece::Bytes(1); SINGLE_BYTES];
    pieces.push(Piece::Rest);
    Step::Send(Send {
        in_pieces: pieces,
        pause_between: Some(Span(pause)),
        ..send.clone()
    })
}

impl Step {
    /// Whether it is about the student's program itself: by hand, it is the student who does or sees this.
    pub fn is_by_hand(&self) -> bool {
        matches!(
            self,
            Step::Start(_)
                | Step::Type(_)
                | Step::EndOfInput(_)
                | Step::Prints(_)
                | Step::NotPrints(_)
                | Step::Signal(_)
                | Step::Exits(_)
                | Step::StillRunning(_)
                | Step::Stop(_)
                | Step::Listening(_)
                | Step::NotListening(_)
                | Step::Sockets(_)
                | Step::Gpio(_)
                | Step::File(_)
                | Step::Table(_)
                | Step::Yaml(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "\
version: 1
exercise: x
title: X
points: 2
programs: { server: { files: [s], listens: { tcp: 7000 } } }
checks:
  - id: listens
    title: L
    points: 1
    steps: [ { start: server }, { listening: { program: server, on: tcp/7000 } } ]
  - id: echoes
    title: E
    points: 1
    steps:
      - start: server
      - connect: { as: alice, to: server }
      - send: { from: alice, text: abc }
      - receive: { at: alice, text: abc }
      - closed: { at: alice }
";

    fn scenes_of(text: &str) -> Vec<Scene> {
        scenes(&crate::spec::load(text, "x.yaml").unwrap())
    }

    fn steps<'s>(scenes: &'s [Scene], name: &str) -> &'s [Step] {
        let scene = scenes.iter().find(|scene| scene.name == name);
        &scene.unwrap().check.steps
    }

    #[test]
    fn checks_without_a_conversation_are_no_scenes_and_manners_are_added() {
        let scenes = scenes_of(SERVER);
        let names: Vec<&str> = scenes.iter().map(|scene| scene.name.as_str()).collect();
        assert_eq!(
            names,
            ["echoes", "silent", "slow", "byte-by-byte", "chatty"]
        );
        assert!(scenes.iter().all(|scene| scene.side == Side::Calls));
    }

    #[test]
    fn a_silent_peer_only_waits_for_the_end() {
        let scenes = scenes_of(SERVER);
        let steps = steps(&scenes, "silent");
        assert!(!steps.iter().any(|step| matches!(step, Step::Send(_))));
        assert!(matches!(steps.last(), Some(Step::Closed(closed)) if closed.at == "alice"));
    }

    #[test]
    fn a_slow_peer_sends_single_bytes() {
        let scenes = scenes_of(SERVER);
        let slow = steps(&scenes, "slow").iter().find_map(|step| match step {
            Step::Send(send) => Some(send),
            _ => None,
        });
        let send = slow.unwrap();
        assert_eq!(send.in_pieces.first(), Some(&Piece::Bytes(1)));
        assert_eq!(send.pause_between, Some(Span(SLOW)));
    }

    #[test]
    fn a_chatty_client_asks_and_listens_in_turns() {
        let scenes = scenes_of(SERVER);
        let Some(Step::Repeat(repeat)) = steps(&scenes, "chatty").last() else {
            panic!("it does not repeat itself");
        };
        assert_eq!((repeat.times, repeat.steps.len()), (5, 2));
    }

    #[test]
    fn what_needs_a_link_or_a_look_up_cannot_be_played() {
        let with_names = SERVER.replace("programs:", "names: { a.example: 192.0.2.1 }\nprograms:");
        assert!(scenes_of(&with_names).is_empty());
    }
}
