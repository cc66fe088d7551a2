//! A running check: its sandbox, its actors, and the tasks that watch its programs.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::RunError;
use super::build::{Built, References};
use super::excused::Excused;
use super::gpio::Pins;
use super::relays::RunningRelay;
use super::state::{Running, Shared};
use crate::event::{Place, Transport, What};
use crate::peer::{Datagrams, Listener, Stream};
use crate::sandbox::{Sandbox, SandboxEvent};
use crate::spec::{Bindings, Check, Endpoint, LimitsSpec, Spec, expand};

/// How long one step waits for a program. Honest programs answer within milliseconds; a step that comes
/// to this without the program being visibly stuck is run again, alone, before it costs points.
pub const STEP_WAIT: Duration = Duration::from_secs(4);
/// How long a program may take until it listens.
pub const LISTEN_WAIT: Duration = Duration::from_secs(4);
/// How long a whole check may take.
pub const WALL: Duration = Duration::from_secs(40);

/// A named end of the wire that the grader plays.
pub enum Actor {
    /// A connection.
    Stream(Stream),
    /// A UDP socket.
    Datagrams(Datagrams),
}

/// A check while it runs.
pub struct Engine {
    /// The exercise.
    pub spec: Arc<Spec>,
    /// What the submission was built to.
    pub built: Arc<Built>,
    /// Reference implementations, for interop checks.
    pub references: Arc<References>,
    /// The sandbox.
    pub sandbox: Sandbox,
    /// What is known so far.
    pub shared: Arc<Shared>,
    /// Actors that are connected or bound.
    pub actors: Mutex<BTreeMap<String, Arc<AsyncMutex<Actor>>>>,
    /// Actors that listen.
    pub listeners: Mutex<BTreeMap<String, Arc<Vec<Listener>>>>,
    /// Links between programs.
    pub relays: Mutex<BTreeMap<String, RunningRelay>>,
    /// Where pins are reported, when the exercise has some.
    pub pins: OnceLock<Arc<Pins>>,
    /// Places that programs really dial, found by an earlier look at a capture: role → place.
    pub dialled: BTreeMap<String, (Transport, SocketAddr)>,
    /// Seed of this check.
    pub seed: u64,
    /// How long one step waits.
    pub step_wait: Duration,
    /// How long a program may take until it listens.
    pub listen_wait: Duration,
    /// Files of the handout, for comparison with what was handed in.
    pub starter: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// At most as many programs start at a time as there are cores, and one.
    pub starting: Arc<Semaphore>,
    /// The place of a server among them: until it listens, or sleeps and needs no core.
    pub place: Mutex<Option<OwnedSemaphorePermit>>,
    /// What the time of the check went into.
    pub excused: Excused,
    /// Wall-clock time at the beginning, in milliseconds since 1970 UTC.
    pub unix_ms: i64,
    /// Offset of local time inside the sandbox from UTC, in seconds.
    pub zone_offset_s: i32,
    /// A wait came to its deadline for a reason that may be the machine's.
    pub unsure: AtomicBool,
    /// A wait ended because a program does nothing but compute.
    pub spins: AtomicBool,
    /// The calls of the programs are followed.
    pub follow: bool,
    /// The check that started the program which this check finds running.
    pub since: Option<String>,
    /// Played on the real machine, with a program that a person runs: no wait ends before that person acts.
    pub by_hand: bool,
    /// Tasks that end with the check.
    pub tasks: Mutex<JoinSet<()>>,
}

impl Engine {
    /// An engine without programs, which waits `patience` for everything.
    pub fn new(
        sandbox: Sandbox,
        shared: Arc<Shared>,
        spec: Arc<Spec>,
        seed: u64,
        patience: Duration,
    ) -> Self {
        Engine {
            spec,
            sandbox,
            shared,
            seed,
            step_wait: patience,
            listen_wait: patience,
            built: Arc::default(),
            references: Arc::default(),
            actors: Mutex::default(),
            listeners: Mutex::default(),
            relays: Mutex::default(),
            pins: OnceLock::new(),
            dialled: BTreeMap::new(),
            starter: Arc::default(),
            starting: Arc::new(Semaphore::new(1)),
            place: Mutex::default(),
            excused: Excused::default(),
            unix_ms: 0,
            zone_offset_s: 0,
            unsure: AtomicBool::new(false),
            spins: AtomicBool::new(false),
            follow: false,
            since: None,
            by_hand: false,
            tasks: Mutex::new(JoinSet::new()),
        }
    }

