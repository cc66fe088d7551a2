//! Landlock: which files a program may touch, on top of what its mounts show.
//!
//! Best effort: older kernels know fewer rights, or none at all. Inside namespaces it is the second
//! fence; without them it is the only one.

use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus,
};
use rustix::fs::FileType;

/// The newest version whose rights are asked for: 5 (Linux 6.10) has device ioctls.
const VERSION: ABI = ABI::V5;

/// A set of rules, made once and applied in every program.
pub(in super::super) struct Rules(RulesetCreated);

impl Rules {
    /// Below `readable` programs may read and execute, below `writable` do anything.
    pub fn new(readable: &[&Path], writable: &[&Path]) -> io::Result<Rules> {
        let all = AccessFs::from_all(VERSION);
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(all)
            .and_then(Ruleset::create);
        let mut rules = rules.map_err(io::Error::other)?;
        let read = AccessFs::from_read(VERSION);
        for (paths, rights) in [(readable, read), (writable, all)] {
            for path in paths {
                let Ok(fd) = PathFd::new(path) else { continue };
                let kind = FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode);
                let is_directory = kind == FileType::Directory;
                let rights = if is_directory {
                    rights
                } else {
                    rights & AccessFs::from_file(VERSION)
                };
                rules = rules
                    .add_rule(PathBeneath::new(fd, rights))
                    .map_err(io::Error::other)?;
            }
        }
        Ok(Rules(rules))
    }

    /// Applies the rules to this process for good. False when the kernel has no Landlock.
    pub fn apply(&self) -> io::Result<bool> {
        let status = self
            .0
            .try_clone()?
            .restrict_self()
            .map_err(io::Error::other)?;
        Ok(status.ruleset != RulesetStatus::NotEnforced)
    }
}
