//! What is known of a running check, shared by the steps and by the tasks that watch programs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::output::{Kept, MOST_OUTPUT};
use super::transfer::{Reader, Writer};
use crate::event::{Bytes, Event, Exit, Limit, Place, What};
use crate::sandbox::{ProgramId, SandboxEvent};
use crate::spec::Bindings;

/// Most bytes of one send, receive or output chunk that an event shows.
const EVENT_BYTES: usize = 2048;
/// Most bytes of one output stream that events show in all.
const OUTPUT_EVENT_BYTES: u64 = 64 * 1024;
/// Most bytes of sends and receives that the events of one check show at that length; further ones are cut
/// shorter, so that a flood of small messages does not fill the memory.
const SHOWN_BYTES: u64 = 2 << 20;
const SHORT_BYTES: usize = 64;
/// Most events of one check; a flood beyond it is counted, not kept.
const MOST_EVENTS: usize = 20_000;

/// One running copy of a program.
pub struct Running {
    /// The sandbox's name for it.
    pub id: ProgramId,
    /// The role it plays.
    pub role: String,
    /// Its standard output so far.
    pub stdout: Kept,
    /// Its standard error so far.
    pub stderr: Kept,
    /// Streams that have not ended yet.
    pub open_streams: usize,
    /// These streams: whether it is standard error, and where it is read.
    pub outputs: Vec<(bool, Arc<Reader>)>,
    /// Where it has begun to listen, in order.
    pub places: Vec<Place>,
    /// Where it listens now.
    pub listening_now: Vec<Place>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Where the next `prints` with `next` begins to search.
    pub searched: usize,
    /// Length of standard output when the last line was typed.
    pub typed_at: usize,
    /// Its standard input, while that is open.
    pub input: Option<Arc<Writer>>,
    /// Standard input is a pseudo-terminal.
    pub terminal: bool,
}

/// The changing part of a check.
pub struct State {
    /// What happened so far.
    pub events: Vec<Event>,
    /// Running copies by name.
    pub programs: BTreeMap<String, Running>,
    /// Names bound so far.
    pub bindings: Arc<Bindings>,
    /// What the sandbox told of programs that were not entered here yet.
    pub early: Vec<SandboxEvent>,
    /// GPIO calls so far.
    pub gpio: Vec<String>,
    /// The limit that ended the sandbox, if one did.
    pub limit: Option<Limit>,
    /// Set while the check is being wound up, when exits say nothing any more.
    pub winding_up: bool,
}

/// [`State`] with a clock and a signal for changes.
pub struct Shared {
    state: Mutex<State>,
    version: watch::Sender<u64>,
    made: Instant,
    /// When the check began, in nanoseconds since `made`.
    began: AtomicU64,
    /// Bytes of sends and receives that events show so far.
    shown: AtomicU64,
}

/// Whether programs can make as many events of this kind as they like; the spec bounds how many there are of the rest.
fn may_flood(what: &What) -> bool {
    matches!(
        what,
        What::Output { .. }
            | What::Listening { .. }
            | What::Received { .. }
            | What::Gpio { .. }
            | What::Relayed { .. }
    )
}

impl Shared {
    /// An empty state; its clock starts now.
    pub fn new() -> Self {
        Shared {
            state: Mutex::new(State {
                events: Vec::new(),
                programs: BTreeMap::new(),
                bindings: Arc::default(),
                early: Vec::new(),
                gpio: Vec::new(),
                limit: None,
                winding_up: false,
            }),
            version: watch::Sender::new(0),
            made: Instant::now(),
            began: AtomicU64::new(0),
            shown: AtomicU64::new(0),
        }
    }

    /// Bytes as an event shows them.
    fn excerpt(&self, bytes: &[u8]) -> Bytes {
        let before = self
            .shown
            .fetch_add(bytes.len().min(EVENT_BYTES) as u64, Ordering::Relaxed);
        let most = if before < SHOWN_BYTES {
            EVENT_BYTES
        } else {
            SHORT_BYTES
        };
        Bytes::capped(bytes, most)
    }

