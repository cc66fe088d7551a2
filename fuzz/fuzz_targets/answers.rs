//! Any bytes as `answers.yaml` and as `protocol.yaml`, beside a small capture: judging them ends, and what
//! is said about them names no more than they hold.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::capture::{Options, analyse_bytes};
use socklab_fuzz::event::{Bytes, Observed};
use socklab_fuzz::plan::Files;
use socklab_fuzz::spec::{Bindings, Context, Spec, Step, judge, load};
use socklab_fuzz::verdict::{self, Input};

const SPEC: &str = "version: 1
exercise: answers
title: Answers
points: 2
checks:
  - id: yaml
    title: Says seven and why
    points: 1
    hint: Fill it in.
    steps:
      - yaml: { file: answers.yaml, filled: [why.first], equals: { number: \"7\", protocol: udp } }
  - id: wire
    title: Agrees with the capture
    points: 1
    hint: Look again.
    capture: capture.pcapng
    steps:
      - file: { any_of: [answers.yaml] }
    wire:
      - answer: { file: answers.yaml, key: packets, fact: packets, on: tcp/80 }
      - answer: { file: answers.yaml, key: a.b, fact: client_isn, on: tcp/80, tolerance: 1 }
      - protocol: { file: answers.yaml, transport: tcp, at_least: 1, field_types: 2, reply: true }
      - protocol: { file: answers.yaml, transport: udp, declared_only: true }
";
const CAPTURE: &[u8] = include_bytes!("../seeds/reader/half-close.pcapng");
static LOADED: LazyLock<Spec> = LazyLock::new(|| match load(SPEC, "specs/lab/answers.yaml") {
    Ok(spec) => spec,
    Err(mistakes) => panic!("{}", socklab_fuzz::diag::render(&mistakes, SPEC, false)),
});

fuzz_target!(|data: &[u8]| {
    let mut files = Files::new();
    files.insert("answers.yaml", data.to_vec(), false);
    files.insert("capture.pcapng", CAPTURE.to_vec(), false);
    let context = Context {
        unix_ms: 0,
        zone_offset_s: 0,
        waited_ms: 0,
    };
    let observed = Observed::File {
        path: Some("answers.yaml".into()),
        content: Bytes(data.to_vec()),
        length: data.len() as u64,
        starter: None,
    };
    let step: &Step = &LOADED.checks[0].steps[0];
    judge(step, &observed, &Bindings::default(), &context);
    let capture = analyse_bytes(CAPTURE, Options::default()).ok();
    let judgement = verdict::judge(&Input {
        spec: &LOADED,
        check: &LOADED.checks[1],
        events: &[],
        capture: capture.as_ref(),
        programs: &BTreeMap::new(),
        files: Some(&files),
    });
    assert!(judgement.findings.len() <= 8);
});
