//! What is not a plain TCP connection.

use std::net::IpAddr;

use super::Frame;
use super::packet::{ACK, FIN, Ip, PSH, SYN, ethernet, icmp_error, ip, udp};
use super::scenario::Scenario;
use super::talk::Talk;

const D: u8 = PSH | ACK;
const FA: u8 = FIN | ACK;

/// UDP, ICMP, fragments, odd headers and what is not IP at all.
pub fn all() -> Vec<Scenario> {
    vec![
        (
            "udp-echo",
            Talk::new()
                .datagram(0, b"hello")
                .datagram(1, b"HELLO")
                .datagram(0, b"")
                .datagram(1, b"")
                .done(),
        ),
        (
            "udp-ipv6",
            Talk::between("[::1]:4000", "[::1]:5000")
                .datagram(0, b"hello")
                .datagram(1, b"HELLO")
                .done(),
        ),
        (
            "udp-nobody",
            udp_nobody("10.0.0.1:4000", "10.0.0.2:9", 3, 3),
        ),
        ("udp-nobody-ipv6", udp_nobody("[::1]:4000", "[::1]:9", 1, 4)),
        (
            "udp-fragmented",
            fragmented("10.0.0.1:4000", "10.0.0.2:5000", 17, false),
        ),
        (
            "udp-fragmented-backwards",
            fragmented("10.0.0.1:4000", "10.0.0.2:5000", 17, true),
        ),
        (
            "udp-fragmented-ipv6",
            fragmented("[2001:db8::1]:4000", "[2001:db8::2]:5000", 17, false),
        ),
        (
            "tcp-fragmented",
            fragmented("10.0.0.1:4000", "10.0.0.2:5000", 6, false),
        ),
        (
            "ip-options",
            odd_ip(
                Ip {
                    options: vec![7, 7, 4, 0, 0, 0, 0, 0],
                    ..Ip::default()
                },
                "10.0.0.1:4000",
                "10.0.0.2:5000",
            ),
        ),
        (
            "ipv6-hop-by-hop",
            odd_ip(
                Ip {
                    options: vec![0, 0, 1, 4, 0, 0, 0, 0],
                    ..Ip::default()
                },
                "[::1]:4000",
                "[::1]:5000",
            ),
        ),
        (
            "no-length-because-of-offload",
            odd_ip(
                Ip {
                    no_length: true,
                    ..Ip::default()
                },
                "10.0.0.1:4000",
                "10.0.0.2:5000",
            ),
        ),
        ("arp-and-friends", not_ip()),
    ]
}

fn udp_nobody(from: &str, to: &str, kind: u8, code: u8) -> Vec<Frame> {
    let mut t = Talk::between(from, to);
    t.datagram(0, b"anyone?");
    let (client, server) = (t.ends[0].ip(), t.ends[1].ip());
    let quoted = t.frames[0].bytes[14..].to_vec();
    let icmp = icmp_error(server, client, kind, code, &quoted);
    let protocol = if client.is_ipv6() { 58 } else { 1 };
    t.frame(ethernet(&ip(
        server,
        client,
        protocol,
        &Ip::default(),
        &icmp,
    )))
    .done()
}

fn fragmented(from: &str, to: &str, protocol: u8, backwards: bool) -> Vec<Frame> {
    let mut t = Talk::between(from, to);
    let (client, server) = (t.ends[0], t.ends[1]);
    let payload = [b'f'; 4000];
    let whole = if protocol == 17 {
        udp(client, server, &payload)
    } else {
        t.tcp(0, D, 1, 1, &payload).bytes()
    };
    let mut pieces: Vec<(u16, bool, Vec<u8>)> = Vec::new();
    for (i, piece) in whole.chunks(1480).enumerate() {
        pieces.push((
            i as u16 * 1480,
            (i + 1) * 1480 < whole.len(),
            piece.to_vec(),
        ));
    }
    if backwards {
        pieces.reverse();
    }
    for (offset, more, piece) in pieces {
        let header = Ip {
            id: 77,
            fragment: Some((offset, more)),
            ..Ip::default()
        };
        t.frame(ethernet(&ip(
            client.ip(),
            server.ip(),
            protocol,
            &header,
            &piece,
        )));
    }
    if protocol == 17 {
        t.datagram(1, b"got it");
    } else {
        t.s(ACK, 1, 4001, b"");
    }
    t.done()
}

fn odd_ip(header: Ip, from: &str, to: &str) -> Vec<Frame> {
    let mut t = Talk::between(from, to);
    for (side, flags, seq, ack, payload) in [
        (0, SYN, 0, 0, ""),
        (1, SYN | ACK, 0, 1, ""),
        (0, ACK, 1, 1, ""),
        (0, D, 1, 1, "hello"),
        (1, FA, 1, 6, ""),
    ] {
        let tcp = t.tcp(side, flags, seq, ack, payload.as_bytes());
        t.frame(ethernet(&ip(
            tcp.from.ip(),
            tcp.to.ip(),
            6,
            &header,
            &tcp.bytes(),
        )));
    }
    t.done()
}

fn not_ip() -> Vec<Frame> {
    let mut t = Talk::new();
    let mut arp = vec![0xff; 6];
    arp.extend([2, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
    arp.extend([0; 20]);
    t.frame(arp).echo();
    let (a, b): (IpAddr, IpAddr) = (t.ends[0].ip(), t.ends[1].ip());
    t.frame(ethernet(&ip(a, b, 132, &Ip::default(), &[0; 12])));
    t.frame(ethernet(&ip(
        a,
        b,
        1,
        &Ip::default(),
        &[8, 0, 0xf7, 0xfe, 0, 0, 0, 1],
    )));
    t.frame(vec![1, 2, 3]).done()
}
