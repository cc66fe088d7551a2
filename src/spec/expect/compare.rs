//! Exact bytes against what came: the most telling kind of difference, in a student's words.

use memchr::memmem;

use super::Exact;
use crate::event::Bytes;
use crate::spec::mismatch::{Mismatch, MismatchKind};

/// Bytes that an explanation quotes.
const QUOTED: usize = 40;

/// Whether `seen` is what is wanted.
pub fn satisfies(wanted: &Exact, seen: &[u8]) -> bool {
    let same = |seen: &[u8]| {
        if wanted.ignore_case {
            wanted.bytes.eq_ignore_ascii_case(seen)
        } else {
            wanted.bytes == seen
        }
    };
    same(seen)
        || wanted.line && same(without_line_end(seen)) && seen.len() <= wanted.bytes.len() + 2
}

/// How `seen` differs from what is wanted. `seen` is known not to satisfy it.
pub fn explain(wanted: &Exact, seen: &[u8]) -> Mismatch {
    let expected = wanted.bytes.as_slice();
    let (kind, at, explanation) = classify(expected, seen);
    Mismatch::exact(kind, expected, seen, at.map(|at| at as u64), explanation)
}

type Found = (MismatchKind, Option<usize>, String);

fn classify(expected: &[u8], seen: &[u8]) -> Found {
    let at = first_difference(expected, seen);
    if seen.is_empty() {
        return (MismatchKind::Missing, None, "nothing came".into());
    }
    if expected.eq_ignore_ascii_case(seen) {
        let explanation = "it differs only in upper and lower case".to_owned();
        return (MismatchKind::WrongCase, Some(at), explanation);
    }
    let (expected_end, seen_end) = (line_end(expected), line_end(seen));
    if expected_end != seen_end && without_line_end(expected) == without_line_end(seen) {
        let explanation = match (expected_end, seen_end) {
            ("", end) => format!("a line ending ({end}) is added at the end"),
            (end, "") => format!("the line ending ({end}) at the end is missing"),
            (wanted, end) => format!("the line ends with {end} instead of {wanted}"),
        };
        return (MismatchKind::LineEnding, Some(at), explanation);
    }
    special(expected, seen, at)
        .or_else(|| around(expected, seen, at))
        .unwrap_or_else(|| {
            (
                MismatchKind::Different,
                Some(at),
                inside(expected, seen, at),
            )
        })
}

/// Differences with a well-known cause.
fn special(expected: &[u8], seen: &[u8], at: usize) -> Option<Found> {
    if let Some(shown) = printed_form(expected, seen) {
        let explanation =
            format!("`{shown}` is how Python prints bytes or a text, not the bytes themselves");
        return Some((MismatchKind::Representation, Some(at), explanation));
    }
    let nul = expected.iter().position(|b| *b == 0);
    if nul.is_some_and(|nul| nul > 0 && seen.len() < expected.len() && *seen == expected[..nul]) {
        let explanation = format!("it stops at the first NUL byte, after {} bytes", seen.len());
        return Some((MismatchKind::CutAtNul, Some(at), explanation));
    }
    if let Some(rest) = seen.strip_prefix(expected)
        && rest.len() > 1
        && rest
            .iter()
            .all(|b| *b == rest[0] && (*b == 0 || *b == b' '))
    {
        let filler = if rest[0] == 0 { "NUL bytes" } else { "spaces" };
        let explanation = format!("{} {filler} fill it up to {} bytes", rest.len(), seen.len());
        return Some((MismatchKind::Padded, Some(at), explanation));
    }
    let decoded: String = expected.iter().map(|b| char::from(*b)).collect();
    if !expected.is_ascii() && decoded.as_bytes() == seen {
        let explanation =
            "the bytes were taken as Latin-1 text and encoded as UTF-8 again".to_owned();
        return Some((MismatchKind::Different, Some(at), explanation));
    }
    if String::from_utf8_lossy(expected).as_bytes() == seen {
        let explanation =
            "bytes that are not UTF-8 text were replaced (`decode` with errors=\"replace\")"
                .to_owned();
        return Some((MismatchKind::Different, Some(at), explanation));
    }
    None
}

/// The expected bytes are all there, or the beginning of them is all there is.
fn around(expected: &[u8], seen: &[u8], at: usize) -> Option<Found> {
    if expected.starts_with(seen) {
        let explanation = format!(
            "only the first {} of {} bytes came",
            seen.len(),
            expected.len()
        );
        return Some((MismatchKind::TooShort, Some(at), explanation));
    }
    if expected.is_empty() {
        let explanation = format!("{} came where nothing is expected", quantity(seen.len()));
        return Some((MismatchKind::Extra, Some(0), explanation));
    }
    if let Some(rest) = seen.strip_prefix(expected) {
        if rest.starts_with(expected) {
            return Some((
                MismatchKind::Extra,
                Some(at),
                "it came more than once".into(),
            ));
        }
        let explanation = format!("`{}` is added after it", quoted(rest));
        return Some((MismatchKind::WrongSuffix, Some(at), explanation));
    }
    // A single byte is found in nearly everything.
    if expected.len() < 2 {
        return None;
    }
    if let Some(front) = seen.strip_suffix(expected) {
        let explanation = format!("`{}` is put in front of it", quoted(front));
        return Some((MismatchKind::WrongPrefix, Some(at), explanation));
    }
    let start = memmem::find(seen, expected)?;
    let explanation = format!(
        "`{}` is put in front of it and `{}` after it",
        quoted(&seen[..start]),
        quoted(&seen[start + expected.len()..])
    );
    Some((MismatchKind::WrongPrefix, Some(at), explanation))
}

