//! Bytes of an archive → the files in it, or a refusal that names the entry and the reason. Reads entry
//! by entry into memory, within bounds; writes nothing anywhere.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::vet::{Caps, Refusal};
use super::{tar_entries, zip_entries};
use crate::plan::Files;
use crate::plan::files::shown;

/// An archive that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{archive} was refused: {}{reason}", entry.as_ref().map_or_else(|| "it ".to_owned(), |e| format!("its entry `{e}` ")))]
pub struct ArchiveError {
    /// The archive's name, fit for a message.
    pub archive: String,
    /// The entry that is at fault, fit for a message; none if it is the archive as a whole.
    pub entry: Option<String>,
    /// Why.
    pub reason: Refusal,
}

/// A refusal before the archive's name is known.
#[derive(Debug)]
pub(super) struct EntryError {
    pub entry: Option<String>,
    pub reason: Refusal,
}

impl From<Refusal> for EntryError {
    fn from(reason: Refusal) -> Self {
        EntryError {
            entry: None,
            reason,
        }
    }
}

impl EntryError {
    pub(super) fn at(entry: &str, reason: Refusal) -> Self {
        EntryError {
            entry: Some(shown(entry)),
            reason,
        }
    }

    pub(super) fn of(self, archive: &str) -> ArchiveError {
        ArchiveError {
            archive: shown(archive),
            entry: self.entry,
            reason: self.reason,
        }
    }
}

/// What the first bytes say that a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// Something compressed by gzip, presumably a tar archive.
    Gzip,
    /// An archive of a kind that is not read.
    Other(&'static str),
}

/// Recognises an archive by its first bytes (at least 512 should be given); none if it is no archive.
pub fn format(bytes: &[u8]) -> Option<Format> {
    let starts: [(&[u8], Format); 8] = [
        (b"PK\x03\x04", Format::Zip),
        (b"PK\x05\x06", Format::Zip),
        (b"\x1f\x8b", Format::Gzip),
        (b"7z\xbc\xaf\x27\x1c", Format::Other("a 7z archive")),
        (b"Rar!\x1a\x07", Format::Other("a RAR archive")),
        (b"\xfd7zXZ\0", Format::Other("compressed by xz")),
        (b"BZh", Format::Other("compressed by bzip2")),
        (b"\x28\xb5\x2f\xfd", Format::Other("compressed by zstd")),
    ];
    let by_start = starts
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|(_, format)| *format);
    by_start.or_else(|| tar_entries::looks_like_tar(bytes).then_some(Format::Tar))
}

/// A file name that archives have.
pub fn has_archive_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        ".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".tar.xz", ".tar.bz2",
    ]
    .iter()
    .any(|end| lower.ends_with(end))
}

/// A file name without the endings of archives: `s1001.tar.gz` → `s1001`.
pub fn without_archive_ending(name: &str) -> &str {
    let lower = name.to_ascii_lowercase();
    let endings = [
        ".tar.gz", ".tar.xz", ".tar.bz2", ".zip", ".tgz", ".tar", ".7z", ".rar",
    ];
    let ending = endings
        .iter()
        .find(|end| lower.ends_with(**end) && lower.len() > end.len());
    ending.map_or(name, |end| &name[..name.len() - end.len()])
}

/// Unpacks a student's archive into memory. `name` is for messages only; the format is told by the bytes.
///
/// # Errors
/// Anything but regular files and folders, names that lead out, too much of anything, a damaged or
/// encrypted archive, or a format that is not read. Ends within a second or two and allocates little more
/// than the files' bytes, whatever the archive says.
pub fn read_archive(bytes: &[u8], name: &str) -> Result<Files, ArchiveError> {
    read_archive_within(bytes, name, Caps::SUBMISSION)
}

/// [`read_archive`] with other bounds.
///
/// # Errors
/// As [`read_archive`].
pub fn read_archive_within(bytes: &[u8], name: &str, caps: Caps) -> Result<Files, ArchiveError> {
    unpack(bytes, caps).map_err(|error| error.of(name))
}

fn unpack(bytes: &[u8], caps: Caps) -> Result<Files, EntryError> {
    if bytes.len() as u64 > caps.packed {
        return Err(Refusal::Packed(caps.packed).into());
    }
    match format(bytes) {
        Some(Format::Zip) => {
            zip_entries::look_before(bytes)?;
            zip_entries::read(Cursor::new(bytes), caps, |path| Some(path.to_owned()))
        }
        Some(Format::Tar) => tar_entries::read(bytes, caps),
        Some(Format::Gzip) => {
            let packed = bytes.len() as u64;
            // Headers and padding of a tar come on top of its files.
            let most = (caps.unpacked + caps.entries as u64 * 2048)
                .min(packed.saturating_mul(caps.ratio).max(2 << 20));
            let unpacked = Limited {
                inner: MultiGzDecoder::new(bytes),
                left: most,
            };
            tar_entries::read(unpacked, caps)
        }
        Some(Format::Other(what)) => Err(Refusal::Unsupported(what).into()),
        None => Err(Refusal::Unsupported("neither a zip nor a tar archive").into()),
    }
}

/// A reader that fails, instead of ending, when more comes than may.
struct Limited<R> {
    inner: R,
    left: u64,
}

/// What [`Limited`] says, to be recognised behind the error of the tar reader.
pub(super) const TOO_MUCH: &str = "unpacks to too much";

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(got as u64)
            .ok_or_else(|| std::io::Error::other(TOO_MUCH))?;
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_archives_are_cut_once() {
        assert_eq!(without_archive_ending("s1001.tar.gz"), "s1001");
        assert_eq!(without_archive_ending("s1001.ZIP"), "s1001");
        assert_eq!(without_archive_ending("s1001"), "s1001");
        assert_eq!(without_archive_ending(".zip"), ".zip");
    }
}
