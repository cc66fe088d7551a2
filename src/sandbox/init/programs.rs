//! The students' programs: started, signalled, reaped, and told apart.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};

use super::student::{self, Stdin, Student};
use super::{Identity, host, meter, proc, terminal};
use crate::sandbox::config::{Launch, ProgramId, StdinKind, StdoutKind};
use crate::sandbox::event::SandboxEvent;
use crate::sandbox::group::Entrance;
use crate::sandbox::sys::{landlock, message, monotonic, process, seccomp};
use crate::sandbox::wire::{Blueprint, Refusal};

/// The size of a terminal that only standard output is: that of the first ones.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;

/// The grader's ends of a program's pipes.
pub(super) struct Started {
    pub stdin: Option<OwnedFd>,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
    /// Where its calls are told, when they are.
    pub story: Option<OwnedFd>,
}

/// More than `student` needs: bytes, of which only those that are used take memory.
const STACK: usize = 256 << 10;

/// So many processes are a crowd: half of as many as there may be, unless a spec says otherwise.
pub(super) const CROWD: usize = 64;

/// All programs that were ever started.
pub(super) struct Programs {
    /// First process → program, while it runs.
    running: BTreeMap<libc::pid_t, ProgramId>,
    identity: Identity,
    /// Every process ever attributed; grows with the processes seen, which the process limit bounds.
    pub(super) families: proc::Families,
    /// CPU time of a program's processes that init has reaped, and of those they had reaped.
    spent: BTreeMap<ProgramId, Duration>,
    orphans: u64,
    terminals: bool,
    /// Whether the kernel counts the processes of this sandbox apart from others of the same user.
    counts_processes: bool,
    /// A capability that programs keep, because ports below 1024 could not be opened to all.
    keep: Option<u32>,
    filter: seccomp::Filter,
    rules: Option<landlock::Rules>,
    /// The control group, where there is one.
    group: Option<Rc<Entrance>>,
    /// For a program between its beginning and its `exec`.
    stack: Box<[u128]>,
}

impl Programs {
    /// With `bind_service` programs keep the right to bind low ports.
    pub fn new(identity: Identity, bind_service: bool, group: Option<Rc<Entrance>>) -> Programs {
        /// CAP_NET_BIND_SERVICE
        const BIND_SERVICE: u32 = 10;
        Programs {
            counts_processes: match identity {
                Identity::Range => true,
                // Since then counted per user *and* user namespace.
                Identity::Single => kernel_is_at_least(5, 14),
                Identity::Host | Identity::HostRoot => false,
            },
            keep: bind_service.then_some(BIND_SERVICE),
            running: BTreeMap::new(),
            identity,
            families: proc::Families::default(),
            spent: BTreeMap::new(),
            orphans: 0,
            terminals: false,
            filter: seccomp::Filter::new(false),
            rules: None,
            group,
            stack: vec![0; STACK / size_of::<u128>()].into(),
        }
    }

