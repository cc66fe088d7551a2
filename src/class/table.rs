//! CSV text ↔ rows, and edits of single cells that leave all other bytes alone (RFC 4180 quoting).

use std::ops::Range;

/// Cells of a line.
pub(super) type Row = Vec<String>;

/// Rows of a CSV text, and its delimiter: comma or semicolon, whichever the first line has more of.
pub(super) fn read(text: &str) -> (Vec<Row>, char) {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or("");
    let delimiter = if first.matches(';').count() > first.matches(',').count() {
        ';'
    } else {
        ','
    };
    let rows = spans_with(text, delimiter);
    (
        rows.into_iter()
            .map(|row| row.into_iter().map(|span| value(text, span)).collect())
            .collect(),
        delimiter,
    )
}

/// Where the cells of each line are, quotes included. Empty lines are left out.
pub(super) fn spans(text: &str) -> Vec<Vec<Range<usize>>> {
    spans_with(text, ',')
}

fn spans_with(text: &str, delimiter: char) -> Vec<Vec<Range<usize>>> {
    let mut rows = Vec::new();
    let mut row: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            c if c == delimiter => {
                row.push(start..at);
                start = at + c.len_utf8();
            }
            '\n' => {
                let end = if text[start..at].ends_with('\r') {
                    at - 1
                } else {
                    at
                };
                row.push(start..end);
                finish(&mut rows, &mut row);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < text.len() || !row.is_empty() {
        row.push(start..text.len());
        finish(&mut rows, &mut row);
    }
    rows
}

fn finish(rows: &mut Vec<Vec<Range<usize>>>, row: &mut Vec<Range<usize>>) {
    let full = std::mem::take(row);
    if full.len() > 1 || full.first().is_some_and(|span| !span.is_empty()) {
        rows.push(full);
    }
}

/// The value of a cell: without its quotes.
pub(super) fn value(text: &str, span: Range<usize>) -> String {
    let raw = text.get(span).unwrap_or("").trim_start_matches('\u{feff}');
    match raw.strip_prefix('"').and_then(|r| r.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => raw.to_owned(),
    }
}

/// A value as a cell, in quotes if it needs them.
pub(super) fn quoted(value: &str, delimiter: char) -> String {
    if value.contains([delimiter, '"', '\n', '\r']) || value.starts_with(' ') {
        return format!("\"{}\"", value.replace('"', "\"\""));
    }
    value.to_owned()
}

/// Rows as CSV text.
pub(super) fn write(rows: &[Row], delimiter: char) -> String {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell, delimiter)).collect();
        text.push_str(&cells.join(&delimiter.to_string()));
        text.push('\n');
    }
    text
}

/// The text with some spans replaced, which must not overlap.
pub(super) fn splice(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len() + 64 * edits.len());
    let mut at = 0;
    for (span, new) in edits {
        out.push_str(text.get(at..span.start).unwrap_or(""));
        out.push_str(&new);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_quotes_delimiters_and_line_ends_are_one_cell() {
        let (rows, delimiter) = read("a;b\r\n\"x;\"\"y\"\"\nz\";2\r\n\r\n");
        assert_eq!(delimiter, ';');
        assert_eq!(rows, [["a", "b"], ["x;\"y\"\nz", "2"]]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let rows = vec![vec![
            "a,b".to_owned(),
            "\"q\"".to_owned(),
            "l\nl".to_owned(),
            String::new(),
        ]];
        assert_eq!(read(&write(&rows, ',')).0, rows);
    }
}
