//! A class: many submissions in whatever shape they arrive → files in memory, a run on disk, gradebooks.
//!
//! Reads and writes files; knows nothing of sandboxes or of how a submission is judged.

pub mod archive;
pub mod course;
pub mod diff;
pub mod discover;
pub mod feedback;
pub mod folder;
mod github;
pub mod grade;
pub mod gradebook;
pub mod marks;
mod matching;
pub mod merge;
mod platform;
pub mod prove;
pub mod rejudge;
pub mod roster;
pub mod run_plan;
pub mod store;
mod table;
mod tar_entries;
mod tree;
pub mod vet;
mod zip_entries;

pub use tree::{Part, ReadError, Source, settle};
