//! Any bytes as a capture file: reading ends, invents nothing, and everything that is made of the result can be made.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::capture::flow::{Analysis, Options, analyse};
use socklab_fuzz::capture::ladder::Ladder;
use socklab_fuzz::capture::read::{Limits, Reader};
use socklab_fuzz::capture::{story, summary};

/// Small, so that the bounds are met within a run.
const LIMITS: Limits = Limits {
    decompressed: 1 << 20,
    block: 1 << 16,
};
const OPTIONS: Options = Options {
    streams: true,
    packets: 50,
    max_packets: 500,
    max_flows: 64,
    max_stream_bytes: 1 << 16,
};

fuzz_target!(|data: &[u8]| {
    let Ok(mut reader) = Reader::new(data, LIMITS) else {
        return;
    };
    let Ok(analysis) = analyse(&mut reader, OPTIONS, |_| {}) else {
        return;
    };
    assert!(analysis.flows.len() + analysis.udp.len() <= OPTIONS.max_flows);
    assert!(analysis.warnings.len() <= 60);
    render(&analysis);
});

fn render(analysis: &Analysis) {
    let mut text = summary::headline(analysis) + &summary::table(analysis, 20, 80);
    for flow in analysis.flows.iter().take(4) {
        text += &story::tell(flow).join("\n");
        text += &summary::conversation(flow);
        let bytes = flow.bytes();
        assert_eq!(
            bytes.link + bytes.network + bytes.transport + bytes.payload,
            bytes.frame
        );
    }
    for exchange in analysis.udp.iter().take(4) {
        text += &story::tell_udp(exchange).join("\n");
    }
    let ladder = Ladder::of_analysis(analysis, &|_| None).shortened(20);
    text += &ladder.text();
    assert!(
        !text.chars().any(|c| c.is_control() && c != '\n'),
        "control characters reach the terminal"
    );
    let svg = ladder.svg();
    assert!(svg.ends_with("</svg>\n"));
    serde_json::to_string(analysis).expect("an analysis is always JSON");
}
