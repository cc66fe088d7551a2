//! What a check asks of the messages besides that they explain all bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::dissect::{Said, Talk};
use super::model::{Declaration, Field, FieldKind};
use crate::event::Transport;
use crate::spec::Value;
use crate::verdict::finding::Finding;

/// Fewer readings than asked for.
pub fn at_least(declaration: &Declaration, talks: &[Talk<'_>], least: u64) -> Option<Finding> {
    let readings = talks.iter().flat_map(|talk| readings(declaration, talk));
    let count = readings.count() as u64;
    (count < least).then(|| {
        let name = declaration
            .messages
            .iter()
            .find(|message| message.every.is_some());
        let name = name.map_or("reading", |message| message.name.as_str());
        let message =
            format!("The capture holds {count} messages `{name}`; at least {least} are asked for.");
        Finding::new("too-few-readings", message)
    })
}

/// Fewer different types of fields than asked for. `used` are the messages that count: all declared ones,
/// or those that were sent.
pub fn field_types(
    declaration: &Declaration,
    transport: Transport,
    used: Option<&BTreeSet<usize>>,
    least: u64,
) -> Option<Finding> {
    let kinds: BTreeSet<FieldKind> = declaration
        .messages(transport, true)
        .filter(|(index, _)| used.is_none_or(|used| used.contains(index)))
        .flat_map(|(_, message)| message.free().map(|(_, field)| field.kind))
        .collect();
    (kinds.len() < least as usize).then(|| {
        let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
        let verb = if used.is_some() { "sent" } else { "declared" };
        let message = format!(
            "The fields that are {verb} upwards over {transport} are of {} type ({}); {least} different ones are asked for.",
            words.len(),
            words.join(", ")
        );
        Finding::new("too-few-field-types", message)
    })
}

/// A sensor that gets no answer, or another one's.
pub fn reply(talks: &[Talk<'_>]) -> Option<Finding> {
    if let Some(finding) = wrong_client(talks) {
        return Some(finding);
    }
    let silent = talks
        .iter()
        .find(|talk| !talk.up.is_empty() && talk.down.is_empty())?;
    let message = format!(
        "The server does not answer the sensor at {} with a message: {} messages go up, none comes down.",
        silent.sensor,
        silent.up.len()
    );
    let mut finding = Finding::new("no-declared-reply", message);
    finding
        .packets
        .extend(silent.up.first().map(|said| said.packet));
    Some(finding)
}

/// One sensor gets more answers than it has sent messages, and another one fewer.
pub fn wrong_client(talks: &[Talk<'_>]) -> Option<Finding> {
    let more = talks.iter().find(|talk| talk.down.len() > talk.up.len())?;
    let fewer = talks.iter().find(|talk| talk.down.len() < talk.up.len())?;
    let message = format!(
        "Answers go to the wrong sensor: the one at {} has sent {} messages and gets {} answers, the one at {} has sent {} and gets {}.",
        more.sensor,
        more.up.len(),
        more.down.len(),
        fewer.sensor,
        fewer.up.len(),
        fewer.down.len()
    );
    let mut finding = Finding::new("wrong-client", message);
    finding.hint = "Each thread needs a connection of its own: pass it as an argument, do not keep it in a global variable.".into();
    finding
        .packets
        .extend(more.down.last().map(|said| said.packet));
    Some(finding)
}

/// Readings that are not as far apart as the file says.
pub fn period(declaration: &Declaration, talks: &[Talk<'_>], tolerance: f64) -> Option<Finding> {
    let every = declaration
        .messages
        .iter()
        .find_map(|message| message.every)?;
    talks.iter().find_map(|talk| {
        let times: Vec<i128> = readings(declaration, talk).map(|said| said.at_ns).collect();
        let mut gaps: Vec<i128> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_unstable();
        let middle = *gaps.get(gaps.len() / 2)? as f64 / 1e9;
        ((middle - every).abs() > tolerance * every).then(|| {
            let message = format!(
                "The readings are {middle:.2} s apart (the median of {} gaps); {} says every: {every}.",
                gaps.len(),
                declaration.path
            );
            let mut finding = Finding::new("wrong-period", message);
            finding.packets = readings(declaration, talk).take(3).map(|said| said.packet).collect();
            finding
        })
    })
}

/// Readings that are all the same, counters and clocks left out.
pub fn differ(declaration: &Declaration, talks: &[Talk<'_>]) -> Option<Finding> {
    let talk = talks.iter().find(|talk| {
        let said: Vec<&Said> = readings(declaration, talk).collect();
        said.len() > 1
            && said
                .first()
                .is_some_and(|first| all_alike(declaration, first, &said))
    })?;
    let message = "All readings have the same values; only counters and clocks differ.";
    let mut finding = Finding::new("readings-equal", message);
    finding.packets = readings(declaration, talk)
        .take(3)
        .map(|said| said.packet)
        .collect();
    Some(finding)
}

fn all_alike(declaration: &Declaration, first: &Said, said: &[&Said]) -> bool {
    let free = declaration.messages[first.message].free();
    let mut free = free.filter(|(index, field)| !counts(*index, field, said));
    free.all(|(index, _)| {
        said.iter()
            .all(|other| other.values[index] == first.values[index])
    })
}

/// Whether a field only counts messages or seconds: from one reading to the next it grows by the same
/// step, or as much as time does in some unit.
fn counts(index: usize, field: &Field, said: &[&Said]) -> bool {
    if !matches!(field.kind, FieldKind::Integer | FieldKind::Float) || said.len() < 3 {
        return false;
    }
    let numbers: Vec<f64> = said
        .iter()
        .map(|said| number(&said.values[index]))
        .collect();
    let steps: Vec<f64> = numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let near = |a: f64, b: f64, part: f64| (a - b).abs() <= part * a.abs().max(b.abs());
    if steps[0] != 0.0 && steps.iter().all(|step| near(*step, steps[0], 1e-6)) {
        return true;
    }
    let last = said.len() - 1;
    let passed = |at: usize| (said[at].at_ns - said[0].at_ns) as f64;
    let rate = (numbers[last] - numbers[0]) / passed(last);
    rate > 0.0 && (1..=last).all(|at| near(numbers[at] - numbers[0], rate * passed(at), 0.2))
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Int(n) => *n as f64,
        Value::Float(f) => *f,
        Value::Bool(_) | Value::Bytes(_) => 0.0,
    }
}

/// The messages of a conversation that come periodically.
fn readings<'t>(
    declaration: &'t Declaration,
    talk: &'t Talk<'_>,
) -> impl Iterator<Item = &'t Said> {
    talk.up
        .iter()
        .filter(|said| declaration.messages[said.message].every.is_some())
}

/// The kinds of messages that went up.
pub fn used(talks: &[Talk<'_>]) -> BTreeSet<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for said in talks.iter().flat_map(|talk| &talk.up) {
        *counts.entry(said.message).or_default() += 1;
    }
    counts.into_keys().collect()
}
