//! What may come out of an archive or a folder: names that stay inside, regular files, within bounds.
//! Everything that is taken into memory goes through here, entry by entry.

use std::collections::BTreeMap;

use crate::plan::files::{Files, LeftOut, shown};
use crate::plan::noise;

/// Bounds of one submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of the archive itself.
    pub packed: u64,
    /// Bytes of all files together.
    pub unpacked: u64,
    /// Files and folders.
    pub entries: usize,
    /// Folders within folders.
    pub depth: usize,
    /// How many times larger a file may be than its packed form, once it is larger than one MiB.
    pub ratio: u64,
}

impl Caps {
    /// One student's submission: far more than any lab needs, and less than any machine has.
    pub const SUBMISSION: Caps = Caps {
        packed: 20 << 20,
        unpacked: 64 << 20,
        entries: 2000,
        depth: 16,
        ratio: 100,
    };
    /// A whole class in one archive that cannot be read piece by piece.
    pub const CLASS: Caps = Caps {
        packed: 512 << 20,
        unpacked: 512 << 20,
        entries: 50_000,
        depth: 24,
        ratio: 100,
    };
}

/// Entries of caches and virtual environments are skipped and do not count; beyond this they do.
const MAX_SKIPPED: usize = 20_000;
/// Files up to this size may be packed as well as they like: a page of zeros is no bomb.
const RATIO_FROM: u64 = 1 << 20;
/// The longest name Linux gives a file.
const MAX_NAME: usize = 255;
/// The longest path that is taken.
const MAX_PATH: usize = 1024;

