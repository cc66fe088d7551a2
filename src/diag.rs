//! Diagnostics: mistakes in a text that a person wrote (a spec, an answers file) → a message that shows
//! the place, says what is wrong and what to write instead. Pure; knows nothing of the spec language.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// It can be used, but probably does not say what was meant.
    Warning,
}

/// A mistake and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Its stable name, in kebab-case: `unknown-key`, `wrong-type` …
    pub code: &'static str,
    /// What is wrong, as one sentence with a lower-case start.
    pub message: String,
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The faulty part of the text, in bytes.
    pub span: Range<usize>,
    /// A few words at the faulty part; may be empty.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span` of `source`; line and column are computed from it.
    pub fn error(
        code: &'static str,
        message: impl Into<String>,
        file: &str,
        source: &str,
        span: Range<usize>,
    ) -> Self {
        let span = whole_characters(source, span);
        let (line, column) = position(source, span.start);
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            file: file.to_owned(),
            line,
            column,
            span,
            label: String::new(),
            help: None,
        }
    }

    /// Adds a few words at the faulty part.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Makes it a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `file:line:column: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )
    }
}

/// Line and column (in characters), both from 1, of a byte offset.
pub fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = &source[..floor(source, offset)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// Renders diagnostics of one text with the lines they are about, in the order of their places.
pub fn render(diagnostics: &[Diagnostic], source: &str, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|d| (d.span.start, d.severity));
    let mut out = String::new();
    for diagnostic in sorted {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&renderer.render(&groups(diagnostic, source)));
        out.push('\n');
    }
    out
}

/// Columns that are still shown of a line: a line of 200 kB must not flood a terminal.
const WIDEST: usize = 2000;

fn groups<'a>(diagnostic: &'a Diagnostic, source: &'a str) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // The text may have changed since the diagnostic was made.
    let span = whole_characters(source, diagnostic.span.clone());
    let (from, to) = lines_around(source, &span);
    let shown = &source[from..to];
    let span = span.start - from..span.end.clamp(span.start, to) - from;
    let mut annotation = AnnotationKind::Primary.span(span);
    if !diagnostic.label.is_empty() {
        annotation = annotation.label(diagnostic.label.as_str());
    }
    let (line, column) = position(source, diagnostic.span.start);
    let snippet = Snippet::source(shown)
        .line_start(position(source, from).0)
        .annotation(annotation);
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let cut = from > 0 && !source[..from].ends_with('\n');
    let mut group = if cut {
        // The columns of a line that is shown in part must be told, or they would be those of the part.
        let place = Origin::path(diagnostic.file.as_str()).line(line);
        title.element(place.char_column(column)).element(snippet)
    } else {
        title.element(snippet.path(diagnostic.file.as_str()))
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    vec![group]
}

/// The byte range of the lines that a span touches, cut where a line is absurdly long.
fn lines_around(source: &str, span: &Range<usize>) -> (usize, usize) {
    let begin = source[..span.start].rfind('\n').map_or(0, |i| i + 1);
    let begin = begin.max(floor(source, span.start.saturating_sub(WIDEST)));
    let end = source[span.end..]
        .find('\n')
        .map_or(source.len(), |i| span.end + i);
    let end = end.min(floor(source, span.start + WIDEST)).max(span.start);
    (begin, end)
}

/// The largest character boundary that is not after `offset`.
fn floor(source: &str, offset: usize) -> usize {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn whole_characters(source: &str, span: Range<usize>) -> Range<usize> {
    let start = floor(source, span.start);
    start..floor(source, span.end.max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_diagnostic_shows_place_line_label_and_help() {
        let source = "a: 1\nstpes: é\n";
        let d = Diagnostic::error(
            "unknown-key",
            "unknown key `stpes`",
            "x.yaml",
            source,
            5..10,
        )
        .label("not a key")
        .help("did you mean `steps`?");
        assert_eq!((d.line, d.column), (2, 1));
        let shown = render(&[d], source, false);
        for part in [
            "error[unknown-key]",
            "x.yaml:2:1",
            "2 | stpes: é",
            "^^^^^ not a key",
            "did you mean `steps`?",
        ] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn spans_off_the_text_or_inside_a_character_do_not_panic() {
        for span in [0..0, 3..900, 900..901, 2..2, 1..2] {
            let d = Diagnostic::error("c", "m", "f", "aé\n", span);
            render(&[d], "aé\n", true);
        }
        render(&[Diagnostic::error("c", "m", "f", "", 0..0)], "", false);
        let long = "x".repeat(1 << 20);
        let d = Diagnostic::error("c", "m", "f", &long, 500_000..500_001);
        let shown = render(&[d], &long, false);
        assert!(shown.len() < 20_000);
        assert!(shown.contains("--> f:1:500001"), "{shown}");
    }
}
