//! A directory tree → [`Image`], following no symbolic link and opening nothing but regular files.

use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, open, openat, statat};
use rustix::io::Errno;

use super::image::{Caps, Image, ImageError, ImageFile, LeftOut, WhyLeftOut};

/// Directories that tools keep beside a student's files.
const TOOLING: [&str; 12] = [
    ".git",
    ".hg",
    ".svn",
    ".idea",
    ".vscode",
    ".venv",
    "venv",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    "node_modules",
    "__MACOSX",
];

/// Names of one directory that are looked at; far beyond any cap on entries.
const MOST_NAMES: usize = 100_000;

impl Image {
    /// Reads the tree below `path`; what is not taken is listed in [`Image::left_out`].
    ///
    /// # Errors
    /// Only when `path` itself cannot be read as a directory.
    pub fn from_dir(path: &Path, caps: Caps) -> Result<Image, ImageError> {
        read(path, caps, &|_| true, true)
    }

    /// As [`Image::from_dir`], but only files that are `wanted`, by relative path, and directories of tools
    /// too: a compiler's output is what a build was for.
    pub(super) fn from_dir_where(
        path: &Path,
        caps: Caps,
        wanted: &dyn Fn(&Path) -> bool,
    ) -> Result<Image, ImageError> {
        read(path, caps, wanted, false)
    }
}

fn read(
    path: &Path,
    caps: Caps,
    wanted: &dyn Fn(&Path) -> bool,
    without_tooling: bool,
) -> Result<Image, ImageError> {
    let root = open(path, directory_flags(), Mode::empty());
    let root = root.map_err(|error| ImageError::Read {
        path: path.into(),
        source: error.into(),
    })?;
    let mut reader = Reader {
        caps,
        wanted,
        without_tooling,
        entries: 0,
        bytes: 0,
        files: Vec::new(),
        directories: Vec::new(),
        left_out: Vec::new(),
    };
    reader.directory(root, Path::new(""), 1);
    let mut image = Image::new(reader.files, reader.directories)?;
    image.set_left_out(reader.left_out);
    Ok(image)
}

fn directory_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC
}

struct Reader<'a> {
    caps: Caps,
    wanted: &'a dyn Fn(&Path) -> bool,
    without_tooling: bool,
    entries: usize,
    bytes: u64,
    files: Vec<ImageFile>,
    directories: Vec<PathBuf>,
    left_out: Vec<LeftOut>,
}

