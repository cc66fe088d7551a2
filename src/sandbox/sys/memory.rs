//! Memory files: how large things cross the socket without a copy on disk.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A memory file with this content that nobody can change or shrink any more.
pub(in super::super) fn sealed(name: &str, bytes: &[u8]) -> io::Result<OwnedFd> {
    let fd = empty(name)?;
    let mut file = File::from(fd);
    file.write_all(bytes)?;
    seal(file)
}

/// An empty memory file that can be sealed later.
pub(in super::super) fn empty(name: &str) -> io::Result<OwnedFd> {
    Ok(memfd_create(
        name,
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?)
}

/// Seals a memory file.
pub(in super::super) fn seal(file: File) -> io::Result<OwnedFd> {
    fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?;
    Ok(file.into())
}

/// A sealed memory file, mapped for reading. The file's own offset is shared by all who hold it and
/// is not used.
pub(in super::super) struct Mapped {
    start: *mut std::ffi::c_void,
    length: usize,
}

impl Mapped {
    /// Maps the whole of `fd`.
    pub fn new(fd: &impl AsFd) -> io::Result<Mapped> {
        let length = rustix::fs::fstat(fd)?.st_size;
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?;
        if length == 0 {
            return Ok(Mapped {
                start: std::ptr::null_mut(),
                length,
            });
        }
        // SAFETY: a new private mapping at an address of the kernel's choice aliases nothing.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ,
                MapFlags::PRIVATE,
                fd,
                0,
            )?
        };
        Ok(Mapped { start, length })
    }

    /// The content.
    pub fn bytes(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: the mapping is `length` bytes long and lives as long as `self`; the file is sealed,
        // so that it neither shrinks (SIGBUS) nor changes.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.length) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: the mapping was made by `new` and no slice of it outlives `self`.
            let _ = unsafe { munmap(self.start, self.length) };
        }
    }
}
