//! The calls of a program → lines of a story: runs of the same call joined, look-ups of names left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{CallKind, CallResult, SocketCall, Transport};

/// A line of what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub kind: CallKind,
    /// The actor at the other end of its socket, when it is known.
    pub actor: Option<String>,
    /// It received the end of the stream.
    pub end: bool,
    pub failed: bool,
    pub waits: bool,
    /// It stands for calls that repeat those before it, and meets no need.
    pub folded: bool,
    pub words: String,
}

/// The lines. Datagram sockets that a library uses by itself are left out unless `datagrams` are what the check is about.
pub(super) fn of(calls: &[SocketCall], datagrams: bool) -> Vec<Seen> {
    let foreign = foreign(calls, datagrams);
    let calls = calls.iter().filter(|call| !foreign.contains(&call.socket));
    let mut actors: BTreeMap<u32, String> = BTreeMap::new();
    let mut lines: Vec<Seen> = Vec::new();
    let mut joined: Vec<SocketCall> = Vec::new();
    for call in calls {
        match joined.last_mut() {
            Some(last) if joins(last, call) => join(last, call),
            _ => joined.push(call.clone()),
        }
    }
    for call in &joined {
        // An address means that it is nobody whom the check knows.
        let named = call
            .place
            .as_deref()
            .filter(|place| !place.contains([':', '/']));
        if let (CallKind::Accept | CallKind::Connect, Some(actor)) = (call.call, named) {
            actors.insert(call.socket, actor.to_owned());
        }
        let at_end = matches!(call.call, CallKind::Send)
            .then_some(named)
            .flatten();
        let actor = at_end.map(str::to_owned);
        let actor = actor.or_else(|| actors.get(&call.socket).cloned());
        lines.push(Seen {
            kind: call.call,
            end: call.result == CallResult::Ended,
            failed: call.result == CallResult::Failed,
            waits: call.result == CallResult::Waits,
            folded: false,
            words: words(call, actor.as_deref()),
            actor,
        });
    }
    fold(lines)
}

/// Turns of a loop that are shown before the rest of them is counted.
const SHOWN_TURNS: usize = 2;

/// A program that goes on and on after the end of a stream, or in spite of failures, makes the same few calls in turn: the
/// first turns tell it all.
fn fold(lines: Vec<Seen>) -> Vec<Seen> {
    /// Calls in one turn of such a loop.
    const LONGEST: usize = 3;
    let mut out: Vec<Seen> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let rest = &lines[at..];
        let loops = (1..=LONGEST.min(rest.len())).find_map(|length| {
            let (turn, turns) = (&rest[..length], rest.chunks_exact(length));
            let vain = turn.iter().any(|line| line.end || line.failed);
            let same = turns.take_while(|other| *other == turn).count();
            (vain && same > SHOWN_TURNS).then_some((length, same))
        });
        let Some((length, same)) = loops else {
            out.push(lines[at].clone());
            at += 1;
            continue;
        };
        out.extend_from_slice(&rest[..length * SHOWN_TURNS]);
        out.push(Seen {
            folded: true,
            failed: true,
            words: format!("… and so on, {} more times", same - SHOWN_TURNS),
            ..rest[length - 1].clone()
        });
        at += length * same;
    }
    out
}

/// Sockets by which names are looked up (port 53) or routes are tried (connected and closed again).
fn foreign(calls: &[SocketCall], datagrams: bool) -> BTreeSet<u32> {
    let mut foreign = BTreeSet::new();
    let mut talks = BTreeSet::new();
    for call in calls.iter().filter(|call| call.transport == Transport::Udp) {
        let of_names = call.place.as_deref().is_some_and(|at| at.ends_with(":53"));
        if of_names {
            foreign.insert(call.socket);
        }
        if matches!(
            call.call,
            CallKind::Bind | CallKind::Send | CallKind::Receive
        ) {
            talks.insert(call.socket);
        }
    }
    let idle = calls
        .iter()
        .filter(|call| call.transport == Transport::Udp && !talks.contains(&call.socket));
    if !datagrams {
        foreign.extend(idle.map(|call| call.socket).filter(|socket| *socket != 0));
    }
    foreign
}

