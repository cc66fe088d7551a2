use super::*;
use crate::spec::expect::{Context, Progress};
use crate::spec::mismatch::MismatchKind;

/// Saturday 21 November 2026, 09:05:00 UTC.
const NOW: Context = Context {
    unix_ms: 1_795_251_900_000,
    zone_offset_s: 3600,
    waited_ms: 0,
};

fn matcher(like: &str) -> Matcher {
    let mut bindings = Bindings::new(1, "t");
    bindings.set("sent", "hello (1)");
    bindings.set("line", "bound");
    Pattern::parse(like)
        .unwrap()
        .bind(&bindings, false)
        .unwrap()
}

fn why(like: &str, text: &str) -> (MismatchKind, u64, String) {
    let found = matcher(like).whole(text.as_bytes(), &NOW).unwrap_err();
    (
        found.kind,
        found.differs_at.unwrap_or(9999),
        found.explanation,
    )
}

#[test]
fn holes_take_what_they_are_for_and_bind_names() {
    let found = matcher("CONNECTION: ${int as n}. From ${any as who}!")
        .whole(b"CONNECTION: 12. From ('10.0.0.1', 5)!", &NOW)
        .unwrap();
    assert_eq!(
        found.binds,
        [
            ("n".into(), b"12".to_vec()),
            ("who".into(), b"('10.0.0.1', 5)".to_vec())
        ]
    );
    for (like, text) in [
        ("${ipv4}:${int}", "192.0.2.1:80"),
        ("${ipv6}", "fe80::1"),
        ("${ipv6}", "::ffff:1.2.3.4"),
        ("${hex 4}${ws}${float}", "00fF  -2.5e3"),
        (
            "Received ${quote}${sent}${quote}${eol}",
            "Received b'hello (1)'\r\n",
        ),
        (
            "Received ${quote}${sent}${quote}${eol}",
            "Received hello (1)",
        ),
        ("${time iso within 2s}", "2026-11-21T10:05:01.25"),
        ("${time within 2s}", "2026-11-21 09:05:00Z"),
        ("${word} ${line}", "a,b bound"),
    ] {
        assert!(
            matcher(like).whole(text.as_bytes(), &NOW).is_ok(),
            "{like} against {text}"
        );
    }
}

#[test]
fn a_time_must_have_the_layout_and_be_fresh() {
    let like = "[${time ctime within 2s}] ${sent}";
    assert!(
        matcher(like)
            .whole(b"[Sat Nov 21 10:04:59 2026] hello (1)", &NOW)
            .is_ok()
    );
    for (text, kind, words) in [
        (
            "[Sat Nov 21 09:05:00 2026] hello (1)",
            MismatchKind::WrongTime,
            "UTC instead of local time?",
        ),
        (
            "[Sat Nov 21 10:03:00 2026] hello (1)",
            MismatchKind::WrongTime,
            "taken once",
        ),
        (
            "[Sun Nov 21 10:05:00 2026] hello (1)",
            MismatchKind::WrongTime,
            "no `Sun`",
        ),
        (
            "[1795251900.25] hello (1)",
            MismatchKind::HoleFailed,
            "seconds since 1970",
        ),
        (
            "[2026-11-21 10:05:00] hello (1)",
            MismatchKind::HoleFailed,
            "ISO 8601",
        ),
        (
            "[Sun Nov 1 10:05:00 2026] hello (1)",
            MismatchKind::HoleFailed,
            "padded with a space",
        ),
        (
            "[Sun Nov 01 10:05:00 2026] hello (1)",
            MismatchKind::HoleFailed,
            "padded with a zero",
        ),
        (
            "Sat Nov 21 10:05:00 2026] hello (1)",
            MismatchKind::LiteralFailed,
            "before the time the text `[` is missing",
        ),
        (
            "[Sat Nov 21 10:05:00 2026] hello (1)\n",
            MismatchKind::Extra,
            "one more byte",
        ),
        (
            "[Sat Nov 21 10:05:00 2026] Hello (1)",
            MismatchKind::WrongCase,
            "upper and lower case",
        ),
        (
            "[Sat Nov 21 10:05:00 2026] b'hello (1)'",
            MismatchKind::LiteralFailed,
            "expected `hello (1)`",
        ),
        (
            "[Sat Nov 21 10:05:00 2026] hel",
            MismatchKind::TooShort,
            "`lo (1)` is missing",
        ),
    ] {
        let found = why(like, text);
        assert_eq!(found.0, kind, "{text}: {}", found.2);
        assert!(found.2.contains(words), "{text}: {}", found.2);
    }
}

