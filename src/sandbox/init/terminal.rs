//! Terminals for programs that behave differently without one.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, Winsize, tcgetattr,
    tcsetattr, tcsetwinsize,
};

use crate::sandbox::sys::mount;

/// A new terminal: the grader's end and the program's.
pub(super) fn open(columns: u16, rows: u16, owner: Option<u32>) -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags)?;
    unlockpt(&master)?;
    let slave = ioctl_tiocgptpeer(&master, flags)?;
    if let Some(owner) = owner {
        rustix::fs::fchown(slave.as_fd(), Some(rustix::fs::Uid::from_raw(owner)), None)?;
    }
    tcsetwinsize(
        &slave,
        Winsize {
            ws_col: columns,
            ws_row: rows,
            ws_xpixel: 0,
            ws_ypixel: 0,
        },
    )?;
    let mut modes = tcgetattr(&slave)?;
    // Lines and ^C work as at a keyboard; what comes out is what the program wrote, and only that.
    modes
        .local_modes
        .remove(LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ECHOK);
    modes
        .local_modes
        .remove(LocalModes::ECHOCTL | LocalModes::ECHOKE);
    modes.output_modes.remove(OutputModes::OPOST);
    modes.input_modes.remove(InputModes::IXON);
    modes.control_modes.insert(ControlModes::CS8);
    tcsetattr(&slave, OptionalActions::Now, &modes)?;
    Ok((master, slave))
}

/// Gives the sandbox terminals of its own; done when the first one is asked for.
pub(super) fn mount_devices() -> io::Result<()> {
    let flags = libc::MS_NOSUID | libc::MS_NOEXEC;
    mount::new(
        c"devpts",
        Path::new("/dev/pts"),
        flags,
        c"newinstance,ptmxmode=0666,mode=0620",
    )
}
