use std::collections::BTreeSet;

use super::*;
use crate::event::{Bytes, End, Exit, Place, Stuck};
use crate::spec::load;
use crate::spec::reference;

fn run(step: &str, observed: &Observed) -> Verdict {
    let mut bindings = Bindings::new(1, "t");
    bindings.set("said", "hello");
    bindings.set(
        "client.output",
        "Traceback (most recent call last):\n  File \"c.py\", line 3\nValueError: no\n",
    );
    let step = load::step(step).unwrap_or_else(|e| panic!("{step}: {e}"));
    judge(&step, observed, &bindings, &Context::default())
}

fn received(text: &str, end: End) -> Observed {
    Observed::Received {
        bytes: Bytes(text.into()),
        length: text.len() as u64,
        differs_at: None,
        from: None,
        expected_source: true,
        end,
    }
}

fn places(list: &[&str]) -> Observed {
    let place = |text: &&str| match text.strip_prefix("udp ") {
        Some(at) => Place::Udp(at.parse().unwrap()),
        None => Place::Tcp(text.parse().unwrap()),
    };
    Observed::Listening {
        places: list.iter().map(place).collect(),
        end: End::Met,
    }
}

fn exit(exit: Option<Exit>) -> Observed {
    Observed::Exit {
        exit,
        end: End::Met,
    }
}

fn closed(how: &str, extra: &str) -> Observed {
    Observed::Closed {
        how: how.into(),
        extra: Bytes(extra.into()),
        extra_length: extra.len() as u64,
        end: End::Met,
    }
}

fn silent(text: &str, closed: bool) -> Observed {
    Observed::Silent {
        bytes: Bytes(text.into()),
        length: text.len() as u64,
        closed,
    }
}

fn connect(outcome: &str) -> Observed {
    Observed::Connect {
        outcome: outcome.into(),
        to: Some("127.0.0.1:80".into()),
    }
}

fn sockets(count: u64) -> Observed {
    Observed::Sockets {
        count,
        table: Vec::new(),
    }
}

fn file(path: Option<&str>, text: &str) -> Observed {
    Observed::File {
        path: path.map(str::to_owned),
        content: Bytes(text.into()),
        length: text.len() as u64,
        starter: Some(Bytes("as it was".into())),
    }
}

