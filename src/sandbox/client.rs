//! The grader's handle of a sandbox.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::assemble::{blueprint, extra_files};
use super::error::{BrokerError, Failure, SandboxError};
use super::event::{SandboxEvent, Usage};
use super::link::{self, Hold, Link, Reply, Report};
use super::spares::{Kind, Spares};
use super::sys::memory::Mapped;
use super::wire::{Answer, Call, Ready};
use super::{
    Caps, Config, Image, ImageFile, Launch, Launcher, Level, ProgramId, RingSpec, Snapshot,
    SocketRequest, WhyLeftOut,
};

use crate::event::SocketCall;

/// A running sandbox. Dropping it kills everything inside, in the background.
#[derive(Debug)]
pub struct Sandbox {
    hold: Hold,
    /// Which life of the sandbox this is.
    life: u64,
    events: Option<mpsc::UnboundedReceiver<SandboxEvent>>,
    ready: Ready,
    capture: Recorder,
    ring: Option<RingSpec>,
    closed: oneshot::Receiver<Closed>,
    programs: AtomicU32,
    /// Where it may wait to be used again.
    spares: Option<(Spares, Kind)>,
}

/// The recording socket until somebody takes it.
#[derive(Debug)]
struct Recorder(Mutex<Option<OwnedFd>>);

impl Recorder {
    fn take(&self) -> Option<OwnedFd> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Closing a packet socket waits for two RCU grace periods, 20 ms and more.
        if let (Some(socket), Ok(runtime)) = (self.take(), Handle::try_current()) {
            runtime.spawn_blocking(move || drop(socket));
        }
    }
}

/// What is left of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// What everything inside used, init included.
    pub usage: Usage,
}

/// A program that was started. The descriptors block; making them non-blocking does not affect the
/// program, which has the other ends.
#[derive(Debug)]
pub struct Program {
    /// Its number.
    pub id: ProgramId,
    /// The writing end of its standard input; of a terminal, the same as `stdout`.
    pub stdin: Option<OwnedFd>,
    /// The reading end of its standard output.
    pub stdout: OwnedFd,
    /// The reading end of its standard error.
    pub stderr: OwnedFd,
}

/// Looks into a sandbox, which does not live longer for it.
#[derive(Clone, Debug)]
pub struct Inspector {
    link: Arc<Link>,
    life: u64,
}

impl Inspector {
    /// A snapshot after [`Sandbox::flush`], where that is not refused.
    ///
    /// # Errors
    /// Only when the sandbox has ended.
    pub async fn flushed_snapshot(&self) -> Result<Snapshot, BrokerError> {
        self.look(true).await
    }

    async fn look(&self, flushed: bool) -> Result<Snapshot, BrokerError> {
        match self
            .link
            .call(self.life, Call::Snapshot { flushed })
            .await?
        {
            (Answer::Snapshot(snapshot), _) => Ok(*snapshot),
            _ => Err(BrokerError::Confused),
        }
    }
}

impl Sandbox {
    /// Builds a sandbox.
    ///
    /// # Errors
    /// Names the step that this machine refused.
    pub async fn launch(launcher: &Launcher, config: Config) -> Result<Sandbox, SandboxError> {
        Self::launch_reporting(launcher, config, None).await
    }

    /// Builds a sandbox, and tells each step that succeeded with what it took, in nanoseconds.
    pub(super) async fn launch_reporting(
        launcher: &Launcher,
        config: Config,
        step: Option<&mut Report<'_>>,
    ) -> Result<Sandbox, SandboxError> {
        let blueprint = blueprint(launcher, &config, step.is_some());
        let spares = config.spares.clone();
        let spares = spares.map(|spares| (spares, Kind::new(&blueprint, &config)));
        let renewed = match &spares {
            Some((spares, kind)) => spares.renew(kind, &config).await,
            None => None,
        };
        let (hold, life) = match renewed {
            Some(renewed) => renewed,
            None => {
                let extra = extra_files(&config).map_err(SandboxError::died)?;
                let packs = config.image.packed();
                let packs = packs.and_then(|image| Ok([image, extra.packed()?]));
                let packs = packs.map_err(SandboxError::died)?;
                link::build(launcher, blueprint, &packs, step).await?
            }
        };
        Ok(Sandbox {
            hold,
            life: life.number,
            events: Some(life.events),
            ready: life.ready,
            capture: Recorder(Mutex::new(life.capture)),
            ring: config.capture,
            closed: life.closed,
            programs: AtomicU32::new(0),
            spares,
        })
    }

