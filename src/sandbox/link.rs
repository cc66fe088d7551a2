//! The grader's end of the control socket: who waits for which answer, and the task that attends to it.

use std::collections::HashMap;
use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, oneshot};

use super::client::Closed;
use super::error::{BrokerError, SandboxError};
use super::event::SandboxEvent;
use super::fork_server::packet_pair;
use super::launcher::Slot;
use super::wire::{self, Answer, Blueprint, Call, Message, Ready, Renewal, Request};
use super::{Launcher, Step};

/// How long building may take on a machine that is busy beyond measure.
const LATEST: Duration = Duration::from_secs(60);

/// Is told each step of building that succeeded, and the nanoseconds that it took.
pub(super) type Report<'a> = dyn FnMut(Step, u64) + Send + 'a;

pub(super) type Reply = Result<(Answer, Vec<OwnedFd>), BrokerError>;

type Built = Result<(Ready, Option<OwnedFd>), SandboxError>;

/// The grader's end of the control socket, and who waits for which answer.
#[derive(Debug)]
pub(super) struct Link {
    socket: AsyncFd<OwnedFd>,
    waiting: Mutex<Option<HashMap<u64, oneshot::Sender<Reply>>>>,
    next: AtomicU64,
    audience: Mutex<Audience>,
}

/// Who is told what init says without being asked.
#[derive(Debug, Default)]
struct Audience {
    /// Of the life that the sandbox is in.
    ears: Option<Ears>,
    /// Of the next one, once it begins.
    next: Option<(oneshot::Sender<Built>, Ears)>,
    /// Counts the lives.
    life: u64,
}

#[derive(Debug)]
struct Ears {
    events: mpsc::UnboundedSender<SandboxEvent>,
    closed: oneshot::Sender<Closed>,
}

/// A sandbox between being built, or renewed, and its end, or the time when it is put by.
#[derive(Debug)]
pub(super) struct Life {
    pub number: u64,
    pub ready: Ready,
    /// The recording socket.
    pub capture: Option<OwnedFd>,
    pub events: mpsc::UnboundedReceiver<SandboxEvent>,
    pub closed: oneshot::Receiver<Closed>,
}

/// A hold on a sandbox: everything inside is killed when it is dropped.
#[derive(Debug)]
pub(super) struct Hold(Arc<Link>);

impl Deref for Hold {
    type Target = Arc<Link>;

