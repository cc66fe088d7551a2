use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::*;
use crate::capture::Packet;
use crate::capture::flow::Analyzer;
use crate::event::{Event, Transport, What};
use crate::spec::{self, Bindings, Spec};

const SPEC: &str = "version: 1
exercise: wire
title: Wire
points: 1
programs:
  server: { files: [server], listens: { tcp: 65432, at: 127.0.0.1 } }
checks:
  - id: closes
    title: Closes in order
    points: 1
    hint: close().
    steps:
      - start: server
      - connect: { as: alice, to: server }
      - closed: { at: alice, by: any }
    wire:
      - first_fin: alice
      - no_reset: true
";
const FIN: u8 = 0x11;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
const RST: u8 = 0x14;

fn spec() -> Spec {
    match spec::load(SPEC, "specs/lab/wire.yaml") {
        Ok(spec) => spec,
        Err(mistakes) => panic!("{}", crate::diag::render(&mistakes, SPEC, false)),
    }
}

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

/// A segment without data on a link of plain IPv4.
fn segment(from: &str, to: &str, flags: u8, seq: u32, ack: u32) -> Vec<u8> {
    let (from, to) = (at(from), at(to));
    let mut bytes = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0];
    for end in [from, to] {
        let SocketAddr::V4(end) = end else { panic!() };
        bytes.extend(end.ip().octets());
    }
    bytes.extend(from.port().to_be_bytes());
    bytes.extend(to.port().to_be_bytes());
    bytes.extend(seq.to_be_bytes());
    bytes.extend(ack.to_be_bytes());
    bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes
}

/// A connection that the client closes first, and both do in order.
fn in_order(client: &str, server: &str) -> Vec<Vec<u8>> {
    vec![
        segment(client, server, SYN, 100, 0),
        segment(server, client, SYN | ACK, 500, 101),
        segment(client, server, ACK, 101, 501),
        segment(client, server, FIN, 101, 501),
        segment(server, client, FIN, 501, 102),
        segment(client, server, ACK, 102, 502),
    ]
}

/// A knock at a port where nobody accepts.
fn refused(client: &str, server: &str) -> Vec<Vec<u8>> {
    vec![
        segment(client, server, SYN, 100, 0),
        segment(server, client, RST, 0, 101),
    ]
}

fn causes(packets: &[Vec<Vec<u8>>], local: &str, remote: &str, accepted: bool) -> Vec<String> {
    let mut analyzer = Analyzer::new(Options::default());
    for (number, bytes) in (1..).zip(packets.concat()) {
        analyzer.push(&Packet {
            number,
            time_ns: i128::from(number) * 1000,
            timed: true,
            interface: 0,
            link_type: 101,
            original_len: bytes.len() as u32,
            captured: &bytes,
            direction: None,
            comment: None,
        });
    }
    let analysis = analyzer.finish(Vec::new(), Vec::new());
    let spec = spec();
    let events = [Event {
        at: 0,
        what: What::Connected {
            actor: "alice".into(),
            transport: Transport::Tcp,
            local: Some(at(local)),
            remote: Some(at(remote)),
            accepted,
        },
    }];
    let input = Input {
        spec: &spec,
        check: &spec.checks[0],
        events: &events,
        capture: Some(&analysis),
        programs: &BTreeMap::new(),
        files: None,
    };
    let found = judge(
        &input,
        &Past::until(&events, events.len(), Bindings::default()),
    );
    found.into_iter().map(|finding| finding.cause).collect()
}

#[test]
fn a_program_that_knocks_at_an_actors_port_is_not_taken_for_the_actors_connection() {
    let (alice, server) = ("127.0.0.1:40000", "127.0.0.1:65432");
    let packets = [
        refused("127.0.0.1:50000", alice),
        in_order(alice, server),
        refused("127.0.0.1:50002", alice),
    ];
    let none: [&str; 0] = [];
    assert_eq!(causes(&packets, alice, server, false), none);
    let reset = vec![segment(server, alice, RST, 501, 102)];
    let packets = [in_order(alice, server)[..4].to_vec(), reset];
    assert_eq!(causes(&packets, alice, server, false), ["resets"]);
}

#[test]
fn every_connection_to_where_an_actor_accepts_counts() {
    let (first, desk) = ("127.0.0.1:40000", "192.168.1.20:8080");
    let packets = [in_order(first, desk), refused("127.0.0.1:40002", desk)];
    let found = causes(&packets, desk, first, true);
    assert!(found.contains(&"resets".to_owned()), "{found:?}");
}
