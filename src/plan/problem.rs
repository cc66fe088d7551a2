//! Why a program of a submission cannot be run: mistakes of the student, each with what to do next.

use super::files::shown;

/// Why there is nothing to run in a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramProblem {
    /// The submission has no files.
    #[error("nothing was handed in: there is no file in the submission")]
    Nothing,
    /// All that was handed in had to be left out.
    #[error("nothing that can be run was handed in: {} is {why}", shown(file))]
    LeftOut {
        /// The first thing left out.
        file: String,
        /// What it is: `a symbolic link`.
        why: String,
    },
    /// No file can be the program.
    #[error("no {wanted} here{}", meant(nearest, here))]
    Missing {
        /// The file that the handout asks for.
        wanted: String,
        /// A file with a similar name.
        nearest: Option<String>,
        /// Some of what is there.
        here: Vec<String>,
    },
    /// The only program plays another role.
    #[error(
        "no {wanted} here: {} {evidence}, so it was not taken for it; if it is the right file, rename it to {wanted}",
        shown(file)
    )]
    OtherRole {
        /// The file that the handout asks for.
        wanted: String,
        /// The program that is there.
        file: String,
        /// What it does instead: `connects (line 5) and never listens`.
        evidence: String,
    },
    /// Several files can be the program.
    #[error("{} files could be {wanted}: {}; rename the right one to {wanted}", candidates.len(), list(candidates))]
    Ambiguous {
        /// The file that the handout asks for.
        wanted: String,
        /// The files.
        candidates: Vec<String>,
    },
    /// Only a notebook was handed in.
    #[error(
        "{} is a notebook, which cannot be run as a program; save it as {wanted} (File, Save and Export As, Executable Script)",
        shown(file)
    )]
    Notebook {
        /// The notebook.
        file: String,
        /// The file that the handout asks for.
        wanted: String,
    },
    /// The program is inside a document, or has a wrong ending.
    #[error(
        "{} is {what}, not a program; hand in the program itself as {wanted}",
        shown(file)
    )]
    Document {
        /// The file.
        file: String,
        /// What it is: `a text file`, `a Word document`.
        what: String,
        /// The file that the handout asks for.
        wanted: String,
    },
    /// The file is there and empty.
    #[error("{} is empty; save it and hand it in again", shown(file))]
    Empty {
        /// The file.
        file: String,
    },
    /// A language that is not run.
    #[error(
        "{} is {language}, which is not run here; ask your instructor which languages are accepted",
        shown(file)
    )]
    Unsupported {
        /// The file.
        file: String,
        /// Its language.
        language: String,
    },
    /// A source file that no program begins in.
    #[error("{} has no main function, so there is nothing to start", shown(file))]
    NoMain {
        /// The file.
        file: String,
    },
    /// It needs packages that would have to be downloaded.
    #[error(
        "{} needs packages that cannot be downloaded here: {}",
        shown(manifest),
        list(packages)
    )]
    Dependencies {
        /// `Cargo.toml`, `go.mod`.
        manifest: String,
        /// The packages.
        packages: Vec<String>,
    },
}

impl ProgramProblem {
    /// The problem's stable name for findings, in kebab-case.
    pub fn cause(&self) -> &'static str {
        match self {
            ProgramProblem::Nothing | ProgramProblem::LeftOut { .. } => "nothing-handed-in",
            ProgramProblem::Missing { .. } | ProgramProblem::OtherRole { .. } => "program-missing",
            ProgramProblem::Ambiguous { .. } => "program-ambiguous",
            ProgramProblem::Notebook { .. } => "notebook",
            ProgramProblem::Document { .. } => "not-a-program",
            ProgramProblem::Empty { .. } => "empty-file",
            ProgramProblem::Unsupported { .. } => "language-not-run",
            ProgramProblem::NoMain { .. } => "no-main",
            ProgramProblem::Dependencies { .. } => "needs-packages",
        }
    }
}

/// At most this many files are listed in a message.
const LISTED: usize = 6;

fn list(names: &[String]) -> String {
    let mut text = names
        .iter()
        .take(LISTED)
        .map(|n| shown(n))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > LISTED {
        text.push_str(&format!(" and {} more", names.len() - LISTED));
    }
    text
}

fn meant(nearest: &Option<String>, here: &[String]) -> String {
    match (nearest, here) {
        (Some(name), _) => format!("; did you mean {}? Rename it", shown(name)),
        (None, []) => String::new(),
        (None, here) => format!("; there is only {}", list(here)),
    }
}
