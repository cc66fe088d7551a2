//! Processes: make, wait for, signal, strip of privileges, replace.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, WaitId, WaitIdOptions, pidfd_open, setrlimit, waitid,
};
use rustix::thread::CpuSet;

use super::super::event::Usage;
use super::check;
use crate::event::Exit;

/// All namespaces that a sandbox has of its own.
pub(in super::super) const NAMESPACES: libc::c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// Forks, the child in new namespaces by `flags`: the child's pid, or 0 in the child.
///
/// # Safety
/// The process must have a single thread, or the child may find locks held for ever.
pub(in super::super) unsafe fn fork(flags: libc::c_int) -> io::Result<libc::pid_t> {
    let flags = (flags | libc::SIGCHLD) as libc::c_ulong;
    // SAFETY: without CLONE_VM the child has memory of its own; a null stack means "go on on this
    // one". The order of the last two arguments differs between architectures; both are null.
    let pid =
        check(unsafe { libc::syscall(libc::SYS_clone, flags, 0usize, 0usize, 0usize, 0usize) })?;
    Ok(pid as libc::pid_t)
}

/// Runs `work` in a child that borrows this process's memory, while this one stands still until the child has executed
/// another program or ended: its pid. Nothing is copied, so nothing has to be faulted in again on either side, as after
/// [`fork`].
///
/// What `work` changes in memory stays changed; descriptors, signal actions, directories and rights are the child's own.
///
/// # Safety
/// The process must have a single thread, or the others would run on beside the child in the same memory. `work` must not
/// return other than by `execute` or `exit_thread`, and must not unwind.
pub(in super::super) unsafe fn spawn<T>(
    stack: &mut [u128],
    work: fn(&T) -> !,
    on: &T,
) -> io::Result<libc::pid_t> {
    extern "C" fn enter<T>(order: *mut libc::c_void) -> libc::c_int {
        // SAFETY: it is the value below, whose owner stands still.
        let (work, on) = unsafe { *order.cast::<(fn(&T) -> !, &T)>() };
        work(on)
    }
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let top = stack.as_mut_ptr_range().end;
    let mut order = (work, on);
    let order: *mut (fn(&T) -> !, &T) = &raw mut order;
    // SAFETY: the child runs on a stack of its own, which grows down from its aligned end, and nobody else uses it until
    // this call comes back. The caller promises the rest.
    check(unsafe { libc::clone(enter::<T>, top.cast(), flags, order.cast()) })
}

/// Moves this process to a network namespace of its own.
pub(in super::super) fn new_network() -> io::Result<()> {
    // SAFETY: this flag gives the process another network; it touches neither memory nor descriptors.
    check(unsafe { libc::unshare(libc::CLONE_NEWNET) }).map(drop)
}

/// Moves this process, which must have a single thread to do so as a whole, to another network namespace.
pub(in super::super) fn enter_network(namespace: &OwnedFd) -> io::Result<()> {
    // SAFETY: the call gives the process another network; it touches neither memory nor descriptors.
    check(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// Forgets all environment variables, as an `execve` without any would.
///
/// The process must have a single thread.
pub(in super::super) fn clear_environment() {
    // SAFETY: nobody else reads the environment meanwhile, since there is one thread.
    unsafe { libc::clearenv() };
}

/// Ends the process at once, without running destructors or `atexit` handlers of a copied parent.
pub(in super::super) fn exit(status: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(status) }
}

/// A child that has ended.
pub(in super::super) struct Reaped {
    pub pid: libc::pid_t,
    pub exit: Exit,
    pub usage: Usage,
}

/// Reaps child `pid` (-1: any). `None` when none has ended, and `wait` is false.
pub(in super::super) fn reap(pid: libc::pid_t, wait: bool) -> io::Result<Option<Reaped>> {
    let mut status = 0;
    // SAFETY: all-zero is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let flags = if wait { 0 } else { libc::WNOHANG };
    // SAFETY: both pointers are to live, writable values.
    let pid = check(unsafe { libc::wait4(pid, &raw mut status, flags, &raw mut usage) })?;
    if pid == 0 {
        return Ok(None);
    }
    let exit = if libc::WIFSIGNALED(status) {
        Exit::Signal(libc::WTERMSIG(status))
    } else {
        Exit::Code(libc::WEXITSTATUS(status))
    };
    let usage = Usage {
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        max_rss: u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024,
    };
    Ok(Some(Reaped { pid, exit, usage }))
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_usec).unwrap_or(0) * 1000)
}