    /// Starts a program; the answer comes once `exec` has succeeded or failed.
    pub fn spawn(
        &mut self,
        program: ProgramId,
        launch: &Launch,
        blueprint: &Blueprint,
    ) -> Result<Started, Refusal> {
        let identity = self.identity;
        let owner = identity.student();
        self.prepare_rules(blueprint);
        let cwd = blueprint.root.join("box").join(&launch.cwd);
        let path = outer_path(blueprint, identity);
        let file = find_program(launch.argv.first(), &cwd, &path)?;
        let file = outer_program(file, blueprint, identity);
        let (stdin, grader_stdin) = self.standard_input(launch.stdin)?;
        let (stdout_read, stdout) = match (launch.stdout, &stdin, &grader_stdin) {
            (StdoutKind::Pipe, ..) => pipe(owner)?,
            (StdoutKind::Terminal, Stdin::Terminal(slave), Some(master)) => {
                let both = master
                    .try_clone()
                    .and_then(|master| Ok((master, slave.try_clone()?)));
                both.map_err(|error| Refusal::of("dup", &error))?
            }
            (StdoutKind::Terminal, ..) => self.terminal(COLUMNS, ROWS)?,
        };
        let (stderr_read, stderr) = pipe(owner)?;
        let (outcome, report) = pipe_with(PipeFlags::CLOEXEC).map_err(|e| refused("pipe", e))?;
        // Without namespaces the calls of a program are its user's own affair.
        let (listener, story) = match launch.story && !identity.on_host() {
            true => {
                let (ours, theirs) = socket_pair()?;
                (Some(ours), Some((seccomp::Filter::story(), theirs)))
            }
            false => (None, None),
        };
        let student = Student {
            file: c_string(file.as_os_str())?,
            argv: launch
                .argv
                .iter()
                .map(|arg| c_string(arg))
                .collect::<Result<_, _>>()?,
            env: environment(launch, &path, &blueprint.root.join("tmp"))?,
            cwd: c_string(cwd.as_os_str())?,
            stdin,
            stdout,
            stderr,
            report,
            limits: launch.limits.as_ref().unwrap_or(&blueprint.limits),
            processes: self.counts_processes.then_some(blueprint.limits.processes),
            keep: self.keep,
            slot: blueprint.slot,
            identity,
            filter: &self.filter,
            doors: self.group.as_ref().map_or(&[], |group| &group.doors),
            rules: self.rules.as_ref(),
            story,
        };
        let pid = match self.families.programs() {
            // SAFETY: init has one thread, and `run` neither returns nor unwinds: a panic ends the process (see `helper`).
            0 => unsafe { process::spawn(&mut self.stack, Student::run, &student) },
            // Another program may stop this one before it is executed, and then init must not stand still.
            // SAFETY: init has one thread.
            _ => match unsafe { process::fork(0) } {
                Ok(0) => student.run(),
                forked => forked,
            },
        };
        let pid = pid.map_err(|error| Refusal::of("fork", &error))?;
        drop(student);
        self.running.insert(pid, program);
        self.families.root(pid, program);
        if let Some(refusal) = student::outcome(outcome, pid) {
            // It has ended by itself; its end is not the end of a program.
            let _ = process::reap(pid, true);
            self.running.remove(&pid);
            self.families.never(pid);
            return Err(refusal);
        }
        Ok(Started {
            stdin: grader_stdin,
            stdout: stdout_read,
            stderr: stderr_read,
            story: listener.and_then(|socket| handed_over(&socket)),
        })
    }

    /// Signals the first process of a program, or everything that descends from it.
    pub fn signal(
        &mut self,
        program: ProgramId,
        signal: i32,
        whole_group: bool,
    ) -> Result<(), Refusal> {
        let root = self
            .running
            .iter()
            .find(|(_, p)| **p == program)
            .map(|(pid, _)| *pid);
        if !whole_group {
            let pid = root.ok_or(Refusal::NotRunning)?;
            return process::kill(pid, signal).map_err(|error| Refusal::of("kill", &error));
        }
        self.processes();
        // Each of them once: a second Ctrl-C would hit a program in the middle of its orderly end.
        let mut members: BTreeSet<libc::pid_t> =
            self.families.members(program).into_iter().collect();
        members.extend(root);
        if members.is_empty() {
            return Err(Refusal::NotRunning);
        }
        if signal == libc::SIGKILL {
            self.kill(program);
        }
        for pid in members {
            // One that has ended meanwhile is no failure.
            let _ = process::kill(pid, signal);
        }
        Ok(())
    }

    fn standard_input(&mut self, kind: StdinKind) -> Result<(Stdin, Option<OwnedFd>), Refusal> {
        match kind {
            StdinKind::Null => Ok((Stdin::Null, None)),
            StdinKind::Pipe => {
                let (read, write) = pipe(self.identity.student())?;
                Ok((Stdin::Pipe(read), Some(write)))
            }
            StdinKind::Terminal { columns, rows } => {
                let (master, slave) = self.terminal(columns, rows)?;
                Ok((Stdin::Terminal(slave), Some(master)))
            }
        }
    }

