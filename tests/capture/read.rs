//! The reader on files of every kind. Ten of these tests are about what pcap-parser 0.17 leaves to its users or gets wrong:
//!
//! | trap | test |
//! |---|---|
//! | no resolution for powers of two | `every_resolution_of_timestamps_is_understood` |
//! | integer options of big-endian sections; negative offsets | `offsets_of_timestamps_count_in_both_byte_orders_and_may_be_negative` |
//! | length of a Simple Packet Block | `a_simple_packet_is_as_long_as_original_length_snapshot_length_and_block_allow` |
//! | a short first read, a long section header | `a_reader_that_gives_one_byte_at_a_time_gives_the_same_packets`, `a_section_header_larger_than_the_first_window_is_read` |
//! | a block larger than the buffer, and than memory | `a_packet_larger_than_the_first_window_is_read_whole`, `an_impossible_length_ends_the_reading_with_a_warning` |
//! | malformed content looks like a short file | `a_malformed_block_is_skipped_with_a_warning_and_the_next_one_read` |
//! | a clean end looks like a short file | `a_clean_end_is_no_short_file` |
//! | the type of an unknown block is not swapped | `every_kind_of_file_gives_the_same_packets`, `blocks_of_unknown_kinds_are_skipped_in_both_byte_orders` |
//! | an interface's IPv6 address is looked up as its IPv4 address | `addresses_of_an_interface_disturb_nothing` |
//! | the data of an Enhanced Packet Block include the padding | `the_padding_of_an_enhanced_packet_is_no_part_of_it` |

use crate::made::file::{self, Kind, PCAP, PCAPNG};
use crate::made::{Frame, live, scenario};
use socklab::capture::read::{Limits, ReadError, Reader};

fn frames() -> Vec<Frame> {
    scenario::Talk::new().echo().done()
}

/// Everything the reader says about a file: times, lengths, bytes, warnings.
struct Read {
    times: Vec<i128>,
    timed: Vec<bool>,
    lengths: Vec<u32>,
    bytes: Vec<Vec<u8>>,
    comments: Vec<Option<String>>,
    numbers: Vec<u64>,
    warnings: Vec<String>,
}

fn read(bytes: &[u8]) -> Read {
    let mut reader = Reader::from_bytes(bytes).expect("a capture");
    let mut all = Read {
        times: vec![],
        timed: vec![],
        lengths: vec![],
        bytes: vec![],
        comments: vec![],
        numbers: vec![],
        warnings: vec![],
    };
    while let Some(p) = reader.next_packet() {
        all.times.push(p.time_ns);
        all.timed.push(p.timed);
        all.lengths.push(p.original_len);
        all.bytes.push(p.captured.to_vec());
        all.comments.push(p.comment.clone());
        all.numbers.push(p.number);
    }
    all.warnings = reader.warnings().iter().map(ToString::to_string).collect();
    all
}

fn whole(frames: &[Frame]) -> Vec<Vec<u8>> {
    frames.iter().map(|f| f.bytes.clone()).collect()
}

fn block(kind: u32, body: &[u8], big: bool) -> Vec<u8> {
    let n = |v: u32| {
        if big {
            v.to_be_bytes()
        } else {
            v.to_le_bytes()
        }
    };
    let len = (body.len() + 12) as u32;
    [&n(kind)[..], &n(len), body, &n(len)].concat()
}

#[test]
fn every_kind_of_file_gives_the_same_packets() {
    let frames = frames();
    for big_endian in [false, true] {
        for gzip in [false, true] {
            for kind in [
                PCAP,
                Kind {
                    nanoseconds: true,
                    ..PCAP
                },
                Kind {
                    modified: true,
                    ..PCAP
                },
                PCAPNG,
                Kind { block: 2, ..PCAPNG },
                Kind { block: 3, ..PCAPNG },
            ] {
                let kind = Kind {
                    big_endian,
                    gzip,
                    ..kind
                };
                let read = read(&file::write(&kind, &frames));
                assert_eq!(read.bytes, whole(&frames), "{kind:?}");
                assert!(read.warnings.is_empty(), "{kind:?}: {:?}", read.warnings);
            }
        }
    }
}

