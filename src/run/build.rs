//! Building: the programs that a plan found → an image in which they can be started. Compilers run in
//! the same kind of sandbox as the programs themselves, without a network.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use futures_util::future::{BoxFuture, Shared};

use super::RunError;
use super::compile::compile;
use crate::event::SourceNote;
use crate::plan::{Files, FoundProgram, Language, Recipe, source_notes};
use crate::sandbox::{Config, ExtraFile, Image, ImageFile, Launcher};
use crate::spec::ProgramSpec;

/// What a submission was built to.
#[derive(Debug, Default)]
pub struct Built {
    /// The files that every sandbox gets: what was handed in and what was built.
    pub image: Arc<Image>,
    /// What was handed in, for checks on files.
    pub files: Files,
    /// Programs that can be started, by role.
    pub programs: BTreeMap<String, BuiltProgram>,
    /// Programs that cannot, by role.
    pub problems: BTreeMap<String, BuildProblem>,
    /// For a reference implementation: where its files are inside the sandbox, since they are not the submission's.
    pub prefix: Option<PathBuf>,
    /// For the reference implementation of another exercise: what that one's spec says of its programs.
    pub roles: BTreeMap<String, ProgramSpec>,
}

/// Reference implementations by language and, where it is another one's, exercise.
pub type References = BTreeMap<(String, Option<String>), Arc<Built>>;

/// Reference implementations that may still be in the making; or why there are none.
pub type ReferencesToCome = Shared<BoxFuture<'static, Result<Arc<References>, String>>>;

/// A program that can be started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuiltProgram {
    /// Its command line.
    pub argv: Vec<String>,
    /// Its working directory, relative to the submission, or absolute.
    pub cwd: PathBuf,
    /// Where it was found; none for a reference implementation, whose source explains nothing.
    found: Option<FoundProgram>,
    /// See [`Built::notes`].
    notes: OnceLock<Vec<SourceNote>>,
}

/// Why a program cannot be started: the student's mistake, unless `machine` is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildProblem {
    /// The sentence that a student reads.
    pub message: String,
    /// The compiler's output.
    pub output: Vec<u8>,
    /// The machine lacks the tool; the submission cannot be graded here.
    pub machine: bool,
}

/// Builds what needs building.
///
/// # Errors
/// When no sandbox can be made.
pub async fn build(
    launcher: &Launcher,
    base: &Config,
    files: Files,
    found: &[FoundProgram],
) -> Result<Built, RunError> {
    let mut built = Built {
        files,
        ..Built::default()
    };
    let mut image = image_of(&built.files);
    let mut done: Vec<&Recipe> = Vec::new();
    for program in found {
        let recipe = &program.recipe;
        if program.problem.is_some() || recipe.run.is_empty() {
            if let Some(problem) = &program.problem {
                let problem = BuildProblem {
                    message: problem.to_string(),
                    output: Vec::new(),
                    machine: false,
                };
                built.problems.insert(program.role.clone(), problem);
            }
            continue;
        }
        let missing = recipe
            .build
            .iter()
            .chain([&recipe.run])
            .filter_map(|argv| argv.first())
            .find(|tool| {
                !tool.starts_with('.')
                    && !is_standard(tool)
                    && !base.toolchains.found.contains_key(*tool)
            });
        if program.language == Language::Python2 && missing.is_some() {
            // A program that needs a Python of 2000 to 2020 is a mistake of the student, not of the machine.
            let why = program.notes.first().cloned();
            let problem = BuildProblem {
                message: why.unwrap_or_else(|| "Python 2: the course uses Python 3".to_owned()),
                output: Vec::new(),
                machine: false,
            };
            built.problems.insert(program.role.clone(), problem);
            continue;
        }
        if let Some(tool) = missing {
            let message = format!(
                "{} needs `{tool}`, which this machine does not have",
                program.language
            );
            let problem = BuildProblem {
                message,
                output: Vec::new(),
                machine: true,
            };
            built.problems.insert(program.role.clone(), problem);
            continue;
        }
        if !recipe.build.is_empty() && !done.contains(&recipe) {
            match compile(launcher, base, &image, recipe).await? {
                Ok(made) => image = merged(&image, made),
                Err(problem) => {
                    built.problems.insert(program.role.clone(), problem);
                    continue;
                }
            }
            done.push(recipe);
        }
        let mut argv = recipe.run.clone();
        if let Some(path) = argv
            .first()
            .and_then(|tool| base.toolchains.found.get(tool))
        {
            argv[0] = path.to_string_lossy().into_owned();
        }
        built.programs.insert(
            program.role.clone(),
            BuiltProgram {
                argv,
                cwd: PathBuf::from(&recipe.dir),
                found: Some(program.clone()),
                notes: OnceLock::new(),
            },
        );
    }
    built.image = image;
    Ok(built)
}

impl Built {
    /// What a look at a program's source shows. The first call looks, which takes a millisecond.
    pub fn notes(&self, role: &str) -> &[SourceNote] {
        let Some(program) = self.programs.get(role) else {
            return &[];
        };
        program.notes.get_or_init(|| {
            let found = program.found.as_ref();
            found.map_or_else(Vec::new, |found| source_notes(&self.files, found))
        })
    }

    /// The same programs, as files of the grader's own under `prefix`, to be put beside a submission.
    #[must_use]
    pub fn as_reference(mut self, prefix: &str) -> Built {
        let prefix = PathBuf::from(prefix);
        for program in self.programs.values_mut() {
            program.cwd = prefix.join(&program.cwd);
            program.found = None;
        }
        self.prefix = Some(prefix);
        self
    }

    /// The files of a reference implementation, for the sandboxes of checks that use it.
    pub fn extra_files(&self) -> Vec<ExtraFile> {
        let Some(prefix) = &self.prefix else {
            return Vec::new();
        };
        let file = |file: &ImageFile| ExtraFile {
            path: prefix.join(&file.path),
            mode: if file.mode & 0o111 == 0 { 0o644 } else { 0o755 },
            bytes: file.bytes.clone(),
        };
        self.image.files().iter().map(file).collect()
    }
}

/// Tools that every system with a shell has, which are not looked for.
fn is_standard(tool: &str) -> bool {
    matches!(tool, "mkdir" | "sh" | "true")
}

fn image_of(files: &Files) -> Arc<Image> {
    let list = files.iter().map(|(path, file)| ImageFile {
        path: PathBuf::from(path),
        mode: if file.executable { 0o755 } else { 0o644 },
        bytes: file.bytes.clone(),
    });
    Arc::new(Image::new(list.collect(), Vec::new()).unwrap_or_default())
}

/// The image with what a build has made put over it.
fn merged(image: &Image, made: Vec<ImageFile>) -> Arc<Image> {
    let mut files: BTreeMap<PathBuf, ImageFile> = image
        .files()
        .iter()
        .map(|file| (file.path.clone(), file.clone()))
        .collect();
    files.extend(made.into_iter().map(|file| (file.path.clone(), file)));
    let merged = Image::new(files.into_values().collect(), Vec::new());
    Arc::new(merged.unwrap_or_default())
}
