//! Steps about actors: connect, listen, accept, send, receive, close.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::select_all;
use tokio::time::Instant;

use super::RunError;
use super::engine::{Actor, Engine, dial_address};
use crate::event::{Bytes, End, Limit, Observed, Place, Transport, What};
use crate::peer::{ConnectFailure, Datagram, Datagrams, Listener, Stream, StreamEnd};
use crate::sandbox::{Family, Kind, SocketRequest};
use crate::spec::expect::{self, Progress, Want};
use crate::spec::{
    Accept, Closed, Connect, Endpoint, Listen, Piece, Receive, ReceiveSet, Send, Shutdown, Side,
    Silent, Step,
};
use crate::spec::{packed, value::unhex};

/// Most bytes that an actor ever takes in; more is [`Limit::Response`].
const MOST_RECEIVED: u64 = 4 << 20;
/// Most bytes of one receive that an observation keeps.
const OBSERVED_BYTES: usize = 64 * 1024;
/// Length of a window that must stay silent, when the spec names none.
const SILENT: Duration = Duration::from_millis(200);
/// Queue of a listening actor.
const BACKLOG: u32 = 16;
/// Longest wait until the program has read a piece, before the next is sent all the same.
const PIECE_WAIT: Duration = Duration::from_millis(500);
/// Pieces after which waiting for each to be read stops.
const MOST_WAITED_PIECES: usize = 8;

