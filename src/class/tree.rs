//! One way to look into a folder on disk, a zip archive and an unpacked archive: what lies at the top,
//! and how to read a part of it later.

use std::collections::BTreeMap;
use std::fs::File as DiskFile;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::{self, ArchiveError, Format};
use super::folder::{self, FolderError};
use super::vet::{Caps, Refusal};
use super::zip_entries;
use crate::plan::Files;
use crate::plan::files::shown;
use crate::plan::noise;

/// Where the files of a submission are, to be read when it is its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// There are none.
    Nothing,
    /// A folder on disk.
    Folder(PathBuf),
    /// Files on disk, each with the path it is to have in the submission.
    Loose(Vec<(String, PathBuf)>),
    /// A part of a zip archive on disk.
    Zip {
        /// The archive.
        archive: Arc<PathBuf>,
        /// Which part.
        part: Part,
    },
    /// A part of files in memory (an archive that can only be read as a whole).
    Memory {
        /// All files.
        files: Arc<Files>,
        /// Which part.
        part: Part,
    },
}

/// A part of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything under a folder; `""` is everything.
    Under(String),
    /// These files, each with the path it is to have in the submission.
    These(BTreeMap<String, String>),
}

/// Why a submission could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A folder or file.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// An archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl ReadError {
    /// The student handed in something that is not taken; else the machine failed, and nobody is graded for that.
    pub fn is_students(&self) -> bool {
        !matches!(self, ReadError::Folder(FolderError::System { .. }))
    }
}

impl Part {
    /// The path that an entry has in the submission; none if it is not part of it.
    fn pick(&self, path: &str) -> Option<String> {
        match self {
            Part::Under(prefix) if prefix.is_empty() => Some(path.to_owned()),
            Part::Under(prefix) => path
                .strip_prefix(prefix.as_str())?
                .strip_prefix('/')
                .map(str::to_owned)
                .filter(|p| !p.is_empty()),
            Part::These(names) => names.get(path).cloned(),
        }
    }
}

impl Source {
    /// Reads the files, as they are.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self) -> Result<Files, ReadError> {
        match self {
            Source::Nothing => Ok(Files::new()),
            Source::Folder(path) => Ok(folder::read_folder(path)?),
            Source::Loose(list) => {
                let mut files = Files::new();
                let mut room = Caps::SUBMISSION.unpacked;
                for (name, path) in list {
                    let bytes = folder::read_file(path, room)?;
                    room -= bytes.len() as u64;
                    files.insert(name.clone(), bytes, false);
                }
                Ok(files)
            }
            Source::Zip { archive, part } => {
                let name = archive
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let file =
                    DiskFile::open(archive.as_path()).map_err(|error| FolderError::System {
                        path: archive.display().to_string(),
                        error,
                    })?;
                zip_entries::read(BufReader::new(file), Caps::SUBMISSION, |path| {
                    part.pick(path)
                })
                .map_err(|error| error.of(&name).into())
            }
            Source::Memory { files, part } => {
                let mut taken = Files::new();
                for (path, file) in files.iter() {
                    if let Some(inner) = part.pick(path) {
                        taken.insert(inner, file.bytes.to_vec(), file.executable);
                    }
                }
                if taken.total_bytes() > Caps::SUBMISSION.unpacked {
                    let reason = Refusal::Unpacked(Caps::SUBMISSION.unpacked);
                    return Err(FolderError::Refused {
                        path: "the submission".to_owned(),
                        reason,
                    }
                    .into());
                }
                Ok(taken)
            }
        }
    }
}

/// One thing at the top of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Top {
    pub name: String,
    pub folder: bool,
}

/// A folder to look into.
pub(super) enum Tree {
    Disk(PathBuf),
    Zip {
        archive: Arc<PathBuf>,
        names: Arc<Vec<(String, bool)>>,
        prefix: String,
    },
    Memory {
        files: Arc<Files>,
        prefix: String,
    },
}

