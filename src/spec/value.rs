//! Values of names: `let` entries and templates → bytes.
//!
//! Must not know where a name came from (`let`, a hole, a saved answer, an actor's port): all of them
//! are bindings. Drawing depends on nothing but the seed, the scope and the name.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::draw::Draw;
use super::pack;
use super::template::{Expression, LARGEST, Random, Segment, TemplateError, segments};

/// Most bytes that the values of one `let` may have together: 64 MiB.
const MOST_TOGETHER: usize = 64 << 20;

/// A value that is packed into, or unpacked from, a binary structure.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
    /// True or false (`?`).
    Bool(bool),
    /// Bytes (`s`, `p`, `c`).
    Bytes(Vec<u8>),
}

/// Why a template has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// The template is malformed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A name has no value here.
    #[error("`{0}` has no value here")]
    Undefined(String),
    /// Names that need each other.
    #[error("the value of `{0}` needs itself")]
    Circular(String),
    /// The expression cannot be worked out.
    #[error("{0}")]
    Invalid(String),
}

/// Names and their values, and the seed from which unnamed values are drawn.
///
/// The runner adds facts of actors and programs as names with a dot: `alice.port`, `alice.address`,
/// `server.port`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bindings {
    names: BTreeMap<String, Vec<u8>>,
    seed: u64,
    scope: String,
}

impl Bindings {
    /// No names yet. `scope` is the check's id.
    pub fn new(seed: u64, scope: impl Into<String>) -> Self {
        Bindings {
            names: BTreeMap::new(),
            seed,
            scope: scope.into(),
        }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.names.get(name).map(Vec::as_slice)
    }

    /// Binds a name, over an older value if there is one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.names.insert(name.into(), value.into());
    }

    /// All names with their values, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.names.iter().map(|(n, v)| (n.as_str(), v.as_slice()))
    }

    fn need(&self, name: &str) -> Result<&[u8], ValueError> {
        self.get(name)
            .ok_or_else(|| ValueError::Undefined(name.to_owned()))
    }

    /// Draws and binds the entries of a `let`, those that others need first; returns what was bound.
    ///
    /// Each name is drawn from `seed`, `scope` and its own name alone. `scope` is the check's id; inside
    /// a loop it must also hold the turn (`echoes/3.2`), so that each turn draws anew.
    pub fn bind_all(
        &mut self,
        lets: &BTreeMap<String, String>,
        scope: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, ValueError> {
        let mut bound = Vec::new();
        let mut open = BTreeSet::new();
        let mut done = BTreeSet::new();
        for name in lets.keys() {
            self.bind_one(name, lets, scope, &mut open, &mut done, &mut bound)?;
        }
        Ok(bound)
    }

    fn bind_one(
        &mut self,
        name: &str,
        lets: &BTreeMap<String, String>,
        scope: &str,
        open: &mut BTreeSet<String>,
        done: &mut BTreeSet<String>,
        bound: &mut Vec<(String, Vec<u8>)>,
    ) -> Result<(), ValueError> {
        if done.contains(name) {
            return Ok(());
        }
        if !open.insert(name.to_owned()) {
            return Err(ValueError::Circular(name.to_owned()));
        }
        let template = &lets[name];
        for needed in names_in(template)? {
            if lets.contains_key(&needed) {
                self.bind_one(&needed, lets, scope, open, done, bound)?;
            }
        }
        let mut draw = Draw::new(self.seed, &format!("{scope}/{name}"));
        let value = self.fill(template, &mut draw)?;
        let together: usize = bound.iter().map(|(_, value)| value.len()).sum();
        if together + value.len() > MOST_TOGETHER {
            return Err(ValueError::Invalid(format!(
                "the values here have more than {} MiB together",
                MOST_TOGETHER >> 20
            )));
        }
        self.set(name, value.clone());
        bound.push((name.to_owned(), value));
        done.insert(name.to_owned());
        Ok(())
    }

    /// Works out a template. `draw` serves its drawn values.
    fn fill(&self, template: &str, draw: &mut Draw) -> Result<Vec<u8>, ValueError> {
        let mut out = Vec::new();
        for segment in segments(template)? {
            match segment {
                Segment::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Segment::Code { code, at } => {
                    let expression = parse_at(&code, at)?;
                    out.extend(self.evaluate(&expression, draw)?);
                }
            }
            if out.len() > LARGEST {
                return Err(ValueError::Invalid(format!(
                    "this makes more than {LARGEST} bytes"
                )));
            }
        }
        Ok(out)
    }

    /// The value of one expression.
    pub(super) fn evaluate(
        &self,
        expression: &Expression,
        draw: &mut Draw,
    ) -> Result<Vec<u8>, ValueError> {
        Ok(match expression {
            Expression::Name(name) => self.need(name)?.to_vec(),
            Expression::Fact { fact, of } => self.need(&format!("{of}.{fact}"))?.to_vec(),
            Expression::Random(random) => drawn(random, draw),
            Expression::AllBytes => (0..=255).collect(),
            Expression::Repeat { what, times } => what.repeat(*times).into_bytes(),
            Expression::Upper(name) => self.need(name)?.to_ascii_uppercase(),
            Expression::Lower(name) => self.need(name)?.to_ascii_lowercase(),
            Expression::Length(name) => self.need(name)?.len().to_string().into_bytes(),
            Expression::Hex(name) => hex(self.need(name)?).into_bytes(),
            Expression::Pack { format, values } => self.packed(format, values)?,
        })
    }

    fn packed(&self, format: &str, words: &[String]) -> Result<Vec<u8>, ValueError> {
        let invalid = |e: pack::PackError| ValueError::Invalid(e.to_string());
        let format = pack::Format::parse(format).map_err(invalid)?;
        let mut values = Vec::new();
        for (word, wanted) in words.iter().zip(format.kinds()) {
            values.push(match word.parse::<f64>() {
                Ok(_) => pack::value_of_text(word.as_bytes(), wanted),
                Err(_) => pack::value_of_text(self.need(word)?, wanted),
            });
        }
        if words.len() != format.kinds().count() {
            return Err(ValueError::Invalid(format!(
                "the format takes {} values, {} are given",
                format.kinds().count(),
                words.len()
            )));
        }
        format.pack(&values).map_err(invalid)
    }
}