impl Engine {
    /// What a pattern may need to know: the time, the zone.
    pub fn context(&self) -> expect::Context {
        let elapsed_ms = (self.shared.now() / 1_000_000) as i64;
        expect::Context {
            unix_ms: self.unix_ms + elapsed_ms,
            zone_offset_s: self.zone_offset_s,
            // The judge knows when the wait began; until then, nothing is too old.
            waited_ms: elapsed_ms,
        }
    }

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
        let at = step
            .at
            .as_ref()
            .map(|at| self.expand_text(at))
            .transpose()?;
        let on = step
            .on
            .as_ref()
            .map(|on| self.expand_text(on))
            .transpose()?;
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
        if let Some(from) = &step.from
            && let Ok(ip) = self.expand_text(from)?.parse::<IpAddr>()
        {
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
        let from = step
            .from
            .as_ref()
            .map(|from| self.expand_text(from))
            .transpose()?;
        let own = from
            .and_then(|from| from.parse().ok())
            .unwrap_or(if at.ip().is_loopback() {
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
        let at = endpoint
            .at
            .as_ref()
            .map(|at| self.expand_text(at))
            .transpose()?;
        let unix = endpoint
            .unix
            .as_ref()
            .map(|path| self.expand_text(path))
            .transpose()?;
        Ok(Endpoint {
            at,
            unix,
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

    /// `send`.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn send(&self, step: &Send) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.from)?;
        let bytes = self.payload(step)?;
        let Some(actor) = self.actor(&name) else {
            return Ok(no_actor(&name));
        };
        let mut actor = actor.lock().await;
        let result = match &mut *actor {
            Actor::Stream(stream) => self.send_stream(stream, &bytes, step).await,
            Actor::Datagrams(datagrams) => {
                let to = step
                    .to
                    .as_ref()
                    .map(|to| self.expand_text(to))
                    .transpose()?;
                let to = to.and_then(|to| to.parse().ok());
                datagrams
                    .send(&bytes, to)
                    .await
                    .map(|()| bytes.len() as u64)
                    .map_err(|error| (0, error))
            }
        };
        let (length, error) = match result {
            Ok(length) => (length, None),
            Err((length, error)) => (length, Some(error.to_string())),
        };
        self.shared
            .sent(&name, &bytes[..(length as usize).min(bytes.len())]);
        Ok(Observed::Sent { length, error })
    }

    fn payload(&self, step: &Send) -> Result<Vec<u8>, RunError> {
        let text = |template: &String| self.expand(template);
        if let Some(template) = step.text.as_ref().or(step.bytes.as_ref()) {
            return text(template);
        }
        if let Some(line) = &step.line {
            let mut bytes = text(line)?;
            bytes.push(b'\n');
            return Ok(bytes);
        }
        if let Some(hex) = &step.hex {
            let digits = self.expand_text(hex)?;
            return unhex(&digits)
                .ok_or_else(|| RunError::Spec(format!("`{digits}` is not hexadecimal")));
        }
        if let Some(pack) = &step.pack {
            return packed(pack, &self.bindings())
                .map_err(|error| RunError::Spec(error.to_string()));
        }
        Ok(Vec::new())
    }

    async fn send_stream(
        &self,
        stream: &mut Stream,
        bytes: &[u8],
        step: &Send,
    ) -> Result<u64, (u64, std::io::Error)> {
        let pieces = cut(bytes, &step.in_pieces);
        let deadline = Instant::now() + self.step_wait.max(Duration::from_secs(10));
        let mut sent = 0u64;
        for (index, piece) in pieces.iter().enumerate() {
            let mut rest = *piece;
            while !rest.is_empty() {
                let write = async {
                    if step.while_receiving {
                        stream.write_or_fill(rest).await
                    } else {
                        stream.write_some(rest).await
                    }
                };
                let count = match tokio::time::timeout_at(deadline, write).await {
                    Ok(Ok(count)) => count,
                    Ok(Err(error)) => return Err((sent, error)),
                    Err(_) => return Err((sent, std::io::ErrorKind::TimedOut.into())),
                };
                rest = &rest[count..];
                sent += count as u64;
            }
            if index + 1 < pieces.len() {
                self.between_pieces(stream, step, index).await;
            }
        }
        Ok(sent)
    }

    /// Lets the program read a piece before the next one is sent, so that pieces are really met apart.
    async fn between_pieces(&self, stream: &mut Stream, step: &Send, index: usize) {
        if let Some(pause) = step.pause_between {
            return tokio::time::sleep(pause.0).await;
        }
        if index >= MOST_WAITED_PIECES {
            return;
        }
        let (Some(local), deadline) = (stream.local(), Instant::now() + PIECE_WAIT) else {
            return;
        };
        while Instant::now() < deadline {
            if step.while_receiving {
                stream.fill_now();
            }
            let Ok(snapshot) = self.sandbox.snapshot().await else {
                return;
            };
            let unread = snapshot.sockets.iter().find(|socket| {
                socket.remote.as_ref().and_then(|remote| remote.internet()) == Some(local)
            });
            if unread.is_none_or(|socket| socket.receive_queue == 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

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
    async fn fill_or_end(&self, name: &str, stream: &mut Stream, deadline: Instant) -> Option<End> {
        let within = deadline.saturating_duration_since(Instant::now());
        self.fill_until(name, stream, self.quiet(within)).await
    }

    /// Reads more, or says why `patience` came to its end before.
    async fn fill_until(
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

    fn too_much(&self) {
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

    async fn next_datagram(
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

    fn noted(&self, name: &str, datagram: Datagram) -> Datagram {
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

/// Whether a wildcard address takes another one's connections, too.
fn covers(wildcard: &Place, place: &Place) -> bool {
    match (wildcard, place) {
        (Place::Tcp(own), Place::Tcp(at)) | (Place::Udp(own), Place::Udp(at)) => {
            own.ip().is_unspecified() && own.port() == at.port()
        }
        _ => false,
    }
}

enum Bound {
    Listener(Listener),
    Datagrams(Datagrams),
}

fn no_actor(name: &str) -> Observed {
    Observed::Skipped {
        because: format!("{name} has no connection"),
    }
}

fn internet(transport: Transport, at: SocketAddr) -> Place {
    if transport == Transport::Udp {
        Place::Udp(at)
    } else {
        Place::Tcp(at)
    }
}

fn unspecified(like: SocketAddr) -> IpAddr {
    if like.is_ipv4() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    } else {
        IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED)
    }
}

/// The transport of an endpoint: the one whose port it names.
pub fn transport_of(endpoint: &Endpoint) -> Transport {
    match endpoint {
        Endpoint {
            udp: Some(_),
            tcp: None,
            ..
        } => Transport::Udp,
        Endpoint {
            unix: Some(_),
            tcp: None,
            ..
        } => Transport::Unix,
        _ => Transport::Tcp,
    }
}

/// `tcp/80` in parts.
pub fn parse_on(text: &str) -> Option<(Transport, u16)> {
    let (transport, port) = text.split_once('/')?;
    let transport = match transport {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        _ => return None,
    };
    Some((transport, port.parse().ok()?))
}

/// An endpoint as a place, at `ip` or at the address that it names, else at every IPv4 address.
pub fn place_of_endpoint(endpoint: &Endpoint, ip: Option<IpAddr>) -> Option<Place> {
    let named = endpoint.at.as_deref().and_then(|at| match at {
        "any" => None,
        "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        at => at.parse().ok(),
    });
    let ip = ip.or(named).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    match endpoint {
        Endpoint {
            tcp: Some(port), ..
        } => Some(Place::Tcp(SocketAddr::new(ip, *port))),
        Endpoint {
            udp: Some(port), ..
        } => Some(Place::Udp(SocketAddr::new(ip, *port))),
        Endpoint {
            unix: Some(path), ..
        } => Some(Place::Unix(path.clone())),
        _ => None,
    }
}

/// Whether an answer comes from where the question went; a question to a broadcast or wildcard address
/// may be answered from any address.
fn same_place(asked: SocketAddr, answered: SocketAddr) -> bool {
    asked.port() == answered.port() && (asked.ip() == answered.ip() || asked.ip().is_unspecified())
}

fn cut<'a>(bytes: &'a [u8], pieces: &[Piece]) -> Vec<&'a [u8]> {
    let mut list = Vec::new();
    let mut rest = bytes;
    for piece in pieces {
        let size = match piece {
            Piece::Bytes(size) => (*size).min(rest.len()),
            Piece::Rest => rest.len(),
        };
        let (head, tail) = rest.split_at(size);
        list.push(head);
        rest = tail;
    }
    if !rest.is_empty() || list.is_empty() {
        list.push(rest);
    }
    list.retain(|piece| !piece.is_empty());
    list
}
