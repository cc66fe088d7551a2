//! Declarations that explain nothing: well-formed, but they would fit any bytes, or nobody could take
//! messages apart by them.

use std::ops::Range;

use super::model::{Declaration, FieldKind, Layout, Message};
use crate::event::Transport;
use crate::spec::Value;
use crate::spec::pack::Format;

/// Longest text field of a structure, in bytes.
const LONGEST_TEXT: usize = 32;

/// Why a declaration is refused: a sentence that begins in lower case, the place in the file, and what to do.
pub struct Refusal {
    /// Why.
    pub message: String,
    /// Where; none for the whole file.
    pub span: Option<Range<usize>>,
    /// What to write instead.
    pub help: &'static str,
}

/// Everything for which a declaration is refused where one transport is concerned.
pub fn refusals(declaration: &Declaration, transport: Transport, reply: bool) -> Vec<Refusal> {
    let mut list = Vec::new();
    let Some(channel) = declaration.channel(transport) else {
        list.push(Refusal {
            message: format!("{transport} is not declared under `transports`"),
            span: None,
            help: "Add the transport with its port under transports.",
        });
        return list;
    };
    let framed = transport == Transport::Udp || channel.length_prefix.is_some();
    for message in declaration
        .messages
        .iter()
        .filter(|message| message.over(transport))
    {
        list.extend(alone(message, framed));
    }
    for up in [true, false] {
        let messages: Vec<&Message> = declaration
            .messages(transport, up)
            .map(|(_, message)| message)
            .collect();
        list.extend(alike(&messages, framed));
    }
    list.extend(missing(declaration, transport, reply));
    list
}

fn refusal(message: &Message, why: impl Into<String>, help: &'static str) -> Refusal {
    Refusal {
        message: format!("the message `{}` {}", message.name, why.into()),
        span: Some(message.span.clone()),
        help,
    }
}

/// What is wrong with one message by itself.
fn alone(message: &Message, framed: bool) -> Option<Refusal> {
    const BLOB: &str = "Declare each number as a number (i, f, {temperature:float} …): a text explains any bytes, and so it explains nothing.";
    let mut free = message.free().map(|(_, field)| field.kind).peekable();
    if free.peek().is_none() {
        let why = "has no field of its own: everything in it is fixed or literal";
        return Some(refusal(
            message,
            why,
            "Give it a field that is not under fixed.",
        ));
    }
    if free.all(|kind| kind == FieldKind::Text) {
        let why = "is a blob: its only free fields are text";
        return Some(refusal(message, why, BLOB));
    }
    match &message.layout {
        Layout::Struct { format, .. } => {
            blob(message, format).map(|why| refusal(message, why, BLOB))
        }
        Layout::Text { template, .. } => {
            let name = |index: usize| message.fields[index].name.as_str();
            if let Some((a, b)) = template.touching() {
                let why = format!(
                    "has two holes side by side, `{}` and `{}`",
                    name(a),
                    name(b)
                );
                let help =
                    "Put a space or a comma between them, so that one can see where a value ends.";
                return Some(refusal(message, why, help));
            }
            (!framed && template.ends_open()).then(|| {
                let why = "has no end: over TCP nobody could say where its last value ends";
                refusal(
                    message,
                    why,
                    "Let it end with \\n, or declare a length_prefix.",
                )
            })
        }
    }
}

/// Text fields that take up a structure.
fn blob(message: &Message, format: &Format) -> Option<String> {
    let texts = format
        .slots()
        .zip(&message.fields)
        .filter(|(_, field)| field.kind == FieldKind::Text && field.fixed.is_none());
    let mut bytes = 0;
    for (slot, field) in texts {
        if slot.width > LONGEST_TEXT {
            return Some(format!(
                "is a blob: its text `{}` has {} bytes; at most {LONGEST_TEXT} are allowed",
                field.name, slot.width
            ));
        }
        bytes += slot.width;
    }
    (2 * bytes > format.size()).then(|| {
        format!(
            "is a blob: {bytes} of its {} bytes are free text",
            format.size()
        )
    })
}

/// Two messages of the same stream that cannot be told apart.
fn alike(messages: &[&Message], framed: bool) -> Option<Refusal> {
    for (index, message) in messages.iter().enumerate() {
        let other = messages[..index]
            .iter()
            .find(|other| !differ(message, other, framed));
        if let Some(other) = other {
            let why = format!("cannot be told apart from `{}`", other.name);
            let help = "Begin each with a byte that says which it is, and put that under fixed.";
            return Some(refusal(message, why, help));
        }
    }
    None
}

fn differ(a: &Message, b: &Message, framed: bool) -> bool {
    if let (Layout::Struct { format: a, .. }, Layout::Struct { format: b, .. }) =
        (&a.layout, &b.layout)
        && framed
        && a.size() != b.size()
    {
        return true;
    }
    let (a, b) = (constant(a), constant(b));
    let both = a.iter().zip(&b);
    both.into_iter()
        .any(|(a, b)| matches!((a, b), (Some(a), Some(b)) if a != b))
}

/// The bytes at its beginning that are the same in every message; none where they vary.
fn constant(message: &Message) -> Vec<Option<u8>> {
    match &message.layout {
        Layout::Text { template, .. } => template.beginning().bytes().map(Some).collect(),
        Layout::Struct { format, .. } => {
            let mut bytes = vec![None; format.size()];
            for (index, (slot, field)) in format.slots().zip(&message.fields).enumerate() {
                let Some(fixed) = &field.fixed else { continue };
                let packed = format.pack_value(index, fixed).unwrap_or_default();
                // A text may be filled up with NUL or with spaces.
                let sure = match fixed {
                    Value::Bytes(text) => text.len(),
                    _ => packed.len(),
                };
                for (at, byte) in packed.into_iter().enumerate().take(sure) {
                    bytes[slot.offset + at] = Some(byte);
                }
            }
            bytes
        }
    }
}

/// Messages that a protocol must have over a transport.
fn missing(declaration: &Declaration, transport: Transport, reply: bool) -> Vec<Refusal> {
    let mut list = Vec::new();
    let periodic: Vec<&Message> = declaration
        .messages
        .iter()
        .filter(|message| message.over(transport) && message.every.is_some())
        .collect();
    if declaration.messages(transport, true).next().is_none() {
        list.push(Refusal {
            message: format!("no message goes up over {transport}"),
            span: None,
            help: "Declare the reading: direction: up.",
        });
    } else if let Some(down) = periodic.iter().find(|message| !message.up) {
        let help = "Only the reading has a period: write every at a message with direction: up.";
        list.push(refusal(down, "goes down, and has `every`", help));
    } else if periodic.len() != 1 {
        list.push(Refusal {
            message: format!(
                "{} messages that go up over {transport} have `every`; exactly one has",
                periodic.len()
            ),
            span: periodic.get(1).map(|message| message.span.clone()),
            help: "Write every: 0.5 at the message that comes periodically, and at no other.",
        });
    }
    if reply && declaration.messages(transport, false).next().is_none() {
        list.push(Refusal {
            message: format!("no message comes down over {transport}"),
            span: None,
            help: "Declare the server's answer: direction: down, with a typed field of its own.",
        });
    }
    list
}
