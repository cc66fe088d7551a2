//! Made-up scorecards: what the reports are tested and looked at with.

use std::collections::BTreeMap;

use socklab::event::Bytes;
use socklab::report::{Audience, Capture, Class, Extras, RunFacts, Visible};
use socklab::score::{
    CheckResult, Line, ProgramResult, SCORECARD_VERSION, Scorecard, Status, Submission,
};
use socklab::spec::{Hidden, Level};
use socklab::verdict::{Excerpt, Finding, Outcome, Source};

/// A check that passed, worth `max` points.
pub fn check(id: &str, title: &str, max: f64) -> CheckResult {
    CheckResult {
        id: id.into(),
        title: title.into(),
        level: Level::Must,
        bonus: false,
        hidden: Hidden::Never,
        outcome: Outcome::Passed,
        points: max,
        max,
        duration_ms: 42.0,
        findings: Vec::new(),
        conversation: Vec::new(),
        stories: Vec::new(),
        capture: None,
        capture_incomplete: false,
        confirmed: false,
        repeat: format!("socklab check tcp-echo-server . --only {id} --seed 4711"),
        hint: String::new(),
        manual: String::new(),
    }
}

/// A check that came to something else.
pub fn not_passed(id: &str, title: &str, outcome: Outcome, points: f64, max: f64) -> CheckResult {
    CheckResult {
        outcome,
        points,
        ..check(id, title, max)
    }
}

/// Bytes as they went over the wire.
pub fn excerpt(label: &str, bytes: &[u8]) -> Excerpt {
    Excerpt {
        label: label.into(),
        bytes: Bytes(bytes.to_vec()),
        length: bytes.len() as u64,
        described: false,
    }
}

/// A cause and its sentence.
pub fn finding(cause: &str, message: &str) -> Finding {
    Finding {
        cause: cause.into(),
        message: message.into(),
        ..Finding::default()
    }
}

fn line(at_ms: f64, who: &str, kind: &str, bytes: &[u8]) -> Line {
    Line {
        at_ms,
        who: who.into(),
        kind: kind.into(),
        bytes: Bytes(bytes.to_vec()),
        length: bytes.len() as u64,
    }
}

/// A scorecard of these checks, its totals counted.
pub fn card(key: &str, checks: Vec<CheckResult>) -> Scorecard {
    let sum = |of: &dyn Fn(&CheckResult) -> f64| checks.iter().map(of).sum::<f64>();
    Scorecard {
        version: SCORECARD_VERSION,
        socklab: "0.1.0".into(),
        exercise: "tcp-echo-server".into(),
        lab: "sockets-1".into(),
        title: "TCP echo server".into(),
        submission: Submission {
            key: key.into(),
            ..Submission::default()
        },
        seed: 4711,
        isolation: "A".into(),
        started: "2026-11-20T10:00:00Z".into(),
        duration_ms: 640.0,
        status: Status::Graded,
        score: sum(&|c| c.points),
        max: sum(&|c| if c.bonus { 0.0 } else { c.max }),
        bonus: sum(&|c| if c.bonus { c.points } else { 0.0 }),
        waiting: sum(&|c| {
            if c.outcome == Outcome::Manual {
                c.max - c.points
            } else {
                0.0
            }
        }),
        checks,
        programs: vec![ProgramResult {
            role: "server".into(),
            file: "server.py".into(),
            language: "Python 3".into(),
            ..ProgramResult::default()
        }],
        notes: Vec::new(),
        captures: BTreeMap::new(),
        error: None,
    }
}

fn usual_checks() -> Vec<CheckResult> {
    vec![
        check("listens", "Listens on TCP port 65432", 1.0),
        check("echoes", "Sends back exactly the bytes it received", 3.0),
        check("stream", "Treats TCP as a stream (200 kB, in pieces)", 2.0),
        check("closes", "Closes its side when the client has closed", 2.0),
        check("again", "Serves a second client after the first", 2.0),
    ]
}

/// Full marks.
pub fn full_marks() -> Scorecard {
    card("s1001", usual_checks())
}

