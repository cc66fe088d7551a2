//! Time of a check that is not its programs' fault, and time in which they did nothing by their own choice.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What the time of a check went into; clones are not shared.
#[derive(Debug, Default)]
pub struct Excused(Mutex<Account>);

#[derive(Debug, Default)]
struct Account {
    /// In which a program was to start and had to wait for others, or stood in the queue for a processor.
    waited: Duration,
    /// Since when a program has waited for its turn to start.
    since: Option<Instant>,
    /// In which all programs slept.
    slept: Duration,
}

/// Until this is dropped, a program waits for its turn to start.
pub struct Queueing<'a>(&'a Excused);

impl Excused {
    fn lock(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A program begins to wait for its turn to start.
    pub fn queueing(&self) -> Queueing<'_> {
        self.lock().since = Some(Instant::now());
        Queueing(self)
    }

    /// Programs stood in the queue for a processor.
    pub fn waited(&self, time: Duration) {
        self.lock().waited += time;
    }

    /// All programs slept.
    pub fn slept(&self, time: Duration) {
        self.lock().slept += time;
    }

    /// When a check that began then and may take `wall` is out of time: what its programs had to wait for is added. It
    /// is given four times as long at most.
    pub fn deadline(&self, began: Instant, wall: Duration) -> Instant {
        const MOST: u32 = 3;
        let account = self.lock();
        let now = account
            .since
            .map_or(Duration::ZERO, |since| since.elapsed());
        began + wall + (account.waited + now).min(MOST * wall)
    }

    /// Whether programs slept for so much of the time that no machine can have made the check late.
    pub fn nearly_all_slept(&self, wall: Duration) -> bool {
        self.lock().slept >= wall * 3 / 4
    }
}

impl Drop for Queueing<'_> {
    fn drop(&mut self) {
        let mut account = self.0.lock();
        if let Some(since) = account.since.take() {
            account.waited += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Duration = Duration::from_secs(40);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_for_a_turn_is_not_the_checks() {
        let (excused, began) = (Excused::default(), Instant::now());
        let queueing = excused.queueing();
        excused.lock().since = Some(began - 9 * SECOND);
        assert!(excused.deadline(began, WALL) >= began + WALL + 9 * SECOND);
        drop(queueing);
        let after = excused.deadline(began, WALL);
        assert!(after >= began + WALL + 9 * SECOND);
        assert_eq!(after, excused.deadline(began, WALL), "the turn has come");
    }

    #[test]
    fn nobody_waits_for_ever() {
        let (excused, began) = (Excused::default(), Instant::now());
        excused.waited(10 * WALL);
        assert_eq!(excused.deadline(began, WALL), began + 4 * WALL);
    }

    #[test]
    fn who_slept_nearly_all_the_time_was_not_late_because_of_the_machine() {
        let excused = Excused::default();
        excused.slept(29 * SECOND);
        assert!(!excused.nearly_all_slept(WALL));
        excused.slept(SECOND);
        assert!(excused.nearly_all_slept(WALL));
    }
}
