//! The fork server: one process of one thread, from which every sandbox's helper is forked.
//!
//! Starting this executable afresh for each sandbox would make a launch half as dear again: the dynamic linker
//! touches hundreds of pages of it. The server is started before the first sandbox is wanted ([`Launcher::prepare`]),
//! or with it, and ends with its [`Launcher`], or with the grader, however that ends. Sandboxes outlive it.
//!
//! [`Launcher`]: super::Launcher
//! [`Launcher::prepare`]: super::Launcher::prepare

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::error::{Failure, Step};
use super::helper;
use super::sys::{message, process};
use super::wire::{self, Message};

/// The first argument that makes a fork server of this executable.
pub const ARGUMENT: &str = "__sandbox";
/// Chains of the socket tables of a sandbox: more than it has sockets, as a rule.
const CHAINS: u32 = 256;

/// A pair of ends for packets, both close-on-exec.
pub(super) fn packet_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    Ok(socketpair(family, kind, SocketFlags::CLOEXEC, None)?)
}

/// A running server, as the grader has it.
#[derive(Debug)]
pub(super) struct ForkServer {
    /// Each packet brings the control socket of a sandbox to be. `None` only while it is dropped.
    orders: Option<OwnedFd>,
    process: Process,
}

#[derive(Debug)]
enum Process {
    /// This executable, started again.
    Executed(Child),
    /// A copy of this process.
    Forked(libc::pid_t),
}

impl ForkServer {
    /// Starts `executable` as a server.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(executable: &Path) -> io::Result<ForkServer> {
        let (orders, theirs) = packet_pair()?;
        let process = Command::new(executable)
            .arg(ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A ^C at the terminal is for the grader, which then closes its sandboxes in order.
            .process_group(0)
            .spawn()?;
        Ok(ForkServer {
            orders: Some(orders),
            process: Process::Executed(process),
        })
    }

    /// Makes a copy of this process a server, which takes a tenth of the time, if it has one thread only; `None` if it has
    /// more: the copy could find locks held for ever.
    ///
    /// # Errors
    /// It cannot be forked.
    pub fn fork() -> io::Result<Option<ForkServer>> {
        if std::fs::read_dir("/proc/self/task")?.count() != 1 {
            return Ok(None);
        }
        let (orders, theirs) = packet_pair()?;
        // SAFETY: this process has one thread.
        match unsafe { process::fork(0)? } {
            0 => serve_as_copy(&theirs),
            pid => Ok(Some(ForkServer {
                orders: Some(orders),
                process: Process::Forked(pid),
            })),
        }
    }

    /// Asks for a helper at the other end of `control`.
    ///
    /// # Errors
    /// The server is gone.
    pub fn order(&self, control: &OwnedFd) -> io::Result<()> {
        let orders = self.orders.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        message::send(orders.as_fd(), b"s", &[control.as_fd()], true)
    }
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        // It ends when its orders do.
        self.orders.take();
        match &mut self.process {
            Process::Executed(child) => drop(child.wait()),
            Process::Forked(pid) => drop(process::reap(*pid, true)),
        }
    }
}

/// The whole life of the process `socklab __sandbox`. Its standard input is the socket with the orders.
///
/// Must be called first thing in `main`, before any thread is started.
pub fn fork_server_main() -> ! {
    let started = take_orders().and_then(|orders| Ok((orders, process::child_signal()?)));
    let Ok((orders, ended)) = started else {
        eprintln!("socklab {ARGUMENT} is started by socklab itself, not by hand");
        process::exit(2);
    };
    // When memory runs out, let it be ours that is taken, not the desktop's. Best effort.
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
    let network = small_tables();
    while let Some(control) = next_order(&orders, &ended) {
        // SAFETY: this process has one thread.
        match unsafe { process::fork(0) } {
            Ok(0) => {
                drop((orders, ended));
                helper::main(control, network)
            }
            Ok(_) => {}
            Err(error) => {
                let failure = Failure::new(Step::StartHelper, "fork", &error);
                let _ = wire::send(control.as_fd(), &Message::Failed(failure), &[], false);
            }
        }
    }
    process::exit(0)
}

