//! Addresses and ports: what a spec names, and what a socket has.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::event::{Place, Transport};
use crate::spec::Endpoint;

/// Whether a wildcard address takes another one's connections, too.
pub(super) fn covers(wildcard: &Place, place: &Place) -> bool {
    match (wildcard, place) {
        (Place::Tcp(own), Place::Tcp(at)) | (Place::Udp(own), Place::Udp(at)) => {
            own.ip().is_unspecified() && own.port() == at.port()
        }
        _ => false,
    }
}

pub(super) fn internet(transport: Transport, at: SocketAddr) -> Place {
    if transport == Transport::Udp {
        Place::Udp(at)
    } else {
        Place::Tcp(at)
    }
}

pub(super) fn unspecified(like: SocketAddr) -> IpAddr {
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
