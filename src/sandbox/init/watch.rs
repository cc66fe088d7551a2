//! Sees sockets of students begin and cease to listen, without ever touching them.
//!
//! The kernel has no notification for it, so it is asked: every millisecond at first, then ever more
//! rarely, and not at all while the grader does not watch. As long as its counters stay the
//! same there is nothing to look for in its tables.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsFd;

use super::counters::{Changes, Counters};
use super::proc;
use super::programs::Programs;
use crate::event::{Place, Transport};
use crate::sandbox::config::ProgramId;
use crate::sandbox::event::SandboxEvent;
use crate::sandbox::snapshot::SocketState;
use crate::sandbox::sys::diag::{self, Diag};
use crate::sandbox::sys::monotonic;

const MILLISECOND: u64 = 1_000_000;
/// Each look waits for a tenth of the time that has passed, within these bounds: what listens is
/// reported at most 10 % later than it could be. Most of what a look costs is waking up for it.
const SHORTEST: u64 = MILLISECOND;
/// Once every program listens somewhere, nobody waits for the next place as for the first one.
const SHORTEST_LATER: u64 = 10 * MILLISECOND;
const LONGEST: u64 = 50 * MILLISECOND;
const SHARE: u64 = 10;
/// A Unix socket is counted when it is made, and listens a little later. (TCP and UDP sockets are in their tables
/// when they are counted.)
const AFTER_CHANGE: u64 = 50 * MILLISECOND;
/// Counters do not tell when a socket takes the place of another between two looks.
const WITHOUT_CHANGE: u64 = 100 * MILLISECOND;
/// Programs that open and close sockets in a loop get this many reports, then silence.
const MOST_REPORTS: usize = 2000;

/// The watch over listening sockets.
pub(super) struct Watch {
    diag: Diag,
    counters: Option<Counters>,
    /// What the tables showed last.
    seen: BTreeMap<Transport, Vec<SocketState>>,
    /// Until when Unix sockets are looked through whatever the counters say.
    unix_until: u64,
    thorough_again: u64,
    has_proc: bool,
    armed: BTreeSet<ProgramId>,
    /// Listening sockets of students that were reported, by inode.
    reported: BTreeMap<u64, (Option<ProgramId>, Place)>,
    /// Inodes of the grader's own sockets.
    own: BTreeSet<u64>,
    /// When a program was armed, or something happened, last.
    since: u64,
    next: u64,
    reports: usize,
}

impl Watch {
    pub fn new(has_proc: bool, diag: Diag, mut counters: Option<Counters>) -> Watch {
        // What is there before any program is no change.
        counters.as_mut().map(Counters::changed);
        Watch {
            diag,
            counters,
            seen: BTreeMap::new(),
            unix_until: 0,
            thorough_again: 0,
            has_proc,
            armed: BTreeSet::new(),
            reported: BTreeMap::new(),
            own: BTreeSet::new(),
            since: 0,
            next: 0,
            reports: 0,
        }
    }

    /// Begins or ceases to watch a program.
    pub fn arm(&mut self, program: ProgramId, on: bool) {
        if on {
            self.armed.insert(program);
            self.since = monotonic();
            self.schedule();
            // Before the first program, the counters have been told all.
            let known = self.seen.is_empty() && self.counters.is_some();
            self.thorough_again = if known {
                self.since + WITHOUT_CHANGE
            } else {
                0
            };
        } else {
            self.armed.remove(&program);
        }
    }

    /// A socket of the grader's.
    pub fn not_a_students(&mut self, socket: impl AsFd) {
        if let Ok(stat) = rustix::fs::fstat(socket) {
            self.own.insert(stat.st_ino);
        }
    }

    /// The channel to ask about sockets.
    pub fn diag(&mut self) -> &mut Diag {
        &mut self.diag
    }

    /// When to look again.
    pub fn next(&self) -> Option<u64> {
        (!self.armed.is_empty() && self.reports < MOST_REPORTS).then_some(self.next)
    }

