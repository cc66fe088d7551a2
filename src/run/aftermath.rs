//! A last look around after a step that did not get what it wants: what lies where nobody asked for it
//! tells why. Nothing that is seen here costs points.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;

use super::engine::{Actor, Engine};
use super::wait::stuck_of;
use crate::event::{Stuck, Transport, What};
use crate::peer::Stream;
use crate::sandbox::{Snapshot, TcpState};

/// Most datagrams of one actor that are looked at.
const MOST_DATAGRAMS: usize = 16;

impl Engine {
    /// Records what other actors have received meanwhile, what the program has left unread, who waits to
    /// be accepted, and what the programs wait for.
    pub async fn look_around(&self) {
        self.look_at_streams();
        self.look_at_datagrams().await;
        let snapshot = self.sandbox.snapshot().await.unwrap_or_default();
        self.look_at_unread(&snapshot);
        let waits: Vec<What> = {
            let state = self.shared.lock();
            let running = state.programs.iter();
            let running = running.filter(|(_, running)| running.exit.is_none());
            running
                .filter_map(|(name, running)| {
                    Some(What::Waits {
                        program: name.clone(),
                        stuck: stuck_of(&snapshot, running.id)?,
                    })
                })
                .collect()
        };
        for wait in waits {
            self.shared.record(wait);
        }
        self.look_at_listeners().await;
    }

    fn all_actors(&self) -> Vec<(String, Arc<AsyncMutex<Actor>>)> {
        let actors = self.actors.lock().unwrap_or_else(PoisonError::into_inner);
        let actors = actors.iter();
        actors
            .map(|(name, actor)| (name.clone(), actor.clone()))
            .collect()
    }

    /// Takes in what has arrived on connections that no step waits for.
    pub fn look_at_streams(&self) {
        for (name, actor) in self.all_actors() {
            if let Ok(mut actor) = actor.try_lock()
                && let Actor::Stream(stream) = &mut *actor
            {
                self.look_at_stream(&name, stream);
            }
        }
    }

    /// Takes in datagrams that no step waits for.
    async fn look_at_datagrams(&self) {
        for (name, actor) in self.all_actors() {
            let Ok(mut actor) = actor.try_lock() else {
                continue;
            };
            let Actor::Datagrams(datagrams) = &mut *actor else {
                continue;
            };
            for _ in 0..MOST_DATAGRAMS {
                let next = tokio::time::timeout(Duration::ZERO, datagrams.receive()).await;
                let Ok(Ok(datagram)) = next else { break };
                self.shared
                    .received(&name, &datagram.bytes, Some(datagram.from));
            }
        }
    }

    fn look_at_stream(&self, name: &str, stream: &mut Stream) {
        if stream.end().is_some() {
            return;
        }
        let before = stream.unread().len();
        stream.fill_now();
        let grown = &stream.unread()[before..];
        if !grown.is_empty() {
            self.shared.received(name, grown, None);
        }
        if let Some(how) = stream.end() {
            self.shared.record(What::PeerClosed {
                actor: name.to_owned(),
                reset: how == crate::peer::StreamEnd::Reset,
            });
        }
    }

    /// What the programs have not read of each connection, and whether they have accepted it at all.
    fn look_at_unread(&self, snapshot: &Snapshot) {
        for (name, actor) in self.all_actors() {
            let Ok(actor) = actor.try_lock() else {
                continue;
            };
            let found = match &*actor {
                Actor::Stream(stream) => stream.local().and_then(|own| unread(snapshot, own)),
                Actor::Datagrams(datagrams) => datagrams
                    .last_from
                    .or(datagrams.peer)
                    .and_then(|peer| unread_datagrams(snapshot, peer)),
            };
            if let Some((accepted, length)) = found {
                self.shared.record(What::Unread {
                    actor: name,
                    accepted,
                    length,
                });
            }
        }
    }

    async fn look_at_listeners(&self) {
        let listeners: Vec<_> = {
            let all = self.listeners.lock();
            let all = all.unwrap_or_else(PoisonError::into_inner);
            all.iter()
                .map(|(name, list)| (name.clone(), list.clone()))
                .collect()
        };
        for (actor, list) in listeners {
            for listener in list.iter() {
                let knocked = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
                if let Ok(Ok(stream)) = knocked {
                    self.shared.record(What::Knocked {
                        actor: actor.clone(),
                        from: stream.remote(),
                    });
                    // It stays open until the check is over: a program that saw it close would go on.
                    self.add_actor(&format!("{actor} (not accepted)"), Actor::Stream(stream));
                }
            }
        }
    }

    /// What the program that is to be asked waits for, once all programs have gone quiet. A program may
    /// stir for an instant just when it is looked at; it was seen to wait, so it is looked at again.
    pub async fn waits_when_quiet(&self, name: &str) -> crate::event::End {
        use crate::event::End;
        let deadline = tokio::time::Instant::now() + self.step_wait;
        loop {
            let within = deadline.saturating_duration_since(tokio::time::Instant::now());
            let quiet = self.quiet(within).await;
            return match self.stuck_of(name).await {
                Some(Stuck::Input) => End::Met,
                Some(other) => End::Stuck(other),
                None if matches!(quiet, End::Stuck(_)) && !within.is_zero() => continue,
                None => quiet,
            };
        }
    }
}

/// Of the connection from `own`: whether the program has accepted it, and what it has not read.
fn unread(snapshot: &Snapshot, own: SocketAddr) -> Option<(bool, u64)> {
    let socket = snapshot.other_end(own)?;
    // A connection that the program has closed belongs to nobody any more, either, but is not open.
    let open = matches!(socket.state, TcpState::Established | TcpState::CloseWait);
    let accepted = socket.program.is_some() || !open;
    (socket.receive_queue > 0 || !accepted).then_some((accepted, u64::from(socket.receive_queue)))
}

/// Of the program's datagram socket that an actor talks to: whether it is still there, and what lies in it.
fn unread_datagrams(snapshot: &Snapshot, at: SocketAddr) -> Option<(bool, u64)> {
    let socket = snapshot.sockets.iter().find(|socket| {
        let local = socket.local.internet();
        socket.transport == Transport::Udp
            && socket.program.is_some()
            && local.is_some_and(|local| local.port() == at.port())
    });
    match socket {
        None => Some((false, 0)),
        Some(socket) => {
            (socket.receive_queue > 0).then_some((true, u64::from(socket.receive_queue)))
        }
    }
}
