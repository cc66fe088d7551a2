//! Steps about links between two programs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::PoisonError;
use std::time::Duration;

use super::RunError;
use super::engine::{Engine, dial_address};
use super::pace::Pace;
use super::sockets::{place_of_endpoint, transport_of};
use crate::event::{Observed, Place, Transport, What};
use crate::peer::{DatagramFaults, DatagramRelay, StreamFaults, StreamRelay};
use crate::sandbox::SocketRequest;
use crate::spec::{Faults, Relay, SetRelay};

/// How many clients one link serves.
const MOST_CLIENTS: usize = 8;

/// A link that runs.
pub enum RunningRelay {
    /// For datagrams.
    Datagrams(DatagramRelay),
    /// For connections.
    Streams(StreamRelay),
}

impl RunningRelay {
    /// Whether it still holds something back.
    pub fn busy(&self) -> bool {
        match self {
            RunningRelay::Datagrams(relay) => relay.busy(),
            RunningRelay::Streams(relay) => relay.busy(),
        }
    }
}

impl Engine {
    /// `relay`: puts a link before a server program.
    ///
    /// # Errors
    /// When the sandbox fails or the spec names no place for it.
    pub async fn relay(&self, step: &Relay) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.name)?;
        let front = self.expand_endpoint(&step.on)?;
        let place = place_of_endpoint(&front, None)
            .ok_or_else(|| RunError::Spec(format!("the relay {name} has no port")))?;
        let server = self.server_behind(step)?;
        let running = match place {
            Place::Udp(at) => {
                RunningRelay::Datagrams(self.datagram_relay(&name, at, server, step).await?)
            }
            Place::Tcp(at) => RunningRelay::Streams(self.stream_relay(at, server, step).await?),
            Place::Unix(_) => return Err(RunError::Spec("a relay needs a TCP or UDP port".into())),
        };
        self.relays
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, running);
        Ok(Observed::Done)
    }

    /// Where the server is: where it listens already, else where the spec says that it will.
    fn server_behind(&self, step: &Relay) -> Result<SocketAddr, RunError> {
        let wanted = match &step.server {
            Some(endpoint) => Some(self.expand_endpoint(endpoint)?),
            None => self
                .spec
                .programs
                .get(&step.to)
                .and_then(|program| program.listens.clone()),
        };
        let transport = wanted.as_ref().map_or(Transport::Udp, transport_of);
        let real = self.place_of(&step.to, transport);
        let named = wanted
            .as_ref()
            .and_then(|wanted| place_of_endpoint(wanted, None));
        match (real, named) {
            (Some(Place::Tcp(at) | Place::Udp(at)), _) => Ok(dial_address(at, wanted.as_ref())),
            (_, Some(Place::Tcp(at) | Place::Udp(at))) => Ok(dial_address(at, None)),
            _ => Err(RunError::Spec(format!(
                "the relay does not know where {} listens",
                step.to
            ))),
        }
    }

    async fn datagram_relay(
        &self,
        name: &str,
        at: SocketAddr,
        server: SocketAddr,
        step: &Relay,
    ) -> Result<DatagramRelay, RunError> {
        let front = self.sandbox.socket(SocketRequest::udp(at)).await?;
        let mut back = Vec::new();
        for _ in 0..MOST_CLIENTS {
            let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
            back.push(self.sandbox.socket(SocketRequest::udp(any)).await?);
        }
        let (events, mut told) = tokio::sync::mpsc::unbounded_channel::<crate::peer::RelayEvent>();
        let shared = self.shared.clone();
        let relay = name.to_owned();
        self.spawn(async move {
            while let Some(event) = told.recv().await {
                let fate = event.fate.word().to_owned();
                let upstream = event.upstream;
                shared.record(What::Relayed {
                    relay: relay.clone(),
                    upstream,
                    fate,
                    length: event.length,
                });
            }
        });
        let faults = [
            datagram_faults(&step.both, &step.upstream),
            datagram_faults(&step.both, &step.downstream),
        ];
        DatagramRelay::start(front, back, server, faults, self.seed, events).map_err(|source| {
            RunError::Io {
                what: "a relay's socket",
                source,
            }
        })
    }

    async fn stream_relay(
        &self,
        at: SocketAddr,
        server: SocketAddr,
        step: &Relay,
    ) -> Result<StreamRelay, RunError> {
        let front = self
            .sandbox
            .socket(SocketRequest::tcp_listener(at, 16))
            .await?;
        let mut back = Vec::new();
        for _ in 0..MOST_CLIENTS {
            back.push(self.sandbox.socket(SocketRequest::tcp_to(server)).await?);
        }
        let faults = [
            stream_faults(&step.both, &step.upstream),
            stream_faults(&step.both, &step.downstream),
        ];
        let ends = Pace::new(self.sandbox.inspector());
        StreamRelay::start(front, back, server, faults, ends).map_err(|source| RunError::Io {
            what: "a relay's socket",
            source,
        })
    }

    /// `set_relay`: other faults from now on.
    ///
    /// # Errors
    /// When there is no such relay.
    pub fn set_relay(&self, step: &SetRelay) -> Result<Observed, RunError> {
        let relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        let none = Faults::default();
        match relays.get(&step.relay) {
            Some(RunningRelay::Datagrams(relay)) => {
                relay.set([
                    datagram_faults(&step.both, &none),
                    datagram_faults(&step.both, &none),
                ]);
            }
            Some(RunningRelay::Streams(relay)) => {
                relay.set([
                    stream_faults(&step.both, &none),
                    stream_faults(&step.both, &none),
                ]);
            }
            None => return Err(RunError::Spec(format!("no relay `{}`", step.relay))),
        }
        Ok(Observed::Done)
    }
}

fn longer(a: Option<crate::spec::Span>, b: Option<crate::spec::Span>) -> Duration {
    a.max(b).map_or(Duration::ZERO, |span| span.0)
}

fn datagram_faults(both: &Faults, one: &Faults) -> DatagramFaults {
    DatagramFaults {
        loss: both.loss.max(one.loss),
        duplicate: both.duplicate.max(one.duplicate),
        reorder: both.reorder.max(one.reorder),
        corrupt: both.corrupt.max(one.corrupt),
        drop_nth: both.drop_nth.iter().chain(&one.drop_nth).copied().collect(),
        delay: longer(both.delay, one.delay),
        jitter: longer(both.jitter, one.jitter),
        dead: both.dead || one.dead,
    }
}

fn stream_faults(both: &Faults, one: &Faults) -> StreamFaults {
    StreamFaults {
        slice: one.slice.or(both.slice),
        coalesce: longer(both.coalesce, one.coalesce),
        delay: longer(both.delay, one.delay),
        reset_after: one.reset_after.or(both.reset_after),
        limit_bytes: one.limit_bytes.or(both.limit_bytes),
        dead: both.dead || one.dead,
        rate: one.rate.or(both.rate),
    }
}
