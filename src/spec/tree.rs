//! YAML text → a tree of nodes with their places, or a diagnostic.
//!
//! Knows nothing of the spec language. Anchors, aliases, tags, merge keys, several documents and deep
//! nesting are refused, so that no input grows: the tree is never larger than its text. Files that
//! students hand in are read by it, too.

use std::borrow::Cow;
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput};

use crate::diag::Diagnostic;

/// Deepest nesting of lists and maps that is read.
pub const DEEPEST: usize = 64;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A word, text or number.
    Scalar {
        /// Its text, quotes and escapes undone.
        text: String,
        /// It stands without quotes, so that it may be a number, `true`, `false` or `null`.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the text. Keys differ.
    Map(Vec<(Key, Node)>),
}

/// The key of a map's entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// Its text.
    pub text: String,
}

/// What a plain scalar stands for (YAML 1.2 core schema).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain<'a> {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Anything else.
    Text(&'a str),
}

impl Node {
    /// The value of a key, when the node is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            NodeKind::Map(entries) => entries.iter().find(|(k, _)| k.text == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What a scalar stands for; none for lists and maps.
    pub fn plain(&self) -> Option<Plain<'_>> {
        match &self.kind {
            NodeKind::Scalar { text, plain: true } => Some(resolve(text)),
            NodeKind::Scalar { text, plain: false } => Some(Plain::Text(text)),
            _ => None,
        }
    }
}

fn resolve(text: &str) -> Plain<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix, radix| {
        text.strip_prefix(prefix)
            .and_then(|d: &str| i128::from_str_radix(d, radix).ok())
    };
    if let Some(n) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Plain::Int(n);
    }
    if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        if let Ok(n) = text.parse() {
            return Plain::Int(n);
        }
        if digits.contains(|c: char| c.is_ascii_digit())
            && let Ok(f) = text.parse()
        {
            return Plain::Float(f);
        }
    }
    Plain::Text(text)
}

/// Reads one YAML document of at most `largest` bytes.
pub fn parse(source: &str, file: &str, largest: usize) -> Result<Node, Box<Diagnostic>> {
    if source.len() > largest {
        let message = format!(
            "the file has {} KiB; more than {} KiB are not read",
            source.len() >> 10,
            largest >> 10
        );
        // The place is where reading stops, but only the first lines are worth showing.
        return Err(Box::new(
            Diagnostic::error("too-large", message, file, source, 0..0)
                .help("a text of this size belongs in a `${random.bytes N}` or `${repeat x N}`"),
        ));
    }
    refuse_tabs(source, file)?;
    // Some editors put a byte order mark in front; it is no part of the document.
    let written = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mark = source.len() - written.len();
    let mut builder = Builder {
        source,
        file,
        starts: written.char_indices().map(|(i, _)| mark + i).collect(),
        parser: Parser::new_from_str(written),
    };
    builder.document()
}

/// YAML forbids tabs in indentation; its parsers then complain about something else.
fn refuse_tabs(source: &str, file: &str) -> Result<(), Box<Diagnostic>> {
    let mut offset = 0;
    for line in source.split_inclusive('\n') {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indentation].find('\t')
            && !line.trim().is_empty()
        {
            let span = offset + tab..offset + indentation;
            return Err(Box::new(
                Diagnostic::error("tab", "a tab stands in the indentation", file, source, span)
                    .label("tab")
                    .help(
                        "YAML is indented with spaces only; set your editor to insert two spaces",
                    ),
            ));
        }
        offset += line.len();
    }
    Ok(())
}

struct Builder<'a> {
    source: &'a str,
    file: &'a str,
    /// Byte offset of each character: the parser counts characters.
    starts: Vec<usize>,
    parser: Parser<'a, StrInput<'a>>,
}

type Taken<'a> = (Event<'a>, Range<usize>);

impl<'a> Builder<'a> {
    fn byte(&self, marker: Marker) -> usize {
        self.starts
            .get(marker.index())
            .copied()
            .unwrap_or(self.source.len())
    }

