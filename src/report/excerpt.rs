//! Bytes of a finding → what a reader sees of them: invisible bytes visible, cut to a window around the
//! first difference, in hexadecimal when they are not text.

use super::escape;
use super::words::count;
use crate::verdict::{Excerpt, Finding};

mod window;

pub use window::{Shown, show, show_both};

/// Characters of one line of a program's output that are shown.
const LINE: usize = 2000;

/// How the kept bytes of an excerpt lie in the whole: `Bytes::capped` keeps three quarters of its room for
/// the beginning and the rest for the end.
struct Layout {
    head: usize,
    dropped: u64,
}

impl Layout {
    fn of(excerpt: &Excerpt) -> Self {
        let kept = excerpt.bytes.0.len();
        let dropped = excerpt.length.saturating_sub(kept as u64);
        let head = if dropped > 0 { kept * 3 / 4 } else { kept };
        Layout { head, dropped }
    }

    /// The index in the kept bytes of an offset in the whole; none in the part that was not kept.
    fn index(&self, offset: u64) -> Option<usize> {
        if offset <= self.head as u64 && (self.dropped == 0 || offset < self.head as u64) {
            return Some(offset as usize);
        }
        let after = offset.checked_sub(self.head as u64 + self.dropped)?;
        usize::try_from(after).ok().map(|a| self.head + a)
    }
}

/// Whether the bytes read better as hexadecimal: more than a third of them are neither text nor white space.
pub fn is_binary(excerpt: &Excerpt) -> bool {
    let bytes = &excerpt.bytes.0;
    if excerpt.described || bytes.is_empty() {
        return false;
    }
    let mut odd = 0;
    for chunk in bytes.utf8_chunks() {
        odd += chunk.invalid().len();
        odd += chunk
            .valid()
            .chars()
            .filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1b}'))
            .count();
    }
    odd * 3 > bytes.len()
}

/// Whether a finding's bytes are all better read in hexadecimal.
pub fn wants_hex(finding: &Finding) -> bool {
    [&finding.expected, &finding.seen]
        .into_iter()
        .flatten()
        .any(is_binary)
}

/// Whether an answer was expected to what was sent and not a byte of it came.
pub fn nothing_came(finding: &Finding) -> bool {
    let bytes = |excerpt: &Excerpt| !excerpt.described;
    finding.sent.is_some() && finding.expected.as_ref().is_some_and(bytes) && finding.seen.is_none()
}

/// The first difference as a sentence: `after 5 equal bytes: expected \n (0a), got \r (0d)`.
pub fn difference(finding: &Finding) -> Option<String> {
    let at = finding.differs_at?;
    let seen = finding.seen.as_ref()?;
    let expected = finding.expected.as_ref().filter(|e| !e.described);
    let equal = if at == 0 {
        "at the first byte".to_owned()
    } else {
        format!("after {}", count(at, "equal byte"))
    };
    let (Some(expected), false) = (expected, seen.described) else {
        // Nothing is told by a difference at once from what is only described.
        return (at > 0).then(|| format!("differs after {}", count(at, "byte")));
    };
    Some(if at >= seen.length {
        let missing = expected.length.saturating_sub(at);
        format!("{equal}: it ends there, {} missing", are(missing))
    } else if at >= expected.length {
        format!("{equal}: {} too many", are(seen.length - at))
    } else {
        format!(
            "{equal}: expected {}, got {}",
            byte_at(expected, at),
            byte_at(seen, at)
        )
    })
}

fn are(bytes: u64) -> String {
    let verb = if bytes == 1 { "is" } else { "are" };
    format!("{} {verb}", count(bytes, "byte"))
}

fn byte_at(excerpt: &Excerpt, at: u64) -> String {
    let byte = Layout::of(excerpt)
        .index(at)
        .and_then(|i| excerpt.bytes.0.get(i).copied());
    match byte {
        Some(b @ 0x21..=0x7e) => format!("{} ({b:02x})", b as char),
        Some(b' ') => "a space (20)".to_owned(),
        Some(b'\n') => "\\n (0a)".to_owned(),
        Some(b'\r') => "\\r (0d)".to_owned(),
        Some(b'\t') => "\\t (09)".to_owned(),
        Some(b) => format!("byte {b:02x}"),
        None => "another byte".to_owned(),
    }
}

/// The last `lines` lines of a program's output, safe to show, and how many bytes stand before them.
pub fn tail(excerpt: &Excerpt, lines: usize) -> (Vec<String>, u64) {
    let text = excerpt.bytes.lossy();
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let all: Vec<&str> = text.split('\n').collect();
    let first = all.len().saturating_sub(lines);
    let before: usize = all[..first].iter().map(|l| l.len() + 1).sum();
    let kept = excerpt.bytes.0.len() as u64;
    let left_out = before as u64 + excerpt.length.saturating_sub(kept);
    let shown = all[first..].iter().map(|l| shortened(l)).collect();
    (shown, left_out)
}

/// A line, safe to show and cut to what a reader would still read.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        Some((end, _)) => format!("{} [...]", escape::block(&line[..end])),
        None => escape::block(line),
    }
}

#[cfg(test)]
mod tests;
