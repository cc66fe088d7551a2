//! Texts with typed holes: `reading {number:int} {temperature:float}\n` ↔ values.

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::model::{Field, FieldKind};
use crate::spec::{Value, nearest};

/// Types of holes.
const TYPES: [(&str, FieldKind); 4] = [
    ("int", FieldKind::Integer),
    ("float", FieldKind::Float),
    ("word", FieldKind::Text),
    ("bool", FieldKind::Boolean),
];

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// It stands there as it is.
    Literal(String),
    /// A value; the position of its field.
    Hole(usize),
}

/// A text with holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// As written.
    text: String,
    /// Its parts. Literals do not touch each other.
    pub pieces: Vec<Piece>,
}

impl Template {
    /// Reads a text. Gives its fields, too, none of them fixed yet.
    ///
    /// # Errors
    /// A sentence that begins in lower case.
    pub fn parse(text: &str) -> Result<(Self, Vec<Field>), String> {
        let mut pieces = Vec::new();
        let mut fields: Vec<Field> = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            let Some(end) = rest.find('}').filter(|_| brace == "{") else {
                return Err(format!(
                    "a `{brace}` stands alone; write a brace itself twice"
                ));
            };
            let field = hole(&rest[..end])?;
            if fields.iter().any(|other| other.name == field.name) {
                return Err(format!("two holes have the name `{}`", field.name));
            }
            push_literal(&mut pieces, &mut literal);
            pieces.push(Piece::Hole(fields.len()));
            fields.push(field);
            rest = &rest[end + 1..];
        }
        literal.push_str(rest);
        push_literal(&mut pieces, &mut literal);
        let text = text.to_owned();
        Ok((Template { text, pieces }, fields))
    }

    /// Puts the values of fixed fields in the place of their holes. `fixed` gives the value of a field as
    /// the file writes it.
    pub fn fix(&mut self, fixed: impl Fn(usize) -> Option<String>) {
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in self.pieces.drain(..) {
            let piece = match &piece {
                Piece::Hole(index) => fixed(*index).map_or(piece.clone(), Piece::Literal),
                Piece::Literal(_) => piece,
            };
            match (pieces.last_mut(), piece) {
                (Some(Piece::Literal(before)), Piece::Literal(more)) => before.push_str(&more),
                (_, piece) => pieces.push(piece),
            }
        }
        self.pieces = pieces;
    }

    /// The expression for its bytes, anchored at the beginning.
    ///
    /// # Errors
    /// When it gets too large.
    pub fn regex(&self, fields: &[Field]) -> Result<Regex, String> {
        let mut expression = r"\A".to_owned();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => expression.push_str(&regex::escape(text)),
                Piece::Hole(index) => {
                    expression.push('(');
                    expression.push_str(of_kind(fields[*index].kind));
                    expression.push(')');
                }
            }
        }
        RegexBuilder::new(&expression)
            .size_limit(4 << 20)
            .build()
            .map_err(|_| "the text is too long".to_owned())
    }

    /// The values of all fields in a match, the fixed ones among them.
    pub fn values(&self, fields: &[Field], found: &Captures<'_>) -> Result<Vec<Value>, String> {
        let mut values: Vec<Value> = fields
            .iter()
            .map(|field| field.fixed.clone().unwrap_or(Value::Bool(false)))
            .collect();
        let holes = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(index) => Some(*index),
            Piece::Literal(_) => None,
        });
        for (group, index) in holes.enumerate() {
            let bytes = found.get(group + 1).map_or(&b""[..], |m| m.as_bytes());
            values[index] = value(fields[index].kind, bytes)
                .ok_or_else(|| format!("`{}` is not finite", fields[index].name))?;
        }
        Ok(values)
    }

    /// The literal characters at its beginning; empty when it begins with a hole.
    pub fn beginning(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    /// It ends with a hole, so that nothing says where its last value ends.
    pub fn ends_open(&self) -> bool {
        matches!(self.pieces.last(), Some(Piece::Hole(_)) | None)
    }

    /// Two holes that touch each other.
    pub fn touching(&self) -> Option<(usize, usize)> {
        self.pieces.windows(2).find_map(|pair| match pair {
            [Piece::Hole(a), Piece::Hole(b)] => Some((*a, *b)),
            _ => None,
        })
    }

    /// As a message shows it.
    pub fn shown(&self) -> String {
        let text: String = self.text.chars().take(120).collect();
        format!("\"{}\"", crate::event::Bytes::from(&*text).escaped())
    }
}

