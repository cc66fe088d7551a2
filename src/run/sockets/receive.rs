//! What actors receive: bytes of a connection until a pattern is met, datagrams.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::{OBSERVED_BYTES, no_actor};
use crate::event::{Bytes, End, Limit, Observed, What};
use crate::peer::{Datagram, Datagrams, Stream, StreamEnd};
use crate::run::RunError;
use crate::run::engine::{Actor, Engine};
use crate::spec::expect::{self, Progress, Want};
use crate::spec::{Receive, ReceiveSet, Step};

/// Most bytes that an actor ever takes in; more is [`Limit::Response`].
const MOST_RECEIVED: u64 = 4 << 20;

impl Engine {
    /// `receive`.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn receive(&self, step: &Receive) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.at)?;
        let Some(actor) = self.actor(&name) else {
            return Ok(no_actor(&name));
        };
        let mut actor = actor.lock().await;
        let whole = Step::Receive(step.clone());
        Ok(match &mut *actor {
            Actor::Stream(stream) => self.receive_stream(&name, stream, &whole, step).await?,
            Actor::Datagrams(datagrams) => {
                self.receive_datagram(&name, datagrams, &whole, step).await
            }
        })
    }

    async fn receive_stream(
        &self,
        name: &str,
        stream: &mut Stream,
        whole: &Step,
        step: &Receive,
    ) -> Result<Observed, RunError> {
        let bindings = self.bindings();
        let want =
            expect::wants(whole, &bindings).map_err(|error| RunError::Spec(error.to_string()))?;
        let deadline = Instant::now() + self.within(step.within);
        let (count, end) = loop {
            match want.progress(stream.unread(), stream.end().is_some()) {
                Progress::Met {
                    take,
                    may_grow: false,
                } => break (take, End::Met),
                Progress::Met {
                    take,
                    may_grow: true,
                } => {
                    if !self.grows(name, stream).await {
                        break (take, End::Met);
                    }
                    continue;
                }
                Progress::Impossible { .. } => break (stream.unread().len(), End::Impossible),
                Progress::More => {}
            }
            match stream.end() {
                Some(StreamEnd::Fin) => break (stream.unread().len(), End::Closed),
                Some(StreamEnd::Reset) => break (stream.unread().len(), End::Reset),
                None => {}
            }
            if stream.received() > MOST_RECEIVED {
                self.too_much();
                break (stream.unread().len(), End::TooMuch);
            }
            if let Some(end) = self.fill_or_end(name, stream, deadline).await {
                break (stream.unread().len(), end);
            }
        };
        if matches!(end, End::Impossible) {
            // What comes right behind it helps to see what is wrong.
            stream.fill_now();
        }
        let count = if end == End::Met {
            count
        } else {
            stream.unread().len()
        };
        let bytes = stream.take(count);
        let differs_at = match &want {
            Want::Nothing => None,
            want if bytes.len() > OBSERVED_BYTES => want.differs_at(&bytes, &self.context()),
            _ => None,
        };
        let length = bytes.len() as u64;
        let bytes = Bytes::capped(&bytes, OBSERVED_BYTES);
        Ok(Observed::Received {
            bytes,
            length,
            differs_at,
            from: None,
            expected_source: true,
            end,
        })
    }

    /// Reads more, or says why there will be no more before the deadline.
    pub(super) async fn fill_or_end(
        &self,
        name: &str,
        stream: &mut Stream,
        deadline: Instant,
    ) -> Option<End> {
        let within = deadline.saturating_duration_since(Instant::now());
        self.fill_until(name, stream, self.quiet(within)).await
    }

    /// Reads more, or says why `patience` came to its end before.
    pub(super) async fn fill_until(
        &self,
        name: &str,
        stream: &mut Stream,
        patience: impl Future<Output = End>,
    ) -> Option<End> {
        let before = stream.unread().len();
        let end = tokio::select! {
            biased;
            _ = stream.fill() => None,
            end = patience => Some(end),
        };
        if end.is_some() {
            stream.fill_now();
        }
        let grown = &stream.unread()[before..];
        if !grown.is_empty() {
            self.shared.received(name, grown, None);
        }
        if let Some(how) = stream.end() {
            let reset = how == StreamEnd::Reset;
            self.shared.record(What::PeerClosed {
                actor: name.to_owned(),
                reset,
            });
        }
        // Bytes or an end at the last moment count.
        end.filter(|_| grown.is_empty() && stream.end().is_none())
    }

    /// Whether more comes behind bytes that are enough already but may go on (an optional line ending, a
    /// hole without an end).
    async fn grows(&self, name: &str, stream: &mut Stream) -> bool {
        const MOMENT: Duration = Duration::from_millis(80);
        let before = stream.unread().len();
        if stream.end().is_none() {
            self.fill_or_end(name, stream, Instant::now() + MOMENT)
                .await;
        }
        stream.unread().len() > before
    }

    pub(super) fn too_much(&self) {
        let mut state = self.shared.lock();
        state.limit = Some(Limit::Response);
        drop(state);
        self.shared.record(What::Limit {
            program: String::new(),
            limit: Limit::Response,
        });
    }

    async fn receive_datagram(
        &self,
        name: &str,
        datagrams: &mut Datagrams,
        whole: &Step,
        step: &Receive,
    ) -> Observed {
        let datagram = match self
            .next_datagram(name, datagrams, self.quiet(self.within(step.within)))
            .await
        {
            Ok(datagram) => datagram,
            Err(end) => {
                let bytes = Bytes::default();
                return Observed::Received {
                    bytes,
                    length: 0,
                    differs_at: None,
                    from: None,
                    expected_source: true,
                    end,
                };
            }
        };
        let expected_source = step.any_source
            || datagrams
                .peer
                .is_none_or(|peer| same_place(peer, datagram.from));
        let observed = Observed::Received {
            length: datagram.bytes.len() as u64,
            bytes: Bytes(datagram.bytes),
            differs_at: None,
            from: Some(datagram.from),
            expected_source,
            end: End::Met,
        };
        let _ = whole;
        observed
    }

    pub(super) async fn next_datagram(
        &self,
        name: &str,
        datagrams: &mut Datagrams,
        patience: impl Future<Output = End>,
    ) -> Result<Datagram, End> {
        let end = tokio::select! {
            biased;
            datagram = datagrams.receive() => return datagram.map(|datagram| self.noted(name, datagram)).map_err(|_| End::Deadline),
            end = patience => end,
        };
        match tokio::time::timeout(Duration::ZERO, datagrams.receive()).await {
            Ok(Ok(datagram)) => Ok(self.noted(name, datagram)),
            _ => Err(end),
        }
    }

    pub(super) fn noted(&self, name: &str, datagram: Datagram) -> Datagram {
        self.shared
            .received(name, &datagram.bytes, Some(datagram.from));
        datagram
    }

    /// `receive_set`: datagrams in any order.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn receive_set(&self, step: &ReceiveSet) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.at)?;
        let Some(actor) = self.actor(&name) else {
            return Ok(no_actor(&name));
        };
        let mut actor = actor.lock().await;
        let Actor::Datagrams(datagrams) = &mut *actor else {
            return Err(RunError::Spec("`receive_set` is for datagrams".into()));
        };
        let deadline = Instant::now() + self.within(step.within);
        let mut list = Vec::new();
        let mut end = End::Met;
        while list.len() < step.texts.len() {
            let within = deadline.saturating_duration_since(Instant::now());
            match self
                .next_datagram(&name, datagrams, self.quiet(within))
                .await
            {
                Ok(datagram) => list.push(Bytes(datagram.bytes)),
                Err(why) => {
                    end = why;
                    break;
                }
            }
        }
        Ok(Observed::Datagrams { list, end })
    }
}

/// Whether an answer comes from where the question went; a question to a broadcast or wildcard address
/// may be answered from any address.
fn same_place(asked: SocketAddr, answered: SocketAddr) -> bool {
    asked.port() == answered.port() && (asked.ip() == answered.ip() || asked.ip().is_unspecified())
}