/// Whether a child has been stopped since this was asked for the last time.
pub(in super::super) fn is_stopped(child: libc::pid_t) -> bool {
    let Some(child) = Pid::from_raw(child) else {
        return false;
    };
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
    matches!(waitid(WaitId::Pid(child), options), Ok(Some(_)))
}

/// Waits until a child has ended, or the other end of `control` has hung up and `patience` has passed since then; whether
/// the child has ended. It is not reaped.
pub(in super::super) fn ends_in_time(
    child: libc::pid_t,
    control: &OwnedFd,
    patience: Duration,
) -> io::Result<bool> {
    let child = Pid::from_raw(child).ok_or(io::ErrorKind::InvalidInput)?;
    let child = pidfd_open(child, PidfdFlags::empty())?;
    let mut fds = [
        PollFd::new(&child, PollFlags::IN),
        PollFd::new(control, PollFlags::RDHUP),
    ];
    retry_on_intr(|| poll(&mut fds, None))?;
    let [child, _] = &mut fds;
    if child.revents().is_empty() {
        let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
        retry_on_intr(|| poll(std::slice::from_mut(child), Some(&patience)))?;
    }
    Ok(!child.revents().is_empty())
}

/// Sends a signal to a process, or with a negative number to a group.
pub(in super::super) fn kill(pid: libc::pid_t, signal: i32) -> io::Result<()> {
    // SAFETY: no pointers.
    check(unsafe { libc::kill(pid, signal) }).map(|_| ())
}

/// Blocks `SIGCHLD` and gives a descriptor that becomes readable instead.
pub(in super::super) fn child_signal() -> io::Result<OwnedFd> {
    // SAFETY: the set is initialised by `sigemptyset` before use; the descriptor is new.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        check(libc::sigprocmask(
            libc::SIG_BLOCK,
            &raw const set,
            std::ptr::null_mut(),
        ))?;
        let fd = check(libc::signalfd(
            -1,
            &raw const set,
            libc::SFD_CLOEXEC | libc::SFD_NONBLOCK,
        ))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Gives every signal its default action and unblocks all: what a program expects to start with.
pub(in super::super) fn default_signals() {
    // SAFETY: the set is initialised by `sigemptyset`; setting a default action installs no code. The
    // calls fail for SIGKILL, SIGSTOP and two signals of the C library's own, which is as it should be.
    unsafe {
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}

/// Sets both limits of a resource.
pub(in super::super) fn limit(resource: Resource, value: u64) -> io::Result<()> {
    Ok(setrlimit(
        resource,
        Rlimit {
            current: Some(value),
            maximum: Some(value),
        },
    )?)
}

/// Limits a resource that rustix has no name for.
pub(in super::super) fn limit_message_queues() -> io::Result<()> {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a live value.
    check(unsafe { libc::setrlimit(libc::RLIMIT_MSGQUEUE, &raw const none) }).map(|_| ())
}

/// Runs only on `count` of the processors it may run on, beginning with a different one per `slot`.
pub(in super::super) fn restrict_processors(count: u32, slot: u32) -> io::Result<()> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    let usable: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|cpu| allowed.is_set(*cpu))
        .collect();
    let count = count.max(1) as usize;
    if usable.len() <= count {
        return Ok(());
    }
    let mut chosen = CpuSet::new();
    for at in 0..count {
        chosen.set(usable[(slot as usize * count + at) % usable.len()]);
    }
    Ok(rustix::thread::sched_setaffinity(None, &chosen)?)
}

/// Becomes this user and group; the supplementary groups stay.
pub(in super::super) fn become_user(uid: u32, gid: u32) -> io::Result<()> {
    // SAFETY: no pointers.
    unsafe {
        check(libc::setresgid(gid, gid, gid))?;
        check(libc::setresuid(uid, uid, uid))?;
    }
    Ok(())
}

/// Becomes the parent of orphans below this process, so that none gets away.
pub(in super::super) fn adopt_orphans() -> io::Result<()> {
    // SAFETY: this operation takes numbers only.
    let result = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1 as libc::c_ulong, 0, 0, 0) };
    check(result).map(|_| ())
}

/// Leaves all supplementary groups.
pub(in super::super) fn leave_groups() -> io::Result<()> {
    // SAFETY: a count of zero reads nothing.
    check(unsafe { libc::setgroups(0, std::ptr::null()) }).map(|_| ())
}