fn push_literal(pieces: &mut Vec<Piece>, literal: &mut String) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal)));
    }
}

fn hole(inside: &str) -> Result<Field, String> {
    let (name, kind) = inside.split_once(':').unwrap_or((inside, ""));
    let (name, kind) = (name.trim(), kind.trim());
    if name.is_empty() || kind.is_empty() {
        return Err(format!(
            "`{{{inside}}}` has no name or no type; write {{number:int}}"
        ));
    }
    let known = TYPES.iter().find(|(word, _)| *word == kind);
    let Some((_, kind)) = known else {
        let words = TYPES.map(|(word, _)| word);
        let near =
            nearest(kind, &words).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Err(format!(
            "`{kind}` is no type of a hole; there are int, float, word, bool{near}"
        ));
    };
    Ok(Field {
        name: name.to_owned(),
        kind: *kind,
        fixed: None,
    })
}

fn of_kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Integer => "[+-]?[0-9]{1,20}",
        FieldKind::Float => r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?",
        FieldKind::Boolean => "(?i:true|false|yes|no|on|off|0|1)",
        FieldKind::Text => r"[\p{L}\p{N}_.:-]{1,32}",
    }
}

/// Whether a text is a value of a kind, all of it.
pub fn is_value(kind: FieldKind, text: &str) -> bool {
    Regex::new(&format!(r"\A(?:{})\z", of_kind(kind)))
        .is_ok_and(|regex| regex.is_match(text.as_bytes()))
}

/// The value that a text of a kind stands for.
pub fn value(kind: FieldKind, bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some(match kind {
        FieldKind::Integer => Value::Int(text.parse().ok()?),
        FieldKind::Float => {
            let number: f64 = text.parse().ok()?;
            Value::Float(number.is_finite().then_some(number)?)
        }
        FieldKind::Boolean => Value::Bool(is_true(text)),
        FieldKind::Text => Value::Bytes(bytes.to_vec()),
    })
}

/// Whether a word means true.
pub fn is_true(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "true" | "yes" | "on" | "1")
}

/// Whether a word means false.
pub fn is_false(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "false" | "no" | "off" | "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, bytes: &str) -> Option<Vec<Value>> {
        let (template, fields) = Template::parse(text).unwrap();
        let regex = template.regex(&fields).unwrap();
        let found = regex.captures(bytes.as_bytes())?;
        template.values(&fields, &found).ok()
    }

    #[test]
    fn holes_take_values_of_their_type() {
        assert_eq!(
            read(
                "r {n:int} {t:float} {w:word} {b:bool}\n",
                "r -7 2.5e1 ç-1 Yes\n"
            ),
            Some(vec![
                Value::Int(-7),
                Value::Float(25.0),
                Value::Bytes("ç-1".into()),
                Value::Bool(true)
            ])
        );
        assert_eq!(read("r {n:int}\n", "r 2.5\n"), None);
        assert_eq!(read("{{{n:int}}}", "{4}"), Some(vec![Value::Int(4)]));
    }

    #[test]
    fn a_number_that_is_no_finite_one_is_none() {
        assert_eq!(read("{t:float}\n", "1e999\n"), None);
    }

    #[test]
    fn mistakes_in_a_text_are_named() {
        for (text, words) in [
            ("{n}", "no type"),
            ("{n:flaot}", "did you mean `float`"),
            ("a } b", "stands alone"),
            ("{n:int", "stands alone"),
            ("{n:int} {n:int}", "two holes have the name `n`"),
        ] {
            let why = Template::parse(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }
}
