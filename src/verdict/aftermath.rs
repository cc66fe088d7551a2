//! What was still seen after a step that did not get what it wants, up to the next step. It explains the
//! failure; nothing is judged by it.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, Exit, Stuck, What};

/// What an actor has sent and the program has not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The program has accepted the connection.
    pub accepted: bool,
    /// How many bytes lie there.
    pub length: u64,
}

/// The scene after a failed step, when everything has come to rest.
#[derive(Clone, Debug, Default)]
pub struct Aftermath {
    /// Programs that have ended, and how.
    pub exits: BTreeMap<String, Exit>,
    /// What actors have received that no step had asked for.
    pub received: BTreeMap<String, Vec<u8>>,
    /// Actors whose connection the program has closed.
    pub closed: BTreeSet<String>,
    /// What lies unread, by actor.
    pub unread: BTreeMap<String, Unread>,
    /// Listening actors at which a program waits to be accepted.
    pub knocked: BTreeSet<String>,
    /// What programs that still run wait for.
    pub waits: BTreeMap<String, Stuck>,
}

impl Aftermath {
    /// Reads the events after a step's end.
    pub fn of(later: &[Event]) -> Aftermath {
        let mut after = Aftermath::default();
        let until_next = later
            .iter()
            .take_while(|event| !matches!(event.what, What::StepStarted { .. }));
        for event in until_next {
            after.add(&event.what);
        }
        after
    }

    fn add(&mut self, what: &What) {
        match what {
            What::Exited { program, exit, .. } => {
                self.exits.insert(program.clone(), *exit);
            }
            What::Received { actor, bytes, .. } => {
                let received = self.received.entry(actor.clone()).or_default();
                received.extend_from_slice(&bytes.0);
            }
            What::PeerClosed { actor, .. } => {
                self.closed.insert(actor.clone());
            }
            What::Unread {
                actor,
                accepted,
                length,
            } => {
                let unread = Unread {
                    accepted: *accepted,
                    length: *length,
                };
                self.unread.insert(actor.clone(), unread);
            }
            What::Knocked { actor, .. } => {
                self.knocked.insert(actor.clone());
            }
            What::Waits { program, stuck } => {
                self.waits.insert(program.clone(), stuck.clone());
            }
            _ => {}
        }
    }
}