#[test]
fn every_resolution_of_timestamps_is_understood() {
    let frames = frames();
    for (resolution, unit_ns) in [
        (None, 1_000),
        (Some(9), 1),
        (Some(6), 1_000),
        (Some(3), 1_000_000),
        (Some(0), 1_000_000_000),
        (Some(0x80), 1_000_000_000),
        (Some(0x8a), 976_563),
        (Some(0x94), 954),
        (Some(0xa0), 1),
    ] {
        for big_endian in [false, true] {
            let read = read(&file::write(
                &Kind {
                    resolution,
                    big_endian,
                    ..PCAPNG
                },
                &frames,
            ));
            for (time, frame) in read.times.iter().zip(&frames) {
                let off = i128::from(frame.time_ns) - time;
                assert!(
                    (0..=unit_ns).contains(&off),
                    "{resolution:?} big {big_endian}: {off} ns off"
                );
            }
        }
    }
}

#[test]
fn offsets_of_timestamps_count_in_both_byte_orders_and_may_be_negative() {
    let frames = frames();
    for big_endian in [false, true] {
        let read_with = |offset| {
            read(&file::write(
                &Kind {
                    offset,
                    big_endian,
                    ..PCAPNG
                },
                &frames,
            ))
            .times[0]
        };
        let plain = i128::from(frames[0].time_ns);
        assert_eq!(
            read_with(1_000_000_000),
            plain,
            "the writer subtracts a positive offset"
        );
        assert_eq!(read_with(-3600), plain - 3600 * 1_000_000_000);
    }
}

#[test]
fn a_resolution_that_no_number_can_hold_gives_no_time_but_the_packets() {
    let frames = frames();
    let mut bytes = file::write(&PCAPNG, &frames);
    let at = bytes
        .windows(5)
        .position(|w| w == [9, 0, 1, 0, 9])
        .expect("the option")
        + 4;
    for resolution in [0x7f, 0xff, 40, 0xfe] {
        bytes[at] = resolution;
        assert_eq!(
            read(&bytes).bytes,
            whole(&frames),
            "resolution {resolution:#x}"
        );
    }
}

#[test]
fn a_simple_packet_is_as_long_as_original_length_snapshot_length_and_block_allow() {
    let frames = frames();
    let read = read(&file::write(
        &Kind {
            block: 3,
            snaplen: 57,
            ..PCAPNG
        },
        &frames,
    ));
    for (i, frame) in frames.iter().enumerate() {
        assert_eq!(read.bytes[i], frame.bytes[..frame.bytes.len().min(57)]);
        assert_eq!(read.lengths[i], frame.bytes.len() as u32);
        assert!(!read.timed[i]);
    }
}

#[test]
fn the_padding_of_an_enhanced_packet_is_no_part_of_it() {
    for len in 60..64 {
        let frames = vec![Frame {
            time_ns: 1,
            bytes: vec![7; len],
        }];
        assert_eq!(read(&file::write(&PCAPNG, &frames)).bytes[0].len(), len);
    }
}

#[test]
fn a_clean_end_is_no_short_file() {
    let frames = frames();
    for kind in [PCAP, PCAPNG, Kind { gzip: true, ..PCAP }] {
        for many in [0, 1, frames.len()] {
            let read = read(&file::write(&kind, &frames[..many]));
            assert_eq!(read.bytes.len(), many);
            assert!(read.warnings.is_empty(), "{kind:?}: {:?}", read.warnings);
        }
    }
}

#[test]
fn addresses_of_an_interface_disturb_nothing() {
    let frames = frames();
    for big in [false, true] {
        let good = file::write(
            &Kind {
                big_endian: big,
                ..PCAPNG
            },
            &frames,
        );
        let n16 = |v: u16| {
            if big {
                v.to_be_bytes()
            } else {
                v.to_le_bytes()
            }
        };
        // Ethernet, any length; if_IPv6addr (5) and if_IPv4addr (4).
        let body = [
            &n16(1)[..],
            &[0; 6],
            &n16(5),
            &n16(17),
            &[0x20; 17],
            &[0; 3],
            &n16(4),
            &n16(8),
            &[10; 8],
            &[0; 4],
        ]
        .concat();
        let header = 8 + u32::from(good[4] | good[7]) as usize - 8;
        let (section, rest) = good.split_at(header);
        let bytes = [section, rest, &block(1, &body, big)].concat();
        let read = read(&bytes);
        assert_eq!(read.bytes, whole(&frames));
        assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    }
}

