//! A program's source → what a look at it shows: `join()` right after `start()`, bytes compared with a
//! text, the size given to `recv()`. It helps to explain a failure and to name its line; nothing is judged
//! by it, because a look is no proof: a program that works is right however it is written.

mod blocks;
mod generic;
mod python;

use std::collections::BTreeSet;

use super::FoundProgram;
use super::blank::{Strings, Syntax, blank};
use super::files::{Files, folder_of};
use super::language::Language;
use crate::event::SourceNote;

/// Most notes of one program. Students' programs have a dozen; a generated file could have thousands.
const MOST_NOTES: usize = 80;
/// Most bytes of a line that a note shows.
const MOST_TEXT: usize = 120;

/// One source file, with and without what is no code.
struct Text<'a> {
    file: &'a str,
    /// The lines as they are.
    lines: Vec<&'a str>,
    /// The lines without comments.
    kept: Vec<&'a str>,
    /// The lines without comments and the insides of strings.
    code: Vec<&'a str>,
    /// For each line, the line that begins the innermost loop around it.
    looped: Vec<Option<usize>>,
    python: bool,
}

/// What a look at a program's source files shows, in the order of their lines.
pub fn source_notes(files: &Files, program: &FoundProgram) -> Vec<SourceNote> {
    let Some(main) = &program.file else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    let python = matches!(program.language, Language::Python3 | Language::Python2);
    let syntax = if python {
        Syntax::Python
    } else {
        Syntax::CLike
    };
    let sources: Vec<Source> = own_files(files, main, program.language)
        .into_iter()
        .filter_map(|file| {
            let text = files.text(&file)?;
            Some(Source {
                kept: blank(&text, syntax, Strings::Keep),
                code: blank(&text, syntax, Strings::Blank),
                file,
                text,
            })
        })
        .collect();
    let texts: Vec<Text<'_>> = sources.iter().map(|source| source.lines(python)).collect();
    for text in &texts {
        if python {
            python::look(text, &mut notes);
        }
        generic::look(text, &mut notes);
    }
    generic::missing(&texts, &mut notes);
    if python {
        python::shadowed(files, main, &mut notes);
    }
    // What is rare comes first: a long program has many texts.
    notes.sort_by_key(|note| note.what == "literal");
    notes.truncate(MOST_NOTES);
    notes
}

/// The program's file, and for Python its own modules beside it that it imports.
fn own_files(files: &Files, main: &str, language: Language) -> Vec<String> {
    let mut list = vec![main.to_owned()];
    if !matches!(language, Language::Python3 | Language::Python2) {
        return list;
    }
    let folder = folder_of(main);
    let text = files.text(main).unwrap_or_default();
    let imports: BTreeSet<String> = super::python::imports(&text);
    list.extend(
        imports
            .iter()
            .map(|module| {
                if folder.is_empty() {
                    format!("{module}.py")
                } else {
                    format!("{folder}/{module}.py")
                }
            })
            .filter(|path| path != main && files.get(path).is_some()),
    );
    list
}

/// A source file in three forms, line for line.
struct Source {
    file: String,
    text: String,
    kept: String,
    code: String,
}

impl Source {
    fn lines(&self, python: bool) -> Text<'_> {
        let code: Vec<&str> = self.code.lines().collect();
        Text {
            file: &self.file,
            lines: self.text.lines().collect(),
            kept: self.kept.lines().collect(),
            looped: if python {
                blocks::by_indent(&code)
            } else {
                blocks::by_braces(&code)
            },
            code,
            python,
        }
    }
}

impl Text<'_> {
    fn note(&self, what: &str, index: usize) -> SourceNote {
        self.note_of(
            what,
            index,
            self.lines.get(index).copied().unwrap_or_default(),
        )
    }

    fn note_of(&self, what: &str, index: usize, text: &str) -> SourceNote {
        SourceNote {
            what: what.to_owned(),
            file: self.file.to_owned(),
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
            text: text.trim().chars().take(MOST_TEXT).collect(),
        }
    }
}
