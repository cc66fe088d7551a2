//! Which language a file is written in: by extension, by `#!` line, by its first bytes.

use serde::{Deserialize, Serialize};

use super::files::{File, base_name, split_extension};

/// Languages that are run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Language {
    /// Not known, because no file was found.
    #[default]
    #[serde(rename = "")]
    Unknown,
    /// Python 3
    #[serde(rename = "Python 3")]
    Python3,
    /// Python 2
    #[serde(rename = "Python 2")]
    Python2,
    /// C
    C,
    /// C++
    #[serde(rename = "C++")]
    Cpp,
    /// Java
    Java,
    /// Go
    Go,
    /// Rust
    Rust,
    /// JavaScript on Node
    #[serde(rename = "JavaScript")]
    Node,
    /// A shell script
    #[serde(rename = "shell")]
    Shell,
    /// Perl
    Perl,
    /// Ruby
    Ruby,
    /// PHP
    #[serde(rename = "PHP")]
    Php,
    /// Lua
    Lua,
    /// A file that the system can execute as it is
    #[serde(rename = "executable")]
    Executable,
    /// Built by the student's own Makefile
    #[serde(rename = "Makefile")]
    Make,
    /// Built by a command of the spec
    #[serde(rename = "built")]
    Custom,
}

impl Language {
    /// The name that a person reads.
    pub fn name(self) -> &'static str {
        match self {
            Language::Unknown => "",
            Language::Python3 => "Python 3",
            Language::Python2 => "Python 2",
            Language::C => "C",
            Language::Cpp => "C++",
            Language::Java => "Java",
            Language::Go => "Go",
            Language::Rust => "Rust",
            Language::Node => "JavaScript",
            Language::Shell => "shell",
            Language::Perl => "Perl",
            Language::Ruby => "Ruby",
            Language::Php => "PHP",
            Language::Lua => "Lua",
            Language::Executable => "executable",
            Language::Make => "Makefile",
            Language::Custom => "built",
        }
    }

    /// Run as it is, without a build.
    pub fn is_script(self) -> bool {
        use Language::*;
        matches!(
            self,
            Python3 | Python2 | Node | Shell | Perl | Ruby | Php | Lua
        )
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The language of a file name's extension.
pub fn by_extension(path: &str) -> Option<Language> {
    let (_, extension) = split_extension(base_name(path));
    Some(match extension.to_ascii_lowercase().as_str() {
        "py" | "py3" | "pyw" => Language::Python3,
        "py2" => Language::Python2,
        // `.C` is C++ by tradition, but a student who writes it came from a system without case.
        "c" => Language::C,
        "cpp" | "cc" | "cxx" | "c++" => Language::Cpp,
        "java" => Language::Java,
        "go" => Language::Go,
        "rs" => Language::Rust,
        "js" | "mjs" | "cjs" => Language::Node,
        "sh" | "bash" => Language::Shell,
        "pl" => Language::Perl,
        "rb" => Language::Ruby,
        "php" => Language::Php,
        "lua" => Language::Lua,
        _ => return None,
    })
}

/// Languages that are recognised and cannot be run, by extension.
pub fn not_run(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "cs" => "C#",
        "kt" => "Kotlin",
        "ts" => "TypeScript",
        "swift" => "Swift",
        "vb" => "Visual Basic",
        "scala" => "Scala",
        "m" => "MATLAB",
        "hs" => "Haskell",
        "exe" => "a Windows program",
        "jar" => "a packed Java program",
        _ => return None,
    })
}

/// The interpreter of a `#!` line without its folder: `python3`, `bash`. `env` and its options are
/// skipped, and so is a carriage return that an editor on another system left.
pub fn interpreter(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line = bytes.strip_prefix(b"#!")?;
    let end = line
        .iter()
        .position(|b| *b == b'\n')
        .unwrap_or(line.len())
        .min(200);
    let line = String::from_utf8_lossy(&line[..end]).into_owned();
    let mut words = line.split_whitespace().map(base_name);
    let first = words.next()?;
    if first != "env" {
        return Some(first.to_owned());
    }
    words
        .find(|word| !word.starts_with('-') && !word.contains('='))
        .map(str::to_owned)
}

/// The language of a file by what is in it, for names without a telling extension.
pub fn by_content(file: &File) -> Option<Language> {
    if file.bytes.starts_with(b"\x7fELF") {
        return Some(Language::Executable);
    }
    let name = interpreter(&file.bytes)?;
    Some(match name.as_str() {
        "python2" | "python2.7" | "python2.6" => Language::Python2,
        name if name.starts_with("python") || name == "pypy3" => Language::Python3,
        "sh" | "bash" | "dash" | "zsh" | "ksh" => Language::Shell,
        "node" | "nodejs" => Language::Node,
        "perl" => Language::Perl,
        "ruby" => Language::Ruby,
        "php" => Language::Php,
        name if name.starts_with("lua") => Language::Lua,
        _ => Language::Executable,
    })
}

/// The language of a file, if it is one that is run. Text files with an extension of their own, such as
/// `notes.txt`, are not, even with a `#!` line.
pub fn of_file(path: &str, file: &File) -> Option<Language> {
    if let Some(language) = by_extension(path) {
        return Some(language);
    }
    match split_extension(base_name(path))
        .1
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "out" | "bin" | "elf" | "run" => by_content(file),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_found_behind_env_options_and_carriage_returns() {
        assert_eq!(
            interpreter(b"#!/usr/bin/env -S python3 -u\r\nx").as_deref(),
            Some("python3")
        );
        assert_eq!(interpreter(b"#! /bin/bash\r\n").as_deref(), Some("bash"));
        assert_eq!(interpreter(b"#!"), None);
        assert_eq!(interpreter(b"print('#!')"), None);
    }

    #[test]
    fn a_file_without_extension_is_known_by_its_first_bytes() {
        let mut files = super::super::Files::new();
        files.insert("server", b"\x7fELF\x02".to_vec(), false);
        files.insert("client", b"#!/usr/bin/python3\n".to_vec(), false);
        files.insert("README", b"hello".to_vec(), false);
        let of = |name: &str| of_file(name, files.get(name).unwrap());
        assert_eq!(of("server"), Some(Language::Executable));
        assert_eq!(of("client"), Some(Language::Python3));
        assert_eq!(of("README"), None);
    }
}