/// Takes every capability but `keep` out of the set that programs could ever regain.
pub(in super::super) fn bound_capabilities(keep: Option<u32>) {
    /// More than any kernel has; the first one refused ends the loop.
    const MANY: u32 = 64;
    for capability in (0..MANY).filter(|capability| Some(*capability) != keep) {
        // SAFETY: this operation takes numbers only.
        let result = unsafe {
            libc::prctl(
                libc::PR_CAPBSET_DROP,
                libc::c_ulong::from(capability),
                0,
                0,
                0,
            )
        };
        if result < 0 {
            break;
        }
    }
    // Lets `keep` survive the change of user that comes next.
    // SAFETY: as above.
    unsafe {
        libc::prctl(
            libc::PR_SET_KEEPCAPS,
            libc::c_ulong::from(keep.is_some()),
            0,
            0,
            0,
        )
    };
}

/// Gives up every capability for good, but for `keep`, which survives exec.
pub(in super::super) fn drop_capabilities(keep: Option<u32>) -> io::Result<()> {
    let bit = keep.map_or(0, |capability| 1u64 << capability);
    let (low, high) = (bit as u32, (bit >> 32) as u32);
    // A header and two times three words, in the layout of version 3 (linux/capability.h).
    let header = [0x2008_0522_u32, 0];
    let data = [low, low, low, high, high, high];
    // SAFETY: `capset` reads the two arrays, which have the length that this version says; the prctl
    // operations take numbers only.
    unsafe {
        libc::prctl(
            libc::PR_CAP_AMBIENT,
            libc::PR_CAP_AMBIENT_CLEAR_ALL,
            0,
            0,
            0,
        );
        check(libc::syscall(
            libc::SYS_capset,
            header.as_ptr(),
            data.as_ptr(),
        ))?;
        if let Some(capability) = keep {
            let raise = libc::PR_CAP_AMBIENT_RAISE;
            check(libc::prctl(
                libc::PR_CAP_AMBIENT,
                raise,
                libc::c_ulong::from(capability),
                0,
                0,
            ))?;
        }
    }
    Ok(())
}

/// Marks every descriptor from `first` on as close-on-exec.
pub(in super::super) fn close_on_exec_from(first: u32) -> io::Result<()> {
    let flags = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: no pointers; no descriptor is closed before exec.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, flags) }).map(|_| ())
}

/// Closes every descriptor from `first` on.
///
/// # Safety
/// None of them may be in use, or owned by a live value.
pub(in super::super) unsafe fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: no pointers; the caller promises that nobody uses the descriptors.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(|_| ())
}

/// Puts a copy of `fd` at the number `at`, open across exec.
pub(in super::super) fn duplicate_to(fd: libc::c_int, at: libc::c_int) -> io::Result<()> {
    // SAFETY: no pointers. What was at `at` is one of the three standard descriptors, or the caller's
    // to replace.
    check(unsafe { libc::dup2(fd, at) }).map(|_| ())
}

/// Ends this thread, and with it a process that has only this one, without the call by which processes end.
pub(in super::super) fn exit_thread(status: i32) -> ! {
    // SAFETY: no pointers; the call does not return.
    unsafe { libc::syscall(libc::SYS_exit, status) };
    exit(status)
}

/// Replaces the program. Returns only an error.
pub(in super::super) fn execute(file: &CStr, argv: &[CString], env: &[CString]) -> io::Error {
    let pointers = |strings: &[CString]| {
        let pointers = strings.iter().map(|s| s.as_ptr());
        pointers
            .chain(std::iter::once(std::ptr::null()))
            .collect::<Vec<_>>()
    };
    let (argv, env) = (pointers(argv), pointers(env));
    // SAFETY: both arrays end with a null and point at C strings that outlive the call.
    unsafe { libc::execve(file.as_ptr(), argv.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_not_waited_for_when_nobody_wants_it_any_more() {
        let (control, other) = super::super::super::fork_server::packet_pair().unwrap();
        let mut child = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let pid = child.id().cast_signed();
        drop(other);
        assert!(!ends_in_time(pid, &control, Duration::from_millis(20)).unwrap());
        child.kill().unwrap();
        assert!(ends_in_time(pid, &control, Duration::from_secs(600)).unwrap());
        child.wait().unwrap();
    }
}
