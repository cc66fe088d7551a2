//! The events of a check, read once and put in order for judging.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::aftermath::Aftermath;
use crate::event::{Bytes, Event, Exit, Limit, Observed, Place, SourceNote, Transport, What};
use crate::spec::Bindings;

/// What one program did.
#[derive(Clone, Debug, Default)]
pub struct ProgramPast {
    /// Its standard output, as far as events show it.
    pub stdout: Vec<u8>,
    /// Its standard error, as far as events show it.
    pub stderr: Vec<u8>,
    /// Where it listened.
    pub places: Vec<Place>,
    /// How it ended, and when (ns since the check began).
    pub exit: Option<(Exit, u64)>,
    /// CPU time it used, in milliseconds, if it ended.
    pub cpu_ms: u64,
    /// The limit that ended it.
    pub limit: Option<Limit>,
    /// What a look at its source shows.
    pub notes: Vec<SourceNote>,
    /// How much it had printed when something was last sent or typed.
    pub printed_before: usize,
    /// How much it had printed when the last step began.
    printed_at_step: usize,
}

impl ProgramPast {
    /// What it has printed since something was last sent or typed.
    pub fn printed_since(&self) -> &[u8] {
        &self.stdout[self.printed_before.min(self.stdout.len())..]
    }
}

/// What one actor did and saw.
#[derive(Clone, Debug, Default)]
pub struct ActorPast {
    /// Messages sent, in order.
    pub sent: Vec<Bytes>,
    /// Messages sent since the program last said something: pieces of one answer.
    pub pieces: Vec<Bytes>,
    /// Bytes received, all together.
    pub received: Vec<u8>,
    /// How often bytes arrived after something was sent: how many messages were answered.
    pub answers: usize,
    /// The program closed the connection.
    pub peer_closed: bool,
    /// The program reset the connection.
    pub peer_reset: bool,
    /// The actor has closed, half-closed or reset its side.
    pub own_end: Option<String>,
    /// The program dialled the actor (not the other way round).
    pub accepted: bool,
    /// It talks in datagrams.
    pub datagrams: bool,
    /// The actor's own address.
    pub local: Option<SocketAddr>,
    /// The program's address.
    pub remote: Option<SocketAddr>,
    /// The program had closed the connection before its user typed the last line.
    pub closed_before_typed: bool,
    /// It had received this many bytes when the last line was typed.
    pub received_before_typed: usize,
}

/// One step as it went.
#[derive(Clone, Debug)]
pub struct StepPast {
    /// Where it stands in the check.
    pub path: String,
    /// The step in words.
    pub label: String,
    /// When it began, ns since the check began.
    pub began: u64,
    /// When it ended.
    pub ended: u64,
    /// What was seen.
    pub observed: Observed,
    /// How many events came before its end.
    pub position: usize,
}

/// Everything up to a point of the check.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Names bound so far.
    pub bindings: Bindings,
    /// Programs by name.
    pub programs: BTreeMap<String, ProgramPast>,
    /// Actors by name.
    pub actors: BTreeMap<String, ActorPast>,
    /// The last thing that an actor sent or that was typed: who, and what.
    pub last_sent: Option<(String, Bytes, u64)>,
    /// A limit ended the whole check.
    pub limit: Option<Limit>,
    /// The order in which connections were made.
    pub connected: Vec<String>,
    /// Places dialled where nobody listened.
    pub dialled: Vec<String>,
    /// The last line typed, without its ending.
    pub typed: Option<Vec<u8>>,
    /// What was still seen after the step.
    pub after: Aftermath,
}

/// Facts of the beginning of a check.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beginning {
    /// Seed of drawn values.
    pub seed: u64,
    /// Wall-clock time, milliseconds since 1970 UTC.
    pub unix_ms: i64,
    /// Offset of local time from UTC, in seconds.
    pub zone_offset_s: i32,
}

