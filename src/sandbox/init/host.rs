//! Level F: programs on the host itself, fenced by Landlock, seccomp and limits, for practice only.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::Identity;
use super::files::{as_student, unpack};
use super::meter::kill_all;
use super::proc;
use crate::sandbox::error::{At, Failure, Step};
use crate::sandbox::sys::{landlock, process};
use crate::sandbox::wire::Blueprint;

/// What programs may read. Not `/home`, not `/tmp`, not the rest of `/etc`.
const READABLE: [&str; 20] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/lib32",
    "/proc",
    "/sys/fs/cgroup",
    "/sys/devices/system/cpu",
    "/etc/ld.so.cache",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/localtime",
    "/etc/services",
    "/etc/protocols",
    "/etc/alternatives",
    "/etc/host.conf",
];
const WRITABLE: [&str; 9] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/pts",
    "/dev/ptmx",
    "/dev/shm",
];

/// Makes the directory that stands for the root.
pub(in super::super) fn make_root() -> io::Result<PathBuf> {
    let id = std::process::id();
    for number in 0..1000 {
        let path = PathBuf::from(format!("/tmp/socklab-{id}-{number}"));
        // Others may pass, and see nothing: when root grades, the student is somebody else.
        match DirBuilder::new().mode(0o711).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| path),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Fills it.
pub(super) fn build(
    blueprint: &Blueprint,
    packs: &[OwnedFd],
    identity: Identity,
) -> Result<(), Failure> {
    process::adopt_orphans().at(Step::RootFiles, "PR_SET_CHILD_SUBREAPER")?;
    if identity == Identity::HostRoot {
        process::leave_groups().at(Step::BecomeRoot, "setgroups")?;
    }
    for name in ["box", "tmp"] {
        let path = blueprint.root.join(name);
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.and_then(|()| match identity.student() {
            Some(student) => chown(&path, Some(student), Some(student)),
            None => Ok(()),
        })
        .at(Step::RootFiles, name)?;
    }
    if let Some(extra) = packs.get(1) {
        unpack(extra, &blueprint.root).at(Step::RootFiles, "write the grader's own files")?;
    }
    if let Some(image) = packs.first() {
        let unpack = || unpack(image, &blueprint.root.join("box"));
        match identity.student() {
            Some(student) => as_student(student, unpack),
            None => unpack(),
        }
        .at(Step::Unpack, "write the submission")?;
    }
    Ok(())
}

/// What programs may touch.
pub(super) fn rules(blueprint: &Blueprint) -> io::Result<landlock::Rules> {
    let root = &blueprint.root;
    let sources = blueprint.mounts.iter().map(|mount| mount.source.as_path());
    let extra = root.join("opt");
    let readable: Vec<_> = READABLE
        .iter()
        .map(Path::new)
        .chain(sources)
        .chain([extra.as_path()])
        .collect();
    let (own, temporary) = (root.join("box"), root.join("tmp"));
    let mut writable: Vec<_> = WRITABLE.iter().map(Path::new).collect();
    writable.extend([own.as_path(), temporary.as_path()]);
    landlock::Rules::new(&readable, &writable, true)
}

/// Kills what is left below this process and removes the directory.
pub(in super::super) fn clean_up(root: &Path) {
    kill_all(|| {
        while let Ok(Some(_)) = process::reap(-1, false) {}
        let left = proc::processes(proc::pids(), true);
        left.iter()
            .filter(|process| process.state != 'Z')
            .map(|process| process.pid)
            .collect()
    });
    if fs::remove_dir_all(root).is_err() {
        // A directory that its owner has closed to himself.
        open_up(root);
        let _ = fs::remove_dir_all(root);
    }
}

fn open_up(directory: &Path) {
    let _ = fs::set_permissions(directory, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}