    async fn call(&self, call: Call) -> Reply {
        self.hold.call(self.life, call).await
    }

    /// How well it isolates.
    #[must_use]
    pub fn level(&self) -> Level {
        self.ready.level
    }

    /// What this machine could not give, though the sandbox stands.
    #[must_use]
    pub fn missing(&self) -> &[Failure] {
        &self.ready.missing
    }

    /// Where an absolute path of the sandbox is for its programs: itself, but for level F.
    #[must_use]
    pub fn path(&self, inside: &Path) -> PathBuf {
        self.ready
            .root
            .join(inside.strip_prefix("/").unwrap_or(inside))
    }

    /// Makes a socket inside.
    ///
    /// # Errors
    /// The kernel's refusal, for example an address in use.
    pub async fn socket(&self, request: SocketRequest) -> Result<OwnedFd, BrokerError> {
        let (_, fds) = self.call(Call::Socket(request)).await?;
        fds.into_iter().next().ok_or(BrokerError::Confused)
    }

    /// Starts a program; returns once it runs.
    ///
    /// # Errors
    /// The command does not exist or cannot be executed.
    pub async fn spawn(&self, launch: Launch) -> Result<Program, BrokerError> {
        let id = ProgramId(self.programs.fetch_add(1, Ordering::Relaxed) + 1);
        let (answer, fds) = self
            .call(Call::Spawn {
                program: id,
                launch,
            })
            .await?;
        let mut fds = fds.into_iter();
        let stdin = match answer {
            Answer::Spawned { stdin: true } => fds.next(),
            Answer::Spawned { stdin: false } => None,
            _ => return Err(BrokerError::Confused),
        };
        match (fds.next(), fds.next()) {
            (Some(stdout), Some(stderr)) => Ok(Program {
                id,
                stdin,
                stdout,
                stderr,
            }),
            _ => Err(BrokerError::Confused),
        }
    }

    /// Signals a program's first process, or with `whole_group` every process that descends from it.
    ///
    /// # Errors
    /// It does not run any more.
    pub async fn signal(
        &self,
        program: ProgramId,
        signal: i32,
        whole_group: bool,
    ) -> Result<(), BrokerError> {
        self.call(Call::Signal {
            program,
            signal,
            whole_group,
        })
        .await
        .map(|_| ())
    }

    /// The processes and sockets inside, now.
    ///
    /// # Errors
    /// Only when the sandbox has ended.
    pub async fn snapshot(&self) -> Result<Snapshot, BrokerError> {
        self.inspector().look(false).await
    }

    /// Lets all packets that were sent inside before arrive at their sockets.
    ///
    /// # Errors
    /// When the kernel refuses a socket, or the sandbox has ended.
    pub async fn flush(&self) -> Result<(), BrokerError> {
        match self.call(Call::Flush).await? {
            (Answer::Ok, _) => Ok(()),
            _ => Err(BrokerError::Confused),
        }
    }

    /// For tasks that only look.
    #[must_use]
    pub fn inspector(&self) -> Inspector {
        Inspector {
            link: Arc::clone(&self.hold),
            life: self.life,
        }
    }

    /// The calls on its sockets of a program that was launched with [`Launch::story`]: what init's clock said
    /// when it answered, the calls with their times on that clock, and how many more there were.
    ///
    /// # Errors
    /// Only when the sandbox has ended.
    pub async fn calls(
        &self,
        program: ProgramId,
    ) -> Result<(u64, Vec<SocketCall>, u64), BrokerError> {
        match self.call(Call::Story { program }).await? {
            (Answer::Story { now, calls, more }, _) => Ok((now, calls, more)),
            _ => Err(BrokerError::Confused),
        }
    }

