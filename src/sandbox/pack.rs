//! Files in one run of bytes: how an image reaches a sandbox, and how collected files come back.
//!
//! An entry is `path length u32, mode u32, content length u64, path, content`, little-endian; a
//! directory has the bit [`DIRECTORY`] in its mode and no content.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Set in the mode of a directory.
pub(super) const DIRECTORY: u32 = 1 << 31;
const HEAD: usize = 16;

/// One file or directory of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub path: &'a Path,
    pub mode: u32,
    pub bytes: &'a [u8],
}

impl Entry<'_> {
    pub fn is_directory(&self) -> bool {
        self.mode & DIRECTORY != 0
    }
}

/// The head of an entry whose content follows separately.
pub(super) fn head(path: &Path, mode: u32, length: u64) -> Vec<u8> {
    let path = path.as_os_str().as_bytes();
    let mut head = Vec::with_capacity(HEAD + path.len());
    let path_length = u32::try_from(path.len()).unwrap_or(u32::MAX);
    head.extend_from_slice(&path_length.to_le_bytes());
    head.extend_from_slice(&mode.to_le_bytes());
    head.extend_from_slice(&length.to_le_bytes());
    head.extend_from_slice(path);
    head
}

/// Appends an entry.
pub(super) fn append(pack: &mut Vec<u8>, entry: Entry<'_>) {
    pack.extend_from_slice(&head(entry.path, entry.mode, entry.bytes.len() as u64));
    pack.extend_from_slice(entry.bytes);
}

/// The entries of a pack, up to its end or the first that does not fit.
pub(super) fn entries(mut rest: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    std::iter::from_fn(move || {
        let (head, tail) = rest.split_at_checked(HEAD)?;
        let (path_length, head) = head.split_first_chunk::<4>()?;
        let (mode, head) = head.split_first_chunk::<4>()?;
        let length = u64::from_le_bytes(head.try_into().ok()?);
        let (path, tail) = tail.split_at_checked(u32::from_le_bytes(*path_length) as usize)?;
        let (bytes, tail) = tail.split_at_checked(usize::try_from(length).ok()?)?;
        rest = tail;
        let path = Path::new(OsStr::from_bytes(path));
        Some(Entry {
            path,
            mode: u32::from_le_bytes(*mode),
            bytes,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_as_they_went_in() {
        let path = Path::new(OsStr::from_bytes(b"dir/\xff name\n"));
        let file = Entry {
            path,
            mode: 0o644,
            bytes: b"content",
        };
        let directory = Entry {
            path: Path::new("empty"),
            mode: DIRECTORY | 0o755,
            bytes: b"",
        };
        let mut pack = Vec::new();
        append(&mut pack, file);
        append(&mut pack, directory);
        assert_eq!(entries(&pack).collect::<Vec<_>>(), [file, directory]);
    }

    #[test]
    fn a_cut_pack_yields_the_whole_entries_before_the_cut() {
        let mut pack = Vec::new();
        append(
            &mut pack,
            Entry {
                path: Path::new("a"),
                mode: 0,
                bytes: b"1",
            },
        );
        let whole = pack.len();
        append(
            &mut pack,
            Entry {
                path: Path::new("b"),
                mode: 0,
                bytes: b"2",
            },
        );
        for length in whole..pack.len() {
            assert_eq!(entries(&pack[..length]).count(), 1);
        }
    }
}
