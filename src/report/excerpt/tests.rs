use super::*;
use crate::event::Bytes;

fn excerpt(bytes: &[u8]) -> Excerpt {
    Excerpt {
        label: "alice received".into(),
        bytes: Bytes(bytes.to_vec()),
        length: bytes.len() as u64,
        described: false,
    }
}

fn finding(expected: &[u8], seen: &[u8], at: u64) -> Finding {
    serde_json::from_value(serde_json::json!({
        "cause": "mismatch", "message": "differs",
        "expected": excerpt(expected), "seen": excerpt(seen), "differs_at": at,
    }))
    .expect("a finding")
}

#[test]
fn short_bytes_are_shown_whole_with_the_difference_marked() {
    let shown = show(&excerpt(b"Hello\r\n"), Some(5), 60, false);
    assert_eq!(shown.text(), "\"Hello\\r\\n\"");
    assert_eq!((shown.mark.as_str(), shown.mark_column()), ("\\r", 6));
}

#[test]
fn long_bytes_are_cut_to_the_same_window_on_both_sides() {
    let mut one = vec![b'a'; 5000];
    let mut other = one.clone();
    one[3000] = b'x';
    other[3000] = b'y';
    let (a, b) = (
        show(&excerpt(&one), Some(3000), 30, false),
        show(&excerpt(&other), Some(3000), 30, false),
    );
    assert_eq!((a.skipped, a.before.len(), a.left), (2990, 10, 1980));
    assert_eq!((a.before, a.mark.as_str()), (b.before.clone(), "x"));
    assert_eq!(b.mark, "y");
}

#[test]
fn an_early_end_is_marked_behind_the_last_byte() {
    let shown = show(&excerpt(b"Hel"), Some(3), 60, false);
    assert_eq!((shown.before.as_str(), shown.mark.as_str()), ("Hel", ""));
}

#[test]
fn the_part_that_was_not_kept_is_named() {
    let mut cut = excerpt(&[b'a'; 80]);
    cut.length = 1_000_080;
    let shown = show(&cut, None, 200, false);
    assert!(shown.before.contains("[… 1,000,000 bytes …]"), "{shown:?}");
    assert_eq!(shown.before.matches('a').count(), 80);
    let tail = show(&cut, Some(1_000_079), 200, false);
    assert_eq!((tail.mark.as_str(), tail.after.as_str()), ("a", ""));
    assert_eq!(show(&cut, Some(500), 200, false).mark, "");
}

#[test]
fn packed_numbers_are_shown_as_hexadecimal() {
    let bytes = excerpt(&[0, 0, 0, 1, 0x40, 0x2c]);
    assert!(is_binary(&bytes));
    assert_eq!(show(&bytes, Some(3), 60, true).text(), "00 00 00 01 40 2c ");
}

#[test]
fn a_difference_is_told_in_words() {
    let tell = |e: &[u8], s: &[u8], at| difference(&finding(e, s, at)).expect("a sentence");
    assert_eq!(
        tell(b"Hello\n", b"Hello\r", 5),
        "after 5 equal bytes: expected \\n (0a), got \\r (0d)"
    );
    assert_eq!(
        tell(b"Hello", b"Hel", 3),
        "after 3 equal bytes: it ends there, 2 bytes are missing"
    );
    assert_eq!(
        tell(b"a", b"ab", 1),
        "after 1 equal byte: 1 byte is too many"
    );
}

#[test]
fn empty_bytes_show_as_an_empty_string() {
    assert_eq!(show(&excerpt(b""), Some(0), 10, false).text(), "\"\"");
}

#[test]
fn both_sides_of_a_difference_line_up_when_only_one_is_too_long() {
    let long: Vec<u8> = b"vokodeka".iter().copied().cycle().take(600).collect();
    for at in [8, 200] {
        let (expected, seen) = show_both(&finding(&long, &long[..at], at as u64), 60);
        let (expected, seen) = (expected.expect("shown"), seen.expect("shown"));
        assert_eq!(expected.before, seen.before);
        assert_eq!(expected.skipped, seen.skipped);
        assert_eq!((seen.mark.as_str(), expected.mark.as_str()), ("", "v"));
    }
}

#[test]
fn no_difference_is_told_against_what_is_only_described() {
    let mut finding = finding(b"nothing", b"x", 0);
    finding.expected.as_mut().expect("expected").described = true;
    assert_eq!(difference(&finding), None);
}
