//! Whether reports are inert: no control byte reaches a terminal, no markup a browser or a parser, no
//! command a CI runner, no formula a table.

use std::fs;
use std::path::Path;

/// Looks at all reports in a folder and at what was printed.
pub fn look(folder: &Path, printed: &[u8], largest: u64, wrong: &mut dyn FnMut(String)) {
    text("what was printed", printed, wrong);
    let mut documents = Vec::new();
    walk(folder, largest, &mut documents, wrong);
    are_xml(&documents, wrong);
}

/// Looks at what is below a folder; the XML documents are gathered, to be read together.
fn walk(folder: &Path, largest: u64, documents: &mut Vec<String>, wrong: &mut dyn FnMut(String)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, largest, documents, wrong);
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        let name = path.display().to_string();
        let ending = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        if matches!(ending, "pcapng" | "svg" | "css") {
            continue;
        }
        if bytes.len() as u64 > largest && ending != "html" {
            wrong(format!("{name} has {} bytes", bytes.len()));
        }
        text(&name, &bytes, wrong);
        let content = String::from_utf8_lossy(&bytes);
        match ending {
            "json" => {
                if let Err(error) = serde_json::from_slice::<serde_json::Value>(&bytes) {
                    wrong(format!("{name}: {error}"));
                }
            }
            "html" => html(&name, &content, wrong),
            "xml" if content.contains("<system-out>x</system-out>") => {
                wrong(format!("{name}: an element of the student's"));
            }
            "xml" => documents.push(name.clone()),
            "csv" => csv(&name, &content, wrong),
            _ => {}
        }
        // The annotations are the log's format; every other file must hold no command at all.
        if name.contains("github") || ending == "txt" || ending == "log" {
            runner(&name, &content, wrong);
        }
    }
}

/// UTF-8 without control characters but line ends and tabs.
fn text(name: &str, bytes: &[u8], wrong: &mut dyn FnMut(String)) {
    match std::str::from_utf8(bytes) {
        Err(error) => wrong(format!("{name} is not UTF-8: {error}")),
        Ok(text) => {
            let bidi = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || bidi(c);
            if let Some(at) = text.find(control) {
                let around: String = text[at..].chars().take(20).collect();
                wrong(format!("{name} has a control character: {around:?}"));
            }
        }
    }
}

/// No element that a student wrote: those of the attacks are looked for by their beginnings.
fn html(name: &str, content: &str, wrong: &mut dyn FnMut(String)) {
    let lower = content.to_lowercase();
    // The class's page has a script of its own, which sorts its table.
    let own = usize::from(name.ends_with("class.html"));
    for bad in [
        "<img",
        "<iframe",
        "<svg/onload",
        "href=\"javascript",
        "\" onmouseover=\"",
    ] {
        // Entities are how it is shown; a tag or an attribute must not come through.
        if lower.contains(bad) {
            wrong(format!("{name} holds {bad}"));
        }
    }
    if lower.matches("<script").count() != own {
        wrong(format!("{name} holds a script"));
    }
}

/// Another parser than our own reads them: one process for all, since starting it is what takes time.
fn are_xml(documents: &[String], wrong: &mut dyn FnMut(String)) {
    let program = "
import sys, xml.dom.minidom
for name in sys.stdin.read().splitlines():
    try: xml.dom.minidom.parse(name)
    except Exception as error: print(name, error, file=sys.stderr)";
    match crate::python(program, documents.join("\n").as_bytes()) {
        Ok(said) if said.is_empty() => {}
        Ok(said) => wrong(format!("not XML: {said}")),
        Err(error) => wrong(format!("nothing could be read as XML: {error}")),
    }
}

fn csv(name: &str, content: &str, wrong: &mut dyn FnMut(String)) {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(content.as_bytes());
    for record in reader.records() {
        match record {
            Err(error) => wrong(format!("{name}: {error}")),
            Ok(record) => {
                for cell in &record {
                    if cell.starts_with(['=', '+', '@', '\t', '\r']) {
                        wrong(format!("{name} has the formula {cell:?}"));
                    }
                }
            }
        }
    }
}

/// The two syntaxes of the Actions runner, as its log reader takes them: commands of the report's own are
/// `group`, `endgroup`, `error`, `warning`, `notice` and the fences around foreign text.
fn runner(name: &str, content: &str, wrong: &mut dyn FnMut(String)) {
    let mut fence: Option<String> = None;
    for line in content.split(['\n', '\r']) {
        let command = line
            .trim_start()
            .strip_prefix("::")
            .and_then(|rest| rest.split_once("::"));
        match (&fence, command) {
            (Some(word), Some((head, _))) if head == word => fence = None,
            (Some(_), _) => {}
            (None, Some((head, message))) => {
                let verb = head.split(' ').next().unwrap_or_default();
                match verb {
                    "stop-commands" if message != "x" => fence = Some(message.to_owned()),
                    "group" | "endgroup" | "error" | "warning" | "notice" if message != "x" => {}
                    _ => wrong(format!("{name} commands the runner: {line}")),
                }
            }
            (None, None) if line.contains("##[") => {
                wrong(format!("{name} commands the runner: {line}"))
            }
            (None, None) => {}
        }
    }
}
