//! Builds the sandbox, step by step.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use rustix::process::{
    DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal,
};

use super::files::{self, STORES, Sources};
use super::host;
use super::meter::Meter;
use super::network::{self, Network};
use super::outer::Outer;
use super::programs::{Programs, kernel_is_at_least};
use super::watch::Watch;
use super::{Identity, Init, Kept, Start};
use crate::sandbox::Level;
use crate::sandbox::error::{At, Failure, Step};
use crate::sandbox::sys::{landlock, monotonic, process};
use crate::sandbox::wire::{self, Message, Ready};

/// Reports steps to a grader that asked for it.
pub(super) struct Progress<'a> {
    control: &'a OwnedFd,
    on: bool,
    since: u64,
}

impl Progress<'_> {
    pub fn done(&mut self, step: Step) {
        if self.on {
            let now = monotonic();
            let message = Message::Done {
                step,
                nanoseconds: now - self.since,
            };
            self.since = now;
            let _ = wire::send(self.control.as_fd(), &message, &[], true);
        }
    }
}

/// Builds everything and reports that it stands.
pub(super) fn build(start: Start) -> Result<Init, Failure> {
    let Start {
        blueprint,
        packs,
        control,
        lifeline,
        group,
    } = start;
    let mut progress = Progress {
        control: &control,
        on: blueprint.trace,
        since: monotonic(),
    };
    die_with_helper()?;
    let identity = wait_for_maps(&lifeline)?;
    progress.done(Step::Namespaces);
    if group.is_some() {
        progress.done(Step::ControlGroup);
    }
    let mut kept = Kept {
        outer: Outer::open().at(Step::Namespaces, "open /proc")?,
        level: Level::F,
        missing: blueprint.missing.clone(),
        group: group.map(Rc::new),
        lists_sockets: true,
        control: control.try_clone().at(Step::Namespaces, "dup")?,
        identity,
        blueprint,
    };
    let network = match identity.on_host() {
        true => on_host(&mut kept, &packs, &mut progress)?,
        false => isolated(&mut kept, &packs, &mut progress)?,
    };
    match landlock::version() {
        Ok(_) => progress.done(Step::Landlock),
        Err(error) => {
            let what = "landlock_create_ruleset";
            kept.missing
                .push(Failure::new(Step::Landlock, what, &error));
        }
    }
    kept.level = kept.level.with_group(kept.group.is_some());
    stand(kept, network)
}

fn isolated(
    kept: &mut Kept,
    packs: &[OwnedFd],
    progress: &mut Progress<'_>,
) -> Result<Network, Failure> {
    let (blueprint, identity) = (&kept.blueprint, kept.identity);
    // While still the grader's user: root's directories may be closed to the user it becomes.
    let sources = Sources::open(&blueprint.mounts)?;
    progress.done(Step::BindMounts);
    become_root(identity)?;
    progress.done(Step::BecomeRoot);
    bound_pids(kept);
    if !blueprint.small_tables {
        network::move_to_new(&kept.outer, false)?;
    }
    let mut network = Network::make(&kept.outer, &blueprint.renewal, true)?;
    // Now that there is a network of this namespace's own.
    bound_objects(&kept.outer);
    progress.done(Step::Network);
    let ring = network::record(blueprint.renewal.capture);
    let in_group_0 = blueprint.by_root && identity == Identity::Single;
    let has_proc = files::build(blueprint, &sources, packs, in_group_0, progress)?;
    kept.level = match (&has_proc, identity) {
        (Err(_), _) => Level::E,
        (Ok(()), Identity::Range) => Level::B,
        (Ok(()), _) => Level::D,
    };
    kept.missing.extend(has_proc.err());
    network.capture = ring.join()?;
    if network.capture.is_some() {
        progress.done(Step::Capture);
    }
    Ok(network)
}

fn on_host(
    kept: &mut Kept,
    packs: &[OwnedFd],
    progress: &mut Progress<'_>,
) -> Result<Network, Failure> {
    hide()?;
    host::build(&kept.blueprint, packs, kept.identity)?;
    progress.done(Step::Unpack);
    Network::of_host(&kept.outer)
}

