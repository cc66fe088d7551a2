//! The pure modules, compiled on their own, without what runs programs: with the whole program a build under
//! the sanitizers takes a quarter of an hour.

#[path = "../../src/capture/mod.rs"]
pub mod capture;
#[path = "../../src/constant.rs"]
mod constant;
#[path = "../../src/diag.rs"]
pub mod diag;
#[path = "../../src/event.rs"]
pub mod event;
#[path = "../../src/plan/mod.rs"]
pub mod plan;
#[path = "../../src/spec/mod.rs"]
pub mod spec;
#[path = "../../src/verdict/mod.rs"]
pub mod verdict;

/// Only what reads archives.
#[path = "../../src/class"]
pub mod class {
    pub mod archive;
    mod tar_entries;
    pub mod vet;
    mod zip_entries;
}