/// The beginning, if the events have one.
pub fn beginning(events: &[Event]) -> Option<Beginning> {
    events.iter().find_map(|event| match &event.what {
        What::CheckStarted {
            seed,
            unix_ms,
            zone_offset_s,
            ..
        } => Some(Beginning {
            seed: *seed,
            unix_ms: *unix_ms,
            zone_offset_s: *zone_offset_s,
        }),
        _ => None,
    })
}

/// All steps that ended, in the order of their ends.
pub fn steps(events: &[Event]) -> Vec<StepPast> {
    let mut begun: BTreeMap<&str, (&str, u64)> = BTreeMap::new();
    let mut list = Vec::new();
    for (position, event) in events.iter().enumerate() {
        match &event.what {
            What::StepStarted { step, label } => {
                begun.insert(step, (label, event.at));
            }
            What::StepEnded { step, observed } => {
                let (label, began) = begun.get(step.as_str()).copied().unwrap_or(("", event.at));
                list.push(StepPast {
                    path: step.clone(),
                    label: label.to_owned(),
                    began,
                    ended: event.at,
                    observed: observed.clone(),
                    position,
                });
            }
            _ => {}
        }
    }
    list
}

/// The label of a step that has begun and of whose end nothing is known.
pub fn without_end(events: &[Event]) -> Option<&str> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    for event in events {
        match &event.what {
            What::StepStarted { step, label } => drop(begun.insert(step, label)),
            What::StepEnded { step, .. } => drop(begun.remove(step.as_str())),
            _ => {}
        }
    }
    begun.into_values().next()
}

/// The end of an output: long enough for any traceback, short enough to be copied at each piece of output.
fn tail(output: &[u8]) -> &[u8] {
    const LONGEST: usize = 8 << 10;
    &output[output.len().saturating_sub(LONGEST)..]
}

impl Past {
    /// The past as it was after the first `count` events. `bindings` are those drawn at the beginning.
    pub fn until(events: &[Event], count: usize, bindings: Bindings) -> Past {
        let mut past = Past {
            bindings,
            ..Past::default()
        };
        for event in &events[..count.min(events.len())] {
            past.add(event);
        }
        past
    }

    /// The past, and what programs said, were stopped for or died of after it, up to the next step: a program that crashes
    /// closes its sockets before it prints why.
    pub fn with_last_words(&self, later: &[Event]) -> Past {
        let mut past = self.clone();
        past.after = Aftermath::of(later);
        let until_next = later
            .iter()
            .take_while(|event| !matches!(event.what, What::StepStarted { .. }));
        for event in until_next {
            let signal = matches!(
                event.what,
                What::Exited {
                    exit: Exit::Signal(_),
                    ..
                }
            );
            let told = matches!(event.what, What::Output { .. } | What::Limit { .. });
            if signal || told {
                past.add(event);
            }
        }
        past
    }

    /// Adds one event.
    pub fn add(&mut self, event: &Event) {
        match &event.what {
            What::Bound { name, value } => {
                self.bindings.set(name.clone(), value.0.clone());
            }
            What::Started { program, .. } => {
                self.programs
                    .insert(program.clone(), ProgramPast::default());
            }
            What::Source { program, notes } => {
                let past = self.programs.entry(program.clone()).or_default();
                past.notes.clone_from(notes);
            }
            What::Output {
                program,
                stderr,
                bytes,
            } => {
                let past = self.programs.entry(program.clone()).or_default();
                let stream = if *stderr {
                    &mut past.stderr
                } else {
                    &mut past.stdout
                };
                stream.extend_from_slice(&bytes.0);
                // `exits` with `no_traceback` looks for it under this name.
                let output = [tail(&past.stdout), tail(&past.stderr)].concat();
                self.bindings.set(format!("{program}.output"), output);
            }
            What::Listening { program, place } => {
                self.programs
                    .entry(program.clone())
                    .or_default()
                    .places
                    .push(place.clone());
            }
            What::Exited {
                program,
                exit,
                cpu_ms,
                ..
            } => {
                let past = self.programs.entry(program.clone()).or_default();
                past.exit = Some((*exit, event.at));
                past.cpu_ms = *cpu_ms;
            }
            What::Limit { program, limit } => match self.programs.get_mut(program) {
                Some(past) => past.limit = Some(*limit),
                None => self.limit = Some(*limit),
            },
            What::Typed { program, bytes } => {
                self.last_sent = Some((program.clone(), bytes.clone(), bytes.0.len() as u64));
                self.typed = Some(bytes.0.trim_ascii_end().to_vec());
                if let Some(past) = self.programs.get_mut(program) {
                    past.printed_before = past.stdout.len();
                }
                for actor in self.actors.values_mut() {
                    actor.closed_before_typed = actor.peer_closed;
                    actor.received_before_typed = actor.received.len();
                }
            }
            What::StepStarted { .. } => {
                for program in self.programs.values_mut() {
                    program.printed_at_step = program.stdout.len();
                }
            }
            What::Dialled { transport, to } => self.dialled.push(format!("{transport} {to}")),
            _ => self.add_actor_event(event),
        }
    }

