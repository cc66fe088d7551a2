//! Closes rings in the background.
//!
//! To close a packet socket with a ring takes the kernel 20 ms and more, all of them waiting: for grace periods of RCU. One
//! thread would close fewer than fifty a second, and a class graded on two cores leaves as many. So there are as many
//! threads as there is work for, up to a bound.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::map::Mapping;

/// With so many, more than two thousand rings are closed in a second.
const MOST_THREADS: usize = 64;

type Parts = (Mapping, OwnedFd);

struct Work {
    rings: VecDeque<Parts>,
    /// Threads that wait for a ring.
    idle: usize,
    threads: usize,
}

static WORK: Mutex<Work> = Mutex::new(Work {
    rings: VecDeque::new(),
    idle: 0,
    threads: 0,
});
static MORE: Condvar = Condvar::new();

fn work() -> MutexGuard<'static, Work> {
    WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Unmaps and closes a ring in a thread of the background.
pub(super) fn later(ring: Parts) {
    let mut work = work();
    work.rings.push_back(ring);
    if work.idle >= work.rings.len() || work.threads == MOST_THREADS {
        drop(work);
        MORE.notify_one();
        return;
    }
    work.threads += 1;
    drop(work);
    let thread = std::thread::Builder::new().name("ring-closer".into());
    if thread.spawn(close_all).is_err() {
        let mut work = self::work();
        work.threads -= 1;
        // Another thread comes to it, or nobody does, and it is closed here.
        let left = (work.threads == 0).then(|| work.rings.pop_front());
        drop(work);
        drop(left);
    }
}

fn close_all() {
    let mut work = work();
    loop {
        while let Some(ring) = work.rings.pop_front() {
            drop(work);
            drop(ring);
            work = self::work();
        }
        work.idle += 1;
        work = MORE.wait(work).unwrap_or_else(PoisonError::into_inner);
        work.idle -= 1;
    }
}
