//! Builds the sandbox, step by step.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;

use rustix::process::{
    DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal,
};

use super::buffers::Buffers;
use super::counters::Counters;
use super::files::{self, Sources};
use super::host;
use super::meter::Meter;
use super::programs::{Programs, kernel_is_at_least};
use super::watch::Watch;
use super::{Identity, Init, Start};
use crate::event::Transport;
use crate::sandbox::Level;
use crate::sandbox::error::{At, Failure, Step};
use crate::sandbox::fork_server;
use crate::sandbox::group::Entrance;
use crate::sandbox::sys::diag::Diag;
use crate::sandbox::sys::netlink::Netlink;
use crate::sandbox::sys::tables::Tables;
use crate::sandbox::sys::{landlock, monotonic, packet, process};
use crate::sandbox::wire::{self, Blueprint, Message, Ready};

/// The MTU of `lo` inside: that of Ethernet, so that captures look like those of a real network.
const MTU: u32 = 1500;

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
    let mut built = match identity.on_host() {
        true => on_host(&blueprint, &packs, identity, &mut progress)?,
        false => isolated(&blueprint, &packs, identity, &mut progress)?,
    };
    if let Err(error) = landlock::version() {
        built.missing.push(Failure::new(
            Step::Landlock,
            "landlock_create_ruleset",
            &error,
        ));
    } else {
        progress.done(Step::Landlock);
    }
    built.missing.extend(blueprint.missing.iter().cloned());
    built.level = built.level.with_group(group.is_some());
    stand(blueprint, control, identity, built, group)
}

/// What building has come to.
struct Built {
    level: Level,
    missing: Vec<Failure>,
    capture: Option<OwnedFd>,
    diag: Diag,
    counters: Option<Counters>,
    buffers: Option<Buffers>,
}

fn isolated(
    blueprint: &Blueprint,
    packs: &[OwnedFd],
    identity: Identity,
    progress: &mut Progress<'_>,
) -> Result<Built, Failure> {
    let level = if identity == Identity::Range {
        Level::B
    } else {
        Level::D
    };
    // While still the grader's user: root's directories may be closed to the user it becomes.
    let sources = Sources::open(&blueprint.mounts)?;
    progress.done(Step::BindMounts);
    become_root(identity)?;
    progress.done(Step::BecomeRoot);
    bound_pids(blueprint);
    let mut missing = Vec::new();
    network(blueprint, &mut missing)?;
    // Now that there is a network of this namespace's own.
    bound_objects();
    let counters = Counters::open();
    let diag = socket_lists(&mut missing)?;
    let mut built = Built {
        level,
        missing,
        capture: None,
        diag,
        counters,
        buffers: Buffers::open(),
    };
    progress.done(Step::Network);
    // The kernel takes 10 ms to install the ring, all of them waiting: for a grace period of RCU.
    let ring = blueprint
        .capture
        .map(|ring| thread::spawn(move || packet::capture(ring)));
    let in_group_0 = blueprint.by_root && identity == Identity::Single;
    if let Err(failure) = files::build(blueprint, &sources, packs, in_group_0, progress)? {
        built.level = Level::E;
        built.missing.push(failure);
    }
    // From here on there is a single thread again, as a fork needs it.
    if let Some(ring) = ring {
        let socket = ring
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("its thread ended")))
            .at(Step::Capture, "open the receive ring")?;
        built.capture = Some(socket);
        progress.done(Step::Capture);
    }
    Ok(built)
}

fn on_host(
    blueprint: &Blueprint,
    packs: &[OwnedFd],
    identity: Identity,
    progress: &mut Progress<'_>,
) -> Result<Built, Failure> {
    hide()?;
    host::build(blueprint, packs, identity)?;
    progress.done(Step::Unpack);
    let mut missing = Vec::new();
    let diag = socket_lists(&mut missing)?;
    Ok(Built {
        level: Level::F,
        missing,
        capture: None,
        diag,
        counters: None,
        buffers: None,
    })
}