#[test]
fn the_first_wrong_byte_is_told() {
    assert_eq!(why("abc${int}", "abX").1, 2);
    assert_eq!(why("abc${int}", "abcx").1, 3);
    assert_eq!(why("a${ipv4}", "a300.1.1.1").1, 1);
}

#[test]
fn a_time_can_be_compared_with_an_earlier_one() {
    let mut bindings = Bindings::new(1, "t");
    bindings.set("before", "Sat Nov 21 10:04:58 2026");
    let pattern = Pattern::parse("${time ctime within 5s 1s to 2s after before}").unwrap();
    let matcher = pattern.bind(&bindings, false).unwrap();
    assert!(matcher.whole(b"Sat Nov 21 10:05:00 2026", &NOW).is_ok());
    let refused = |matcher: &Matcher, text: &[u8], why: &str| {
        let explanation = matcher.whole(text, &NOW).unwrap_err().explanation;
        assert!(explanation.contains(why), "{explanation}");
    };
    refused(&matcher, b"Sat Nov 21 10:04:58 2026", "the same as before");
    // Three seconds have really passed, since a busy machine took its time; six have not.
    bindings.set("before", "Sat Nov 21 10:04:57 2026");
    let matcher = pattern.bind(&bindings, false).unwrap();
    assert!(matcher.whole(b"Sat Nov 21 10:05:00 2026", &NOW).is_ok());
    refused(
        &matcher,
        b"Sat Nov 21 10:05:03 2026",
        "6 s later than the earlier",
    );
    assert!(pattern.bind(&Bindings::default(), false).is_err());
}

#[test]
fn a_stale_time_does_not_hide_a_fresh_one_behind_it() {
    let text = b"x Sat Nov 21 10:00:00 2026 y Sat Nov 21 10:05:00 2026 z";
    let found = matcher("${time ctime within 2s}")
        .search(text, 0, &NOW)
        .unwrap();
    assert_eq!(found.start, 29);
}

#[test]
fn a_prefix_is_known_to_be_possible_complete_or_hopeless() {
    let m = matcher("id ${int}: ${sent}${eol}");
    let progress = |text: &str| m.progress(text.as_bytes());
    assert_eq!(progress(""), Progress::More);
    assert_eq!(progress("id 1"), Progress::More);
    assert_eq!(progress("id x"), Progress::Impossible { at: 3 });
    let text = "id 1: hello (1)";
    assert_eq!(
        progress(text),
        Progress::Met {
            take: text.len(),
            may_grow: true
        }
    );
    assert_eq!(
        progress(&format!("{text}\r\nmore")),
        Progress::Met {
            take: text.len() + 2,
            may_grow: false
        }
    );
    assert_eq!(
        progress(&format!("{text}more")),
        Progress::Impossible { at: text.len() }
    );
    assert_eq!(
        matcher("<${any}>").progress(b"<a>"),
        Progress::Met {
            take: 3,
            may_grow: true
        }
    );
    assert_eq!(
        matcher("[${int}]").progress(b"[1]x"),
        Progress::Met {
            take: 3,
            may_grow: false
        }
    );
    assert_eq!(
        matcher("[${int}]").progress(b"[1]"),
        Progress::Met {
            take: 3,
            may_grow: false
        }
    );
}

#[test]
fn hostile_input_takes_linear_time() {
    let m = matcher("${any}a${any}b${any}c${any}d${int}${eol}");
    let hostile = b"abca".repeat(1 << 18);
    assert!(m.whole(&hostile, &NOW).is_err());
    assert!(m.search(&hostile, 0, &NOW).is_err());
    m.progress(&hostile);
    // With backtracking this test would not end.
}
