//! Matching: parts of a pattern → one regular expression, then the holes once more by type.

use std::fmt::Write as _;
use std::sync::OnceLock;

use regex::bytes::{Captures, Regex, RegexBuilder};
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind, nfa::thompson};

use super::hole::HoleKind;
use super::{Part, blame, time};
use crate::spec::expect::{Context, Progress};
use crate::spec::mismatch::Mismatch;
use crate::spec::value::ValueError;

/// A pattern, or a regular expression, ready to match.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// As the spec writes it.
    like: String,
    /// Empty for a plain regular expression.
    parts: Vec<Part>,
    /// The whole as a regular expression; groups only for holes, in order.
    source: String,
    ignore_case: bool,
    plain: bool,
    /// `like` is what a regular expression means, in words.
    in_words: bool,
    whole: Regex,
    anywhere: OnceLock<Option<Regex>>,
    automaton: OnceLock<Option<DFA>>,
}

/// A pattern that matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Offset of its first byte.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
    /// What holes with a name took.
    pub binds: Vec<(String, Vec<u8>)>,
}

/// Memory that one compiled expression may take: 32 MiB, enough for 64 KiB of literal text.
const COMPILED: usize = 32 << 20;

/// Most matches of the layout that are looked at by type in one search, so that a program that prints a
/// million stale times costs no more than this.
const MOST_TRIES: usize = 1000;

impl Matcher {
    pub(super) fn new(like: &str, parts: Vec<Part>, ignore_case: bool) -> Result<Self, ValueError> {
        let source = source_of(&parts);
        Self::build(like, parts, source, ignore_case, false)
    }

    /// A matcher for a plain regular expression. `.` matches line ends, too, and `^` and `$` match at
    /// lines when `lines` is set.
    pub fn regex(expression: &str, ignore_case: bool, lines: bool) -> Result<Self, ValueError> {
        let flags = if lines { "(?m)" } else { "" };
        let source = format!("{flags}(?:{expression})");
        Self::build(expression, Vec::new(), source, ignore_case, true)
    }

    /// The same, which tells what it means in words instead of showing its expression.
    #[must_use]
    pub fn meaning(self, words: impl Into<String>) -> Self {
        Matcher {
            like: words.into(),
            in_words: true,
            ..self
        }
    }

    /// A matcher for a literal text.
    pub fn literal(text: &[u8], ignore_case: bool) -> Result<Self, ValueError> {
        let like = String::from_utf8_lossy(text).into_owned();
        Self::new(&like, vec![Part::Literal(text.to_vec())], ignore_case)
    }

    fn build(
        like: &str,
        parts: Vec<Part>,
        source: String,
        ignore_case: bool,
        plain: bool,
    ) -> Result<Self, ValueError> {
        let whole = compile(&format!("\\A(?:{source})\\z"), ignore_case, plain)
            .map_err(|e| ValueError::Invalid(regex_words(&e)))?;
        Ok(Matcher {
            like: like.to_owned(),
            parts,
            source,
            ignore_case,
            plain,
            in_words: false,
            whole,
            anywhere: OnceLock::new(),
            automaton: OnceLock::new(),
        })
    }

    /// The pattern as the spec writes it.
    pub fn like(&self) -> &str {
        &self.like
    }

    /// Whether it is a plain regular expression.
    pub fn is_regex(&self) -> bool {
        self.plain
    }

