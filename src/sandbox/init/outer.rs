//! What of the `/proc` outside is needed for as long as the sandbox lives: the one inside shows neither settings nor totals.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};

/// Two directories, each as it is in sight when it is opened: with whatever a container has laid over it.
pub(super) struct Outer {
    /// `/proc/sys`. Which settings it shows depends on the namespaces of who looks.
    sys: OwnedFd,
    /// `/proc/self`
    own: OwnedFd,
}

impl Outer {
    /// Takes hold of them.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub fn open() -> io::Result<Outer> {
        let open = |path: &str| {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            openat(CWD, path, flags, Mode::empty())
        };
        Ok(Outer {
            sys: open("/proc/sys")?,
            own: open("/proc/self")?,
        })
    }

    /// Changes a setting: `net/ipv4/ip_unprivileged_port_start`, say.
    ///
    /// # Errors
    /// This kernel does not have it, or init may not.
    pub fn set(&self, setting: &str, value: u32) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let file = openat(&self.sys, Path::new(setting), flags, Mode::empty())?;
        File::from(file).write_all(value.to_string().as_bytes())
    }

    /// Opens a file of `net`: the totals or tables of the network that init is in now.
    ///
    /// # Errors
    /// This kernel does not have it.
    pub fn net(&self, name: &str) -> io::Result<File> {
        let path = Path::new("net").join(name);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        Ok(openat(&self.own, &path, flags, Mode::empty())?.into())
    }
}
