//! The grader's handle of a sandbox.

use std::collections::HashMap;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::error::{BrokerError, Failure, SandboxError};
use super::event::{SandboxEvent, Usage};
use super::image::WhyLeftOut;
use super::launcher::{Isolation, Slot};
use super::sys::memory::Mapped;
use super::wire::{self, Answer, Blueprint, Call, Message, Ready, Request};
use super::{
    Caps, Config, Image, ImageFile, Launch, Launcher, Level, ProgramId, RingSpec, Snapshot,
    SocketRequest,
};

/// How long building may take on a machine that is busy beyond measure.
const LATEST: Duration = Duration::from_secs(60);

/// A running sandbox. Dropping it kills everything inside, in the background.
#[derive(Debug)]
pub struct Sandbox {
    link: Arc<Link>,
    events: Option<mpsc::UnboundedReceiver<SandboxEvent>>,
    ready: Ready,
    capture: Mutex<Option<OwnedFd>>,
    ring: Option<RingSpec>,
    closed: Option<oneshot::Receiver<Closed>>,
    programs: AtomicU32,
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

/// Is told each step of building that succeeded, and the nanoseconds that it took.
pub(super) type Report<'a> = dyn FnMut(super::Step, u64) + Send + 'a;

type Reply = Result<(Answer, Vec<OwnedFd>), BrokerError>;

/// The grader's end of the control socket, and who waits for which answer.
#[derive(Debug)]
struct Link {
    socket: AsyncFd<OwnedFd>,
    waiting: Mutex<Option<HashMap<u64, oneshot::Sender<Reply>>>>,
    next: AtomicU64,
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
        let slot = launcher.slot();
        let (socket, helper) = start_helper(launcher)?;
        let link = Link {
            socket,
            waiting: Mutex::new(Some(HashMap::new())),
            next: AtomicU64::new(0),
        };
        let blueprint = blueprint(launcher, &config, &slot, step.is_some());
        let extra = extra_files(&config).map_err(|error| SandboxError::Died(error.to_string()))?;
        let packs = config
            .image
            .packed()
            .and_then(|image| Ok([image, extra.packed()?]));
        let packs = packs.map_err(|error| SandboxError::Died(error.to_string()))?;
        let setup = Request::Setup(Box::new(blueprint));
        let sent = link.send(&setup, &packs).await;
        sent.map_err(|error| SandboxError::Died(error.to_string()))?;
        let ready = tokio::time::timeout(LATEST, link.ready(step)).await;
        let (ready, capture) = ready.map_err(|_| SandboxError::Late(LATEST.as_secs()))??;
        let link = Arc::new(link);
        let (events_in, events) = mpsc::unbounded_channel();
        let (closed_in, closed) = oneshot::channel();
        tokio::spawn(attend(
            Arc::clone(&link),
            helper,
            slot,
            events_in,
            closed_in,
        ));
        Ok(Sandbox {
            link,
            events: Some(events),
            ready,
            capture: Mutex::new(capture),
            ring: config.capture,
            closed: Some(closed),
            programs: AtomicU32::new(0),
        })
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
        let (_, fds) = self.link.call(Call::Socket(request)).await?;
        fds.into_iter().next().ok_or(BrokerError::Confused)
    }

    /// Starts a program; returns once it runs.
    ///
    /// # Errors
    /// The command does not exist or cannot be executed.
    pub async fn spawn(&self, launch: Launch) -> Result<Program, BrokerError> {
        let id = ProgramId(self.programs.fetch_add(1, Ordering::Relaxed) + 1);
        let (answer, fds) = self
            .link
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
        self.link
            .call(Call::Signal {
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
        match self.link.call(Call::Snapshot).await? {
            (Answer::Snapshot(snapshot), _) => Ok(*snapshot),
            _ => Err(BrokerError::Confused),
        }
    }

    /// Copies of files in `/box` that match one of the globs, as they are now; all files when there is
    /// no glob. What was found and not taken is in [`Image::left_out`].
    ///
    /// # Errors
    /// A glob that is none.
    pub async fn collect(&self, patterns: Vec<String>, caps: Caps) -> Result<Image, BrokerError> {
        let (answer, fds) = self.link.call(Call::Collect { patterns, caps }).await?;
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
        self.link
            .call(Call::Watch { program, on })
            .await
            .map(|_| ())
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
        let socket = self
            .capture
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        Some((socket, self.ring?))
    }

    /// Kills everything inside, and returns once it is dead.
    pub async fn close(mut self) -> Closed {
        self.link.hang_up();
        match self.closed.take() {
            Some(closed) => closed.await.unwrap_or_default(),
            None => Closed::default(),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.link.hang_up();
        // Closing a packet socket waits for two RCU grace periods, 20 ms and more.
        if let (Some(socket), Ok(runtime)) = (self.capture_socket(), Handle::try_current()) {
            runtime.spawn_blocking(move || drop(socket));
        }
    }
}

impl Link {
    async fn send(&self, request: &Request, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let send = |socket: &OwnedFd| wire::send(socket.as_fd(), request, fds, false);
        self.socket.async_io(Interest::WRITABLE, send).await
    }

    async fn receive(&self) -> io::Result<Option<(Message, Vec<OwnedFd>)>> {
        let receive = |socket: &OwnedFd| wire::receive(socket.as_fd(), false);
        self.socket.async_io(Interest::READABLE, receive).await
    }

    async fn ready(
        &self,
        mut report: Option<&mut Report<'_>>,
    ) -> Result<(Ready, Option<OwnedFd>), SandboxError> {
        loop {
            let received = self.receive().await;
            match received.map_err(|error| SandboxError::Died(error.to_string()))? {
                Some((Message::Done { step, nanoseconds }, _)) => {
                    if let Some(report) = &mut report {
                        report(step, nanoseconds);
                    }
                }
                Some((Message::Failed(failure), _)) => return Err(SandboxError::Step(failure)),
                Some((Message::Ready(ready), fds)) => return Ok((ready, fds.into_iter().next())),
                Some((other, _)) => return Err(SandboxError::Died(format!("{other:?}"))),
                None => return Err(SandboxError::Died("the helper has ended".into())),
            }
        }
    }

    async fn call(&self, call: Call) -> Reply {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer_in, answer) = oneshot::channel();
        match &mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(waiting) => waiting.insert(id, answer_in),
            None => return Err(BrokerError::Gone),
        };
        if self.send(&Request::Call { id, call }, &[]).await.is_err() {
            return Err(BrokerError::Gone);
        }
        answer.await.unwrap_or(Err(BrokerError::Gone))
    }

    /// Init sees the end of the conversation; what the other side still says can be read.
    fn hang_up(&self) {
        let socket = self.socket.get_ref().as_fd();
        let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Write);
    }
}

