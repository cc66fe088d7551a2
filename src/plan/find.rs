//! A spec's programs and a submission's files → which file plays which role. Every choice can be
//! explained in a sentence, and is the same every time; where no choice can be explained there is none.

use super::candidate::{Candidate, notes};
use super::fallback;
use super::files::{Files, LeftOut, base_name, folder_of, shown, split_extension};
use super::language::{self, Language};
use super::make::{Makefile, Product};
use super::name::{Match, by_name, stem_matches};
use super::noise::is_noise;
use super::problem::ProgramProblem;
use super::recipe::{self, Recipe};
use super::{cargo, python, role};
use crate::spec::{ProgramSpec, Spec};

/// A program of a submission: found, or not and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundProgram {
    /// The role.
    pub role: String,
    /// The file it was found in, relative to the submission.
    pub file: Option<String>,
    /// Its language.
    pub language: Language,
    /// How it is built and run; empty if there is a problem.
    pub recipe: Recipe,
    /// Why this file was taken when it has not the name asked for; empty when it has.
    pub remark: String,
    /// What else the student should know about the file, as sentences.
    pub notes: Vec<String>,
    /// Why it cannot be run.
    pub problem: Option<ProgramProblem>,
}

/// Finds each program of a spec among the files of a submission, in the order of the roles.
pub fn find_programs(spec: &Spec, files: &Files) -> Vec<FoundProgram> {
    let search = Search::new(spec, files);
    spec.programs
        .iter()
        .map(|(role, program)| search.find(role, program))
        .collect()
}

pub(super) struct Search<'a> {
    pub spec: &'a Spec,
    pub files: &'a Files,
    /// Runnable files inside `scope`, in the order of their paths.
    pub candidates: Vec<Candidate>,
    /// The folder that is named like the exercise; empty when there is none.
    pub scope: String,
    /// Makefiles with what they build.
    makefiles: Vec<(String, Vec<Product>)>,
}

/// What was chosen and why.
pub(super) struct Choice {
    pub path: String,
    pub language: Language,
    pub remark: String,
}

impl<'a> Search<'a> {
    fn new(spec: &'a Spec, files: &'a Files) -> Self {
        let all: Vec<Candidate> = files
            .iter()
            .filter(|(path, _)| !is_noise(path))
            .filter_map(|(path, file)| {
                let language = language::of_file(path, file)?;
                Some(Candidate {
                    path: path.to_owned(),
                    language,
                })
            })
            .collect();
        let scope = scope(&spec.exercise, &all);
        let inside = |path: &str| scope.is_empty() || path.starts_with(&format!("{scope}/"));
        let makefiles = files
            .paths()
            .filter(|path| !is_noise(path) && inside(path))
            .filter(|path| matches!(base_name(path), "Makefile" | "makefile" | "GNUmakefile"))
            .take(8)
            .map(|path| {
                (
                    path.to_owned(),
                    Makefile::read(&files.text(path).unwrap_or_default()).products(),
                )
            })
            .collect();
        let candidates = all.into_iter().filter(|c| inside(&c.path)).collect();
        Search {
            spec,
            files,
            candidates,
            scope,
            makefiles,
        }
    }

    fn find(&self, role: &str, program: &ProgramSpec) -> FoundProgram {
        let mut found = FoundProgram {
            role: role.to_owned(),
            ..FoundProgram::default()
        };
        if let Err(problem) = self.fill(&mut found, program) {
            if let ProgramProblem::Empty { file } | ProgramProblem::NoMain { file } = &problem {
                found.file = Some(file.clone());
            }
            found.problem = Some(problem);
            found.recipe = Recipe::default();
        }
        found
    }

    fn fill(&self, found: &mut FoundProgram, program: &ProgramSpec) -> Result<(), ProgramProblem> {
        if self.files.iter().all(|(path, _)| is_noise(path)) {
            return Err(match self.files.left_out.first() {
                Some(LeftOut { path, why }) => ProgramProblem::LeftOut {
                    file: path.clone(),
                    why: why.clone(),
                },
                None => ProgramProblem::Nothing,
            });
        }
        let role = found.role.clone();
        if let Some(command) = &program.build {
            return self.fill_custom(found, program, command);
        }
        let named = match by_name(self, program) {
            Match::One(choice) => Some(choice),
            Match::Several(candidates) => {
                let wanted = wanted(&role, program, candidates.first().map(String::as_str));
                return Err(ProgramProblem::Ambiguous { wanted, candidates });
            }
            Match::None => None,
        };
        let is_script = named.as_ref().is_some_and(|c| c.language.is_script());
        if !is_script && self.fill_built(found, program, named.as_ref())? {
            return Ok(());
        }
        let choice = match named {
            Some(choice) => choice,
            None => fallback::choose(self, &role, program)?,
        };
        self.take(found, choice)
    }

    fn fill_custom(
        &self,
        found: &mut FoundProgram,
        program: &ProgramSpec,
        command: &str,
    ) -> Result<(), ProgramProblem> {
        let path = match by_name(self, program) {
            Match::One(choice) => choice.path,
            _ => match program.files.first() {
                Some(name) if self.scope.is_empty() => name.clone(),
                Some(name) => format!("{}/{name}", self.scope),
                None => fallback::choose(self, &found.role, program)?.path,
            },
        };
        found.recipe = recipe::by_command(command, &path, self.files);
        found.language = Language::Custom;
        found.file = Some(path);
        Ok(())
    }

