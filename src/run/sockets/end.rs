//! Silence and ends: nothing arrives, the other side closes, an actor closes.

use std::sync::{Arc, PoisonError};

use tokio::time::Instant;

use super::{OBSERVED_BYTES, SILENT, no_actor};
use crate::event::{Bytes, End, Observed, What};
use crate::peer::StreamEnd;
use crate::run::RunError;
use crate::run::engine::{Actor, Engine};
use crate::spec::{Closed, Shutdown, Side, Silent};

impl Engine {
    /// `silent` and `still_open`: nothing arrives within a window. The window ends early when every
    /// program is seen to wait for the grader, because then nothing more can come.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn silent(&self, step: &Silent) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.at)?;
        let Some(actor) = self.actor(&name) else {
            return Ok(no_actor(&name));
        };
        let window = step.duration.map_or(SILENT, |span| span.0);
        let mut actor = actor.lock().await;
        Ok(match &mut *actor {
            Actor::Stream(stream) => {
                if stream.unread().is_empty() && stream.end().is_none() {
                    self.fill_until(&name, stream, self.settle(window)).await;
                }
                let bytes = stream.unread();
                Observed::Silent {
                    bytes: Bytes::capped(bytes, OBSERVED_BYTES),
                    length: bytes.len() as u64,
                    closed: stream.end().is_some(),
                }
            }
            Actor::Datagrams(datagrams) => match self
                .next_datagram(&name, datagrams, self.settle(window))
                .await
            {
                Ok(datagram) => Observed::Silent {
                    length: datagram.bytes.len() as u64,
                    bytes: Bytes(datagram.bytes),
                    closed: false,
                },
                Err(_) => Observed::Silent {
                    bytes: Bytes::default(),
                    length: 0,
                    closed: false,
                },
            },
        })
    }

    /// `closed`: the program ends the connection.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn closed(&self, step: &Closed) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.at)?;
        let Some(actor) = self.actor(&name) else {
            return Ok(no_actor(&name));
        };
        let mut actor = actor.lock().await;
        let Actor::Stream(stream) = &mut *actor else {
            return Err(RunError::Spec("`closed` is for connections".into()));
        };
        let deadline = Instant::now() + self.within(step.within);
        // More than this after the end of input is a flood; there is no need to see all of it.
        const MOST_EXTRA: usize = 1 << 20;
        let mut end = End::Met;
        while stream.end().is_none() {
            if stream.unread().len() > MOST_EXTRA {
                end = End::TooMuch;
                break;
            }
            if let Some(why) = self.fill_or_end(&name, stream, deadline).await {
                end = why;
                break;
            }
        }
        let how = match stream.end() {
            Some(StreamEnd::Fin) => "fin",
            Some(StreamEnd::Reset) => "reset",
            None => "open",
        };
        let extra = stream.take(usize::MAX);
        Ok(Observed::Closed {
            how: how.into(),
            extra_length: extra.len() as u64,
            extra: Bytes::capped(&extra, OBSERVED_BYTES),
            end,
        })
    }

    /// `shutdown`.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn shutdown(&self, step: &Shutdown) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.of)?;
        let Some(actor) = self.actor(&name) else {
            return Ok(no_actor(&name));
        };
        if let Actor::Stream(stream) = &*actor.lock().await {
            let how = match step.side {
                Side::Write => std::net::Shutdown::Write,
                Side::Read => std::net::Shutdown::Read,
                Side::Both => std::net::Shutdown::Both,
            };
            // A connection that the program has reset cannot be shut down; the next step shows it.
            let _ = stream.shutdown(how);
        }
        self.shared.record(What::ActorClosed {
            actor: name,
            how: "shutdown".into(),
        });
        Ok(Observed::Done)
    }

    /// `close` and `reset`.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn close(&self, name: &str, reset: bool) -> Result<Observed, RunError> {
        let name = self.expand_text(name)?;
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&name);
        if let Some(actor) = self.remove_actor(&name) {
            // Unread bytes would turn an orderly close into a reset (RFC 1122 §4.2.2.13).
            if let (Actor::Stream(stream), false) = (&mut *actor.lock().await, reset) {
                stream.fill_now();
            }
            if let (Some(actor), true) = (Arc::into_inner(actor), reset)
                && let Actor::Stream(stream) = actor.into_inner()
            {
                stream.reset();
            }
        }
        let how = if reset { "reset" } else { "close" };
        self.shared.record(What::ActorClosed {
            actor: name,
            how: how.into(),
        });
        Ok(Observed::Done)
    }

    /// `stop_reading`: the actor lets its receive buffer fill.
    pub async fn stop_reading(&self, step: &Silent) -> Observed {
        tokio::time::sleep(step.duration.map_or(SILENT, |span| span.0)).await;
        Observed::Done
    }
}