    /// The state, for a short look or change. Never hold it across an await.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A receiver that learns of every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// A number that grows with every change.
    pub fn version(&self) -> u64 {
        *self.version.borrow()
    }

    /// Tells all waiters that something changed.
    pub fn touch(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Nanoseconds since the check began.
    pub fn now(&self) -> u64 {
        self.since_made() - self.began.load(Ordering::Relaxed)
    }

    fn since_made(&self) -> u64 {
        self.made.elapsed().as_nanos() as u64
    }

    /// A check begins: its clock starts, and nothing has happened in it. A program that runs already has printed
    /// nothing in this check, and listens where it listens now.
    pub fn begin(&self) {
        let mut state = self.lock();
        self.began.store(self.since_made(), Ordering::Relaxed);
        self.shown.store(0, Ordering::Relaxed);
        state.events.clear();
        state.bindings = Arc::default();
        state.winding_up = false;
        for running in state.programs.values_mut() {
            running.stdout = Kept::default();
            running.stderr = Kept::default();
            running.places.clone_from(&running.listening_now);
            running.searched = 0;
            running.typed_at = 0;
        }
    }

    /// Records an event.
    pub fn record(&self, what: What) {
        let at = self.now();
        let mut state = self.lock();
        // What programs can multiply is bounded; what the verdict rests on is never missing.
        if state.events.len() < MOST_EVENTS || !may_flood(&what) {
            state.events.push(Event { at, what });
        }
        drop(state);
        self.touch();
    }

    /// Records output of a program and keeps it, up to the limit; whether more may come is returned.
    pub fn output(&self, program: &str, stderr: bool, bytes: &[u8]) -> bool {
        let mut total = 0;
        let mut show = false;
        if let Some(running) = self.lock().programs.get_mut(program) {
            let kept = if stderr {
                &mut running.stderr
            } else {
                &mut running.stdout
            };
            show = kept.total() < OUTPUT_EVENT_BYTES;
            kept.push(bytes);
            total = kept.total();
        }
        if show {
            self.record(What::Output {
                program: program.into(),
                stderr,
                bytes: Bytes::capped(bytes, OUTPUT_EVENT_BYTES as usize),
            });
        } else {
            self.touch();
        }
        if total > MOST_OUTPUT {
            self.lock().limit = Some(Limit::Output);
            self.record(What::Limit {
                program: program.into(),
                limit: Limit::Output,
            });
        }
        total <= MOST_OUTPUT
    }

    /// Records bytes that an actor sent.
    pub fn sent(&self, actor: &str, bytes: &[u8]) {
        self.record(What::Sent {
            actor: actor.into(),
            bytes: self.excerpt(bytes),
            length: bytes.len() as u64,
        });
    }

    /// Records bytes that an actor received.
    pub fn received(&self, actor: &str, bytes: &[u8], from: Option<std::net::SocketAddr>) {
        self.record(What::Received {
            actor: actor.into(),
            bytes: self.excerpt(bytes),
            length: bytes.len() as u64,
            from,
        });
    }

    /// Binds a name to what was seen in this run, and records it. (Values drawn from the seed are not
    /// recorded: judging draws them again.)
    pub fn bind(&self, name: &str, value: Vec<u8>) {
        let shown = Bytes(value.clone());
        Arc::make_mut(&mut self.lock().bindings).set(name, value);
        self.record(What::Bound {
            name: name.into(),
            value: shown,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{End, Observed};

    #[test]
    fn a_flood_of_events_hides_no_end_of_a_step() {
        let shared = Shared::new();
        let output = || What::Output {
            program: "server".into(),
            stderr: false,
            bytes: Bytes::capped(b"x", 1),
        };
        (0..=MOST_EVENTS).for_each(|_| shared.record(output()));
        let ended = What::StepEnded {
            step: "0".into(),
            observed: Observed::Exit {
                exit: None,
                end: End::Deadline,
            },
        };
        shared.record(ended.clone());
        shared.record(output());
        let events = &shared.lock().events;
        assert_eq!(events.len(), MOST_EVENTS + 1);
        assert_eq!(events.last().map(|event| &event.what), Some(&ended));
    }
}
