//! A path → the submissions in it: a folder of folders or archives, one archive of many, or what a
//! learning platform lets an instructor download. Reads names only; the files are read when needed.

use std::collections::BTreeMap;
use std::path::Path;

use super::platform;
use super::roster::Roster;
use super::tree::{ReadError, Source, Top, Tree, settle};
use super::{archive, github};
use crate::plan::Files;
use crate::plan::files::{shown, split_extension};
use crate::plan::language::by_extension;

/// One submission, found and not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// What it is called everywhere: unique in the class.
    pub key: String,
    /// The student's or group's name, when known.
    pub name: String,
    /// Facts of the platform: `moodle_id`, `canvas_id`, `late`, `email` …
    pub facts: BTreeMap<String, String>,
    /// Where its files are.
    pub source: Source,
    /// Remarks: which of several attempts was taken.
    pub notes: Vec<String>,
    /// On the roster, and handed in nothing. Not graded; never 0.
    pub absent: bool,
}

/// A submission that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its files.
    pub files: Files,
    /// Remarks on how they were read.
    pub notes: Vec<String>,
}

impl Handed {
    pub(super) fn new(key: impl Into<String>, source: Source) -> Self {
        Handed {
            key: key.into(),
            name: String::new(),
            facts: BTreeMap::new(),
            source,
            notes: Vec::new(),
            absent: false,
        }
    }

    /// Reads its files, unpacks what is packed, and drops folders around everything.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self) -> Result<Submitted, ReadError> {
        let mut notes = self.notes.clone();
        let files = settle(self.source.read()?, &mut notes)?;
        Ok(Submitted { files, notes })
    }
}

/// A class, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// The submissions, sorted by key.
    pub submissions: Vec<Handed>,
    /// What it was taken for, as a person would say it: `a Moodle download`.
    pub layout: &'static str,
    /// What was left aside, and other remarks for the instructor.
    pub notes: Vec<String>,
}

/// Why no class was found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is nothing in it.
    #[error(
        "{0} holds no submissions; give a folder of folders or archives, or a platform's download"
    )]
    Empty(String),
}

/// Finds the submissions at a path, and joins names from a roster if there is one.
///
/// # Errors
/// The path cannot be read, is an archive that is refused as a whole, or holds no submission.
pub fn discover(path: &Path, roster: Option<&Roster>) -> Result<Class, DiscoverError> {
    let key = key_of(path);
    let mut class = match Tree::open(path)? {
        Some(tree) => look(&tree, &key)?,
        None => {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            single(Handed::new(
                key,
                Source::Loose(vec![(name, path.to_owned())]),
            ))
        }
    };
    if class.submissions.is_empty() {
        return Err(DiscoverError::Empty(path.display().to_string()));
    }
    make_unique(&mut class);
    if let Some(roster) = roster {
        roster.join(&mut class);
    }
    class.submissions.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(class)
}

/// Opens one submission: a folder, an archive or a single file.
///
/// # Errors
/// See [`ReadError`].
pub fn open_submission(path: &Path) -> Result<Handed, ReadError> {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let system = |error| super::folder::FolderError::System {
        path: path.display().to_string(),
        error,
    };
    let source = match std::fs::metadata(path).map_err(system)?.is_dir() {
        true => Source::Folder(path.to_owned()),
        false => Source::Loose(vec![(name, path.to_owned())]),
    };
    Ok(Handed::new(key_of(path), source))
}

/// A path's last component without the ending of an archive or a source file.
fn key_of(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    match path.is_dir() || name.is_empty() {
        true if name.is_empty() => "submission".to_owned(),
        true => name,
        false => key_of_file(&name),
    }
}

fn key_of_file(name: &str) -> String {
    match by_extension(name) {
        Some(_) => split_extension(name).0.to_owned(),
        None => archive::without_archive_ending(name).to_owned(),
    }
}

fn single(handed: Handed) -> Class {
    Class {
        submissions: vec![handed],
        layout: "one submission",
        notes: Vec::new(),
    }
}

