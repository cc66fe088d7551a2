//! One conversation in every kind of file and on every kind of link.

use super::file::{self, Kind, PCAP, PCAPNG, Relink};
use super::{Frame, scenario, trouble};

/// The files by name.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let find = |name: &str| -> Vec<Frame> {
        let all = [scenario::opens_and_closes(), trouble::all()].concat();
        all.into_iter()
            .find(|(n, _)| *n == name)
            .expect("a scenario")
            .1
    };
    let (v4, v6) = (find("fast-retransmission"), find("ipv6"));
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let files = [
        (
            "pcap-big-endian",
            Kind {
                big_endian: true,
                ..PCAP
            },
        ),
        ("pcap", PCAP),
        (
            "pcap-nanoseconds",
            Kind {
                nanoseconds: true,
                ..PCAP
            },
        ),
        (
            "pcap-nanoseconds-big-endian",
            Kind {
                nanoseconds: true,
                big_endian: true,
                ..PCAP
            },
        ),
        (
            "pcap-modified",
            Kind {
                modified: true,
                ..PCAP
            },
        ),
        (
            "pcap-modified-big-endian",
            Kind {
                modified: true,
                big_endian: true,
                ..PCAP
            },
        ),
        ("pcap-gzip", Kind { gzip: true, ..PCAP }),
        (
            "pcapng-big-endian",
            Kind {
                big_endian: true,
                ..PCAPNG
            },
        ),
        (
            "pcapng-microseconds",
            Kind {
                resolution: None,
                ..PCAPNG
            },
        ),
        (
            "pcapng-milliseconds",
            Kind {
                resolution: Some(3),
                ..PCAPNG
            },
        ),
        (
            "pcapng-power-of-two",
            Kind {
                resolution: Some(0x94),
                ..PCAPNG
            },
        ),
        (
            "pcapng-power-of-two-big-endian",
            Kind {
                resolution: Some(0x9e),
                big_endian: true,
                ..PCAPNG
            },
        ),
        (
            "pcapng-offset",
            Kind {
                offset: 1_000_000_000,
                ..PCAPNG
            },
        ),
        (
            "pcapng-offset-big-endian",
            Kind {
                offset: 1_000_000_000,
                big_endian: true,
                ..PCAPNG
            },
        ),
        ("pcapng-simple-packets", Kind { block: 3, ..PCAPNG }),
        (
            "pcapng-simple-packets-cut",
            Kind {
                block: 3,
                snaplen: 80,
                ..PCAPNG
            },
        ),
        ("pcapng-obsolete-packets", Kind { block: 2, ..PCAPNG }),
        (
            "pcapng-obsolete-packets-big-endian",
            Kind {
                block: 2,
                big_endian: true,
                ..PCAPNG
            },
        ),
        (
            "pcapng-gzip",
            Kind {
                gzip: true,
                ..PCAPNG
            },
        ),
        (
            "snaplen-100",
            Kind {
                snaplen: 100,
                ..PCAPNG
            },
        ),
        (
            "snaplen-58",
            Kind {
                snaplen: 58,
                ..PCAPNG
            },
        ),
        (
            "snaplen-54",
            Kind {
                snaplen: 54,
                ..PCAP
            },
        ),
        (
            "snaplen-40",
            Kind {
                snaplen: 40,
                ..PCAP
            },
        ),
        (
            "snaplen-34",
            Kind {
                snaplen: 34,
                ..PCAP
            },
        ),
        (
            "snaplen-20",
            Kind {
                snaplen: 20,
                ..PCAP
            },
        ),
    ];
    all.extend(
        files
            .iter()
            .map(|(n, k)| ((*n).to_owned(), file::write(k, &v4))),
    );
    all.push(("pcapng-sections".to_owned(), file::sections(&v4)));
    let twice = [
        file::gzip(&file::write(&PCAP, &v4)[..500]),
        file::gzip(&file::write(&PCAP, &v4)[500..]),
    ]
    .concat();
    all.push(("gzip-of-two-members".to_owned(), twice));
    let null = |big, family6| Relink::Null { big, family6 };
    let links = [
        ("vlan", Relink::Vlan, 1),
        ("qinq", Relink::QinQ, 1),
        ("padded", Relink::Padded, 1),
        ("null", null(false, 30), 0),
        ("null-big-endian", null(true, 24), 0),
        ("null-10", null(false, 10), 0),
        ("null-28", null(false, 28), 0),
        ("loop", Relink::Loop, 108),
        ("raw-12", Relink::Bare, 12),
        ("raw-14", Relink::Bare, 14),
        ("raw-101", Relink::Bare, 101),
        ("sll", Relink::Sll, 113),
        ("sll2", Relink::Sll2, 276),
    ];
    for (name, link, link_type) in links {
        for (version, frames) in [("4", &v4), ("6", &v6)] {
            let frames = file::relink(frames, link);
            all.push((
                format!("{name}-ipv{version}"),
                file::write(&Kind { link_type, ..PCAP }, &frames),
            ));
        }
    }
    for (name, link_type, frames) in [("ipv4", 228, &v4), ("ipv6", 229, &v6)] {
        let frames = file::relink(frames, Relink::Bare);
        all.push((
            format!("linktype-{name}"),
            file::write(
                &Kind {
                    link_type,
                    ..PCAPNG
                },
                &frames,
            ),
        ));
    }
    all
}
