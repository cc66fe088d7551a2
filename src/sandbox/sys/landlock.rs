//! Landlock: which files a program may touch, on top of what its mounts show.
//!
//! Best effort: older kernels know fewer rights, or none at all. Inside namespaces it is the second
//! fence; without them it is the only one.

use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::fs::FileType;

use super::check;

/// The newest version whose rights are asked for: 5 (Linux 6.10) has device ioctls.
const VERSION: ABI = ABI::V5;

/// The version of Landlock that the kernel has.
pub(in super::super) fn version() -> io::Result<i64> {
    /// LANDLOCK_CREATE_RULESET_VERSION
    const VERSION: u32 = 1;
    let none: *const libc::c_void = std::ptr::null();
    // SAFETY: with this flag the kernel reads no attributes; the call makes nothing.
    check(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0usize, VERSION) })
}

/// A set of rules, made once and applied in every program.
pub(in super::super) struct Rules(RulesetCreated);

impl Rules {
    /// Below `readable` programs may read and execute, below `writable` do anything.
    /// With `scoped` they can neither signal nor connect by abstract name to what is outside.
    pub fn new(readable: &[&Path], writable: &[&Path], scoped: bool) -> io::Result<Rules> {
        let all = AccessFs::from_all(VERSION);
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(all)
            .and_then(|rules| match scoped {
                true => rules.scope(Scope::from_all(ABI::V6)),
                false => Ok(rules),
            })
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