/// The life of a server that was not started but copied: as if it had been started.
fn serve_as_copy(orders: &OwnedFd) -> ! {
    let detached = || {
        rustix::process::setpgid(None, None)?;
        rustix::process::chdir("/")?;
        process::clear_environment();
        // Not to be dropped: its number is closed below.
        let null = File::options().write(true).open("/dev/null")?;
        let null = std::mem::ManuallyDrop::new(null);
        process::duplicate_to(null.as_raw_fd(), 1)?;
        process::duplicate_to(null.as_raw_fd(), 2)?;
        process::duplicate_to(orders.as_raw_fd(), 0)?;
        // SAFETY: nothing of the process that was copied is used any more, and this function does not return.
        unsafe { process::close_from(3) }
    };
    match detached() {
        Ok(()) => fork_server_main(),
        Err(_) => process::exit(1),
    }
}

/// Moves the socket with the orders from descriptor 0, puts `/dev/null` there and closes all the rest.
fn take_orders() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    rustix::net::sockopt::socket_type(&stdin)?;
    let orders = rustix::io::fcntl_dupfd_cloexec(&stdin, 3)?;
    let null = File::open("/dev/null")?;
    process::duplicate_to(null.as_raw_fd(), 0)?;
    drop(null);
    // SAFETY: this is the start of a process: nothing above the orders is in use yet.
    unsafe { process::close_from(orders.as_raw_fd().unsigned_abs() + 1)? };
    Ok(orders)
}

/// The next control socket; meanwhile reaps helpers that have ended. `None` when there will be no more.
fn next_order(orders: &OwnedFd, ended: &OwnedFd) -> Option<OwnedFd> {
    loop {
        let mut waits = [
            PollFd::new(orders, PollFlags::IN),
            PollFd::new(ended, PollFlags::IN),
        ];
        match poll(&mut waits, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        let _ = rustix::io::read(ended, &mut [0; 128]);
        while let Ok(Some(_)) = process::reap(-1, false) {}
        if waits[0].revents().is_empty() {
            continue;
        }
        let (length, mut fds) = message::receive(orders.as_fd(), &mut [0; 8], true).ok()?;
        match (length, fds.pop()) {
            (0, _) => return None,
            (_, Some(control)) => return Some(control),
            // A packet that lost its socket, for want of descriptors, is an order that nobody waits for.
            (_, None) => {}
        }
    }
}

/// A network namespace whose only purpose is that namespaces made from within it get small socket tables of their own.
///
/// By default all namespaces share the host's, with a quarter of a million chains on an ordinary machine, and a list of
/// the sockets of one namespace walks through all of them: half of the grader's processor time. A namespace made
/// where these are set gets small ones (`tcp_child_ehash_entries`, Linux 6.1, `udp_child_hash_entries`, Linux 6.3;
/// ip-sysctl.rst). Older kernels do not have the files; all works there, too, only slower. An ordinary user may not
/// make it here, nor the root of a user namespace, who could not come back; then init makes its network twice.
fn small_tables() -> Option<OwnedFd> {
    let here = || File::open("/proc/self/ns/net").map(OwnedFd::from);
    let outside = here().ok()?;
    process::enter_network(&outside).ok()?;
    process::new_network().ok()?;
    let set =
        |name: &str, value: u32| std::fs::write(format!("/proc/sys/{name}"), value.to_string());
    let made = set_small_tables(set).then(here).and_then(Result::ok);
    // Helpers without isolation need the host's network. If there is no way back, nothing else works, either.
    if process::enter_network(&outside).is_err() {
        process::exit(1);
    }
    made
}

/// Gives network namespaces that will be made from within this one small socket tables; whether this kernel can. `set`
/// changes a setting below `/proc/sys`.
pub(super) fn set_small_tables(set: impl Fn(&str, u32) -> io::Result<()>) -> bool {
    let names = ["tcp_child_ehash_entries", "udp_child_hash_entries"];
    let set = names.map(|name| set(&format!("net/ipv4/{name}"), CHAINS).is_ok());
    set.contains(&true)
}
