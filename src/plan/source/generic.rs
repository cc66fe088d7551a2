//! What shows in programs of any language.

use regex::Regex;
use std::collections::BTreeMap;

use super::Text;
use crate::constant::{pattern, source};
use crate::event::SourceNote;

pattern!(
    RECEIVES,
    &source(r"\b(?:recv|recvfrom|recv_from|recv_into|recvfrom_into|read|receive)\s*\(")
);
pattern!(
    READS_LINES,
    &source(
        r"\.makefile\(|\.readline\(|\bfgets\s*\(|\bgetline\s*\(|\.readLine\(|read_line\(|\.lines\(|ReadString\("
    )
);
pattern!(
    FOLDS_CASE,
    r"(?i)lower|upper|casefold|equalsIgnoreCase|strcasecmp|strncasecmp|eq_ignore_ascii_case|EqualFold|swapcase|IGNORECASE"
);
pattern!(STRING, r#""((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'"#);
// Python's recv(512), C's recv(fd, buf, 512, 0) and recv(fd, buf, sizeof buf, 0).
pattern!(
    SIZE,
    &source(r"\brecv(?:from)?\s*\(\s*(?:[^,()]+,\s*[^,()]+,\s*)?(?:sizeof\s*\(?\s*)?(\w+)")
);
pattern!(
    CONSTANT,
    &source(
        r"(?:#define\s+(\w+)\s+|\b(\w+)\s*(?::\s*\w+\s*)?=\s*)(\d{1,7})\b|\b(\w+)\s*\[\s*(\w+)\s*\]\s*[;=,]"
    )
);
pattern!(
    BUFFER,
    &source(r"new\s+byte\s*\[\s*(\w+)\s*\]|\[0(?:u8)?;\s*(\w+)\]")
);
pattern!(PRINTF, &source(r#"\bprintf\s*\(\s*"(?:[^"\\]|\\.)*""#));
pattern!(
    FLUSHES,
    &source(r"\bfflush\b|\bsetv?buf\b|\.flush\s*\(|flush\s*=")
);
pattern!(
    WRITER,
    &source(r"new\s+(?:PrintWriter|BufferedWriter|BufferedOutputStream)\s*\(")
);
// A statement of its own: nobody looks at how much was taken.
pattern!(SENDS, &source(r"^\s*(?:[\w.\[\]]+\.)?send\s*\("));

pub fn look(text: &Text<'_>, notes: &mut Vec<SourceNote>) {
    receiving(text, notes);
    flushing(text, notes);
    for (index, line) in text.code.iter().enumerate() {
        if SENDS.is_match(line) {
            notes.push(text.note("send-unchecked", index));
        }
    }
    for (index, line) in text.kept.iter().enumerate() {
        for found in STRING.captures_iter(line) {
            let inside = found.get(1).or(found.get(2)).map_or("", |all| all.as_str());
            if inside.len() > 1 {
                notes.push(text.note_of("literal", index, inside));
            }
        }
    }
}

/// What is missing in all files of a program together.
pub fn missing(texts: &[Text<'_>], notes: &mut Vec<SourceNote>) {
    let Some(main) = texts.first() else { return };
    if !texts
        .iter()
        .any(|text| text.looped.iter().any(Option::is_some))
    {
        notes.push(main.note_of("no-loop", 0, ""));
    }
    let receives = |text: &Text<'_>| text.code.iter().any(|line| RECEIVES.is_match(line));
    if !texts.iter().any(receives) {
        notes.push(main.note_of("no-receive", 0, ""));
    }
    let folds = |text: &Text<'_>| text.code.iter().any(|line| FOLDS_CASE.is_match(line));
    if !texts.iter().any(folds) {
        notes.push(main.note_of("no-case-folding", 0, ""));
    }
}

fn receiving(text: &Text<'_>, notes: &mut Vec<SourceNote>) {
    let constants = constants(text);
    let number = |word: &str| -> Option<u64> {
        word.parse()
            .ok()
            .or_else(|| constants.get(word)?.parse().ok())
            .or_else(|| constants.get(constants.get(word)?.as_str())?.parse().ok())
    };
    // A loop that accepts a client in each turn receives from each client once.
    let accepting: Vec<usize> = text
        .code
        .iter()
        .zip(&text.looped)
        .filter(|(line, _)| line.contains("accept("))
        .filter_map(|(_, begin)| *begin)
        .collect();
    let mut once = None;
    let mut again = false;
    for (index, line) in text.code.iter().enumerate() {
        if READS_LINES.is_match(line) {
            notes.push(text.note("reads-lines", index));
        }
        if RECEIVES.is_match(line) {
            once.get_or_insert(index);
            again |= text.looped[index].is_some_and(|begin| !accepting.contains(&begin));
        }
        let size = SIZE.captures(line).and_then(|found| found.get(1));
        let made = || {
            let found = BUFFER.captures(line)?;
            found.get(1).or(found.get(2))
        };
        if let Some(size) = size.or_else(made).and_then(|word| number(word.as_str())) {
            notes.push(text.note_of("buffer", index, &size.to_string()));
        }
    }
    if let (Some(index), false) = (once, again) {
        notes.push(text.note("reads-once", index));
    }
}

/// Names of numbers and of arrays, with the number or the name of it.
fn constants(text: &Text<'_>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for line in &text.code {
        for found in CONSTANT.captures_iter(line) {
            let group = |at: usize| found.get(at).map(|part| part.as_str().to_owned());
            let pair = match (group(1).or(group(2)), group(3), group(4), group(5)) {
                (Some(name), Some(number), ..) => (name, number),
                (_, _, Some(array), Some(size)) => (array, size),
                _ => continue,
            };
            names.entry(pair.0).or_insert(pair.1);
        }
    }
    names
}

/// Output that may stay in a buffer of the program.
fn flushing(text: &Text<'_>, notes: &mut Vec<SourceNote>) {
    if text.code.iter().any(|line| FLUSHES.is_match(line)) {
        return;
    }
    for (index, line) in text.kept.iter().enumerate() {
        let no_newline = PRINTF
            .find(line)
            .is_some_and(|call| !call.as_str().ends_with("\\n\""));
        let writer = WRITER.is_match(line) && !line.contains(", true");
        let open_end = text.python && line.contains("print(") && line.contains("end=");
        if (!text.python && (no_newline || writer)) || open_end {
            notes.push(text.note("unflushed", index));
        }
    }
}
