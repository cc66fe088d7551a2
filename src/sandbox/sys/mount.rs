//! Mounts.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::Path;

use super::{c_path, check};

/// Mounts a new instance of a file system type with its options.
pub(in super::super) fn new(
    kind: &CStr,
    at: &Path,
    flags: libc::c_ulong,
    options: &CStr,
) -> io::Result<()> {
    let at = c_path(at)?;
    // SAFETY: every pointer is a C string that outlives the call.
    let result = unsafe {
        libc::mount(
            kind.as_ptr(),
            at.as_ptr(),
            kind.as_ptr(),
            flags,
            options.as_ptr().cast(),
        )
    };
    check(result).map(|_| ())
}

/// Stops mounts from travelling to and from other mount namespaces.
pub(in super::super) fn make_private() -> io::Result<()> {
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: source, type and data are not read for a change of propagation.
    let result = unsafe {
        libc::mount(
            std::ptr::null(),
            c"/".as_ptr(),
            std::ptr::null(),
            flags,
            std::ptr::null(),
        )
    };
    check(result).map(|_| ())
}

/// A detached copy of the mount at `path` and all below it.
pub(in super::super) fn copy(path: &Path, recursive: bool) -> io::Result<OwnedFd> {
    let path = c_path(path)?;
    let recursive = if recursive {
        libc::AT_RECURSIVE as libc::c_uint
    } else {
        0
    };
    let flags = libc::OPEN_TREE_CLONE | libc::O_CLOEXEC as libc::c_uint | recursive;
    // SAFETY: `path` is a C string that outlives the call; the descriptor is new.
    unsafe {
        let fd = check(libc::syscall(
            libc::SYS_open_tree,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
        ))?;
        Ok(OwnedFd::from_raw_fd(fd as i32))
    }
}

/// Puts a detached mount at `path`.
pub(in super::super) fn attach(mount: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let path = c_path(path)?;
    let from = c"".as_ptr();
    let flags = libc::MOVE_MOUNT_F_EMPTY_PATH;
    let mount = mount.as_raw_fd();
    // SAFETY: both paths are C strings that outlive the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount,
            from,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
        )
    };
    check(result).map(|_| ())
}

/// Adds attributes (`MOUNT_ATTR_…`) to a mount, and to those below it if `recursive`.
pub(in super::super) fn restrict(
    mount: BorrowedFd<'_>,
    attributes: u64,
    recursive: bool,
) -> io::Result<()> {
    let change = libc::mount_attr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    let size = size_of::<libc::mount_attr>();
    // SAFETY: the empty path is a C string, and `change` is as long as `size` says.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const change,
            size,
        )
    };
    check(result).map(|_| ())
}

/// Takes away what is mounted at `path`; it is gone once nobody has anything of it open.
pub(in super::super) fn detach(path: &Path) -> io::Result<()> {
    let path = c_path(path)?;
    // SAFETY: `path` is a C string that outlives the call.
    check(unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH) }).map(|_| ())
}

/// Makes `path` the root and lets go of the old one.
pub(in super::super) fn pivot(path: &Path) -> io::Result<()> {
    std::env::set_current_dir(path)?;
    let here = c".".as_ptr();
    // With both arguments the same directory, the old root ends up mounted over the new one
    // (pivot_root(2), NOTES), where it can be detached without a directory to hold it.
    // SAFETY: `here` is a static C string.
    check(unsafe { libc::syscall(libc::SYS_pivot_root, here, here) })?;
    // SAFETY: as above.
    check(unsafe { libc::umount2(here, libc::MNT_DETACH) })?;
    std::env::set_current_dir("/")
}
