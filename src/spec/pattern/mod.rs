//! Patterns (`like`): literal text with typed holes → matches, or which part failed at which byte.
//!
//! Matching takes time linear in the input, whatever the input is: a pattern becomes one regular
//! expression without backtracking, and what its holes took is then looked at once more by type.

mod blame;
mod hole;
mod matcher;
mod time;

pub use hole::{After, HOLES, Hole, HoleKind, Layout};
pub use matcher::{Match, Matcher, escaped};

use super::draw::Draw;
use super::template::{Expression, Segment, TemplateError, segments};
use super::value::{Bindings, ValueError};

/// A parsed pattern whose names have no values yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The text as the spec writes it.
    like: String,
    items: Vec<Item>,
}

/// A part of a pattern before its names have values.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Literal(String),
    Value(Expression),
    Hole(Hole),
    /// A single word that is both a hole and possibly a bound name (`line`): the name wins if it is
    /// bound, because a spec that binds it means it.
    Either(String, Hole),
}

/// A part of a pattern whose names have values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Exactly these bytes.
    Literal(Vec<u8>),
    /// What the hole takes.
    Hole(Hole),
}

/// Most bytes that the literal parts of one pattern may have: 64 KiB. Longer texts are compared with
/// `text` or `bytes`, not with a pattern.
const MOST_LITERAL: usize = 64 << 10;

impl Pattern {
    /// Reads a pattern.
    pub fn parse(like: &str) -> Result<Self, TemplateError> {
        let mut items = Vec::new();
        for segment in segments(like)? {
            items.push(match segment {
                Segment::Literal(text) => Item::Literal(text),
                Segment::Code { code, at } => item(&code).map_err(|message| TemplateError {
                    at,
                    length: code.len() + 3,
                    message,
                    help: None,
                })?,
            });
        }
        Ok(Pattern {
            like: like.to_owned(),
            items,
        })
    }

    /// The names that its holes bind.
    pub fn binds(&self) -> Vec<&str> {
        let holes = self.items.iter().filter_map(|item| match item {
            Item::Hole(hole) => hole.name.as_deref(),
            _ => None,
        });
        holes.collect()
    }

    /// The names whose values it needs.
    pub fn needs(&self) -> Vec<&str> {
        let values = self.items.iter().flat_map(|item| match item {
            Item::Value(expression) => expression.names(),
            Item::Hole(hole) => hole.needs().into_iter().collect(),
            _ => Vec::new(),
        });
        values.collect()
    }

    /// Gives the pattern's names their values.
    pub fn bind(&self, bindings: &Bindings, ignore_case: bool) -> Result<Matcher, ValueError> {
        let mut draw = Draw::new(0, &self.like);
        let mut parts: Vec<Part> = Vec::new();
        let mut length = 0;
        for item in &self.items {
            let literal = match item {
                Item::Literal(text) => text.clone().into_bytes(),
                Item::Value(expression) => bindings.evaluate(expression, &mut draw)?,
                Item::Either(name, hole) => match bindings.get(name) {
                    Some(value) => value.to_vec(),
                    None => {
                        parts.push(Part::Hole(hole.clone()));
                        continue;
                    }
                },
                Item::Hole(hole) => {
                    parts.push(Part::Hole(hole.bound(bindings)?));
                    continue;
                }
            };
            length += literal.len();
            match parts.last_mut() {
                Some(Part::Literal(before)) => before.extend(literal),
                _ => parts.push(Part::Literal(literal)),
            }
        }
        if length > MOST_LITERAL {
            return Err(ValueError::Invalid(format!(
                "the pattern holds {length} bytes of text; compare more than {MOST_LITERAL} with `text` or `bytes`"
            )));
        }
        Matcher::new(&self.like, parts, ignore_case)
    }
}

fn item(code: &str) -> Result<Item, String> {
    match Hole::parse(code) {
        Some(hole) => {
            let hole = hole?;
            let alone = !code.contains(char::is_whitespace);
            Ok(if alone {
                Item::Either(code.to_owned(), hole)
            } else {
                Item::Hole(hole)
            })
        }
        None => match Expression::parse(code)? {
            Expression::Random(_) => {
                Err("a drawn value has no place in a pattern; give it a name under `let`".into())
            }
            expression => Ok(Item::Value(expression)),
        },
    }
}

#[cfg(test)]
mod tests;