/// A difference in the middle.
fn inside(expected: &[u8], seen: &[u8], at: usize) -> String {
    let tail = expected
        .iter()
        .rev()
        .zip(seen.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    if seen.len() < expected.len() && at + tail >= seen.len() && at > 0 {
        let missing = expected.len() - seen.len();
        return format!("{} missing from byte {} on", are(missing), at + 1);
    }
    if seen.len() > expected.len() && at + tail >= expected.len() && at > 0 {
        let added = &seen[at..at + seen.len() - expected.len()];
        return format!(
            "`{}` stands in it from byte {} on and does not belong there",
            quoted(added),
            at + 1
        );
    }
    if at == 0 {
        return format!("it is `{}` instead of `{}`", quoted(seen), quoted(expected));
    }
    format!(
        "from byte {} on it is `{}` instead of `{}`",
        at + 1,
        quoted(&seen[at.min(seen.len())..]),
        quoted(&expected[at.min(expected.len())..])
    )
}

/// Offset of the first byte in which two texts differ; the shorter one's length when it begins the other.
pub fn first_difference(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Python's printed form of `bytes` in `seen`; none when it is not there.
pub fn printed_form(bytes: &[u8], seen: &[u8]) -> Option<String> {
    if bytes.is_empty() || bytes.len() > 64 << 10 {
        return None;
    }
    let body = repr_body(bytes);
    // A quoted text without `b` is Python's doing only when something in it is escaped.
    let opens = if body.contains('\\') {
        &["b'", "b\"", "'", "\""][..]
    } else {
        &["b'", "b\""]
    };
    opens.iter().find_map(|open| {
        let close = &open[open.len() - 1..];
        let form = format!("{open}{body}{close}");
        memmem::find(seen, form.as_bytes())
            .is_some()
            .then(|| quoted(form.as_bytes()))
    })
}

/// The inside of Python's printed form of bytes.
pub fn repr_body(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
        out
    })
}

/// A text without the line ending after it.
pub fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

fn line_end(text: &[u8]) -> &'static str {
    if text.ends_with(b"\r\n") {
        "\\r\\n"
    } else if text.ends_with(b"\n") {
        "\\n"
    } else if text.ends_with(b"\r") {
        "\\r"
    } else {
        ""
    }
}

fn are(bytes: usize) -> String {
    if bytes == 1 {
        "1 byte is".into()
    } else {
        format!("{bytes} bytes are")
    }
}

/// `1 byte`, `40 bytes`.
pub fn quantity(bytes: usize) -> String {
    if bytes == 1 {
        "1 byte".into()
    } else {
        format!("{bytes} bytes")
    }
}

/// The first bytes of a text, invisible ones made visible.
pub fn quoted(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(QUOTED)];
    let dots = if cut.len() < bytes.len() { "…" } else { "" };
    format!("{}{dots}", Bytes(cut.to_vec()).escaped())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(expected: &[u8], seen: &[u8]) -> MismatchKind {
        classify(expected, seen).0
    }

    #[test]
    fn each_difference_has_its_kind() {
        use MismatchKind::*;
        for (expected, seen, wanted) in [
            (&b"hello"[..], &b""[..], Missing),
            (b"Hello", b"HELLO", WrongCase),
            (b"hello", b"hello\r\n", LineEnding),
            (b"hello\n", b"hello", LineEnding),
            (b"hello", b"b'hello'", Representation),
            (b"hello\n", b"b'hello\\n'", Representation),
            (b"a\0b", b"a", CutAtNul),
            (b"hi", b"hi\0\0\0\0", Padded),
            (b"hello", b"hel", TooShort),
            (b"hello", b"hellohello", Extra),
            (b"hello", b"hello!", WrongSuffix),
            (b"hello", b"Echo: hello", WrongPrefix),
            (b"hello", b"<hello>", WrongPrefix),
            (b"hello", b"world", Different),
            ("é".as_bytes(), "Ã©".as_bytes(), Different),
        ] {
            assert_eq!(kind(expected, seen), wanted, "{}", quoted(seen));
        }
    }

    #[test]
    fn the_place_of_a_gap_is_told() {
        let (_, at, explanation) = classify(b"0123456789", b"012389");
        assert_eq!(at, Some(4));
        assert!(
            explanation.contains("4 bytes are missing from byte 5 on"),
            "{explanation}"
        );
    }
}
