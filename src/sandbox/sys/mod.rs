//! Thin wrappers of system calls: slices and owned descriptors in, `io::Result` out. They know nothing
//! of sandboxes.

pub(super) mod diag;
pub(super) mod landlock;
pub(super) mod memory;
pub(super) mod message;
pub(super) mod mount;
pub(super) mod netlink;
pub(super) mod notify;
pub(super) mod packet;
pub(super) mod process;
pub(super) mod seccomp;
pub(super) mod tables;

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::time::ClockId;

/// The result of a call that answers -1 and sets `errno`.
pub(super) fn check<T: Copy + PartialOrd + From<i8>>(result: T) -> io::Result<T> {
    if result < T::from(0) {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// The path as a C string.
pub(super) fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// What a small file that the kernel writes anew for each reader says now; nothing where it cannot be read.
pub(super) fn read_again(file: &File) -> String {
    let mut text = [0; 512];
    let length = file.read_at(&mut text, 0).unwrap_or(0);
    String::from_utf8_lossy(&text[..length]).into_owned()
}

/// Nanoseconds of the monotonic clock.
pub(super) fn monotonic() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

/// Nanoseconds of processor time that this thread has had.
pub(super) fn thread_cpu() -> u64 {
    nanoseconds(ClockId::ThreadCPUTime)
}

fn nanoseconds(clock: ClockId) -> u64 {
    let now = rustix::time::clock_gettime(clock);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}
