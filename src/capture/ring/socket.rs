//! The socket options of a packet ring.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

use super::RingGeometry;

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn set_option<T: Copy>(fd: RawFd, option: libc::c_int, value: &T) -> io::Result<()> {
    let len = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` points to `len` readable bytes for the whole call; the kernel copies them and keeps no pointer.
    check(unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_PACKET,
            option,
            std::ptr::from_ref(value).cast(),
            len,
        )
    })
}

/// Makes a packet socket in the network namespace of this thread, with its ring, capturing on an interface (`lo` is 1).
///
/// # Errors
/// When the kernel refuses: it needs CAP_NET_RAW in the namespace.
pub fn open_ring_socket(interface: i32, geometry: &RingGeometry) -> io::Result<OwnedFd> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: a plain system call without pointers. Protocol 0: nothing is captured before the bind.
    let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
    check(fd)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    configure_ring(fd.as_fd(), geometry)?;
    bind_to_interface(fd.as_fd(), interface)?;
    Ok(fd)
}

/// Gives an `AF_PACKET` socket (made with protocol 0, not yet bound) its TPACKET_V3 ring and hides the second sight of each packet
/// on the loopback device. Bind it afterwards: a socket bound first waits for an RCU grace period, 12 ms instead of 2.
///
/// # Errors
/// When the kernel refuses: the geometry is wrong or memory is short.
pub fn configure_ring(fd: BorrowedFd<'_>, geometry: &RingGeometry) -> io::Result<()> {
    let fd = fd.as_raw_fd();
    set_option(
        fd,
        libc::PACKET_VERSION,
        &(libc::tpacket_versions::TPACKET_V3 as libc::c_int),
    )?;
    set_option(fd, libc::PACKET_IGNORE_OUTGOING, &1i32)?;
    let request = libc::tpacket_req3 {
        tp_block_size: geometry.block_size,
        tp_block_nr: geometry.block_nr,
        tp_frame_size: geometry.frame_size,
        tp_frame_nr: geometry.block_size / geometry.frame_size.max(1) * geometry.block_nr,
        tp_retire_blk_tov: geometry.retire_ms,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    };
    set_option(fd, libc::PACKET_RX_RING, &request)
}

/// Binds the socket to an interface (by index; `lo` is 1 in a new network namespace): from here on it captures.
///
/// # Errors
/// When the kernel refuses.
pub fn bind_to_interface(fd: BorrowedFd<'_>, interface: i32) -> io::Result<()> {
    // SAFETY: `sockaddr_ll` is plain old data, for which all zeroes is a valid value.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as libc::sa_family_t;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = interface;
    let len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: `address` is a valid `sockaddr_ll` of `len` bytes, which the kernel only reads during the call.
    check(unsafe { libc::bind(fd.as_raw_fd(), std::ptr::from_ref(&address).cast(), len) })
}

/// Packets and drops since the last call.
pub(super) fn statistics(fd: RawFd) -> io::Result<(u32, u32)> {
    let mut stats = libc::tpacket_stats_v3 {
        tp_packets: 0,
        tp_drops: 0,
        tp_freeze_q_cnt: 0,
    };
    let mut len = size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
    // SAFETY: `stats` has room for `len` bytes, and both outlive the call.
    check(unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            std::ptr::from_mut(&mut stats).cast(),
            &mut len,
        )
    })?;
    Ok((stats.tp_packets, stats.tp_drops))
}
