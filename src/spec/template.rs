//! Templates: a text with `${…}` in it → its literal parts and the expressions between them.
//!
//! Knows the grammar of expressions, not their values ([`super::value`]) and not the holes of patterns
//! ([`super::pattern`]). `$${` stands for a literal `${`.

use thiserror::Error;

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Offset in bytes in the template's text.
    pub at: usize,
    /// Length in bytes of the faulty part.
    pub length: usize,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// What to write instead, when it can be told.
    pub help: Option<String>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Text as it stands.
    Literal(String),
    /// What stands between `${` and `}`, trimmed, and the offset of its `$`.
    Code {
        /// The trimmed inside.
        code: String,
        /// Offset of the `$` in bytes.
        at: usize,
    },
}

/// Cuts a template into its parts.
pub fn segments(template: &str) -> Result<Vec<Segment>, TemplateError> {
    let mut out = Vec::new();
    let mut literal = String::new();
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        let at = template.len() - rest.len() + dollar;
        literal.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix("$${") {
            literal.push_str("${");
            rest = after;
        } else if let Some(inside) = rest.strip_prefix("${") {
            let Some(end) = inside.find('}') else {
                return Err(TemplateError {
                    at,
                    length: rest.len(),
                    message: "this `${` is never closed".into(),
                    help: Some(
                        "end it with `}`, or write `$${` for the two characters themselves".into(),
                    ),
                });
            };
            if !literal.is_empty() {
                out.push(Segment::Literal(std::mem::take(&mut literal)));
            }
            let code = inside[..end].trim().to_owned();
            out.push(Segment::Code { code, at });
            rest = &inside[end + 1..];
        } else {
            literal.push('$');
            rest = &rest[1..];
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        out.push(Segment::Literal(literal));
    }
    Ok(out)
}

/// An expression: what may stand in `${…}` besides the holes of patterns.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// The value bound to a name.
    Name(String),
    /// `port of alice`, `address of alice`: looked up as `alice.port`.
    Fact {
        /// `port`, `address`, `host` …
        fact: String,
        /// The actor or program.
        of: String,
    },
    /// A drawn value.
    Random(Random),
    /// All 256 byte values in order.
    AllBytes,
    /// A text over and over.
    Repeat {
        /// What is repeated.
        what: String,
        /// How often.
        times: usize,
    },
    /// A bound value in upper case (ASCII).
    Upper(String),
    /// A bound value in lower case (ASCII).
    Lower(String),
    /// How many bytes a bound value has, in decimal.
    Length(String),
    /// A bound value in hexadecimal.
    Hex(String),
    /// Values packed as Python's `struct` does: a format and bound names or numbers.
    Pack {
        /// The format.
        format: String,
        /// Names and numbers, in order.
        values: Vec<String>,
    },
}

/// What can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Random {
    /// Letters, digits and spaces.
    Text(usize),
    /// As `Text` and punctuation, with a length between the two.
    Line(usize, usize),
    /// A made-up word.
    Word,
    /// A made-up name.
    Name,
    /// Bytes.
    Bytes(usize),
    /// A whole number.
    Int(i64, i64),
    /// A number with a fraction.
    Float(f64, f64),
    /// A documentation address.
    Ipv4,
    /// Hexadecimal digits.
    Hex(usize),
    /// One of these words.
    Choice(Vec<String>),
    /// Characters of one to four bytes.
    Utf8(usize),
}

/// Names of everything that can begin an expression, for suggestions.
pub const FUNCTIONS: &[&str] = &[
    "random.text",
    "random.line",
    "random.word",
    "random.name",
    "random.bytes",
    "random.int",
    "random.float",
    "random.ipv4",
    "random.hex",
    "random.choice",
    "random.utf8",
    "bytes.all",
    "repeat",
    "upper",
    "lower",
    "len",
    "hex",
    "pack",
    "port of",
    "address of",
];

/// Largest value that one expression may make: 16 MiB, so that no spec can exhaust memory.
pub const LARGEST: usize = 16 << 20;

