//! One check from beginning to end: a sandbox, its steps, its capture.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;

use super::RunError;
use super::build::{Built, References, ReferencesToCome};
use super::engine::{Engine, LISTEN_WAIT, STEP_WAIT, WALL, pick, pump};
use super::excused::Excused;
use super::flow::Going;
use super::gpio;
use super::state::Shared;
use super::submission::starts;
use crate::capture::Name;
use crate::capture::ring::{
    AsyncRing, Dial, Ended, Pool, Recording, Ring, RingGeometry, dial, step_at,
};
use crate::event::{Event, Limit, Place, Transport, What};
use crate::sandbox::{
    Config, Launcher, Level, MARK, ProgramId, RingSpec, Sandbox, SocketRequest, Spares, Zone,
};
use crate::spec::{Check, LimitsSpec, Span, Spec, initial_bindings, parse_zone};

/// What a check left behind.
pub struct CheckRecord {
    /// What happened.
    pub events: Vec<Event>,
    /// The capture as a pcapng file; empty when nothing was captured.
    pub pcapng: Vec<u8>,
    /// The sandbox's isolation level.
    pub level: String,
    /// A place that a program dialled where nobody listens, by role, in the order of the capture.
    pub dialled: BTreeMap<String, (Transport, SocketAddr)>,
    /// Whether there is, or was before somebody took it, a capture.
    pub captured: bool,
    /// A wait came to its deadline while a program ran, or the whole check did: time alone explains it.
    pub timed_out: bool,
    /// It is the second run of a check whose first one failed for nothing but time.
    pub confirmed: bool,
    /// How long it took.
    pub duration: Duration,
}

/// What all checks of a submission share.
#[derive(Clone)]
pub struct Shop {
    /// How sandboxes are launched.
    pub launcher: Arc<Launcher>,
    /// What every sandbox is built from.
    pub base: Arc<Config>,
    /// The exercise.
    pub spec: Arc<Spec>,
    /// The submission's programs.
    pub built: Arc<Built>,
    /// Reference implementations, for interop checks.
    pub references: ReferencesToCome,
    /// The handout's files.
    pub starter: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// At most as many programs start at a time as there are cores, and one.
    pub starting: Arc<Semaphore>,
    /// Room for sandboxes: each has a ring and a recording in the grader's memory.
    pub sandboxes: Arc<Semaphore>,
    /// Memory that recordings share beyond what each is sure to have.
    pub memory: Pool,
    /// The submission's seed.
    pub seed: u64,
    /// Places that programs really dial, found by earlier checks.
    pub dialled: Arc<Mutex<BTreeMap<String, (Transport, SocketAddr)>>>,
    /// Sandboxes of this submission that may be used again.
    pub spares: Option<Spares>,
    /// How much longer waits may take: 1, or more for a second look at a failure that only time explains.
    pub patience: u32,
    /// Follow the calls of the programs: a run of which only those are kept.
    pub follow: bool,
}

/// Runs one check in a launch of its own.
///
/// # Errors
/// When the machine or socklab fails; never for what the student did.
pub async fn run_check(shop: &Shop, check: &Check) -> Result<CheckRecord, RunError> {
    let _room = shop.sandboxes.acquire().await.ok();
    let mut launched = Launched::new(shop, check).await?;
    let left = launched.play(shop, check).await?;
    launched.end().await;
    left.into_record()
}

/// A sandbox and its capture, in which a check is played, or one after another.
pub(super) struct Launched {
    engine: Engine,
    capture: Capture,
    level: String,
    /// When it was asked for, until a check has been played.
    asked: Option<Instant>,
}