fn look(tree: &Tree, key: &str) -> Result<Class, DiscoverError> {
    let tops = tree.tops()?;
    if let Some(class) = platform::recognise(tree, &tops) {
        return Ok(class);
    }
    // Archives and platforms like to put one folder around everything.
    if let [Top { name, folder: true }] = tops.as_slice() {
        let inner = tree.inside(name);
        let inner_tops = inner.tops()?;
        if let Some(class) = platform::recognise(&inner, &inner_tops) {
            return Ok(class);
        }
        let many = inner_tops.iter().filter(|t| is_submission(t)).count() >= 2;
        if tree.disk_path().is_none() && many && !inner_tops.iter().any(is_work) {
            return plain(&inner, &inner_tops, name);
        }
    }
    plain(tree, &tops, key)
}

/// A folder or an archive: one student's.
fn is_submission(top: &Top) -> bool {
    top.folder || archive::has_archive_name(&top.name)
}

/// A file that somebody hands in by itself.
fn is_work(top: &Top) -> bool {
    let build = matches!(
        top.name.as_str(),
        "Makefile" | "makefile" | "Cargo.toml" | "CMakeLists.txt"
    );
    !top.folder && (by_extension(&top.name).is_some() || build)
}

/// No platform: folders and archives are submissions; loose source files are one submission together if
/// their names are roles, else one each.
fn plain(tree: &Tree, tops: &[Top], key: &str) -> Result<Class, DiscoverError> {
    let work: Vec<&Top> = tops.iter().filter(|t| is_work(t)).collect();
    if !work.is_empty()
        && (work.len() == 1
            || work.iter().any(|t| is_role_name(&t.name))
            || tops.iter().any(|t| t.folder))
    {
        return Ok(single(Handed::new(key, tree.folder(""))));
    }
    if !work.is_empty() && !tops.iter().any(is_submission) {
        let one = |t: &&Top| {
            Handed::new(
                key_of_file(&t.name),
                tree.loose(&[(t.name.clone(), t.name.clone())]),
            )
        };
        let submissions = work.iter().map(one).collect();
        return Ok(Class {
            submissions,
            layout: "one file for each submission",
            notes: Vec::new(),
        });
    }
    let mut submissions: BTreeMap<String, Handed> = BTreeMap::new();
    let mut notes = Vec::new();
    let logins = github::logins(tree, tops);
    for top in tops.iter().filter(|t| t.folder) {
        let mut handed = Handed::new(top.name.clone(), tree.folder(&top.name));
        if let Some(login) = logins.get(&top.name) {
            handed.key.clone_from(login);
            handed.facts.insert("github".to_owned(), login.clone());
        }
        submissions.insert(handed.key.clone(), handed);
    }
    for top in tops.iter().filter(|t| !t.folder) {
        let key = archive::without_archive_ending(&top.name);
        if !archive::has_archive_name(&top.name) {
            notes.push(format!(
                "{} was left aside: neither a folder nor an archive",
                shown(&top.name)
            ));
        } else if let Some(other) = submissions.get_mut(key) {
            other.notes.push(format!(
                "{} was left aside: there is another submission of that name",
                shown(&top.name)
            ));
        } else {
            let source = tree.loose(&[(top.name.clone(), top.name.clone())]);
            submissions.insert(key.to_owned(), Handed::new(key, source));
        }
    }
    let layout = if logins.is_empty() {
        "a folder of submissions"
    } else {
        "a folder of repositories"
    };
    Ok(Class {
        submissions: submissions.into_values().collect(),
        layout,
        notes,
    })
}

fn is_role_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["server", "client", "makefile", "cargo.toml", "main."]
        .iter()
        .any(|word| lower.contains(word))
}

/// Keys must be unique; who shares one gets a number, and both are told.
fn make_unique(class: &mut Class) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for handed in &mut class.submissions {
        let number = count.entry(handed.key.clone()).or_insert(0);
        *number += 1;
        if *number > 1 {
            class.notes.push(format!(
                "there are several submissions called {}",
                shown(&handed.key)
            ));
            handed.key = format!("{}~{number}", handed.key);
        }
    }
}
