//! Waiting until programs listen, and judging where.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::engine::Engine;
use super::state::State;
use crate::event::{End, Observed, Place, Transport};
use crate::spec::expect;
use crate::spec::{Listening, Step};

/// A program that listens somewhere else, and has been asleep for this long, will not listen where it should.
const ELSEWHERE: Duration = Duration::from_millis(200);

impl Engine {
    /// Waits until a program that was just started listens anywhere.
    pub(super) async fn wait_until_listening(&self, name: &str, within: Duration) -> Observed {
        let deadline = Instant::now() + within;
        let result = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let result = self
                .wait_for_start(left, within, |state| {
                    let running = state.programs.get(name)?;
                    (!running.places.is_empty()
                        || running.exit.is_some() && running.open_streams == 0)
                        .then_some(())
                })
                .await;
            // It may be in accept() already while the word that it listens is still on its way; on a busy machine, past
            // the deadline, too.
            let early = matches!(result, Err(End::Stuck(_)) | Err(End::Deadline));
            let late = Instant::now() >= deadline + within;
            if !(early && !late && self.word_is_on_its_way(name).await) {
                break result;
            }
        };
        // The word may have come while it was asked for.
        if !self.places(name).is_empty() {
            self.until_where_it_should(name, deadline).await;
        }
        let places = self.places(name);
        let end = match result {
            _ if !places.is_empty() => End::Met,
            Ok(()) => End::Exited,
            Err(end) => end,
        };
        Observed::Listening { places, end }
    }

    /// The first socket need not be the one that is asked for: a server may send a datagram before it binds,
    /// or listen at a second port. As long as it does something, the right one may come.
    async fn until_where_it_should(&self, name: &str, deadline: Instant) {
        let wanted = {
            let state = self.shared.lock();
            let role = state.programs.get(name).map(|running| &running.role);
            let listens = role.and_then(|role| self.spec.programs.get(role)?.listens.as_ref());
            listens.and_then(|at| {
                at.tcp
                    .map(|p| (Transport::Tcp, p))
                    .or(at.udp.map(|p| (Transport::Udp, p)))
            })
        };
        let Some(wanted) = wanted else { return };
        let there = |state: &State| {
            let running = state.programs.get(name)?;
            let over = running.exit.is_some() && running.open_streams == 0;
            let met = running
                .places
                .iter()
                .any(|place| place.port() == Some(wanted));
            (met || over).then_some(())
        };
        while there(&self.shared.lock()).is_none() && Instant::now() < deadline {
            let before = self.shared.version();
            let left = deadline.saturating_duration_since(Instant::now());
            tokio::select! {
                biased;
                met = self.wait_for(left, there) => if met.is_ok() { return },
                _ = self.settle(ELSEWHERE) => {}
            }
            if self.shared.version() == before && !self.word_is_on_its_way(name).await {
                return;
            }
        }
    }

    /// Where a program has begun to listen in this check, or listened when it began.
    pub(super) fn places(&self, name: &str) -> Vec<Place> {
        let state = self.shared.lock();
        state
            .programs
            .get(name)
            .map(|running| running.places.clone())
            .unwrap_or_default()
    }

    /// `listening`: the program listens at a place.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn listening(&self, step: &Listening) -> Result<Observed, RunError> {
        let whole = Step::Listening(step.clone());
        let bindings = self.bindings();
        let deadline = Instant::now() + self.within(step.within);
        let end = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let result = self
                .wait_for(left, |state| {
                    let running = state.programs.get(&step.program)?;
                    let observed = Observed::Listening {
                        places: running.listening_now.clone(),
                        end: End::Met,
                    };
                    let met = expect::judge(&whole, &observed, &bindings, &self.context()).met;
                    (met || !running.listening_now.is_empty() || running.exit.is_some())
                        .then_some(met)
                })
                .await;
            match result {
                Ok(true) => break End::Met,
                _ if left.is_zero() => break result.err().unwrap_or(End::Impossible),
                Ok(false) if self.listening_now(&step.program).is_empty() => break End::Exited,
                Ok(false) => {
                    // It listens elsewhere; a second socket may follow the first one.
                    let before = self.shared.version();
                    self.settle(ELSEWHERE).await;
                    if self.shared.version() == before
                        && !self.word_is_on_its_way(&step.program).await
                    {
                        break End::Impossible;
                    }
                }
                Err(_) if self.word_is_on_its_way(&step.program).await => {}
                Err(end) => break end,
            }
        };
        let places = self.listening_now(&step.program);
        Ok(Observed::Listening { places, end })
    }

    /// `not_listening`: the program listens nowhere any more.
    pub async fn not_listening(&self, name: &str) -> Observed {
        let gone = |state: &State| {
            let quiet = state
                .programs
                .get(name)
                .is_none_or(|running| running.listening_now.is_empty());
            quiet.then_some(())
        };
        let deadline = Instant::now() + self.step_wait;
        let end = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.wait_for(left, gone).await {
                Ok(()) => break End::Met,
                Err(_) if !left.is_zero() && self.word_is_on_its_way(name).await => {}
                Err(end) => break end,
            }
        };
        let places = self.listening_now(name);
        Observed::Listening { places, end }
    }

    fn listening_now(&self, name: &str) -> Vec<Place> {
        let state = self.shared.lock();
        let running = state.programs.get(name);
        running.map_or_else(Vec::new, |running| running.listening_now.clone())
    }

    /// Whether the program listens at other places than is known here: sockets are looked for every now and
    /// then, so a program can be at rest in accept() before the word of its socket has come.
    async fn word_is_on_its_way(&self, name: &str) -> bool {
        let known = |state: &State| {
            let running = state.programs.get(name)?;
            let places = running
                .listening_now
                .iter()
                .cloned()
                .collect::<BTreeSet<_>>();
            running.exit.is_none().then_some((running.id, places))
        };
        let Some((id, _)) = known(&self.shared.lock()) else {
            return false;
        };
        let Ok(snapshot) = self.sandbox.snapshot().await else {
            return false;
        };
        if snapshot.partial {
            return false;
        }
        let there = snapshot.listening(id);
        known(&self.shared.lock()).is_some_and(|(_, places)| places != there)
    }
}
