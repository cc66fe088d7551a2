//! The capture socket, and the settings of `lo` that make captures look like those of a real network.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::super::RingSpec;
use super::check;
use super::netlink::LOOPBACK;

/// `SIOCETHTOOL` commands (linux/ethtool.h): set TSO, GSO, GRO.
const OFFLOADS: [u32; 3] = [0x1f, 0x24, 0x2c];

/// Switches off what would glue segments together before the capture sees them.
pub(in super::super) fn offloads_off() -> io::Result<()> {
    // SAFETY: no pointers; the descriptor is new.
    let socket = unsafe {
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
        OwnedFd::from_raw_fd(check(libc::socket(libc::AF_INET, kind, 0))?)
    };
    for command in OFFLOADS {
        let mut value: [u32; 2] = [command, 0];
        // SAFETY: all-zero is a valid `ifreq`.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_data = value.as_mut_ptr().cast();
        // SAFETY: the request names the interface and points at a live `ethtool_value`.
        check(unsafe {
            libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request)
        })?;
    }
    Ok(())
}

/// A packet socket on `lo` with a receive ring, recording.
pub(in super::super) fn capture(ring: RingSpec) -> io::Result<OwnedFd> {
    // Protocol 0: it records nothing yet. A socket opened with ETH_P_ALL is hooked into the receive
    // path at once, and unhooking it to install the ring waits for an RCU grace period (10 ms).
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: no pointers; the descriptor is new.
    let socket = unsafe { OwnedFd::from_raw_fd(check(libc::socket(libc::AF_PACKET, kind, 0))?) };
    set(
        &socket,
        libc::PACKET_VERSION,
        &libc::tpacket_versions::TPACKET_V3,
    )?;
    // On `lo` every packet passes twice, on its way out and in.
    set(&socket, libc::PACKET_IGNORE_OUTGOING, &1_i32)?;
    let request = libc::tpacket_req3 {
        tp_block_size: ring.block_bytes,
        tp_block_nr: ring.blocks,
        tp_frame_size: RingSpec::FRAME_BYTES,
        tp_frame_nr: (ring.block_bytes / RingSpec::FRAME_BYTES) * ring.blocks,
        tp_retire_blk_tov: ring.retire_ms,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    };
    set(&socket, libc::PACKET_RX_RING, &request)?;
    // SAFETY: all-zero is a valid `sockaddr_ll`.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = LOOPBACK as i32;
    let length = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the pointer is to a live address of this length.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) })?;
    Ok(socket)
}

fn set<T>(socket: &OwnedFd, option: libc::c_int, value: &T) -> io::Result<()> {
    let length = size_of::<T>() as libc::socklen_t;
    let value: *const T = value;
    // SAFETY: the pointer is to a live value of this length.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            option,
            value.cast(),
            length,
        )
    })?;
    Ok(())
}
