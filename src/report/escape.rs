//! Foreign text → the same text, inert in its target. The only place where reports escape.
//!
//! HTML is not here: the templates escape every value by themselves. Everything that a student can choose
//! (output, file names, the submission's key) and everything made from it (messages, hints) goes through
//! one of these functions before it enters a report.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// Marks stacked on one character beyond this many are shown as escapes: more only smear over the lines around.
const MARKS_PER_CHARACTER: usize = 2;

/// Whether a character is drawn as itself. Controls, invisible characters, and those that turn the
/// direction of text around are not.
fn is_plain(c: char, marks: &mut usize) -> bool {
    if c.is_control() || is_direction_or_filler(c) {
        return false;
    }
    if c.width().unwrap_or(0) == 0 {
        *marks += 1;
        return *marks <= MARKS_PER_CHARACTER;
    }
    *marks = 0;
    true
}

/// Characters that draw nothing or reorder their surroundings (Unicode's Bidi_Control, Default_Ignorable
/// and the noncharacters), beyond those without width.
fn is_direction_or_filler(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Appends one character as an escape: `\n`, `\x1b`, `\u{202e}`.
fn push_escape(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if (c as u32) < 0x80 => {
            let _ = write!(out, "\\x{:02x}", c as u32);
        }
        c => {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
    }
}

/// Text as one line that is safe on a terminal and in every target that takes plain text: no control
/// character, no invisible one, no change of direction, and no `##[`, which old runners read as a command.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        if is_plain(c, &mut marks) {
            out.push(c);
        } else {
            push_escape(&mut out, c);
        }
    }
    disarm_old_commands(out)
}

/// Text as [`line()`] gives it, with line breaks kept, tabs as four spaces, and no line that runners of
/// workflows would take for a command.
pub fn block(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|l| {
            disarm_commands(line(
                &l.strip_suffix('\r').unwrap_or(l).replace('\t', "    "),
            ))
        })
        .collect();
    lines.join("\n")
}

/// GitHub's second runner syntax takes a line that begins with two colons and a name, after white space, for a
/// command. The address `::1` is none: names are letters.
pub fn disarm_commands(line: String) -> String {
    let begin = line.len() - line.trim_start().len();
    let name = line[begin..].strip_prefix("::");
    if name.is_some_and(|name| !name.starts_with(|c: char| c.is_ascii_digit())) {
        let mut line = line;
        line.replace_range(begin..=begin, "\\x3a");
        return line;
    }
    line
}

/// GitHub's first runner syntax takes `##[name]` anywhere in a line for a command.
fn disarm_old_commands(text: String) -> String {
    if text.contains("##[") {
        text.replace("##[", "##\\x5b")
    } else {
        text
    }
}

/// One character of a stream of bytes as a reader sees it: its escape if it is not plain. A backslash and
/// a double quote are escaped too, because bytes are shown between quotes.
pub fn byte_char(c: char) -> String {
    let mut out = String::new();
    match c {
        '\\' => out.push_str("\\\\"),
        '"' => out.push_str("\\\""),
        c if is_plain(c, &mut 0) && c.width().unwrap_or(0) > 0 => out.push(c),
        c if (c as u32) < 0x80 || c.is_control() && (c as u32) < 0x100 => {
            if (c as u32) < 0x80 {
                push_escape(&mut out, c);
            } else {
                for b in c.to_string().bytes() {
                    let _ = write!(out, "\\x{b:02x}");
                }
            }
        }
        c => push_escape(&mut out, c),
    }
    out
}

/// Text for XML 1.0, still to be entity-escaped by the XML writer: characters that no XML document may
/// hold (most controls, U+FFFE, U+FFFF) appear as escapes; line breaks stay.
pub fn xml(text: &str) -> String {
    block(text)
}

/// Text inside a Markdown paragraph or table cell: every character that means something is escaped, also
/// in GitHub's dialect (mentions, issue numbers, bare links).
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An empty comment parts what would be read as a mention of a person or of an issue.
            '@' => out.push_str("@<!-- -->"),
            '#' => out.push_str("\\#<!-- -->"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | ':'
            | '$' | '^' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // At the start of a line these would begin a list or a heading.
    if out.starts_with(['-', '+', '=']) {
        out.insert(0, '\\');
    }
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && out[digits..].starts_with('.') {
        out.insert(digits, '\\');
    }
    // `www.` starts a bare link.
    out.replace("www.", "www<!-- -->.")
}

/// Text as a Markdown code span, in backticks enough that none inside ends it.
pub fn code_span(text: &str) -> String {
    let text = line(text);
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    // A table cell ends at a bar even inside a code span, unless it is escaped.
    let text = text.replace('|', "\\|");
    if text.is_empty() {
        return String::new();
    }
    format!("{ticks} {text} {ticks}")
}

/// Text as a fenced Markdown code block, in a fence longer than any run of backticks inside.
pub fn fenced(text: &str) -> String {
    let body = block(text);
    let fence = "`".repeat(longest_run(&body, '`').max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", body.trim_end_matches('\n'))
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// The message of a GitHub workflow command; line breaks stay, encoded.
pub fn github_message(text: &str) -> String {
    block(text).replace('%', "%25").replace('\n', "%0A")
}

/// A property (`title=`, `file=`) of a GitHub workflow command.
pub fn github_property(text: &str) -> String {
    line(text)
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

/// A piece of a JSON string in which quotes, backslashes and the controls of ASCII are escaped already:
/// what is not drawn as itself in its `\u` form, and no `##[`. The value stays the same.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        if is_plain(c, &mut marks) && !(c == '[' && out.ends_with("##")) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// A text cell of a CSV file, so that no spreadsheet takes it for a formula (the CSV writer adds quotes).
pub fn csv_text(text: &str) -> String {
    let text = line(text);
    let first = text.trim_start().chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    );
    // A tab or carriage return in front has become a visible escape, which begins with a backslash.
    if formula { format!("'{text}") } else { text }
}

/// Text as a double-quoted YAML scalar on one line.
pub fn yaml(text: &str) -> String {
    let text = line(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

/// The description of a TAP test point.
pub fn tap(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('#', "\\#")
}

/// Text for VPL's evaluator, whose tags would otherwise set the grade or end the comment.
pub fn vpl(text: &str) -> String {
    block(text)
        .replace(":=>>", ": =>>")
        .replace("<|--", "<| --")
        .replace("--|>", "-- |>")
}

/// Text inside the JSON lines that Autolab reads: it puts quotes around every word in front of a colon,
/// also inside a string, so no letter or digit may stand directly before a colon.
pub fn autolab(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        if c == ':' && out.ends_with(|p: char| p.is_ascii_alphanumeric()) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests;
