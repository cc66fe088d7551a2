//! Meaning: a spec that has the right form → what is wrong with what it says, with places.
//!
//! Everything that would fail while a submission is graded is looked for here: an undefined name, an
//! actor used before it exists, points that do not add up. Knows the language; runs nothing.

mod exercise;
mod parts;
mod scope;
mod steps;
mod texts;
mod wire;

use std::ops::Range;

use crate::diag::Diagnostic;

use super::explain::Seg;
use super::model::Spec;
use super::suggest::{listed, nearest};
use super::tree::{Node, NodeKind};

/// Everything that is wrong with what a spec says, in the order of the text.
pub fn check(spec: &Spec, root: &Node, file: &str, source: &str) -> Vec<Diagnostic> {
    let mut checker = Checker {
        root,
        file,
        source,
        path: Vec::new(),
        found: Vec::new(),
    };
    exercise::check(&mut checker, spec);
    checker.found.sort_by_key(|d| d.span.start);
    checker.found.truncate(MOST_MISTAKES);
    checker.found
}

/// Most mistakes that are told at once; who has more than this reads the first ones only.
const MOST_MISTAKES: usize = 50;

/// Collects what is wrong, with the place of the part that is looked at.
struct Checker<'a> {
    root: &'a Node,
    file: &'a str,
    source: &'a str,
    path: Vec<Seg>,
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    /// Does something one level down.
    fn at_key(&mut self, key: &str, look: impl FnOnce(&mut Self)) {
        self.path.push(Seg::Key(key.to_owned()));
        look(self);
        self.path.pop();
    }

    /// Does something for an item of a list.
    fn at_index(&mut self, index: usize, look: impl FnOnce(&mut Self)) {
        self.path.push(Seg::Index(index));
        look(self);
        self.path.pop();
    }

    /// The place of the present part, or of `more` below it; the nearest part above when it is not written.
    fn place(&self, more: &[Seg]) -> Range<usize> {
        let mut node = self.root;
        let mut span = first_line(self.source, &node.span);
        for seg in self.path.iter().chain(more) {
            let next = match (&node.kind, seg) {
                (NodeKind::List(items), Seg::Index(i)) => items.get(*i),
                (NodeKind::Map(entries), Seg::Key(key)) => {
                    entries.iter().find(|(k, _)| k.text == *key).map(|(k, v)| {
                        // A value that is not there, or a whole block: its key is the place to show.
                        span = k.span.clone();
                        v
                    })
                }
                _ => None,
            };
            let Some(next) = next else {
                return span;
            };
            node = next;
            let written = &self.source[node.span.clone()];
            if !written.is_empty() && (!written.contains('\n') || matches!(seg, Seg::Index(_))) {
                span = first_line(self.source, &node.span);
            }
        }
        span
    }

    /// Reports at a key below the present part; an empty key means the part itself.
    fn report(
        &mut self,
        code: &'static str,
        key: &str,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let more = [Seg::Key(key.to_owned())];
        let span = self.place(if key.is_empty() { &[] } else { &more });
        self.report_at(code, span, message)
    }

    fn report_at(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let diagnostic = Diagnostic::error(code, message, self.file, self.source, span);
        let last = self.found.len();
        self.found.push(diagnostic);
        &mut self.found[last]
    }
}

impl Diagnostic {
    /// Adds a suggestion from the names that would be right.
    fn suggest<S: AsRef<str>>(&mut self, name: &str, known: &[S], none: &str) {
        self.help = Some(match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => none.to_owned(),
            None => format!("known here: {}", listed(known)),
        });
    }
}

fn first_line(source: &str, span: &Range<usize>) -> Range<usize> {
    let written = source.get(span.clone()).unwrap_or("");
    let line = written.split('\n').next().unwrap_or("").trim_end();
    span.start..span.start + line.len()
}

#[cfg(test)]
mod tests;
