//! What a payload must be.

use regex::bytes::Regex;

use crate::event::Bytes;
use crate::spec::{Bindings, PayloadCheck, ValueError, expand, packed};

/// A demand on payload bytes.
pub enum Wanted {
    /// It holds these bytes.
    Contains(Vec<u8>),
    /// It is exactly these bytes.
    Exactly(Vec<u8>),
    /// It matches.
    Matches(Regex, Option<String>),
    /// There is some.
    Any,
}

impl Wanted {
    /// The demand of an assertion.
    ///
    /// # Errors
    /// An expression or a pattern that cannot be worked out; the loader refuses such specs.
    pub fn of(check: &PayloadCheck, bindings: &Bindings) -> Result<Wanted, ValueError> {
        if let Some(text) = &check.contains {
            return Ok(Wanted::Contains(expand(text, bindings)?));
        }
        if let Some(text) = &check.text {
            return Ok(Wanted::Exactly(expand(text, bindings)?));
        }
        if let Some(pack) = &check.pack {
            return Ok(Wanted::Exactly(packed(pack, bindings)?));
        }
        match &check.matches {
            Some(pattern) => Regex::new(&format!("(?s){pattern}"))
                .map(|regex| Wanted::Matches(regex, check.meaning.clone()))
                .map_err(|error| ValueError::Invalid(error.to_string())),
            None => Ok(Wanted::Any),
        }
    }

    /// Whether a payload is as demanded.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        match self {
            Wanted::Contains(part) => {
                part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
            }
            Wanted::Exactly(all) => bytes == all,
            Wanted::Matches(pattern, _) => pattern.is_match(bytes),
            Wanted::Any => !bytes.is_empty(),
        }
    }

    /// The demand in words.
    pub fn describe(&self) -> String {
        let shown = |bytes: &Vec<u8>| Bytes::capped(bytes, 120).escaped();
        match self {
            Wanted::Contains(part) => format!("it should hold \"{}\"", shown(part)),
            Wanted::Exactly(all) => format!("it should be \"{}\"", shown(all)),
            Wanted::Matches(_, Some(meaning)) => format!("it should be {meaning}"),
            Wanted::Matches(pattern, None) => format!("it should match /{pattern}/"),
            Wanted::Any => "there is none".into(),
        }
    }
}
