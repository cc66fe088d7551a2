//! Assertions about connections and datagrams.

use std::net::{IpAddr, SocketAddr};

use crate::capture::flow::{Handshake, UdpExchange};
use crate::capture::{Analysis, Flow, Side};
use crate::event::{Bytes, What};
use crate::spec::{CloseCheck, CountCheck, DatagramCheck, DialCheck, FlowRef, PayloadCheck};
use crate::verdict::finding::{Excerpt, Finding};
use crate::verdict::history::Past;
use crate::verdict::judge::Input;

/// A capture with the names that a check gives to its ends.
pub struct View<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) past: &'a Past,
    pub(super) analysis: &'a Analysis,
    pub(super) actors: Vec<Actor>,
}

/// One of the grader's own endpoints.
pub(super) struct Actor {
    name: String,
    pub(super) local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    accepted: bool,
}

impl Actor {
    /// Whether a flow is one of its connections: one to where it accepts, or the one that it has made. Its own
    /// end alone says little, since a program may knock at any port.
    fn has(&self, flow: &Flow) -> bool {
        let side = self.local.and_then(|local| flow.side_of(local));
        let fits = |side: Side| {
            self.remote
                .is_none_or(|at| flow.address(side.other()) == at)
        };
        side.is_some_and(|side| self.accepted || fits(side))
    }
}

impl<'a> View<'a> {
    pub fn new(input: &'a Input<'a>, past: &'a Past, analysis: &'a Analysis) -> Self {
        let actors = input
            .events
            .iter()
            .filter_map(|event| match &event.what {
                What::Connected {
                    actor,
                    local,
                    remote,
                    accepted,
                    ..
                } => Some(Actor {
                    name: actor.clone(),
                    local: *local,
                    remote: *remote,
                    accepted: *accepted,
                }),
                _ => None,
            })
            .collect();
        View {
            input,
            past,
            analysis,
            actors,
        }
    }

