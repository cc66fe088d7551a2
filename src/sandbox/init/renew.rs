//! Renews a sandbox: everything that programs can have touched is made anew, and the rest is kept.
//!
//! What programs can have touched is other processes, which are killed; files in `/tmp`, `/box` and `/dev/shm`, and
//! terminals, whose file systems are replaced; and the network, which is left for a new one, with its recording and all that
//! looks at it. Numbers of processes begin again, so that a program which makes something of its own number does the same
//! each time. The root is read-only and without anything of a submission's; keys, queues and shared memory of System V are
//! forbidden to programs (`sys/seccomp`); limits and rules are of processes. That is all there is of a sandbox.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;

use super::build::stand;
use super::files;
use super::network::{self, Network};
use super::{Init, Kept};
use crate::sandbox::error::{At, Failure, Step};
use crate::sandbox::sys::process;
use crate::sandbox::wire::{self, Message, Refusal, Renewal, Request};

/// Waits until the programs, which have been killed, are gone. False when the grader or the helper is gone before.
pub(super) fn drain(kept: &Kept, children: &OwnedFd, lifeline: &OwnedFd) -> io::Result<bool> {
    loop {
        match process::reap(-1, false) {
            Ok(Some(_)) => continue,
            Ok(None) => {}
            // Nobody is left to wait for.
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(true),
            Err(error) => return Err(error),
        }
        let mut fds = [
            PollFd::new(children, PollFlags::IN),
            PollFd::new(lifeline, PollFlags::IN),
            PollFd::new(&kept.control, PollFlags::RDHUP),
        ];
        retry_on_intr(|| poll(&mut fds, None))?;
        if fds[1..].iter().any(|fd| !fd.revents().is_empty()) {
            return Ok(false);
        }
        let _ = rustix::io::read(children, &mut [0; 1024]);
    }
}

/// Says that the sandbox is clear, and waits for the order to renew it; `None` when there will be none.
pub(super) fn renewed(kept: Kept, lifeline: &OwnedFd) -> Result<Option<Init>, Failure> {
    let say = |message: &Message| {
        let sent = wire::send(kept.control.as_fd(), message, &[], true);
        sent.at(Step::Run, "report")
    };
    say(&Message::Cleared)?;
    loop {
        let mut fds = [
            PollFd::new(&kept.control, PollFlags::IN),
            PollFd::new(lifeline, PollFlags::IN),
        ];
        retry_on_intr(|| poll(&mut fds, None)).at(Step::Run, "poll")?;
        if !fds[1].revents().is_empty() {
            return Ok(None);
        }
        match wire::receive(kept.control.as_fd(), true).at(Step::Run, "receive")? {
            Some((Request::Renew(renewal), packs)) => {
                return renew(kept, renewal, &packs).map(Some);
            }
            // Somebody has not yet noticed that the programs are gone.
            Some((Request::Call { id, .. }, _)) => {
                let answer = Err(Refusal::NotRunning);
                say(&Message::Answer { id, answer })?;
            }
            _ => return Ok(None),
        }
    }
}

fn renew(mut kept: Kept, renewal: Renewal, packs: &[OwnedFd]) -> Result<Init, Failure> {
    /// More than can be there: an old network goes a while after its last socket.
    const MANY: u32 = 1000;
    kept.blueprint.renewal = renewal;
    let renewal = &kept.blueprint.renewal;
    let allow = |networks| kept.outer.set("user/max_net_namespaces", networks);
    // Where it cannot be set, it was not set to 0 before, either.
    let allowed = allow(MANY);
    network::move_to_new(&kept.outer, true)?;
    if allowed.is_ok() {
        allow(0).at(Step::Network, "max_net_namespaces")?;
    }
    let mut network = Network::make(&kept.outer, renewal, !kept.lists_sockets)?;
    kept.outer
        .set("kernel/ns_last_pid", std::process::id())
        .at(Step::Namespaces, "ns_last_pid")?;
    let ring = network::record(renewal.capture);
    files::renew_stores(&kept.blueprint.limits)?;
    files::hand_in(packs.first(), renewal.writable_box)?;
    network.capture = ring.join()?;
    stand(kept, network)
}
