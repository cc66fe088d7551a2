//! The window on bytes: which part is shown, as which pieces, and where the first difference is in it.

use unicode_width::UnicodeWidthStr;

use super::super::escape;
use super::super::words::count;
use super::{Layout, wants_hex};
use crate::verdict::{Excerpt, Finding};

/// A window on an excerpt, with the place of the first difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Bytes left out before the window.
    pub skipped: u64,
    /// What stands before the first difference (everything, if there is none).
    pub before: String,
    /// The unit that differs; empty if the bytes end where they should go on, or nothing differs.
    pub mark: String,
    /// What comes after it.
    pub after: String,
    /// Bytes left out after the window.
    pub left: u64,
    /// Shown as hexadecimal pairs.
    pub hex: bool,
}

impl Shown {
    /// The window on one line, between quotes if it is text, with dots where something is left out.
    pub fn text(&self) -> String {
        let (open, close) = self.ends();
        format!("{open}{}{}{}{close}", self.before, self.mark, self.after)
    }

    /// What [`Self::text`] puts around: quotes, and dots in place of what is left out.
    pub fn ends(&self) -> (&'static str, &'static str) {
        let open = match (self.hex, self.skipped > 0) {
            (true, true) => "...",
            (true, false) => "",
            (false, true) => "...\"",
            (false, false) => "\"",
        };
        let close = match (self.hex, self.left > 0) {
            (true, true) => "...",
            (true, false) => "",
            (false, true) => "\"...",
            (false, false) => "\"",
        };
        (open, close)
    }

    /// Columns before the marked unit in [`Self::text`].
    pub fn mark_column(&self) -> usize {
        self.ends().0.width() + self.before.width()
    }
}

/// One drawn piece: a character, an escape, a pair of hexadecimal digits.
struct Unit {
    /// Offset of its first byte in the kept bytes.
    start: usize,
    text: String,
}

fn units(excerpt: &Excerpt, hex: bool) -> Vec<Unit> {
    let layout = Layout::of(excerpt);
    let bytes = &excerpt.bytes.0;
    let (head, tail) = bytes.split_at(layout.head.min(bytes.len()));
    let mut out = Vec::with_capacity(bytes.len());
    push_units(&mut out, head, 0, hex);
    if layout.dropped > 0 {
        let text = format!("[… {} …]", count(layout.dropped, "byte"));
        let start = head.len();
        out.push(Unit { start, text });
        push_units(&mut out, tail, head.len(), hex);
    }
    out
}

fn push_units(out: &mut Vec<Unit>, bytes: &[u8], from: usize, hex: bool) {
    if hex {
        out.extend(bytes.iter().enumerate().map(|(i, b)| Unit {
            start: from + i,
            text: format!("{b:02x} "),
        }));
        return;
    }
    let mut start = from;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // `##[` is a command to old runners, so it is never shown as it is.
            let hashes = out.iter().rev().take(2).filter(|u| u.text == "#").count();
            let text = if c == '[' && hashes == 2 {
                "\\x5b".to_owned()
            } else {
                escape::byte_char(c)
            };
            out.push(Unit { start, text });
            start += c.len_utf8();
        }
        for b in chunk.invalid() {
            out.push(Unit {
                start,
                text: format!("\\x{b:02x}"),
            });
            start += 1;
        }
    }
}

/// The window of at most `columns` columns on an excerpt, placed so that the first difference is in it.
pub fn show(excerpt: &Excerpt, differs_at: Option<u64>, columns: usize, hex: bool) -> Shown {
    let units = units(excerpt, hex);
    let mark = mark(&units, excerpt, differs_at);
    let first = first(&units, mark, columns);
    cut(excerpt, &units, first, columns, mark, hex)
}