impl Launched {
    /// Makes the sandbox that a check asks for.
    ///
    /// # Errors
    /// When the machine or socklab fails.
    pub(super) async fn new(shop: &Shop, check: &Check) -> Result<Launched, RunError> {
        let asked = Some(Instant::now());
        // Whatever else is in a sandbox, no solution is, unless the check needs it.
        let references = match starts(&check.steps).iter().any(|s| s.reference.is_some()) {
            true => shop.references.clone().await.map_err(RunError::Reference)?,
            false => Arc::default(),
        };
        let config = config_for(shop, check, &references)?;
        let zone_offset_s = zone_offset(&config.zone);
        let mut sandbox = Sandbox::launch(&shop.launcher, config).await?;
        let events = sandbox.events();
        let capture = Capture {
            ring: open_ring(&sandbox)?,
            recording: Recording::default(),
            dials: Vec::new(),
            marks: 0,
        };
        let level = format!("{:?}", sandbox.level());
        let shared = Arc::new(Shared::new());
        let patience =
            |limit: fn(&LimitsSpec) -> Option<Span>, usual| pick_time(shop, check, limit, usual);
        let engine = Engine {
            built: shop.built.clone(),
            references,
            listen_wait: patience(|limits| limits.listen, LISTEN_WAIT),
            starter: shop.starter.clone(),
            starting: shop.starting.clone(),
            zone_offset_s,
            follow: shop.follow,
            ..Engine::new(
                sandbox,
                shared.clone(),
                shop.spec.clone(),
                shop.seed,
                patience(|limits| limits.step, STEP_WAIT),
            )
        };
        engine.spawn(pump(shared, events));
        Ok(Launched {
            engine,
            capture,
            level,
            asked,
        })
    }

    /// Plays a check.
    ///
    /// # Errors
    /// When the machine or socklab fails before the first step or after the last.
    pub(super) async fn play(&mut self, shop: &Shop, check: &Check) -> Result<Left, RunError> {
        let began = self.asked.take().unwrap_or_else(Instant::now);
        self.engine.dialled = lock(&shop.dialled).clone();
        self.engine.unsure = AtomicBool::new(false);
        self.engine.excused = Excused::default();
        self.engine.spins = AtomicBool::new(false);
        self.capture.recording = Recording::new(RECORDED).sharing(shop.memory.clone());
        self.capture.dials.clear();
        let shared = self.engine.shared.clone();
        shared.begin();
        // To the nanosecond: a packet belongs to the step that had begun when it was sent.
        let unix_ns = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos() as i128);
        self.engine.unix_ms = (unix_ns / 1_000_000) as i64;
        shared.record(What::CheckStarted {
            check: check.id.clone(),
            seed: shop.seed,
            unix_ms: self.engine.unix_ms,
            zone_offset_s: self.engine.zone_offset_s,
        });
        let bindings = initial_bindings(&shop.spec, check, shop.seed)
            .map_err(|error| RunError::Spec(error.to_string()))?;
        shared.lock().bindings = Arc::new(bindings);
        bind_destinations(&self.engine);
        let wall = pick_time(shop, check, |limits| limits.wall, WALL);
        let wall = if shop.follow {
            wall.min(FOLLOWED)
        } else {
            wall
        };
        let outcome = tokio::select! {
            outcome = drive(&self.engine, check, wall) => outcome,
            never = self.capture.follow() => match never {},
        };
        if let Err(error) = outcome {
            shared.record(What::GraderFailed {
                message: error.to_string(),
            });
        }
        self.wind_up(unix_ns, began).await
    }

    /// Takes what there is to know of the check that was played. The grader's own connections are still open: what
    /// a program says to their end is not its answer to the check.
    async fn wind_up(&mut self, unix_ns: i128, began: Instant) -> Result<Left, RunError> {
        let Launched {
            engine, capture, ..
        } = self;
        let shared = engine.shared.clone();
        // What was printed before the last thing that it did belongs to this check.
        engine.take_output();
        shared.lock().winding_up = true;
        record_cuts(&shared);
        let (packets, dropped) = close_capture(engine, capture).await?;
        if capture.ring.is_some() {
            shared.record(What::Captured { packets, dropped });
        }
        record_calls(engine).await;
        let dialled = dialled_elsewhere(engine, &capture.dials);
        for (transport, to) in dialled.values() {
            shared.record(What::Dialled {
                transport: *transport,
                to: *to,
            });
        }
        Ok(Left {
            names: names(&shared),
            unsure: engine.unsure.load(Ordering::Relaxed),
            recording: std::mem::take(&mut capture.recording),
            events: std::mem::take(&mut shared.lock().events),
            packets,
            dropped,
            dialled,
            unix_ns,
            level: self.level.clone(),
            began,
        })
    }

    /// Whether another check may be played in it after this one: the program has come to rest. What the last client
    /// has left on the wire is taken out of the capture.
    pub(super) async fn comes_to_rest(&mut self, check: &Check) -> bool {
        // Without isolation, other checks need the ports that its program holds.
        let isolated = self.engine.sandbox.level() != Level::F;
        self.engine.forget_actors();
        if !isolated || !self.engine.at_rest().await {
            return false;
        }
        self.engine.since.get_or_insert_with(|| check.id.clone());
        let drained = close_capture(&self.engine, &mut self.capture).await;
        matches!(drained, Ok((_, 0)))
    }

    /// Ends the sandbox.
    pub(super) async fn end(self) {
        let sandbox = self.engine.into_sandbox();
        if sandbox.level() == Level::F {
            // The next check needs the port that this one's programs hold.
            sandbox.close().await;
        } else {
            sandbox.put_by();
        }
    }
}

