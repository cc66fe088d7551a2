//! Process 1 of a sandbox: builds it, then serves the grader until the grader is gone.
//!
//! One thread, one `poll`. It waits for nobody but the grader, whose death it must notice anyway: with
//! it goes the control socket, then init, and with init the kernel kills everything inside. It never
//! waits for a student's program and believes nothing that one could have written.

mod broker;
mod buffers;
mod build;
mod collect;
mod counters;
mod files;
mod flush;
pub(super) mod host;
mod inspect;
mod meter;
mod network;
mod outer;
mod probe;
mod proc;
mod programs;
mod renew;
mod story;
mod student;
mod terminal;
mod watch;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use self::flush::Flush;
use self::meter::Meter;
use self::outer::Outer;
use self::programs::Programs;
use self::story::Stories;
use self::watch::Watch;
use super::error::{At, Failure, Step};
use super::event::SandboxEvent;
use super::group::Entrance;
use super::sys::netlink::Netlink;
use super::sys::{monotonic, process};
use super::wire::{self, Answer, Blueprint, Call, Message, Refusal, Request};
use super::{Level, NOBODY, STUDENT};

/// Who the sandbox is to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// Root inside, with a range of ids; the student is somebody else.
    Range = b'R' as isize,
    /// One id only: init and the student are the same user, and differ in capabilities.
    Single = b'S' as isize,
    /// No namespaces: programs run as the grader's user.
    Host = b'H' as isize,
    /// No namespaces, and the grader is root: programs run as nobody.
    HostRoot = b'N' as isize,
}

impl Identity {
    /// The user that programs become, when it is not the one that init is.
    fn student(self) -> Option<u32> {
        match self {
            Identity::Range => Some(STUDENT),
            Identity::HostRoot => Some(NOBODY),
            Identity::Single | Identity::Host => None,
        }
    }

    /// Whether the files and processes of the host are in sight.
    fn on_host(self) -> bool {
        matches!(self, Identity::Host | Identity::HostRoot)
    }
}

/// What init begins with.
pub(super) struct Start {
    pub blueprint: Blueprint,
    /// The image and the extra files.
    pub packs: Vec<OwnedFd>,
    pub control: OwnedFd,
    /// Its end means that the helper is dead.
    pub lifeline: OwnedFd,
    /// The control group for the programs.
    pub group: Option<Entrance>,
}

/// What stays when the sandbox is renewed.
struct Kept {
    control: OwnedFd,
    blueprint: Blueprint,
    identity: Identity,
    outer: Outer,
    group: Option<Rc<Entrance>>,
    level: Level,
    /// What this kernel or machine does not give; of the network, the network knows.
    missing: Vec<Failure>,
    /// Whether the kernel answers all questions about sockets.
    lists_sockets: bool,
}

/// Everything that init knows.
struct Init {
    kept: Kept,
    programs: Programs,
    watch: Watch,
    meter: Meter,
    stories: Stories,
    /// Opened when it is first needed.
    flush: Option<Flush>,
    /// Held open, see `network`.
    _route: Option<Netlink>,
}

/// The whole life of init.
pub(super) fn main(start: Start) -> ! {
    let lifeline = start.lifeline.try_clone();
    let control = start.control.try_clone();
    let lived = lifeline
        .at(Step::Run, "dup")
        .and_then(|lifeline| live(start, &lifeline));
    let status = match lived {
        Ok(()) => 0,
        Err(failure) => {
            if let Ok(control) = control {
                let _ = wire::send(control.as_fd(), &Message::Failed(failure), &[], true);
            }
            1
        }
    };
    process::exit(status)
}

/// Serves until the grader or the helper is gone, with as many lives as the grader wants.
fn live(start: Start, lifeline: &OwnedFd) -> Result<(), Failure> {
    let mut init = build::build(start)?;
    let children = process::child_signal().at(Step::Run, "signalfd")?;
    loop {
        let served = init.serve(&children, lifeline);
        let Some(kept) = served.at(Step::Run, "serve")? else {
            return Ok(());
        };
        match renew::renewed(kept, lifeline)? {
            Some(renewed) => init = renewed,
            None => return Ok(()),
        }
    }
}

/// What there is to do after a request.
enum Next {
    Serve,
    /// All programs are dead, and the sandbox may be renewed.
    Clear,
    /// The grader has gone.
    End,
}