    /// Looks, and says what has changed since the last look.
    pub fn look(&mut self, programs: &mut Programs) -> Vec<SandboxEvent> {
        if self.next().is_none() {
            return Vec::new();
        }
        let changes = self.changes();
        if !(changes.tcp || changes.udp || changes.others) {
            self.schedule();
            return Vec::new();
        }
        let now = self.listening(changes);
        let mut events = self.ceased(&now);
        let fresh: Vec<_> = now
            .iter()
            .filter(|s| !self.reported.contains_key(&s.inode))
            .collect();
        if !fresh.is_empty() {
            events.extend(self.begun(&fresh, programs));
        }
        if !events.is_empty() {
            self.since = monotonic();
        }
        self.schedule();
        self.reports += events.len();
        events
    }

    fn schedule(&mut self) {
        let now = monotonic();
        let listens = |program: &ProgramId| {
            let mut owners = self.reported.values().map(|(owner, _)| owner);
            owners.any(|owner| *owner == Some(*program))
        };
        let shortest = if self.armed.iter().all(listens) {
            SHORTEST_LATER
        } else {
            SHORTEST
        };
        self.next = now + ((now - self.since) / SHARE).clamp(shortest, LONGEST);
    }

    /// Where to look.
    fn changes(&mut self) -> Changes {
        let now = monotonic();
        let counters = self.counters.as_mut();
        let mut changes = counters.map_or(Changes::ALL, Counters::changed);
        if changes.others {
            self.unix_until = now + AFTER_CHANGE;
        }
        if now >= self.thorough_again {
            changes = Changes::ALL;
        }
        if changes == Changes::ALL {
            self.thorough_again = now + WITHOUT_CHANGE;
        }
        changes.others |= changes.untold && now <= self.unix_until;
        changes
    }

    /// Listening, or bound and unconnected, sockets that are not the grader's.
    fn listening(&mut self, changes: Changes) -> Vec<SocketState> {
        let tables = [
            (changes.tcp, Transport::Tcp, diag::LISTENING),
            (changes.udp, Transport::Udp, diag::UNCONNECTED),
            (changes.others, Transport::Unix, diag::LISTENING),
        ];
        for (_, transport, states) in tables.into_iter().filter(|(wanted, ..)| *wanted) {
            let seen = self.seen.entry(transport).or_default();
            seen.clear();
            // One that cannot be listed was reported as missing when the sandbox was built.
            let _ = self.diag.list(transport, states, seen);
        }
        let all = self.seen.values().flatten();
        all.filter(|socket| socket.inode != 0 && !self.own.contains(&socket.inode))
            .cloned()
            .collect()
    }

    fn ceased(&mut self, now: &[SocketState]) -> Vec<SandboxEvent> {
        let still: BTreeSet<u64> = now.iter().map(|socket| socket.inode).collect();
        let gone: Vec<u64> = self
            .reported
            .keys()
            .copied()
            .filter(|inode| !still.contains(inode))
            .collect();
        let at = monotonic();
        let gone = gone.iter().filter_map(|inode| self.reported.remove(inode));
        gone.map(|(program, place)| SandboxEvent::NotListening { program, place, at })
            .collect()
    }

    fn begun(&mut self, fresh: &[&SocketState], programs: &mut Programs) -> Vec<SandboxEvent> {
        let owners = self.owners(programs);
        let at = monotonic();
        let mut events = Vec::new();
        for socket in fresh {
            let program = match self.has_proc {
                true => owners.get(&socket.inode).copied().map(Some),
                // Blind to owners: clear all the same when there is only one program.
                false => Some(programs.only()),
            };
            // Nobody's, or of a process that nobody is known to have started: it was just closed, or is on its way
            // to another process. A later look tells.
            let Some(program) = program else { continue };
            let place = socket.place();
            self.reported.insert(socket.inode, (program, place.clone()));
            events.push(SandboxEvent::Listening { program, place, at });
        }
        events
    }

    /// Which program holds which socket, of those that a known program holds.
    fn owners(&self, programs: &mut Programs) -> BTreeMap<u64, ProgramId> {
        let mut owners = BTreeMap::new();
        if self.has_proc {
            for process in programs.processes() {
                let Some(program) = programs.families.of(process.pid) else {
                    continue;
                };
                let sockets = proc::sockets(process.pid).into_iter();
                owners.extend(sockets.map(|inode| (inode, program)));
            }
        }
        owners
    }
}
