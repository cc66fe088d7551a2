//! What is to be done with a submission: `Spec` + files → `Plan`: which file plays which role, how it is
//! built and run, which checks come in which order, from which seed values are drawn.
//!
//! Pure: sees files as values ([`Files`]), never a file system, and never starts anything. Commands name
//! tools (`python3`, `cc`); where they are is found out by others.

mod blank;
mod c_like;
mod candidate;
mod cargo;
mod fallback;
pub mod files;
mod find;
mod java;
pub mod language;
mod make;
mod name;
pub mod noise;
mod order;
mod problem;
mod python;
mod recipe;
mod role;
mod source;

pub use files::{File, Files, LeftOut};
pub use find::{FoundProgram, find_programs};
pub use language::Language;
pub use order::{PlannedCheck, roles_of};
pub use problem::ProgramProblem;
pub use recipe::{BUILD_FOLDER, Recipe};
pub use source::source_notes;

use sha2::{Digest, Sha256};

use crate::spec::Spec;

/// Everything that is decided before a submission is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The exercise's name.
    pub exercise: String,
    /// The seed of all drawn values.
    pub seed: u64,
    /// SHA-256 of the submission's files, in hexadecimal.
    pub digest: String,
    /// The programs, in the order of their roles.
    pub programs: Vec<FoundProgram>,
    /// The checks in the order in which they are run: what a check needs comes before it.
    pub checks: Vec<PlannedCheck>,
    /// Remarks on the submission as a whole.
    pub notes: Vec<String>,
}

/// Plans one submission to one exercise. `key` is the submission's; with `seed` absent, the seed follows
/// from key and exercise, so that the same submission always meets the same values.
pub fn plan(spec: &Spec, files: &Files, key: &str, seed: Option<u64>) -> Plan {
    let programs = find_programs(spec, files);
    let checks = order::checks(spec, &programs);
    let notes = files
        .left_out
        .iter()
        .map(|l| format!("{} was left out: {}", files::shown(&l.path), l.why))
        .collect();
    Plan {
        exercise: spec.exercise.clone(),
        seed: seed.unwrap_or_else(|| stable_seed(key, &spec.exercise)),
        digest: files.digest(),
        programs,
        checks,
        notes,
    }
}

/// The seed of a submission to an exercise. Kept to 32 bits, so that a person can type it and JSON readers
/// that know only floating-point numbers keep it.
pub fn stable_seed(key: &str, exercise: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(b"socklab seed 1\n");
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key.as_bytes());
    hash.update(exercise.as_bytes());
    let digest = hash.finalize();
    u64::from(u32::from_le_bytes([
        digest[0], digest[1], digest[2], digest[3],
    ]))
}
