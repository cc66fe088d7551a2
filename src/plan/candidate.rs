//! A file that could be run: does a program begin in it, and what will its language's tools trip over?

use super::files::{Files, base_name, shown, split_extension, utf16_order};
use super::language::Language;
use super::{c_like, java, python};

/// A file that could be run.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub path: String,
    pub language: Language,
}

impl Candidate {
    /// The file's name without its extension.
    pub fn stem(&self) -> &str {
        split_extension(base_name(&self.path)).0
    }

    /// The file has what a program of its language begins with; always so for languages without such a thing.
    pub fn has_main(&self, files: &Files) -> bool {
        let text = || files.text(&self.path).unwrap_or_default();
        match self.language {
            Language::Java => java::read(&text()).main_class.is_some(),
            Language::C | Language::Cpp | Language::Go | Language::Rust => {
                c_like::has_main(self.language, &text())
            }
            _ => true,
        }
    }
}

/// What the tools of a language trip over in a file, as sentences.
pub(super) fn notes(path: &str, bytes: &[u8], language: Language, text: &str) -> Vec<String> {
    let name = shown(base_name(path));
    let mut notes = Vec::new();
    if utf16_order(bytes).is_some() {
        notes.push(format!(
            "{name} is saved as UTF-16; save it as UTF-8, or {language} cannot read it"
        ));
    } else if bytes.contains(&0) && language != Language::Executable {
        notes.push(format!(
            "{name} contains NUL bytes, which no source file should"
        ));
    }
    let mark = bytes.starts_with(b"\xef\xbb\xbf");
    if mark
        && matches!(
            language,
            Language::Java | Language::Shell | Language::Executable
        )
    {
        notes.push(format!("{name} begins with a byte order mark, which {language} stumbles over; save it as UTF-8 without one"));
    }
    let first_line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    if first_line.starts_with(b"#!") && first_line.ends_with(b"\r") {
        notes.push(format!("the #! line of {name} ends in a carriage return, so it cannot be started by its name on Linux"));
    }
    match language {
        Language::Python3 | Language::Python2 => notes.extend(python::notes(&name, text)),
        Language::C | Language::Cpp => {
            if let Some((line, header)) = c_like::windows_header(text) {
                notes.push(format!(
                    "{name} is written for Windows: line {line} includes {header}; on Linux use <sys/socket.h>, <arpa/inet.h> and <unistd.h>"
                ));
            }
        }
        _ => {}
    }
    notes
}
