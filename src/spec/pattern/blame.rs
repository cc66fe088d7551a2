//! Why a pattern does not match: the pattern and the text → the part that failed, where, and why in a
//! student's words.
//!
//! Runs only after a failure, so it may compile a few more expressions; all of them are linear, too.

use super::hole::HoleKind;
use super::matcher::{FailedHole, Matcher, compile, source_of, verify};
use super::{Part, time};
use crate::event::Bytes;
use crate::spec::expect::{Context, printed_form};
use crate::spec::mismatch::{Mismatch, MismatchKind};

/// Bytes of the seen text that an explanation quotes.
const QUOTED: usize = 40;

fn mismatch(
    matcher: &Matcher,
    kind: MismatchKind,
    text: &[u8],
    at: usize,
    explanation: String,
) -> Mismatch {
    let mut mismatch = Mismatch::described(kind, matcher.like(), text, explanation);
    mismatch.differs_at = Some(at as u64);
    mismatch
}

/// A hole took something of the right layout that is wrong by value.
pub(super) fn hole(matcher: &Matcher, text: &[u8], failed: &FailedHole) -> Mismatch {
    let is_time = matches!(
        matcher.parts().get(failed.part),
        Some(Part::Hole(h)) if matches!(h.kind, HoleKind::Time { .. })
    );
    let kind = if is_time {
        MismatchKind::WrongTime
    } else {
        MismatchKind::HoleFailed
    };
    mismatch(matcher, kind, text, failed.at, failed.why.clone())
}

/// All of `text` should have matched.
pub(super) fn whole(matcher: &Matcher, text: &[u8], context: &Context) -> Mismatch {
    if text.is_empty() {
        return mismatch(
            matcher,
            MismatchKind::Missing,
            text,
            0,
            "nothing came".into(),
        );
    }
    if matcher.is_regex() {
        let (seen, like) = (quoted(text), matcher.like());
        let explanation = match matcher.is_in_words() {
            true => format!("`{seen}` is not {like}"),
            false => format!("`{seen}` does not match /{like}/"),
        };
        return mismatch(matcher, MismatchKind::Different, text, 0, explanation);
    }
    if let Some(found) = known_forms(matcher, text) {
        return found;
    }
    if let Some(found) = case_or_missing(matcher, text, "\\A", "\\z") {
        return found;
    }
    let parts = matcher.parts();
    let (good, end) = furthest(matcher, text, "\\A");
    if good == parts.len() {
        let extra = text.len() - end;
        let explanation = format!(
            "{} after what was expected: `{}`",
            more(extra),
            quoted(&text[end..])
        );
        return mismatch(matcher, MismatchKind::Extra, text, end, explanation);
    }
    failing(matcher, text, good, end, context)
}

/// The pattern should have been found in `text` at or after `from`.
pub(super) fn search(matcher: &Matcher, text: &[u8], from: usize, context: &Context) -> Mismatch {
    let rest = &text[from..];
    if rest.is_empty() {
        return mismatch(
            matcher,
            MismatchKind::Missing,
            text,
            from,
            "nothing came".into(),
        );
    }
    let mut found = if matcher.is_regex() {
        let like = matcher.like();
        let explanation = match matcher.is_in_words() {
            true => format!("it lacks {like}"),
            false => format!("nothing in it matches /{like}/"),
        };
        mismatch(matcher, MismatchKind::Different, rest, 0, explanation)
    } else if let Some(found) = known_forms(matcher, rest) {
        found
    } else if let Some(found) = case_or_missing(matcher, rest, "", "") {
        found
    } else {
        match furthest(matcher, rest, "") {
            (0, _) => {
                let explanation = format!("{} is not in it", noun(&matcher.parts()[..1]));
                let mut m = mismatch(matcher, MismatchKind::Different, rest, 0, explanation);
                m.differs_at = None;
                m
            }
            (good, end) => failing(matcher, rest, good, end, context),
        }
    };
    found.seen = text.into();
    found.differs_at = found.differs_at.map(|at| at + from as u64);
    found
}

/// A literal part that is there after all: as its printed form, or with another line ending.
fn known_forms(matcher: &Matcher, text: &[u8]) -> Option<Mismatch> {
    /// Shorter texts may be anywhere by chance.
    const TELLING: usize = 4;
    let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
    matcher.parts().iter().find_map(|part| {
        let Part::Literal(literal) = part else {
            return None;
        };
        if literal.len() < TELLING || has(literal) {
            return None;
        }
        if let Some(form) = printed_form(literal, text) {
            let explanation =
                format!("`{form}` is how Python prints bytes or a text, not the bytes themselves");
            let kind = MismatchKind::Representation;
            return Some(mismatch(matcher, kind, text, 0, explanation));
        }
        let line = literal.strip_suffix(b"\n")?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (line.len() >= TELLING && has(line)).then(|| {
            let explanation = format!(
                "the line ending ({}) after `{}` is missing or another one",
                show(&literal[line.len()..]),
                show(line)
            );
            mismatch(matcher, MismatchKind::LineEnding, text, 0, explanation)
        })
    })
}

