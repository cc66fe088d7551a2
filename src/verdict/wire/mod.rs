//! Assertions on packets → findings.

mod answer;
mod flows;
mod overhead;
mod payload;
mod protocol;
#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::history::Past;
use super::judge::Input;
use crate::capture::{Analysis, Options, analyse_bytes};
use crate::spec::WireCheck;

/// What is wrong with the packets of a check, or of a capture that was handed in.
pub fn judge(input: &Input<'_>, past: &Past) -> Vec<Finding> {
    if input.check.wire.is_empty() {
        return Vec::new();
    }
    let Some(name) = &input.check.capture else {
        // A capture that lost packets says nothing against the student.
        let Some(analysis) = input.capture else {
            return distinct(without_packets(input));
        };
        return distinct(all(input, past, analysis));
    };
    let file = input.files.and_then(|files| files.find(name));
    let Some((path, bytes)) = file else {
        return vec![Finding::new(
            "file-missing",
            format!("There is no capture {name} in the submission."),
        )];
    };
    let analysis = analyse_bytes(&bytes, Options::default()).unwrap_or_default();
    if analysis.counts.packets == 0 {
        return vec![Finding::new(
            "no-capture",
            format!(
                "{path} holds no packets: is it a pcap or pcapng file that Wireshark or tcpdump has written?"
            ),
        )];
    }
    distinct(all(input, past, &analysis))
}

fn all(input: &Input<'_>, past: &Past, analysis: &Analysis) -> Vec<Finding> {
    let wire = input.check.wire.iter();
    wire.filter_map(|check| assertion(input, past, analysis, check))
        .map(|finding| with_step(finding, analysis))
        .collect()
}

/// Says during which step the first of a finding's packets was sent: captures of checks note it.
fn with_step(mut finding: Finding, analysis: &Analysis) -> Finding {
    let first = finding.packets.first().copied();
    if finding.step.is_none() {
        finding.step = first.and_then(|number| analysis.comment_of(number).map(str::to_owned));
    }
    finding
}

/// What needs no packets: declarations.
fn without_packets(input: &Input<'_>) -> Vec<Finding> {
    let wire = input.check.wire.iter();
    wire.filter_map(|check| match check {
        WireCheck::Protocol(check) if check.declared_only => protocol::declared(input.files, check),
        _ => None,
    })
    .collect()
}

/// Two assertions about the same file may find the same mistake.
fn distinct(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen = std::collections::HashSet::new();
    findings.retain(|finding| seen.insert((finding.cause.clone(), finding.message.clone())));
    findings
}

/// Why a step of a check failed, if its packets tell better than the step itself.
pub fn explains(input: &Input<'_>, past: &Past) -> Option<Finding> {
    let analysis = input.capture?;
    let view = flows::View::new(input, past, analysis);
    input.check.wire.iter().find_map(|check| match check {
        WireCheck::Protocol(check) if !check.declared_only => protocol::explains(&view, check),
        _ => None,
    })
}

fn assertion(
    input: &Input<'_>,
    past: &Past,
    analysis: &Analysis,
    check: &WireCheck,
) -> Option<Finding> {
    let view = flows::View::new(input, past, analysis);
    match check {
        WireCheck::FirstFin(who) => view.first_fin(who),
        WireCheck::NoReset(none) => view.no_reset(*none),
        WireCheck::Handshake(flow) => view.handshake(flow),
        WireCheck::Close(close) => view.close(close),
        WireCheck::HalfClose(used) => view.half_close(*used),
        WireCheck::Connections(count) => view.connections(count),
        WireCheck::Datagrams(count) => view.datagrams(count),
        WireCheck::Payload(payload) => view.payload(payload),
        WireCheck::PayloadBytes(count) => view.payload_bytes(count),
        WireCheck::EphemeralSource(flow) => view.ephemeral(flow),
        WireCheck::Dials(dial) => view.dials(dial),
        WireCheck::Answer(answer) => answer::judge(input.files, analysis, answer),
        WireCheck::Protocol(check) => protocol::judge(&view, check),
        WireCheck::Overhead(check) => overhead::judge(input.files, analysis, check),
    }
}