/// What a check has left, not yet written.
pub(super) struct Left {
    events: Vec<Event>,
    recording: Recording,
    names: Vec<Name>,
    /// Packets recorded, and packets that are missing.
    packets: u64,
    dropped: u64,
    dialled: BTreeMap<String, (Transport, SocketAddr)>,
    /// A wait came to its deadline for a reason that may be the machine's.
    unsure: bool,
    /// The beginning, in nanoseconds since 1970 UTC.
    unix_ns: i128,
    level: String,
    began: Instant,
}

impl Left {
    /// Writes the capture.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn into_record(self) -> Result<CheckRecord, RunError> {
        let steps = step_times(&self.events, self.unix_ns);
        let mut pcapng = Vec::new();
        if self.packets > 0 {
            let step = |at| step_at(&steps, at);
            let written = self
                .recording
                .write(&mut pcapng, &self.names, self.dropped, step);
            written.map_err(|source| RunError::Io {
                what: "the capture file",
                source,
            })?;
        }
        Ok(CheckRecord {
            timed_out: self.unsure && !limited(&self.events),
            captured: !pcapng.is_empty(),
            events: self.events,
            pcapng,
            level: self.level,
            dialled: self.dialled,
            confirmed: false,
            duration: self.began.elapsed(),
        })
    }
}

/// How long a check may take for something: its own limit, else the exercise's, else the usual one.
fn pick_time(
    shop: &Shop,
    check: &Check,
    limit: fn(&LimitsSpec) -> Option<Span>,
    usual: Duration,
) -> Duration {
    let limit = |limits: &LimitsSpec| limit(limits).map(|span| span.0);
    pick(check, &shop.spec, limit, usual) * shop.patience
}

/// Actors that the exercise needs from the beginning, then the steps, within the time of a check.
async fn drive(engine: &Engine, check: &Check, wall: Duration) -> Result<(), RunError> {
    open_dns(engine, check).await?;
    if engine.spec.gpio {
        engine.open_gpio().await?;
    }
    let began = tokio::time::Instant::now();
    let mut steps = engine.run_steps(&check.steps, "");
    let result = loop {
        let deadline = engine.excused.deadline(began, wall);
        match tokio::time::timeout_at(deadline, &mut steps).await {
            Err(_) if engine.excused.deadline(began, wall) > deadline => {}
            result => break result,
        }
    };
    match result {
        Ok(result) => {
            if result? == Going::Over {
                // What a program dies of is printed after its sockets are closed.
                let settled = engine.settle(Duration::from_millis(100));
                let _ = tokio::time::timeout(LAST_WORDS, settled).await;
                engine.look_around().await;
            }
            Ok(())
        }
        Err(_) => {
            engine.shared.record(What::Limit {
                program: String::new(),
                limit: Limit::Wall,
            });
            engine.shared.record(What::OutOfTime);
            let sure = engine.excused.nearly_all_slept(wall);
            engine.unsure.fetch_or(!sure, Ordering::Relaxed);
            Ok(())
        }
    }
}

/// The offset of local time inside the sandbox from UTC now, in seconds. The grader's own `TZ` variable
/// does not reach inside; `/etc/localtime` does.
pub(super) fn zone_offset(zone: &Zone) -> i32 {
    match zone {
        Zone::Fixed { offset_seconds, .. } => *offset_seconds,
        Zone::Host => std::fs::read("/etc/localtime")
            .ok()
            .and_then(|file| jiff::tz::TimeZone::tzif("local", &file).ok())
            .map_or(0, |zone| zone.to_offset(jiff::Timestamp::now()).seconds()),
    }
}