    /// The grader's end of a new terminal, and the program's.
    fn terminal(&mut self, columns: u16, rows: u16) -> Result<(OwnedFd, OwnedFd), Refusal> {
        if !self.terminals && !self.identity.on_host() {
            terminal::mount_devices().map_err(|e| Refusal::of("mount devpts", &e))?;
        }
        self.terminals = true;
        let opened = terminal::open(columns, rows, self.identity.student());
        opened.map_err(|e| Refusal::of("open a terminal", &e))
    }

    /// The only program that runs.
    pub fn only(&self) -> Option<ProgramId> {
        match self.running.values().collect::<Vec<_>>()[..] {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Kills all students' processes. Inside a pid namespace that is one call, which no fork outruns:
    /// a fork fails in a process that has a signal waiting.
    pub fn kill_everything(&mut self) {
        if self.identity.on_host() {
            meter::kill_all(|| self.processes().iter().map(|process| process.pid).collect());
        } else {
            // Fails when there is nobody to kill.
            let _ = process::kill(-1, libc::SIGKILL);
        }
    }

    /// The processes, not yet looked at, of the only program there has been, with its name; none where there have been
    /// several, or where other processes are beside them.
    pub fn only_family(&self) -> Option<(ProgramId, Vec<u32>)> {
        let only = self.only().filter(|_| self.families.programs() == 1)?;
        (!self.identity.on_host()).then(|| (only, self.pids()))
    }

    /// Kills every process of a program.
    pub fn kill(&mut self, program: ProgramId) {
        if self.families.programs() == 1 {
            return self.kill_everything();
        }
        meter::kill_all(|| {
            self.processes();
            self.families.members(program)
        });
    }

    /// CPU time of a program's processes that have ended as children of init.
    pub fn spent(&self, program: ProgramId) -> Duration {
        self.spent.get(&program).copied().unwrap_or_default()
    }

    /// How many processes that no program of the sandbox waited for have ended.
    pub fn orphans(&self) -> u64 {
        self.orphans
    }

    /// Reaps what has ended, a bounded number of processes: one that forks without end fills the place of each. Whether
    /// there may be more is the second value.
    pub fn reap(&mut self) -> (Vec<SandboxEvent>, bool) {
        const AT_ONCE: usize = 64;
        let mut events = Vec::new();
        for _ in 0..AT_ONCE {
            let Ok(Some(ended)) = process::reap(-1, false) else {
                return (events, false);
            };
            if let Some(program) = self.families.of(ended.pid) {
                *self.spent.entry(program).or_default() += ended.usage.cpu();
            }
            self.families.forget(ended.pid);
            if let Some(program) = self.running.remove(&ended.pid) {
                let (exit, usage, at) = (ended.exit, ended.usage, monotonic());
                events.push(SandboxEvent::Exited {
                    program,
                    exit,
                    usage,
                    at,
                });
            } else {
                self.orphans += 1;
            }
        }
        (events, true)
    }

    /// All students' processes, attributed to their programs.
    pub fn processes(&mut self) -> Vec<proc::Stat> {
        let all = proc::processes(self.pids(), self.identity.on_host());
        self.families.update(&all);
        all
    }

    /// The numbers of all processes. Where they are the students' only, a crowd of them gives way.
    fn pids(&self) -> Vec<u32> {
        let pids = proc::pids();
        if !self.identity.on_host() && pids.len() >= CROWD {
            give_way(&pids);
        }
        pids
    }

    fn prepare_rules(&mut self, blueprint: &Blueprint) {
        if self.rules.is_some() {
            return;
        }
        let rules = if self.identity.on_host() {
            host::rules(blueprint)
        } else {
            let writable = ["/box", "/tmp", "/dev", "/proc"].map(Path::new);
            landlock::Rules::new(&[Path::new("/")], &writable, false)
        };
        self.rules = rules.ok();
    }
}

/// Lets a crowd have only what of the processors nobody else wants: among a hundred that fork without end, who counts them
/// has to wait for seconds. Whom they make gets the same.
fn give_way(pids: &[u32]) {
    const LAST: i32 = 19;
    let known = pids
        .iter()
        .filter_map(|pid| rustix::process::Pid::from_raw(*pid as i32));
    for pid in known {
        let _ = rustix::process::setpriority_process(Some(pid), LAST);
    }
}

/// `PATH`: without a mount namespace, toolchains are where they are on the host.
fn outer_path(blueprint: &Blueprint, identity: Identity) -> String {
    if !identity.on_host() {
        return blueprint.path.clone();
    }
    let directories = blueprint.path.split(':').map(PathBuf::from);
    let outer = directories.map(|dir| outer_program(dir, blueprint, identity));
    outer
        .map(|dir| dir.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(":")
}

fn outer_program(inside: PathBuf, blueprint: &Blueprint, identity: Identity) -> PathBuf {
    let mut mounts = blueprint.mounts.iter().filter(|_| identity.on_host());
    let outer =
        mounts.find_map(|mount| Some(mount.source.join(inside.strip_prefix(&mount.target).ok()?)));
    outer.unwrap_or(inside)
}

/// Whether the kernel is this version or newer.
pub(super) fn kernel_is_at_least(major: u32, minor: u32) -> bool {
    let name = rustix::system::uname();
    let release = name.release().to_string_lossy();
    let mut numbers = release
        .split(['.', '-'])
        .map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (major, minor)
}

fn refused(call: &str, error: rustix::io::Errno) -> Refusal {
    Refusal::of(call, &io::Error::from(error))
}

/// A connection between init and the program before its `exec`.
fn socket_pair() -> Result<(OwnedFd, OwnedFd), Refusal> {
    let flags = SocketFlags::CLOEXEC;
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
        .map_err(|error| refused("socketpair", error))
}

/// The listener that the program has sent, if the kernel gave it one.
fn handed_over(socket: &OwnedFd) -> Option<OwnedFd> {
    let (_, mut fds) = message::receive(socket.as_fd(), &mut [0], false).ok()?;
    fds.pop()
}

/// A pipe that belongs to the student, so that opening `/dev/stdout` works.
fn pipe(owner: Option<u32>) -> Result<(OwnedFd, OwnedFd), Refusal> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(|e| refused("pipe", e))?;
    if let Some(owner) = owner {
        let owner = Some(rustix::fs::Uid::from_raw(owner));
        rustix::fs::fchown(write.as_fd(), owner, None).map_err(|e| refused("fchown", e))?;
    }
    Ok((read, write))
}

fn c_string(text: &OsStr) -> Result<CString, Refusal> {
    CString::new(text.as_bytes()).map_err(|_| Refusal::Refused {
        call: format!("{text:?} has a NUL in it"),
        errno: libc::EINVAL,
    })
}

/// What a shell would run, without the shell.
fn find_program(name: Option<&OsString>, cwd: &Path, path: &str) -> Result<PathBuf, Refusal> {
    let not_found = |name: &OsStr| Refusal::Refused {
        call: format!("{}: command not found", name.to_string_lossy()),
        errno: libc::ENOENT,
    };
    let name = name.ok_or_else(|| not_found(OsStr::new("(no command)")))?;
    if name.as_bytes().contains(&b'/') {
        return Ok(cwd.join(name));
    }
    let mut candidates = path.split(':').map(|dir| Path::new(dir).join(name));
    let runs = |path: &PathBuf| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    candidates
        .find(|path| path.is_file() && runs(path))
        .ok_or_else(|| not_found(name))
}

/// Exactly `PATH`, `HOME` and `LANG`, and what the launch adds.
fn environment(launch: &Launch, path: &str, home: &Path) -> Result<Vec<CString>, Refusal> {
    let mut all: BTreeMap<OsString, OsString> = BTreeMap::new();
    all.insert("PATH".into(), path.into());
    all.insert("HOME".into(), home.into());
    all.insert("LANG".into(), "C.UTF-8".into());
    all.extend(launch.env.iter().cloned());
    all.into_iter()
        .map(|(name, value)| {
            let mut pair = name.into_vec();
            pair.push(b'=');
            pair.extend(value.into_vec());
            c_string(OsStr::from_bytes(&pair))
        })
        .collect()
}
