//! Sandboxes that wait to be used again: a launch in one of them costs a third less than in a new one.
//!
//! Only for launches of one submission, which can do nothing worse to each other than to themselves. What is made anew,
//! and why nothing of a launch is left for the next, is in `init/renew`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::link::{Hold, Life};
use super::wire::{Blueprint, Renewal};
use super::{Config, ExtraFile};

/// So many wait at a time; each is a process that does nothing.
const MOST: usize = 8;
/// How long the programs of one may take to die, and the rest to be made: after that a new one is built.
const LATEST: Duration = Duration::from_secs(10);

/// The sandboxes of one submission that wait; clones share them. They end with the last clone.
#[derive(Clone, Debug, Default)]
pub struct Spares(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    all: Vec<Spare>,
    /// This machine cannot renew sandboxes.
    off: bool,
}

/// What two launches must have in common to be in the same sandbox, one after the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    blueprint: Blueprint,
    extra_files: Vec<ExtraFile>,
}

impl Kind {
    pub fn new(blueprint: &Blueprint, config: &Config) -> Kind {
        // Which slot it has is not said yet.
        let blueprint = Blueprint {
            renewal: Renewal::default(),
            ..blueprint.clone()
        };
        Kind {
            blueprint,
            extra_files: config.extra_files.clone(),
        }
    }
}

/// A sandbox whose programs are dead, or about to be. It ends when this is dropped.
#[derive(Debug)]
struct Spare {
    kind: Kind,
    hold: Hold,
}

impl Spares {
    /// Takes a sandbox that has been told to clear itself.
    pub(super) fn keep(&self, kind: Kind, hold: Hold) {
        let spare = Spare { kind, hold };
        let mut waiting = self.lock();
        if !waiting.off && waiting.all.len() < MOST {
            waiting.all.push(spare);
        }
    }

    /// One that waits, renewed; `None` when there is none that fits, or it cannot be.
    pub(super) async fn renew(&self, kind: &Kind, config: &Config) -> Option<(Hold, Life)> {
        let spare = {
            let mut waiting = self.lock();
            let at = waiting.all.iter().position(|spare| spare.kind == *kind)?;
            waiting.all.swap_remove(at)
        };
        let image = config.image.packed().ok()?;
        let renewal = Renewal::new(config);
        match tokio::time::timeout(LATEST, spare.hold.renew(renewal, image)).await {
            Ok(Ok(life)) => Some((spare.hold, life)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a sandbox cannot be renewed");
                self.lock().off = true;
                None
            }
            Err(_) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