fn config_for(shop: &Shop, check: &Check, references: &References) -> Result<Config, RunError> {
    let spec = &shop.spec;
    let mut config = (*shop.base).clone();
    config.image = shop.built.image.clone();
    config.capture = Some(RingSpec::default());
    config.spares = shop.spares.clone();
    config.unprivileged_ports = !spec.privileged_ports;
    config.ipv6 = spec
        .addresses6
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    if let Some(zone) = check.timezone.as_ref().or(spec.timezone.as_ref()) {
        let offset_seconds =
            parse_zone(zone).ok_or_else(|| RunError::Spec(format!("timezone `{zone}`")))?;
        config.zone = Zone::Fixed {
            offset_seconds,
            abbreviation: "LAB".into(),
        };
    }
    if !spec.names.is_empty() || !check.names.is_empty() {
        config.nameserver = Some(NAMESERVER);
    }
    if spec.gpio {
        config.extra_files.extend(gpio::module_files());
    }
    for reference in references.values() {
        config.extra_files.extend(reference.extra_files());
    }
    if let Some(cpu) = pick(check, spec, |limits| limits.cpu.map(Some), None) {
        config.limits.cpu = cpu.0;
    }
    if let Some(memory) = pick(check, spec, |limits| limits.memory_mib.map(Some), None) {
        config.limits.memory = memory << 20;
    }
    if let Some(processes) = pick(check, spec, |limits| limits.processes.map(Some), None) {
        config.limits.processes = u32::try_from(processes).unwrap_or(u32::MAX);
    }
    Ok(config)
}

/// Most bytes of packets that are recorded of one check. The longest honest conversation has half a MiB.
const RECORDED: usize = 16 << 20;
/// How long a check is followed: what a program calls shows in the first moments.
const FOLLOWED: Duration = Duration::from_secs(3);

/// How long a program that has failed may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where the sandbox's DNS answers: an address that systemd made customary for a local resolver.
const NAMESERVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);

async fn open_dns(engine: &Engine, check: &Check) -> Result<(), RunError> {
    if engine.spec.names.is_empty() && check.names.is_empty() {
        return Ok(());
    }
    let mut names = BTreeMap::new();
    for (name, address) in engine.spec.names.iter().chain(&check.names) {
        match engine.expand_text(address)?.parse::<Ipv4Addr>() {
            Ok(address) => names.insert(name.to_lowercase(), address),
            Err(_) => names.remove(&name.to_lowercase()),
        };
    }
    let at = SocketAddr::new(IpAddr::V4(NAMESERVER), 53);
    let socket = engine.sandbox.socket(SocketRequest::udp(at)).await?;
    engine.spawn(async move {
        let _ = crate::peer::serve_dns(socket, names).await;
    });
    Ok(())
}

struct Capture {
    ring: Option<AsyncRing>,
    recording: Recording,
    dials: Vec<Dial>,
    /// Marks sent so far, of which each is another one.
    marks: u32,
}

impl Capture {
    fn keep(
        recording: &mut Recording,
        dials: &mut Vec<Dial>,
        packet: &crate::capture::ring::RingPacket<'_>,
    ) {
        /// Places that one program may try; a port scan is of no use here.
        const MOST_DIALS: usize = 64;
        let dial = dial(packet.captured);
        // A mark of the check before.
        if dial.is_some_and(|dial| dial.udp && dial.to.ip() == MARK) {
            return;
        }
        if dials.len() < MOST_DIALS {
            dials.extend(dial);
        }
        recording.push(packet);
    }

    async fn follow(&mut self) -> std::convert::Infallible {
        if let Some(ring) = &mut self.ring {
            let (recording, dials) = (&mut self.recording, &mut self.dials);
            while ring
                .next(|packet| Self::keep(recording, dials, &packet))
                .await
                .is_ok()
            {}
        }
        std::future::pending().await
    }
}

fn open_ring(sandbox: &Sandbox) -> Result<Option<AsyncRing>, RunError> {
    let Some((socket, spec)) = sandbox.capture_socket() else {
        return Ok(None);
    };
    let geometry = RingGeometry {
        block_size: spec.block_bytes,
        block_nr: spec.blocks,
        frame_size: RingSpec::FRAME_BYTES,
        retire_ms: spec.retire_ms,
    };
    let io = |source| RunError::Io {
        what: "the capture ring",
        source,
    };
    Ok(Some(
        AsyncRing::new(Ring::new(socket, geometry).map_err(io)?).map_err(io)?,
    ))
}

