//! The grader's end of the control socket: who waits for which answer, and the task that attends to it.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, oneshot};

use super::client::Closed;
use super::error::{BrokerError, SandboxError};
use super::event::SandboxEvent;
use super::fork_server::packet_pair;
use super::launcher::Slot;
use super::wire::{self, Answer, Call, Message, Ready, Request};
use super::{Launcher, Step};

/// Is told each step of building that succeeded, and the nanoseconds that it took.
pub(super) type Report<'a> = dyn FnMut(Step, u64) + Send + 'a;

pub(super) type Reply = Result<(Answer, Vec<OwnedFd>), BrokerError>;

/// The grader's end of the control socket, and who waits for which answer.
#[derive(Debug)]
pub(super) struct Link {
    socket: AsyncFd<OwnedFd>,
    waiting: Mutex<Option<HashMap<u64, oneshot::Sender<Reply>>>>,
    next: AtomicU64,
}

impl Link {
    pub fn new(socket: AsyncFd<OwnedFd>) -> Link {
        Link {
            socket,
            waiting: Mutex::new(Some(HashMap::new())),
            next: AtomicU64::new(0),
        }
    }

    pub async fn send(&self, request: &Request, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let send = |socket: &OwnedFd| wire::send(socket.as_fd(), request, fds, false);
        self.socket.async_io(Interest::WRITABLE, send).await
    }

    async fn receive(&self) -> io::Result<Option<(Message, Vec<OwnedFd>)>> {
        let receive = |socket: &OwnedFd| wire::receive(socket.as_fd(), false);
        self.socket.async_io(Interest::READABLE, receive).await
    }

    pub async fn ready(
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

    pub async fn call(&self, call: Call) -> Reply {
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
pub(super) async fn attend(
    link: Arc<Link>,
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
    // The helper holds its end until it ends itself, and by then everything inside is dead.
    drop(slot);
    let _ = closed.send(last);
}

/// A helper for a new sandbox, and the grader's end of its control socket.
pub(super) fn start_helper(launcher: &Launcher) -> Result<AsyncFd<OwnedFd>, SandboxError> {
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
