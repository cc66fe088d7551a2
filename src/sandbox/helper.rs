//! The helper: a process of one thread, in which it is safe to fork; one for each sandbox.
//!
//! It makes the namespaces, writes the maps of user ids (which only a process outside may do), waits
//! for init to end and reports what it used.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::geteuid;

use super::error::{At, Failure, Step};
use super::group::Group;
use super::init::{self, Identity, Start};
use super::sys::process;
use super::wire::{self, Blueprint, Message, Request};

/// The first of the ids given to sandboxes when root runs the grader, and how many each gets: above
/// those of people and packages, and in the size that tools for subordinate ids use.
const FIRST_ID: u32 = 100_000;
const IDS: u32 = 65_536;
/// How many ranges fit below the ids that the kernel reserves.
const SLOTS: u32 = 60_000;
/// Init ends by itself when the grader hangs up; should it ever be held up, it is killed after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The whole life of a helper, forked from the server. `network` is a network namespace in which those of sandboxes
/// are to be made.
pub(super) fn main(control: OwnedFd, network: Option<OwnedFd>) -> ! {
    report_panics_to(&control);
    let status = match run(&control, network) {
        Ok(()) => 0,
        Err(failure) => {
            let _ = wire::send(control.as_fd(), &Message::Failed(failure), &[], true);
            1
        }
    };
    process::exit(status)
}

/// A panic in helper or init becomes a message; unwinding through a fork would run the parent's code.
fn report_panics_to(control: &OwnedFd) {
    let control = control.as_raw_fd();
    std::panic::set_hook(Box::new(move |panic| {
        // SAFETY: the control socket stays open until the process ends.
        let control = unsafe { BorrowedFd::borrow_raw(control) };
        let error = io::Error::other(panic.to_string());
        let failure = Failure::new(Step::StartHelper, "internal error", &error);
        let _ = wire::send(control, &Message::Failed(failure), &[], true);
        process::exit(70)
    }));
}

fn run(control: &OwnedFd, network: Option<OwnedFd>) -> Result<(), Failure> {
    let request =
        wire::receive(control.as_fd(), true).at(Step::StartHelper, "read the blueprint")?;
    let Some((Request::Setup(mut blueprint), packs)) = request else {
        return Ok(()); // The grader changed its mind.
    };
    if let Some(network) = network.filter(|_| blueprint.namespaces) {
        process::enter_network(&network).at(Step::Network, "setns(CLONE_NEWNET)")?;
        blueprint.small_tables = true;
    }
    if !blueprint.namespaces {
        process::adopt_orphans().at(Step::StartHelper, "PR_SET_CHILD_SUBREAPER")?;
        blueprint.root = init::host::make_root().at(Step::RootFiles, "make a directory in /tmp")?;
    }
    blueprint.by_root = geteuid().is_root();
    let group = group_for(&mut blueprint);
    // One byte tells init what it is; the end of the pipe tells it that the helper is dead.
    let (lifeline, hold) = pipe_with(PipeFlags::CLOEXEC).at(Step::StartHelper, "pipe")?;
    let flags = if blueprint.namespaces {
        process::NAMESPACES
    } else {
        0
    };
    // SAFETY: this process has one thread, as the server has from which it was forked.
    let pid = unsafe { process::fork(flags) }.at(Step::Namespaces, "clone")?;
    if pid == 0 {
        drop(hold);
        let control = control.try_clone().at(Step::StartHelper, "dup")?;
        init::main(Start {
            blueprint: *blueprint,
            packs,
            control,
            lifeline,
            group: group.as_ref().and_then(|group| group.entrance().ok()),
        })
    }
    drop((lifeline, packs));
    let identity = match map_ids(pid, &blueprint) {
        Ok(identity) => identity,
        Err(failure) => {
            let _ = process::kill(pid, libc::SIGKILL);
            return Err(failure);
        }
    };
    rustix::io::write(&hold, &[identity as u8]).at(Step::IdentityMaps, "tell init")?;
    if let Ok(false) = process::ends_in_time(pid, control, PATIENCE) {
        let _ = process::kill(pid, libc::SIGKILL);
    }
    let ended = process::reap(pid, true).at(Step::Run, "wait for init")?;
    if !blueprint.namespaces {
        init::host::clean_up(&blueprint.root);
    }
    if let Some(ended) = ended {
        let _ = wire::send(
            control.as_fd(),
            &Message::Closed { usage: ended.usage },
            &[],
            true,
        );
    }
    Ok(())
}

/// A control group, if one can be had; why not, init reports.
fn group_for(blueprint: &mut Blueprint) -> Option<Group> {
    if !blueprint.namespaces {
        return None;
    }
    let group = Group::new(&blueprint.limits);
    if let Err(error) = &group {
        let failure = Failure::new(Step::ControlGroup, "make a group", error);
        blueprint.missing.push(failure);
    }
    group.ok()
}

/// Writes the id maps of `pid`. Root may map a range; "root" in a container may be nobody outside,
/// which shows when it tries.
fn map_ids(pid: libc::pid_t, blueprint: &Blueprint) -> Result<Identity, Failure> {
    if !blueprint.namespaces {
        return Ok(host_identity());
    }
    let write = |file: &str, text: &str| {
        let path = format!("/proc/{pid}/{file}");
        std::fs::write(&path, text).at(Step::IdentityMaps, file)
    };
    let (uid, gid) = (geteuid(), rustix::process::getegid());
    if uid.is_root() {
        let first = FIRST_ID + IDS * (blueprint.slot % SLOTS);
        let range = format!("0 {first} {IDS}");
        if write("uid_map", &range).is_ok() {
            write("gid_map", &range)?;
            return Ok(Identity::Range);
        }
    }
    write("setgroups", "deny")?;
    write("uid_map", &format!("{} {} 1", super::STUDENT, uid.as_raw()))?;
    write("gid_map", &format!("{} {} 1", super::STUDENT, gid.as_raw()))?;
    Ok(Identity::Single)
}

/// Root becomes nobody, unless it is a "root" that is mapped to one ordinary user and can be nobody else.
fn host_identity() -> Identity {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let ranges = map.lines().filter_map(|line| {
        let mut numbers = line.split_ascii_whitespace().map(str::parse::<u64>);
        Some((numbers.next()?.ok()?, numbers.nth(1)?.ok()?))
    });
    let nobody = u64::from(super::NOBODY);
    let mapped = ranges
        .into_iter()
        .any(|(first, count)| (first..first + count).contains(&nobody));
    if geteuid().is_root() && mapped {
        Identity::HostRoot
    } else {
        Identity::Host
    }
}
