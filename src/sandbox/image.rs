//! A set of files in memory: what a submission is, once it has been read.
//!
//! Sandboxes get copies of it. A bind mount would show the host's path in `/proc/self/mountinfo`, and
//! would let a program that runs now change what the next check reads.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::pack::{self, DIRECTORY, Entry};
use super::sys::memory;

/// One regular file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// Relative, without `.` and `..`.
    pub path: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// The content.
    pub bytes: Arc<[u8]>,
}

/// Regular files and directories, sorted by path.
#[derive(Debug, Default)]
pub struct Image {
    files: Vec<ImageFile>,
    directories: Vec<PathBuf>,
    left_out: Vec<LeftOut>,
    packed: OnceLock<OwnedFd>,
}

/// A thing that was found but not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its path, relative to the directory read.
    #[serde(with = "super::wire::path")]
    pub path: PathBuf,
    /// Why.
    pub why: WhyLeftOut,
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum WhyLeftOut {
    /// A symbolic link.
    #[error("is a symbolic link")]
    SymbolicLink,
    /// A device, FIFO or socket.
    #[error("is not a regular file")]
    Special,
    /// Version control, caches, virtual environments, build output.
    #[error("is kept by a tool, not handed in")]
    Tooling,
    /// Deeper than the cap.
    #[error("is nested too deep")]
    TooDeep,
    /// One more file or directory than the cap.
    #[error("there are too many files")]
    TooMany,
    /// The bytes do not fit under the cap.
    #[error("is too large")]
    TooLarge,
    /// It could not be read (the error number).
    #[error("cannot be read (error {0})")]
    Unreadable(i32),
}

/// Caps on what is read into an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// All content together, in bytes.
    pub bytes: u64,
    /// Files and directories.
    pub entries: usize,
    /// Directories inside each other.
    pub depth: usize,
}

impl Default for Caps {
    fn default() -> Caps {
        Caps {
            bytes: 64 << 20,
            entries: 2000,
            depth: 16,
        }
    }
}