/// The programs of a check, and who is at which address.
fn followed(shared: &Shared) -> (Vec<(String, ProgramId)>, BTreeMap<String, String>) {
    let state = shared.lock();
    let ids = state.programs.iter();
    let ids = ids.map(|(name, running)| (name.clone(), running.id));
    let actors = state.events.iter().filter_map(|event| match &event.what {
        What::Connected { actor, local, .. } => Some((local.as_ref()?.to_string(), actor.clone())),
        _ => None,
    });
    (ids.collect(), actors.collect())
}

/// Notes which calls the programs made, when they were followed.
async fn record_calls(engine: &Engine) {
    if !engine.follow {
        return;
    }
    let (ids, actors) = followed(&engine.shared);
    for (program, id) in ids {
        let Ok((now, mut calls, more)) = engine.sandbox.calls(id).await else {
            continue;
        };
        let here = engine.shared.now();
        for call in &mut calls {
            call.at = here.saturating_sub(now.saturating_sub(call.at));
            // The ports of this run say nothing about the run that is judged; the names do.
            if let Some(actor) = call.place.as_ref().and_then(|place| actors.get(place)) {
                call.place = Some(actor.clone());
            }
        }
        if !calls.is_empty() {
            engine.shared.record(What::Calls {
                program,
                calls,
                more,
            });
        }
    }
}

/// Notes how much of a flood of output was left out.
fn record_cuts(shared: &Shared) {
    let mut cuts = Vec::new();
    for (program, running) in &shared.lock().programs {
        for (stderr, kept) in [(false, &running.stdout), (true, &running.stderr)] {
            if kept.dropped() > 0 {
                let (program, dropped) = (program.clone(), kept.dropped());
                cuts.push(What::OutputCut {
                    program,
                    stderr,
                    dropped,
                });
            }
        }
    }
    cuts.into_iter().for_each(|cut| shared.record(cut));
}

/// Reads the capture up to now: a datagram of our own, sent last, marks it. It is sent to its own sender, so that no
/// ICMP message follows it; and again until a block of the ring is full, since the one with the mark would otherwise be
/// handed over for its age only, 20 ms later. Returns how many packets were recorded, and how many are missing.
async fn close_capture(engine: &Engine, capture: &mut Capture) -> Result<(u64, u64), RunError> {
    let Some(ring) = &mut capture.ring else {
        return Ok((0, 0));
    };
    const LONGEST: Duration = Duration::from_secs(2);
    /// Whole in a frame of Ethernet's 1,500 bytes.
    const LENGTH: usize = 1400;
    capture.marks += 1;
    let mut sentinel = format!("socklab: end of check {}", capture.marks).into_bytes();
    sentinel.resize(LENGTH, 0);
    let fill = RingSpec::default().block_bytes as usize / LENGTH + 1;
    let any = SocketAddr::new(IpAddr::V4(MARK), 0);
    if let Ok(socket) = engine.sandbox.socket(SocketRequest::udp(any)).await {
        let socket = std::net::UdpSocket::from(socket);
        if let Ok(own) = socket.local_addr() {
            let sent = || socket.send_to(&sentinel, own).is_ok();
            let _ = (0..fill).take_while(|_| sent()).count();
        }
    }
    let (recording, dials) = (&mut capture.recording, &mut capture.dials);
    let io = |source| RunError::Io {
        what: "the capture ring",
        source,
    };
    let ended = ring
        .finish(&sentinel, LONGEST, |packet| {
            Capture::keep(recording, dials, &packet)
        })
        .await
        .map_err(io)?;
    let statistics = ring.statistics().map_err(io)?;
    // What was sent last has not come in time: the machine is late, and the end of the check may be missing.
    let late = ended == Ended::Deadline;
    engine.unsure.fetch_or(late, Ordering::Relaxed);
    let missing = u64::from(late);
    Ok((
        recording.len() as u64,
        statistics.dropped + recording.left_out() + missing,
    ))
}