/// Whether all is right but for letter case, or but for one literal part that is left out.
fn case_or_missing(matcher: &Matcher, text: &[u8], begin: &str, end: &str) -> Option<Mismatch> {
    let parts = matcher.parts();
    let matches = |parts: &[Part], ignore_case| {
        let source = format!("{begin}(?:{}){end}", source_of(parts));
        compile(&source, ignore_case, false)
            .ok()?
            .find(text)
            .map(|m| m.start())
    };
    if !matcher.ignores_case()
        && let Some(start) = matches(parts, true)
    {
        let explanation = "it differs only in upper and lower case".to_owned();
        return Some(mismatch(
            matcher,
            MismatchKind::WrongCase,
            text,
            start,
            explanation,
        ));
    }
    for (index, part) in parts.iter().enumerate().take(MOST_LEFT_OUT) {
        let Part::Literal(literal) = part else {
            continue;
        };
        let (before, after) = (&parts[..index], &parts[index + 1..]);
        // What is left must still say something, or anything would match.
        if !before.iter().chain(after).any(telling) {
            continue;
        }
        let left: Vec<Part> = before.iter().chain(after).cloned().collect();
        if matches(&left, matcher.ignores_case()).is_some() {
            let at = furthest(matcher, text, begin).1;
            let explanation = format!("{}`{}` is missing", side(before, after), show(literal));
            return Some(mismatch(
                matcher,
                MismatchKind::LiteralFailed,
                text,
                at,
                explanation,
            ));
        }
    }
    None
}

/// Literal parts that are tried without, one after another.
const MOST_LEFT_OUT: usize = 32;

/// A part that not just anything satisfies.
fn telling(part: &Part) -> bool {
    match part {
        Part::Literal(bytes) => bytes.iter().any(|b| !b.is_ascii_whitespace()),
        Part::Hole(hole) => !matches!(
            hole.kind,
            HoleKind::Any
                | HoleKind::Line
                | HoleKind::Word
                | HoleKind::Eol
                | HoleKind::Quote
                | HoleKind::Space
        ),
    }
}

/// `the text before the time is missing its `, as far as the neighbours are known.
fn side(before: &[Part], after: &[Part]) -> String {
    match (before.last(), after.first()) {
        (None, Some(Part::Hole(hole))) => format!("before {} the text ", name(&hole.kind)),
        (Some(Part::Hole(hole)), _) => format!("after {} the text ", name(&hole.kind)),
        _ => "the text ".into(),
    }
}

fn name(kind: &HoleKind) -> &'static str {
    match kind {
        HoleKind::Time { .. } => "the time",
        HoleKind::Int | HoleKind::Float => "the number",
        HoleKind::Ipv4 | HoleKind::Ipv6 => "the address",
        other => other.noun(),
    }
}

/// How many parts match from the beginning of the pattern on, and where the last of them ends.
fn furthest(matcher: &Matcher, text: &[u8], begin: &str) -> (usize, usize) {
    let parts = matcher.parts();
    // Halving: if the first `n` parts match somewhere, fewer of them do, too.
    let (mut good, mut end) = (0, 0);
    let (mut low, mut high) = (1, parts.len());
    while low <= high {
        let middle = (low + high) / 2;
        let source = format!("{begin}(?:{})", source_of(&parts[..middle]));
        let found = compile(&source, matcher.ignores_case(), false).ok();
        match found.and_then(|regex| regex.find(text).map(|m| m.end())) {
            Some(at) => {
                (good, end) = (middle, at);
                low = middle + 1;
            }
            None => high = middle - 1,
        }
    }
    (good, end)
}

/// The part after the first `good` ones fails at `at`.
fn failing(matcher: &Matcher, text: &[u8], good: usize, at: usize, context: &Context) -> Mismatch {
    let parts = matcher.parts();
    let rest = &text[at..];
    match &parts[good] {
        Part::Literal(literal) => {
            let same = literal.iter().zip(rest).take_while(|(a, b)| a == b).count();
            let differs = at + same;
            let (kind, explanation) = literal_words(&parts[..good], literal, rest, same);
            mismatch(matcher, kind, text, differs, explanation)
        }
        Part::Hole(hole) => {
            let explanation = match &hole.kind {
                HoleKind::Time { layout, .. } => time::misread(*layout, rest),
                // A layout that is right so far may be wrong by value: say that first.
                kind => rest
                    .split(|b| b.is_ascii_whitespace())
                    .next()
                    .and_then(|word| verify(kind, word, context).err()),
            };
            let explanation = explanation.unwrap_or_else(|| {
                let wanted = hole.kind.noun();
                if rest.is_empty() {
                    format!("it ends where {wanted} is expected")
                } else {
                    format!("expected {wanted}, found `{}`", quoted(rest))
                }
            });
            mismatch(matcher, MismatchKind::HoleFailed, text, at, explanation)
        }
    }
}

fn literal_words(
    before: &[Part],
    literal: &[u8],
    rest: &[u8],
    same: usize,
) -> (MismatchKind, String) {
    let place = match before.last() {
        Some(Part::Hole(hole)) => format!(" after {}", name(&hole.kind)),
        _ => String::new(),
    };
    if rest.len() == same {
        let explanation = format!(
            "it ends too early: `{}` is missing{place}",
            show(&literal[same..])
        );
        return (MismatchKind::TooShort, explanation);
    }
    let explanation = format!(
        "expected `{}`{place}, found `{}`",
        show(&literal[same..]),
        quoted(&rest[same..])
    );
    (MismatchKind::LiteralFailed, explanation)
}

fn noun(parts: &[Part]) -> String {
    match parts.first() {
        Some(Part::Literal(bytes)) => format!("`{}`", show(bytes)),
        Some(Part::Hole(hole)) => hole.kind.noun().to_owned(),
        None => "it".into(),
    }
}

fn more(bytes: usize) -> String {
    if bytes == 1 {
        "one more byte".into()
    } else {
        format!("{bytes} more bytes")
    }
}

fn show(bytes: &[u8]) -> String {
    quoted(bytes)
}

/// The first bytes of a text, invisible ones made visible.
fn quoted(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(QUOTED)];
    let dots = if cut.len() < bytes.len() { "…" } else { "" };
    format!("{}{dots}", Bytes(cut.to_vec()).escaped())
}