    /// A Makefile or a Cargo package that builds an executable named like the role wins over its sources.
    fn fill_built(
        &self,
        found: &mut FoundProgram,
        program: &ProgramSpec,
        named: Option<&Choice>,
    ) -> Result<bool, ProgramProblem> {
        let stems: Vec<&str> = named
            .iter()
            .map(|c| split_extension(base_name(&c.path)).0)
            .collect();
        for (makefile, products) in &self.makefiles {
            if let Some(product) = pick(products, |p| &p.path, &stems, &found.role, program) {
                found.recipe = recipe::by_make(makefile, product);
                found.remark = format!("built by {} as {}", shown(makefile), shown(&product.path));
                found.language = Language::Make;
                found.file = Some(makefile.clone());
                return Ok(true);
            }
        }
        self.fill_cargo(found, program, named)
    }

    fn fill_cargo(
        &self,
        found: &mut FoundProgram,
        program: &ProgramSpec,
        named: Option<&Choice>,
    ) -> Result<bool, ProgramProblem> {
        if named.is_some_and(|c| c.language != Language::Rust) {
            return Ok(false);
        }
        let manifests: Vec<&str> = self
            .files
            .paths()
            .filter(|p| base_name(p) == "Cargo.toml" && !is_noise(p))
            .filter(|p| self.scope.is_empty() || p.starts_with(&format!("{}/", self.scope)))
            .take(8)
            .collect();
        for path in manifests {
            let folder = folder_of(path);
            let sources = self.files.under(folder);
            let manifest = cargo::read(&self.files.text(path).unwrap_or_default(), sources.paths());
            let stems: Vec<&str> = named
                .iter()
                .map(|c| split_extension(base_name(&c.path)).0)
                .collect();
            let only = (manifest.binaries.len() == 1 && self.spec.programs.len() == 1)
                .then(|| &manifest.binaries[0]);
            let Some(binary) =
                pick(&manifest.binaries, |b| b, &stems, &found.role, program).or(only)
            else {
                continue;
            };
            if !manifest.dependencies.is_empty()
                && !self.files.paths().any(|p| p.starts_with("vendor/"))
            {
                return Err(ProgramProblem::Dependencies {
                    manifest: path.to_owned(),
                    packages: manifest.dependencies,
                });
            }
            found.recipe = recipe::by_cargo(path, binary);
            found.remark = format!("built by cargo from {}", shown(path));
            found.language = Language::Rust;
            found.file = Some(path.to_owned());
            return Ok(true);
        }
        Ok(false)
    }

    fn take(&self, found: &mut FoundProgram, choice: Choice) -> Result<(), ProgramProblem> {
        let Choice {
            path,
            mut language,
            remark,
        } = choice;
        let file = self.files.get(&path);
        let text = self.files.text(&path).unwrap_or_default();
        if language != Language::Executable && text.trim().is_empty() {
            return Err(ProgramProblem::Empty { file: path });
        }
        found.remark = remark;
        if let Some(file) = file {
            found.notes = notes(&path, &file.bytes, language, &text);
        }
        if language == Language::Python3
            && let Some(old) = python::python2(&text)
        {
            let name = shown(base_name(&path));
            match old.mixed {
                true => found.notes.insert(
                    0,
                    format!(
                        "{name} mixes Python 2 and 3: line {} {}",
                        old.line, old.what
                    ),
                ),
                false => {
                    language = Language::Python2;
                    found.notes.insert(
                        0,
                        format!("Python 2: line {} of {name} {}", old.line, old.what),
                    );
                }
            }
        }
        found.language = language;
        found.recipe = recipe::recipe(language, &path, self.files)?;
        found.file = Some(path);
        Ok(())
    }
}

/// The product whose name is the one asked for, or else the only one that has the role in its name.
fn pick<'p, P>(
    products: &'p [P],
    path: impl Fn(&P) -> &str,
    stems: &[&str],
    role: &str,
    program: &ProgramSpec,
) -> Option<&'p P> {
    let stem_of = |p: &P| split_extension(base_name(path(p))).0.to_owned();
    let wanted = |p: &&P| {
        let stem = stem_of(p);
        stems.contains(&stem.as_str()) || program.files.iter().any(|name| stem_matches(name, &stem))
    };
    let mut by_role = products
        .iter()
        .filter(|p| role::score(role, &stem_of(p)) > 0);
    let only = by_role.next().filter(|_| by_role.next().is_none());
    products.iter().find(wanted).or(only)
}

/// The name a student should have given: the spec's first, or the role's; without an extension of its own
/// it gets that of the program at hand.
pub(super) fn wanted(role: &str, program: &ProgramSpec, at_hand: Option<&str>) -> String {
    let name = program.files.first().map_or(role, String::as_str);
    if !split_extension(base_name(name)).1.is_empty() {
        return name.to_owned();
    }
    match at_hand.map(|path| split_extension(base_name(path)).1) {
        Some("") => name.to_owned(),
        Some(extension) => format!("{name}.{}", shown(extension)),
        None => format!("{name}.py (or .c, .java, …)"),
    }
}

/// The shallowest folder named like the exercise that has a runnable file, when not everything is in it.
fn scope(exercise: &str, candidates: &[Candidate]) -> String {
    let plain = |name: &str| {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let exercise = plain(exercise);
    let mut best: Option<&str> = None;
    for candidate in candidates {
        let mut folder = folder_of(&candidate.path);
        while !folder.is_empty() {
            let depth = |f: &str| f.matches('/').count();
            if plain(base_name(folder)) == exercise && best.is_none_or(|b| depth(folder) < depth(b))
            {
                best = Some(folder);
            }
            folder = folder_of(folder);
        }
    }
    best.unwrap_or("").to_owned()
}