/// Each step with an observation that satisfies it, and one that does not with words of its explanation.
#[test]
fn each_step_is_satisfied_by_what_it_wants_and_by_nothing_else() {
    let stuck = || End::Stuck(Stuck::Accept);
    let datagrams = |list: &[&str]| Observed::Datagrams {
        list: list.iter().map(|t| Bytes((*t).into())).collect(),
        end: End::Met,
    };
    for (step, good, bad, words) in [
        (
            "start: server",
            places(&["127.0.0.1:80"]),
            Observed::Listening {
                places: Vec::new(),
                end: End::Exited,
            },
            "ended before it listened",
        ),
        (
            "type: { to: c, line: x, after: '> ' }",
            Observed::Prompt { end: End::Met },
            Observed::Prompt { end: stuck() },
            "does not ask",
        ),
        (
            "listening: { program: s, on: tcp/80, at: 127.0.0.1 }",
            places(&["127.0.0.1:80"]),
            places(&["10.0.0.1:80"]),
            "not at the address 127.0.0.1",
        ),
        (
            "listening: { program: s, on: tcp/80, at: 0.0.0.0 }",
            places(&["[::]:80"]),
            places(&["127.0.0.1:80"]),
            "not at the address",
        ),
        (
            "listening: { program: s, on: udp/80 }",
            places(&["udp 0.0.0.0:80"]),
            places(&["0.0.0.0:80"]),
            "not on UDP port 80",
        ),
        (
            "not_listening: s",
            places(&[]),
            places(&["0.0.0.0:80"]),
            "still listens",
        ),
        (
            "exits: { program: s, status: 0 }",
            exit(Some(Exit::Code(0))),
            exit(Some(Exit::Code(1))),
            "exit status 1",
        ),
        (
            "exits: { program: s, or_signal: INT }",
            exit(Some(Exit::Signal(2))),
            exit(Some(Exit::Signal(9))),
            "signal 9",
        ),
        (
            "exits: { program: s, status: nonzero }",
            exit(Some(Exit::Code(3))),
            exit(Some(Exit::Code(0))),
            "exit status 0",
        ),
        (
            "exits: s",
            exit(Some(Exit::Code(7))),
            exit(None),
            "does not end",
        ),
        (
            "still_running: s",
            exit(None),
            exit(Some(Exit::Code(0))),
            "has ended",
        ),
        (
            "connect: { as: a, to: s }",
            connect("ok"),
            connect("refused"),
            "refused",
        ),
        (
            "connect: { as: a, to: s, expect: refused }",
            connect("refused"),
            connect("ok"),
            "should be refused",
        ),
        (
            "accept: { at: t, as: s }",
            Observed::Accept {
                from: None,
                end: End::Met,
            },
            Observed::Accept {
                from: None,
                end: stuck(),
            },
            "does not connect",
        ),
        (
            "no_connection: t",
            silent("", false),
            Observed::Accept {
                from: None,
                end: End::Impossible,
            },
            "once more",
        ),
        (
            "send: { from: a, text: x }",
            Observed::Sent {
                length: 1,
                error: None,
            },
            Observed::Sent {
                length: 0,
                error: Some("broken pipe".into()),
            },
            "broken pipe",
        ),
        (
            "send: { from: a, text: x, may_fail: true }",
            Observed::Sent {
                length: 0,
                error: Some("x".into()),
            },
            silent("", false),
            "does not fit",
        ),
        (
            "receive: { at: a, text: '${said}' }",
            received("hello", End::Met),
            received("", stuck()),
            "nothing came",
        ),
        (
            "receive: { at: a, line: '${said}' }",
            received("hello\r\n", End::Met),
            received("hello!", End::Impossible),
            "added after it",
        ),
        (
            "receive: { at: a, hex: '00 ff' }",
            received("\0", End::Closed),
            received("x", End::Closed),
            "",
        ),
        (
            "receive: { at: a, any_of: [yes, no] }",
            received("no", End::Met),
            received("maybe", End::Met),
            "not one of",
        ),
        (
            "receive: { at: a, text: YES, ignore_case: true }",
            received("yes", End::Met),
            received("yet", End::Met),
            "instead of",
        ),
        (
            "receive: { at: a, length: 3 }",
            received("abc", End::Met),
            received("ab", End::Closed),
            "2 bytes came",
        ),
        (
            "receive: { at: a, matches: 'h.llo\\d' }",
            received("hello1", End::Met),
            received("hello", End::Met),
            "does not match",
        ),
        (
            "receive: { at: a, like: 'a ${word}', until: ';' }",
            received("a b;", End::Met),
            received("b;", End::Met),
            "expected `a `",
        ),
        (
            "receive: { at: a, anything: true }",
            received("x", End::Met),
            received("", stuck()),
            "nothing came",
        ),
        (
            "receive: { at: a, unpack: { format: '=b', values: [65] } }",
            received("A", End::Met),
            received("B", End::Met),
            "66 instead of 65",
        ),
        (
            "receive_set: { at: a, texts: [x, y] }",
            datagrams(&["y", "x"]),
            datagrams(&["x", "x"]),
            "`x` instead of `y`",
        ),
        (
            "silent: a",
            silent("", true),
            silent("hm", false),
            "2 bytes came",
        ),
        (
            "closed: a",
            closed("fin", ""),
            closed("reset", ""),
            "resets",
        ),
        (
            "closed: { at: a, by: reset }",
            closed("reset", ""),
            closed("fin", ""),
            "in order",
        ),
        (
            "closed: { at: a, by: any, discard: true }",
            closed("reset", "x"),
            closed("open", ""),
            "does not close",
        ),
        (
            "closed: a",
            closed("fin", ""),
            closed("fin", "more"),
            "nobody expects",
        ),
        (
            "still_open: a",
            silent("x", false),
            silent("", true),
            "has closed",
        ),
        (
            "sockets: { program: s, state: LISTEN, at_least: 1, at_most: 2 }",
            sockets(2),
            sockets(3),
            "at least 1 and at most 2 are expected",
        ),
        (
            "file: { any_of: [a, b], contains: Deep, changed_from_starter: true }",
            file(Some("b"), "how deep"),
            file(None, ""),
            "there is no file a or b",
        ),
        (
            "file: { any_of: [a], changed_from_starter: true }",
            file(Some("a"), "mine"),
            file(Some("a"), "as  it was\n"),
            "still as in the handout",
        ),
        (
            "file: { any_of: [a], at_least: 4 }",
            file(Some("a"), "four"),
            file(Some("a"), "two"),
            "has only 3 bytes",
        ),
        (
            "file: { any_of: [a], absent: true }",
            file(None, ""),
            file(Some("a"), "x"),
            "still there",
        ),
        (
            "either: [[], []]",
            Observed::Branch { taken: Some(1) },
            Observed::Branch { taken: None },
            "none of the ways",
        ),
    ] {
        // The hexadecimal example wants a byte that is no text.
        let good = if step.contains("hex") {
            Observed::Received {
                bytes: Bytes(vec![0, 255]),
                length: 2,
                differs_at: None,
                from: None,
                expected_source: true,
                end: End::Met,
            }
        } else {
            good
        };
        let verdict = run(step, &good);
        assert!(verdict.met, "{step}: {:?}", verdict.mismatch);
        let verdict = run(step, &bad);
        let explanation = verdict.mismatch.map(|m| m.explanation).unwrap_or_default();
        assert!(
            !verdict.met && explanation.contains(words),
            "{step}: {explanation}"
        );
    }
}

