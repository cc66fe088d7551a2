//! Holes: the typed gaps of a pattern, how they are written, and what they take.

use std::time::Duration;

use crate::spec::template::is_name;
use crate::spec::units::Span;
use crate::spec::value::{Bindings, ValueError};

/// A typed gap of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// What it takes.
    pub kind: HoleKind,
    /// The name that is bound to what it took (`as n`).
    pub name: Option<String>,
}

/// What a hole takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoleKind {
    /// A time.
    Time {
        /// How it is written.
        layout: Layout,
        /// How far from now it may be.
        within: Option<Duration>,
        /// How far behind an earlier time it must be.
        after: Option<After>,
    },
    /// A whole number in decimal.
    Int,
    /// A number in decimal.
    Float,
    /// A run of bytes that are no white space.
    Word,
    /// Anything, also nothing.
    Any,
    /// Anything up to the end of the line, also nothing.
    Line,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// Hexadecimal digits, this many if said.
    Hex(Option<usize>),
    /// A line ending, or the end.
    Eol,
    /// An opening or closing quotation mark (with Python's `b` before it), or nothing.
    Quote,
    /// White space, also none.
    Space,
}

/// The distance of a time from an earlier one: `1s to 2s after before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// At least this much later.
    pub least: Duration,
    /// At most this much later.
    pub most: Duration,
    /// The name that is bound to the earlier time.
    pub name: String,
    /// The earlier time as it was written; set when names get their values.
    pub earlier: Vec<u8>,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As C's `ctime` does, without its line ending: `Sat Nov 21 09:05:00 2026`.
    Ctime,
    /// As ISO 8601 and RFC 3339 do: `2026-11-21 09:05:00`, with `T`, fraction and zone if wanted.
    Iso,
    /// Either.
    Either,
}

/// The words that begin a hole, for suggestions.
pub const HOLES: &[&str] = &[
    "time", "int", "float", "word", "any", "line", "ipv4", "ipv6", "hex", "eol", "quote", "ws",
];

/// Most digits that `hex N` may ask for: 2 KiB of bytes.
const MOST_DIGITS: usize = 4096;

impl Hole {
    /// Reads the inside of `${…}` as a hole; none when it begins with another word, so that it may be an
    /// expression. The error is a lower-case fragment.
    pub fn parse(code: &str) -> Option<Result<Self, String>> {
        let words: Vec<&str> = code.split_whitespace().collect();
        let (&head, rest) = words.split_first()?;
        // `hex name` is an expression; `hex 12` is a hole.
        let is_hole = match (head, rest) {
            ("hex", [second, ..]) => {
                *second == "as" || second.starts_with(|c: char| c.is_ascii_digit())
            }
            _ => HOLES.contains(&head),
        };
        is_hole.then(|| Self::parse_words(head, rest))
    }

    /// The name whose value the hole needs.
    pub fn needs(&self) -> Option<&str> {
        match &self.kind {
            HoleKind::Time { after, .. } => after.as_ref().map(|a| a.name.as_str()),
            _ => None,
        }
    }

    /// The hole with the value of the name that it needs.
    pub(super) fn bound(&self, bindings: &Bindings) -> Result<Self, ValueError> {
        let mut hole = self.clone();
        if let HoleKind::Time {
            after: Some(after), ..
        } = &mut hole.kind
        {
            let earlier = bindings.get(&after.name);
            after.earlier = earlier
                .ok_or_else(|| ValueError::Undefined(after.name.clone()))?
                .to_vec();
        }
        Ok(hole)
    }

    fn parse_words(head: &str, rest: &[&str]) -> Result<Self, String> {
        let (rest, name) = match rest {
            [before @ .., "as", name] if is_name(name) && !name.contains('.') => {
                (before, Some((*name).to_owned()))
            }
            [.., "as", name] => return Err(format!("`{name}` is not a name")),
            [.., "as"] => return Err("a name is missing after `as`".into()),
            _ => (rest, None),
        };
        let kind = match (head, rest) {
            ("time", words) => time(words)?,
            ("hex", [digits]) => HoleKind::Hex(Some(
                digits
                    .parse()
                    .ok()
                    .filter(|n| (1..=MOST_DIGITS).contains(n))
                    .ok_or_else(|| {
                        format!("`{digits}` is not a number of digits (1 to {MOST_DIGITS})")
                    })?,
            )),
            (_, [extra, ..]) => return Err(format!("`{extra}` does not belong after `{head}`")),
            ("int", []) => HoleKind::Int,
            ("float", []) => HoleKind::Float,
            ("word", []) => HoleKind::Word,
            ("any", []) => HoleKind::Any,
            ("line", []) => HoleKind::Line,
            ("ipv4", []) => HoleKind::Ipv4,
            ("ipv6", []) => HoleKind::Ipv6,
            ("hex", []) => HoleKind::Hex(None),
            ("eol", []) => HoleKind::Eol,
            ("quote", []) => HoleKind::Quote,
            _ => HoleKind::Space,
        };
        Ok(Hole { kind, name })
    }
}