/// The windows on what was expected and what came. Both are equal up to the first difference, so that both
/// begin at the same byte and line up.
pub fn show_both(finding: &Finding, columns: usize) -> (Option<Shown>, Option<Shown>) {
    let hex = wants_hex(finding);
    let side = |excerpt: &Option<Excerpt>| {
        let excerpt = excerpt.clone().filter(|e| !e.described)?;
        let units = units(&excerpt, hex);
        let mark = mark(&units, &excerpt, finding.differs_at);
        Some((excerpt, units, mark))
    };
    let sides = [side(&finding.expected), side(&finding.seen)];
    let starts = sides
        .iter()
        .flatten()
        .map(|(_, u, m)| first(u, *m, columns));
    let start = starts.max().unwrap_or(0);
    let [expected, seen] = sides.map(|side| {
        let (excerpt, units, mark) = side?;
        let start = start.min(units.len());
        Some(cut(&excerpt, &units, start, columns, mark, hex))
    });
    (expected, seen)
}

/// The unit that holds the first difference.
fn mark(units: &[Unit], excerpt: &Excerpt, differs_at: Option<u64>) -> Option<usize> {
    let index = Layout::of(excerpt).index(differs_at?)?;
    let found = units
        .partition_point(|u| u.start <= index)
        .saturating_sub(1);
    Some(at_or_end(units, found, excerpt, differs_at))
}

/// Where the window begins: at the beginning unless the difference would then be in its last third.
fn first(units: &[Unit], mark: Option<usize>, columns: usize) -> usize {
    let width = |units: &[Unit]| -> usize { units.iter().map(|u| u.text.width()).sum() };
    match mark {
        Some(mark) if width(units) > columns && width(&units[..mark]) > columns * 2 / 3 => {
            window_start(units, mark, columns / 3)
        }
        _ => 0,
    }
}

/// The window from unit `first` on.
fn cut(
    excerpt: &Excerpt,
    units: &[Unit],
    first: usize,
    columns: usize,
    mark: Option<usize>,
    hex: bool,
) -> Shown {
    let mut room = columns;
    let mut last = first;
    while last < units.len() && units[last].text.width() <= room {
        room -= units[last].text.width();
        last += 1;
    }
    join(excerpt, units, first, last, mark, hex)
}

/// The marked unit, or the end if the bytes stop exactly where the difference is.
fn at_or_end(units: &[Unit], found: usize, excerpt: &Excerpt, differs_at: Option<u64>) -> usize {
    if differs_at.is_some_and(|at| at >= excerpt.length) {
        units.len()
    } else {
        found
    }
}

fn window_start(units: &[Unit], mark: usize, lead: usize) -> usize {
    let mut room = lead;
    let mut first = mark.min(units.len());
    while first > 0 && units[first - 1].text.width() <= room {
        room -= units[first - 1].text.width();
        first -= 1;
    }
    first
}

fn join(
    excerpt: &Excerpt,
    units: &[Unit],
    first: usize,
    last: usize,
    mark: Option<usize>,
    hex: bool,
) -> Shown {
    let kept = excerpt.bytes.0.len();
    let start_of = |i: usize| units.get(i).map_or(kept, |u| u.start);
    let text = |from: usize, to: usize| -> String {
        let slice = units.get(from..to.max(from)).unwrap_or_default();
        slice.iter().map(|u| u.text.as_str()).collect()
    };
    let mark = mark.filter(|m| (first..=last).contains(m));
    let split = mark.unwrap_or(last);
    let mark_end = (split + 1).min(last);
    let dropped = Layout::of(excerpt).dropped;
    let cut_before = first > 0 && start_of(first) > Layout::of(excerpt).head;
    let cut_after = start_of(last) < Layout::of(excerpt).head;
    Shown {
        skipped: start_of(first) as u64 + if cut_before { dropped } else { 0 },
        before: text(first, split),
        mark: text(split, mark_end),
        after: text(mark_end, last),
        left: (kept - start_of(last)) as u64 + if cut_after { dropped } else { 0 },
        hex,
    }
}
