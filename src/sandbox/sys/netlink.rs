//! The few route-netlink requests that a private network needs.

use std::io;
use std::net::Ipv6Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::check;

/// `lo` is the first interface of every network namespace.
pub(in super::super) const LOOPBACK: u32 = 1;

/// Length of `struct nlmsghdr`.
pub(super) const HEADER: usize = 16;

/// A netlink socket.
pub(in super::super) struct Netlink(OwnedFd);

impl Netlink {
    /// Opens one for a protocol, `NETLINK_ROUTE` or `NETLINK_SOCK_DIAG`.
    pub fn open(protocol: libc::c_int) -> io::Result<Netlink> {
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
        // SAFETY: no pointers; the descriptor is new.
        unsafe {
            let fd = check(libc::socket(libc::AF_NETLINK, kind, protocol))?;
            Ok(Netlink(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Brings `lo` up with this MTU. The kernel then adds 127.0.0.1/8 and ::1 by itself.
    pub fn loopback_up(&self, mtu: u32) -> io::Result<()> {
        let mut body = vec![0; 16]; // struct ifinfomsg
        body[4..8].copy_from_slice(&LOOPBACK.to_ne_bytes());
        body[8..12].copy_from_slice(&(libc::IFF_UP as u32).to_ne_bytes());
        body[12..16].copy_from_slice(&(libc::IFF_UP as u32).to_ne_bytes());
        attribute(&mut body, libc::IFLA_MTU, &mtu.to_ne_bytes());
        self.change(libc::RTM_NEWLINK, 0, &body)
    }

    /// Makes every IPv4 address local: `ip route add local 0.0.0.0/0 dev lo table local`.
    pub fn every_address_is_local(&self) -> io::Result<()> {
        // struct rtmsg: family, destination and source lengths, TOS, table, protocol, scope, type, flags.
        let mut body = vec![
            libc::AF_INET as u8,
            0,
            0,
            0,
            libc::RT_TABLE_LOCAL,
            libc::RTPROT_BOOT,
            libc::RT_SCOPE_HOST,
            libc::RTN_LOCAL,
        ];
        body.extend_from_slice(&[0; 4]);
        attribute(&mut body, libc::RTA_OIF, &LOOPBACK.to_ne_bytes());
        self.change(
            libc::RTM_NEWROUTE,
            libc::NLM_F_CREATE | libc::NLM_F_REPLACE,
            &body,
        )
    }

    /// Adds an IPv6 address to `lo`, usable at once.
    pub fn add_ipv6(&self, address: Ipv6Addr) -> io::Result<()> {
        // struct ifaddrmsg: family, prefix length, flags, scope, index.
        let mut body = vec![libc::AF_INET6 as u8, 128, libc::IFA_F_NODAD as u8, 0];
        body.extend_from_slice(&LOOPBACK.to_ne_bytes());
        attribute(&mut body, libc::IFA_LOCAL, &address.octets());
        attribute(&mut body, libc::IFA_ADDRESS, &address.octets());
        self.change(
            libc::RTM_NEWADDR,
            libc::NLM_F_CREATE | libc::NLM_F_REPLACE,
            &body,
        )
    }

    /// Sends a request and waits for the kernel's acknowledgement, which is immediate.
    fn change(&self, kind: u16, flags: libc::c_int, body: &[u8]) -> io::Result<()> {
        self.send(kind, flags | libc::NLM_F_ACK, body)?;
        let mut answer = [0; 4096];
        let length = self.receive(&mut answer)?;
        // struct nlmsgerr begins with the negated error number.
        let code = answer[..length]
            .get(HEADER..HEADER + 4)
            .and_then(|code| code.try_into().ok());
        match code.map(i32::from_ne_bytes) {
            Some(0) => Ok(()),
            Some(code) => Err(io::Error::from_raw_os_error(-code)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    pub(super) fn send(&self, kind: u16, flags: libc::c_int, body: &[u8]) -> io::Result<()> {
        let flags = (flags | libc::NLM_F_REQUEST) as u16;
        let mut packet = Vec::with_capacity(HEADER + body.len());
        packet.extend_from_slice(&((HEADER + body.len()) as u32).to_ne_bytes());
        packet.extend_from_slice(&kind.to_ne_bytes());
        packet.extend_from_slice(&flags.to_ne_bytes());
        packet.extend_from_slice(&[0; 8]); // sequence number, port: one request at a time
        packet.extend_from_slice(body);
        // SAFETY: the pointer and length are those of `packet`.
        check(unsafe { libc::send(self.0.as_raw_fd(), packet.as_ptr().cast(), packet.len(), 0) })?;
        Ok(())
    }

    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the pointer and length are those of `buffer`.
        let length = check(unsafe {
            libc::recv(
                self.0.as_raw_fd(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                0,
            )
        })?;
        Ok(length.unsigned_abs())
    }
}

fn attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    body.extend_from_slice(&((4 + value.len()) as u16).to_ne_bytes());
    body.extend_from_slice(&kind.to_ne_bytes());
    body.extend_from_slice(value);
    body.resize(body.len().next_multiple_of(4), 0);
}
