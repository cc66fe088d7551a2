//! Launches that several checks share: a program that a check has passed, and that has come to rest where it was
//! before anybody spoke to it, is asked the next question, too, instead of being started again.
//!
//! What this may change is the cost, never the score: a check that does not pass in a launch of another one is run
//! again with a launch of its own, and only that run counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::check::Launched;
use crate::spec::{Check, LimitsSpec, Spec, Start, Step};

/// The launches of one submission that wait for their next check.
pub(super) struct Lives {
    rooms: Semaphore,
    idle: Mutex<Vec<(Start, Launched)>>,
    /// A launch was of no use to a second check; others will not be, either.
    off: AtomicBool,
}

impl Lives {
    /// Room for `most` launches that are shared, at work or waiting; 0 for none.
    pub(super) fn new(most: usize) -> Lives {
        Lives {
            rooms: Semaphore::new(most),
            idle: Mutex::default(),
            off: AtomicBool::new(most == 0),
        }
    }

    /// Waits for room for a check that can share a launch; `None` for one that needs a launch of its own.
    pub(super) async fn room<'a>(
        &self,
        spec: &Spec,
        check: &'a Check,
    ) -> Option<(&'a Start, SemaphorePermit<'_>)> {
        let start = shared_start(spec, check)?;
        if self.are_off() {
            return None;
        }
        let room = self.rooms.acquire().await.ok()?;
        (!self.are_off()).then_some((start, room))
    }

    fn are_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }

    /// A launch that waits, for a check that begins with `start`.
    pub(super) fn take(&self, start: &Start) -> Option<Launched> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().position(|(other, _)| other == start)?;
        Some(idle.swap_remove(at).1)
    }

    /// Keeps a launch whose program has come to rest.
    pub(super) fn keep(&self, start: &Start, launched: Launched) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push((start.clone(), launched));
    }

    /// From now on, every check has a launch of its own.
    pub(super) fn turn_off(&self) {
        self.off.store(true, Ordering::Relaxed);
    }
}

/// The only start of a check that may be played with a program which is running already: all that it does is to talk
/// to a server, and the sandbox is the same as for other such checks.
fn shared_start<'a>(spec: &Spec, check: &'a Check) -> Option<&'a Start> {
    let (first, rest) = check.steps.split_first()?;
    let Step::Start(start) = first else {
        return None;
    };
    let role = spec.programs.get(&start.program)?;
    let usual = *start
        == Start {
            program: start.program.clone(),
            stdin: start.stdin,
            stdout: start.stdout,
            ..Start::default()
        };
    let mut given = role.args.iter().chain(role.env.values());
    let same_for_all = role.listens.is_some()
        && !given.any(|text| text.contains("${"))
        && !spec.gpio
        && spec.names.is_empty();
    let own = check.fresh
        || check.timezone.is_some()
        || !check.names.is_empty()
        || check.capture.is_some()
        || check.limits != LimitsSpec::default();
    let talks = Step::flat(rest).into_iter().all(only_talks);
    (usual && same_for_all && !own && talks).then_some(start)
}

/// Whether a step shows nothing of what a program has done before the check. What it prints may: much of it comes at
/// the start only, or late. A value of this check can have been printed in this check only.
fn only_talks(step: &Step) -> bool {
    match step {
        Step::Prints(prints) => {
            let own = |text: &String| text.contains("${");
            let plain = prints.like.is_none() && prints.matches.is_none() && prints.times.is_none();
            plain && prints.contains.iter().chain(&prints.any_of).all(own)
        }
        Step::Listening(_)
        | Step::Connect(_)
        | Step::Send(_)
        | Step::Receive(_)
        | Step::ReceiveSet(_)
        | Step::Silent(_)
        | Step::StillOpen(_)
        | Step::StopReading(_)
        | Step::Shutdown(_)
        | Step::Close(_)
        | Step::Reset(_)
        | Step::Closed(_)
        | Step::StillRunning(_)
        | Step::Exits(_)
        | Step::Let(_)
        | Step::Together(_)
        | Step::For(_)
        | Step::Repeat(_)
        | Step::Either(_)
        | Step::Pause(_) => true,
        _ => false,
    }
}