    /// Gives or takes the place among the programs that start.
    pub fn set_place(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }

    /// The text with its `${…}` filled in.
    ///
    /// # Errors
    /// When a name is not bound: the loader should have said so.
    pub fn expand(&self, text: &str) -> Result<Vec<u8>, RunError> {
        let bindings = self.bindings();
        expand(text, &bindings).map_err(|error| RunError::Spec(error.to_string()))
    }

    /// Like [`Engine::expand`], as text.
    ///
    /// # Errors
    /// When a name is not bound.
    pub fn expand_text(&self, text: &str) -> Result<String, RunError> {
        Ok(String::from_utf8_lossy(&self.expand(text)?).into_owned())
    }

    /// Like [`Engine::expand_text`], for what a spec may leave out.
    ///
    /// # Errors
    /// When a name is not bound.
    pub fn expand_optional(&self, text: Option<&String>) -> Result<Option<String>, RunError> {
        text.map(|text| self.expand_text(text)).transpose()
    }

    /// Lets go of everything but the sandbox.
    pub fn into_sandbox(self) -> Sandbox {
        self.sandbox
    }

    /// The names bound so far.
    pub fn bindings(&self) -> Arc<Bindings> {
        self.shared.lock().bindings.clone()
    }

    /// How long a step waits.
    pub fn within(&self, span: Option<crate::spec::Span>) -> Duration {
        if self.by_hand {
            return super::hand::PERSON;
        }
        // A spec's own `within` is part of what is judged; it is kept as it is.
        span.map_or(self.step_wait, |span| span.0)
    }

    /// Adds an actor under a name.
    pub fn add_actor(&self, name: &str, actor: Actor) {
        let mut actors = self.actors.lock().unwrap_or_else(PoisonError::into_inner);
        actors.insert(name.to_owned(), Arc::new(AsyncMutex::new(actor)));
    }

    /// The actor of that name.
    ///
    /// # Errors
    /// When there is none because its `connect` or `accept` did not come about; the step is then skipped.
    pub fn actor(&self, name: &str) -> Option<Arc<AsyncMutex<Actor>>> {
        self.actors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Takes an actor away: when the last user lets go of it, its socket is closed.
    pub fn remove_actor(&self, name: &str) -> Option<Arc<AsyncMutex<Actor>>> {
        self.actors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name)
    }

    /// Lets go of all actors, whose sockets are closed.
    pub fn forget_actors(&mut self) {
        let all = self.actors.get_mut();
        all.unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether a link still holds something back.
    pub fn relays_busy(&self) -> bool {
        let relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        relays.values().any(RunningRelay::busy)
    }

    /// Whether an actor or a relay listens there.
    pub fn is_served(&self, udp: bool, at: SocketAddr) -> bool {
        let covers = |own: SocketAddr| {
            own.port() == at.port() && (own.ip() == at.ip() || own.ip().is_unspecified())
        };
        if udp {
            let actors = self.actors.lock().unwrap_or_else(PoisonError::into_inner);
            let mut own = actors
                .values()
                .filter_map(|actor| match &*actor.try_lock().ok()? {
                    Actor::Datagrams(datagrams) => datagrams.local(),
                    Actor::Stream(_) => None,
                });
            return own.any(covers);
        }
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners
            .values()
            .flat_map(|list| list.iter())
            .filter_map(Listener::local)
            .any(covers)
    }

    /// Runs a task that ends with the check.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .spawn(task);
    }