fn time(words: &[&str]) -> Result<HoleKind, String> {
    let (layout, rest) = match words {
        ["ctime", rest @ ..] => (Layout::Ctime, rest),
        ["iso", rest @ ..] => (Layout::Iso, rest),
        rest => (Layout::Either, rest),
    };
    let span = |text: &str| Span::try_from(text.to_owned()).map(|span| span.0);
    let (within, rest) = match rest {
        ["within", within, rest @ ..] => (Some(span(within)?), rest),
        rest => (None, rest),
    };
    let after = match rest {
        [] => None,
        [least, "to", most, "after", name] if is_name(name) => Some(After {
            least: span(least)?,
            most: span(most)?,
            name: (*name).to_owned(),
            earlier: Vec::new(),
        }),
        [other, ..] => {
            return Err(format!(
                "`{other}` does not belong after `time`; it is written `${{time ctime within 2s}}` or `${{time ctime 1s to 2s after name}}`"
            ));
        }
    };
    Ok(HoleKind::Time {
        layout,
        within,
        after,
    })
}

const CTIME: &str =
    "[A-Z][a-z]{2} [A-Z][a-z]{2} (?: [1-9]|[12][0-9]|3[01]) [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}";
const ISO: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2}))?";

impl HoleKind {
    /// A regular expression over bytes (Unicode off, `.` matching all) for the hole's layout; what it
    /// takes may still be refused by type.
    pub fn regex(&self) -> String {
        match self {
            HoleKind::Time { layout, .. } => match layout {
                Layout::Ctime => CTIME.into(),
                Layout::Iso => ISO.into(),
                Layout::Either => format!("(?:{CTIME}|{ISO})"),
            },
            // No number of a lab has more digits; without a bound a megabyte of digits would be copied.
            HoleKind::Int => "[+-]?[0-9]{1,40}".into(),
            HoleKind::Float => {
                "[+-]?(?:[0-9]{1,40}(?:\\.[0-9]{0,40})?|\\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?"
                    .into()
            }
            HoleKind::Word => "[^ \\t\\r\\n\\x0b\\x0c]+".into(),
            HoleKind::Any => ".*?".into(),
            HoleKind::Line => "[^\\r\\n]*".into(),
            HoleKind::Ipv4 => "[0-9]{1,3}(?:\\.[0-9]{1,3}){3}".into(),
            HoleKind::Ipv6 => {
                "[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9]{0,3}(?:\\.[0-9]{1,3}){3})?"
                    .into()
            }
            HoleKind::Hex(Some(n)) => format!("[0-9A-Fa-f]{{{n}}}"),
            HoleKind::Hex(None) => "[0-9A-Fa-f]+".into(),
            HoleKind::Eol => "(?:\\r?\\n|\\z)".into(),
            HoleKind::Quote => "(?:b?[\"'`]|\\xe2\\x80[\\x98-\\x9f])?".into(),
            HoleKind::Space => "[ \\t\\r\\n\\x0b\\x0c]*".into(),
        }
    }

    /// What it takes, as a noun phrase for explanations.
    pub fn noun(&self) -> &'static str {
        match self {
            HoleKind::Time { layout, .. } => match layout {
                Layout::Ctime => "a time like `Sat Nov 21 09:05:00 2026`",
                Layout::Iso => "a time like `2026-11-21 09:05:00`",
                Layout::Either => "a date and time",
            },
            HoleKind::Int => "a whole number",
            HoleKind::Float => "a number",
            HoleKind::Word => "a word",
            HoleKind::Any => "any text",
            HoleKind::Line => "the rest of a line",
            HoleKind::Ipv4 => "an IPv4 address",
            HoleKind::Ipv6 => "an IPv6 address",
            HoleKind::Hex(_) => "hexadecimal digits",
            HoleKind::Eol => "the end of the line",
            HoleKind::Quote => "a quotation mark",
            HoleKind::Space => "white space",
        }
    }
}