/// Why files do not make an image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A path is absolute, empty, or has `.` or `..` in it.
    #[error("{0:?} is not a plain relative path")]
    Path(PathBuf),
    /// Two files have the same path, or a file is where a directory is needed.
    #[error("{0:?} is there twice")]
    Twice(PathBuf),
    /// The directory itself cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Image {
    /// An image without files.
    #[must_use]
    pub fn empty() -> Image {
        Image::default()
    }

    /// Checks the paths and sorts.
    ///
    /// # Errors
    /// A path that could leave the image, or one that is there twice.
    pub fn new(files: Vec<ImageFile>, directories: Vec<PathBuf>) -> Result<Image, ImageError> {
        let mut kinds: BTreeMap<PathBuf, bool> = BTreeMap::new();
        for (path, is_file) in files
            .iter()
            .map(|f| (&f.path, true))
            .chain(directories.iter().map(|d| (d, false)))
        {
            if !is_plain(path) {
                return Err(ImageError::Path(path.clone()));
            }
            for parent in path
                .ancestors()
                .skip(1)
                .filter(|p| !p.as_os_str().is_empty())
            {
                if *kinds.entry(parent.to_owned()).or_insert(false) {
                    return Err(ImageError::Twice(parent.to_owned()));
                }
            }
            if kinds
                .insert(path.clone(), is_file)
                .is_some_and(|before| before || is_file)
            {
                return Err(ImageError::Twice(path.clone()));
            }
        }
        let mut files = files;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let directories = kinds
            .into_iter()
            .filter(|(_, is_file)| !is_file)
            .map(|(p, _)| p)
            .collect();
        Ok(Image {
            files,
            directories,
            left_out: Vec::new(),
            packed: OnceLock::new(),
        })
    }

    /// The files, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[ImageFile] {
        &self.files
    }

    /// The directories, those that only files imply included; parents come first.
    #[must_use]
    pub fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// What was found and not taken.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    pub(super) fn set_left_out(&mut self, left_out: Vec<LeftOut>) {
        self.left_out = left_out;
    }

    /// The file at `path`.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<&ImageFile> {
        let at = self
            .files
            .binary_search_by(|f| f.path.as_path().cmp(path))
            .ok()?;
        self.files.get(at)
    }

    /// SHA-256 over the sorted paths, execute bits and contents: equal for equal submissions.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for directory in &self.directories {
            hash.update(pack::head(directory, DIRECTORY, 0));
        }
        for file in &self.files {
            hash.update(pack::head(
                &file.path,
                file.mode & 0o100,
                file.bytes.len() as u64,
            ));
            hash.update(&file.bytes);
        }
        hash.finalize().into()
    }

    /// The image as a sealed memory file that any number of sandboxes read; made once.
    pub(super) fn packed(&self) -> io::Result<BorrowedFd<'_>> {
        if let Some(fd) = self.packed.get() {
            return Ok(fd.as_fd());
        }
        let fd = self.pack()?;
        Ok(self.packed.get_or_init(|| fd).as_fd())
    }

    /// The image as a new sealed memory file.
    pub(super) fn pack(&self) -> io::Result<OwnedFd> {
        let size: usize = self.files.iter().map(|f| f.bytes.len() + 128).sum();
        let mut bytes = Vec::with_capacity(size);
        for path in &self.directories {
            let mode = DIRECTORY | 0o755;
            pack::append(
                &mut bytes,
                Entry {
                    path,
                    mode,
                    bytes: b"",
                },
            );
        }
        for file in &self.files {
            // The student owns the copies, so the owner's bits decide.
            let mode = (file.mode & 0o777) | 0o600;
            pack::append(
                &mut bytes,
                Entry {
                    path: &file.path,
                    mode,
                    bytes: &file.bytes,
                },
            );
        }
        memory::sealed("image", &bytes)
    }

    /// The image that a pack holds; entries with bad paths are dropped.
    pub(super) fn from_pack(pack: &[u8]) -> Image {
        let mut files = Vec::new();
        let mut directories = Vec::new();
        for entry in pack::entries(pack).filter(|entry| is_plain(entry.path)) {
            if entry.is_directory() {
                directories.push(entry.path.to_owned());
            } else {
                let path = entry.path.to_owned();
                files.push(ImageFile {
                    path,
                    mode: entry.mode & 0o777,
                    bytes: entry.bytes.into(),
                });
            }
        }
        Image::new(files, directories).unwrap_or_default()
    }
}

/// Relative, not empty, and made of names only, none with a NUL.
pub(super) fn is_plain(path: &Path) -> bool {
    let names = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let rebuilt: PathBuf = path.components().collect();
    // `components` drops `.` and doubled slashes, which would make two spellings of one path.
    names
        && !path.as_os_str().is_empty()
        && rebuilt.as_os_str() == path.as_os_str()
        && !path.as_os_str().as_encoded_bytes().contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> ImageFile {
        ImageFile {
            path: path.into(),
            mode: 0o644,
            bytes: text.as_bytes().into(),
        }
    }

    #[test]
    fn paths_that_could_leave_the_image_are_refused() {
        for path in [
            "../x", "/x", "", ".", "a/../b", "a//b", "./a", "a/.", "a\0b",
        ] {
            assert!(
                Image::new(vec![file(path, "")], vec![]).is_err(),
                "{path:?}"
            );
        }
    }

    #[test]
    fn a_file_cannot_be_a_directory_too() {
        for paths in [["a", "a/b"], ["a/b", "a"], ["a", "a"]] {
            let files = paths.map(|path| file(path, "")).to_vec();
            assert!(
                matches!(Image::new(files, vec![]), Err(ImageError::Twice(_))),
                "{paths:?}"
            );
        }
    }

    #[test]
    fn the_digest_depends_on_content_and_names_and_not_on_order() {
        let image = |files| Image::new(files, vec![]).unwrap().digest();
        let one = image(vec![file("a", "1"), file("b", "2")]);
        assert_eq!(one, image(vec![file("b", "2"), file("a", "1")]));
        assert_ne!(one, image(vec![file("a", "12"), file("b", "")]));
        assert_ne!(one, image(vec![file("a", "2"), file("b", "1")]));
    }
}
