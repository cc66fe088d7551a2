//! The reader and the analysis on files that are cut off, flipped and made up: no panic, no hang, what can be read, a warning.

use crate::made::file::{self, Kind, PCAP, PCAPNG};
use crate::made::{Frame, other, scenario};
use socklab::capture::{Options, analyse_bytes};

fn frames() -> Vec<Frame> {
    scenario::Talk::new().echo().done()
}

/// Reads and analyses a broken file: whatever comes out, it must come out.
fn survives(bytes: &[u8], packets: usize) -> Option<Vec<String>> {
    let analysis = analyse_bytes(bytes, Options::default()).ok()?;
    assert!(
        analysis.counts.packets as usize <= packets,
        "more packets than there were"
    );
    Some(analysis.warnings.iter().map(ToString::to_string).collect())
}

/// How many packets of a file are whole when it is cut: the files of the first 0, 1, 2 … packets end where those packets do.
fn whole_packets(kind: &Kind, frames: &[Frame], cut: usize) -> usize {
    let end_of = |n: &usize| file::write(kind, &frames[..*n]).len();
    (0..=frames.len()).rfind(|n| end_of(n) <= cut).unwrap_or(0)
}

#[test]
fn cut_at_every_byte_it_gives_the_packets_before_the_cut_and_a_warning() {
    let frames = frames();
    for kind in [
        PCAP,
        Kind {
            big_endian: true,
            ..PCAP
        },
        PCAPNG,
        Kind {
            big_endian: true,
            ..PCAPNG
        },
    ] {
        let bytes = file::write(&kind, &frames);
        let mut silent = 0;
        for cut in 0..bytes.len() {
            let Ok(analysis) = analyse_bytes(&bytes[..cut], Options::default()) else {
                assert!(cut < 28, "{kind:?} refused at {cut}");
                continue;
            };
            let whole = whole_packets(&kind, &frames, cut);
            assert_eq!(analysis.counts.packets as usize, whole, "{kind:?} at {cut}");
            match &analysis.warnings[..] {
                [] => silent += 1,
                [one] => {
                    assert_eq!(one.after_packet as usize, whole);
                    let said = one.to_string();
                    assert!(said.contains("the file ends inside"), "{said}");
                }
                more => panic!("{kind:?} at {cut}: {more:?}"),
            }
        }
        // Without a warning it ends only where a packet, the interface's description or the header ends.
        let ends = frames.len() + usize::from(kind.pcapng);
        assert_eq!(silent, ends, "{kind:?}: {silent} silent cuts");
    }
}

#[test]
fn a_gzip_file_cut_at_every_byte_is_always_noticed() {
    let frames = frames();
    let kind = Kind {
        gzip: true,
        ..PCAPNG
    };
    let bytes = file::write(&kind, &frames);
    for cut in 0..bytes.len() {
        let warnings = survives(&bytes[..cut], frames.len());
        assert!(warnings.is_none_or(|w| !w.is_empty()), "silent at {cut}");
    }
}

/// Where the types of the blocks of a pcapng file are: a block of another type is rightly passed over in silence.
fn in_block_type(bytes: &[u8], big: bool, at: usize) -> bool {
    let mut start = 0;
    while start < bytes.len() {
        if (start..start + 4).contains(&at) {
            return true;
        }
        let length = bytes[start + 4..start + 8].try_into().expect("four bytes");
        start += if big {
            u32::from_be_bytes(length)
        } else {
            u32::from_le_bytes(length)
        } as usize;
    }
    false
}

#[test]
fn with_every_byte_flipped_in_turn_no_packet_is_invented_and_none_lost_in_silence() {
    let frames = frames();
    for kind in [
        PCAP,
        Kind {
            big_endian: true,
            ..PCAP
        },
        PCAPNG,
        Kind {
            big_endian: true,
            ..PCAPNG
        },
        Kind { block: 3, ..PCAPNG },
        Kind { block: 2, ..PCAPNG },
    ] {
        let bytes = file::write(&kind, &frames);
        for at in 0..bytes.len() {
            for mask in [0xff, 0x01, 0x80] {
                let mut broken = bytes.clone();
                broken[at] ^= mask;
                let Ok(analysis) = analyse_bytes(&broken, Options::default()) else {
                    assert!(at < 28, "{kind:?} refused with byte {at} flipped");
                    continue;
                };
                let packets = analysis.counts.packets as usize;
                assert!(packets <= frames.len(), "{kind:?}, byte {at}");
                let silent = packets < frames.len() && analysis.warnings.is_empty();
                let passed_over = kind.pcapng && in_block_type(&bytes, kind.big_endian, at);
                assert!(!silent || passed_over, "{kind:?}, byte {at} ^ {mask:#x}");
            }
        }
    }
}

#[test]
fn with_every_byte_flipped_a_gzip_file_neither_panics_nor_hangs() {
    let bytes = file::write(
        &Kind {
            gzip: true,
            ..PCAPNG
        },
        &frames(),
    );
    for at in 0..bytes.len() {
        let mut broken = bytes.clone();
        broken[at] ^= 0xff;
        survives(&broken, usize::MAX);
    }
}

#[test]
fn every_cut_inside_every_packet_is_survived() {
    for (name, frames) in [scenario::opens_and_closes(), other::all()].concat() {
        for snaplen in 0..120 {
            let bytes = file::write(&Kind { snaplen, ..PCAP }, &frames);
            assert!(
                survives(&bytes, frames.len()).is_some(),
                "{name} at {snaplen}"
            );
        }
    }
}

#[test]
fn an_ipv6_extension_header_that_is_cut_is_survived() {
    use crate::made::packet::{Ip, ethernet, ip};
    let address = "2001:db8::1".parse().expect("an address");
    for (first, units) in [
        (0u8, 3u8),
        (43, 3),
        (60, 255),
        (51, 200),
        (0, 0),
        (60, 0),
        (43, 0),
        (44, 0),
    ] {
        for next in [43u8, 44, 51, 60, 6] {
            let header = Ip {
                options: vec![next, units, 1, 4, 0, 0, 0, 0],
                ..Ip::default()
            };
            let mut packet = ip(address, address, next, &header, &[next; 12]);
            packet[6] = first;
            for len in 40..packet.len() {
                let frames = vec![Frame {
                    time_ns: 1,
                    bytes: ethernet(&packet[..len]),
                }];
                assert!(survives(&file::write(&PCAPNG, &frames), 1).is_some());
            }
        }
    }
}