    /// Whether [`Matcher::like`] is what it means, in words.
    pub fn is_in_words(&self) -> bool {
        self.in_words
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    fn anywhere(&self) -> Option<&Regex> {
        let compiled = self
            .anywhere
            .get_or_init(|| compile(&self.source, self.ignore_case, self.plain).ok());
        compiled.as_ref()
    }

    /// Matches all of `text`.
    pub fn whole(&self, text: &[u8], context: &Context) -> Result<Match, Box<Mismatch>> {
        let found = self.whole.captures(text);
        match found.map(|captures| self.verified(&captures, context)) {
            Some(Ok(found)) => Ok(found),
            Some(Err(failed)) => Err(Box::new(blame::hole(self, text, &failed))),
            None => Err(Box::new(blame::whole(self, text, context))),
        }
    }

    /// Finds the first match at or after `from`.
    pub fn search(
        &self,
        text: &[u8],
        from: usize,
        context: &Context,
    ) -> Result<Match, Box<Mismatch>> {
        let from = from.min(text.len());
        let mut failed = None;
        let Some(regex) = self.anywhere() else {
            return Err(Box::new(blame::search(self, text, from, context)));
        };
        let mut at = from;
        for _ in 0..MOST_TRIES {
            // A search with a start offset keeps what `^` and `\b` see in front of it.
            let Some(captures) = regex.captures_at(text, at) else {
                break;
            };
            match self.verified(&captures, context) {
                Ok(found) => return Ok(found),
                Err(failure) => {
                    at = captures.get(0).map_or(at, |m| m.start()) + 1;
                    failed.get_or_insert(failure);
                }
            }
            if at > text.len() {
                break;
            }
        }
        Err(Box::new(match failed {
            Some(failed) => blame::hole(self, text, &failed),
            None => blame::search(self, text, from, context),
        }))
    }

    /// Where the first text of its layout ends; holes are not looked at by type.
    pub fn find_end(&self, text: &[u8]) -> Option<usize> {
        self.anywhere()?.find(text).map(|m| m.end())
    }

    /// How many times it is found, matches not overlapping, counting no further than `most`.
    pub fn count(&self, text: &[u8], most: u64) -> u64 {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.anywhere()
            .map_or(0, |regex| regex.find_iter(text).take(most).count() as u64)
    }

    fn verified(&self, captures: &Captures<'_>, context: &Context) -> Result<Match, FailedHole> {
        let all = captures.get(0).map_or(0..0, |m| m.range());
        let mut binds = Vec::new();
        let mut group = 0;
        for (index, part) in self.parts.iter().enumerate() {
            let Part::Hole(hole) = part else { continue };
            group += 1;
            let Some(taken) = captures.get(group) else {
                continue;
            };
            verify(&hole.kind, taken.as_bytes(), context).map_err(|why| FailedHole {
                part: index,
                at: taken.start(),
                why,
            })?;
            if let Some(name) = &hole.name {
                binds.push((name.clone(), taken.as_bytes().to_vec()));
            }
        }
        Ok(Match {
            start: all.start,
            end: all.end,
            binds,
        })
    }

    /// How far `arrived` is on the way to a match that begins at its first byte.
    pub fn progress(&self, arrived: &[u8]) -> Progress {
        let automaton = self.automaton.get_or_init(|| self.automaton());
        // An expression too large for the automaton is judged when the stream ends.
        let Some(dfa) = automaton else {
            return Progress::More;
        };
        walk(dfa, arrived).unwrap_or(Progress::More)
    }

    fn automaton(&self) -> Option<DFA> {
        DFA::builder()
            .configure(DFA::config().match_kind(MatchKind::All))
            .syntax(
                syntax::Config::new()
                    .unicode(self.plain)
                    .utf8(false)
                    .dot_matches_new_line(true)
                    .case_insensitive(self.ignore_case),
            )
            .thompson(
                thompson::Config::new()
                    .utf8(false)
                    .nfa_size_limit(Some(COMPILED)),
            )
            .build(&self.source)
            .ok()
    }
}

/// A hole whose layout is right and whose value is not.
pub(super) struct FailedHole {
    pub part: usize,
    pub at: usize,
    pub why: String,
}

/// Looks at what a hole took by type.
pub(super) fn verify(kind: &HoleKind, taken: &[u8], context: &Context) -> Result<(), String> {
    let text = || String::from_utf8_lossy(taken).into_owned();
    match kind {
        HoleKind::Time { within, after, .. } => {
            time::verify(taken, *within, context)?;
            after
                .as_ref()
                .map_or(Ok(()), |after| time::verify_after(taken, after, context))
        }
        HoleKind::Ipv4 => text()
            .parse::<std::net::Ipv4Addr>()
            .map(drop)
            .map_err(|_| format!("`{}` is not an IPv4 address", text())),
        HoleKind::Ipv6 => text()
            .parse::<std::net::Ipv6Addr>()
            .map(drop)
            .map_err(|_| format!("`{}` is not an IPv6 address", text())),
        _ => Ok(()),
    }
}

/// The parts as one regular expression; every hole is a group, nothing else is.
pub(super) fn source_of(parts: &[Part]) -> String {
    let mut source = String::new();
    for part in parts {
        match part {
            Part::Literal(bytes) => literal_into(&mut source, bytes),
            Part::Hole(hole) => {
                let _ = write!(source, "({})", hole.kind.regex());
            }
        }
    }
    source
}

fn literal_into(source: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || byte == b' ' {
            source.push(byte as char);
        } else {
            let _ = write!(source, "\\x{byte:02x}");
        }
    }
}