    /// Copies of files in `/box` that match one of the globs, as they are now; all files when there is
    /// no glob. What was found and not taken is in [`Image::left_out`].
    ///
    /// # Errors
    /// A glob that is none.
    pub async fn collect(&self, patterns: Vec<String>, caps: Caps) -> Result<Image, BrokerError> {
        let (answer, fds) = self.call(Call::Collect { patterns, caps }).await?;
        let (Answer::Collected { left_out }, Some(pack)) = (answer, fds.first()) else {
            return Err(BrokerError::Confused);
        };
        let pack = Mapped::new(pack).map_err(|_| BrokerError::Confused)?;
        let mut image = Image::from_pack(pack.bytes());
        image.set_left_out(left_out);
        Ok(image)
    }

    /// All files in `/box`, under the default caps.
    ///
    /// # Errors
    /// Only when the sandbox has ended.
    pub async fn collect_box(&self) -> Result<Image, BrokerError> {
        self.collect(Vec::new(), Caps::default()).await
    }

    /// The first file in `/box`, by path, that matches `pattern`: a glob for the relative path, or one
    /// without a slash for the name in any directory; case does not matter. At most `bytes` long.
    ///
    /// # Errors
    /// The pattern is no glob, or the sandbox has ended.
    pub async fn read_file(
        &self,
        pattern: &str,
        bytes: u64,
    ) -> Result<Option<ImageFile>, BrokerError> {
        let anywhere = if pattern.contains('/') { "" } else { "**/" };
        let caps = Caps {
            bytes,
            ..Caps::default()
        };
        let found = self
            .collect(vec![format!("{anywhere}{pattern}")], caps)
            .await?;
        // A socket or FIFO is there, too, and has no content.
        let special = || {
            let special = found
                .left_out()
                .iter()
                .find(|left| left.why == WhyLeftOut::Special);
            special.map(|left| ImageFile {
                path: left.path.clone(),
                mode: 0,
                bytes: Arc::new([]),
            })
        };
        Ok(found.files().first().cloned().or_else(special))
    }

    /// Begins or ceases to report which sockets of a program listen.
    ///
    /// # Errors
    /// Only when the sandbox has ended.
    pub async fn watch(&self, program: ProgramId, on: bool) -> Result<(), BrokerError> {
        self.call(Call::Watch { program, on }).await.map(|_| ())
    }

    /// The next event; `None` once the sandbox has ended, or after [`Sandbox::events`].
    pub async fn next_event(&mut self) -> Option<SandboxEvent> {
        self.events.as_mut()?.recv().await
    }

    /// The stream of events, to be read elsewhere; empty when it was taken before.
    pub fn events(&mut self) -> mpsc::UnboundedReceiver<SandboxEvent> {
        self.events
            .take()
            .unwrap_or_else(|| mpsc::unbounded_channel().1)
    }

    /// The recording capture socket and the shape of its ring, the first time. Closing it blocks for
    /// some 20 ms (the kernel waits for RCU grace periods): do so on a thread that may block.
    pub fn capture_socket(&self) -> Option<(OwnedFd, RingSpec)> {
        Some((self.capture.take()?, self.ring?))
    }

    /// Kills everything inside, and returns once it is dead.
    pub async fn close(self) -> Closed {
        let Sandbox { hold, closed, .. } = self;
        drop(hold);
        closed.await.unwrap_or_default()
    }

    /// Kills everything inside, in the background, and lets the sandbox wait to be used again, if that was wanted when
    /// it was launched.
    pub fn put_by(self) {
        let Sandbox { hold, spares, .. } = self;
        if let Some((spares, kind)) = spares
            && hold.clear().is_ok()
        {
            spares.keep(kind, hold);
        }
    }
}
