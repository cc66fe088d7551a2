//! Who may run at the same time. Checks run together, most of them waiting. A check that failed for nothing but
//! time is run once more with nothing beside it than other such checks, each with a core of its own.

use std::sync::Arc;

use tokio::sync::watch;

/// Second runs that are collected before new checks are held back for them. With fewer, every one of them would have
/// to wait until the slowest check on the machine is over, with idle cores meanwhile; with many more, too many
/// submissions would stand half-graded.
const COLLECTED: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// Checks that run for the first time.
    running: usize,
    /// Second runs that wait for their turn.
    waiting: usize,
    /// Second runs that run.
    again: usize,
}

/// The turns of one machine; clones share them.
#[derive(Clone, Debug)]
pub struct Turns {
    counts: Arc<watch::Sender<Counts>>,
    cores: usize,
}

impl Turns {
    /// Turns on a machine with `cores` cores.
    pub fn new(cores: usize) -> Self {
        Turns {
            counts: Arc::new(watch::Sender::default()),
            cores: cores.max(1),
        }
    }

    /// A turn for a check, beside all others.
    pub async fn check(&self) -> Turn {
        let may = |counts: &Counts| {
            let held_back =
                counts.waiting >= COLLECTED || (counts.waiting > 0 && counts.running == 0);
            counts.again == 0 && !held_back
        };
        self.when(may, |counts| counts.running += 1).await;
        self.turn(|counts| counts.running -= 1)
    }

    /// A turn for a second run: when no check runs, and a core is free.
    pub async fn again(&self) -> Turn {
        self.counts.send_modify(|counts| counts.waiting += 1);
        // Also when nobody waits for the turn any more, it is not waited for.
        let _waiting = self.turn(|counts| counts.waiting -= 1);
        let may = |counts: &Counts| counts.running == 0 && counts.again < self.cores;
        self.when(may, |counts| counts.again += 1).await;
        self.turn(|counts| counts.again -= 1)
    }

    async fn when(&self, may: impl Fn(&Counts) -> bool, take: impl Fn(&mut Counts)) {
        let mut changes = self.counts.subscribe();
        loop {
            changes.mark_unchanged();
            let taken = self.counts.send_if_modified(|counts| {
                let may = may(counts);
                if may {
                    take(counts);
                }
                may
            });
            // The sender is this one: it cannot be gone.
            if taken || changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn turn(&self, over: fn(&mut Counts)) -> Turn {
        Turn {
            counts: self.counts.clone(),
            over,
        }
    }
}

/// A turn; over when dropped.
#[must_use]
pub struct Turn {
    counts: Arc<watch::Sender<Counts>>,
    over: fn(&mut Counts),
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.counts.send_modify(self.over);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What a future says when it is asked once.
    fn now<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_second_run_has_no_check_beside_it() {
        let turns = Turns::new(2);
        let check = now(pin!(turns.check())).expect("nothing else runs");
        let mut again = pin!(turns.again());
        assert!(now(again.as_mut()).is_none(), "a check runs");
        let more = now(pin!(turns.check())).expect("one second run holds nobody back");
        drop((check, more));
        let mut late = pin!(turns.check());
        assert!(now(late.as_mut()).is_none(), "it is the second run's turn");
        let second = now(again.as_mut()).expect("no check runs");
        assert!(now(late.as_mut()).is_none(), "a second run runs");
        drop(second);
        assert!(now(late.as_mut()).is_some());
    }

    #[test]
    fn as_many_second_runs_as_cores() {
        let turns = Turns::new(2);
        let first = now(pin!(turns.again())).expect("a core is free");
        let second = now(pin!(turns.again())).expect("a core is free");
        let mut third = pin!(turns.again());
        assert!(now(third.as_mut()).is_none(), "both cores are taken");
        drop(first);
        let third = now(third.as_mut()).expect("a core is free");
        assert!(now(pin!(turns.check())).is_none());
        drop((second, third));
        assert!(now(pin!(turns.check())).is_some());
    }

    #[test]
    fn many_that_wait_hold_new_checks_back() {
        let turns = Turns::new(1);
        let check = now(pin!(turns.check())).expect("nothing else runs");
        let mut waiting: Vec<_> = (0..COLLECTED).map(|_| Box::pin(turns.again())).collect();
        for again in &mut waiting {
            assert!(now(again.as_mut()).is_none());
        }
        assert!(now(pin!(turns.check())).is_none(), "enough are collected");
        // Those that are given up wait no longer.
        waiting.truncate(1);
        assert!(now(pin!(turns.check())).is_some());
        drop(check);
        assert!(now(waiting[0].as_mut()).is_some());
    }
}