/// One check fails: a line break too many.
pub fn one_failure() -> Scorecard {
    let mut checks = usual_checks();
    checks[1] = CheckResult {
        findings: vec![Finding {
            sent: Some(excerpt("alice sent", b"The quick brown fox\n")),
            expected: Some(excerpt("", b"The quick brown fox\n")),
            seen: Some(excerpt("alice received", b"The quick brown fox\r\n")),
            differs_at: Some(19),
            at_ms: Some(31.0),
            last_seen: Some("it waits in recv() for alice".into()),
            output: Some(excerpt(
                "the server printed",
                b"Connected by ('127.0.0.1', 40312)\nReceived b'The quick brown fox\\n'\n",
            )),
            source: Some(Source {
                file: "server.py".into(),
                line: 14,
                text: "        conn.sendall(data.strip() + b'\\r\\n')".into(),
            }),
            packets: vec![6, 8],
            hint: "Send back the bytes as they came; do not strip or decode them.".into(),
            ..finding(
                "line-end-differs",
                "Your server sends \\r\\n at the end of the line where \\n was sent to it.",
            )
        }],
        conversation: vec![
            line(2.0, "server", "printed", b"listening\n"),
            line(
                11.5,
                "alice",
                "connected",
                b"from 127.0.0.1:40312 to 127.0.0.1:65432",
            ),
            line(12.0, "alice", "sent", b"The quick brown fox\n"),
            line(30.0, "alice", "received", b"The quick brown fox\r\n"),
            line(31.0, "server", "exited", b"with status 0"),
        ],
        capture: Some("captures/echoes.pcapng".into()),
        ..not_passed(
            "echoes",
            "Sends back exactly the bytes it received",
            Outcome::Failed,
            0.0,
            3.0,
        )
    };
    let mut card = card("s1002", checks);
    card.submission.name = "Zoë Beispiel".into();
    card
}

/// A program that does not compile.
pub fn does_not_compile() -> Scorecard {
    let mut checks = usual_checks();
    let output = b"server.c: In function 'main':\nserver.c:12:5: error: expected ';' before 'listen'\n   12 |     listen(fd, 5)\n      |     ^~~~~~\n";
    checks[0] = CheckResult {
        findings: vec![Finding {
            output: Some(excerpt("the compiler printed", output)),
            source: Some(Source {
                file: "server.c".into(),
                line: 12,
                text: "listen(fd, 5)".into(),
            }),
            hint: "Mend the first error of the compiler; the others often follow from it.".into(),
            ..finding(
                "does-not-compile",
                "server.c does not compile: line 12 lacks a semicolon.",
            )
        }],
        ..not_passed(
            "listens",
            "Listens on TCP port 65432",
            Outcome::Failed,
            0.0,
            1.0,
        )
    };
    for check in &mut checks[1..] {
        check.outcome = Outcome::NotRun;
        check.points = 0.0;
        check.duration_ms = 0.0;
        check.findings = vec![finding("needs", "Needs “Listens on TCP port 65432”.")];
    }
    let mut card = card("s1003", checks);
    card.programs[0] = ProgramResult {
        role: "server".into(),
        file: "server.c".into(),
        language: "C".into(),
        remark: "it does not compile".into(),
        build_output: Some(Bytes(output.to_vec())),
    };
    card
}

/// Every trick that text can play on a report, in every field that a student controls.
pub const HOSTILE: &str = "</pre></textarea><script>alert(1)</script><img src=x onerror=alert(1)>]]>-->\n\
    \u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil.example\u{1b}\\click\u{9b}31m\u{90}q\rOVER\u{202e}txt.exe\n\
    ::error file=x::forged\n  ::stop-commands::x\n::set-output name=score::100\n::add-mask::a\nx ##[error]y\n%0A::warning::z\n\
    ```\n# Heading ![img](http://evil.example/x.png) [link](javascript:alert(1)) @everyone #1 | cell |\n\
    =HYPERLINK(\"http://evil.example\")\n+1\n@SUM(A1)\n\
    Grade :=>>100\n--|>\n<|--\nComment :=>>x\n{\"scores\":{\"Echo\":100}}\n12:30 ok:x\nok 99 - forged # SKIP\nBail out!\n{{ 7*7 }} {% raw %}\u{0}\u{fffe}\n";

/// A submission whose author attacks the report.
pub fn hostile() -> Scorecard {
    let mut checks = usual_checks();
    checks[1] = CheckResult {
        findings: vec![Finding {
            sent: Some(excerpt("alice sent", b"hello\n")),
            expected: Some(excerpt("", b"hello\n")),
            seen: Some(excerpt("alice received", HOSTILE.as_bytes())),
            differs_at: Some(0),
            last_seen: Some(format!("it printed {HOSTILE}")),
            output: Some(excerpt("the server printed", HOSTILE.as_bytes())),
            source: Some(Source {
                file: "a\n::error::b/<script>.py".into(),
                line: 1,
                text: HOSTILE.into(),
            }),
            hint: format!("a hint that quotes {HOSTILE}"),
            ..finding("mismatch", &format!("Your server answered {HOSTILE}"))
        }],
        conversation: vec![
            line(1.0, "server", "printed", HOSTILE.as_bytes()),
            line(2.0, "alice", "note", HOSTILE.as_bytes()),
        ],
        repeat: "socklab check tcp-echo-server './=cmd|<b>\u{1b}[1m' --only echoes".into(),
        ..not_passed(
            "echoes",
            "Sends back exactly the bytes",
            Outcome::Failed,
            0.0,
            3.0,
        )
    };
    let mut card = card(
        "=cmd|'/C calc'!A0 \"><script>alert(2)</script>\u{1b}[5m\u{202e}",
        checks,
    );
    card.submission.name = "@SUM(1+1)*cmd|' /C calc'!A0\n::error::x".into();
    card.programs[0].file = "-rf \u{1b}]0;x\u{7}<script>.py".into();
    card.notes = vec![format!("left out: {HOSTILE}")];
    card
}