impl Tree {
    /// Opens a folder or an archive on disk; none if it is neither.
    pub(super) fn open(path: &Path) -> Result<Option<Tree>, ReadError> {
        let system = |error| FolderError::System {
            path: path.display().to_string(),
            error,
        };
        let status = std::fs::metadata(path).map_err(system)?;
        if status.is_dir() {
            return Ok(Some(Tree::Disk(path.to_owned())));
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut start = vec![0; 512];
        let mut file = DiskFile::open(path).map_err(system)?;
        let got = file.read(&mut start).map_err(system)?;
        match archive::format(&start[..got]) {
            None => Ok(None),
            Some(Format::Zip) => {
                let reader = DiskFile::open(path).map_err(system)?;
                let names = zip_entries::names(BufReader::new(reader)).map_err(|e| e.of(&name))?;
                let names = Arc::new(names);
                Ok(Some(Tree::Zip {
                    archive: Arc::new(path.to_owned()),
                    names,
                    prefix: String::new(),
                }))
            }
            Some(_) => {
                let bytes = folder::read_file(path, Caps::CLASS.packed)?;
                let files = archive::read_archive_within(&bytes, &name, Caps::CLASS)?;
                Ok(Some(Tree::Memory {
                    files: Arc::new(files),
                    prefix: String::new(),
                }))
            }
        }
    }

    /// What lies at the top, in order, without hidden files and what nobody wrote.
    pub(super) fn tops(&self) -> Result<Vec<Top>, ReadError> {
        let mut tops: BTreeMap<String, bool> = BTreeMap::new();
        match self {
            Tree::Disk(path) => {
                let system = |error| FolderError::System {
                    path: path.display().to_string(),
                    error,
                };
                for entry in std::fs::read_dir(path).map_err(system)? {
                    let entry = entry.map_err(system)?;
                    // A link to a folder elsewhere is the instructor's own doing here, not a student's.
                    let folder = std::fs::metadata(entry.path()).is_ok_and(|m| m.is_dir());
                    tops.insert(entry.file_name().to_string_lossy().into_owned(), folder);
                }
            }
            Tree::Zip { names, prefix, .. } => {
                let inside = names.iter().map(|(name, folder)| (name.as_str(), *folder));
                collect_tops(inside, prefix, &mut tops);
            }
            Tree::Memory { files, prefix } => {
                collect_tops(files.paths().map(|p| (p, false)), prefix, &mut tops)
            }
        }
        let wanted = |name: &str, folder: bool| match folder {
            true => !noise::is_noise_folder(name) && !name.starts_with('.'),
            false => !noise::is_noise_file(name) && !name.starts_with('.'),
        };
        let list = tops
            .into_iter()
            .filter(|(name, folder)| wanted(name, *folder));
        Ok(list.map(|(name, folder)| Top { name, folder }).collect())
    }

    /// The tree inside a folder.
    pub(super) fn inside(&self, name: &str) -> Tree {
        let join = |prefix: &str| {
            if prefix.is_empty() {
                name.to_owned()
            } else {
                format!("{prefix}/{name}")
            }
        };
        match self {
            Tree::Disk(path) => Tree::Disk(path.join(name)),
            Tree::Zip {
                archive,
                names,
                prefix,
            } => Tree::Zip {
                archive: archive.clone(),
                names: names.clone(),
                prefix: join(prefix),
            },
            Tree::Memory { files, prefix } => Tree::Memory {
                files: files.clone(),
                prefix: join(prefix),
            },
        }
    }

    /// A folder at the top as a submission; `""` is the tree itself.
    pub(super) fn folder(&self, name: &str) -> Source {
        let tree = if name.is_empty() {
            None
        } else {
            Some(self.inside(name))
        };
        match tree.as_ref().unwrap_or(self) {
            Tree::Disk(path) => Source::Folder(path.clone()),
            Tree::Zip {
                archive, prefix, ..
            } => Source::Zip {
                archive: archive.clone(),
                part: Part::Under(prefix.clone()),
            },
            Tree::Memory { files, prefix } => Source::Memory {
                files: files.clone(),
                part: Part::Under(prefix.clone()),
            },
        }
    }

    /// Files (or files in folders) of the tree as one submission: pairs of where each is and what it is called there.
    pub(super) fn loose(&self, pairs: &[(String, String)]) -> Source {
        let full = |prefix: &str, name: &str| {
            if prefix.is_empty() {
                name.to_owned()
            } else {
                format!("{prefix}/{name}")
            }
        };
        let these = |prefix: &str| {
            Part::These(
                pairs
                    .iter()
                    .map(|(at, name)| (full(prefix, at), name.clone()))
                    .collect(),
            )
        };
        match self {
            Tree::Disk(path) => Source::Loose(
                pairs
                    .iter()
                    .map(|(at, name)| (name.clone(), path.join(at)))
                    .collect(),
            ),
            Tree::Zip {
                archive, prefix, ..
            } => Source::Zip {
                archive: archive.clone(),
                part: these(prefix),
            },
            Tree::Memory { files, prefix } => Source::Memory {
                files: files.clone(),
                part: these(prefix),
            },
        }
    }

    /// A small text file at the top.
    pub(super) fn text(&self, name: &str, most: u64) -> Option<String> {
        let bytes = match self {
            Tree::Disk(path) => folder::read_file(&path.join(name), most).ok()?,
            _ => {
                let files = self
                    .loose(&[(name.to_owned(), "file".to_owned())])
                    .read()
                    .ok()?;
                files.get("file")?.bytes.to_vec()
            }
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The file on disk that this tree is, or lies in.
    pub(super) fn disk_path(&self) -> Option<&Path> {
        match self {
            Tree::Disk(path) => Some(path),
            _ => None,
        }
    }
}

fn collect_tops<'a>(
    paths: impl Iterator<Item = (&'a str, bool)>,
    prefix: &str,
    tops: &mut BTreeMap<String, bool>,
) {
    for (path, folder) in paths {
        let path = path.trim_start_matches("./");
        let inner = match prefix {
            "" => Some(path),
            prefix => path.strip_prefix(prefix).and_then(|p| p.strip_prefix('/')),
        };
        let Some(inner) = inner.filter(|p| !p.is_empty()) else {
            continue;
        };
        match inner.split_once('/') {
            Some((top, _)) => tops.insert(top.to_owned(), true),
            None => tops.insert(inner.to_owned(), folder),
        };
    }
}

/// Files as read → files as graded: a single archive among them is unpacked, folders around everything
/// are dropped. Remarks go into `notes`.
///
/// # Errors
/// The archive inside is refused.
pub fn settle(files: Files, notes: &mut Vec<String>) -> Result<Files, ReadError> {
    let is_program = |path: &str, files: &Files| {
        files
            .get(path)
            .is_some_and(|f| crate::plan::language::of_file(path, f).is_some())
    };
    let archives: Vec<&str> = files
        .iter()
        .filter(|(path, file)| {
            archive::has_archive_name(path) && archive::format(&file.bytes).is_some()
        })
        .map(|(path, _)| path)
        .collect();
    let programs = files.paths().any(|path| is_program(path, &files));
    let only = match archives.as_slice() {
        [only] if !programs => only,
        others => {
            let why = match programs {
                true => "there are programs beside it",
                false => "there are several archives, and only one could be the submission",
            };
            notes.extend(
                others
                    .iter()
                    .map(|path| format!("{} was not unpacked: {why}", shown(path))),
            );
            return Ok(files.without_wrapping());
        }
    };
    let only = (*only).to_owned();
    let Some(packed) = files.get(&only) else {
        return Ok(files);
    };
    let mut unpacked = archive::read_archive(&packed.bytes, &only)?;
    for (path, file) in files.iter().filter(|(path, _)| *path != only) {
        if unpacked.get(path).is_none() && !noise::is_noise(path) {
            unpacked.insert(path, file.bytes.to_vec(), file.executable);
        }
    }
    unpacked.left_out.extend(files.left_out.clone());
    if files.len() > 1 {
        notes.push(format!("{} was unpacked", shown(&only)));
    }
    Ok(unpacked.without_wrapping())
}