/// Lets `${port of client}` and `${address of client}` say where a program that dials is expected to
/// dial: where it was seen to, else where the spec says.
pub(super) fn bind_destinations(engine: &Engine) {
    for (role, program) in &engine.spec.programs {
        let Some(place) = program
            .connects
            .as_ref()
            .filter(|_| program.listens.is_none())
        else {
            continue;
        };
        let seen = engine.dialled.get(role).map(|(_, at)| *at);
        let port = seen.map(|at| at.port()).or(place.tcp).or(place.udp);
        if let Some(port) = port {
            let value = port.to_string().into_bytes();
            engine.shared.bind(&format!("{role}.port"), value);
        }
        let named = || place.at.as_deref()?.parse::<std::net::IpAddr>().ok();
        if let Some(ip) = seen.map(|at| at.ip()).or_else(named) {
            let value = ip.to_string().into_bytes();
            engine.shared.bind(&format!("{role}.address"), value);
        }
    }
}

/// Places where a client program dialled but no actor and no program of this check listened.
fn dialled_elsewhere(engine: &Engine, dials: &[Dial]) -> BTreeMap<String, (Transport, SocketAddr)> {
    let mut found = BTreeMap::new();
    let clients: Vec<&String> = engine
        .spec
        .programs
        .iter()
        .filter(|(_, program)| program.connects.is_some())
        .map(|(role, _)| role)
        .collect();
    let [role] = clients[..] else { return found };
    let connects = engine
        .spec
        .programs
        .get(role)
        .and_then(|program| program.connects.as_ref());
    let wanted_at = connects
        .and_then(|place| place.at.as_deref())
        .and_then(|at| engine.expand_text(at).ok())
        .and_then(|at| at.parse::<IpAddr>().ok());
    let state = engine.shared.lock();
    let ours: Vec<SocketAddr> = state
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Connected { local, .. } => *local,
            _ => None,
        })
        .collect();
    let served = |dial: &Dial| {
        engine.is_served(dial.udp, dial.to)
            || state.programs.values().any(|running| {
                running.places.iter().any(|place| match place {
                    Place::Tcp(at) => !dial.udp && at.port() == dial.to.port(),
                    Place::Udp(at) => dial.udp && at.port() == dial.to.port(),
                    Place::Unix(_) => false,
                })
            })
    };
    // Nobody listens there in checks about refused connections; that tells nothing new.
    let expected = |dial: &Dial| {
        connects.is_some_and(|place| {
            let port = if dial.udp { place.udp } else { place.tcp };
            port == Some(dial.to.port()) && wanted_at.is_none_or(|at| at == dial.to.ip())
        })
    };
    let elsewhere = dials.iter().find(|dial| {
        let name_resolution = dial.udp && (dial.to.port() == 53 || dial.from.port() == 53);
        let ours = ours.contains(&dial.from);
        !(ours || name_resolution || served(dial) || expected(dial))
    });
    if let Some(dial) = elsewhere {
        let transport = if dial.udp {
            Transport::Udp
        } else {
            Transport::Tcp
        };
        found.insert(role.clone(), (transport, dial.to));
    }
    found
}

/// The steps and when they began, for the comments in the capture.
fn step_times(events: &[Event], start_ns: i128) -> Vec<(i128, String)> {
    events
        .iter()
        .filter_map(|event| match &event.what {
            What::StepStarted { label, .. } => {
                Some((start_ns + i128::from(event.at), label.clone()))
            }
            _ => None,
        })
        .collect()
}

fn names(shared: &Shared) -> Vec<Name> {
    let mut names: BTreeMap<IpAddr, String> = BTreeMap::new();
    let state = shared.lock();
    for event in &state.events {
        if let What::Listening {
            program,
            place: Place::Tcp(at) | Place::Udp(at),
        } = &event.what
            && !at.ip().is_unspecified()
            && !at.ip().is_loopback()
        {
            names.entry(at.ip()).or_insert_with(|| program.clone());
        }
    }
    names
        .into_iter()
        .map(|(address, name)| Name { address, name })
        .collect()
}

/// Whether a program was stopped for what it used: no other machine would have let it go on.
fn limited(events: &[Event]) -> bool {
    let own = |event: &Event| match event.what {
        What::Limit { limit, .. } => limit != Limit::Wall,
        _ => false,
    };
    events.iter().any(own)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
