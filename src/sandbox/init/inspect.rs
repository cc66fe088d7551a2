//! A look at everything inside at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::proc::{self, Stat};
use super::programs::Programs;
use rustix::net::sockopt::{Timeout, socket_timeout};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use crate::event::Transport;
use crate::sandbox::config::ProgramId;
use crate::sandbox::snapshot::{
    BlockedCall, Open, ProcessState, Snapshot, SocketState, ThreadState,
};
use crate::sandbox::stuck::{Many, Waits, waits};
use crate::sandbox::sys::diag::{self, Diag};
use crate::sandbox::sys::monotonic;

/// Clock ticks of `/proc` per second, fixed in the kernel's interface (USER_HZ).
const TICK_NS: u64 = 10_000_000;
const PAGE: u64 = 4096;
/// More threads than this are not looked at one by one.
const MOST_THREADS: u64 = 100;
/// More sockets than this are not told to the grader: no lab has a twentieth of them.
const MOST_SOCKETS: usize = 1000;
/// More descriptors than this in one poll are not told apart.
const MOST_POLLED: u64 = 64;

/// Takes a snapshot.
pub(super) fn snapshot(programs: &mut Programs, diag: &mut Diag) -> Snapshot {
    let at = monotonic();
    let stats = programs.processes();
    if stats.iter().map(|stat| stat.threads).sum::<u64>() > MOST_THREADS {
        return crowd(at, stats, programs);
    }
    let mut owners = BTreeMap::new();
    let mut processes = Vec::new();
    for stat in stats {
        let program = programs.families.of(stat.pid);
        for inode in proc::sockets(stat.pid) {
            owners.insert(inode, (stat.pid, program));
        }
        processes.push(process(stat, program));
    }
    let (mut processes, before): (Vec<_>, Vec<_>) = processes.into_iter().unzip();
    // Without processes in sight, nobody knows whose sockets there are.
    let wanted = (!processes.is_empty()).then_some(&owners);
    let mut sockets = sockets(diag, wanted);
    for socket in &mut sockets {
        if let Some((pid, program)) = owners.get(&socket.inode).filter(|_| socket.inode != 0) {
            socket.pid = Some(*pid);
            socket.program = *program;
        }
    }
    // A second look at who has run: whoever has not was, between the looks, as the first one saw it.
    let after = programs.processes();
    let known = after
        .iter()
        .all(|stat| processes.iter().any(|process| process.pid == stat.pid));
    for (process, before) in processes.iter_mut().zip(before) {
        let clockwork = clockwork(&process.threads);
        let own = |runs: BTreeMap<OsString, String>| -> Vec<(OsString, String)> {
            let runs = runs.into_iter();
            runs.filter(|(tid, _)| !clockwork.contains(tid)).collect()
        };
        let now = tasks(process.pid).map(|task| (task.file_name(), runs(&task.path())));
        process.steady = known && own(before) == own(now.collect());
    }
    Snapshot {
        at,
        processes,
        partial: sockets.len() > MOST_SOCKETS,
        sockets: sockets.into_iter().take(MOST_SOCKETS).collect(),
    }
}

/// So many threads that looking at each would take longer than it is worth: only how they are on the whole.
fn crowd(at: u64, stats: Vec<Stat>, programs: &Programs) -> Snapshot {
    let processes = stats.into_iter().map(|stat| {
        let program = programs.families.of(stat.pid);
        let first = ThreadState {
            tid: stat.pid,
            name: stat.name.clone(),
            state: stat.state,
            call: None,
            cpu_ns: stat.ticks * TICK_NS,
            queued_ns: 0,
        };
        state_of(stat, program, vec![first])
    });
    Snapshot {
        at,
        processes: processes.collect(),
        sockets: Vec::new(),
        partial: true,
    }
}

/// Threads that wake up many times a second by a clock and do nothing for the program. On a loaded machine
/// one of them has run during every look.
fn clockwork(threads: &[ThreadState]) -> Vec<OsString> {
    let named = |name: &str| threads.iter().any(|thread| thread.name == name);
    let clock = |thread: &&ThreadState| JAVA_CLOCKS.iter().any(|name| thread.name == *name);
    let clocks = threads.iter().filter(clock);
    let clocks = clocks.filter(|_| named("VM Thread"));
    clocks.map(|thread| thread.tid.to_string().into()).collect()
}