/// An init with no program yet; tells the grader that all stands.
pub(super) fn stand(mut kept: Kept, network: Network) -> Result<Init, Failure> {
    let low_ports_closed = network
        .missing
        .iter()
        .any(|failure| failure.step == Step::PrivilegedPorts);
    kept.lists_sockets = network.diag.answers();
    let programs = Programs::new(kept.identity, low_ports_closed, kept.group.clone());
    let watch = Watch::new(kept.level != Level::E, network.diag, network.counters);
    let blueprint = &kept.blueprint;
    // A "root" that is mapped to one user may be the true root outside, whose processes no limit binds.
    let unlimited = blueprint.by_root && kept.identity == Identity::Single;
    // On the host the file systems are not the sandbox's alone.
    let stores: &[&str] = if kept.identity.on_host() {
        &[]
    } else {
        &STORES
    };
    let limits = blueprint.limits.clone();
    let meter = Meter::new(
        limits,
        stores,
        unlimited,
        network.buffers,
        kept.group.clone(),
    );
    let ready = Ready {
        level: kept.level,
        missing: [network.missing, kept.missing.clone()].concat(),
        root: blueprint.root.clone(),
    };
    let fds: Vec<_> = network.capture.iter().map(AsFd::as_fd).collect();
    wire::send(kept.control.as_fd(), &Message::Ready(ready), &fds, true).at(Step::Run, "report")?;
    Ok(Init {
        kept,
        programs,
        watch,
        meter,
        stories: Default::default(),
        flush: None,
        _route: network.route,
    })
}

fn die_with_helper() -> Result<(), Failure> {
    set_parent_process_death_signal(Some(Signal::KILL)).at(Step::Namespaces, "PR_SET_PDEATHSIG")
}

fn wait_for_maps(lifeline: &OwnedFd) -> Result<Identity, Failure> {
    let mut word = [0];
    let length = rustix::io::read(lifeline, &mut word).at(Step::IdentityMaps, "read")?;
    match (length, word) {
        (1, [b'R']) => Ok(Identity::Range),
        (1, [b'S']) => Ok(Identity::Single),
        (1, [b'H']) => Ok(Identity::Host),
        (1, [b'N']) => Ok(Identity::HostRoot),
        _ => process::exit(1), // The helper is dead, or has said itself what failed.
    }
}

fn become_root(identity: Identity) -> Result<(), Failure> {
    if identity == Identity::Range {
        process::leave_groups().at(Step::BecomeRoot, "setgroups")?;
        process::become_user(0, 0).at(Step::BecomeRoot, "setresuid")?;
        // The change of user has cleared it.
        die_with_helper()?;
    }
    let _ = rustix::system::sethostname(b"lab");
    hide()
}

/// A student who is the same user can then neither trace init nor see it in `/proc`.
fn hide() -> Result<(), Failure> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).at(Step::BecomeRoot, "PR_SET_DUMPABLE")
}

/// Bounds the numbers of processes inside, and so how many there can be: a fence that holds for
/// everybody, where `RLIMIT_NPROC` does not hold for the true root. Linux 6.14 and newer.
fn bound_pids(kept: &Kept) {
    /// The kernel does not use the first 300 again (RESERVED_PIDS).
    const RESERVED: u32 = 300;
    /// So that it is the other limit that programs meet, where there is one.
    const SLACK: u32 = 100;
    let most = RESERVED
        .saturating_add(SLACK)
        .saturating_add(kept.blueprint.limits.processes);
    // Best effort: older kernels have one such number for the whole machine, and refuse.
    if kernel_is_at_least(6, 14) {
        let _ = kept.outer.set("kernel/pid_max", most);
    }
}

/// Bounds kernel objects that are counted per user, so that one sandbox cannot use up what others of the
/// same user need; and forbids further namespaces a second time.
fn bound_objects(outer: &Outer) {
    const MOST: [(&str, u32); 12] = [
        ("max_inotify_instances", 16),
        ("max_inotify_watches", 1024),
        ("max_fanotify_groups", 0),
        ("max_fanotify_marks", 0),
        ("max_user_namespaces", 0),
        ("max_pid_namespaces", 0),
        ("max_net_namespaces", 0),
        ("max_mnt_namespaces", 0),
        ("max_ipc_namespaces", 0),
        ("max_uts_namespaces", 0),
        ("max_cgroup_namespaces", 0),
        ("max_time_namespaces", 0),
    ];
    // Best effort: in some containers they are read-only.
    for (name, most) in MOST {
        let _ = outer.set(&format!("user/{name}"), most);
    }
}
