//! Seccomp user notification: a filter hands chosen calls of a program to a supervisor, which looks at
//! them and lets them go on. It needs no privilege but `no_new_privs`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::check;

/// A call that waits to go on.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Notification {
    /// The kernel's number for it.
    id: u64,
    /// The thread that calls.
    pub thread: i32,
    /// The call's number.
    pub call: i64,
    /// Its arguments.
    pub arguments: [u64; 6],
}

/// The next call that waits; `None` if the caller has died meanwhile. Call it when the listener is readable.
pub(in super::super) fn receive(listener: BorrowedFd<'_>) -> io::Result<Option<Notification>> {
    // SAFETY: all-zero is a valid value of these plain numbers, and the kernel wants zeroes.
    let mut notification: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel fills the structure, which lives for the whole call.
    let result = check(unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_RECV as _,
            &raw mut notification,
        )
    });
    match result {
        Ok(_) => Ok(Some(Notification {
            id: notification.id,
            thread: i32::try_from(notification.pid).unwrap_or(0),
            call: i64::from(notification.data.nr),
            arguments: notification.data.args,
        })),
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINTR)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets the call go on as if nobody had looked. One whose caller has died is no failure.
pub(in super::super) fn go_on(
    listener: BorrowedFd<'_>,
    notification: &Notification,
) -> io::Result<()> {
    let answer = libc::seccomp_notif_resp {
        id: notification.id,
        val: 0,
        error: 0,
        flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
    };
    // SAFETY: the kernel reads the structure, which lives for the whole call.
    let result = check(unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_SEND as _,
            &raw const answer,
        )
    });
    match result {
        Err(error) if error.raw_os_error() != Some(libc::ENOENT) => Err(error),
        _ => Ok(()),
    }
}

/// Lets caller and supervisor hand the processor to each other, since one waits for the other anyway (Linux 6.6). An older
/// kernel wakes them the slower way.
pub(in super::super) fn wake_in_turn(listener: BorrowedFd<'_>) {
    /// SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
    const SYNC_WAKE_UP: libc::c_ulong = 1;
    // SAFETY: the argument is a number, not a pointer.
    unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS as _,
            SYNC_WAKE_UP,
        )
    };
}

/// Installs a filter and returns the listener for its notifications. Needs `no_new_privs`.
pub(super) fn install(program: &libc::sock_fprog) -> io::Result<OwnedFd> {
    let listen = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // Once the supervisor looks at a call, only a deadly signal interrupts it (Linux 5.19).
    let patient = listen | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let install = |flags: libc::c_ulong| {
        // SAFETY: the program points at live instructions, which the kernel copies.
        check(unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                std::ptr::from_ref(program),
            )
        })
    };
    let fd = install(patient).or_else(|_| install(listen))?;
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends a descriptor over a socket, by a call that no filter of ours hands to a supervisor: `sendmsg`
/// would wait for the very one who is to get the descriptor.
pub(in super::super) fn hand_over(socket: BorrowedFd<'_>, fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut control = [0u64; 4];
    let mut byte = 0u8;
    let mut part = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    // SAFETY: all-zero is a valid `mmsghdr`.
    let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
    message.msg_hdr.msg_iov = &raw mut part;
    message.msg_hdr.msg_iovlen = 1;
    message.msg_hdr.msg_control = control.as_mut_ptr().cast();
    // SAFETY: pure arithmetic; 32 bytes hold the header (16) and one descriptor.
    unsafe {
        let size = size_of::<RawFd>() as u32;
        message.msg_hdr.msg_controllen = libc::CMSG_SPACE(size) as _;
        let first = libc::CMSG_FIRSTHDR(&raw const message.msg_hdr);
        (*first).cmsg_level = libc::SOL_SOCKET;
        (*first).cmsg_type = libc::SCM_RIGHTS;
        (*first).cmsg_len = libc::CMSG_LEN(size) as _;
        let raw = fd.as_raw_fd();
        std::ptr::copy_nonoverlapping(
            (&raw const raw).cast::<u8>(),
            libc::CMSG_DATA(first),
            size_of::<RawFd>(),
        );
    }
    // SAFETY: the message points at live memory of the lengths it names.
    let sent = unsafe {
        libc::syscall(
            libc::SYS_sendmmsg,
            socket.as_raw_fd(),
            &raw mut message,
            1u32,
            libc::MSG_NOSIGNAL,
        )
    };
    check(sent).map(|_| ())
}

/// Writes to a pipe by a call that no filter of ours hands to a supervisor.
pub(in super::super) fn write_unseen(pipe: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<()> {
    let part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    // The offset -1, in two halves, means the current place (`pwritev2(2)`), which is all that a pipe has.
    // SAFETY: the part points at live memory of the length it names.
    let written = unsafe {
        libc::syscall(
            libc::SYS_pwritev2,
            pipe.as_raw_fd(),
            &raw const part,
            1,
            -1i64,
            -1i64,
            0,
        )
    };
    check(written).map(|_| ())
}

/// How far a TCP connection has got, by `TCP_INFO` and the queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Progress {
    /// State in the kernel's numbers: 1 established, 7 closed, 8 the other side has closed.
    pub state: u8,
    /// Bytes that the program has taken.
    pub taken: u64,
    /// Bytes that the program has given.
    pub given: u64,
}

/// States in which the other side's FIN has come: CLOSE_WAIT, LAST_ACK, CLOSING, TIME_WAIT.
const FIN_CAME: [u8; 4] = [8, 9, 11, 6];

impl Progress {
    /// Whether the other side's FIN has come.
    pub fn ended(self) -> bool {
        FIN_CAME.contains(&self.state)
    }

    /// Whether the connection is dead: reset, refused, or never was.
    pub fn dead(self) -> bool {
        self.state == 7
    }
}

/// The progress of a TCP connection.
pub(in super::super) fn progress(socket: BorrowedFd<'_>) -> Option<Progress> {
    // Offsets in `struct tcp_info` (linux/tcp.h): state 0, bytes acknowledged 120, bytes received 128.
    let mut info = [0u64; 17];
    let mut length = size_of_val(&info) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes.
    let got = check(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    });
    got.ok()?;
    if (length as usize) < size_of_val(&info) {
        return None;
    }
    let state = info[0].to_ne_bytes()[0];
    let mut outstanding: libc::c_int = 0;
    // SAFETY: SIOCOUTQ (the same number as TIOCOUTQ) writes one int.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut outstanding) }).ok()?;
    let unread = rustix::io::ioctl_fionread(socket).ok()?;
    // A FIN counts as a byte received.
    let fin = u64::from(FIN_CAME.contains(&state));
    Some(Progress {
        state,
        taken: info[16].saturating_sub(unread).saturating_sub(fin),
        given: info[15] + u64::from(outstanding.unsigned_abs()),
    })
}
