//! A protocol as a student declares it: plain data, and whether a message explains bytes.

use std::ops::Range;

use regex::bytes::Regex;

use super::text::Template;
use crate::event::Transport;
use crate::spec::Value;
use crate::spec::pack::{self, Format, Kind};

/// What a `protocol.yaml` declares.
#[derive(Debug)]
pub struct Declaration {
    /// The file as the student named it.
    pub path: String,
    /// TCP, if the programs speak it.
    pub tcp: Option<Channel>,
    /// UDP, if the programs speak it.
    pub udp: Option<Channel>,
    /// The messages, in the order of the file.
    pub messages: Vec<Message>,
}

/// One transport of a protocol.
#[derive(Debug)]
pub struct Channel {
    /// The server's port.
    pub port: u16,
    /// The form of the length that precedes each message of a stream.
    pub length_prefix: Option<Format>,
}

/// One kind of message.
#[derive(Debug)]
pub struct Message {
    /// Its name.
    pub name: String,
    /// From the sensor to the server.
    pub up: bool,
    /// It goes over TCP.
    pub tcp: bool,
    /// It goes over UDP.
    pub udp: bool,
    /// Seconds between two of them, if it comes periodically.
    pub every: Option<f64>,
    /// How its bytes are laid out.
    pub layout: Layout,
    /// Its values, in order.
    pub fields: Vec<Field>,
    /// Where it stands in the file.
    pub span: Range<usize>,
}

/// How the bytes of a message are laid out.
#[derive(Debug)]
pub enum Layout {
    /// As Python's `struct` does.
    Struct {
        /// The format as written.
        text: String,
        /// The same, parsed.
        format: Format,
    },
    /// As text with holes; the expression has one group for each hole that is free.
    Text {
        /// The text, parsed.
        template: Template,
        /// The same as an expression that matches at the beginning of bytes.
        regex: Regex,
    },
}

/// One value of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: FieldKind,
    /// The value that it has in every message.
    pub fixed: Option<Value>,
}

/// Kinds of fields, for "different types".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldKind {
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// True or false.
    Boolean,
    /// Text.
    Text,
}

impl FieldKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            FieldKind::Integer => "integer",
            FieldKind::Float => "float",
            FieldKind::Boolean => "boolean",
            FieldKind::Text => "text",
        }
    }
}

impl From<Kind> for FieldKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Int => FieldKind::Integer,
            Kind::Float => FieldKind::Float,
            Kind::Bool => FieldKind::Boolean,
            Kind::Bytes => FieldKind::Text,
        }
    }
}

/// Most bytes in which the end of a text message is searched.
const LONGEST_TEXT: usize = 8 << 10;

impl Declaration {
    /// What is declared for a transport.
    pub fn channel(&self, transport: Transport) -> Option<&Channel> {
        match transport {
            Transport::Tcp => self.tcp.as_ref(),
            Transport::Udp => self.udp.as_ref(),
            Transport::Unix => None,
        }
    }

    /// The messages of one transport and direction, with their positions in [`Declaration::messages`].
    pub fn messages(
        &self,
        transport: Transport,
        up: bool,
    ) -> impl Iterator<Item = (usize, &Message)> {
        self.messages
            .iter()
            .enumerate()
            .filter(move |(_, message)| message.up == up && message.over(transport))
    }
}

impl Message {
    /// Whether it goes over a transport.
    pub fn over(&self, transport: Transport) -> bool {
        match transport {
            Transport::Tcp => self.tcp,
            Transport::Udp => self.udp,
            Transport::Unix => false,
        }
    }

    /// Fields that may differ from message to message.
    pub fn free(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.fixed.is_none())
    }

    /// Whether it explains the beginning of `bytes`, or, with `whole`, all of them: how many it takes, and
    /// its values, one for each field. The error says in a few words why not.
    pub fn explain(&self, bytes: &[u8], whole: bool) -> Result<(usize, Vec<Value>), String> {
        match &self.layout {
            Layout::Struct { format, .. } => {
                let values = self.explain_struct(format, bytes, whole)?;
                Ok((format.size(), values))
            }
            Layout::Text { template, regex } => {
                let part = &bytes[..bytes.len().min(LONGEST_TEXT)];
                let found = regex
                    .captures(part)
                    .ok_or_else(|| format!("the text is not as {}", template.shown()))?;
                let length = found.get(0).map_or(0, |all| all.end());
                if whole && length < bytes.len() {
                    let more = bytes.len() - length;
                    return Err(format!("{more} bytes follow after its end"));
                }
                Ok((length, template.values(&self.fields, &found)?))
            }
        }
    }

    /// The same message with its structure in another byte order or alignment.
    pub fn in_order(&self, prefix: char) -> Option<(String, Format)> {
        let Layout::Struct { text, .. } = &self.layout else {
            return None;
        };
        let body = text.trim_start_matches(['@', '=', '<', '>', '!']);
        let text = format!("{prefix}{body}");
        Format::parse(&text).ok().map(|format| (text, format))
    }

    /// As [`Message::explain`], for a structure and another format with the same fields.
    pub fn explain_struct(
        &self,
        format: &Format,
        bytes: &[u8],
        whole: bool,
    ) -> Result<Vec<Value>, String> {
        let size = format.size();
        if bytes.len() < size || (whole && bytes.len() > size) {
            return Err(format!("it has {size} bytes"));
        }
        let bytes = &bytes[..size];
        let values = format.unpack(bytes).map_err(|error| error.to_string())?;
        let mut covered = vec![false; size];
        for ((slot, field), value) in format.slots().zip(&self.fields).zip(&values) {
            let raw = &bytes[slot.offset..slot.offset + slot.width];
            covered[slot.offset..slot.offset + slot.width].fill(true);
            sound(field, raw, value)?;
        }
        let pad = covered.iter().zip(bytes).position(|(c, b)| !c && *b != 0);
        if let Some(at) = pad {
            return Err(format!("padding byte {at} is not 0"));
        }
        let clean = |value: Value| match value {
            Value::Bytes(bytes) => Value::Bytes(unfilled(&bytes).to_vec()),
            other => other,
        };
        Ok(values.into_iter().map(clean).collect())
    }
}

/// Whether a value is one that its field can have.
fn sound(field: &Field, raw: &[u8], value: &Value) -> Result<(), String> {
    let name = &field.name;
    let good = match (field.kind, value) {
        (FieldKind::Float, Value::Float(f)) => f.is_finite(),
        (FieldKind::Boolean, _) => raw == [0] || raw == [1],
        (FieldKind::Text, Value::Bytes(bytes)) => std::str::from_utf8(unfilled(bytes))
            .is_ok_and(|text| !text.chars().any(char::is_control)),
        _ => true,
    };
    if !good {
        return Err(format!("`{name}` is {}", pack::show(value)));
    }
    let Some(fixed) = &field.fixed else {
        return Ok(());
    };
    let same = match (fixed, value) {
        (Value::Bytes(a), Value::Bytes(b)) => unfilled(a) == unfilled(b),
        // A fixed 0.1 is sent as the nearest number that the format has.
        (Value::Float(a), Value::Float(b)) => (a - b).abs() <= 1e-3 * a.abs(),
        (a, b) => a == b,
    };
    if same {
        return Ok(());
    }
    let (seen, fixed) = (pack::show(value), pack::show(fixed));
    Err(format!("`{name}` is {seen}, not the fixed {fixed}"))
}

/// A text without what fills its field up.
fn unfilled(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|b| !matches!(b, 0 | b' '))
        .map_or(0, |last| last + 1);
    &bytes[..end]
}
