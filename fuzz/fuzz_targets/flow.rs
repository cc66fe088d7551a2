//! Any sequence of segments, datagrams and frames: six bytes of input steer each packet, so that the fuzzer reaches the analysis
//! without having to learn file formats and headers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::capture::flow::{Analyzer, Options};
use socklab_fuzz::capture::{Packet, story};

const OPTIONS: Options = Options {
    streams: true,
    packets: 100,
    max_packets: 300,
    max_flows: 8,
    max_stream_bytes: 4096,
};
const LINKS: [u16; 10] = [1, 0, 108, 101, 12, 14, 113, 276, 228, 229];

fuzz_target!(|data: &[u8]| {
    let mut analyzer = Analyzer::new(OPTIONS);
    let mut time_ns = 0i128;
    let mut rest = data;
    let mut number = 0;
    while let Some((op, after)) = rest.split_first_chunk::<6>() {
        rest = after;
        number += 1;
        time_ns += i128::from(op[5]) * 400_000 - 10_000_000;
        let (link, frame) = if op[0] < 240 {
            (101, packet(op))
        } else {
            // Raw bytes on some link, cut from the input itself.
            let (raw, after) = rest.split_at(rest.len().min(usize::from(op[1])));
            rest = after;
            (LINKS[usize::from(op[2]) % LINKS.len()], raw.to_vec())
        };
        let kept = frame
            .len()
            .saturating_sub(usize::from(op[4] & 15).saturating_sub(8));
        analyzer.push(&Packet {
            number,
            time_ns,
            timed: op[5] != 0,
            interface: 0,
            link_type: link,
            original_len: frame.len() as u32,
            captured: &frame[..kept],
            direction: None,
            comment: None,
        });
    }
    let analysis = analyzer.finish(Vec::new(), Vec::new());
    assert!(analysis.flows.len() + analysis.udp.len() <= OPTIONS.max_flows);
    for flow in &analysis.flows {
        story::tell(flow);
        assert!(flow.history.len() <= 80);
        for half in [&flow.from_client, &flow.from_server] {
            let stream = half.stream.as_ref().expect("streams were asked for");
            assert_eq!(
                stream.ranges.iter().map(|r| r.len).sum::<usize>(),
                stream.data.len()
            );
            assert!(stream.data.len() <= OPTIONS.max_stream_bytes);
        }
    }
});

/// An IPv4 packet between two of a few ends, with numbers close to each other and to where they wrap.
fn packet(op: &[u8; 6]) -> Vec<u8> {
    let udp = op[0] & 0x70 == 0x70;
    let len = usize::from(op[3] % 12);
    let mut b = vec![
        0x45,
        0,
        0,
        0,
        0,
        op[2],
        0,
        0,
        64,
        if udp { 17 } else { 6 },
        0,
        0,
        127,
        0,
        0,
        1,
        127,
        0,
        0,
        1,
    ];
    if op[4] & 0xf0 == 0xf0 {
        // A fragment.
        b[6] = 0x20 & op[5];
        b[7] = op[5] & 3;
    }
    let (from, to) = if op[0] & 1 == 0 {
        (1000 + u16::from(op[0] >> 1 & 3), 80)
    } else {
        (80, 1000 + u16::from(op[0] >> 1 & 3))
    };
    b.extend(from.to_be_bytes());
    b.extend(to.to_be_bytes());
    if udp {
        b.extend([0, 8 + len as u8, 0, 0]);
    } else {
        b.extend((u32::from(op[1]).wrapping_sub(16)).to_be_bytes());
        b.extend((u32::from(op[2]).wrapping_sub(16)).to_be_bytes());
        b.extend([0x50, op[3] >> 2, op[4] & 3, op[4]]);
        b.extend([0, 0, 0, 0]);
    }
    b.resize(b.len() + len, op[5]);
    let total = b.len() as u16;
    b[2..4].copy_from_slice(&total.to_be_bytes());
    b
}