impl Init {
    /// Serves until the grader or the helper is gone, or wants the sandbox cleared; then what is kept of it.
    fn serve(mut self, children: &OwnedFd, lifeline: &OwnedFd) -> io::Result<Option<Kept>> {
        let mut more = false;
        loop {
            let next = self.watch.next().into_iter().chain(self.meter.next()).min();
            // The signal for those that are left to reap may have been read already.
            let next = if more { Some(0) } else { next };
            let timeout = next.map(|at| at.saturating_sub(monotonic()));
            let timeout = timeout.map(|ns| Timespec::try_from(Duration::from_nanos(ns)));
            let timeout = timeout.transpose().map_err(io::Error::other)?;
            let fds = [&self.kept.control, children, lifeline].into_iter();
            let mut fds: Vec<PollFd<'_>> = fds
                .chain(self.stories.listeners())
                .map(|fd| PollFd::new(fd, PollFlags::IN))
                .collect();
            match poll(&mut fds, timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
            let [control, child, helper] = [0, 1, 2].map(|at| ready(&fds[at]));
            let told = fds[3..].iter().any(ready);
            if helper {
                return Ok(None);
            }
            if told {
                self.stories.serve();
            }
            if child {
                let mut signals = [0; 1024];
                let _ = rustix::io::read(children, &mut signals);
            }
            if child || more {
                more = self.reap()?;
            }
            if self.watch.next().is_some_and(|at| at <= monotonic()) {
                let events = self.watch.look(&mut self.programs);
                self.report(events)?;
            }
            if self.meter.next().is_some_and(|at| at <= monotonic()) {
                let events = self.meter.look(&mut self.programs);
                self.report(events)?;
            }
            // Last: an answer can be much work.
            match control.then(|| self.request()).transpose()? {
                None | Some(Next::Serve) => {}
                Some(Next::End) => return Ok(None),
                Some(Next::Clear) => {
                    self.programs.kill_everything();
                    let clear = renew::drain(&self.kept, children, lifeline)?;
                    // All the rest ends here, and with it what holds the network.
                    return Ok(clear.then_some(self.kept));
                }
            }
        }
    }

    /// Whether there may be more to reap.
    fn reap(&mut self) -> io::Result<bool> {
        let (ended, more) = self.programs.reap();
        if ended.is_empty() {
            return Ok(more);
        }
        // What it listened on is gone with it; say so before saying that it is gone.
        let mut events = self.watch.look(&mut self.programs);
        events.extend(self.meter.behind(&ended));
        events.extend(ended);
        self.report(events)?;
        Ok(more)
    }

    fn report(&self, events: Vec<SandboxEvent>) -> io::Result<()> {
        for event in events {
            self.send(&Message::Event(event), &[])?;
        }
        Ok(())
    }

    fn send(&self, message: &Message, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        wire::send(self.kept.control.as_fd(), message, fds, true)
    }

    /// Serves one request.
    fn request(&mut self) -> io::Result<Next> {
        let received = match wire::receive::<Request>(self.kept.control.as_fd(), false) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Next::Serve),
            Err(error) => return Err(error),
            Ok(received) => received,
        };
        let (id, call) = match received {
            Some((Request::Call { id, call }, _)) => (id, call),
            // On the host it would be everybody's.
            Some((Request::Clear, _)) if !self.kept.identity.on_host() => return Ok(Next::Clear),
            _ => return Ok(Next::End),
        };
        let (answer, fds) = match self.serve_call(call) {
            Ok((answer, fds)) => (Ok(answer), fds),
            Err(refusal) => (Err(refusal), Vec::new()),
        };
        let borrowed: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        self.send(&Message::Answer { id, answer }, &borrowed)?;
        Ok(Next::Serve)
    }

    fn flush(&mut self) -> io::Result<()> {
        // The host's own network is everybody's.
        if self.kept.identity.on_host() {
            return Ok(());
        }
        if self.flush.is_none() {
            let flush = Flush::open()?;
            self.watch.not_a_students(flush.socket());
            self.flush = Some(flush);
        }
        match &mut self.flush {
            Some(flush) => flush.flush(),
            None => Ok(()),
        }
    }

    fn serve_call(&mut self, call: Call) -> Result<(Answer, Vec<OwnedFd>), Refusal> {
        match call {
            Call::Socket(request) => {
                let socket = broker::socket(
                    &request,
                    &self.kept.blueprint.root.join("box"),
                    self.kept.identity.student(),
                )?;
                self.watch.not_a_students(&socket);
                Ok((Answer::Socket, vec![socket]))
            }
            Call::Spawn { program, launch } => {
                let watched = launch.watch;
                let started = self
                    .programs
                    .spawn(program, &launch, &self.kept.blueprint)?;
                self.watch.arm(program, watched);
                self.meter.started(program, launch.limits);
                if let Some(listener) = started.story {
                    self.stories.add(program, listener);
                }
                let fds: Vec<_> = started
                    .stdin
                    .into_iter()
                    .chain([started.stdout, started.stderr])
                    .collect();
                Ok((
                    Answer::Spawned {
                        stdin: fds.len() == 3,
                    },
                    fds,
                ))
            }
            Call::Signal {
                program,
                signal,
                whole_group,
            } => {
                self.programs.signal(program, signal, whole_group)?;
                Ok((Answer::Ok, Vec::new()))
            }
            Call::Watch { program, on } => {
                self.watch.arm(program, on);
                Ok((Answer::Ok, Vec::new()))
            }
            Call::Story { program } => {
                let (calls, more) = self.stories.calls(program);
                let now = monotonic();
                Ok((Answer::Story { now, calls, more }, Vec::new()))
            }
            Call::Snapshot { flushed } => {
                if flushed {
                    // Where it is refused, one look without it is better than none.
                    let _ = self.flush();
                }
                // A thread that waits for us would look as if it waited in its call.
                self.stories.serve();
                let snapshot = inspect::snapshot(&mut self.programs, self.watch.diag());
                Ok((Answer::Snapshot(Box::new(snapshot)), Vec::new()))
            }
            Call::Flush => {
                self.flush().map_err(|error| Refusal::of("flush", &error))?;
                Ok((Answer::Ok, Vec::new()))
            }
            Call::Collect { patterns, caps } => {
                let (pack, left_out) =
                    collect::collect(&self.kept.blueprint.root.join("box"), &patterns, caps)?;
                Ok((Answer::Collected { left_out }, vec![pack]))
            }
        }
    }
}