fn stand(
    blueprint: Blueprint,
    control: OwnedFd,
    identity: Identity,
    built: Built,
    group: Option<Entrance>,
) -> Result<Init, Failure> {
    let Built {
        level,
        missing,
        capture,
        diag,
        counters,
        buffers,
    } = built;
    let low_ports_closed = missing
        .iter()
        .any(|failure| failure.step == Step::PrivilegedPorts);
    let (doors, kills) = match group {
        Some(Entrance { doors, kills }) => (doors, Some(kills)),
        None => (Vec::new(), None),
    };
    let programs = Programs::new(identity, low_ports_closed, doors);
    let watch = Watch::new(level != Level::E, diag, counters);
    // A "root" that is mapped to one user may be the true root outside, whose processes no limit binds.
    let unlimited = blueprint.by_root && identity == Identity::Single;
    // On the host the file systems are not the sandbox's alone.
    let stores: &[&str] = if identity.on_host() {
        &[]
    } else {
        &["/tmp", "/box", "/dev/shm"]
    };
    let stores = stores.iter().map(|path| (*path).to_owned()).collect();
    let meter = Meter::new(blueprint.limits.clone(), stores, unlimited, buffers, kills);
    let ready = Ready {
        level,
        missing,
        root: blueprint.root.clone(),
    };
    let fds: Vec<_> = capture.iter().map(AsFd::as_fd).collect();
    wire::send(control.as_fd(), &Message::Ready(ready), &fds, true).at(Step::Run, "report")?;
    Ok(Init {
        control,
        blueprint,
        identity,
        programs,
        watch,
        meter,
        stories: Default::default(),
        flush: None,
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
fn bound_pids(blueprint: &Blueprint) {
    /// The kernel does not use the first 300 again (RESERVED_PIDS).
    const RESERVED: u32 = 300;
    /// So that it is the other limit that programs meet, where there is one.
    const SLACK: u32 = 100;
    let most = RESERVED
        .saturating_add(SLACK)
        .saturating_add(blueprint.limits.processes);
    // Best effort: older kernels have one such number for the whole machine, and refuse.
    if kernel_is_at_least(6, 14) {
        let _ = std::fs::write("/proc/sys/kernel/pid_max", most.to_string());
    }
}

/// Bounds kernel objects that are counted per user, so that one sandbox cannot use up what others of the
/// same user need; and forbids further namespaces a second time.
fn bound_objects() {
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
        let _ = std::fs::write(format!("/proc/sys/user/{name}"), most.to_string());
    }
}

/// The way to list sockets, by the outer `/proc` where the kernel does not answer.
fn socket_lists(missing: &mut Vec<Failure>) -> Result<Diag, Failure> {
    /// Sockets in no state at all: the question is only whether there is an answer.
    const NONE: u32 = 0;
    let mut diag = Diag::open(Some(Tables::open())).at(Step::Network, "open netlink")?;
    for transport in [Transport::Tcp, Transport::Udp, Transport::Unix] {
        if let Err(error) = diag.list(transport, NONE, &mut Vec::new()) {
            let what = format!("list {transport} sockets");
            missing.push(Failure::new(Step::Network, what, &error));
        }
    }
    Ok(diag)
}

/// Moves to a network namespace with small socket tables of its own, if this one has them not (see `fork_server`).
fn own_socket_tables(blueprint: &Blueprint) -> Result<(), Failure> {
    if !blueprint.small_tables && fork_server::set_small_tables() {
        process::new_network().at(Step::Network, "unshare(CLONE_NEWNET)")?;
    }
    Ok(())
}

fn network(blueprint: &Blueprint, missing: &mut Vec<Failure>) -> Result<(), Failure> {
    own_socket_tables(blueprint)?;
    let netlink = Netlink::open(libc::NETLINK_ROUTE).at(Step::Network, "open netlink")?;
    if let Err(error) = packet::offloads_off() {
        missing.push(Failure::new(
            Step::Network,
            "switch off offloads of lo",
            &error,
        ));
    }
    netlink.loopback_up(MTU).at(Step::Network, "bring lo up")?;
    netlink
        .every_address_is_local()
        .at(Step::Network, "add the local route")?;
    for address in &blueprint.ipv6 {
        netlink
            .add_ipv6(*address)
            .at(Step::Network, &format!("add {address}"))?;
    }
    if blueprint.unprivileged_ports {
        let file = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
        let result: io::Result<()> = std::fs::write(file, "0");
        if let Err(error) = result {
            missing.push(Failure::new(Step::PrivilegedPorts, file, &error));
        }
    }
    Ok(())
}
