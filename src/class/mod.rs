//! A class: many submissions in whatever shape they arrive → files in memory, a run on disk, gradebooks.
//!
//! Reads and writes files; knows nothing of sandboxes or of how a submission is judged.

pub mod archive;
pub mod folder;
mod tar_entries;
pub mod vet;
mod zip_entries;