    fn deref(&self) -> &Arc<Link> {
        &self.0
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}

/// Builds a sandbox, and tells each step that succeeded if somebody wants to know.
pub(super) async fn build(
    launcher: &Launcher,
    mut blueprint: Blueprint,
    packs: &[BorrowedFd<'_>],
    step: Option<&mut Report<'_>>,
) -> Result<(Hold, Life), SandboxError> {
    let slot = launcher.slot();
    blueprint.slot = slot.number;
    let (ears, events, closed) = ears();
    let link = Link {
        socket: start_helper(launcher)?,
        waiting: Mutex::new(Some(HashMap::new())),
        next: AtomicU64::new(0),
        audience: Mutex::new(Audience {
            ears: Some(ears),
            ..Audience::default()
        }),
    };
    let number = link.audience().life;
    let setup = Request::Setup(Box::new(blueprint));
    let sent = link.send(&setup, packs).await;
    sent.map_err(SandboxError::died)?;
    let ready = tokio::time::timeout(LATEST, link.ready(step)).await;
    let (ready, capture) = ready.map_err(|_| SandboxError::Late(LATEST.as_secs()))??;
    let link = Arc::new(link);
    tokio::spawn(attend(Arc::clone(&link), slot));
    let life = Life {
        number,
        ready,
        capture,
        events,
        closed,
    };
    Ok((Hold(link), life))
}

fn ears() -> (
    Ears,
    mpsc::UnboundedReceiver<SandboxEvent>,
    oneshot::Receiver<Closed>,
) {
    let (events, events_out) = mpsc::unbounded_channel();
    let (closed, closed_out) = oneshot::channel();
    (Ears { events, closed }, events_out, closed_out)
}

impl Link {
    fn audience(&self) -> MutexGuard<'_, Audience> {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends this life of the sandbox: its programs are killed, and nobody is told of it.
    ///
    /// # Errors
    /// Init does not listen.
    pub fn clear(&self) -> io::Result<()> {
        let mut audience = self.audience();
        audience.ears = None;
        audience.life += 1;
        wire::send(self.socket.get_ref().as_fd(), &Request::Clear, &[], false)
    }

    /// Begins another life after [`Link::clear`].
    ///
    /// # Errors
    /// The step that failed; the sandbox has ended then.
    pub async fn renew(
        &self,
        renewal: Renewal,
        image: BorrowedFd<'_>,
    ) -> Result<Life, SandboxError> {
        let (built_in, built) = oneshot::channel();
        let (ears, events, closed) = ears();
        let number = {
            let mut audience = self.audience();
            audience.next = Some((built_in, ears));
            audience.life
        };
        let sent = self.send(&Request::Renew(renewal), &[image]).await;
        sent.map_err(SandboxError::died)?;
        let (ready, capture) = built
            .await
            .map_err(|_| SandboxError::died("it has ended"))??;
        Ok(Life {
            number,
            ready,
            capture,
            events,
            closed,
        })
    }

    async fn send(&self, request: &Request, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let send = |socket: &OwnedFd| wire::send(socket.as_fd(), request, fds, false);
        self.socket.async_io(Interest::WRITABLE, send).await
    }

    async fn receive(&self) -> io::Result<Option<(Message, Vec<OwnedFd>)>> {
        let receive = |socket: &OwnedFd| wire::receive(socket.as_fd(), false);
        self.socket.async_io(Interest::READABLE, receive).await
    }

    async fn ready(&self, mut report: Option<&mut Report<'_>>) -> Built {
        loop {
            let received = self.receive().await;
            match received.map_err(SandboxError::died)? {
                Some((Message::Done { step, nanoseconds }, _)) => {
                    if let Some(report) = &mut report {
                        report(step, nanoseconds);
                    }
                }
                Some((Message::Failed(failure), _)) => return Err(SandboxError::Step(failure)),
                Some((Message::Ready(ready), fds)) => return Ok((ready, fds.into_iter().next())),
                Some((other, _)) => return Err(SandboxError::died(format!("{other:?}"))),
                None => return Err(SandboxError::died("the helper has ended")),
            }
        }
    }

    /// Asks init for something, in one life of the sandbox.
    ///
    /// # Errors
    /// Init refuses; or this life is over.
    pub async fn call(&self, life: u64, call: Call) -> Reply {
        if self.audience().life != life {
            return Err(BrokerError::Gone);
        }
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
    pub fn hang_up(&self) {
        let socket = self.socket.get_ref().as_fd();
        let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Write);
    }
}

/// Reads what init says until there is neither init nor helper.
async fn attend(link: Arc<Link>, slot: Slot) {
    let mut last = Closed::default();
    while let Ok(Some((message, fds))) = link.receive().await {
        match message {
            Message::Event(event) => {
                // Nobody may be listening any more.
                let audience = link.audience();
                let _ = audience.ears.as_ref().map(|ears| ears.events.send(event));
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
            Message::Ready(ready) => {
                let mut audience = link.audience();
                if let Some((built, ears)) = audience.next.take() {
                    audience.ears = Some(ears);
                    let _ = built.send(Ok((ready, fds.into_iter().next())));
                }
            }
            Message::Failed(failure) => match link.audience().next.take() {
                Some((built, _)) => drop(built.send(Err(SandboxError::Step(failure)))),
                None => tracing::error!(%failure, "the sandbox broke"),
            },
            Message::Closed { usage } => last.usage = usage,
            Message::Done { .. } | Message::Cleared => {}
        }
    }
    link.waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    // The helper holds its end until it ends itself, and by then everything inside is dead.
    drop(slot);
    let audience = std::mem::take(&mut *link.audience());
    let _ = audience.ears.map(|ears| ears.closed.send(last));
}

/// A helper for a new sandbox, and the grader's end of its control socket.
fn start_helper(launcher: &Launcher) -> Result<AsyncFd<OwnedFd>, SandboxError> {
    let failed = |source: io::Error| SandboxError::Helper {
        exe: launcher.executable.display().to_string(),
        source,
    };
    let (ours, theirs) = packet_pair().map_err(failed)?;
    rustix::io::ioctl_fionbio(&ours, true).map_err(|error| failed(error.into()))?;
    launcher.order(&theirs).map_err(failed)?;
    // SAFETY: an `OwnedFd` is always the same open descriptor, and the `AsyncFd` owns it.
    unsafe { AsyncFd::register(ours) }.map_err(|error| failed(error.into()))
}