/// Awkward and honest: Unicode, NUL, a megabyte of output, fractions, bonus, hidden, by hand, an error.
pub fn awkward() -> Scorecard {
    let mut output = b"start\n".to_vec();
    for i in 0.. {
        if output.len() > 1 << 20 {
            break;
        }
        output
            .extend_from_slice(format!("line {i}: \u{e9}\u{65e5}\u{672c} \u{1f600}\n").as_bytes());
    }
    output.extend_from_slice(b"Traceback (most recent call last):\n  File \"server.py\", line 9, in <module>\n    conn.send('hi')\nTypeError: a bytes-like object is required, not 'str'\n");
    let mut packed = vec![0u8, 0, 0, 1, 0, 0, 0, 4];
    packed.extend_from_slice(&2.7f32.to_be_bytes());
    let checks = vec![
        check("greets", "Grüßt mit „Grüß Gott“ 日本語 🙂", 0.5),
        CheckResult {
            findings: vec![Finding {
                expected: Some(excerpt(
                    "",
                    &[1, 0, 0, 0, 4, 0, 0, 0, 0xcd, 0xcc, 0x2c, 0x40],
                )),
                seen: Some(excerpt("alice received", &packed)),
                differs_at: Some(0),
                ..finding(
                    "endianness",
                    "1 came as 16777216: the bytes are in the other order.",
                )
            }],
            points: 1.0 / 3.0,
            ..not_passed(
                "packs",
                "Packs three numbers",
                Outcome::Partial,
                1.0 / 3.0,
                1.0,
            )
        },
        CheckResult {
            findings: vec![Finding {
                expected: Some(Excerpt {
                    described: true,
                    ..excerpt("", "[${time ctime within 2s}] ${sent}".as_bytes())
                }),
                seen: Some(excerpt("alice received", b"a\0b\0\0c")),
                differs_at: Some(1),
                output: Some(Excerpt {
                    length: 5_000_000,
                    bytes: Bytes::capped(&output, 1 << 20),
                    ..excerpt("the server printed", b"")
                }),
                source: Some(Source {
                    file: "server.py".into(),
                    line: 9,
                    text: "conn.send('hi')".into(),
                }),
                ..finding("str-not-bytes", "Line 9 sends a str; sockets take bytes.")
            }],
            ..not_passed(
                "stamps",
                "Answers with the time",
                Outcome::Failed,
                0.0,
                2.25,
            )
        },
        CheckResult {
            findings: vec![Finding {
                sent: Some(excerpt("alice sent", b"Hello, world")),
                expected: Some(excerpt("", b"Hello, world")),
                seen: Some(excerpt("alice received", b"Hello,")),
                differs_at: Some(6),
                ..finding("truncates", "Your server sends back only the first word.")
            }],
            ..not_passed("whole", "Sends back all words", Outcome::Failed, 0.0, 1.0)
        },
        CheckResult {
            findings: vec![finding("needs", "Needs “Secret flood”.")],
            ..not_passed(
                "after",
                "Survives what comes before",
                Outcome::NotRun,
                0.0,
                1.0,
            )
        },
        CheckResult {
            hidden: Hidden::Always,
            findings: vec![finding("secret-cause", "Secret: it broke at SECRET-INPUT.")],
            capture: Some("captures/flood.pcapng".into()),
            ..not_passed("flood", "Secret flood", Outcome::Failed, 0.0, 2.0)
        },
        CheckResult {
            hidden: Hidden::UntilDue,
            ..check("late-flood", "Late secret", 1.0)
        },
        CheckResult {
            bonus: true,
            ..check("ipv6", "Also serves IPv6", 1.5)
        },
        CheckResult {
            manual: "Does the report explain the four segments of the close?".into(),
            ..not_passed("report", "The written report", Outcome::Manual, 0.0, 3.0)
        },
        CheckResult {
            level: Level::Should,
            findings: vec![finding(
                "no-reuse",
                "SO_REUSEADDR is not set; a restart may fail.",
            )],
            ..check("reuse", "Can be restarted at once", 0.0)
        },
        CheckResult {
            findings: vec![finding("machine", "The capture could not be started.")],
            capture_incomplete: true,
            confirmed: true,
            ..not_passed("wire", "Closes with FIN", Outcome::Error, 0.0, 1.0)
        },
    ];
    let mut card = card("s1004", checks);
    card.submission.name = "Jürgen \"Jo\" O’Beispiel".into();
    card.notes = vec![
        "extra files were left out: notes.docx".into(),
        "“Secret flood” took long".into(),
    ];
    card
}

