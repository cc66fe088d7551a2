//! Whether a program's output shows the values of messages.

use std::sync::LazyLock;

use regex::Regex;

use super::model::{Declaration, FieldKind};
use super::text;
use crate::spec::Value;

/// A word or number of an output.
#[derive(Debug)]
pub struct Token {
    /// Its first byte in the output.
    begin: usize,
    /// What it is.
    kind: TokenKind,
}

#[derive(Debug)]
enum TokenKind {
    /// A number, and the place of its last digit: `21.30` has 1e-2.
    Number(f64, Option<f64>),
    /// A word that may be a boolean.
    Word(String),
}

/// Numbers and words of an output, in order.
pub fn tokens(output: &str) -> Vec<Token> {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"([+-]?[0-9]+(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?)|(\p{L}+)")
            .expect("a constant pattern")
    });
    let token = |found: regex::Captures<'_>| {
        let begin = found.get(0)?.start();
        if let Some(word) = found.get(4) {
            let kind = TokenKind::Word(word.as_str().to_owned());
            return Some(Token { begin, kind });
        }
        // `attic-1` and `5-10` hold no negative numbers.
        let joined = output[..begin].ends_with(char::is_alphanumeric);
        let written = found[1].trim_start_matches(if joined { &['-'][..] } else { &[][..] });
        let number: f64 = written.parse().ok()?;
        let exponent: i32 = found.get(3).map_or(Ok(0), |e| e.as_str().parse()).ok()?;
        let decimals = found.get(2).map(|d| d.as_str().len().min(300) as i32);
        let last = decimals.map(|decimals| 10f64.powi(exponent - decimals));
        let kind = TokenKind::Number(
            number,
            last.or((exponent != 0).then(|| 10f64.powi(exponent))),
        );
        Some(Token { begin, kind })
    };
    TOKEN.captures_iter(output).filter_map(token).collect()
}

/// A value that must be shown, with the name of its field.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The field.
    pub name: String,
    /// What it is.
    pub kind: FieldKind,
    /// The value.
    pub value: Value,
}

/// The free values of a message.
pub fn wanted(declaration: &Declaration, message: usize, values: &[Value]) -> Vec<Wanted> {
    declaration.messages[message]
        .free()
        .filter_map(|(index, field)| {
            Some(Wanted {
                name: field.name.clone(),
                kind: field.kind,
                value: values.get(index)?.clone(),
            })
        })
        .collect()
}

/// Finds messages in an output, one after another; gives the position of the first one that is not shown,
/// and which of its values are missing after the one before it.
pub fn first_missing(
    output: &str,
    tokens: &[Token],
    messages: &[Vec<Wanted>],
) -> Option<(usize, Vec<Wanted>)> {
    let mut from = 0;
    for (index, values) in messages.iter().enumerate() {
        match find(output, &tokens[from..], values) {
            Ok(used) => from += used,
            Err(missing) => return Some((index, missing)),
        }
    }
    None
}

/// How many tokens it takes until all values have been shown; which never are.
fn find(output: &str, tokens: &[Token], values: &[Wanted]) -> Result<usize, Vec<Wanted>> {
    let begin = tokens.first().map_or(output.len(), |token| token.begin);
    // A sign is a part of a number's token, and a text may begin at it.
    let rest = &output[begin..];
    let mut missing = Vec::new();
    let mut end = begin;
    let mut matching = Matching::new(
        values
            .iter()
            .filter(|wanted| wanted.kind != FieldKind::Text),
    );
    for wanted in values
        .iter()
        .filter(|wanted| wanted.kind == FieldKind::Text)
    {
        let Value::Bytes(bytes) = &wanted.value else {
            continue;
        };
        let text = String::from_utf8_lossy(bytes);
        match rest.find(&*text) {
            Some(at) => end = end.max(begin + at + text.len()),
            None => missing.push(wanted.clone()),
        }
    }
    let mut used = 0;
    for token in tokens {
        if matching.is_complete() {
            break;
        }
        matching.offer(used, tokens);
        end = end.max(token.begin + 1);
        used += 1;
    }
    missing.extend(matching.left().cloned());
    if !missing.is_empty() {
        return Err(missing);
    }
    // What stands before the last thing of this message belongs to it.
    Ok(used.max(tokens.partition_point(|token| token.begin < end)))
}

/// Gives each value a token of its own: `3` is not two values that are both 3.
struct Matching<'v> {
    values: Vec<&'v Wanted>,
    /// The token of each value, by position.
    taken: Vec<Option<usize>>,
}

impl<'v> Matching<'v> {
    fn new(values: impl Iterator<Item = &'v Wanted>) -> Self {
        let values: Vec<&Wanted> = values.collect();
        Matching {
            taken: vec![None; values.len()],
            values,
        }
    }

    fn is_complete(&self) -> bool {
        self.taken.iter().all(Option::is_some)
    }

