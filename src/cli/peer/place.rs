//! Where a conversation by hand takes place, and what goes wrong there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use rustix::io::Errno;

use crate::run::RunError;
use crate::spec::by_hand::{Scene, Side};
use crate::spec::{Check, Endpoint, Spec, Step};

/// A scene at its place on this machine.
pub struct Stage {
    /// The spec, with the places where programs really are.
    pub spec: Spec,
    /// The check, likewise.
    pub check: Check,
    /// Who begins.
    pub side: Side,
    /// The place.
    pub at: SocketAddr,
    /// `UDP`, not `TCP`.
    pub udp: bool,
    /// The handout's address, when this machine does not have it.
    pub foreign: Option<IpAddr>,
}

impl Stage {
    /// Puts a scene at an address and port; where nothing is given, at those of the exercise.
    pub fn new(spec: &Spec, scene: &Scene, at: Option<IpAddr>, port: Option<u16>) -> Stage {
        let named = named_place(spec, scene);
        let usual = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let wanted = named
            .at
            .as_deref()
            .and_then(|at| at.parse::<IpAddr>().ok())
            .filter(|ip| !ip.is_unspecified())
            .unwrap_or(usual);
        let foreign = (at.is_none() && !is_local(wanted)).then_some(wanted);
        let ip = at.unwrap_or(if foreign.is_some() { usual } else { wanted });
        let udp = named.udp.is_some();
        let port = port.or(named.tcp).or(named.udp).unwrap_or(0);
        let mut stage = Stage {
            spec: spec.clone(),
            check: scene.check.clone(),
            side: scene.side,
            at: SocketAddr::new(ip, port),
            udp,
            foreign,
        };
        for program in stage.spec.programs.values_mut() {
            for endpoint in program.listens.iter_mut().chain(&mut program.connects) {
                move_to(endpoint, stage.at);
            }
        }
        move_steps(&mut stage.check.steps, stage.at);
        stage
    }

    fn transport(&self) -> &'static str {
        if self.udp { "UDP" } else { "TCP" }
    }

    /// The place in words.
    pub fn place(&self) -> String {
        format!(
            "{}, {} port {}",
            self.at.ip(),
            self.transport(),
            self.at.port()
        )
    }

    /// What to do when nobody listens.
    pub fn nobody_there(&self) -> String {
        format!(
            "nothing listens at {}. Start your server in another terminal first, or say where it is with --at and --port",
            self.place()
        )
    }

    /// Whether a UDP socket of this machine is bound to the place; of other machines nobody knows.
    pub fn seems_deserted(&self) -> bool {
        if !self.udp || self.side != Side::Calls || !self.at.ip().is_loopback() {
            return false;
        }
        let tables = ["/proc/net/udp", "/proc/net/udp6"];
        let port = format!(":{:04X}", self.at.port());
        let bound = |table: &str| {
            std::fs::read_to_string(table).map_or(true, |text| {
                text.lines().skip(1).any(|line| {
                    line.split_whitespace()
                        .nth(1)
                        .is_some_and(|local| local.ends_with(&port))
                })
            })
        };
        !tables.into_iter().any(bound)
    }

    /// An error in words that say what to do.
    pub fn explain(&self, error: RunError) -> anyhow::Error {
        let errno = match &error {
            RunError::Broker(broker) => broker.errno(),
            RunError::Io { source, .. } => source.raw_os_error(),
            _ => None,
        };
        let (place, port) = (self.place(), self.at.port());
        match errno.map(Errno::from_raw_os_error) {
            Some(Errno::ADDRINUSE) => anyhow::anyhow!(
                "port {port} is taken: another program has {place}, perhaps an earlier one of yours. `ss -tulnp` shows which; --port N chooses another"
            ),
            Some(Errno::ADDRNOTAVAIL) => anyhow::anyhow!(
                "{} is not an address of this machine; `ip addr` shows those that are",
                self.at.ip()
            ),
            Some(Errno::ACCESS) => anyhow::anyhow!(
                "port {port} is for the system: ports below 1024 need a privilege. --port N chooses another"
            ),
            _ => error.into(),
        }
    }
}

/// Where the exercise says that the two meet.
fn named_place(spec: &Spec, scene: &Scene) -> Endpoint {
    fn look(spec: &Spec, steps: &[Step]) -> Option<Endpoint> {
        steps.iter().find_map(|step| match step {
            Step::Connect(connect) => {
                let program = spec.programs.get(connect.to.as_ref()?)?;
                program.listens.clone()
            }
            Step::Listen(listen) => listen.on.clone().or_else(|| {
                let program = spec.programs.get(listen.program.as_ref()?)?;
                program.connects.clone()
            }),
            step => step
                .children()
                .iter()
                .find_map(|(_, inner)| look(spec, inner)),
        })
    }
    look(spec, &scene.check.steps).unwrap_or_default()
}

fn move_to(endpoint: &mut Endpoint, at: SocketAddr) {
    endpoint.at = Some(at.ip().to_string());
    for port in endpoint.tcp.iter_mut().chain(&mut endpoint.udp) {
        *port = at.port();
    }
}

fn move_steps(steps: &mut [Step], at: SocketAddr) {
    for step in steps {
        match step {
            Step::Connect(connect) => {
                connect.at = None;
                // Only loopback addresses can be taken as one likes.
                if !at.ip().is_loopback() {
                    connect.from = None;
                }
            }
            Step::Listen(listen) => listen.on.iter_mut().for_each(|on| move_to(on, at)),
            Step::For(each) => move_steps(&mut each.steps, at),
            Step::Repeat(repeat) => move_steps(&mut repeat.steps, at),
            Step::Together(branches) => branches
                .values_mut()
                .for_each(|steps| move_steps(steps, at)),
            Step::Either(ways) => ways.iter_mut().for_each(|steps| move_steps(steps, at)),
            _ => {}
        }
    }
}

/// Whether this machine has the address: only then can a socket be bound to it.
fn is_local(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::by_hand::scenes;

    const CLIENT: &str = "\
version: 1
exercise: x
title: X
points: 1
programs: { client: { files: [c], connects: { tcp: 7000, at: 192.0.2.9 } } }
checks:
  - id: sends
    title: S
    points: 1
    steps:
      - listen: { as: teacher, for: client }
      - start: client
      - accept: { at: teacher, as: alice }
      - receive: { at: alice, text: hi }
";

    fn stage(at: Option<IpAddr>, port: Option<u16>) -> Stage {
        let spec = crate::spec::load(CLIENT, "x.yaml").unwrap();
        Stage::new(&spec, &scenes(&spec)[0], at, port)
    }

    #[test]
    fn an_address_of_another_machine_becomes_the_loopback_address() {
        let stage = stage(None, None);
        assert_eq!(stage.at.to_string(), "127.0.0.1:7000");
        assert_eq!(stage.foreign, "192.0.2.9".parse().ok());
        let connects = stage.spec.programs["client"].connects.as_ref().unwrap();
        assert_eq!(connects.at.as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn what_the_user_says_goes_first() {
        let stage = stage("127.0.0.2".parse().ok(), Some(7001));
        assert_eq!(stage.place(), "127.0.0.2, TCP port 7001");
        assert_eq!(stage.foreign, None);
    }
}
