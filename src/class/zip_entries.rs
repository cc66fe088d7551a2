//! Entries of a zip archive → files, vetted one by one.

use std::io::{Read, Seek};

use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::archive::EntryError;
use super::vet::{Caps, Collector, Refusal, Vetted};
use crate::plan::Files;

/// More entries than this are not even listed. Folders of packages are skipped, so they may be many.
const MAX_LISTED: u64 = 20_000;

/// Refuses archives whose directory claims more entries than are ever listed, before anything is
/// allocated for them. Looks at every place that could be taken for the end of a directory.
pub(super) fn look_before(bytes: &[u8]) -> Result<(), EntryError> {
    let number = |at: usize, size: usize| {
        let field = bytes.get(at..at + size)?;
        Some(
            field
                .iter()
                .rev()
                .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    };
    let mut directory_entries = 0u64;
    for at in memchr_pk(bytes) {
        let claimed = match bytes.get(at + 2..at + 4) {
            Some(b"\x05\x06") => number(at + 10, 2).filter(|n| *n != 0xffff),
            Some(b"\x06\x06") => number(at + 32, 8),
            Some(b"\x01\x02") => {
                directory_entries += 1;
                Some(directory_entries)
            }
            _ => None,
        };
        if claimed.is_some_and(|n| n > MAX_LISTED) {
            return Err(Refusal::Entries(MAX_LISTED as usize).into());
        }
    }
    Ok(())
}

/// Where `PK` stands.
fn memchr_pk(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| *pair == b"PK")
        .map(|(at, _)| at)
}

/// Reads the entries that `pick` gives a path to; the others are vetted by name only.
pub(super) fn read<R: Read + Seek>(
    reader: R,
    caps: Caps,
    pick: impl Fn(&str) -> Option<String>,
) -> Result<Files, EntryError> {
    let mut archive = ZipArchive::new(reader).map_err(broken)?;
    if archive.has_duplicate_names() {
        return Err(Refusal::Contradiction("has two entries of the same name").into());
    }
    if archive.has_overlapping_entries().map_err(broken)? {
        return Err(Refusal::Contradiction("has entries that share their bytes").into());
    }
    let mut collector = Collector::new(caps);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(text) if text.contains("assword") => {
                Refusal::Encrypted.into()
            }
            error => broken(error),
        })?;
        let name = name_of(&entry);
        let Some(inner) = pick(&name) else { continue };
        take(&mut collector, &mut entry, &inner).map_err(|reason| EntryError::at(&name, reason))?;
    }
    Ok(collector.finish())
}

/// The names of all entries, unvetted, with whether they are folders.
pub(super) fn names<R: Read + Seek>(reader: R) -> Result<Vec<(String, bool)>, EntryError> {
    let mut archive = ZipArchive::new(reader).map_err(broken)?;
    let mut list = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        let name = name_of(&entry);
        let folder = entry.is_dir();
        list.push((name, folder));
    }
    Ok(list)
}

/// An entry's name. macOS writes UTF-8 and does not say so, which would be read as the letters of the first
/// PCs; bytes beyond ASCII that are UTF-8 by accident are next to impossible.
fn name_of<R: Read>(entry: &ZipFile<'_, R>) -> String {
    let raw = entry.name_raw();
    match std::str::from_utf8(raw) {
        Ok(name) if !raw.is_ascii() => name.to_owned(),
        _ => match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(raw).into_owned(),
        },
    }
}

fn take<R: Read>(
    collector: &mut Collector,
    entry: &mut ZipFile<'_, R>,
    name: &str,
) -> Result<(), Refusal> {
    if entry.name_raw().contains(&b'\\') {
        return Err(Refusal::Name("has a backslash in its name"));
    }
    let Vetted::Take(path) = collector.vet(name)? else {
        return Ok(());
    };
    // The library's own reading of the mode hides devices and set-user-id bits, so the raw field is judged.
    let mode = entry.external_attributes() >> 16;
    kind(mode)?;
    if entry.is_dir() {
        return collector.folder(&path);
    }
    if entry.encrypted() {
        return Err(Refusal::Encrypted);
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => {}
        _ => return Err(Refusal::Unsupported("packed by a rare method")),
    }
    let packed = entry.compressed_size();
    collector.fits(entry.size(), Some(packed))?;
    let mut bytes = Vec::new();
    let most = entry.size().saturating_add(1);
    entry
        .by_ref()
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Refusal::Broken(error.to_string()))?;
    if bytes.len() as u64 > entry.size() {
        return Err(Refusal::Contradiction("is larger than the archive says"));
    }
    collector.fits(bytes.len() as u64, Some(packed))?;
    collector.file(path, bytes, mode & 0o111 != 0)
}

/// The type in a Unix mode must be a file's or a folder's, or absent.
pub(super) fn kind(mode: u32) -> Result<(), Refusal> {
    match mode & 0o170_000 {
        0 | 0o100_000 | 0o040_000 => {}
        0o120_000 => return Err(Refusal::Kind("a symbolic link")),
        0o010_000 => return Err(Refusal::Kind("a FIFO")),
        0o140_000 => return Err(Refusal::Kind("a socket")),
        _ => return Err(Refusal::Kind("a device")),
    }
    // Shared folders have the set-group bit on honest machines; a file with it asks for other rights.
    if mode & 0o6000 != 0 && mode & 0o170_000 != 0o040_000 {
        return Err(Refusal::Kind("a set-user-id file"));
    }
    Ok(())
}

fn broken(error: ZipError) -> EntryError {
    Refusal::Broken(error.to_string()).into()
}