/// Whether a call only goes on with the one before.
fn joins(last: &SocketCall, call: &SocketCall) -> bool {
    let streams = call.transport != Transport::Udp;
    let counts = |call: &SocketCall| matches!(call.result, CallResult::Bytes(_));
    let same = last.call == call.call && last.socket == call.socket;
    same && streams
        && matches!(call.call, CallKind::Send | CallKind::Receive)
        && counts(last)
        && counts(call)
}

fn join(last: &mut SocketCall, call: &SocketCall) {
    let bytes = |call: &SocketCall| match call.result {
        CallResult::Bytes(bytes) => bytes * u64::from(call.times),
        _ => 0,
    };
    last.result = CallResult::Bytes(bytes(last) + bytes(call));
    last.times += call.times;
    last.asked = last.asked.filter(|asked| call.asked == Some(*asked));
}

/// A call in words: `recv(1024): 40 bytes from alice`.
fn words(call: &SocketCall, actor: Option<&str>) -> String {
    let name = call.call.name();
    let place = call.place.as_deref();
    let mut text = match call.call {
        CallKind::Socket => format!("{name} ({})", call.transport),
        CallKind::Listen => match call.asked {
            Some(backlog) => format!("{name}, backlog {backlog}"),
            None => name.to_owned(),
        },
        CallKind::Accept => match (call.result, place) {
            (CallResult::Done, Some(who)) => format!("{name}: {who}"),
            _ => name.to_owned(),
        },
        CallKind::Bind | CallKind::Connect => format!("{name} {}", place.unwrap_or("?")),
        CallKind::Receive => received(call, actor),
        CallKind::Send => sent(call, actor.or(place)),
        CallKind::Shutdown => name.to_owned(),
        CallKind::Close => match actor {
            Some(who) => format!("{name} the connection of {who}"),
            None => name.to_owned(),
        },
        CallKind::Exit => format!("{name}, status {}", call.asked.unwrap_or(0)),
    };
    match call.result {
        CallResult::Failed => text.push_str(": fails"),
        CallResult::Waits => text.push_str(": waits"),
        _ => {}
    }
    let counted = matches!(call.result, CallResult::Bytes(_)) && call.transport != Transport::Udp;
    if call.times > 1 && counted {
        text.push_str(&format!(" in {} calls", call.times));
    } else if call.times > 1 {
        text.push_str(&format!(", {} times", call.times));
    }
    text
}

fn received(call: &SocketCall, actor: Option<&str>) -> String {
    let room = call.asked.map_or(String::new(), |room| format!("({room})"));
    let from = actor.map_or(String::new(), |who| format!(" from {who}"));
    match call.result {
        CallResult::Bytes(bytes) => format!("recv{room}: {}{from}", count(bytes)),
        CallResult::Ended => {
            let who = actor.unwrap_or("the other side");
            format!("recv{room}: 0 bytes, {who} has closed")
        }
        CallResult::Nothing => format!("recv{room}: nothing there{from}"),
        _ => format!("recv{room}{from}"),
    }
}

fn sent(call: &SocketCall, to: Option<&str>) -> String {
    let to = to.map_or(String::new(), |who| format!(" to {who}"));
    let bytes = match call.result {
        CallResult::Bytes(bytes) => Some(bytes),
        CallResult::Nothing => Some(0),
        _ => call.asked,
    };
    let bytes = bytes.map_or(String::new(), |bytes| format!(" {}", count(bytes)));
    let shown = if call.bytes.is_empty() || call.times > 1 {
        String::new()
    } else {
        let more = call.asked.unwrap_or(0) > call.bytes.0.len() as u64;
        format!(
            " \"{}{}\"",
            call.bytes.escaped(),
            if more { "…" } else { "" }
        )
    };
    format!("send{bytes}{shown}{to}")
}

fn count(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        n => format!("{n} bytes"),
    }
}
