//! Compares the analysis with tshark's, packet by packet, over captures that are made here. Prints SKIPPED when tshark is absent.

use std::path::Path;

use crate::made::file::{self, Kind, PCAP, PCAPNG, Relink};
use crate::made::tshark::{self, Seen};
use crate::made::{Frame, live, other, scenario, trouble};
use socklab::capture::flow::{Analysis, Flow, Side, TcpPacket};
use socklab::capture::{Options, analyse_bytes};

/// One difference, in words.
fn differences(analysis: &Analysis, seen: &[Seen]) -> Vec<String> {
    let mut out = Vec::new();
    let mut check = |what: String, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        if ours != theirs {
            out.push(format!("{what}: socklab {ours}, tshark {theirs}"));
        }
    };
    let packets = seen.iter().filter(|s| !s.protocols.is_empty()).count() as u64;
    check("packets".into(), &analysis.counts.packets, &packets);
    let streams = seen
        .iter()
        .filter_map(|s| s.tcp_stream)
        .max()
        .map_or(0, |n| n + 1);
    check("TCP connections".into(), &analysis.flows.len(), &streams);
    let exchanges = seen
        .iter()
        .filter_map(|s| s.udp_stream)
        .max()
        .map_or(0, |n| n + 1);
    check("UDP exchanges".into(), &analysis.udp.len(), &exchanges);
    for packet in seen {
        let ours = analysis.flows.iter().find_map(|f| {
            f.packets
                .iter()
                .find(|p| p.number == packet.number)
                .map(|p| (f, p))
        });
        check(
            format!("packet {} stream", packet.number),
            &ours.map(|(f, _)| f.index),
            &packet.tcp_stream,
        );
        if let (Some((_, ours)), Some(_)) = (ours, packet.tcp_stream) {
            compare_packet(&mut check, ours, packet);
        }
    }
    for flow in &analysis.flows {
        compare_flow(&mut check, flow, seen);
    }
    let ours: Vec<((usize, String), (u64, u64))> = both_ways(analysis);
    let mut theirs: Vec<_> = tshark::conversations(seen, true).into_iter().collect();
    theirs.sort();
    check("UDP bytes".into(), &ours, &theirs);
    out
}

type Check<'c> = &'c mut dyn FnMut(String, &dyn std::fmt::Debug, &dyn std::fmt::Debug);

fn compare_packet(check: Check, ours: &TcpPacket, seen: &Seen) {
    let at = |what: &str| format!("packet {} {what}", seen.number);
    check(at("time"), &ours.time_ns, &seen.time_ns);
    check(at("length"), &Some(u64::from(ours.len)), &seen.len);
    check(at("flags"), &Some(ours.flags.0), &seen.flags);
    check(at("seq"), &Some(ours.relative_seq), &seen.seq);
    if ours.flags.ack() {
        check(at("ack"), &Some(ours.relative_ack), &seen.ack);
    }
    check(at("window"), &Some(ours.window), &seen.window);
    check(
        at("marks"),
        &ours.marks.names().collect::<Vec<_>>(),
        &seen.marks,
    );
}

fn compare_flow(check: Check, flow: &Flow, seen: &[Seen]) {
    let mine: Vec<&Seen> = seen
        .iter()
        .filter(|s| s.tcp_stream == Some(flow.index))
        .collect();
    let at = |what: &str| format!("tcp/{} {what}", flow.index);
    check(
        at("completeness"),
        &Some(flow.completeness),
        &mine.iter().find_map(|s| s.completeness),
    );
    let first_fin = mine
        .iter()
        .find(|s| s.flags.is_some_and(|f| f & 1 != 0))
        .map(|s| s.source.clone());
    check(
        at("first FIN"),
        &flow.first_fin.map(|s| flow.address(s).to_string()),
        &first_fin,
    );
    for side in [Side::Client, Side::Server] {
        if flow.client == flow.server && side == Side::Server {
            continue;
        }
        let from: Vec<_> = mine
            .iter()
            .filter(|s| s.source == flow.address(side).to_string())
            .collect();
        let bytes = &flow.half(side).bytes;
        check(
            at(&format!("{side} packets")),
            &bytes.packets,
            &(from.len() as u64),
        );
        check(
            at(&format!("{side} bytes")),
            &bytes.frame,
            &from.iter().map(|s| s.frame_len).sum::<u64>(),
        );
        check(
            at(&format!("{side} payload")),
            &bytes.payload,
            &from.iter().filter_map(|s| s.len).sum::<u64>(),
        );
    }
}

fn both_ways(analysis: &Analysis) -> Vec<((usize, String), (u64, u64))> {
    let mut all = Vec::new();
    for exchange in &analysis.udp {
        for side in [Side::Client, Side::Server] {
            let bytes = exchange.bytes_from(side);
            if bytes.packets > 0 {
                all.push((
                    (exchange.index, exchange.address(side).to_string()),
                    (bytes.packets, bytes.frame),
                ));
            }
        }
    }
    all.sort();
    all
}