/// The Java virtual machine's clocks: every 50 ms, and every 250 ms. A thread's name has 15 bytes.
const JAVA_CLOCKS: [&str; 2] = ["VM Periodic Tas", "Monitor Deflati"];

/// How often a thread has been given a processor: the third number of `schedstat`; where the kernel keeps none, its two
/// counts of switches.
fn runs(task: &Path) -> String {
    match proc::read_once(&task.join("schedstat")) {
        Ok(times) => runs_in(&times),
        Err(_) => switches(task),
    }
}

fn runs_in(schedstat: &str) -> String {
    let third = schedstat.split_ascii_whitespace().nth(2);
    third.unwrap_or_default().to_owned()
}

fn switches(task: &Path) -> String {
    let status = fs::read_to_string(task.join("status")).unwrap_or_default();
    let lines = status.lines();
    lines
        .filter(|line| line.contains("ctxt_switches"))
        .collect()
}

/// The sockets of the network: with `wanted`, by inode, no more transports than it takes to find all of these.
fn sockets<T>(diag: &mut Diag, wanted: Option<&BTreeMap<u64, T>>) -> Vec<SocketState> {
    let mut all: Vec<SocketState> = Vec::new();
    for transport in [Transport::Tcp, Transport::Udp, Transport::Unix] {
        // One that this kernel cannot list is as if there were none.
        let _ = diag.list(transport, diag::ALL, &mut all);
        let found: BTreeSet<u64> = all.iter().map(|socket| socket.inode).collect();
        if wanted.is_some_and(|wanted| wanted.keys().all(|inode| found.contains(inode))) {
            break;
        }
    }
    all
}

/// A process, and how often its threads had run before they were looked at.
fn process(stat: Stat, program: Option<ProgramId>) -> (ProcessState, BTreeMap<OsString, String>) {
    let mut before = BTreeMap::new();
    let threads = tasks(stat.pid).filter_map(|task| {
        // One that ends meanwhile is not there as often as it had been.
        let (thread, runs) = thread(&task.path()).unzip();
        before.insert(task.file_name(), runs.unwrap_or_default());
        thread
    });
    let threads = threads.collect();
    (state_of(stat, program, threads), before)
}

fn state_of(stat: Stat, program: Option<ProgramId>, threads: Vec<ThreadState>) -> ProcessState {
    ProcessState {
        pid: stat.pid,
        parent: stat.parent,
        program,
        name: stat.name,
        cpu_ns: stat.ticks * TICK_NS,
        rss_bytes: stat.pages * PAGE,
        threads,
        steady: false,
    }
}

/// The threads of a process.
fn tasks(pid: i32) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten()
}

/// A thread, and how often it had run before it was looked at.
fn thread(task: &Path) -> Option<(ThreadState, String)> {
    let times = proc::read_once(&task.join("schedstat"));
    let runs = times.as_deref().map_or_else(|_| switches(task), runs_in);
    // The call before the state: a thread that goes on in between is then seen running.
    let call = proc::read_once(&task.join("syscall"))
        .ok()
        .and_then(|text| blocked(task, &text));
    let stat = proc::parse_stat(&proc::read_once(&task.join("stat")).ok()?)?;
    let times = times.unwrap_or_default();
    let mut times = times.split(' ').map(str::parse);
    let mut next = || times.next().and_then(Result::ok);
    let (cpu_ns, queued_ns) = (next(), next());
    let thread = ThreadState {
        tid: stat.pid,
        name: stat.name,
        state: stat.state,
        call: call.filter(|_| stat.state == 'S'),
        cpu_ns: cpu_ns.unwrap_or(stat.ticks * TICK_NS),
        queued_ns: queued_ns.unwrap_or(0),
    };
    Some((thread, runs))
}

