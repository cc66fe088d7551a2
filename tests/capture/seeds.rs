//! The seeds from which the fuzzer starts are made by the same code as the captures of these tests.

use std::path::Path;

use crate::made::file::{self, Kind, PCAP, PCAPNG, Relink};
use crate::made::{other, scenario};

/// Small captures of every kind, by name.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let all = [scenario::opens_and_closes(), other::all()].concat();
    let find = |name: &str| {
        all.iter()
            .find(|(n, _)| *n == name)
            .expect("a scenario")
            .1
            .clone()
    };
    let mut seeds: Vec<(String, Vec<u8>)> = Vec::new();
    for name in [
        "half-close",
        "ports-reused",
        "fast-open",
        "udp-nobody",
        "udp-nobody-ipv6",
        "ipv6-hop-by-hop",
        "arp-and-friends",
        "connected-to-itself",
    ] {
        seeds.push((format!("{name}.pcapng"), file::write(&PCAPNG, &find(name))));
    }
    let short = find("refused");
    for (name, kind) in [
        ("little.pcap", PCAP),
        (
            "big.pcap",
            Kind {
                big_endian: true,
                ..PCAP
            },
        ),
        (
            "modified.pcap",
            Kind {
                modified: true,
                ..PCAP
            },
        ),
        (
            "cut.pcap",
            Kind {
                snaplen: 50,
                ..PCAP
            },
        ),
        ("gzip.pcap", Kind { gzip: true, ..PCAP }),
        (
            "big.pcapng",
            Kind {
                big_endian: true,
                offset: -5,
                ..PCAPNG
            },
        ),
        (
            "power-of-two.pcapng",
            Kind {
                resolution: Some(0x94),
                ..PCAPNG
            },
        ),
        ("simple.pcapng", Kind { block: 3, ..PCAPNG }),
        ("obsolete.pcapng", Kind { block: 2, ..PCAPNG }),
    ] {
        seeds.push((name.to_owned(), file::write(&kind, &short)));
    }
    seeds.push(("sections.pcapng".to_owned(), file::sections(&short)));
    for (name, link, link_type) in [
        ("qinq.pcap", Relink::QinQ, 1),
        (
            "null.pcap",
            Relink::Null {
                big: false,
                family6: 30,
            },
            0,
        ),
        ("sll.pcap", Relink::Sll, 113),
        ("sll2.pcap", Relink::Sll2, 276),
        ("raw.pcap", Relink::Bare, 101),
    ] {
        seeds.push((
            name.to_owned(),
            file::write(&Kind { link_type, ..PCAP }, &file::relink(&short, link)),
        ));
    }
    seeds
}

#[test]
fn the_fuzzers_seeds_are_what_the_tests_make() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/reader");
    let write = std::env::var_os("SOCKLAB_WRITE_SEEDS").is_some();
    for (name, bytes) in seeds() {
        let path = dir.join(&name);
        if write {
            std::fs::create_dir_all(&dir).expect("a directory");
            std::fs::write(&path, &bytes).expect("a file");
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(
            kept == bytes,
            "{name} differs; SOCKLAB_WRITE_SEEDS=1 writes the seeds again"
        );
    }
}