/// Why something was refused, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The archive is too large.
    #[error("larger than {} MiB", .0 >> 20)]
    Packed(u64),
    /// Its content is too large.
    #[error("unpacks to more than {} MiB", .0 >> 20)]
    Unpacked(u64),
    /// It has too many entries.
    #[error("has more than {0} files and folders")]
    Entries(usize),
    /// A file is packed too well to be honest.
    #[error("unpacks to more than {0} times its packed size")]
    Ratio(u64),
    /// A name that leads elsewhere or cannot be a file's.
    #[error("{0}")]
    Name(&'static str),
    /// Not a regular file or folder.
    #[error("is {0}; only files and folders are taken")]
    Kind(&'static str),
    /// Two entries of one name, or a file where there is a folder.
    #[error("is there twice, or both as a file and as a folder")]
    Twice,
    /// Encrypted.
    #[error("is encrypted; hand it in without a password")]
    Encrypted,
    /// A format or method that is not read.
    #[error("is {0}, which is not read; hand in a .zip or .tar.gz")]
    Unsupported(&'static str),
    /// Two places of the archive say different things.
    #[error("{0}")]
    Contradiction(&'static str),
    /// It cannot be read. What its reader says of it can hold the student's bytes.
    #[error("is damaged or cut off ({})", shown(.0))]
    Broken(String),
}

/// Collects what is taken, and refuses what is not.
pub(super) struct Collector {
    caps: Caps,
    files: Files,
    /// Every path seen so far, with whether it is a folder.
    seen: BTreeMap<String, bool>,
    total: u64,
    skipped: usize,
}

/// What a vetted name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Vetted {
    /// Nobody's work, or the top folder itself: not taken, whatever it is.
    Skip,
    /// A path to take.
    Take(String),
}

impl Collector {
    pub(super) fn new(caps: Caps) -> Self {
        Collector {
            caps,
            files: Files::new(),
            seen: BTreeMap::new(),
            total: 0,
            skipped: 0,
        }
    }

    /// Vets the name of an entry.
    pub(super) fn vet(&mut self, name: &str) -> Result<Vetted, Refusal> {
        let path = vet_name(name, self.caps.depth)?;
        if path.is_empty() || noise::is_noise(&path) || is_noise_folder_path(&path) {
            self.skipped += 1;
            if self.skipped > MAX_SKIPPED {
                return Err(Refusal::Entries(MAX_SKIPPED));
            }
            return Ok(Vetted::Skip);
        }
        if self.seen.len() >= self.caps.entries {
            return Err(Refusal::Entries(self.caps.entries));
        }
        Ok(Vetted::Take(path))
    }

    /// Takes a folder.
    pub(super) fn folder(&mut self, path: &str) -> Result<(), Refusal> {
        self.parents(path)?;
        match self.seen.insert(path.to_owned(), true) {
            Some(false) => Err(Refusal::Twice),
            _ => Ok(()),
        }
    }

    /// How many bytes a file may still have. One more than that is asked for, to see that it is too large.
    pub(super) fn room(&self) -> u64 {
        self.caps.unpacked.saturating_sub(self.total)
    }

    /// A declared or counted size fits.
    pub(super) fn fits(&self, size: u64, packed: Option<u64>) -> Result<(), Refusal> {
        if size > self.room() {
            return Err(Refusal::Unpacked(self.caps.unpacked));
        }
        match packed {
            Some(packed) if size > RATIO_FROM && size / packed.max(1) > self.caps.ratio => {
                Err(Refusal::Ratio(self.caps.ratio))
            }
            _ => Ok(()),
        }
    }

    /// Takes a file.
    pub(super) fn file(
        &mut self,
        path: String,
        bytes: Vec<u8>,
        executable: bool,
    ) -> Result<(), Refusal> {
        self.fits(bytes.len() as u64, None)?;
        self.parents(&path)?;
        if self.seen.insert(path.clone(), false).is_some() {
            return Err(Refusal::Twice);
        }
        self.total += bytes.len() as u64;
        self.files.insert(path, bytes, executable);
        Ok(())
    }

    /// Remembers something that was not taken (a folder on disk is read as far as possible).
    pub(super) fn leave_out(&mut self, path: String, why: impl Into<String>) {
        if self.files.left_out.len() < 100 {
            self.files.left_out.push(LeftOut {
                path,
                why: why.into(),
            });
        }
    }

    /// The folders of a path must be folders. They count as entries, named or not.
    fn parents(&mut self, path: &str) -> Result<(), Refusal> {
        for (at, _) in path.match_indices('/') {
            let folder = &path[..at];
            match self.seen.get(folder) {
                Some(true) => {}
                Some(false) => return Err(Refusal::Twice),
                None if self.seen.len() >= self.caps.entries => {
                    return Err(Refusal::Entries(self.caps.entries));
                }
                None => {
                    self.seen.insert(folder.to_owned(), true);
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Files {
        self.files
    }
}

fn is_noise_folder_path(path: &str) -> bool {
    path.split('/').any(noise::is_noise_folder)
}

/// A name as a path that stays inside: without leading `./` and trailing `/`; empty for the top itself.
///
/// # Errors
/// The name leads out, is no file name, or is too long or too deep.
pub(super) fn vet_name(name: &str, depth: usize) -> Result<String, Refusal> {
    let refuse = |why| Err(Refusal::Name(why));
    if name.is_empty() {
        return refuse("has an empty name");
    }
    if name.len() > MAX_PATH {
        return refuse("has a name of more than 1024 bytes");
    }
    if name.contains('\0') {
        return refuse("has a NUL byte in its name");
    }
    if name.contains('\\') {
        return refuse("has a backslash in its name");
    }
    if name.starts_with('/') {
        return refuse("has an absolute path");
    }
    let bytes = name.as_bytes();
    if bytes[0].is_ascii_alphabetic() && bytes.get(1) == Some(&b':') {
        return refuse("has a drive letter in its path");
    }
    let mut rest = name;
    while let Some(inner) = rest.strip_prefix("./") {
        rest = inner;
    }
    let path = rest.strip_suffix('/').unwrap_or(rest);
    if path.is_empty() || (path == "." && name.ends_with('/')) {
        return Ok(String::new());
    }
    for part in path.split('/') {
        match part {
            "" | "." => return refuse("has an empty or `.` component in its path"),
            ".." => return refuse("leads out of the folder (`..`)"),
            part if part.len() > MAX_NAME => return refuse("has a name of more than 255 bytes"),
            _ => {}
        }
    }
    if path.matches('/').count() >= depth {
        return refuse("lies too many folders deep");
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/..",
            "C:/x",
            "c:x",
            "a\\b",
            "a\0b",
            ".",
            "a/./b",
            "a//b",
            "..",
            "./..",
            "./",
        ] {
            let vetted = vet_name(name, 16);
            assert!(
                vetted.is_err() || vetted == Ok(String::new()),
                "{name}: {vetted:?}"
            );
        }
        assert!(vet_name(&"d/".repeat(20), 16).is_err());
        assert!(vet_name(&"x".repeat(300), 16).is_err());
    }

    #[test]
    fn honest_names_pass() {
        assert_eq!(vet_name("./a/b.py", 16).unwrap(), "a/b.py");
        assert_eq!(vet_name("a/", 16).unwrap(), "a");
        assert_eq!(vet_name("./", 16).unwrap(), "");
        assert_eq!(vet_name("...", 16).unwrap(), "...");
        assert_eq!(vet_name("ü \u{1b}.py", 16).unwrap(), "ü \u{1b}.py");
    }

    #[test]
    fn a_file_cannot_be_where_a_folder_is() {
        let mut collector = Collector::new(Caps::SUBMISSION);
        collector.file("a".into(), vec![], false).unwrap();
        assert_eq!(
            collector.file("a/b".into(), vec![], false),
            Err(Refusal::Twice)
        );
        assert_eq!(collector.folder("a"), Err(Refusal::Twice));
    }
}
