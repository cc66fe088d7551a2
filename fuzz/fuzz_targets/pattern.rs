//! The first line of the input is a pattern, the rest is what a program sent: matching ends, stays inside
//! the text, and what arrives piece by piece never takes back what was met.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::spec::pattern::{Matcher, Pattern};
use socklab_fuzz::spec::{Bindings, Context, Progress};

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|b| *b == b'\n').unwrap_or(data.len());
    let (line, rest) = data.split_at(at);
    let text = rest.get(1..).unwrap_or_default();
    let (Some(mode), Ok(like)) = (line.first(), std::str::from_utf8(line.get(1..).unwrap_or_default())) else {
        return;
    };
    let mut bindings = Bindings::default();
    bindings.set("sent", b"Hello, world".to_vec());
    bindings.set("number", b"42".to_vec());
    let ignore_case = mode & 1 == 1;
    let matcher = if mode & 2 == 0 {
        let Ok(pattern) = Pattern::parse(like) else {
            return;
        };
        let _ = (pattern.binds(), pattern.needs());
        pattern.bind(&bindings, ignore_case)
    } else {
        Matcher::regex(like, ignore_case, mode & 4 == 4)
    };
    let Ok(matcher) = matcher else { return };
    let context = Context {
        unix_ms: 1_790_000_000_000,
        zone_offset_s: 12_600,
        waited_ms: 0,
    };
    match matcher.whole(text, &context) {
        Ok(found) => assert_eq!((found.start, found.end), (0, text.len())),
        Err(mismatch) => assert!(mismatch.differs_at.is_none_or(|at| at <= text.len() as u64)),
    }
    if let Ok(found) = matcher.search(text, 0, &context) {
        assert!(found.start <= found.end && found.end <= text.len());
    }
    assert!(matcher.find_end(text).is_none_or(|end| end <= text.len()));
    matcher.count(text, 1000);
    for end in [text.len() / 2, text.len()] {
        match matcher.progress(&text[..end]) {
            Progress::Met { take, .. } => assert!(take <= end),
            Progress::Impossible { at } => assert!(at <= end),
            Progress::More => {}
        }
    }
});