impl Expression {
    /// Reads the inside of `${…}`. The error is a lower-case fragment.
    pub fn parse(code: &str) -> Result<Self, String> {
        let words: Vec<&str> = code.split_whitespace().collect();
        let Some((&head, rest)) = words.split_first() else {
            return Err("there is nothing between `${` and `}`".into());
        };
        if let [fact, "of", of] = words[..] {
            return match fact {
                "port" | "address" => Ok(Expression::Fact {
                    fact: fact.into(),
                    of: of.into(),
                }),
                _ => Err(format!(
                    "`{fact} of` is not known; there are `port of` and `address of`"
                )),
            };
        }
        if let Some(kind) = head.strip_prefix("random.") {
            return random(kind, rest).map(Expression::Random);
        }
        Ok(match (head, rest) {
            ("bytes.all", []) => Expression::AllBytes,
            ("repeat", [what, times]) => {
                let times = size(times)?;
                if what.len().saturating_mul(times) > LARGEST {
                    return Err(format!("this makes more than {LARGEST} bytes"));
                }
                Expression::Repeat {
                    what: (*what).into(),
                    times,
                }
            }
            ("upper", [name]) => Expression::Upper((*name).into()),
            ("lower", [name]) => Expression::Lower((*name).into()),
            ("len", [name]) => Expression::Length((*name).into()),
            ("hex", [name]) => Expression::Hex((*name).into()),
            ("pack", [format, values @ ..]) => Expression::Pack {
                format: (*format).into(),
                values: values.iter().map(|v| (*v).to_owned()).collect(),
            },
            ("bytes.all" | "repeat" | "upper" | "lower" | "len" | "hex" | "pack", _) => {
                return Err(format!("`{head}` is written `${{{}}}`", usage(head)));
            }
            (name, []) if is_name(name) => Expression::Name(name.into()),
            (name, []) => return Err(format!("`{name}` is not a name")),
            _ => return Err(format!("`{code}` is not an expression")),
        })
    }

    /// The names whose values the expression needs.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Expression::Name(name)
            | Expression::Upper(name)
            | Expression::Lower(name)
            | Expression::Length(name)
            | Expression::Hex(name) => vec![name],
            Expression::Pack { values, .. } => values
                .iter()
                .map(String::as_str)
                .filter(|v| v.parse::<f64>().is_err())
                .collect(),
            Expression::Fact { .. }
            | Expression::Random(_)
            | Expression::AllBytes
            | Expression::Repeat { .. } => Vec::new(),
        }
    }
}

/// Whether a word can be the name of a value: a letter or `_`, then letters, digits, `_`, `-`, `.`.
pub fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// How a function is written.
fn usage(function: &str) -> &'static str {
    match function {
        "bytes.all" => "bytes.all",
        "repeat" => "repeat x 1024",
        "upper" => "upper name",
        "lower" => "lower name",
        "len" => "len name",
        "hex" => "hex name",
        "pack" => "pack =iif n 4 2.5",
        "text" => "random.text 40",
        "line" => "random.line 10 60",
        "word" => "random.word",
        "name" => "random.name",
        "bytes" => "random.bytes 2000",
        "int" => "random.int 1 100",
        "float" => "random.float 0 100",
        "ipv4" => "random.ipv4",
        "hex digits" => "random.hex 8",
        "choice" => "random.choice red green blue",
        _ => "random.utf8 20",
    }
}

fn random(kind: &str, arguments: &[&str]) -> Result<Random, String> {
    Ok(match (kind, arguments) {
        ("text", [n]) => Random::Text(size(n)?),
        ("line", [low, high]) => {
            let (low, high) = (size(low)?, size(high)?);
            ordered(low <= high)?;
            Random::Line(low, high)
        }
        ("word", []) => Random::Word,
        ("name", []) => Random::Name,
        ("bytes", [n]) => Random::Bytes(size(n)?),
        ("int", [low, high]) => {
            let (low, high) = (number::<i64>(low)?, number::<i64>(high)?);
            ordered(low <= high)?;
            Random::Int(low, high)
        }
        ("float", [low, high]) => {
            let (low, high) = (number::<f64>(low)?, number::<f64>(high)?);
            ordered(low < high)?;
            // An f32 has 24 significant bits; beyond this, eighths would no longer be exact.
            if low.abs().max(high.abs()) > 1e6 || high - low < 0.01 {
                return Err("the bounds must lie within ±1000000 and 0.01 apart".into());
            }
            Random::Float(low, high)
        }
        ("ipv4", []) => Random::Ipv4,
        ("hex", [n]) => Random::Hex(size(n)?),
        ("choice", [_, ..]) => Random::Choice(arguments.iter().map(|a| (*a).to_owned()).collect()),
        ("utf8", [n]) => Random::Utf8(size(n)?),
        (
            "text" | "line" | "word" | "name" | "bytes" | "int" | "float" | "ipv4" | "choice"
            | "utf8",
            _,
        ) => {
            return Err(format!("`random.{kind}` is written `${{{}}}`", usage(kind)));
        }
        ("hex", _) => {
            return Err(format!(
                "`random.hex` is written `${{{}}}`",
                usage("hex digits")
            ));
        }
        _ => return Err(format!("there is no `random.{kind}`")),
    })
}

fn ordered(right: bool) -> Result<(), String> {
    right
        .then_some(())
        .ok_or_else(|| "the first bound must be the smaller one".into())
}

fn size(word: &str) -> Result<usize, String> {
    let size: usize = word
        .parse()
        .map_err(|_| format!("`{word}` is not a size in bytes"))?;
    if size > LARGEST {
        return Err(format!(
            "`{word}` is more than the {LARGEST} bytes that one value may have"
        ));
    }
    Ok(size)
}

fn number<T: std::str::FromStr + PartialOrd + Copy>(word: &str) -> Result<T, String> {
    word.parse()
        .map_err(|_| format!("`{word}` is not a number"))
}