/// Bytes as a regular expression that matches exactly them (with Unicode off).
pub fn escaped(bytes: &[u8]) -> String {
    let mut source = String::new();
    literal_into(&mut source, bytes);
    source
}

pub(super) fn compile(source: &str, ignore_case: bool, plain: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source)
        .unicode(plain)
        .dot_matches_new_line(true)
        .case_insensitive(ignore_case)
        .size_limit(COMPILED)
        .build()
}

/// The message of a refused expression without its multi-line drawing.
fn regex_words(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("").trim();
    let last = last.strip_prefix("error: ").unwrap_or(last);
    format!("not a regular expression: {last}")
}

/// Feeds bytes to the automaton from its anchored start; none when it gave up.
fn walk(dfa: &DFA, arrived: &[u8]) -> Option<Progress> {
    let mut cache = dfa.create_cache();
    let config = start::Config::new().anchored(Anchored::Yes);
    let mut state = dfa.start_state(&mut cache, &config).ok()?;
    let mut longest = None;
    for (offset, &byte) in arrived.iter().enumerate() {
        state = dfa.next_state(&mut cache, state, byte).ok()?;
        if state.is_match() {
            // The automaton knows of a match one byte late.
            longest = Some(offset);
        }
        if state.is_dead() {
            return Some(match longest.filter(|end| *end > 0) {
                Some(take) => Progress::Met {
                    take,
                    may_grow: false,
                },
                None => Progress::Impossible { at: offset },
            });
        }
        if state.is_quit() {
            return None;
        }
    }
    let end = dfa.next_eoi_state(&mut cache, state).ok()?;
    let grows = can_grow(dfa, &mut cache, state)?;
    Some(match longest.filter(|end| *end > 0) {
        _ if end.is_match() && !arrived.is_empty() => Progress::Met {
            take: arrived.len(),
            may_grow: grows,
        },
        Some(take) if !grows => Progress::Met {
            take,
            may_grow: false,
        },
        Some(take) => Progress::Met {
            take,
            may_grow: true,
        },
        None if !grows && !arrived.is_empty() => Progress::Impossible { at: arrived.len() },
        None => Progress::More,
    })
}

/// Whether some further byte keeps the automaton alive beyond reporting the match at hand.
fn can_grow(dfa: &DFA, cache: &mut Cache, state: LazyStateID) -> Option<bool> {
    let classes = *dfa.byte_classes();
    let bytes = || {
        classes
            .representatives(0..=255u8)
            .filter_map(|unit| unit.as_u8())
    };
    for byte in bytes() {
        let next = dfa.next_state(cache, state, byte).ok()?;
        if next.is_dead() {
            continue;
        }
        // A match state may only report the match in front of `byte`; it lives on if more can follow
        // or if it would match at the end, too.
        if !next.is_match() || dfa.next_eoi_state(cache, next).ok()?.is_match() {
            return Some(true);
        }
        for second in bytes() {
            if !dfa.next_state(cache, next, second).ok()?.is_dead() {
                return Some(true);
            }
        }
    }
    Some(false)
}
