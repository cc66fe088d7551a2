//! The live ring, in a network namespace of its own.

use std::net::UdpSocket;

use socklab::capture::ring::{RingGeometry, dial, step_at};

use crate::made::{live, scenario};

/// Runs `work` in the namespace, through the named test; prints SKIPPED where that is not possible.
fn in_namespace(test: &str, work: impl FnOnce()) {
    if live::inside().is_some() {
        live::loopback_up();
        return work();
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    if let Err(why) = live::run_inside(test, dir.path()) {
        eprintln!("SKIPPED: {why}, so no ring was tried");
    }
}

#[test]
fn twenty_thousand_datagrams_fit_into_the_ring_unread() {
    in_namespace(
        "ring::twenty_thousand_datagrams_fit_into_the_ring_unread",
        || {
            let recording = live::record(RingGeometry::default(), || {
                let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
                let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
                let to = receiver.local_addr().expect("an address");
                for i in 0..20_000u32 {
                    sender.send_to(&i.to_be_bytes(), to).expect("a datagram");
                }
            });
            // `record` has asserted that the kernel dropped nothing. Each datagram is there once, in order.
            let packets: Vec<Vec<u8>> = recording
                .packets(|_| None)
                .map(|p| p.captured.to_vec())
                .collect();
            let numbers: Vec<u32> = packets
                .iter()
                .filter(|p| p.len() == 46)
                .map(|p| u32::from_be_bytes(p[42..46].try_into().expect("four bytes")))
                .collect();
            assert_eq!(numbers, (0..20_000).collect::<Vec<u32>>());
        },
    );
}

#[test]
fn a_flood_larger_than_the_ring_is_counted_as_dropped() {
    in_namespace(
        "ring::a_flood_larger_than_the_ring_is_counted_as_dropped",
        || {
            use socklab::capture::ring::{Ring, open_ring_socket};
            let geometry = RingGeometry {
                block_size: 1 << 16,
                block_nr: 2,
                ..RingGeometry::default()
            };
            let mut ring = Ring::new(open_ring_socket(1, &geometry).expect("a socket"), geometry)
                .expect("a ring");
            let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let to = receiver.local_addr().expect("an address");
            let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            for _ in 0..5_000 {
                sender.send_to(&[0; 500], to).expect("a datagram");
            }
            let seen = ring.drain(|_| {});
            let statistics = ring.statistics().expect("statistics");
            assert!(statistics.dropped > 0, "{statistics:?}");
            assert!(seen < 5_000);
        },
    );
}

#[test]
fn a_recording_is_bounded_and_counts_what_it_leaves_out() {
    in_namespace(
        "ring::a_recording_is_bounded_and_counts_what_it_leaves_out",
        || {
            use socklab::capture::ring::{Recording, Ring, open_ring_socket};
            let geometry = RingGeometry {
                retire_ms: 1,
                ..RingGeometry::default()
            };
            let mut ring = Ring::new(open_ring_socket(1, &geometry).expect("a socket"), geometry)
                .expect("a ring");
            let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let mut recording = Recording::new(10_000);
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while recording.left_out() == 0 {
                assert!(
                    std::time::Instant::now() < deadline,
                    "the ring never filled the recording"
                );
                sender
                    .send_to(&[0; 500], receiver.local_addr().expect("an address"))
                    .expect("a datagram");
                ring.drain(|p| recording.push(&p));
            }
            assert!(!recording.is_empty() && recording.len() < 20);
        },
    );
}

#[test]
fn a_dial_is_a_syn_or_a_datagram() {
    let talk = scenario::Talk::new().open().done();
    let seen = dial(&talk[0].bytes).expect("the SYN");
    assert!(!seen.udp);
    assert_eq!(seen.to, "10.0.0.2:8080".parse().expect("an address"));
    assert_eq!(dial(&talk[1].bytes), None, "a SYN+ACK answers");
    let datagram = scenario::Talk::new().datagram(0, b"x").done();
    assert!(dial(&datagram[0].bytes).expect("the datagram").udp);
}

#[test]
fn a_packet_belongs_to_the_latest_step_before_it() {
    let steps = [(100, "start".to_owned()), (200, "connect".to_owned())];
    assert_eq!(step_at(&steps, 99), None);
    assert_eq!(step_at(&steps, 100).as_deref(), Some("start"));
    assert_eq!(step_at(&steps, 199).as_deref(), Some("start"));
    assert_eq!(step_at(&steps, 5000).as_deref(), Some("connect"));
}