    /// The flows that an assertion is about: an actor's, those with a port, or all.
    fn flows(&self, of: Option<&str>, on: Option<&str>) -> Vec<&'a Flow> {
        let port = on.and_then(|on| on.strip_prefix("tcp/")?.parse::<u16>().ok());
        self.analysis
            .flows
            .iter()
            .filter(|flow| {
                port.is_none_or(|port| flow.client.port() == port || flow.server.port() == port)
            })
            .filter(|flow| of.is_none_or(|of| self.side_named(flow, of).is_some()))
            .filter(|flow| self.input.check.capture.is_some() || self.is_judged(flow))
            .collect()
    }

    /// In a live capture only connections of the grader's actors count, or, when a check has none, those
    /// of its programs: a program that talks to itself proves nothing.
    fn is_judged(&self, flow: &Flow) -> bool {
        self.actors.iter().any(|actor| actor.has(flow))
            || self.actors.iter().all(|actor| actor.local.is_none())
    }

    /// The side of a flow that a name means: an actor, a program, `client` or `server`.
    fn side_named(&self, flow: &Flow, name: &str) -> Option<Side> {
        match name {
            "client" if !self.is_role(name) => return Some(Side::Client),
            "server" if !self.is_role(name) => return Some(Side::Server),
            _ => {}
        }
        if let Some(actor) = self.actors.iter().find(|actor| actor.name == name) {
            let side = flow.side_of(actor.local?)?;
            let fits = actor
                .remote
                .is_none_or(|remote| flow.address(side.other()) == remote);
            return fits.then_some(side);
        }
        // A program: where it listens, else the side that is no actor's.
        if let Some(program) = self.past.programs.get(name) {
            let listens = |at: &SocketAddr| program.places.iter().any(|place| covers(place, *at));
            if listens(&flow.server) {
                return Some(Side::Server);
            }
            let role = self.input.spec.programs.get(name);
            return Some(if role.is_some_and(|role| role.listens.is_some()) {
                Side::Server
            } else {
                Side::Client
            });
        }
        match name {
            "client" => Some(Side::Client),
            "server" => Some(Side::Server),
            _ => None,
        }
    }

    fn is_role(&self, name: &str) -> bool {
        self.past.programs.contains_key(name)
    }

    fn name_of(&self, flow: &Flow, side: Side) -> String {
        let at = flow.address(side);
        if let Some(actor) = self.actors.iter().find(|actor| actor.local == Some(at)) {
            return actor.name.clone();
        }
        format!("the {side}")
    }

    pub fn first_fin(&self, who: &str) -> Option<Finding> {
        let flows = self.flows(None, None);
        if flows.is_empty() {
            return Some(no_flow("tcp"));
        }
        flows.iter().find_map(|flow| {
            let side = self.side_named(flow, who)?;
            match flow.first_fin {
                Some(first) if first == side => None,
                Some(first) => {
                    let name = self.name_of(flow, first);
                    let message = format!("{name} closes the connection first; {who} should.");
                    Some(at(
                        Finding::new("closes-first", crate::verdict::diagnose::sentence(&message)),
                        flow.landmarks.first_fin,
                    ))
                }
                None => Some(at(
                    Finding::new(
                        "no-fin",
                        "Nobody closes the connection in order: there is no FIN.",
                    ),
                    flow.landmarks.first_rst.or(Some(flow.last_packet)),
                )),
            }
        })
    }

    pub fn no_reset(&self, none: bool) -> Option<Finding> {
        let flows = self.flows(None, None);
        let reset = flows.iter().find(|flow| flow.has_reset());
        match (none, reset) {
            (true, Some(flow)) => {
                let side = flow.landmarks.first_rst_from.unwrap_or(Side::Server);
                let who = self.name_of(flow, side);
                let message = crate::verdict::diagnose::sentence(&format!(
                    "{who} aborts the connection with RST"
                ));
                Some(at(
                    Finding::new("resets", message),
                    flow.landmarks.first_rst,
                ))
            }
            (false, None) => Some(Finding::new(
                "no-reset",
                "No connection is reset, though one should be.",
            )),
            _ => None,
        }
    }

    pub fn handshake(&self, of: &FlowRef) -> Option<Finding> {
        let flows = self.flows(of.of.as_deref(), of.on.as_deref());
        if flows.is_empty() {
            return Some(no_flow(of.on.as_deref().unwrap_or("tcp")));
        }
        // A handed-in capture may hold other, older connections: one whole handshake is enough there.
        let complete =
            |flow: &&&Flow| matches!(flow.handshake, Handshake::Complete | Handshake::FastOpen);
        if self.input.check.capture.is_some() && flows.iter().any(|flow| complete(&flow)) {
            return None;
        }
        flows.iter().find(|flow| !complete(flow)).map(|flow| {
            let what = match flow.handshake {
                Handshake::Refused => "the connection is refused (RST answers SYN)",
                Handshake::HalfOpen => "SYN and SYN+ACK are there, the ACK after them is missing",
                Handshake::NoAnswer => "the SYN is not answered",
                Handshake::NotCaptured => {
                    "the capture begins after the handshake: start capturing before the programs"
                }
                _ => "it is not SYN, SYN+ACK, ACK",
            };
            at(
                Finding::new(
                    "no-handshake",
                    format!("The three-way handshake is not complete: {what}."),
                ),
                Some(flow.first_packet),
            )
        })
    }

    pub fn close(&self, check: &CloseCheck) -> Option<Finding> {
        let flows = self.flows(check.of.as_deref(), check.on.as_deref());
        if flows.is_empty() {
            return Some(no_flow(check.on.as_deref().unwrap_or("tcp")));
        }
        let right = |flow: &&Flow| {
            check
                .any_of
                .iter()
                .any(|word| flow.closes_as(word) == Some(true))
        };
        if self.input.check.capture.is_some() && flows.iter().any(&right) {
            return None;
        }
        flows.iter().find(|flow| !right(flow)).map(|flow| {
            let wanted = check.any_of.join(" or ").replace('_', "-");
            let message = format!(
                "The connection ends another way ({:?}) than it should ({wanted}).",
                flow.close
            );
            at(
                Finding::new("close-kind", message),
                flow.landmarks.first_fin.or(flow.landmarks.first_rst),
            )
        })
    }

    pub fn half_close(&self, used: bool) -> Option<Finding> {
        let flows = self.flows(None, None);
        match (used, flows.iter().find(|flow| flow.half_close_used)) {
            (true, None) => Some(at(
                Finding::new(
                    "no-half-close",
                    "No data is sent after the other side's FIN: the half-close is not used.",
                ),
                flows.iter().find_map(|flow| flow.landmarks.first_fin),
            )),
            (false, Some(flow)) => Some(at(
                Finding::new("half-close", "Data is sent after the other side's FIN."),
                flow.landmarks.half_close_data,
            )),
            _ => None,
        }
    }

    pub fn connections(&self, check: &CountCheck) -> Option<Finding> {
        let flows = self.flows(None, check.on.as_deref());
        let count = flows
            .iter()
            .filter(|flow| flow.handshake != Handshake::Refused)
            .count() as u64;
        outside(check.exactly, check.at_least, check.at_most, count).map(|wanted| {
            let finding = Finding::new(
                "connections",
                format!("There are {count} connections; there should be {wanted}."),
            );
            beginning(finding, flows.iter().map(|flow| flow.first_packet))
        })
    }

    pub(super) fn exchanges(&self, on: Option<&str>) -> Vec<&'a UdpExchange> {
        let port = on.and_then(|on| on.strip_prefix("udp/")?.parse::<u16>().ok());
        let noise = |exchange: &UdpExchange| {
            self.input.check.capture.is_none() && matches!(exchange.server.port(), 53 | 9)
        };
        self.analysis
            .udp
            .iter()
            .filter(|exchange| !noise(exchange))
            .filter(|exchange| {
                port.is_none_or(|port| {
                    exchange.client.port() == port || exchange.server.port() == port
                })
            })
            .collect()
    }

    /// Which side of an exchange a name means.
    fn udp_side(&self, exchange: &UdpExchange, name: &str) -> Option<Side> {
        if let Some(actor) = self.actors.iter().find(|actor| actor.name == name) {
            let local = actor.local?;
            let same = |at: SocketAddr| {
                at.port() == local.port() && (at.ip() == local.ip() || local.ip().is_unspecified())
            };
            return [Side::Client, Side::Server]
                .into_iter()
                .find(|side| same(exchange.address(*side)));
        }
        if let Some(program) = self.past.programs.get(name) {
            let own = |at: SocketAddr| program.places.iter().any(|place| covers(place, at));
            let listener = [Side::Client, Side::Server]
                .into_iter()
                .find(|side| own(exchange.address(*side)));
            let actor = |at: SocketAddr| {
                self.actors
                    .iter()
                    .any(|actor| actor.local.is_some_and(|local| local.port() == at.port()))
            };
            return listener.or_else(|| {
                [Side::Client, Side::Server]
                    .into_iter()
                    .find(|side| !actor(exchange.address(*side)))
            });
        }
        match name {
            "client" => Some(Side::Client),
            "server" => Some(Side::Server),
            _ => None,
        }
    }

    pub fn datagrams(&self, check: &DatagramCheck) -> Option<Finding> {
        let exchanges = self.exchanges(check.on.as_deref());
        let count: u64 = exchanges
            .iter()
            .map(|exchange| match &check.from {
                None => exchange.datagrams_from_client + exchange.datagrams_from_server,
                Some(name) => self
                    .udp_side(exchange, name)
                    .map_or(0, |side| exchange.datagrams_from(side)),
            })
            .sum();
        let who = check
            .from
            .as_deref()
            .map_or(String::new(), |name| format!(" from the {name}"));
        outside(check.exactly, check.at_least, check.at_most, count).map(|wanted| {
            let plain = format!("There are {count} datagrams{who}; there should be {wanted}");
            let known = if count == 0 {
                self.why_no_datagrams(check.on.as_deref(), &exchanges)
            } else {
                repeated(&exchanges)
            };
            let finding = known.map_or_else(
                || Finding::new("datagram-count", format!("{plain}.")),
                |(cause, why)| Finding::new(cause, format!("{plain}: {why}.")),
            );
            beginning(finding, exchanges.iter().map(|e| e.first_packet))
        })
    }

    /// What there is in the capture in place of datagrams.
    fn why_no_datagrams(
        &self,
        on: Option<&str>,
        exchanges: &[&UdpExchange],
    ) -> Option<(&'static str, String)> {
        let port = on.and_then(|on| on.strip_prefix("udp/")?.parse::<u16>().ok());
        let there = |flow: &&Flow| port.is_some_and(|port| flow.server.port() == port);
        if let (Some(flow), true) = (self.analysis.flows.iter().find(there), exchanges.is_empty()) {
            let why = format!("what goes over port {} is TCP", flow.server.port());
            return Some(("wrong-transport", why));
        }
        if !exchanges.is_empty() {
            return Some((
                "one-sided",
                "the other side has sent some, and nothing comes back".into(),
            ));
        }
        let other = self.exchanges(None).into_iter().next()?;
        let why = format!("there are some to port {}", other.server.port());
        Some(("wrong-port-captured", why))
    }

    /// Streams and datagrams of one direction, each with the number of its first packet.
    fn payloads(&self, on: Option<&str>, from: Option<&str>) -> Vec<(Vec<u8>, u64)> {
        let mut list = Vec::new();
        if !on.is_some_and(|on| on.starts_with("udp")) {
            for flow in self.flows(None, on) {
                for side in [Side::Client, Side::Server] {
                    if from.is_none_or(|name| self.side_named(flow, name) == Some(side))
                        && let Some(stream) = &flow.half(side).stream
                    {
                        list.push((
                            stream.data.clone(),
                            flow.landmarks.first_data.unwrap_or(flow.first_packet),
                        ));
                    }
                }
            }
        }
        if !on.is_some_and(|on| on.starts_with("tcp")) {
            for exchange in self.exchanges(on) {
                let side = from.map(|name| self.udp_side(exchange, name));
                for datagram in &exchange.datagrams {
                    if side.is_none_or(|side| side == Some(datagram.from)) {
                        list.push((
                            datagram.payload.clone().unwrap_or_default(),
                            datagram.number,
                        ));
                    }
                }
            }
        }
        list
    }

    pub fn payload(&self, check: &PayloadCheck) -> Option<Finding> {
        let payloads = self.payloads(check.on.as_deref(), check.from.as_deref());
        let wanted = match super::payload::Wanted::of(check, &self.past.bindings) {
            Ok(wanted) => wanted,
            Err(error) => return Some(Finding::new("not-judged", error.to_string())),
        };
        if payloads.iter().any(|(bytes, _)| wanted.matches(bytes)) {
            return None;
        }
        let who = check
            .from
            .as_deref()
            .map_or(String::new(), |name| format!(" of the {name}"));
        let mut finding = Finding::new(
            self.payload_cause(check, &payloads),
            format!(
                "The data{who} in the capture is not what it should be: {}.",
                wanted.describe()
            ),
        );
        if let Some((bytes, packet)) = payloads.first() {
            let length = bytes.len() as u64;
            finding.seen = Some(Excerpt {
                label: "in the capture".into(),
                bytes: Bytes::capped(bytes, 2048),
                length,
                described: false,
            });
            finding.packets = vec![*packet];
        }
        Some(finding)
    }

    /// What kind of other data there is.
    fn payload_cause(&self, check: &PayloadCheck, payloads: &[(Vec<u8>, u64)]) -> &'static str {
        let Some((seen, _)) = payloads.first() else {
            return "payload";
        };
        let pattern = check.matches.as_deref().unwrap_or_default();
        let literal = pattern.trim_start_matches("(?s)").trim_start_matches('^');
        let literal = literal
            .split(['\\', '(', '[', '.', '$'])
            .next()
            .unwrap_or_default();
        let common = seen
            .iter()
            .zip(literal.bytes())
            .take_while(|(a, b)| **a == *b)
            .count();
        let other = check.from.as_deref().map(|from| match from {
            "client" => "server",
            _ => "client",
        });
        let others = other.map_or(Vec::new(), |other| {
            self.payloads(check.on.as_deref(), Some(other))
        });
        let text = check.text.as_deref().unwrap_or_default();
        if check.from.as_deref() == Some("server") && others.iter().any(|(bytes, _)| bytes == seen)
        {
            "echoes"
        } else if literal.len() > 7 && common >= 5 && seen.len() < literal.len() + 3 {
            "own-word-missing"
        } else if crate::verdict::diagnose::is_misspelt(text.as_bytes(), seen) {
            "misspelt"
        } else {
            "payload"
        }
    }

    pub fn payload_bytes(&self, check: &CountCheck) -> Option<Finding> {
        let payloads = self.payloads(check.on.as_deref(), check.from.as_deref());
        let count = payloads.iter().map(|(bytes, _)| bytes.len() as u64).sum();
        let who = check
            .from
            .as_deref()
            .map_or(String::new(), |name| format!(" from the {name}"));
        outside(check.exactly, check.at_least, check.at_most, count).map(|wanted| {
            let finding = Finding::new(
                "payload-bytes",
                format!("There are {count} bytes of payload{who}; there should be {wanted}."),
            );
            let some = payloads.iter().filter(|(bytes, _)| !bytes.is_empty());
            beginning(finding, some.map(|(_, packet)| *packet))
        })
    }

    pub fn ephemeral(&self, of: &FlowRef) -> Option<Finding> {
        let on = of.on.as_deref();
        // Linux chooses from 32768 on (`ip_local_port_range`); other systems, on which a capture may have
        // been made, from 1024 on.
        let live = self.input.check.capture.is_none();
        let lowest = if live { 32768 } else { 1024 };
        let tcp = self
            .flows(of.of.as_deref(), on)
            .into_iter()
            .map(|flow| (flow.client, flow.server, flow.first_packet));
        let udp = self
            .exchanges(on)
            .into_iter()
            .map(|exchange| (exchange.client, exchange.server, exchange.first_packet));
        tcp.chain(udp).find(|(client, server, _)| client.port() < lowest || client.port() == server.port()).map(|(client, _, packet)| {
            let message = format!("The client sends from port {}, which it has bound itself; a client leaves the choice to the system.", client.port());
            at(Finding::new("bound-source-port", message), Some(packet))
        })
    }

    pub fn dials(&self, check: &DialCheck) -> Option<Finding> {
        let (transport, port) = check.on.split_once('/')?;
        let ip = check
            .at
            .as_ref()
            .and_then(|ip| crate::spec::expand_text(ip, &self.past.bindings).ok());
        let right = |to: SocketAddr| {
            to.port().to_string() == port && ip.as_ref().is_none_or(|ip| same_ip(to.ip(), ip))
        };
        let dialled: Vec<(SocketAddr, u64)> = match transport {
            "udp" => self
                .exchanges(None)
                .iter()
                .map(|exchange| (exchange.server, exchange.first_packet))
                .collect(),
            _ => self
                .analysis
                .flows
                .iter()
                .map(|flow| (flow.server, flow.first_packet))
                .collect(),
        };
        if dialled.iter().any(|(to, _)| right(*to)) {
            return None;
        }
        let program = &check.program;
        let wanted = match &ip {
            Some(ip) => format!("{} {ip}:{port}", transport.to_uppercase()),
            None => format!("{} port {port}", transport.to_uppercase()),
        };
        Some(match dialled.first() {
            Some((to, packet)) if to.port().to_string() == port => at(
                Finding::new(
                    "wrong-address",
                    format!("The {program} connects to {to}, not to {wanted}."),
                ),
                Some(*packet),
            ),
            Some((to, packet)) => at(
                Finding::new(
                    "wrong-port",
                    format!("The {program} connects to {to}, not to {wanted}."),
                ),
                Some(*packet),
            ),
            None => Finding::new(
                "never-connects",
                format!("The {program} does not connect to {wanted}."),
            ),
        })
    }
}

