//! What serde did not accept, in an author's words: an error with its place → a diagnostic.

use std::ops::Range;

use crate::diag::Diagnostic;

use super::de::{DeError, DeErrorKind};
use super::suggest::{listed, nearest};
use super::tree::{Node, NodeKind};

/// One way down from a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seg {
    /// To the value of a key.
    Key(String),
    /// To an item of a list, from 0.
    Index(usize),
}

/// The way from the root to the innermost node that holds `span`, or to the entry whose key it is.
pub fn path_to(root: &Node, span: &Range<usize>) -> Vec<Seg> {
    let mut path = Vec::new();
    let mut node = root;
    let holds = |outer: &Range<usize>| outer.start <= span.start && span.end <= outer.end;
    loop {
        let next = match &node.kind {
            NodeKind::List(items) => items
                .iter()
                .position(|item| holds(&item.span))
                .map(|i| (Seg::Index(i), &items[i], false)),
            NodeKind::Map(entries) => entries.iter().find_map(|(key, value)| {
                let is_key = key.span == *span;
                (is_key || holds(&value.span)).then(|| (Seg::Key(key.text.clone()), value, is_key))
            }),
            NodeKind::Scalar { .. } => None,
        };
        // A map or list that is itself meant begins where its first entry begins.
        let Some((seg, inner, last)) =
            next.filter(|(_, inner, key)| *key || node.span != *span || inner.span == *span)
        else {
            return path;
        };
        path.push(seg);
        if last {
            return path;
        }
        node = inner;
    }
}

/// The diagnostic for an error, which lies at `path`.
pub fn diagnostic(
    error: &DeError,
    path: &[Seg],
    root: &Node,
    file: &str,
    source: &str,
) -> Diagnostic {
    let span = error.span.clone().unwrap_or_else(|| root.span.clone());
    let place = first_line(source, span);
    let at = |code, message: String| Diagnostic::error(code, message, file, source, place.clone());
    match &error.kind {
        DeErrorKind::UnknownKey(key, valid) => {
            let d = at(
                "unknown-key",
                format!("unknown key `{key}`{}", inside(path, true)),
            );
            suggest(d.label("no such key here"), key, valid, "keys")
        }
        DeErrorKind::UnknownWord(word, valid) => {
            let is_step = valid.contains(&"still_running");
            let (code, what) = match (is_step, valid.contains(&"first_fin")) {
                (true, _) => ("unknown-step", "unknown step"),
                (_, true) => ("unknown-assertion", "unknown wire assertion"),
                _ => ("unknown-word", "unknown word"),
            };
            let d = at(code, format!("{what} `{word}`{}", inside(path, is_step)));
            suggest(d.label("not known"), word, valid, "words")
        }
        DeErrorKind::Missing(field) => at(
            "missing-key",
            format!("the key `{field}` is missing{}", inside(path, false)),
        )
        .label(format!("`{field}` belongs in here")),
        DeErrorKind::WrongType(found, expected) => wrong_type(found, expected, path, at),
        DeErrorKind::NotOneKey(keys) => not_one_key(keys, at),
        DeErrorKind::Other(message) => at("wrong-value", message.clone()),
    }
}

fn wrong_type(
    found: &str,
    expected: &str,
    path: &[Seg],
    at: impl Fn(&'static str, String) -> Diagnostic,
) -> Diagnostic {
    let wanted = in_words(expected);
    let subject = match path.last() {
        Some(Seg::Key(key)) => format!("`{key}`"),
        Some(Seg::Index(i)) => format!("entry {}", i + 1),
        None => "the file".into(),
    };
    let d = if found == "nothing" {
        at(
            "wrong-type",
            format!("{subject} is empty; it must be {wanted}"),
        )
    } else {
        at(
            "wrong-type",
            format!("{subject} must be {wanted}, not {found}"),
        )
    };
    let d = d.label(format!("not {wanted}"));
    match found {
        "`yes`" | "`on`" | "`Yes`" | "`On`" if expected == "a boolean" => d.help("write `true`"),
        "`no`" | "`off`" | "`No`" | "`Off`" if expected == "a boolean" => d.help("write `false`"),
        _ => d,
    }
}

fn not_one_key(keys: &[String], at: impl Fn(&'static str, String) -> Diagnostic) -> Diagnostic {
    let Some((first, rest)) = keys.split_first() else {
        return at(
            "not-one-key",
            "this entry is an empty map; it must be one word with its keys".into(),
        );
    };
    at(
        "not-one-key",
        format!(
            "an entry is one word; here are {}: {}",
            keys.len(),
            listed(keys)
        ),
    )
    .help(format!(
        "indent {} deeper than `{first}`, or begin a new entry with `- `",
        listed(rest)
    ))
}

fn suggest(d: Diagnostic, word: &str, valid: &[&str], what: &str) -> Diagnostic {
    match nearest(word, valid) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None if valid.is_empty() => d.help("no keys are possible here"),
        None => d.help(format!("{what} that are possible here: {}", listed(valid))),
    }
}

/// ` in …`: the nearest named thing around the end of a path.
fn inside(path: &[Seg], leave_last: bool) -> String {
    let end = path.len() - usize::from(leave_last && !path.is_empty());
    path[..end]
        .iter()
        .rev()
        .find_map(|seg| match seg {
            Seg::Key(key) => Some(format!(" in `{key}`")),
            Seg::Index(_) => None,
        })
        .unwrap_or_default()
}

/// serde's name of what it wants, in an author's words.
fn in_words(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".into(),
        "i32" | "i64" => "a whole number".into(),
        "f64" | "f32" => "a number".into(),
        "a boolean" => "`true` or `false`".into(),
        "a string" | "a borrowed string" => "a text".into(),
        "a sequence" => "a list (`- …` or `[…]`)".into(),
        "enum Step" => "a step: one word with its keys, such as `- start: server`".into(),
        "enum WireCheck" => {
            "an assertion: one word with its keys, such as `- no_reset: true`".into()
        }
        other if other.starts_with("struct ") || other == "a map" => "a map (`key: value`)".into(),
        other if other.starts_with("enum ") => "a word".into(),
        other => other.to_owned(),
    }
}

/// A place that spans many lines would bury the message: only its first line is shown.
fn first_line(source: &str, span: Range<usize>) -> Range<usize> {
    let end = span.end.min(source.len());
    let written = source.get(span.start..end).unwrap_or("");
    let line = written.split('\n').next().unwrap_or("").trim_end();
    span.start..span.start + line.len()
}
