//! The course: specs, handouts, starters and reference implementations, carried in the program itself or
//! read from a folder of the same layout (`specs/<lab>/<exercise>.yaml`, `exercises/…`, `reference/…`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::folder::{FolderError, read_file, read_folder};
use crate::plan::Files;
use crate::spec::Spec;

static SPECS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specs");
static EXERCISES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/exercises");
static REFERENCE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/reference");

/// Where the course comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program itself.
    Built,
    /// A folder.
    Folder(PathBuf),
}

/// A course.
#[derive(Clone, Debug)]
pub struct Course {
    origin: Origin,
    /// Exercise name → lab name.
    labs: BTreeMap<String, String>,
}

/// One exercise with all that belongs to it, its spec not yet read.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// The lab's name.
    pub lab: String,
    /// The exercise's name.
    pub name: String,
    /// The spec's text.
    pub text: String,
    /// The spec's path, for diagnostics.
    pub path: String,
    /// The binary carries it, and a test has checked all that it carries.
    checked: bool,
}

/// The labs of the course as it is taught, in the order of teaching; others follow by name.
const LAB_ORDER: [&str; 6] = [
    "first-steps",
    "echo",
    "chat",
    "timestamps",
    "raspberry-pi",
    "sensors",
];

/// Why a course or an exercise cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// A folder or file cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is no `specs` folder.
    #[error("{0} holds no folder `specs`; a course has specs/<lab>/<exercise>.yaml in it")]
    NoSpecs(PathBuf),
    /// There is no such exercise.
    #[error("no exercise `{name}`{}", nearest.as_ref().map_or(String::new(), |near| format!("; did you mean `{near}`?")))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The exercise with the most similar name.
        nearest: Option<String>,
    },
    /// The spec is broken.
    #[error("{0}")]
    Spec(SpecErrors),
}

/// Diagnostics of a broken spec, with the text they are about.
#[derive(Debug)]
pub struct SpecErrors {
    /// What is wrong.
    pub diagnostics: Vec<crate::diag::Diagnostic>,
    /// The spec's text.
    pub text: String,
}

impl std::fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::diag::render(&self.diagnostics, &self.text, false))
    }
}

impl Course {
    /// The course that the program carries.
    pub fn built_in() -> Course {
        let labs = SPECS
            .dirs()
            .flat_map(|lab| {
                let name = last(lab.path());
                lab.files().filter_map(move |file| {
                    let path = file.path();
                    let yaml = path.extension().is_some_and(|ending| ending == "yaml");
                    yaml.then(|| (stem(path), name.clone()))
                })
            })
            .collect();
        Course {
            origin: Origin::Built,
            labs,
        }
    }

