//! The pure modules, compiled on their own, without what runs programs: with the whole program a build under
//! the sanitizers takes a quarter of an hour.

/// Stands where the program's `lib.rs` stands, so that files and folders below are found as they are there.
#[path = "../../src"]
mod program {
    pub mod capture;
    pub mod constant;
    pub mod diag;
    pub mod event;
    pub mod plan;
    pub mod spec;
    pub mod verdict;

    /// Only what reads archives.
    #[expect(dead_code, reason = "folders and tables of a class, which are not here, use more of it")]
    pub mod class {
        pub mod archive;
        mod tar_entries;
        pub mod vet;
        mod zip_entries;
    }
}

pub use program::*;
