//! Entries of a tar archive → files, vetted one by one. The extension headers are read here and not by
//! the library, so that two ways to read one archive are noticed instead of chosen between.

use std::io::Read;

use tar::{Archive, Entry, EntryType, Header};

use super::archive::{EntryError, TOO_MUCH};
use super::vet::{Caps, Collector, Refusal, Vetted};
use super::zip_entries::kind;
use crate::plan::Files;

/// An extension header larger than this describes no honest file.
const MAX_EXTENSION: u64 = 64 << 10;

/// The first block is a tar header: its checksum is right.
pub(super) fn looks_like_tar(bytes: &[u8]) -> bool {
    let Some(block) = bytes.get(..512) else {
        return false;
    };
    let mut header = Header::new_old();
    header.as_mut_bytes().copy_from_slice(block);
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            if (148..156).contains(&at) {
                32
            } else {
                u32::from(*byte)
            }
        })
        .sum();
    block.iter().any(|b| *b != 0) && header.cksum().is_ok_and(|claimed| claimed == sum)
}

/// What extension headers say about the next entry.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
    /// Kinds of headers seen since the last entry; none may come twice.
    seen: Vec<EntryType>,
}

/// Reads all entries.
pub(super) fn read(reader: impl Read, caps: Caps) -> Result<Files, EntryError> {
    let mut archive = Archive::new(reader);
    let mut collector = Collector::new(caps);
    let mut extension = Extension::default();
    let mut headers = 0usize;
    for entry in archive.entries().map_err(|e| broken(&e))?.raw(true) {
        let mut entry = entry.map_err(|e| broken(&e))?;
        headers += 1;
        // Each entry may have a few extension headers, and skipped folders may have many entries.
        if headers > caps.entries * 4 + 80_000 {
            return Err(Refusal::Entries(caps.entries).into());
        }
        let header_kind = entry.header().entry_type();
        if is_extension(header_kind) {
            extension.read(header_kind, &mut entry)?;
            continue;
        }
        let extension = std::mem::take(&mut extension);
        let name = match &extension.name {
            Some(name) => name.clone(),
            None => entry.path_bytes().into_owned(),
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        take(&mut collector, &mut entry, &name, &extension)
            .map_err(|reason| EntryError::at(&name, reason))?;
    }
    Ok(collector.finish())
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

impl Extension {
    fn read(
        &mut self,
        header_kind: EntryType,
        entry: &mut Entry<impl Read>,
    ) -> Result<(), EntryError> {
        let global = header_kind.is_pax_global_extensions();
        if self.seen.contains(&header_kind) && !global {
            return Err(Refusal::Contradiction(
                "has two extension headers of one kind for one file",
            )
            .into());
        }
        self.seen.push(header_kind);
        let size = entry.header().entry_size().map_err(|e| broken(&e))?;
        if size > MAX_EXTENSION {
            return Err(
                Refusal::Contradiction("has an extension header of more than 64 KiB").into(),
            );
        }
        let mut bytes = Vec::new();
        entry
            .take(MAX_EXTENSION)
            .read_to_end(&mut bytes)
            .map_err(|e| broken(&e))?;
        if header_kind.is_gnu_longname() {
            // GNU tar ends the name with one NUL.
            self.name = Some(bytes.strip_suffix(b"\0").unwrap_or(&bytes).to_vec());
        } else if !header_kind.is_gnu_longlink() {
            self.read_pax(&bytes, global)?;
        }
        Ok(())
    }

    fn read_pax(&mut self, bytes: &[u8], global: bool) -> Result<(), EntryError> {
        for (key, value) in pax_records(bytes)? {
            let telling =
                matches!(key, b"path" | b"size" | b"linkpath") || key.starts_with(b"GNU.sparse");
            if global && telling {
                return Err(
                    Refusal::Contradiction("renames or resizes all its files at once").into(),
                );
            }
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value)
                        .ok()
                        .and_then(|text| text.parse().ok());
                    self.size =
                        Some(size.ok_or(Refusal::Contradiction("has a size that is no number"))?);
                }
                key if key.starts_with(b"GNU.sparse") => self.sparse = true,
                _ => {}
            }
        }
        Ok(())
    }
}

/// A key and its value.
type Record<'a> = (&'a [u8], &'a [u8]);

/// Records of the form `length key=value\n`, where length counts all of it.
fn pax_records(mut bytes: &[u8]) -> Result<Vec<Record<'_>>, EntryError> {
    let malformed = || EntryError::from(Refusal::Contradiction("has a malformed extension header"));
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let space = bytes
            .iter()
            .position(|b| *b == b' ')
            .ok_or_else(malformed)?;
        let length: usize = std::str::from_utf8(&bytes[..space])
            .ok()
            .and_then(|t| t.parse().ok())
            .ok_or_else(malformed)?;
        if length <= space + 1 || length > bytes.len() || bytes[length - 1] != b'\n' {
            return Err(malformed());
        }
        let record = &bytes[space + 1..length - 1];
        let equals = record
            .iter()
            .position(|b| *b == b'=')
            .ok_or_else(malformed)?;
        records.push((&record[..equals], &record[equals + 1..]));
        bytes = &bytes[length..];
    }
    Ok(records)
}

fn take(
    collector: &mut Collector,
    entry: &mut Entry<impl Read>,
    name: &str,
    extension: &Extension,
) -> Result<(), Refusal> {
    let Vetted::Take(path) = collector.vet(name)? else {
        return Ok(());
    };
    let header_kind = entry.header().entry_type();
    let size = entry
        .header()
        .entry_size()
        .map_err(|e| Refusal::Broken(e.to_string()))?;
    if extension.size.is_some_and(|claimed| claimed != size) {
        return Err(Refusal::Contradiction("has two different sizes"));
    }
    if extension.sparse {
        return Err(Refusal::Kind("a sparse file"));
    }
    let mode = entry.header().mode().unwrap_or(0o644);
    match header_kind {
        EntryType::Regular | EntryType::Continuous => {}
        EntryType::Directory => return collector.folder(&path),
        EntryType::Symlink => return Err(Refusal::Kind("a symbolic link")),
        EntryType::Link => return Err(Refusal::Kind("a hard link")),
        EntryType::Char | EntryType::Block => return Err(Refusal::Kind("a device")),
        EntryType::Fifo => return Err(Refusal::Kind("a FIFO")),
        EntryType::GNUSparse => return Err(Refusal::Kind("a sparse file")),
        _ => return Err(Refusal::Kind("of an unknown kind")),
    }
    // Before there was a type for folders, a slash at the end made one.
    if name.ends_with('/') {
        return collector.folder(&path);
    }
    kind(0o100_000 | (mode & 0o7777))?;
    collector.fits(size, None)?;
    let mut bytes = Vec::new();
    entry
        .take(size)
        .read_to_end(&mut bytes)
        .map_err(|e| broken(&e).reason)?;
    if (bytes.len() as u64) < size {
        return Err(Refusal::Broken(
            "it ends in the middle of a file".to_owned(),
        ));
    }
    collector.file(path, bytes, mode & 0o111 != 0)
}

fn broken(error: &std::io::Error) -> EntryError {
    let text = error.to_string();
    if text.contains(TOO_MUCH) {
        return Refusal::Ratio(Caps::SUBMISSION.ratio).into();
    }
    Refusal::Broken(text).into()
}
