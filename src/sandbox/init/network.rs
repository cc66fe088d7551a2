//! The network of a sandbox, and what it takes to look at it: all that has to be made anew with it.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use super::buffers::Buffers;
use super::counters::Counters;
use super::outer::Outer;
use crate::event::Transport;
use crate::sandbox::RingSpec;
use crate::sandbox::error::{At, Failure, Step};
use crate::sandbox::fork_server;
use crate::sandbox::sys::diag::Diag;
use crate::sandbox::sys::netlink::Netlink;
use crate::sandbox::sys::tables::Tables;
use crate::sandbox::sys::{packet, process};
use crate::sandbox::wire::Renewal;

/// The MTU of `lo` inside: that of Ethernet, so that captures look like those of a real network.
const MTU: u32 = 1500;

/// A network that stands.
pub(super) struct Network {
    /// What this kernel or machine does not give.
    pub missing: Vec<Failure>,
    /// The recording socket; comes later (see [`record`]).
    pub capture: Option<OwnedFd>,
    pub diag: Diag,
    pub counters: Option<Counters>,
    pub buffers: Option<Buffers>,
    /// Stays open: the kernel counts a closed one for a while, and what is counted now is taken for init's own.
    pub route: Option<Netlink>,
}

impl Network {
    /// Sets up the network that this process is in, which is new. With `ask` it is tried whether the kernel lists
    /// sockets.
    pub fn make(outer: &Outer, renewal: &Renewal, ask: bool) -> Result<Network, Failure> {
        let mut missing = Vec::new();
        let netlink = Netlink::open(libc::NETLINK_ROUTE).at(Step::Network, "open netlink")?;
        if let Err(error) = packet::offloads_off() {
            let what = "switch off offloads of lo";
            missing.push(Failure::new(Step::Network, what, &error));
        }
        netlink.loopback_up(MTU).at(Step::Network, "bring lo up")?;
        netlink
            .every_address_is_local()
            .at(Step::Network, "add the local route")?;
        for address in &renewal.ipv6 {
            netlink
                .add_ipv6(*address)
                .at(Step::Network, &format!("add {address}"))?;
        }
        if renewal.unprivileged_ports {
            let setting = "net/ipv4/ip_unprivileged_port_start";
            if let Err(error) = outer.set(setting, 0) {
                let what = format!("/proc/sys/{setting}");
                missing.push(Failure::new(Step::PrivilegedPorts, what, &error));
            }
        }
        let diag = socket_lists(outer, ask, &mut missing)?;
        Ok(Network {
            missing,
            capture: None,
            diag,
            counters: Counters::open(outer),
            buffers: Buffers::open(outer),
            route: Some(netlink),
        })
    }

    /// The host's own, which is taken as it is.
    pub fn of_host(outer: &Outer) -> Result<Network, Failure> {
        let mut missing = Vec::new();
        let diag = socket_lists(outer, true, &mut missing)?;
        Ok(Network {
            missing,
            capture: None,
            diag,
            counters: None,
            buffers: None,
            route: None,
        })
    }
}

/// The way to list sockets, by the outer `/proc` where the kernel does not answer.
fn socket_lists(outer: &Outer, ask: bool, missing: &mut Vec<Failure>) -> Result<Diag, Failure> {
    /// Sockets in no state at all: the question is only whether there is an answer.
    const NONE: u32 = 0;
    let open = |tables| Diag::open(tables).at(Step::Network, "open netlink");
    let mut diag = open(None)?;
    if !ask {
        return Ok(diag);
    }
    let before = missing.len();
    for transport in [Transport::Tcp, Transport::Udp, Transport::Unix] {
        if let Err(error) = diag.list(transport, NONE, &mut Vec::new()) {
            let what = format!("list {transport} sockets");
            missing.push(Failure::new(Step::Network, what, &error));
        }
    }
    match missing.len() == before {
        true => Ok(diag),
        false => open(Some(Tables::open(|name| outer.net(name)))),
    }
}

/// Moves to another network namespace, with small socket tables of its own if this kernel can (see `fork_server`). With
/// `used` false the one that this process is in would do; then it moves only for the tables.
pub(super) fn move_to_new(outer: &Outer, used: bool) -> Result<(), Failure> {
    if fork_server::set_small_tables(|setting, value| outer.set(setting, value)) || used {
        process::new_network().at(Step::Network, "unshare(CLONE_NEWNET)")?;
    }
    Ok(())
}

/// A recording that is being opened.
pub(super) struct Opening(Option<JoinHandle<io::Result<OwnedFd>>>);

/// Begins to open the capture ring, if there is to be one. The kernel takes 10 ms to install it, all of them waiting: for
/// a grace period of RCU. So there is a second thread until it is joined, and no fork is safe before.
pub(super) fn record(ring: Option<RingSpec>) -> Opening {
    Opening(ring.map(|ring| thread::spawn(move || packet::capture(ring))))
}

impl Opening {
    /// The recording socket.
    pub fn join(self) -> Result<Option<OwnedFd>, Failure> {
        let joined = self.0.map(|thread| {
            let ended = || Err(io::Error::other("its thread ended"));
            thread.join().unwrap_or_else(|_| ended())
        });
        joined
            .transpose()
            .at(Step::Capture, "open the receive ring")
    }
}