/// Whether most datagrams repeat an earlier one.
fn repeated(exchanges: &[&UdpExchange]) -> Option<(&'static str, String)> {
    let mut seen = std::collections::BTreeMap::new();
    for exchange in exchanges {
        for datagram in &exchange.datagrams {
            if let Some(payload) = &datagram.payload {
                *seen
                    .entry((datagram.from == Side::Client, payload))
                    .or_insert(0u64) += 1;
            }
        }
    }
    let all: u64 = seen.values().sum();
    let distinct = seen.len() as u64;
    (distinct > 0 && all >= 3 * distinct).then(|| {
        let why = format!("each is sent {} times", all / distinct);
        ("sends-twice", why)
    })
}

fn same_ip(ip: IpAddr, wanted: &str) -> bool {
    let wanted = if wanted == "localhost" {
        "127.0.0.1"
    } else {
        wanted
    };
    wanted == "any" || wanted.parse() == Ok(ip) || (wanted == "127.0.0.1" && ip.is_loopback())
}

/// Whether a place is where an address is.
pub(super) fn covers(place: &crate::event::Place, at: SocketAddr) -> bool {
    use crate::event::Place;
    match place {
        Place::Tcp(own) | Place::Udp(own) => {
            own.port() == at.port() && (own.ip() == at.ip() || own.ip().is_unspecified())
        }
        Place::Unix(_) => false,
    }
}

fn no_flow(on: &str) -> Finding {
    Finding::new(
        "no-connection",
        format!("There is no TCP connection ({on}) in the capture."),
    )
}

/// Points at the packets with which flows begin: a few, since there may be thousands.
fn beginning(mut finding: Finding, packets: impl Iterator<Item = u64>) -> Finding {
    const MOST: usize = 10;
    finding.packets.extend(packets.take(MOST));
    finding
}

fn at(mut finding: Finding, packet: Option<u64>) -> Finding {
    finding.packets.extend(packet);
    finding
}

/// What a count should be, if it is not that.
fn outside(
    exactly: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
    count: u64,
) -> Option<String> {
    if let Some(exactly) = exactly.filter(|exactly| *exactly != count) {
        return Some(exactly.to_string());
    }
    if let Some(least) = at_least.filter(|least| count < *least) {
        return Some(format!("at least {least}"));
    }
    at_most
        .filter(|most| count > *most)
        .map(|most| format!("at most {most}"))
}