    fn add_actor_event(&mut self, event: &Event) {
        match &event.what {
            What::Connected {
                actor,
                accepted,
                transport,
                local,
                remote,
            } => {
                self.connected.push(actor.clone());
                self.actors.insert(
                    actor.clone(),
                    ActorPast {
                        accepted: *accepted,
                        datagrams: *transport == Transport::Udp,
                        local: *local,
                        remote: *remote,
                        ..ActorPast::default()
                    },
                );
            }
            What::Sent {
                actor,
                bytes,
                length,
            } => {
                self.last_sent = Some((actor.clone(), bytes.clone(), *length));
                // A quick program has answered before the send itself is noted.
                for program in self.programs.values_mut() {
                    program.printed_before = program.printed_at_step;
                }
                let past = self.actors.entry(actor.clone()).or_default();
                past.sent.push(bytes.clone());
                past.pieces.push(bytes.clone());
            }
            What::Received { actor, bytes, .. } => {
                let past = self.actors.entry(actor.clone()).or_default();
                past.received.extend_from_slice(&bytes.0);
                past.pieces.clear();
                past.answers = past.answers.max(past.sent.len());
            }
            What::PeerClosed { actor, reset } => {
                let past = self.actors.entry(actor.clone()).or_default();
                past.peer_closed = true;
                past.peer_reset |= *reset;
            }
            What::ActorClosed { actor, how } => {
                self.actors.entry(actor.clone()).or_default().own_end = Some(how.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_heard_up_to_the_next_step() {
        let output = |text: &str| What::Output {
            program: "server".into(),
            stderr: true,
            bytes: text.into(),
        };
        let next = What::StepStarted {
            step: "4".into(),
            label: String::new(),
        };
        let later = [output("TypeError"), next, output(" and later")];
        let later = later.map(|what| Event { at: 0, what });
        let past = Past::default().with_last_words(&later);
        assert_eq!(past.programs["server"].stderr, b"TypeError");
    }

    #[test]
    fn the_end_of_a_programs_output_stands_under_its_name() {
        let output = |stderr, text: &str| Event {
            at: 0,
            what: What::Output {
                program: "client".into(),
                stderr,
                bytes: text.into(),
            },
        };
        let events = [output(false, "sent\n"), output(true, "Traceback")];
        let past = Past::until(&events, events.len(), Bindings::default());
        assert_eq!(
            past.bindings.get("client.output"),
            Some(&b"sent\nTraceback"[..])
        );
    }

    #[test]
    fn a_step_without_an_end_is_found_also_in_a_later_round_of_a_loop() {
        let at_once = |what| Event { at: 0, what };
        let begins = |step: &str| {
            at_once(What::StepStarted {
                step: step.into(),
                label: format!("step {step}"),
            })
        };
        let ends = |step: &str| {
            at_once(What::StepEnded {
                step: step.into(),
                observed: Observed::Done,
            })
        };
        let whole = [begins("0"), ends("0"), begins("1.0"), ends("1.0")];
        assert_eq!(without_end(&whole), None);
        let again = [&whole[..], &[begins("1.0")]].concat();
        assert_eq!(without_end(&again), Some("step 1.0"));
    }
}
