//! A submission's folder on disk → its files. Never follows a symbolic link, never blocks on a FIFO,
//! takes regular files only, and says what it left out.

use std::ffi::{CStr, CString};
use std::fs::File as DiskFile;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, open, openat};

use super::vet::{Caps, Collector, Refusal, Vetted};
use crate::plan::Files;

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("cannot read {path}: {error}")]
    System {
        /// What was to be read.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// It is larger than a submission can be.
    #[error("{path} {reason}; is it really one submission?")]
    Refused {
        /// The folder or the file in it.
        path: String,
        /// Why.
        reason: Refusal,
    },
}

/// Reads all regular files below a folder. Symbolic links, devices, FIFOs, sockets and files that cannot
/// be opened are listed in [`Files::left_out`].
///
/// # Errors
/// The folder cannot be opened, or holds more than a submission may.
pub fn read_folder(path: &Path) -> Result<Files, FolderError> {
    let shown = path.display().to_string();
    let system = |error: rustix::io::Errno| FolderError::System {
        path: shown.clone(),
        error: error.into(),
    };
    // The path given by the user may itself be a link; nothing below it may.
    let top = open(
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(system)?;
    let mut collector = Collector::new(Caps::SUBMISSION);
    let mut todo = vec![(String::new(), top)];
    while let Some((prefix, folder)) = todo.pop() {
        let mut names = names(&folder).map_err(system)?;
        names.sort();
        for name in names {
            let shown_name = name.to_string_lossy();
            let inner = if prefix.is_empty() {
                shown_name.into_owned()
            } else {
                format!("{prefix}/{shown_name}")
            };
            let refused = |reason| FolderError::Refused {
                path: format!("{shown}/{}", crate::plan::files::shown(&inner)),
                reason,
            };
            match collector.vet(&inner) {
                Ok(Vetted::Skip) => continue,
                Ok(Vetted::Take(_)) => {}
                Err(Refusal::Name(why)) => {
                    collector.leave_out(inner, format!("it {why}"));
                    continue;
                }
                Err(reason) => return Err(refused(reason)),
            }
            if let Some(folder) = take(&mut collector, &folder, &name, &inner).map_err(refused)? {
                todo.push((inner, folder));
            }
        }
    }
    Ok(collector.finish())
}

/// Reads one regular file as a submission of its own.
///
/// # Errors
/// It cannot be opened, is no regular file, or is larger than a submission may be.
pub fn read_file(path: &Path, within: u64) -> Result<Vec<u8>, FolderError> {
    let shown = path.display().to_string();
    let system = |error: std::io::Error| FolderError::System {
        path: shown.clone(),
        error,
    };
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = open(path, flags, Mode::empty()).map_err(|e| system(e.into()))?;
    let status = fstat(&opened).map_err(|e| system(e.into()))?;
    let refused = |reason| FolderError::Refused {
        path: shown.clone(),
        reason,
    };
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Err(refused(Refusal::Kind("no regular file")));
    }
    let mut bytes = Vec::new();
    DiskFile::from(opened)
        .take(within + 1)
        .read_to_end(&mut bytes)
        .map_err(system)?;
    if bytes.len() as u64 > within {
        return Err(refused(Refusal::Packed(within)));
    }
    Ok(bytes)
}

fn names(folder: &OwnedFd) -> rustix::io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            names.push(name.to_owned());
        }
        // More than can be taken; the collector says so when they are gone through.
        if names.len() > 100_000 {
            break;
        }
    }
    Ok(names)
}

/// Takes one entry of an open folder; gives it back if it is a folder itself.
fn take(
    collector: &mut Collector,
    folder: &OwnedFd,
    name: &CStr,
    inner: &str,
) -> Result<Option<OwnedFd>, Refusal> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = match openat(folder.as_fd(), name, flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(rustix::io::Errno::LOOP) => {
            collector.leave_out(inner.to_owned(), "a symbolic link");
            return Ok(None);
        }
        Err(error) => {
            collector.leave_out(
                inner.to_owned(),
                format!("it cannot be opened ({})", std::io::Error::from(error)),
            );
            return Ok(None);
        }
    };
    let Ok(status) = fstat(&opened) else {
        collector.leave_out(inner.to_owned(), "it cannot be read");
        return Ok(None);
    };
    match FileType::from_raw_mode(status.st_mode) {
        FileType::Directory => {
            collector.folder(inner)?;
            return Ok(Some(opened));
        }
        FileType::RegularFile => {}
        FileType::Fifo => collector.leave_out(inner.to_owned(), "a FIFO"),
        _ => collector.leave_out(inner.to_owned(), "neither a file nor a folder"),
    }
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // A file may grow while it is read, so its size is not trusted.
    if DiskFile::from(opened)
        .take(collector.room() + 1)
        .read_to_end(&mut bytes)
        .is_err()
    {
        collector.leave_out(inner.to_owned(), "it cannot be read");
        return Ok(None);
    }
    collector.file(inner.to_owned(), bytes, status.st_mode & 0o111 != 0)?;
    Ok(None)
}