    /// Where a program of a role listens now, the place that the spec names first.
    pub fn place_of(&self, program: &str, transport: Transport) -> Option<Place> {
        let state = self.shared.lock();
        let running = state.programs.get(program)?;
        let wanted = self
            .spec
            .programs
            .get(&running.role)
            .and_then(|spec| spec.listens.as_ref());
        let fits = |place: &&Place| match place {
            Place::Tcp(_) => transport == Transport::Tcp,
            Place::Udp(_) => transport == Transport::Udp,
            Place::Unix(_) => transport == Transport::Unix,
        };
        let named = |place: &&Place| match (place, wanted) {
            (Place::Tcp(at), Some(wanted)) => wanted.tcp == Some(at.port()),
            (Place::Udp(at), Some(wanted)) => wanted.udp == Some(at.port()),
            _ => true,
        };
        let candidates = || running.places.iter().filter(fits);
        candidates()
            .find(named)
            .or_else(|| candidates().next())
            .cloned()
    }
}

/// The address to dial for a socket that listens at `at`: a wildcard is reached at the address that the
/// spec names, else at the loopback address of its family.
pub fn dial_address(at: SocketAddr, wanted: Option<&Endpoint>) -> SocketAddr {
    if !at.ip().is_unspecified() {
        return at;
    }
    let named = wanted.and_then(|endpoint| endpoint.at.as_deref()?.parse::<IpAddr>().ok());
    let ip = match named {
        Some(ip) if !ip.is_unspecified() => ip,
        _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    SocketAddr::new(ip, at.port())
}

/// Carries the sandbox's events into the state until the sandbox is gone.
pub async fn pump(
    shared: Arc<Shared>,
    mut events: tokio::sync::mpsc::UnboundedReceiver<SandboxEvent>,
) {
    while let Some(event) = events.recv().await {
        apply(&shared, event);
    }
}

/// Enters a program that was just started, and what the sandbox has told of it meanwhile.
pub fn enter(shared: &Shared, name: &str, running: Running) {
    let mut state = shared.lock();
    state.programs.insert(name.to_owned(), running);
    let early = std::mem::take(&mut state.early);
    drop(state);
    for event in early {
        apply(shared, event);
    }
}

fn apply(shared: &Shared, event: SandboxEvent) {
    let program = match &event {
        SandboxEvent::Listening { program, .. } | SandboxEvent::NotListening { program, .. } => {
            *program
        }
        SandboxEvent::Exited { program, .. } => Some(*program),
        SandboxEvent::Limit { program, .. } => Some(*program),
    };
    let mut state = shared.lock();
    let name = program.and_then(|id| {
        state
            .programs
            .iter()
            .find(|(_, running)| running.id == id)
            .map(|(name, _)| name.clone())
    });
    if program.is_some() && name.is_none() {
        return state.early.push(event);
    }
    let winding_up = state.winding_up;
    let running = name.as_ref().and_then(|name| state.programs.get_mut(name));
    let what = match (event, running) {
        (SandboxEvent::Listening { place, .. }, Some(running)) => {
            running.listening_now.push(place.clone());
            running.places.push(place.clone());
            Some(What::Listening {
                program: name.unwrap_or_default(),
                place,
            })
        }
        (SandboxEvent::NotListening { place, .. }, Some(running)) => {
            running.listening_now.retain(|known| *known != place);
            None
        }
        (SandboxEvent::Exited { exit, usage, .. }, Some(running)) => {
            running.exit = Some(exit);
            running.listening_now.clear();
            let cpu_ms = usage.cpu().as_millis() as u64;
            let program = name.unwrap_or_default();
            (!winding_up).then_some(What::Exited {
                program,
                exit,
                cpu_ms,
                max_rss: usage.max_rss,
            })
        }
        (SandboxEvent::Limit { limit, .. }, _) => {
            state.limit = Some(limit);
            Some(What::Limit {
                program: name.unwrap_or_default(),
                limit,
            })
        }
        (_, None) => None,
    };
    drop(state);
    match what {
        Some(what) => shared.record(what),
        None => shared.touch(),
    }
}

/// The limits of a check: its own, else the exercise's, else the usual ones.
pub fn pick<T: Clone>(
    check: &Check,
    spec: &Spec,
    get: impl Fn(&LimitsSpec) -> Option<T>,
    usual: T,
) -> T {
    get(&check.limits)
        .or_else(|| get(&spec.limits))
        .unwrap_or(usual)
}
