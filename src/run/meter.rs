//! How much of the processor programs were given while nothing happened, and how long they had to wait for it.

use std::time::Duration;

use crate::sandbox::Snapshot;

/// How long past its deadline a wait goes on for a program that computes but was not given the processor
/// for as long as it was to be waited for: it is the machine that is late. It goes on for longer if the
/// program has stood in the queue for longer.
const GRACE: Duration = Duration::from_secs(15);

/// Times of all programs of a check, up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Processor time used, in nanoseconds.
    pub cpu_ns: u64,
    /// Time in which a thread was ready to run and another one had the processor, in nanoseconds.
    pub queued_ns: u64,
}

impl Times {
    /// The sums over a snapshot.
    pub fn of(snapshot: &Snapshot) -> Times {
        let processes = &snapshot.processes;
        let threads = processes.iter().flat_map(|process| &process.threads);
        Times {
            cpu_ns: processes.iter().map(|process| process.cpu_ns).sum(),
            queued_ns: threads.map(|thread| thread.queued_ns).sum(),
        }
    }
}

/// What programs have used during a wait.
#[derive(Debug, Default)]
pub struct Meter {
    /// At the first look.
    first: Option<Times>,
    /// At the first look since something happened.
    from: Option<Times>,
    last: Times,
    /// How long all of them were asleep, as far as looks show.
    slept: Duration,
}

impl Meter {
    /// Something happened: what was used so far was used for that.
    pub fn restart(&mut self) {
        self.from = None;
    }

    /// Enters a look at programs of which one computes. Returns how long they have stood in the queue for a processor
    /// since the last such look.
    pub fn read(&mut self, times: Option<Times>) -> Duration {
        let Some(now) = times else {
            return Duration::ZERO;
        };
        let last = self.first.map_or(now, |_| self.last);
        self.first.get_or_insert(now);
        self.from.get_or_insert(now);
        self.last = now;
        since(now.queued_ns, last.queued_ns)
    }

    /// Enters a time at whose end a look found all programs asleep, and in which nothing happened.
    pub fn slept(&mut self, time: Duration) {
        self.slept += time;
    }

    /// Whether the programs slept, by themselves, for as long as they were to be waited for: no machine made them late.
    pub fn has_slept(&self, within: Duration) -> bool {
        self.slept >= within
    }

    /// Whether programs that sleep at their deadline are waited for, `over` past it, until they have slept for `within`.
    /// Those that were busy at first, starting perhaps, lack little of it: it costs less than a second run.
    pub fn sleeps_on(&self, within: Duration, over: Duration) -> bool {
        self.slept >= within / 2 && !self.has_slept(within) && over < within
    }

    /// Processor time used since nothing has happened any more.
    pub fn used(&self) -> Duration {
        self.from
            .map_or(Duration::ZERO, |from| since(self.last.cpu_ns, from.cpu_ns))
    }

    /// Whether the machine owes the programs time: during the wait they were given less of the processor than
    /// `within`, and the deadline has not passed for longer (`over`) than the machine can be blamed for.
    pub fn is_owed(&self, within: Duration, over: Duration) -> bool {
        let first = self.first.unwrap_or(self.last);
        let queued = since(self.last.queued_ns, first.queued_ns);
        since(self.last.cpu_ns, first.cpu_ns) < within && over < GRACE.max(queued)
    }
}

fn since(now: u64, from: u64) -> Duration {
    Duration::from_nanos(now.saturating_sub(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Duration = Duration::from_secs(4);

    /// A program that was given so much of the processor and waited so long for it, in seconds.
    fn after(used: u64, queued: u64) -> Meter {
        let mut meter = Meter::default();
        let start = Times {
            cpu_ns: 7,
            queued_ns: 9,
        };
        meter.read(Some(start));
        meter.read(Some(Times {
            cpu_ns: start.cpu_ns + used * 1_000_000_000,
            queued_ns: start.queued_ns + queued * 1_000_000_000,
        }));
        meter
    }

    #[test]
    fn a_program_that_stands_in_the_queue_is_waited_for_as_long_as_it_stands() {
        assert!(after(1, 30).is_owed(WITHIN, Duration::from_secs(29)));
        assert!(!after(1, 30).is_owed(WITHIN, Duration::from_secs(30)));
    }

    #[test]
    fn without_a_queue_there_is_a_grace_all_the_same() {
        assert!(after(1, 0).is_owed(WITHIN, Duration::from_secs(14)));
        assert!(!after(1, 0).is_owed(WITHIN, Duration::from_secs(15)));
    }

    #[test]
    fn who_had_the_processor_is_owed_nothing() {
        assert!(!after(4, 60).is_owed(WITHIN, Duration::ZERO));
    }

    #[test]
    fn a_sign_of_life_starts_the_time_of_spinning_anew_but_not_that_of_the_wait() {
        let mut meter = after(3, 60);
        meter.restart();
        assert_eq!(meter.used(), Duration::ZERO);
        assert!(meter.is_owed(WITHIN, Duration::from_secs(59)));
        meter.read(Some(Times {
            cpu_ns: 4_100_000_000,
            queued_ns: 61_000_000_000,
        }));
        assert_eq!(meter.used(), Duration::ZERO);
        assert!(!meter.is_owed(WITHIN, Duration::ZERO));
    }

    /// A program that has slept for so many seconds.
    fn asleep(seconds: u64) -> Meter {
        let mut meter = Meter::default();
        meter.slept(Duration::from_secs(seconds));
        meter
    }

    #[test]
    fn a_sleeper_that_was_busy_at_first_is_waited_for_until_it_has_slept_enough() {
        let late = Duration::from_secs(1);
        assert!(asleep(3).sleeps_on(WITHIN, late) && !asleep(3).has_slept(WITHIN));
        assert!(asleep(4).has_slept(WITHIN) && !asleep(4).sleeps_on(WITHIN, late));
    }

    #[test]
    fn who_hardly_slept_is_not_waited_for_and_nobody_for_ever() {
        assert!(!asleep(1).sleeps_on(WITHIN, Duration::ZERO));
        assert!(!asleep(3).sleeps_on(WITHIN, WITHIN));
    }
}
