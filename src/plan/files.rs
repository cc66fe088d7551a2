//! The files of a submission, in memory: what `class` reads from a folder or an archive, what `plan`
//! searches, what `sandbox` copies. Knows no file system.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// Whether a text is what a pattern with `*` stands for. Takes time in proportion to the product of
/// their lengths at most.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

/// A source file is read up to here when it is searched for words; nobody writes a longer one by hand.
const TEXT_CAP: usize = 1 << 20;

/// One regular file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its content.
    pub bytes: Arc<[u8]>,
    /// It may be executed. Also set for ELF files and scripts with `#!`, because archives made on
    /// other systems lose the bit.
    pub executable: bool,
}

/// Something of a submission that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path.
    pub path: String,
    /// Why, as the end of a sentence: `a symbolic link`.
    pub why: String,
}

/// The regular files of a submission by path. Paths are relative, separated by `/`, without empty, `.`
/// or `..` components; whoever inserts has seen to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    entries: BTreeMap<String, File>,
    /// What was not taken.
    pub left_out: Vec<LeftOut>,
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Files from pairs of path and content, for tests and single files.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut files = Files::new();
        for (path, text) in pairs {
            files.insert(path, text.as_bytes().to_vec(), false);
        }
        files
    }

    /// Puts a file in; one that had the same path is replaced.
    pub fn insert(&mut self, path: impl Into<String>, bytes: Vec<u8>, executable: bool) {
        let executable = executable || bytes.starts_with(b"\x7fELF") || bytes.starts_with(b"#!");
        let bytes = bytes.into();
        self.entries.insert(path.into(), File { bytes, executable });
    }

    /// The file with exactly this path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.entries.get(path)
    }

    /// The first file that a name means: its path, else its name in any folder; upper and lower case are
    /// the same, and `*` stands for any run of characters within a name.
    pub fn find(&self, name: &str) -> Option<(String, Arc<[u8]>)> {
        let wanted = name.to_lowercase();
        let found = |path: &String| (path.clone(), self.entries[path].bytes.clone());
        let whole = self
            .entries
            .keys()
            .find(|path| wildcard(&wanted, &path.to_lowercase()));
        let anywhere = || {
            self.entries
                .keys()
                .find(|path| wildcard(&wanted, &base_name(path).to_lowercase()))
        };
        whole.or_else(anywhere).map(found)
    }

    /// The first file whose whole path fits: upper and lower case count, folders too; `*` stands for any
    /// run of characters.
    pub fn find_exact(&self, path: &str) -> Option<(String, Arc<[u8]>)> {
        let found = self.entries.iter().find(|(own, _)| wildcard(path, own));
        found.map(|(own, file)| (own.clone(), file.bytes.clone()))
    }

    /// All files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.entries
            .iter()
            .map(|(path, file)| (path.as_str(), file))
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// There is not a single file.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of all files together.
    pub fn total_bytes(&self) -> u64 {
        self.entries.values().map(|f| f.bytes.len() as u64).sum()
    }

    /// A file as text, for searching: byte order mark dropped, UTF-16 decoded, what is not text
    /// replaced, cut after one MiB. Lines keep their numbers.
    pub fn text(&self, path: &str) -> Option<String> {
        let bytes: &[u8] = &self.get(path)?.bytes;
        let bytes = &bytes[..bytes.len().min(TEXT_CAP)];
        if let Some(swap) = utf16_order(bytes) {
            let units = bytes[2..].chunks_exact(2).map(|pair| match swap {
                true => u16::from_be_bytes([pair[0], pair[1]]),
                false => u16::from_le_bytes([pair[0], pair[1]]),
            });
            return Some(
                char::decode_utf16(units)
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect(),
            );
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// SHA-256 in hexadecimal over paths, modes and contents. The same for the same files, whatever
    /// they were packed in.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"socklab files 1\n");
        for (path, file) in &self.entries {
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path.as_bytes());
            hash.update([u8::from(file.executable)]);
            hash.update((file.bytes.len() as u64).to_le_bytes());
            hash.update(&file.bytes);
        }
        hex(&hash.finalize())
    }

    /// The files under a folder (`""` for all), with paths relative to it.
    pub fn under(&self, folder: &str) -> Files {
        if folder.is_empty() {
            return self.clone();
        }
        let prefix = format!("{folder}/");
        let entries = self
            .entries
            .range(prefix.clone()..)
            .take_while(|(path, _)| path.starts_with(&prefix))
            .map(|(path, file)| (path[prefix.len()..].to_owned(), file.clone()))
            .collect();
        Files {
            entries,
            left_out: Vec::new(),
        }
    }

    /// The same files without the folders that hold everything else (`lab2/lab2/server.py` becomes
    /// `server.py`), as archives often have them. A folder that a Java package needs is kept.
    pub fn without_wrapping(mut self) -> Files {
        loop {
            let mut tops: BTreeSet<&str> = BTreeSet::new();
            for path in self.entries.keys() {
                match path.split_once('/') {
                    Some((top, _)) => tops.insert(top),
                    None => return self,
                };
            }
            let Some(top) = tops.pop_first() else {
                return self;
            };
            if !tops.is_empty() || self.is_package_root(top) {
                return self;
            }
            let top = top.to_owned();
            let left_out = std::mem::take(&mut self.left_out);
            self = self.under(&top);
            self.left_out = left_out;
        }
    }

    fn is_package_root(&self, folder: &str) -> bool {
        self.paths().filter(|p| p.ends_with(".java")).any(|path| {
            let text = self.text(path).unwrap_or_default();
            super::java::package(&text).split('.').next() == Some(folder)
        })
    }
}

