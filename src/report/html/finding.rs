//! One finding as the page shows it.

use super::super::account;
use super::super::escape;
use super::super::excerpt::{self, Shown};
use super::super::words::{count, duration};
use crate::verdict::{Excerpt, Finding};

/// Columns of an excerpt and lines of output that a page shows.
const COLUMNS: usize = 700;
const OUTPUT_LINES: usize = 300;

/// A finding.
pub struct FindingView {
    pub message: String,
    pub bytes: Vec<BytesView>,
    pub difference: Option<String>,
    pub fields: Vec<(&'static str, String)>,
    pub source: Option<(String, String)>,
    pub output: Option<(String, String)>,
    pub hint: String,
}

/// Bytes with their first difference.
pub struct BytesView {
    pub name: &'static str,
    pub open: &'static str,
    pub before: String,
    pub mark: String,
    pub after: String,
    pub close: &'static str,
    /// The bytes end where the other side goes on.
    pub ends: bool,
    pub origin: String,
}

/// A finding of which there is only a sentence.
pub fn bare(message: String) -> FindingView {
    FindingView {
        message: escape::block(&message),
        bytes: Vec::new(),
        difference: None,
        fields: Vec::new(),
        source: None,
        output: None,
        hint: String::new(),
    }
}

/// The view of a finding.
pub fn finding(finding: &Finding) -> FindingView {
    let at = finding.differs_at;
    let mut bytes = Vec::new();
    if let Some(sent) = &finding.sent {
        let shown = excerpt::show(sent, None, COLUMNS, excerpt::is_binary(sent));
        bytes.push(bytes_view("sent", sent, None, Some(shown)));
    }
    let (expected, seen) = excerpt::show_both(finding, COLUMNS);
    if let Some(excerpt) = &finding.expected {
        bytes.push(bytes_view("expected", excerpt, at, expected));
    }
    if let Some(excerpt) = &finding.seen {
        bytes.push(bytes_view("got", excerpt, at, seen));
    }
    let mut fields = Vec::new();
    if excerpt::nothing_came(finding) {
        fields.push(("got", "nothing".to_owned()));
    }
    if let Some(last) = &finding.last_seen {
        let when = finding.at_ms.map(|ms| format!(" (after {})", duration(ms)));
        fields.push(("last seen", escape::block(last) + &when.unwrap_or_default()));
    }
    if !finding.packets.is_empty() {
        let numbers: Vec<String> = finding
            .packets
            .iter()
            .take(50)
            .map(u64::to_string)
            .collect();
        fields.push(("in packets", numbers.join(", ")));
    }
    FindingView {
        bytes,
        difference: excerpt::difference(finding),
        fields,
        source: finding.source.as_ref().map(|s| {
            let place = format!("{}, line {}", escape::line(&s.file), s.line);
            (place, escape::line(s.text.trim()))
        }),
        output: finding.output.as_ref().map(output),
        hint: escape::block(&finding.hint),
        ..bare(finding.message.clone())
    }
}

fn bytes_view(
    name: &'static str,
    excerpt: &Excerpt,
    differs_at: Option<u64>,
    shown: Option<Shown>,
) -> BytesView {
    let Some(mut shown) = shown.filter(|_| !excerpt.described) else {
        return BytesView {
            name,
            open: "",
            before: escape::block(&excerpt.bytes.lossy()),
            mark: String::new(),
            after: String::new(),
            close: "",
            ends: false,
            origin: String::new(),
        };
    };
    if shown.hex && shown.mark.ends_with(' ') {
        shown.mark.truncate(shown.mark.len() - 1);
        shown.after.insert(0, ' ');
    }
    let (open, close) = shown.ends();
    BytesView {
        name,
        open,
        ends: differs_at.is_some_and(|at| at >= excerpt.length),
        before: shown.before,
        mark: shown.mark,
        after: shown.after,
        close,
        origin: account::origin(name, excerpt),
    }
}

fn output(output: &Excerpt) -> (String, String) {
    let (lines, left_out) = excerpt::tail(output, OUTPUT_LINES);
    let what = if output.label.is_empty() {
        "the program printed"
    } else {
        &output.label
    };
    let heading = if left_out > 0 {
        format!(
            "{} (the end; {} before it)",
            escape::line(what),
            count(left_out, "byte")
        )
    } else {
        format!("Output: {}", escape::line(what))
    };
    (heading, lines.join("\n"))
}
