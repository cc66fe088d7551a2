//! How actors come to be: connect, listen, accept.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::select_all;

use super::SILENT;
use super::place::{covers, internet, parse_on, place_of_endpoint, transport_of, unspecified};
use crate::event::{Bytes, End, Observed, Place, Transport, What};
use crate::peer::{ConnectFailure, Datagrams, Listener, Stream};
use crate::run::RunError;
use crate::run::engine::{Actor, Engine, dial_address};
use crate::sandbox::{Family, Kind, SocketRequest};
use crate::spec::{Accept, Connect, Endpoint, Listen, Silent};

/// Queue of a listening actor.
const BACKLOG: u32 = 16;

impl Engine {
    /// `connect`.
    ///
    /// # Errors
    /// When the sandbox fails or an expression cannot be filled in.
    pub async fn connect(&self, step: &Connect) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.name)?;
        let Some(target) = self.target(step)? else {
            return Ok(Observed::Connect {
                outcome: "nowhere".into(),
                to: None,
            });
        };
        let to = Some(match &target {
            Place::Tcp(at) | Place::Udp(at) => at.to_string(),
            Place::Unix(path) => path.clone(),
        });
        let outcome = match target {
            Place::Tcp(at) => self.connect_tcp(&name, at, step).await?,
            Place::Udp(at) => self.open_udp(&name, at, step).await?,
            Place::Unix(path) => self.connect_unix(&name, path).await?,
        };
        Ok(Observed::Connect {
            outcome: outcome.into(),
            to,
        })
    }

    /// What `connect` dials: a program where it really listens, or the place that the step names.
    fn target(&self, step: &Connect) -> Result<Option<Place>, RunError> {
        let at = self.expand_optional(step.at.as_ref())?;
        let on = self.expand_optional(step.on.as_ref())?;
        let on = on.as_deref().and_then(parse_on);
        let program = step.to.as_deref();
        let role = program.map(|name| {
            let state = self.shared.lock();
            state
                .programs
                .get(name)
                .map_or_else(|| name.to_owned(), |running| running.role.clone())
        });
        let wanted = role
            .and_then(|role| self.spec.programs.get(&role))
            .and_then(|program| program.listens.clone());
        let transport = on
            .as_ref()
            .map(|(transport, _)| *transport)
            .or(wanted.as_ref().map(transport_of));
        let transport = transport.unwrap_or(Transport::Tcp);
        let real = program.and_then(|program| self.place_of(program, transport));
        let ip = at.as_deref().and_then(|at| at.parse::<IpAddr>().ok());
        Ok(match (real, on) {
            (real, Some((transport, port))) => {
                let real_ip = match real {
                    Some(Place::Tcp(at) | Place::Udp(at)) => {
                        Some(dial_address(at, wanted.as_ref()).ip())
                    }
                    _ => None,
                };
                let ip = ip.or(real_ip).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
                Some(internet(transport, SocketAddr::new(ip, port)))
            }
            (Some(Place::Tcp(real)), None) => {
                let dial = dial_address(real, wanted.as_ref());
                Some(Place::Tcp(SocketAddr::new(
                    ip.unwrap_or(dial.ip()),
                    dial.port(),
                )))
            }
            (Some(Place::Udp(real)), None) => {
                let dial = dial_address(real, wanted.as_ref());
                Some(Place::Udp(SocketAddr::new(
                    ip.unwrap_or(dial.ip()),
                    dial.port(),
                )))
            }
            (Some(unix), None) => Some(unix),
            // A program that has ended or never listened: dial where it should be, to see it refused.
            (None, None) => wanted.and_then(|wanted| {
                Some(match place_of_endpoint(&wanted, ip)? {
                    Place::Tcp(at) => Place::Tcp(dial_address(at, None)),
                    Place::Udp(at) => Place::Udp(dial_address(at, None)),
                    unix => unix,
                })
            }),
        })
    }

    async fn connect_tcp(
        &self,
        name: &str,
        at: SocketAddr,
        step: &Connect,
    ) -> Result<&'static str, RunError> {
        let mut request = SocketRequest::tcp_to(at);
        if let Some(ip) = self.source(step, at)? {
            request.bind = Some(crate::sandbox::Address::Internet(SocketAddr::new(ip, 0)));
        }
        let socket = self.sandbox.socket(request).await?;
        let stream = match tokio::time::timeout(self.step_wait, Stream::connect(socket, at)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(ConnectFailure::Refused)) => return Ok("refused"),
            Ok(Err(_)) => return Ok("unreachable"),
            Err(_) => return Ok("timeout"),
        };
        let (local, remote) = (stream.local(), stream.remote());
        self.entered(name, Transport::Tcp, local, remote, false);
        self.add_actor(name, Actor::Stream(stream));
        Ok("ok")
    }

    /// The address that an actor comes from, if the spec names one. A server that listens on the other family only
    /// cannot be reached from it; its clients come from where they can.
    fn source(&self, step: &Connect, to: SocketAddr) -> Result<Option<IpAddr>, RunError> {
        let from = self.expand_optional(step.from.as_ref())?;
        let ip = from.and_then(|from| from.parse().ok());
        Ok(ip.filter(|ip: &IpAddr| ip.is_ipv4() == to.is_ipv4()))
    }

    async fn connect_unix(&self, name: &str, path: String) -> Result<&'static str, RunError> {
        let Ok(socket) = self
            .sandbox
            .socket(SocketRequest::unix_to(PathBuf::from(path)))
            .await
        else {
            return Ok("refused");
        };
        let stream = Stream::from_unix(socket).map_err(|source| RunError::Io {
            what: "a Unix socket of the grader",
            source,
        })?;
        self.entered(name, Transport::Unix, None, None, false);
        self.add_actor(name, Actor::Stream(stream));
        Ok("ok")
    }

    async fn open_udp(
        &self,
        name: &str,
        at: SocketAddr,
        step: &Connect,
    ) -> Result<&'static str, RunError> {
        let own = self.source(step, at)?.unwrap_or(if at.ip().is_loopback() {
            at.ip()
        } else {
            unspecified(at)
        });
        let socket = self
            .sandbox
            .socket(SocketRequest::udp(SocketAddr::new(own, 0)))
            .await?;
        let datagrams = Datagrams::new(socket, Some(at)).map_err(|source| RunError::Io {
            what: "a UDP socket of the grader",
            source,
        })?;
        self.entered(name, Transport::Udp, datagrams.local(), Some(at), false);
        self.add_actor(name, Actor::Datagrams(datagrams));
        Ok("ok")
    }

    fn entered(
        &self,
        name: &str,
        transport: Transport,
        local: Option<SocketAddr>,
        remote: Option<SocketAddr>,
        accepted: bool,
    ) {
        self.shared.record(What::Connected {
            actor: name.to_owned(),
            transport,
            local,
            remote,
            accepted,
        });
        if let Some(local) = local {
            self.shared.bind(
                &format!("{name}.port"),
                local.port().to_string().into_bytes(),
            );
            self.shared.bind(
                &format!("{name}.address"),
                local.ip().to_string().into_bytes(),
            );
        }
    }

    /// `listen`: binds where the program is to connect to, and where an earlier look saw it dial.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn listen(&self, step: &Listen) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.name)?;
        let role = step
            .program
            .as_deref()
            .and_then(|role| self.spec.programs.get(role));
        let endpoint = step
            .on
            .clone()
            .or_else(|| role.and_then(|role| role.connects.clone()));
        let Some(endpoint) = endpoint else {
            return Err(RunError::Spec(format!(
                "`listen` as {name} says neither `on` nor `for`"
            )));
        };
        let endpoint = self.expand_endpoint(&endpoint)?;
        let wanted = place_of_endpoint(&endpoint, None);
        let really = step
            .program
            .as_deref()
            .and_then(|role| self.dialled.get(role));
        // A program that uses the other transport cannot be served in its place.
        let really = really
            .filter(|(transport, _)| *transport == transport_of(&endpoint))
            .map(|(transport, at)| internet(*transport, *at))
            .filter(|place| !wanted.as_ref().is_some_and(|wanted| covers(wanted, place)));
        let mut listeners = Vec::new();
        let backlog = step.backlog.unwrap_or(BACKLOG);
        for place in wanted.iter().chain(
            really
                .iter()
                .filter(|place| Some(*place) != wanted.as_ref()),
        ) {
            match self.bind_place(place, backlog).await? {
                Bound::Listener(listener) => {
                    if let (0, Some(at)) = (listeners.len(), listener.local()) {
                        self.shared
                            .bind(&format!("{name}.port"), at.port().to_string().into_bytes());
                        self.shared
                            .bind(&format!("{name}.address"), at.ip().to_string().into_bytes());
                    }
                    listeners.push(listener);
                }
                Bound::Datagrams(datagrams)
                    if really.is_none() || Some(place) == really.as_ref() =>
                {
                    self.entered(&name, Transport::Udp, datagrams.local(), None, true);
                    self.add_actor(&name, Actor::Datagrams(datagrams));
                }
                Bound::Datagrams(_) => {}
            }
        }
        if !listeners.is_empty() {
            let mut all = self
                .listeners
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.insert(name, Arc::new(listeners));
        }
        Ok(Observed::Done)
    }

    /// An endpoint with its `${…}` filled in.
    ///
    /// # Errors
    /// When a name is not bound.
    pub fn expand_endpoint(&self, endpoint: &Endpoint) -> Result<Endpoint, RunError> {
        Ok(Endpoint {
            at: self.expand_optional(endpoint.at.as_ref())?,
            unix: self.expand_optional(endpoint.unix.as_ref())?,
            ..endpoint.clone()
        })
    }

    async fn bind_place(&self, place: &Place, backlog: u32) -> Result<Bound, RunError> {
        let io = |source| RunError::Io {
            what: "a listening socket of the grader",
            source,
        };
        Ok(match place {
            Place::Tcp(at) => {
                let socket = self
                    .sandbox
                    .socket(SocketRequest::tcp_listener(*at, backlog))
                    .await?;
                Bound::Listener(Listener::tcp(socket).map_err(io)?)
            }
            Place::Udp(at) => {
                let socket = self.sandbox.socket(SocketRequest::udp(*at)).await?;
                Bound::Datagrams(Datagrams::new(socket, None).map_err(io)?)
            }
            Place::Unix(path) => {
                let request = SocketRequest {
                    bind: Some(crate::sandbox::Address::Path(PathBuf::from(path))),
                    listen: Some(backlog),
                    ..SocketRequest::new(Family::Unix, Kind::Stream)
                };
                Bound::Listener(Listener::unix(self.sandbox.socket(request).await?).map_err(io)?)
            }
        })
    }

    /// `accept`.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn accept(&self, step: &Accept) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.name)?;
        let within = self.within(step.within);
        Ok(match self.next_connection(&step.at, within).await {
            Some(Ok(stream)) => {
                let from = stream.remote();
                self.entered(&name, Transport::Tcp, stream.local(), from, true);
                self.add_actor(&name, Actor::Stream(stream));
                Observed::Accept {
                    from,
                    end: End::Met,
                }
            }
            Some(Err(end)) => Observed::Accept { from: None, end },
            None => Observed::Skipped {
                because: format!("{} does not listen", step.at),
            },
        })
    }

    /// `no_connection`.
    pub async fn no_connection(&self, step: &Silent) -> Observed {
        let window = step.duration.map_or(SILENT, |span| span.0);
        match self.next_connection(&step.at, window).await {
            Some(Ok(_)) => Observed::Accept {
                from: None,
                end: End::Impossible,
            },
            Some(Err(_)) => Observed::Silent {
                bytes: Bytes::default(),
                length: 0,
                closed: false,
            },
            None => Observed::Skipped {
                because: format!("{} does not listen", step.at),
            },
        }
    }

    async fn next_connection(&self, at: &str, within: Duration) -> Option<Result<Stream, End>> {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(at)
            .cloned()?;
        let any = async {
            let accepts = listeners.iter().map(|listener| Box::pin(listener.accept()));
            select_all(accepts).await.0
        };
        tokio::pin!(any);
        let end = tokio::select! {
            biased;
            stream = &mut any => return Some(stream.map_err(|_| End::Deadline)),
            end = self.quiet(within) => end,
        };
        // A connection that came at the last moment counts.
        match tokio::time::timeout(Duration::ZERO, any).await {
            Ok(Ok(stream)) => Some(Ok(stream)),
            _ => Some(Err(end)),
        }
    }
}

enum Bound {
    Listener(Listener),
    Datagrams(Datagrams),
}
