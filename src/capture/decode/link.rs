//! Link layers: turns a frame of a known LINKTYPE into the IP packet inside it. Must not know: IP and above.

/// LINKTYPE numbers which are understood (<https://www.tcpdump.org/linktypes.html>).
pub mod link_type {
    #![expect(missing_docs, reason = "the names are the registry's own")]
    pub const NULL: u16 = 0;
    pub const ETHERNET: u16 = 1;
    /// DLT_RAW as some systems write it into files.
    pub const RAW_BSD: u16 = 12;
    pub const RAW_OPENBSD: u16 = 14;
    pub const RAW: u16 = 101;
    pub const LOOP: u16 = 108;
    pub const LINUX_SLL: u16 = 113;
    pub const IPV4: u16 = 228;
    pub const IPV6: u16 = 229;
    pub const LINUX_SLL2: u16 = 276;
}

/// Where the network layer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// An IP packet begins at this offset.
    Ip { at: usize },
    /// Another protocol, by its EtherType (or 802.3 length).
    Other { ether_type: u16, at: usize },
    /// The frame is cut before the network layer.
    Cut,
    /// A link type that is not understood.
    Unknown,
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;

/// At most this many VLAN tags are peeled: two are QinQ, more is a mistake or an attack on the parser.
const MAX_TAGS: usize = 4;

pub(super) fn network(link_type: u16, frame: &[u8]) -> Network {
    use self::link_type as lt;
    match link_type {
        lt::ETHERNET => ether_type(frame, 12),
        lt::NULL | lt::LOOP => null(frame),
        lt::RAW | lt::RAW_BSD | lt::RAW_OPENBSD | lt::IPV4 | lt::IPV6 => Network::Ip { at: 0 },
        lt::LINUX_SLL => ether_type(frame, 14),
        lt::LINUX_SLL2 => sll2(frame),
        _ => Network::Unknown,
    }
}

/// Reads the EtherType at `at`, peels VLAN tags (802.1Q, 802.1ad and the older 0x9100), and says what follows.
fn ether_type(frame: &[u8], at: usize) -> Network {
    let mut at = at;
    for _ in 0..=MAX_TAGS {
        let Some(kind) = u16_at(frame, at) else {
            return Network::Cut;
        };
        match kind {
            0x8100 | 0x88a8 | 0x9100 => at += 4,
            _ => return by_ether_type(kind, at + 2),
        }
    }
    Network::Other {
        ether_type: 0x8100,
        at,
    }
}

fn by_ether_type(kind: u16, at: usize) -> Network {
    match kind {
        ETHERTYPE_IPV4 | ETHERTYPE_IPV6 => Network::Ip { at },
        _ => Network::Other {
            ether_type: kind,
            at,
        },
    }
}

/// BSD loopback: four bytes of address family in the byte order of the capturing host (NULL) or big-endian (LOOP). 2 is IPv4
/// everywhere; IPv6 differs by system. Since the order is not written down, both are tried, then the IP version decides.
fn null(frame: &[u8]) -> Network {
    let Some(family) = frame.get(..4) else {
        return Network::Cut;
    };
    let known = |f: u32| matches!(f, 2 | 10 | 23 | 24 | 28 | 30);
    let bytes = [family[0], family[1], family[2], family[3]];
    let by_family = known(u32::from_le_bytes(bytes)) || known(u32::from_be_bytes(bytes));
    let by_version = frame.get(4).is_some_and(|b| matches!(b >> 4, 4 | 6));
    if by_family || by_version {
        Network::Ip { at: 4 }
    } else if frame.len() == 4 {
        Network::Cut
    } else {
        Network::Other {
            ether_type: 0,
            at: 4,
        }
    }
}

/// Linux cooked capture version 2: the protocol comes first, the header is 20 bytes.
fn sll2(frame: &[u8]) -> Network {
    match u16_at(frame, 0) {
        Some(kind) if frame.len() >= 20 => match kind {
            0x8100 | 0x88a8 | 0x9100 => ether_type(frame, 22),
            _ => by_ether_type(kind, 20),
        },
        _ => Network::Cut,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