    /// A course in a folder.
    ///
    /// # Errors
    /// When there is no `specs` folder in it, or it cannot be read.
    pub fn from_folder(folder: &Path) -> Result<Course, CourseError> {
        let specs = folder.join("specs");
        if !specs.is_dir() {
            return Err(CourseError::NoSpecs(folder.to_owned()));
        }
        let mut labs = BTreeMap::new();
        for path in read_folder(&specs)?.paths().map(PathBuf::from) {
            let yaml = path.extension().is_some_and(|ending| ending == "yaml");
            if let (true, Some(lab)) = (yaml, path.parent()) {
                labs.insert(stem(&path), last(lab));
            }
        }
        Ok(Course {
            origin: Origin::Folder(folder.to_owned()),
            labs,
        })
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Labs with their exercises, in the order of teaching.
    pub fn labs(&self) -> Vec<(String, Vec<String>)> {
        let mut labs: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for (exercise, lab) in &self.labs {
            labs.entry(lab).or_default().push(exercise.clone());
        }
        let mut list: Vec<_> = labs
            .into_iter()
            .map(|(lab, exercises)| (lab.clone(), exercises))
            .collect();
        let rank = |lab: &String| {
            LAB_ORDER
                .iter()
                .position(|known| known == lab)
                .unwrap_or(LAB_ORDER.len())
        };
        list.sort_by_key(|(lab, _)| (rank(lab), lab.clone()));
        list
    }

    /// The exercise of that name.
    ///
    /// # Errors
    /// When there is none (with the most similar name), or its spec cannot be read.
    pub fn exercise(&self, name: &str) -> Result<Exercise, CourseError> {
        // `echo/tcp-echo-server` is as good as `tcp-echo-server`.
        let short = name.rsplit('/').next().unwrap_or(name);
        let Some(lab) = self.labs.get(short) else {
            let near = self
                .labs
                .keys()
                .map(|known| (strsim::jaro_winkler(short, known), known));
            let near = near
                .filter(|(likeness, _)| *likeness > 0.75)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let nearest = near.map(|(_, known)| known.clone());
            return Err(CourseError::Unknown {
                name: name.to_owned(),
                nearest,
            });
        };
        let within = format!("{lab}/{short}.yaml");
        let (text, path) = match &self.origin {
            Origin::Built => {
                let text = SPECS
                    .get_file(&within)
                    .and_then(|file| file.contents_utf8())
                    .unwrap_or_default();
                (text.to_owned(), format!("specs/{within}"))
            }
            Origin::Folder(folder) => {
                let path = folder.join("specs").join(&within);
                let bytes = read_file(&path, 1 << 20)?;
                (
                    String::from_utf8_lossy(&bytes).into_owned(),
                    path.display().to_string(),
                )
            }
        };
        Ok(Exercise {
            lab: lab.clone(),
            name: short.to_owned(),
            text,
            path,
            checked: matches!(self.origin, Origin::Built),
        })
    }

    /// The handout's and starter's files of an exercise.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub fn handout(&self, exercise: &Exercise) -> Result<Files, CourseError> {
        self.files(
            "exercises",
            &EXERCISES,
            &format!("{}/{}", exercise.lab, exercise.name),
        )
    }

    /// The reference implementation of an exercise in a language (`python`, `rust`); no files if there is none.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub fn reference(&self, exercise: &Exercise, language: &str) -> Result<Files, CourseError> {
        let within = format!("{}/{}/{language}", exercise.lab, exercise.name);
        self.files("reference", &REFERENCE, &within)
    }

    fn files(&self, kind: &str, built: &Dir<'static>, within: &str) -> Result<Files, CourseError> {
        if let Origin::Folder(folder) = &self.origin {
            let folder = folder.join(kind).join(within);
            return Ok(if folder.is_dir() {
                read_folder(&folder)?
            } else {
                Files::new()
            });
        }
        let mut files = Files::new();
        if let Some(dir) = built.get_dir(within) {
            collect(dir, dir.path(), &mut files);
        }
        Ok(files)
    }
}

impl Exercise {
    /// Reads the spec.
    ///
    /// # Errors
    /// When it is broken.
    pub fn spec(&self) -> Result<Spec, CourseError> {
        let load = if self.checked {
            crate::spec::load_checked
        } else {
            crate::spec::load
        };
        load(&self.text, &self.path).map_err(|diagnostics| {
            CourseError::Spec(SpecErrors {
                diagnostics,
                text: self.text.clone(),
            })
        })
    }
}

fn collect(dir: &Dir<'_>, top: &Path, files: &mut Files) {
    for file in dir.files() {
        let path = file.path().strip_prefix(top).unwrap_or(file.path());
        files.insert(path.to_string_lossy(), file.contents().to_vec(), false);
    }
    for inner in dir.dirs() {
        collect(inner, top, files);
    }
}

fn last(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_that_the_binary_carries_is_right() {
        let course = Course::built_in();
        assert!(!course.labs.is_empty());
        for name in course.labs.keys() {
            let exercise = course.exercise(name).unwrap();
            let found = crate::spec::load(&exercise.text, &exercise.path);
            assert!(found.is_ok(), "{}: {found:?}", exercise.path);
        }
    }
}