    fn refuse(
        &self,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
    ) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(
            code,
            message,
            self.file,
            self.source,
            span,
        ))
    }

    fn next(&mut self) -> Result<Taken<'a>, Box<Diagnostic>> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.byte(span.start)..self.byte(span.end))),
            Some(Err(error)) => {
                let at = self.byte(*error.marker());
                let mut diagnostic =
                    self.refuse("syntax", format!("not YAML: {}", error.info()), at..at);
                diagnostic.help = syntax_help(error.info()).map(str::to_owned);
                Err(diagnostic)
            }
            None => Ok((Event::StreamEnd, self.source.len()..self.source.len())),
        }
    }

    fn document(&mut self) -> Result<Node, Box<Diagnostic>> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd => return Err(self.refuse("empty", "the file is empty", 0..0)),
                event => {
                    let root = self.node(event, span, 0)?;
                    self.only_one()?;
                    return Ok(root);
                }
            }
        }
    }

    fn only_one(&mut self) -> Result<(), Box<Diagnostic>> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentEnd | Event::Nothing, _) => {}
                (_, span) => {
                    return Err(self
                        .refuse("documents", "a second document begins here", span)
                        .help("one file holds one document: remove the `---` line".to_owned())
                        .into());
                }
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'a>,
        span: Range<usize>,
        depth: usize,
    ) -> Result<Node, Box<Diagnostic>> {
        if depth > DEEPEST {
            return Err(self.refuse(
                "too-deep",
                format!("nested deeper than {DEEPEST} levels"),
                span,
            ));
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_extras(anchor, tag.is_some(), &span)?;
                Ok(self.scalar(text, style, span))
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_extras(anchor, tag.is_some(), &span)?;
                self.list(span, depth)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_extras(anchor, tag.is_some(), &span)?;
                self.map(span, depth)
            }
            Event::Alias(_) => Err(self
                .refuse("alias", "aliases (`*name`) are not read", span)
                .help("write the value out, or give it a name under `let`".to_owned())
                .into()),
            _ => Err(self.refuse("syntax", "not YAML: a value is missing", span)),
        }
    }

    fn refuse_extras(
        &self,
        anchor: usize,
        tag: bool,
        span: &Range<usize>,
    ) -> Result<(), Box<Diagnostic>> {
        // The parser's span begins behind the anchor or tag: look for it on the same line.
        let line = self.source[..span.start].rfind('\n').map_or(0, |i| i + 1);
        let place = |sign| {
            let found = self.source[line..span.start].rfind(sign);
            found.map_or(span.clone(), |i| line + i..span.start.max(line + i + 1))
        };
        if anchor != 0 {
            return Err(self
                .refuse("alias", "anchors (`&name`) are not read", place('&'))
                .help("write the value out, or give it a name under `let`".to_owned())
                .into());
        }
        if tag {
            return Err(self
                .refuse("tag", "tags (`!name`) are not read", place('!'))
                .help("put a text that begins with `!` in quotes".to_owned())
                .into());
        }
        Ok(())
    }

    fn scalar(&self, text: Cow<'a, str>, style: ScalarStyle, mut span: Range<usize>) -> Node {
        // Block scalars and plain ones reach up to the next token: show only what is written.
        let written = self.source[span.clone()].trim_end();
        span.end = span.start + written.len();
        let plain = style == ScalarStyle::Plain;
        let text = text.into_owned();
        Node {
            span,
            kind: NodeKind::Scalar { text, plain },
        }
    }

    fn list(&mut self, span: Range<usize>, depth: usize) -> Result<Node, Box<Diagnostic>> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let end = items
                    .last()
                    .map_or(at.end, |n: &Node| n.span.end.max(at.start));
                return Ok(Node {
                    span: self.trimmed(span.start..end),
                    kind: NodeKind::List(items),
                });
            }
            items.push(self.node(event, at, depth + 1)?);
        }
    }

    fn map(&mut self, span: Range<usize>, depth: usize) -> Result<Node, Box<Diagnostic>> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let end = entries
                    .last()
                    .map_or(at.end, |(_, n)| n.span.end.max(at.start));
                return Ok(Node {
                    span: self.trimmed(span.start..end),
                    kind: NodeKind::Map(entries),
                });
            }
            let key = self.key(event, at, depth)?;
            if !seen.insert(key.text.clone()) {
                let message = format!("the key `{}` stands here twice", key.text);
                return Err(self.refuse("duplicate-key", message, key.span));
            }
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            entries.push((key, value));
        }
    }

    fn key(
        &mut self,
        event: Event<'a>,
        at: Range<usize>,
        depth: usize,
    ) -> Result<Key, Box<Diagnostic>> {
        let node = self.node(event, at, depth + 1)?;
        match node.kind {
            NodeKind::Scalar { text, plain } if plain && text == "<<" => Err(self
                .refuse("merge-key", "merge keys (`<<`) are not read", node.span)
                .help("write the entries out".to_owned())
                .into()),
            NodeKind::Scalar { text, .. } => Ok(Key {
                span: node.span,
                text,
            }),
            _ => Err(self
                .refuse(
                    "key",
                    "a key must be a word, not a list or a map",
                    node.span,
                )
                .help("a text that begins with `{` or `[` must stand in quotes".to_owned())
                .into()),
        }
    }

    fn trimmed(&self, span: Range<usize>) -> Range<usize> {
        let end = span.end.clamp(span.start, self.source.len());
        let written = self.source[span.start..end].trim_end();
        span.start..span.start + written.len()
    }
}

/// What commonly lies behind a parser's complaint.
fn syntax_help(info: &str) -> Option<&'static str> {
    if info.contains("mapping values") || info.contains("simple key") {
        Some("put a text that holds `: ` or ends in `:` in quotes, and check the indentation")
    } else if info.contains("quoted scalar") {
        Some(
            "a quote that was opened is not closed, or lines inside the quotes are indented too little",
        )
    } else if info.contains("flow") || info.contains("',' or") {
        Some("a `{` or `[` is not closed, or a comma is missing")
    } else if info.contains("block") || info.contains("indent") {
        Some("check the indentation: entries of one list or map begin in the same column")
    } else {
        None
    }
}
