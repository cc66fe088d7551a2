//! One entry of `messages` in a `protocol.yaml` → a [`Message`].

use super::model::{Field, FieldKind, Layout, Message};
use super::read::Reader;
use super::text::{self, Template};
use crate::spec::Value;
use crate::spec::pack::{self, Format, Kind};
use crate::spec::tree::{Node, NodeKind, Plain};

/// Most fields of a message.
const MOST_FIELDS: usize = 64;

/// Largest structure of a message, in bytes.
const LARGEST: usize = 4096;

/// Longest text or format, in bytes.
const LONGEST: usize = 1024;

/// Shortest and longest period, in seconds.
const PERIOD: std::ops::RangeInclusive<f64> = 0.1..=1.0;

const KEYS: [&str; 8] = [
    "name",
    "direction",
    "transport",
    "every",
    "struct",
    "fields",
    "text",
    "fixed",
];

/// Reads a message; `over` says whether the file declares TCP and UDP.
pub fn read(reader: &mut Reader<'_>, node: &Node, over: [bool; 2]) -> Option<Message> {
    let entries = reader.map(node, "a message", &KEYS)?;
    let name = reader
        .need(node, entries, "name")
        .and_then(|node| name(reader, node));
    let up = reader
        .need(node, entries, "direction")
        .and_then(|node| direction(reader, node));
    let [tcp, udp] = match node.get("transport") {
        Some(node) => transports(reader, node)?,
        None => over,
    };
    let every = match node.get("every") {
        Some(node) => Some(every(reader, node)?),
        None => None,
    };
    let (layout, fields) = match (node.get("struct"), node.get("text")) {
        (Some(format), None) => structure(reader, node, format)?,
        (None, Some(text)) => self::text(reader, node, text)?,
        _ => {
            let message = "a message has either `struct` with `fields`, or `text`";
            reader.wrong("missing-key", message, node.span.start..node.span.start + 1);
            return None;
        }
    };
    Some(Message {
        name: name?,
        up: up?,
        tcp,
        udp,
        every,
        layout,
        fields,
        span: node.span.clone(),
    })
}

fn name(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name = node
        .text()
        .filter(|name| (1..=40).contains(&name.len()) && name.chars().all(fits));
    if name.is_none() {
        let message = "a name is one word of letters, digits, `_` and `-`";
        reader.wrong("bad-name", message, node.span.clone());
    }
    name.map(str::to_owned)
}

fn direction(reader: &mut Reader<'_>, node: &Node) -> Option<bool> {
    match node.text() {
        Some("up") => Some(true),
        Some("down") => Some(false),
        _ => {
            let message = "a direction is `up` (from the sensor to the server) or `down`";
            reader.wrong("unknown-word", message, node.span.clone());
            None
        }
    }
}

