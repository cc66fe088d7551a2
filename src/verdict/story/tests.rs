use super::*;
use crate::event::{Bytes, CallKind, CallResult, Observed, SocketCall, Transport};

const SPEC: &str = r#"
version: 1
exercise: echo
title: Echo
points: 1
programs:
  server:
    files: [server]
    listens: { tcp: 65432, at: 127.0.0.1 }
checks:
  - id: twice
    title: Echoes two messages
    points: 1
    hint: Loop.
    steps:
      - start: server
      - connect: { as: alice, to: server }
      - send: { from: alice, text: one }
      - receive: { at: alice, text: one }
      - send: { from: alice, text: two }
      - receive: { at: alice, text: two }
      - shutdown: { of: alice }
      - closed: { at: alice }
"#;

fn call(kind: CallKind, socket: u32, result: CallResult) -> SocketCall {
    SocketCall {
        at: 0,
        call: kind,
        socket,
        transport: Transport::Tcp,
        place: match kind {
            CallKind::Bind => Some("127.0.0.1:65432".into()),
            CallKind::Accept if result == CallResult::Done => Some("alice".into()),
            _ => None,
        },
        asked: matches!(kind, CallKind::Receive).then_some(1024),
        result,
        bytes: Bytes::default(),
        times: 1,
    }
}

/// Socket, bind, listen and accept of alice, then these.
fn server(then: &[(CallKind, CallResult)]) -> Vec<SocketCall> {
    let mut calls: Vec<_> = [CallKind::Socket, CallKind::Bind, CallKind::Listen]
        .map(|kind| call(kind, 1, CallResult::Done))
        .into();
    calls.push(call(CallKind::Accept, 2, CallResult::Done));
    calls.extend(then.iter().map(|(kind, result)| {
        let socket = if *kind == CallKind::Accept { 1 } else { 2 };
        call(*kind, socket, *result)
    }));
    calls
}

/// The story of a server that made these calls while the first `steps` steps were gone through.
fn story(calls: Vec<SocketCall>, steps: usize) -> Story {
    let spec = crate::spec::load(SPEC, "echo.yaml").expect("a spec");
    let check = &spec.checks[0];
    let mut events = vec![What::CheckStarted {
        check: check.id.clone(),
        seed: 1,
        unix_ms: 0,
        zone_offset_s: 0,
    }];
    for step in 0..steps {
        events.push(What::StepStarted {
            step: step.to_string(),
            label: String::new(),
        });
        events.push(What::StepEnded {
            step: step.to_string(),
            observed: Observed::Done,
        });
    }
    events.push(What::Calls {
        program: "server".into(),
        calls,
        more: 0,
    });
    let events: Vec<Event> = events
        .into_iter()
        .map(|what| Event { at: 0, what })
        .collect();
    stories(&spec, check, &events).remove(0)
}

/// The rows as `needed | called`, with `!` where it went wrong.
fn rows(story: &Story) -> Vec<String> {
    story
        .rows
        .iter()
        .map(|row| {
            let mark = if row.wrong { "! " } else { "" };
            format!("{mark}{} | {}", row.needed, row.seen)
        })
        .collect()
}

#[test]
fn a_server_that_echoes_once_is_told_where_it_left_the_path() {
    use {CallKind as K, CallResult as R};
    let once = [
        (K::Receive, R::Bytes(3)),
        (K::Send, R::Bytes(3)),
        (K::Close, R::Done),
        (K::Accept, R::Waits),
    ];
    let story = story(server(&once), 6);
    assert_eq!(
        rows(&story),
        [
            "socket | socket (TCP)",
            "bind 127.0.0.1:65432 | bind 127.0.0.1:65432",
            "listen | listen",
            "accept alice | accept: alice",
            "recv from alice | recv(1024): 3 bytes from alice",
            "send to alice | send 3 bytes to alice",
            "! recv from alice | ",
            "! send to alice | ",
            " | close the connection of alice",
            " | accept: waits",
        ]
    );
    assert_eq!(
        story.turn,
        "Where `recv from alice` is needed, it calls close()."
    );
}

#[test]
fn a_server_that_waits_for_more_is_told_what_it_waits_in() {
    use {CallKind as K, CallResult as R};
    let waits = [(K::Receive, R::Bytes(3)), (K::Receive, R::Waits)];
    let story = story(server(&waits), 4);
    assert_eq!(
        story.turn,
        "Where `send to alice` is needed, it waits in recv()."
    );
}

#[test]
fn a_server_that_does_all_that_is_needed_has_no_turn() {
    use {CallKind as K, CallResult as R};
    let well = [
        (K::Receive, R::Bytes(3)),
        (K::Send, R::Bytes(3)),
        (K::Receive, R::Bytes(3)),
        (K::Send, R::Bytes(3)),
        (K::Receive, R::Ended),
        (K::Close, R::Done),
    ];
    let story = story(server(&well), 8);
    assert_eq!(story.turn, "");
    assert!(
        story.rows.iter().all(|row| !row.wrong),
        "{:?}",
        rows(&story)
    );
    assert_eq!(
        rows(&story)[8],
        "recv: 0 bytes, alice has closed | recv(1024): 0 bytes, alice has closed"
    );
}

#[test]
fn a_call_that_fails_is_marked_and_does_not_count() {
    let mut calls = server(&[]);
    calls[1].result = CallResult::Failed;
    let story = story(calls[..2].to_vec(), 1);
    assert_eq!(
        rows(&story),
        [
            "socket | socket (TCP)",
            "! bind 127.0.0.1:65432 | ",
            "! listen | ",
            "!  | bind 127.0.0.1:65432: fails",
        ]
    );
}

#[test]
fn look_ups_of_names_are_no_part_of_the_story() {
    use {CallKind as K, CallResult as R};
    let mut calls = server(&[(K::Receive, R::Bytes(3))]);
    for kind in [K::Socket, K::Connect, K::Send, K::Receive, K::Close] {
        let mut of_names = call(kind, 9, R::Done);
        of_names.transport = Transport::Udp;
        of_names.place = (kind == K::Connect).then(|| "127.0.0.53:53".into());
        calls.insert(0, of_names);
    }
    assert_eq!(rows(&story(calls, 3)).len(), 5);
}

#[test]
fn a_loop_that_goes_on_after_the_end_is_told_twice_and_counted() {
    use {CallKind as K, CallResult as R};
    let mut calls = vec![(K::Receive, R::Bytes(3)), (K::Send, R::Bytes(3))];
    for _ in 0..50 {
        calls.extend([(K::Receive, R::Ended), (K::Send, R::Bytes(9))]);
    }
    let rows = rows(&story(server(&calls), 8));
    assert!(rows.len() < 16, "{rows:?}");
    assert!(
        rows.contains(&"!  | … and so on, 48 more times".to_owned()),
        "{rows:?}"
    );
}