#[test]
fn a_reader_that_gives_one_byte_at_a_time_gives_the_same_packets() {
    struct Trickle<'a>(&'a [u8]);
    impl std::io::Read for Trickle<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(buf.len()).min(1);
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let frames = frames();
    for kind in [
        PCAP,
        PCAPNG,
        Kind {
            gzip: true,
            ..PCAPNG
        },
    ] {
        let bytes = file::write(&kind, &frames);
        let mut reader = Reader::new(Trickle(&bytes), Limits::default()).expect("a capture");
        let mut count = 0;
        while let Some(packet) = reader.next_packet() {
            assert_eq!(packet.captured, frames[count].bytes);
            count += 1;
        }
        assert_eq!(count, frames.len());
    }
}

#[test]
fn a_packet_larger_than_the_first_window_is_read_whole() {
    let frames = vec![
        Frame {
            time_ns: 1,
            bytes: vec![9; 3 << 20],
        },
        Frame {
            time_ns: 2,
            bytes: vec![8; 10],
        },
    ];
    for kind in [
        Kind {
            snaplen: u32::MAX,
            ..PCAP
        },
        Kind {
            snaplen: u32::MAX,
            ..PCAPNG
        },
    ] {
        assert_eq!(read(&file::write(&kind, &frames)).bytes, whole(&frames));
    }
}

#[test]
fn a_section_header_larger_than_the_first_window_is_read() {
    let frames = frames();
    let bytes = file::write(&PCAPNG, &frames);
    let comment = vec![b'c'; 60_000];
    let option = [&1u16.to_le_bytes()[..], &60_000u16.to_le_bytes(), &comment].concat();
    let fixed = &bytes[8..24];
    let header = block(0x0a0d_0d0a, &[fixed, &option.repeat(10)].concat(), false);
    let first = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes")) as usize;
    assert_eq!(
        read(&[&header, &bytes[first..]].concat()).bytes,
        whole(&frames)
    );
}

#[test]
fn an_impossible_length_ends_the_reading_with_a_warning() {
    let frames = frames();
    for big_endian in [false, true] {
        let whole_file = file::write(
            &Kind {
                big_endian,
                ..PCAPNG
            },
            &frames,
        );
        let n = |v: u32| {
            if big_endian {
                v.to_be_bytes()
            } else {
                v.to_le_bytes()
            }
        };
        for len in [0u32, 4, 13, 0xffff_fff0, 0x7fff_fffc] {
            let broken = [&whole_file[..], &n(6), &n(len), &[0; 64]].concat();
            let read = read(&broken);
            assert_eq!(read.bytes, whole(&frames));
            assert_eq!(read.warnings.len(), 1);
            assert!(
                read.warnings[0].contains("impossible length"),
                "{}",
                read.warnings[0]
            );
        }
    }
}

#[test]
fn a_malformed_block_is_skipped_with_a_warning_and_the_next_one_read() {
    let frames = frames();
    let good = file::write(&PCAPNG, &frames);
    for (kind, body, what) in [
        (6u32, vec![0u8; 8], "enhanced"),
        (
            6,
            [
                &[0u8; 12][..],
                &500u32.to_le_bytes(),
                &500u32.to_le_bytes(),
                &[0; 4],
            ]
            .concat(),
            "enhanced",
        ),
        (
            6,
            [&9u32.to_le_bytes()[..], &[0; 20]].concat(),
            "interface 9",
        ),
        (
            6,
            [&[0u8; 12][..], &u32::MAX.to_le_bytes(), &[0; 8]].concat(),
            "enhanced",
        ),
        (1, vec![0u8; 4], "interface description"),
        (2, vec![0u8; 16], "packet block"),
        (
            2,
            [&[0u8; 12][..], &99u32.to_le_bytes(), &99u32.to_le_bytes()].concat(),
            "do not fit",
        ),
        (4, vec![1, 0, 200, 0], "name resolution"),
    ] {
        let bytes = [&good[..], &block(kind, &body, false), &good].concat();
        let read = read(&bytes);
        assert_eq!(read.bytes.len(), frames.len() * 2, "{what}");
        assert_eq!(read.warnings.len(), 1, "{what}: {:?}", read.warnings);
        assert!(read.warnings[0].contains(what), "{}", read.warnings[0]);
    }
}