    fn left(&self) -> impl Iterator<Item = &'v Wanted> + '_ {
        let free = self
            .taken
            .iter()
            .zip(&self.values)
            .filter(|(token, _)| token.is_none());
        free.map(|(_, value)| *value)
    }

    /// Takes a token for a value that it shows, moving others to tokens of theirs where that makes room.
    fn offer(&mut self, token: usize, tokens: &[Token]) {
        let mut seen = vec![false; self.values.len()];
        self.augment(token, tokens, &mut seen);
    }

    fn augment(&mut self, token: usize, tokens: &[Token], seen: &mut [bool]) -> bool {
        for value in 0..self.values.len() {
            if seen[value] || !shows(&tokens[token], self.values[value]) {
                continue;
            }
            seen[value] = true;
            let free = match self.taken[value] {
                None => true,
                Some(other) => self.augment(other, tokens, seen),
            };
            if free {
                self.taken[value] = Some(token);
                return true;
            }
        }
        false
    }
}

/// Whether a token is a value as programs print it.
fn shows(token: &Token, wanted: &Wanted) -> bool {
    match (&wanted.value, &token.kind) {
        (Value::Int(n), TokenKind::Number(shown, None)) => *shown == *n as f64,
        (Value::Float(f), TokenKind::Number(shown, None)) => shown == f,
        // Rounded to its last digit, or cut off after it; a 32-bit float has about seven digits.
        (Value::Float(f), TokenKind::Number(shown, Some(last))) => {
            let cut = f.abs() - shown.abs();
            let slack = 1e-7 * f.abs();
            (shown - f).abs() <= last * 0.500_001 + slack
                || (0.0..*last).contains(&cut) && shown * f >= 0.0
        }
        (Value::Bool(b), TokenKind::Word(word)) => {
            if *b {
                text::is_true(word)
            } else {
                text::is_false(word)
            }
        }
        (Value::Bool(b), TokenKind::Number(shown, None)) => *shown == f64::from(u8::from(*b)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: Value) -> Wanted {
        let kind = match value {
            Value::Int(_) => FieldKind::Integer,
            Value::Float(_) => FieldKind::Float,
            Value::Bool(_) => FieldKind::Boolean,
            Value::Bytes(_) => FieldKind::Text,
        };
        let name = "value".into();
        Wanted { name, kind, value }
    }

    fn missing(output: &str, messages: &[&[Value]]) -> Option<(usize, Vec<Value>)> {
        let messages: Vec<Vec<Wanted>> = messages
            .iter()
            .map(|values| values.iter().cloned().map(self::value).collect())
            .collect();
        let found = first_missing(output, &tokens(output), &messages)?;
        Some((
            found.0,
            found.1.into_iter().map(|wanted| wanted.value).collect(),
        ))
    }

    #[test]
    fn values_are_found_in_any_order_within_a_message() {
        let (a, b) = (
            [Value::Int(1), Value::Float(21.37)],
            [Value::Int(2), Value::Float(-3.0)],
        );
        assert_eq!(missing("t=21.4 C, no. 1\nt=-3 C, no. 2\n", &[&a, &b]), None);
        assert_eq!(
            missing("21.4 1\n-3.1 2\n", &[&a, &b]),
            Some((1, vec![Value::Float(-3.0)]))
        );
    }

    #[test]
    fn messages_are_found_in_their_order() {
        let messages: [&[Value]; 2] = [&[Value::Int(7)], &[Value::Int(8)]];
        assert_eq!(missing("8 7\n", &messages), Some((1, vec![Value::Int(8)])));
    }

    #[test]
    fn one_number_is_not_two_values() {
        let message = [Value::Int(3), Value::Int(3)];
        assert_eq!(missing("3 4", &[&message]), Some((0, vec![Value::Int(3)])));
        assert_eq!(missing("3 4 3", &[&message]), None);
    }

    #[test]
    fn a_token_that_fits_two_values_goes_to_the_one_that_needs_it() {
        let message = [Value::Float(21.0), Value::Int(21)];
        assert_eq!(missing("21 21.0", &[&message]), None);
    }

    #[test]
    fn a_float_needs_a_decimal_unless_it_is_whole() {
        assert_eq!(missing("21", &[&[Value::Float(21.0)]]), None);
        assert!(missing("21", &[&[Value::Float(21.37)]]).is_some());
        assert_eq!(missing("2.137e1", &[&[Value::Float(21.37)]]), None);
        assert_eq!(missing("21.3", &[&[Value::Float(21.37)]]), None);
    }

    #[test]
    fn texts_and_booleans_are_shown_by_their_words() {
        let message = [Value::Bytes("attic-1".into()), Value::Bool(true)];
        assert_eq!(missing("attic-1: alarm True", &[&message]), None);
        assert_eq!(
            missing("attic: alarm off", &[&message]).map(|(_, values)| values.len()),
            Some(2)
        );
    }
}