/// The machine could not grade.
pub fn not_graded() -> Scorecard {
    let mut card = card("s1005", Vec::new());
    card.status = Status::NotGraded;
    card.error = Some("user namespaces are switched off on this machine".into());
    card
}

/// Ladder, drawing and capture of the failing check.
pub fn extras() -> Extras {
    let id = "echoes".to_owned();
    Extras {
        ladder: BTreeMap::from([(
            id.clone(),
            "alice                 server\n  |------- SYN --------->|\n  |<---- SYN, ACK -------|\n  |------- ACK --------->|\n  |--- 20 bytes -------->|\n  |<-- 21 bytes ---------|".to_owned(),
        )]),
        svg: BTreeMap::from([(
            id.clone(),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 320 90\" role=\"img\" aria-label=\"Ladder diagram\"><g stroke=\"currentColor\" fill=\"none\"><path d=\"M40 20V85M280 20V85M40 40L280 50M280 65L40 75\"/></g><g fill=\"currentColor\" font-size=\"11\"><text x=\"25\" y=\"14\">alice</text><text x=\"262\" y=\"14\">server</text><text x=\"130\" y=\"40\">20 bytes</text><text x=\"130\" y=\"66\">21 bytes</text></g></svg>".to_owned(),
        )]),
        further: BTreeMap::from([(
            id.clone(),
            vec![
                ("more hints".to_owned(), "socklab hint tcp-echo-server echoes".to_owned()),
                ("by hand".to_owned(), "socklab peer tcp-echo-server echoes".to_owned()),
            ],
        )]),
        captures: BTreeMap::from([(
            id,
            Capture::Embedded("echoes.pcapng".into(), vec![0x0a, 0x0d, 0x0d, 0x0a, 0, 1, 2, 255]),
        )]),
    }
}

/// A scorecard for a student before the due date.
pub fn student(card: Scorecard) -> Visible {
    Visible::new(card, extras(), Audience::Student)
}

/// A scorecard for the instructor.
pub fn instructor(card: Scorecard) -> Visible {
    Visible::new(card, extras(), Audience::Instructor)
}

/// A class of `size` submissions with every kind among them, the same every time.
pub fn class(size: usize) -> Class {
    let facts = RunFacts {
        socklab: "0.1.0".into(),
        started: "2026-11-20T10:00:00Z".into(),
        duration_ms: 61_000.0,
        seed: 4711,
    };
    let mut class = Class::new("TCP echo server", facts);
    for i in 0..size {
        let mut card = match i % 11 {
            3 | 7 => one_failure(),
            5 => does_not_compile(),
            9 => several_failures(i),
            _ => full_marks(),
        };
        if i % 97 == 13 {
            card = not_graded();
        }
        if i % 61 == 17 {
            card = hostile();
            card.submission.key.push_str(&i.to_string());
        } else {
            card.submission.key = format!("s{:04}", 1001 + i);
        }
        card.duration_ms += (i % 7) as f64 * 100.0;
        let link = format!("results/s{:04}/report.html", 1001 + i);
        class.add(&instructor(card), Some(link));
    }
    let missing = Submission {
        key: "s9999".into(),
        ..Submission::default()
    };
    class.add_missing(
        missing,
        "tcp-echo-server",
        "shard 3 of 8 has no result for it",
    );
    class
}

fn several_failures(i: usize) -> Scorecard {
    let mut checks = usual_checks();
    let causes = [
        (
            "one-message-only",
            "Your server answers the first message but not the second.",
        ),
        (
            "never-closes",
            "Your server keeps the connection open after the client has closed.",
        ),
        (
            "wrong-port",
            "Your server listens on port 65433; the lab says 65432.",
        ),
    ];
    for (n, check) in checks.iter_mut().enumerate().skip(2) {
        let (cause, message) = causes[(n + i) % causes.len()];
        check.outcome = Outcome::Failed;
        check.points = 0.0;
        check.findings = vec![finding(cause, message)];
    }
    card("s", checks)
}