impl Reader<'_> {
    fn leave(&mut self, path: &Path, why: WhyLeftOut) {
        // The list is for people: past the cap on entries it would only repeat itself.
        if self.left_out.len() < self.caps.entries {
            self.left_out.push(LeftOut {
                path: path.to_owned(),
                why,
            });
        }
    }

    fn directory(&mut self, directory: OwnedFd, at: &Path, depth: usize) {
        let listing = match Dir::read_from(&directory) {
            Ok(listing) => listing,
            Err(error) => return self.leave(at, WhyLeftOut::Unreadable(error.raw_os_error())),
        };
        let mut names: Vec<_> = listing
            .flatten()
            .take(MOST_NAMES)
            .map(|entry| entry.file_name().to_owned())
            .collect();
        names.retain(|name| !matches!(name.to_bytes(), b"." | b".."));
        names.sort();
        for name in names {
            let name = OsStr::from_bytes(name.to_bytes());
            let path = at.join(name);
            if let Err(why) = self.entry(&directory, name, &path, depth) {
                self.leave(&path, why);
            }
        }
    }

    fn entry(
        &mut self,
        parent: &OwnedFd,
        name: &OsStr,
        path: &Path,
        depth: usize,
    ) -> Result<(), WhyLeftOut> {
        let kind = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(unreadable)?;
        let kind = FileType::from_raw_mode(kind.st_mode);
        if kind != FileType::Directory && !(self.wanted)(path) {
            return Ok(());
        }
        if !matches!(
            kind,
            FileType::RegularFile | FileType::Directory | FileType::Symlink
        ) {
            return Err(WhyLeftOut::Special);
        }
        if kind == FileType::Symlink {
            return Err(WhyLeftOut::SymbolicLink);
        }
        if self.entries >= self.caps.entries {
            return Err(WhyLeftOut::TooMany);
        }
        if kind == FileType::RegularFile {
            return self.file(parent, name, path);
        }
        if depth >= self.caps.depth {
            return Err(WhyLeftOut::TooDeep);
        }
        if self.without_tooling && TOOLING.iter().any(|tool| name == *tool) {
            return Err(WhyLeftOut::Tooling);
        }
        let inside = openat(
            parent,
            name,
            directory_flags() | OFlags::NOFOLLOW,
            Mode::empty(),
        );
        let inside = inside.map_err(unreadable)?;
        // Cargo, pytest and others mark directories that can be made again with this file.
        let tag = statat(&inside, "CACHEDIR.TAG", AtFlags::SYMLINK_NOFOLLOW);
        if self.without_tooling && tag.is_ok() {
            return Err(WhyLeftOut::Tooling);
        }
        self.entries += 1;
        self.directories.push(path.to_owned());
        self.directory(inside, path, depth + 1);
        Ok(())
    }

    fn file(&mut self, parent: &OwnedFd, name: &OsStr, path: &Path) -> Result<(), WhyLeftOut> {
        // Non-blocking: between the look and the open it may have become a FIFO.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(parent, name, flags, Mode::empty()).map_err(unreadable)?;
        let stat = fstat(&file).map_err(unreadable)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(WhyLeftOut::Special);
        }
        let left = self.caps.bytes.saturating_sub(self.bytes);
        if u64::try_from(stat.st_size).unwrap_or(u64::MAX) > left {
            return Err(WhyLeftOut::TooLarge);
        }
        let mut bytes = Vec::new();
        let read = std::fs::File::from(file)
            .take(left + 1)
            .read_to_end(&mut bytes);
        read.map_err(|error| WhyLeftOut::Unreadable(error.raw_os_error().unwrap_or(0)))?;
        if bytes.len() as u64 > left {
            return Err(WhyLeftOut::TooLarge);
        }
        self.entries += 1;
        self.bytes += bytes.len() as u64;
        let mode = stat.st_mode & 0o777;
        self.files.push(ImageFile {
            path: path.to_owned(),
            mode,
            bytes: bytes.into(),
        });
        Ok(())
    }
}

fn unreadable(error: Errno) -> WhyLeftOut {
    match error {
        Errno::LOOP => WhyLeftOut::SymbolicLink,
        _ => WhyLeftOut::Unreadable(error.raw_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn why(image: &Image, path: &str) -> Option<WhyLeftOut> {
        image
            .left_out()
            .iter()
            .find(|left| left.path == Path::new(path))
            .map(|left| left.why)
    }

    #[test]
    fn only_regular_files_of_the_student_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("src/.git")).unwrap();
        fs::create_dir(at("target")).unwrap();
        fs::write(at("target/CACHEDIR.TAG"), "").unwrap();
        fs::write(at("src/server.py"), "print()").unwrap();
        symlink("/etc/passwd", at("passwd")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        let image = Image::from_dir(dir.path(), Caps::default()).unwrap();
        assert_eq!(image.files().len(), 1);
        assert_eq!(
            &*image.file(Path::new("src/server.py")).unwrap().bytes,
            b"print()"
        );
        assert_eq!(why(&image, "passwd"), Some(WhyLeftOut::SymbolicLink));
        assert_eq!(why(&image, "fifo"), Some(WhyLeftOut::Special));
        assert_eq!(why(&image, "src/.git"), Some(WhyLeftOut::Tooling));
        assert_eq!(why(&image, "target"), Some(WhyLeftOut::Tooling));
    }

    #[test]
    fn caps_hold_and_are_reported() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("a/b/c")).unwrap();
        fs::write(at("big"), vec![0; 100]).unwrap();
        fs::write(at("small"), vec![0; 10]).unwrap();
        let image = Image::from_dir(
            dir.path(),
            Caps {
                bytes: 50,
                entries: 100,
                depth: 2,
            },
        )
        .unwrap();
        assert_eq!(why(&image, "big"), Some(WhyLeftOut::TooLarge));
        assert_eq!(why(&image, "a/b"), Some(WhyLeftOut::TooDeep));
        assert!(image.file(Path::new("small")).is_some());
        let image = Image::from_dir(
            dir.path(),
            Caps {
                entries: 1,
                ..Caps::default()
            },
        )
        .unwrap();
        assert_eq!(image.files().len() + image.directories().len(), 1);
    }
}