/// Captures by name.
fn captures() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for (name, frames) in [scenario::opens_and_closes(), trouble::all(), other::all()].concat() {
        all.push((name.to_owned(), file::write(&PCAPNG, &frames)));
    }
    all.extend(kinds());
    for seed in 0..12 {
        all.push((
            format!("random-{seed}"),
            file::write(&PCAPNG, &scenario::random(seed, 150)),
        ));
    }
    all
}

/// One conversation in every kind of file and on every kind of link.
fn kinds() -> Vec<(String, Vec<u8>)> {
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

/// Where tshark says something else, and why it is not followed: capture, part of the difference, reason.
const KNOWN: [(&str, &str, &str); 6] = [
    (
        "syn-ack-with-another-number",
        "packet 2 marks",
        "the second pass of tshark compares the first SYN+ACK with the number of the last one",
    ),
    ("live-udp_large", "UDP bytes", "as for udp-fragmented"),
    (
        "udp-fragmented",
        "UDP bytes",
        "tshark counts only the frame that completes a datagram, not its other pieces",
    ),
    ("tcp-fragmented", "client packets", "as for UDP"),
    ("tcp-fragmented", "client bytes", "as for UDP"),
    (
        "null-10-ipv6",
        "",
        "Wireshark does not know Linux's number for IPv6 on a NULL link",
    ),
];

fn known(difference: &str) -> bool {
    KNOWN
        .iter()
        .any(|(capture, part, _)| difference.starts_with(capture) && difference.contains(part))
}

fn compare(name: &str, bytes: &[u8], dir: &Path) -> Vec<String> {
    let path = dir.join(name);
    std::fs::write(&path, bytes).expect("the temporary directory takes files");
    let analysis = match analyse_bytes(bytes, Options::default()) {
        Ok(analysis) => analysis,
        Err(e) => return vec![format!("{name}: {e}")],
    };
    match tshark::read(&path) {
        Ok(seen) => differences(&analysis, &seen)
            .into_iter()
            .map(|d| format!("{name}: {d}"))
            .collect(),
        Err(e) => vec![format!("{name}: tshark cannot read it: {e}")],
    }
}

#[test]
fn agrees_with_tshark_on_every_capture_that_we_can_make() {
    if !tshark::available() {
        eprintln!(
            "SKIPPED: tshark is not installed, so nothing was compared (apt-get install tshark)"
        );
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let only = std::env::var("SOCKLAB_ONLY").unwrap_or_default();
    let captures: Vec<_> = captures()
        .into_iter()
        .filter(|(n, _)| n.contains(&only))
        .collect();
    let compared: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = captures.chunks(captures.len().div_ceil(4).max(1)).collect();
        let workers: Vec<_> = parts
            .into_iter()
            .map(|part| {
                let dir = dir.path();
                scope.spawn(move || {
                    part.iter()
                        .flat_map(|(n, b)| compare(n, b, dir))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().expect("a comparison"))
            .collect()
    });
    eprintln!("compared {} captures with tshark", captures.len());
    let (known, compared): (Vec<String>, Vec<String>) =
        compared.into_iter().partition(|d| known(d));
    eprintln!("{} differences are known:", known.len());
    for (capture, part, reason) in KNOWN {
        eprintln!("  {capture} {part}: {reason}");
    }
    assert!(
        compared.is_empty(),
        "{} differences:\n{}",
        compared.len(),
        compared.join("\n")
    );
}

#[test]
fn agrees_with_tshark_on_real_programs() {
    if let Some(dir) = live::inside() {
        return live::record_programs(&dir);
    }
    if !tshark::available() || !live::python_available() {
        eprintln!("SKIPPED: tshark or python3 is not installed, so no real program was compared");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    if let Err(why) = live::run_inside("agreement::agrees_with_tshark_on_real_programs", dir.path())
    {
        eprintln!("SKIPPED: {why}, so no real program was compared");
        return;
    }
    let mut files: Vec<_> = std::fs::read_dir(dir.path())
        .expect("the directory")
        .map(|f| f.expect("a file").path())
        .collect();
    files.sort();
    assert!(files.len() >= 20, "only {} captures were made", files.len());
    let mut differences = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).expect("a capture");
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Ok(keep) = std::env::var("SOCKLAB_KEEP") {
            std::fs::write(Path::new(&keep).join(&name), &bytes).expect("a copy");
        }
        differences.extend(compare(&name, &bytes, dir.path()));
    }
    eprintln!(
        "compared {} captures of real programs with tshark",
        files.len()
    );
    differences.retain(|d| !known(d));
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
