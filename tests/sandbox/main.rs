//! Real sandboxes: what programs see inside, and what the grader sees of them. The tests need the right
//! to make user namespaces, as root or as an ordinary user, and Python; without they say `SKIPPED`.

#![cfg(target_os = "linux")]

/// A sandbox, or the end of the test, with a note.
macro_rules! sandbox_or_skip {
    ($config:expr) => {
        match $crate::common::sandbox($config).await {
            Some(sandbox) => sandbox,
            None => return,
        }
    };
}

mod common;
mod files;
mod levels;
mod limits;
mod network;
mod programs;
mod renew;
mod snapshots;
mod story;