/// Whether the bytes begin with the mark of UTF-16, and if so whether it is big-endian.
pub fn utf16_order(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        _ => None,
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The last component of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a path; empty for the top.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Name without and with its extension: `("server", "py")`. A leading dot begins no extension.
pub fn split_extension(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name, ""),
    }
}

/// A name that a student chose, fit for a message: control characters and those that turn the writing
/// direction are escaped, and it is cut after 100 characters.
pub fn shown(name: &str) -> String {
    let mut out = String::new();
    for (count, c) in name.chars().enumerate() {
        if count == 100 {
            out.push('…');
            break;
        }
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || turns {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_around_everything_are_dropped() {
        let files =
            Files::of([("lab2/x/server.py", ""), ("lab2/x/h/util.py", "")]).without_wrapping();
        assert_eq!(
            files.paths().collect::<Vec<_>>(),
            ["h/util.py", "server.py"]
        );
    }

    #[test]
    fn the_folder_of_a_java_package_stays() {
        let files =
            Files::of([("lab/org/Server.java", "package org; class Server {}")]).without_wrapping();
        assert_eq!(files.paths().collect::<Vec<_>>(), ["org/Server.java"]);
    }

    #[test]
    fn the_digest_tells_apart_what_only_moves_bytes_between_name_and_content() {
        assert_ne!(
            Files::of([("ab", "c")]).digest(),
            Files::of([("a", "bc")]).digest()
        );
    }

    #[test]
    fn an_exact_path_forgives_neither_case_nor_folder() {
        let files = Files::of([("Session1/IPs.txt", "x")]);
        assert!(files.find("ips.txt").is_some());
        for other in ["IPs.txt", "Session1/ips.txt", "session1/IPs.txt"] {
            assert!(files.find_exact(other).is_none(), "{other}");
        }
        assert!(
            files.find_exact("Session1/IPs.txt").is_some()
                && files.find_exact("*/IPs.txt").is_some()
        );
    }

    #[test]
    fn utf16_sources_read_as_text() {
        let mut files = Files::new();
        files.insert("a.py", b"\xff\xfep\x00y\x00".to_vec(), false);
        assert_eq!(files.text("a.py").as_deref(), Some("py"));
    }

    #[test]
    fn names_with_escapes_are_shown_harmless() {
        assert_eq!(shown("a\u{1b}[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
    }
}
