//! Packets with descriptors over a Unix socket.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::super::wire::MAX_FDS;
use super::check;

/// Room for the control message, aligned as `cmsghdr` wants it.
type Control = [u64; 8];
const _: () =
    assert!(size_of::<Control>() >= size_of::<libc::cmsghdr>() + 8 + MAX_FDS * size_of::<RawFd>());

/// Sends one packet. Never raises `SIGPIPE`.
pub(in super::super) fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    fds: &[BorrowedFd<'_>],
    wait: bool,
) -> io::Result<()> {
    if fds.len() > MAX_FDS {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let raw: Vec<RawFd> = fds.iter().map(AsRawFd::as_raw_fd).collect();
    let mut control: Control = [0; 8];
    let mut part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: all-zero is a valid `msghdr`: no name, no parts, no control data.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    if !raw.is_empty() {
        let length = size_of_val(raw.as_slice());
        header.msg_control = control.as_mut_ptr().cast();
        // SAFETY: pure arithmetic. `control` has room for `MAX_FDS` descriptors (asserted above), so
        // the first header and its data lie inside it.
        unsafe {
            header.msg_controllen = libc::CMSG_SPACE(length as u32) as _;
            let first = libc::CMSG_FIRSTHDR(&raw const header);
            (*first).cmsg_level = libc::SOL_SOCKET;
            (*first).cmsg_type = libc::SCM_RIGHTS;
            (*first).cmsg_len = libc::CMSG_LEN(length as u32) as _;
            std::ptr::copy_nonoverlapping(
                raw.as_ptr().cast::<u8>(),
                libc::CMSG_DATA(first),
                length,
            );
        }
    }
    let flags = libc::MSG_NOSIGNAL | if wait { 0 } else { libc::MSG_DONTWAIT };
    loop {
        // SAFETY: the header points at live memory of the lengths it names.
        match check(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, flags) }) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map(|_| ()),
        }
    }
}

/// Receives one packet: how many bytes (0 at the end) and which descriptors, all close-on-exec.
pub(in super::super) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    wait: bool,
) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut control: Control = [0; 8];
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: all-zero is a valid `msghdr`: no name, no parts, no control data.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of::<Control>() as _;
    let flags = libc::MSG_CMSG_CLOEXEC | if wait { 0 } else { libc::MSG_DONTWAIT };
    let length = loop {
        // SAFETY: the header points at live, writable memory of the lengths it names.
        match check(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) }) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => break result?,
        }
    };
    Ok((usize::try_from(length).unwrap_or(0), received_fds(&header)))
}

fn received_fds(header: &libc::msghdr) -> Vec<OwnedFd> {
    let mut fds = Vec::new();
    // SAFETY: the kernel filled the control buffer that `header` points at, which outlives this call;
    // the CMSG macros stay inside `msg_controllen`. Each descriptor is new and owned by nobody else.
    unsafe {
        let mut item = libc::CMSG_FIRSTHDR(header);
        while !item.is_null() {
            if (*item).cmsg_level == libc::SOL_SOCKET && (*item).cmsg_type == libc::SCM_RIGHTS {
                let length = (*item).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                let data = libc::CMSG_DATA(item).cast::<RawFd>();
                for at in 0..length / size_of::<RawFd>() {
                    fds.push(OwnedFd::from_raw_fd(data.add(at).read_unaligned()));
                }
            }
            item = libc::CMSG_NXTHDR(header, item);
        }
    }
    fds
}
