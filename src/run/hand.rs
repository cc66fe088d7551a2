//! The steps of a check on the real machine: the actors are played, the programs are the student's own affair.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::RunError;
use super::check::{bind_destinations, zone_offset};
use super::engine::{Engine, pump};
use super::flow::Going;
use super::state::Shared;
use crate::event::Event;
use crate::sandbox::{Config, Isolation, Launcher, Sandbox, Zone};
use crate::spec::{Check, Spec, initial_bindings};

/// How long the peer waits for a person.
pub const PERSON: Duration = Duration::from_secs(3600);

/// A conversation to be played by hand.
pub struct Play {
    /// How the process that makes the sockets is launched.
    pub launcher: Launcher,
    /// The exercise, with the places where programs really are.
    pub spec: Arc<Spec>,
    /// The steps.
    pub check: Check,
    /// What messages are drawn from.
    pub seed: u64,
}

/// Plays until the last step, or until one does not get what it wants; whether all did. `tell` gets every
/// event as it happens.
///
/// # Errors
/// When a socket cannot be made: a port that is taken, an address of another machine.
pub async fn play(play: Play, mut tell: impl FnMut(&Event)) -> Result<bool, RunError> {
    let mut launcher = play.launcher;
    launcher.isolation = Isolation::None;
    let mut sandbox = Sandbox::launch(&launcher, Config::default()).await?;
    let events = sandbox.events();
    let shared = Arc::new(Shared::new());
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let engine = Engine {
        unix_ms: since_1970.map_or(0, |since| since.as_millis() as i64),
        zone_offset_s: zone_offset(&Zone::Host),
        by_hand: true,
        ..Engine::new(
            sandbox,
            shared.clone(),
            play.spec.clone(),
            play.seed,
            PERSON,
        )
    };
    let bindings = initial_bindings(&play.spec, &play.check, play.seed)
        .map_err(|error| RunError::Spec(error.to_string()))?;
    shared.lock().bindings = Arc::new(bindings);
    bind_destinations(&engine);
    bind_servers(&engine);
    engine.spawn(pump(shared.clone(), events));
    let mut changes = shared.changes();
    let mut tell_new = || {
        // Told outside the lock: a terminal may take its time.
        let new: Vec<Event> = shared.lock().events.split_off(0);
        for event in &new {
            tell(event);
        }
    };
    let steps = engine.run_steps(&play.check.steps, "");
    tokio::pin!(steps);
    let going = loop {
        tokio::select! {
            going = &mut steps => break going,
            _ = changes.changed() => tell_new(),
        }
    };
    tell_new();
    Ok(going? == Going::On)
}

/// Lets `${port of server}` say where the student's server is meant to be.
fn bind_servers(engine: &Engine) {
    for (role, program) in &engine.spec.programs {
        let Some(place) = &program.listens else {
            continue;
        };
        if let Some(port) = place.tcp.or(place.udp) {
            let value = port.to_string().into_bytes();
            engine.shared.bind(&format!("{role}.port"), value);
        }
        let ip = place.at.as_deref().and_then(|at| at.parse::<IpAddr>().ok());
        let ip = ip.filter(|ip| !ip.is_unspecified());
        let ip = ip.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let value = ip.to_string().into_bytes();
        engine.shared.bind(&format!("{role}.address"), value);
    }
}
