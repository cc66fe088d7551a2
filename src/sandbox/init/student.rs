//! From a copy of init to a student's program: everything between `fork` and `exec`.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd as _, AsRawFd, IntoRawFd as _, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Resource;

use super::Identity;
use crate::sandbox::config::Limits;
use crate::sandbox::error::STOPPED;
use crate::sandbox::sys::{landlock, notify, process, seccomp};
use crate::sandbox::wire::Refusal;

/// Headroom of one process over the memory of the sandbox: `RLIMIT_DATA` counts what is reserved
/// (Java's heap, thread stacks), the limit on memory what is used.
const DATA_FACTOR: u64 = 2;
const DATA_HEADROOM: u64 = 256 << 20;

/// Standard input, on the program's side.
pub(super) enum Stdin {
    Null,
    Pipe(OwnedFd),
    /// The controlling terminal.
    Terminal(OwnedFd),
}

/// A program about to be.
pub(super) struct Student<'a> {
    pub file: CString,
    pub argv: Vec<CString>,
    pub env: Vec<CString>,
    pub cwd: CString,
    pub stdin: Stdin,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
    /// Where a failure is reported; closed by a successful `exec`.
    pub report: OwnedFd,
    pub limits: &'a Limits,
    /// For the user of this sandbox; `None` where the kernel counts all processes of the host's user.
    pub processes: Option<u32>,
    /// A capability that the program keeps.
    pub keep: Option<u32>,
    pub slot: u32,
    pub identity: Identity,
    pub filter: &'a seccomp::Filter,
    /// Of the control group.
    pub doors: &'a [OwnedFd],
    pub rules: Option<&'a landlock::Rules>,
    /// For a program whose calls are followed: the filter that tells of them, and where its listener goes.
    pub story: Option<(seccomp::Filter, OwnedFd)>,
}

impl Student<'_> {
    /// Becomes the program, or reports why not and ends.
    pub fn run(&self) -> ! {
        let (call, error) = match self.become_it() {
            Err(failed) => failed,
            Ok(()) => {
                let error = process::execute(&self.file, &self.argv, &self.env);
                (format!("exec {}", self.file.to_string_lossy()), error)
            }
        };
        let errno = error.raw_os_error().unwrap_or(libc::EIO);
        let mut report = errno.to_ne_bytes().to_vec();
        report.extend_from_slice(call.as_bytes());
        // By calls that nobody is told of: who would be told waits for this very report.
        let _ = notify::write_unseen(self.report.as_fd(), &report);
        process::exit_thread(127)
    }

    fn become_it(&self) -> Result<(), (String, io::Error)> {
        process::default_signals();
        for door in self.doors {
            // 0 is whoever writes it.
            rustix::io::write(door, b"0").at("enter the control group")?;
        }
        rustix::process::setsid().at("setsid")?;
        self.descriptors().at("dup2")?;
        self.limit().at("setrlimit")?;
        process::bound_capabilities(self.keep);
        if let Some(user) = self.identity.student() {
            process::become_user(user, user).at("setresuid")?;
        }
        let directory = self.cwd.to_string_lossy();
        rustix::process::chdir(self.cwd.as_c_str()).at(&format!("chdir {directory}"))?;
        process::drop_capabilities(self.keep).at("capset")?;
        rustix::thread::set_no_new_privs(true).at("PR_SET_NO_NEW_PRIVS")?;
        if let Some(rules) = self.rules {
            rules.apply().at("landlock_restrict_self")?;
        }
        process::close_on_exec_from(3).at("close_range")?;
        // Last: it may forbid what is above.
        self.filter.install().at("seccomp")?;
        if let Some((filter, to)) = &self.story
            && let Ok(listener) = filter.install_with_listener()
        {
            notify::hand_over(to.as_fd(), listener.as_fd()).at("hand the listener over")?;
            // It closes at exec. To close it now would be a call that waits for an answer.
            let _ = listener.into_raw_fd();
        }
        Ok(())
    }

    fn descriptors(&self) -> io::Result<()> {
        let null;
        let stdin = match &self.stdin {
            Stdin::Pipe(fd) | Stdin::Terminal(fd) => fd,
            Stdin::Null => {
                null = OwnedFd::from(File::open("/dev/null")?);
                &null
            }
        };
        for (fd, at) in [(stdin, 0), (&self.stdout, 1), (&self.stderr, 2)] {
            process::duplicate_to(fd.as_raw_fd(), at)?;
        }
        if let Stdin::Terminal(terminal) = &self.stdin {
            // After `setsid`: so that ^C reaches the program.
            rustix::process::ioctl_tiocsctty(terminal)?;
        }
        Ok(())
    }

    fn limit(&self) -> io::Result<()> {
        let limits = self.limits;
        let data = limits
            .memory
            .saturating_mul(DATA_FACTOR)
            .saturating_add(DATA_HEADROOM);
        // The watch kills at the limit and says so; this one is for a program that init cannot see. It counts whole
        // ticks, whoever had most of each: on a busy machine many more than the program's own time.
        let cpu = limits.cpu.as_secs().saturating_mul(2).saturating_add(2);
        for (resource, value) in [
            // Not 0: that is no limit for a pipe to the system's collector of cores (core(5)). 1 byte stops
            // both, since no core is that small.
            (Resource::Core, 1),
            (Resource::Cpu, cpu),
            (Resource::Data, data),
            (Resource::Fsize, limits.file_size),
            (Resource::Memlock, 64 << 10),
            (Resource::Nofile, limits.open_files.into()),
        ] {
            process::limit(resource, value)?;
        }
        process::limit_message_queues()?;
        if let Some(processes) = self.processes {
            process::limit(Resource::Nproc, processes.into())?;
        }
        process::restrict_processors(limits.cpus, self.slot)
    }
}

/// What came of it: `None` once the program runs.
///
/// It ends at once, since all that stands between is code of ours, up to `exec`; unless another program that runs
/// already stops the child as soon as it has become the same user. Then it is woken for a second, and killed.
pub(super) fn outcome(report: OwnedFd, child: libc::pid_t) -> Option<Refusal> {
    const LOOK: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    const LOOKS: u32 = 20;
    let mut stopped = 0;
    loop {
        let answered = poll(&mut [PollFd::new(&report, PollFlags::IN)], Some(&LOOK));
        if !matches!(answered, Ok(0) | Err(rustix::io::Errno::INTR)) {
            break;
        }
        if process::is_stopped(child) {
            stopped += 1;
            let signal = if stopped < LOOKS {
                libc::SIGCONT
            } else {
                libc::SIGKILL
            };
            let _ = process::kill(child, signal);
        }
        if stopped == LOOKS {
            return Some(Refusal::Refused {
                call: STOPPED.to_owned(),
                errno: libc::ECANCELED,
            });
        }
    }
    let mut bytes = Vec::new();
    File::from(report).take(4096).read_to_end(&mut bytes).ok()?;
    let (errno, call) = bytes.split_first_chunk::<4>()?;
    let call = String::from_utf8_lossy(call).into_owned();
    Some(Refusal::Refused {
        call,
        errno: i32::from_ne_bytes(*errno),
    })
}

trait At<T> {
    fn at(self, call: &str) -> Result<T, (String, io::Error)>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, call: &str) -> Result<T, (String, io::Error)> {
        self.map_err(|error| (call.to_owned(), error.into()))
    }
}