#[test]
fn blocks_of_unknown_kinds_are_skipped_in_both_byte_orders() {
    let frames = frames();
    for big in [false, true] {
        let good = file::write(
            &Kind {
                big_endian: big,
                ..PCAPNG
            },
            &frames,
        );
        let bytes = [&good[..], &block(0x1234_5678, b"whatever", big), &good].concat();
        let read = read(&bytes);
        assert_eq!(read.bytes.len(), frames.len() * 2);
        assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    }
}

#[test]
fn custom_blocks_take_a_number_as_in_wireshark() {
    let frames = frames();
    let good = file::write(&PCAPNG, &frames);
    let bytes = [&good[..], &block(0x0bad, &[0; 8], false), &good].concat();
    let read = read(&bytes);
    assert_eq!(read.bytes.len(), frames.len() * 2);
    assert_eq!(read.numbers[frames.len()], frames.len() as u64 + 2);
}

#[test]
fn comments_and_names_are_read() {
    use socklab::capture::write::{FileHeader, OutPacket, Writer};
    let mut writer = Writer::new(Vec::new(), &FileHeader::default(), 1 << 20).expect("a vector");
    writer.names(&live::names()).expect("a vector");
    let packet = OutPacket {
        time_ns: 5,
        original_len: 3,
        captured: b"abc",
        direction: None,
        comment: Some("step 1: connect"),
    };
    writer.packet(&packet).expect("a vector");
    let (bytes, _) = writer.finish(0).expect("a vector");
    let mut reader = Reader::from_bytes(&bytes).expect("a capture");
    let comment = reader.next_packet().expect("a packet").comment;
    assert_eq!(comment.as_deref(), Some("step 1: connect"));
    assert_eq!(reader.names(), live::names());
}

#[test]
fn a_file_that_is_too_large_when_unpacked_ends_with_a_warning() {
    let bytes = file::write(
        &Kind {
            gzip: true,
            ..PCAPNG
        },
        &frames(),
    );
    let limits = Limits {
        decompressed: 300,
        ..Limits::default()
    };
    let mut reader = Reader::new(&bytes[..], limits).expect("a capture");
    let mut count = 0;
    while reader.next_packet().is_some() {
        count += 1;
    }
    assert!(count > 0 && count < frames().len());
    let warnings = reader.warnings();
    assert!(
        warnings
            .iter()
            .any(|w| w.message.contains("larger than the limit")),
        "{warnings:?}"
    );
}

#[test]
fn a_damaged_gzip_file_gives_what_could_be_unpacked() {
    let frames = scenario::random(1, 2000);
    let bytes = file::write(
        &Kind {
            gzip: true,
            ..PCAPNG
        },
        &frames,
    );
    let read = read(&bytes[..bytes.len() / 2]);
    assert!(!read.bytes.is_empty() && read.bytes.len() < frames.len());
    assert!(!read.warnings.is_empty());
}

#[test]
fn what_is_no_capture_is_refused_with_a_reason() {
    let message = |bytes: &[u8]| {
        Reader::from_bytes(bytes)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    };
    assert!(matches!(
        Reader::from_bytes(b"").err(),
        Some(ReadError::Empty)
    ));
    assert!(message(b"<html>not found</html>").contains("3c 68 74 6d 6c"));
    assert!(message(b"\x0a\x0d\x0d\x0a\x1c\0\0\0????????????????").contains("no pcap or pcapng"));
    assert!(message(b"\xd4\xc3\xb2\xa1").contains("no pcap"));
    assert!(!message(&[0x1f, 0x8b, 8, 0, 0]).is_empty());
}

#[test]
fn warnings_of_a_hostile_file_are_bounded() {
    let good = file::write(&PCAPNG, &frames());
    let bytes = [good, block(6, &[0; 4], false).repeat(10_000)].concat();
    let warnings = read(&bytes).warnings;
    assert!(warnings.len() < 100);
    assert!(
        warnings
            .last()
            .is_some_and(|w| w.contains("9950 further warnings")),
        "{:?}",
        warnings.last()
    );
}
