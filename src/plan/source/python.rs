//! What shows in Python programs.

use regex::Regex;
use std::collections::BTreeSet;

use super::Text;
use crate::constant::{pattern, source};
use crate::event::SourceNote;
use crate::plan::files::{Files, base_name, folder_of};

pattern!(TARGET_CALLED, &source(r"\btarget\s*=\s*[\w.]+\s*\("));
pattern!(RUN, &source(r"\.run\(\s*\)"));
pattern!(JOIN, &source(r"^\s*[\w.\[\]]+\.join\(\s*[\d.]*\s*\)"));
pattern!(CONNECT, r"\.connect(?:_ex)?\(|\bcreate_connection\(");
pattern!(LISTENER, &source(r"\b(\w+)\.listen\("));
pattern!(
    RECEIVED,
    &source(
        r"^\s*(?:async\s+)?(?:if\s+|while\s+)?\(?\s*(\w+)(?:\s*,\s*\w+)?\s*:?=\s*.*\.(?:recv|recvfrom|read|readline|readuntil)\("
    )
);
pattern!(PRINT, &source(r"\bprint\s*\((.*)\)\s*$"));

/// Modules of the standard library that programs about sockets import. A file of the same name beside the
/// program takes their place.
const MODULES: [&str; 40] = [
    "argparse",
    "asyncio",
    "binascii",
    "calendar",
    "code",
    "collections",
    "copy",
    "csv",
    "datetime",
    "email",
    "enum",
    "errno",
    "http",
    "io",
    "ipaddress",
    "json",
    "logging",
    "math",
    "os",
    "queue",
    "random",
    "re",
    "select",
    "selectors",
    "signal",
    "socket",
    "socketserver",
    "ssl",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "token",
    "types",
    "typing",
    "urllib",
];

pub fn look(text: &Text<'_>, notes: &mut Vec<SourceNote>) {
    threads(text, notes);
    listeners(text, notes);
    compared(text, notes);
    for (index, line) in text.code.iter().enumerate() {
        if text.looped[index].is_some() && CONNECT.is_match(line) {
            notes.push(text.note("connect-in-loop", index));
        }
        if prints_constant(line, text.kept[index]) {
            notes.push(text.note("prints-constant", index));
        }
    }
}

/// Files beside the program that have the name of a module of the standard library.
pub fn shadowed(files: &Files, main: &str, notes: &mut Vec<SourceNote>) {
    let folder = folder_of(main);
    for path in files.paths().filter(|path| folder_of(path) == folder) {
        let module = base_name(path).strip_suffix(".py").unwrap_or_default();
        if MODULES.contains(&module) {
            notes.push(SourceNote {
                what: "shadows-module".into(),
                file: path.to_owned(),
                line: 1,
                text: module.to_owned(),
            });
        }
    }
}

fn threads(text: &Text<'_>, notes: &mut Vec<SourceNote>) {
    if !text.code.iter().any(|line| line.contains("Thread")) {
        return;
    }
    for (index, line) in text.code.iter().enumerate() {
        let what = if TARGET_CALLED.is_match(line) {
            "thread-called"
        } else if RUN.is_match(line) {
            "thread-run"
        } else if text.looped[index].is_some() && JOIN.is_match(line) {
            "thread-joined"
        } else {
            continue;
        };
        notes.push(text.note(what, index));
    }
}

/// The listening socket, used as if it were a connection.
fn listeners(text: &Text<'_>, notes: &mut Vec<SourceNote>) {
    let names: BTreeSet<&str> = text
        .code
        .iter()
        .filter_map(|line| Some(LISTENER.captures(line)?.get(1)?.as_str()))
        .collect();
    for (index, line) in text.code.iter().enumerate() {
        for name in &names {
            let calls = |method: &str| has_call(line, name, method);
            if ["recv", "send", "sendall"].into_iter().any(calls) {
                notes.push(text.note("data-on-listener", index));
            } else if text.looped[index].is_some() && calls("close") {
                notes.push(text.note("listener-closed", index));
            }
        }
    }
}

/// `name.method(` in a line, and not the end of a longer name.
fn has_call(line: &str, name: &str, method: &str) -> bool {
    let call = format!("{name}.{method}(");
    line.match_indices(&call).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '.'))
    })
}

/// What `recv()` returned, compared with a text: bytes and str are never equal.
fn compared(text: &Text<'_>, notes: &mut Vec<SourceNote>) {
    let mut raw: BTreeSet<String> = BTreeSet::new();
    for (index, line) in text.code.iter().enumerate() {
        let decodes = |line: &str| line.contains("decode(") || line.contains("str(");
        if let Some(found) = RECEIVED.captures(line) {
            let name = found[1].to_owned();
            if decodes(line) {
                raw.remove(&name);
            } else {
                raw.insert(name);
            }
        } else if let Some((left, right)) = line.split_once('=')
            && decodes(right)
            && !left.contains('(')
        {
            raw.remove(left.trim());
        }
        let kept = text.kept[index];
        if raw.iter().any(|name| compares(kept, name)) {
            notes.push(text.note("bytes-compared", index));
        }
    }
}

/// Whether a line compares a name with a quoted text without `b`.
fn compares(line: &str, name: &str) -> bool {
    if !line.contains(name) || !line.contains(['"', '\'']) {
        return false;
    }
    let name = regex::escape(name);
    let methods = r"(?:\.(?:lower|upper|strip|rstrip|lstrip|casefold)\([^)]*\))*";
    let after = format!(r#"\b{name}{methods}\s*(?:==|!=|\bin\b)\s*[\(\[]?\s*["']"#);
    let before = format!(r#"(?:^|[^b\w])["'][^"']*["']\s*(?:==|!=|\bin\b)\s*{name}\b"#);
    let matches =
        |pattern: &str| Regex::new(&source(pattern)).is_ok_and(|pattern| pattern.is_match(line));
    let starts = format!(r#"\b{name}\.(?:startswith|endswith)\(\s*["']"#);
    matches(&after) || matches(&before) || matches(&starts)
}

/// `print(…)` of nothing but numbers and texts that stand there.
fn prints_constant(code: &str, kept: &str) -> bool {
    let Some(arguments) = PRINT.captures(code).and_then(|found| found.get(1)) else {
        return false;
    };
    let words = arguments
        .as_str()
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .filter(|word| !word.is_empty());
    let mut named = words.filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    named.next().is_none() && kept.contains(|c: char| c.is_ascii_digit())
}