fn transports(reader: &mut Reader<'_>, node: &Node) -> Option<[bool; 2]> {
    let list = match &node.kind {
        NodeKind::List(list) => list.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut over = [false; 2];
    for node in list {
        match node.text() {
            Some("tcp") => over[0] = true,
            Some("udp") => over[1] = true,
            _ => {
                let message = "a transport is `tcp` or `udp`";
                reader.wrong("unknown-word", message, node.span.clone());
                return None;
            }
        }
    }
    Some(over)
}

fn every(reader: &mut Reader<'_>, node: &Node) -> Option<f64> {
    let seconds = match node.plain() {
        Some(Plain::Int(n)) => Some(n as f64),
        Some(Plain::Float(f)) => Some(f),
        _ => None,
    };
    let seconds = seconds.filter(|seconds| PERIOD.contains(seconds));
    if seconds.is_none() {
        let message = "`every` is a number of seconds from 0.1 to 1";
        reader.wrong("out-of-range", message, node.span.clone());
    }
    seconds
}

fn structure(reader: &mut Reader<'_>, node: &Node, format: &Node) -> Option<(Layout, Vec<Field>)> {
    let text = short(reader, format)?;
    let parsed = match Format::parse(text) {
        Ok(parsed) if (1..=LARGEST).contains(&parsed.size()) => parsed,
        Ok(parsed) => {
            let message = format!(
                "this struct has {} bytes; a message has 1 to {LARGEST}",
                parsed.size()
            );
            reader.wrong("bad-struct", message, format.span.clone());
            return None;
        }
        Err(error) => {
            reader.wrong("bad-struct", error.to_string(), format.span.clone());
            return None;
        }
    };
    let Some(NodeKind::List(names)) = node.get("fields").map(|node| &node.kind) else {
        let help =
            Some("write `fields: [kind, number, temperature]`, one name per value".to_owned());
        let message = "`fields` must name the values of `struct`";
        reader.wrong_with_help("missing-key", message, format.span.clone(), help);
        return None;
    };
    let kinds: Vec<FieldKind> = parsed.kinds().map(FieldKind::from).collect();
    if kinds.len() != names.len() || kinds.len() > MOST_FIELDS {
        let message = format!(
            "`struct` has {} values and `fields` {} names; both must be the same, and at most {MOST_FIELDS}",
            kinds.len(),
            names.len()
        );
        reader.wrong("field-count", message, format.span.clone());
        return None;
    }
    let mut fields: Vec<Field> = Vec::new();
    for (name, kind) in names.iter().zip(kinds) {
        let text = self::name(reader, name)?;
        if fields.iter().any(|field| field.name == text) {
            let message = format!("two fields have the name `{text}`");
            reader.wrong("duplicate-name", message, name.span.clone());
        }
        let fixed = None;
        fields.push(Field {
            name: text,
            kind,
            fixed,
        });
    }
    for (index, value) in fixed(reader, node, &fields) {
        let kind = parsed.kinds().nth(index)?;
        let read = pack::value_of_text(value.text()?.as_bytes(), kind);
        let no_bool = kind == Kind::Bool && !matches!(read, Value::Bool(_));
        if no_bool || parsed.pack_value(index, &read).is_err() {
            let (name, word) = (&fields[index].name, fields[index].kind.word());
            let message = format!("the fixed value of `{name}` does not fit its {word} field");
            reader.wrong("bad-value", message, value.span.clone());
        }
        fields[index].fixed = Some(read);
    }
    let layout = Layout::Struct {
        text: text.to_owned(),
        format: parsed,
    };
    Some((layout, fields))
}

fn text(reader: &mut Reader<'_>, node: &Node, text: &Node) -> Option<(Layout, Vec<Field>)> {
    if let Some(fields) = node.get("fields") {
        let message = "`text` names its values in its holes; `fields` belongs to `struct`";
        reader.wrong("unknown-key", message, fields.span.clone());
    }
    let written = short(reader, text)?;
    let parsed = Template::parse(written);
    let refused = |reader: &mut Reader<'_>, why: String| {
        reader.wrong("bad-text", why, text.span.clone());
        None
    };
    let (mut template, mut fields) = match parsed {
        Ok(parsed) => parsed,
        Err(why) => return refused(reader, why),
    };
    if fields.len() > MOST_FIELDS || written.is_empty() {
        return refused(reader, format!("a text has 1 to {MOST_FIELDS} holes"));
    }
    let fixed = fixed(reader, node, &fields);
    for (index, value) in &fixed {
        let written = value.text()?;
        let kind = fields[*index].kind;
        if !text::is_value(kind, written) {
            let message = format!(
                "the fixed value of `{}` is no {}",
                fields[*index].name,
                kind.word()
            );
            reader.wrong("bad-value", message, value.span.clone());
        }
        let read = text::value(kind, written.as_bytes());
        fields[*index].fixed = Some(read.unwrap_or(Value::Bool(false)));
    }
    let fixed: Vec<(usize, String)> = fixed
        .into_iter()
        .filter_map(|(index, node)| Some((index, node.text()?.to_owned())))
        .collect();
    template.fix(|index| {
        let own = fixed.iter().find(|(own, _)| *own == index);
        own.map(|(_, text)| text.clone())
    });
    match template.regex(&fields) {
        Ok(regex) => Some((Layout::Text { template, regex }, fields)),
        Err(why) => refused(reader, why),
    }
}

/// The text of a format or a text, if it is not too long.
fn short<'n>(reader: &mut Reader<'_>, node: &'n Node) -> Option<&'n str> {
    let text = node.text().filter(|text| text.len() <= LONGEST);
    if text.is_none() {
        let message = format!("a text of at most {LONGEST} characters belongs here");
        reader.wrong("wrong-type", message, node.span.clone());
    }
    text
}

/// The entries of `fixed`, by the positions of their fields.
fn fixed<'n>(reader: &mut Reader<'_>, node: &'n Node, fields: &[Field]) -> Vec<(usize, &'n Node)> {
    let Some(node) = node.get("fixed") else {
        return Vec::new();
    };
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let Some(entries) = reader.map(node, "`fixed`", &names) else {
        return Vec::new();
    };
    let mut list = Vec::new();
    for (key, value) in entries {
        if value.text().is_none() {
            let message = format!("the fixed value of `{}` is a list or a map", key.text);
            reader.wrong("wrong-type", message, value.span.clone());
        } else if let Some(index) = names.iter().position(|name| *name == key.text) {
            list.push((index, value));
        }
    }
    list
}