/// Works out a template with the values of `bindings`.
///
/// A drawn value that has no name (`text: "${random.word}"`) depends on the seed, the scope, the turn of
/// a loop and the template's own text, so that whoever works out the same template later gets the same value.
pub fn expand(template: &str, bindings: &Bindings) -> Result<Vec<u8>, ValueError> {
    // In a loop each turn draws anew.
    let turn = bindings
        .get("i")
        .map(String::from_utf8_lossy)
        .unwrap_or_default();
    let scope = format!("{}/{turn}/{template}", bindings.scope);
    let mut draw = Draw::new(bindings.seed, &scope);
    bindings.fill(template, &mut draw)
}

/// [`expand`] for what must be text: names, paths, arguments. What is not UTF-8 is replaced.
pub fn expand_text(template: &str, bindings: &Bindings) -> Result<String, ValueError> {
    expand(template, bindings).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The names that a template needs, holes of patterns among them.
pub fn names_in(template: &str) -> Result<Vec<String>, ValueError> {
    let mut out = Vec::new();
    for segment in segments(template)? {
        if let Segment::Code { code, at } = segment {
            let expression = parse_at(&code, at)?;
            out.extend(expression.names().into_iter().map(str::to_owned));
        }
    }
    Ok(out)
}

fn parse_at(code: &str, at: usize) -> Result<Expression, TemplateError> {
    Expression::parse(code).map_err(|message| TemplateError {
        at,
        length: code.len() + 3,
        message,
        help: None,
    })
}

fn drawn(random: &Random, draw: &mut Draw) -> Vec<u8> {
    match random {
        Random::Text(n) => draw.text(*n).into_bytes(),
        Random::Line(low, high) => draw.line(*low, *high).into_bytes(),
        Random::Word => draw.word().into_bytes(),
        Random::Name => draw.name().into_bytes(),
        Random::Bytes(n) => draw.bytes(*n),
        Random::Int(low, high) => draw.int(*low, *high).to_string().into_bytes(),
        Random::Float(low, high) => draw.float(*low, *high).to_string().into_bytes(),
        Random::Ipv4 => draw.ipv4().to_string().into_bytes(),
        Random::Hex(n) => draw.hex(*n).into_bytes(),
        Random::Choice(words) => {
            let chosen = draw.below(words.len() as u64) as usize;
            words.get(chosen).cloned().unwrap_or_default().into_bytes()
        }
        Random::Utf8(n) => draw.utf8(*n).into_bytes(),
    }
}

/// Bytes as hexadecimal digits in lower case.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Hexadecimal digits (white space, `:` and a leading `0x` ignored) as bytes; none when malformed.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .trim_start()
        .trim_start_matches("0x")
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let (pairs, odd) = digits.as_chunks::<2>();
    odd.is_empty().then(|| {
        pairs
            .iter()
            .map(|[high, low]| (high * 16 + low) as u8)
            .collect()
    })
}
