//! Loading: the text of a spec file → [`Spec`], or everything that is wrong with it.
//!
//! Three passes: text → tree ([`super::tree`]), tree → types ([`super::de`]), types → meaning
//! ([`super::check`]). Each later pass runs only when the earlier ones found nothing.

use serde::Deserialize as _;

use crate::diag::Diagnostic;

use super::check;
use super::de::{DeError, DeErrorKind, NodeDeserializer};
use super::explain::{Seg, diagnostic, path_to};
use super::model::Spec;
use super::suggest::nearest;
use super::tree::{self, Key, Node, NodeKind};

/// Largest spec file: 256 KiB.
pub const LARGEST_FILE: usize = 256 << 10;

/// Most mistakes of form that are told at once.
const MOST_MISTAKES: usize = 20;

/// Reads a spec. `file` is its name as diagnostics show it; the exercise must bear the same name.
pub fn load(text: &str, file: &str) -> Result<Spec, Vec<Diagnostic>> {
    let (root, spec) = read(text, file)?;
    let found = check::check(&spec, &root, file, text);
    if found.is_empty() {
        Ok(spec)
    } else {
        Err(found)
    }
}

/// Reads a spec that was checked before, as [`load`] does, in a third of the time: mistakes of form are still found.
pub fn load_checked(text: &str, file: &str) -> Result<Spec, Vec<Diagnostic>> {
    read(text, file).map(|(_, spec)| spec)
}

fn read(text: &str, file: &str) -> Result<(Node, Spec), Vec<Diagnostic>> {
    let root = tree::parse(text, file, LARGEST_FILE).map_err(|d| vec![*d])?;
    let spec = types(&root, file, text)?;
    Ok((root, spec))
}

/// Reads a part of a spec by itself, for tests of examples.
#[cfg(test)]
fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let root = tree::parse(text, "part", LARGEST_FILE).map_err(|d| d.to_string())?;
    T::deserialize(NodeDeserializer(&root)).map_err(|e| e.to_string())
}

/// Reads one step.
#[cfg(test)]
pub(crate) fn step(text: &str) -> Result<super::step::Step, String> {
    part(text)
}

/// Reads a list of steps.
#[cfg(test)]
pub(crate) fn steps(text: &str) -> Result<Vec<super::step::Step>, String> {
    part(text)
}

/// Reads a list of wire assertions.
#[cfg(test)]
pub(crate) fn assertions(text: &str) -> Result<Vec<super::wire::WireCheck>, String> {
    part(text)
}

/// Fills the types; after a mistake goes on without the faulty part, to find the next one.
fn types(root: &Node, file: &str, text: &str) -> Result<Spec, Vec<Diagnostic>> {
    let mut error = match Spec::deserialize(NodeDeserializer(root)) {
        Ok(spec) => return Ok(spec),
        Err(error) => error,
    };
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut rest = root.clone();
    loop {
        let span = error.span.as_ref();
        let path = span.map_or(Vec::new(), |span| path_to(&rest, span));
        found.push(diagnostic(&error, &path, &rest, file, text));
        let enough = found.len() >= MOST_MISTAKES;
        if enough || !replace_word(&mut rest, &path, &error) && !remove(&mut rest, &path, &error) {
            return Err(found);
        }
        match Spec::deserialize(NodeDeserializer(&rest)) {
            Ok(_) => return Err(found),
            Err(next) => error = next,
        }
    }
}

/// Puts the word that was probably meant in place of an unknown one, so that nothing else seems wrong
/// because of it; false when none is near.
fn replace_word(root: &mut Node, path: &[Seg], error: &DeError) -> bool {
    let (DeErrorKind::UnknownKey(word, known) | DeErrorKind::UnknownWord(word, known)) =
        &error.kind
    else {
        return false;
    };
    let Some(near) = nearest(word, known) else {
        return false;
    };
    let Some((Seg::Key(_), way)) = path.split_last() else {
        return false;
    };
    let Some(NodeKind::Map(entries)) = descend(root, way).map(|node| &mut node.kind) else {
        return false;
    };
    let taken = entries.iter().any(|(key, _)| key.text == near);
    match entries.iter_mut().find(|(key, _)| key.text == *word) {
        Some((key, _)) if !taken => {
            key.text = near;
            true
        }
        _ => false,
    }
}

/// Takes the faulty part away; false when nothing would be left to look at.
fn remove(root: &mut Node, path: &[Seg], error: &DeError) -> bool {
    if let (DeErrorKind::UnknownKey(..), Some((Seg::Key(key), way))) =
        (&error.kind, path.split_last())
    {
        return descend(root, way).is_some_and(|node| drop_key(node, key));
    }
    if let Some(last) = path.iter().rposition(|seg| matches!(seg, Seg::Index(_))) {
        return match (
            descend(root, &path[..last]).map(|n| &mut n.kind),
            &path[last],
        ) {
            (Some(NodeKind::List(items)), Seg::Index(index)) if *index < items.len() => {
                items.remove(*index);
                true
            }
            _ => false,
        };
    }
    let key = match (&error.kind, path.first()) {
        (DeErrorKind::Missing(field), None) => *field,
        (_, Some(Seg::Key(key))) => key.as_str(),
        _ => return false,
    };
    let removed = drop_key(root, key);
    match (&mut root.kind, stand_in(key)) {
        (NodeKind::Map(entries), Some(node)) => {
            entries.push(node);
            true
        }
        _ => removed,
    }
}

fn descend<'a>(root: &'a mut Node, path: &[Seg]) -> Option<&'a mut Node> {
    path.iter()
        .try_fold(root, |node, seg| match (&mut node.kind, seg) {
            (NodeKind::List(items), Seg::Index(i)) => items.get_mut(*i),
            (NodeKind::Map(entries), Seg::Key(key)) => entries
                .iter_mut()
                .find(|(k, _)| k.text == *key)
                .map(|(_, v)| v),
            _ => None,
        })
}

fn drop_key(node: &mut Node, key: &str) -> bool {
    let NodeKind::Map(entries) = &mut node.kind else {
        return false;
    };
    let before = entries.len();
    entries.retain(|(k, _)| k.text != key);
    entries.len() < before
}

/// An entry of the right type for a key that every spec has, in place of a faulty one.
fn stand_in(key: &str) -> Option<(Key, Node)> {
    let kind = match key {
        "version" | "points" => NodeKind::Scalar {
            text: "1".into(),
            plain: true,
        },
        "exercise" | "title" => NodeKind::Scalar {
            text: "x".into(),
            plain: false,
        },
        "checks" => NodeKind::List(Vec::new()),
        _ => return None,
    };
    let key = Key {
        span: 0..0,
        text: key.to_owned(),
    };
    Some((key, Node { span: 0..0, kind }))
}
