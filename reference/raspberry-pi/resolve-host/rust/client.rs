//! Looks up the IPv4 address of a host.

use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::process::ExitCode;

const HOST: &str = "www.google.com";

fn main() -> ExitCode {
    match ipv4_of(HOST) {
        Some(address) => {
            println!("The address of {HOST} is {address}");
            ExitCode::SUCCESS
        }
        None => {
            println!("Failed to get host {HOST}");
            ExitCode::FAILURE
        }
    }
}

/// The first IPv4 address that the system's resolver knows; the resolver wants a port as well.
fn ipv4_of(host: &str) -> Option<Ipv4Addr> {
    let addresses = (host, 0).to_socket_addrs().ok()?;
    addresses
        .filter_map(|socket| match socket.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
        .next()
}
