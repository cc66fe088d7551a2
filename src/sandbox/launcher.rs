//! How sandboxes are started, and how well they isolate.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::fork_server::ForkServer;

/// Starts sandboxes. Cheap to clone; clones share the numbering of user id ranges.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// The socklab executable, which is run again as `socklab __sandbox` (see `fork_server`).
    pub executable: PathBuf,
    /// Whether to isolate at all.
    pub isolation: Isolation,
    slots: Arc<watch::Sender<BTreeSet<u32>>>,
    server: Arc<Mutex<Option<ForkServer>>>,
}

impl Default for Launcher {
    fn default() -> Launcher {
        Launcher::new("/proc/self/exe")
    }
}

impl Launcher {
    /// A launcher that runs this executable as its helper.
    pub fn new(executable: impl Into<PathBuf>) -> Launcher {
        Launcher {
            executable: executable.into(),
            isolation: Isolation::Namespaces,
            slots: Arc::default(),
            server: Arc::default(),
        }
    }

    /// Starts the fork server in the background, so that it stands when the first sandbox is wanted. If it cannot be
    /// started, that sandbox will say so. Cheapest while the process has a single thread.
    pub fn prepare(&self) {
        let mut server = self.server();
        if server.is_some() {
            return;
        }
        if let Ok(Some(copy)) = ForkServer::fork() {
            *server = Some(copy);
            return;
        }
        drop(server);
        let launcher = self.clone();
        // A new thread goes to an idle core and takes its child along; a child of this thread would share its core for
        // milliseconds.
        let _ = std::thread::Builder::new().spawn(move || {
            let mut server = launcher.server();
            if server.is_none() {
                *server = ForkServer::start(&launcher.executable).ok();
            }
        });
    }

    fn server(&self) -> MutexGuard<'_, Option<ForkServer>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a helper at the other end of `control`; of a new server, if there is none or it was killed.
    pub(super) fn order(&self, control: &OwnedFd) -> io::Result<()> {
        let mut server = self.server();
        let ordered = server.as_ref().map(|server| server.order(control));
        if matches!(ordered, Some(Ok(()))) {
            return Ok(());
        }
        // One that ends at once is no server. The other end of `control` learns of it, whether it takes the order or not.
        let _ = server
            .insert(ForkServer::start(&self.executable)?)
            .order(control);
        Ok(())
    }

    /// The lowest number that no running sandbox has.
    pub(super) fn slot(&self) -> Slot {
        let mut number = 0;
        self.slots.send_modify(|taken| {
            number = (0..).find(|number| !taken.contains(number)).unwrap_or(0);
            taken.insert(number);
        });
        Slot {
            number,
            slots: Arc::clone(&self.slots),
        }
    }

    /// Comes back when nothing is left of any sandbox: dropping one ends it in the background.
    pub async fn idle(&self) {
        // The sender lives as long as `self`.
        let _ = self.slots.subscribe().wait_for(BTreeSet::is_empty).await;
    }
}

/// A number of a running sandbox, given back on drop.
#[derive(Debug)]
pub(super) struct Slot {
    pub number: u32,
    slots: Arc<watch::Sender<BTreeSet<u32>>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.send_modify(|taken| {
            taken.remove(&self.number);
        });
    }
}

/// Whether sandboxes get namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Private network, files and processes; what cannot be had is an error.
    Namespaces,
    /// Level F: the host's network and files, fenced by Landlock, seccomp and limits only.
    None,
}

/// How well a sandbox isolates, from the best to none. Reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Root: a range of user ids for every sandbox, and a control group.
    A,
    /// Root: a range of user ids for every sandbox.
    B,
    /// An ordinary user's namespaces, and a delegated control group.
    C,
    /// An ordinary user's namespaces.
    D,
    /// As D, without `/proc`.
    E,
    /// No namespaces: practice, not for credit.
    F,
}

impl Level {
    /// The level with a control group beside what it has.
    pub(super) fn with_group(self, group: bool) -> Level {
        match (self, group) {
            (Level::B, true) => Level::A,
            (Level::D, true) => Level::C,
            (level, _) => level,
        }
    }

    /// The level in words.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Level::A => "user id ranges, namespaces and a control group",
            Level::B => "user id ranges and namespaces",
            Level::C => "user namespaces and a control group",
            Level::D => "user namespaces",
            Level::E => "user namespaces without /proc",
            Level::F => "no isolation: practice, not for credit",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?} ({})", self.description())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_again_once_its_sandbox_is_gone() {
        let launcher = Launcher::default();
        let (first, second) = (launcher.slot(), launcher.clone().slot());
        assert_eq!((first.number, second.number), (0, 1));
        drop(first);
        assert_eq!(launcher.slot().number, 0);
    }

    #[tokio::test]
    async fn a_launcher_is_idle_once_all_its_sandboxes_are_gone() {
        let launcher = Launcher::default();
        launcher.idle().await;
        let slot = launcher.slot();
        let other = launcher.clone();
        let waits = tokio::spawn(async move { other.idle().await });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(slot);
        waits.await.unwrap();
    }
}