#[test]
fn an_unhandled_error_is_told_where_none_may_be() {
    let verdict = run(
        "exits: { program: client, status: nonzero, no_traceback: true }",
        &exit(Some(Exit::Code(1))),
    );
    let mismatch = verdict.mismatch.unwrap();
    assert_eq!(mismatch.kind, MismatchKind::Unwanted);
    assert!(
        mismatch.explanation.contains("ValueError: no"),
        "{}",
        mismatch.explanation
    );
}

#[test]
fn what_a_step_takes_is_bound_to_its_names() {
    let step = "receive: { at: a, like: '${int as n}/${word as w}', save: all }";
    let verdict = run(step, &received("12/x", End::Met));
    let names: Vec<&str> = verdict.binds.iter().map(|b| b.0.as_str()).collect();
    assert_eq!(names, ["n", "w", "all"]);
}

#[test]
fn an_answer_from_elsewhere_is_refused_unless_any_source_is_right() {
    let elsewhere = Observed::Received {
        bytes: Bytes("hello".into()),
        length: 5,
        differs_at: None,
        from: Some("127.0.0.1:9".parse().unwrap()),
        expected_source: false,
        end: End::Met,
    };
    let mismatch = run("receive: { at: a, text: hello }", &elsewhere)
        .mismatch
        .unwrap();
    assert_eq!(mismatch.kind, MismatchKind::WrongSource);
    assert!(
        run(
            "receive: { at: a, text: hello, any_source: true }",
            &elsewhere
        )
        .met
    );
}

#[test]
fn an_empty_datagram_is_a_datagram() {
    let empty = Observed::Received {
        bytes: Bytes::default(),
        length: 0,
        differs_at: None,
        from: Some("127.0.0.1:9".parse().unwrap()),
        expected_source: true,
        end: End::Met,
    };
    assert!(run("receive: { at: a, text: '' }", &empty).met);
    assert!(run("receive: { at: a, anything: true }", &empty).met);
    assert!(!run("receive: { at: a, text: '' }", &received("", End::Deadline)).met);
}

#[test]
fn bytes_that_were_cut_are_judged_by_where_they_differ() {
    let cut = |differs_at, length| Observed::Received {
        bytes: Bytes(b"hel".to_vec()),
        length,
        differs_at,
        from: None,
        expected_source: true,
        end: End::Met,
    };
    let step = "receive: { at: a, text: '${said}' }";
    assert!(run(step, &cut(None, 5)).met);
    let kind = |observed| run(step, &observed).mismatch.unwrap().kind;
    assert_eq!(kind(cut(Some(4), 4)), MismatchKind::TooShort);
    assert_eq!(kind(cut(Some(5), 9)), MismatchKind::Extra);
    assert_eq!(kind(cut(Some(2), 5)), MismatchKind::Different);
    let like = "receive: { at: a, like: '${said}${eol}' }";
    let mismatch = run(like, &cut(Some(0), 1 << 20)).mismatch;
    assert_eq!(mismatch.unwrap().kind, MismatchKind::LiteralFailed);
}

#[test]
fn of_several_texts_is_shown_what_they_came_to() {
    let observed = Observed::Printed {
        text: Bytes(b"started".to_vec()),
        searched_from: 0,
        end: End::Deadline,
    };
    let step = "prints: { program: s, any_of: ['from ${said}', bye] }";
    let mismatch = run(step, &observed).mismatch.unwrap();
    assert_eq!(
        mismatch.expected,
        Bytes(b"one of `from hello`, `bye`".to_vec())
    );
}

/// A stored run of another version may pair any step with any observation.
#[test]
fn any_step_with_any_observation_gives_a_verdict() {
    let observed = [
        Observed::Done,
        places(&[]),
        connect("ok"),
        Observed::Accept {
            from: None,
            end: End::Met,
        },
        received("x", End::Met),
        Observed::Datagrams {
            list: Vec::new(),
            end: End::Met,
        },
        Observed::Sent {
            length: 0,
            error: None,
        },
        closed("fin", ""),
        silent("", false),
        Observed::Printed {
            text: Bytes(b"x".to_vec()),
            searched_from: 99,
            end: End::Met,
        },
        exit(None),
        sockets(0),
        file(None, ""),
        Observed::Pins {
            calls: vec![String::new(), "output x".into()],
        },
        Observed::Prompt { end: End::Met },
        Observed::Branch { taken: None },
    ];
    let mut words = BTreeSet::new();
    for example in reference::examples().values() {
        for step in load::steps(example).unwrap_or_default() {
            words.insert(step.word());
            assert_eq!(
                judge(
                    &step,
                    &Observed::Skipped {
                        because: String::new()
                    },
                    &Bindings::default(),
                    &Context::default()
                ),
                Verdict::default()
            );
            for seen in &observed {
                let verdict = judge(&step, seen, &Bindings::default(), &Context::default());
                assert_eq!(
                    verdict.met,
                    verdict.mismatch.is_none(),
                    "{} {seen:?}",
                    step.word()
                );
            }
        }
    }
    assert_eq!(words.len(), 38);
}