/// Reads what init says until there is no init, then reaps the helper.
async fn attend(
    link: Arc<Link>,
    mut helper: Child,
    slot: Slot,
    events: mpsc::UnboundedSender<SandboxEvent>,
    closed: oneshot::Sender<Closed>,
) {
    let mut last = Closed::default();
    while let Ok(Some((message, fds))) = link.receive().await {
        match message {
            Message::Event(event) => {
                // Nobody may be listening any more.
                let _ = events.send(event);
            }
            Message::Answer { id, answer } => {
                let mut waiting = link.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(answer_in) = waiting.as_mut().and_then(|waiting| waiting.remove(&id)) {
                    let reply = answer
                        .map(|answer| (answer, fds))
                        .map_err(BrokerError::from);
                    let _ = answer_in.send(reply);
                }
            }
            Message::Closed { usage } => last.usage = usage,
            Message::Failed(failure) => tracing::error!(%failure, "the sandbox broke"),
            Message::Done { .. } | Message::Ready(_) => {}
        }
    }
    link.waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    // The helper holds its end until everything inside is dead.
    let _ = helper.wait().await;
    drop(slot);
    let _ = closed.send(last);
}

fn start_helper(launcher: &Launcher) -> Result<(AsyncFd<OwnedFd>, Child), SandboxError> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
    let failed = |source: io::Error| SandboxError::Helper {
        exe: launcher.executable.display().to_string(),
        source,
    };
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let pair = socketpair(family, kind, SocketFlags::CLOEXEC, None);
    let (ours, theirs) = pair.map_err(|error| failed(error.into()))?;
    rustix::io::ioctl_fionbio(&ours, true).map_err(|error| failed(error.into()))?;
    let helper = Command::new(&launcher.executable)
        .arg("__sandbox")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A ^C at the terminal is for the grader, which then closes its sandboxes in order.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    // SAFETY: an `OwnedFd` is always the same open descriptor, and the `AsyncFd` owns it.
    let ours = unsafe { AsyncFd::register(ours) }.map_err(|error| failed(error.into()))?;
    Ok((ours, helper))
}

fn blueprint(launcher: &Launcher, config: &Config, slot: &Slot, trace: bool) -> Blueprint {
    Blueprint {
        namespaces: launcher.isolation == Isolation::Namespaces,
        root: PathBuf::from("/"),
        slot: slot.number,
        hosts: hosts(config),
        nameserver: config.nameserver,
        ipv6: config.ipv6.clone(),
        local_time: config.zone.local_time(),
        unprivileged_ports: config.unprivileged_ports,
        limits: config.limits.clone(),
        capture: config.capture,
        writable_box: config.writable_box,
        mounts: config.toolchains.mounts.clone(),
        path: config.toolchains.path(),
        by_root: false,
        trace,
    }
}

/// The lines of `/etc/hosts`. `localhost` is 127.0.0.1 only, as on Ubuntu: with `::1` beside it, Node
/// would listen there when a student writes `localhost`.
fn hosts(config: &Config) -> String {
    let mut text = format!(
        "{} localhost\n::1 ip6-localhost ip6-loopback\n",
        Ipv4Addr::LOCALHOST
    );
    text.push_str("127.0.1.1 lab\n");
    for (address, name) in &config.hosts {
        // One name per line, whatever a spec puts into it.
        let name: String = name
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect();
        text.push_str(&format!("{address} {name}\n"));
    }
    text
}

/// The grader's own files, as an image whose root is the sandbox's.
fn extra_files(config: &Config) -> Result<Image, super::ImageError> {
    let file = |file: &super::ExtraFile| {
        let path = file.path.strip_prefix("/").unwrap_or(&file.path).to_owned();
        if path.starts_with("opt/socklab") {
            Ok(ImageFile {
                path,
                mode: file.mode,
                bytes: Arc::clone(&file.bytes),
            })
        } else {
            Err(super::ImageError::Path(file.path.clone()))
        }
    };
    Image::new(
        config
            .extra_files
            .iter()
            .map(file)
            .collect::<Result<_, _>>()?,
        Vec::new(),
    )
}