/// `/proc/TID/syscall` is `running`, or a number, six arguments and two addresses in hexadecimal.
fn blocked(task: &Path, text: &str) -> Option<BlockedCall> {
    let mut words = text.split_ascii_whitespace();
    let number: i64 = words.next()?.parse().ok()?;
    let hex = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok();
    let mut arguments = [0; 6];
    for argument in &mut arguments {
        *argument = words.next().and_then(hex)?;
    }
    let kind = waits(number, &arguments);
    let timeout = match kind {
        Some(Waits::Accept | Waits::Read) => Some(Timeout::Recv),
        Some(Waits::Write | Waits::Connect) => Some(Timeout::Send),
        _ => None,
    };
    if timeout.is_some_and(|which| gives_up(task, arguments[0], which) == Some(true)) {
        return None;
    }
    let fds = match kind {
        Some(Waits::Accept | Waits::Read | Waits::Write | Waits::Connect) => vec![arguments[0]],
        Some(Waits::Many(Many::Poll)) => polled(task, &arguments),
        Some(Waits::Many(Many::Select)) => selected(task, &arguments),
        Some(Waits::Many(Many::Epoll)) => registered(task, arguments[0]),
        _ => Vec::new(),
    };
    let on = fds.into_iter().filter_map(|fd| open(task, fd)).collect();
    Some(BlockedCall {
        number,
        arguments,
        on,
    })
}

/// Whether a socket of another process gives up waiting by itself (`SO_RCVTIMEO`, `SO_SNDTIMEO`).
fn gives_up(task: &Path, fd: u64, which: Timeout) -> Option<bool> {
    // The task is /proc/PID/task/TID.
    let pid: i32 = task
        .parent()?
        .parent()?
        .file_name()?
        .to_str()?
        .parse()
        .ok()?;
    let process = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
    let socket = pidfd_getfd(&process, i32::try_from(fd).ok()?, PidfdGetfdFlags::empty()).ok()?;
    Some(socket_timeout(&socket, which).ok()?.is_some())
}

fn open(task: &Path, fd: u64) -> Option<Open> {
    let link = fs::read_link(task.join("fd").join(fd.to_string())).ok()?;
    if let Some(inode) = proc::socket_inode(&link) {
        return Some(Open::Socket(inode));
    }
    let link = link.to_str()?;
    let pipe = link
        .strip_prefix("pipe:[")
        .and_then(|rest| rest.strip_suffix(']')?.parse().ok());
    Some(match pipe {
        Some(inode) => Open::Pipe(inode),
        None if link.starts_with("/dev/pts/") || link == "/dev/tty" => Open::Terminal,
        None => Open::Other,
    })
}

/// The descriptors in an array of `struct pollfd` in the student's memory.
fn polled(task: &Path, arguments: &[u64; 6]) -> Vec<u64> {
    let mut array = vec![0; (arguments[1].min(MOST_POLLED) * 8) as usize];
    read_memory(task, arguments[0], &mut array);
    let fds = array
        .chunks_exact(8)
        .filter_map(|item| Some(i32::from_ne_bytes(*item.first_chunk()?)));
    fds.filter_map(|fd| u64::try_from(fd).ok()).collect()
}

/// The descriptors in the first bit set of a `select`, those to read from.
fn selected(task: &Path, arguments: &[u64; 6]) -> Vec<u64> {
    let count = arguments[0].min(1024);
    let mut bits = vec![0; count.div_ceil(8) as usize];
    if arguments[1] == 0 || !read_memory(task, arguments[1], &mut bits) {
        return Vec::new();
    }
    (0..count)
        .filter(|fd| bits[(fd / 8) as usize] >> (fd % 8) & 1 == 1)
        .collect()
}

/// The descriptors that an epoll instance watches.
fn registered(task: &Path, epoll: u64) -> Vec<u64> {
    let text = fs::read_to_string(task.join("fdinfo").join(epoll.to_string())).unwrap_or_default();
    let targets = text.lines().filter_map(|line| line.strip_prefix("tfd:"));
    let fds = targets.filter_map(|rest| rest.split_ascii_whitespace().next()?.parse().ok());
    fds.take(MOST_POLLED as usize).collect()
}

fn read_memory(task: &Path, address: u64, into: &mut [u8]) -> bool {
    File::open(task.join("mem")).is_ok_and(|memory| memory.read_exact_at(into, address).is_ok())
}
