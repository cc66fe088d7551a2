//! Headers of Ethernet, IP, TCP, UDP and ICMP, written field by field.

use std::net::{IpAddr, SocketAddr};

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;
pub const URG: u8 = 32;

/// A TCP segment to be built.
#[derive(Debug, Clone)]
pub struct Tcp {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub window: u16,
    pub options: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Tcp {
    pub fn bytes(&self) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 1);
        let mut b = Vec::new();
        b.extend(self.from.port().to_be_bytes());
        b.extend(self.to.port().to_be_bytes());
        b.extend(self.seq.to_be_bytes());
        b.extend(self.ack.to_be_bytes());
        b.push((((20 + options.len()) / 4) as u8) << 4);
        b.push(self.flags);
        b.extend(self.window.to_be_bytes());
        b.extend([0, 0, 0, 0]);
        b.extend(options);
        b.extend(&self.payload);
        let sum = transport_checksum(self.from.ip(), self.to.ip(), 6, &b);
        b[16..18].copy_from_slice(&sum.to_be_bytes());
        b
    }
}

/// A UDP datagram.
pub fn udp(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut b = Vec::new();
    b.extend(from.port().to_be_bytes());
    b.extend(to.port().to_be_bytes());
    b.extend((8 + payload.len() as u16).to_be_bytes());
    b.extend([0, 0]);
    b.extend(payload);
    let sum = transport_checksum(from.ip(), to.ip(), 17, &b);
    b[6..8].copy_from_slice(&sum.to_be_bytes());
    b
}

/// An ICMP or ICMPv6 error that quotes a packet.
pub fn icmp_error(from: IpAddr, to: IpAddr, kind: u8, code: u8, quoted: &[u8]) -> Vec<u8> {
    let mut b = vec![kind, code, 0, 0, 0, 0, 0, 0];
    b.extend(&quoted[..quoted.len().min(48)]);
    let sum = if from.is_ipv6() {
        transport_checksum(from, to, 58, &b)
    } else {
        checksum(&[&b])
    };
    b[2..4].copy_from_slice(&sum.to_be_bytes());
    b
}

fn checksum(parts: &[&[u8]]) -> u16 {
    let all: Vec<u8> = parts.concat();
    let mut sum = 0u32;
    for pair in all.chunks(2) {
        sum += u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |b| u32::from(*b));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn transport_checksum(from: IpAddr, to: IpAddr, protocol: u8, bytes: &[u8]) -> u16 {
    let octets = |ip: IpAddr| match ip {
        IpAddr::V4(a) => a.octets().to_vec(),
        IpAddr::V6(a) => a.octets().to_vec(),
    };
    let length = (bytes.len() as u32).to_be_bytes();
    checksum(&[
        &octets(from),
        &octets(to),
        &length,
        &[0, 0, 0, protocol],
        bytes,
    ])
}

/// What a single IP header needs beyond addresses.
#[derive(Debug, Clone, Default)]
pub struct Ip {
    pub id: u16,
    /// Fragment offset in bytes, and whether more follow.
    pub fragment: Option<(u16, bool)>,
    pub options: Vec<u8>,
    /// Announce a length of 0, as a capture before segmentation offload does.
    pub no_length: bool,
}

/// Puts a transport payload into an IP packet.
pub fn ip(from: IpAddr, to: IpAddr, protocol: u8, ip: &Ip, payload: &[u8]) -> Vec<u8> {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let header = 20 + ip.options.len();
            let mut b = vec![0x40 | (header / 4) as u8, 0];
            let total = if ip.no_length {
                0
            } else {
                (header + payload.len()) as u16
            };
            b.extend(total.to_be_bytes());
            b.extend(ip.id.to_be_bytes());
            let field = ip.fragment.map_or(0x4000, |(offset, more)| {
                (offset / 8) | if more { 0x2000 } else { 0 }
            });
            b.extend(field.to_be_bytes());
            b.extend([64, protocol, 0, 0]);
            b.extend(from.octets());
            b.extend(to.octets());
            b.extend(&ip.options);
            let sum = checksum(&[&b]);
            b[10..12].copy_from_slice(&sum.to_be_bytes());
            b.extend(payload);
            b
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut rest = ip.options.clone();
            let mut next = if rest.is_empty() { protocol } else { 0 };
            if let Some((offset, more)) = ip.fragment {
                next = 44;
                rest = vec![protocol, 0];
                rest.extend((offset | u16::from(more)).to_be_bytes());
                rest.extend(u32::from(ip.id).to_be_bytes());
            } else if !rest.is_empty() {
                // The caller gives a hop-by-hop header whose first byte is the next header.
                rest[0] = protocol;
            }
            let mut b = vec![0x60, 0, 0, 0];
            b.extend(((rest.len() + payload.len()) as u16).to_be_bytes());
            b.extend([next, 64]);
            b.extend(from.octets());
            b.extend(to.octets());
            b.extend(rest);
            b.extend(payload);
            b
        }
        _ => panic!("both addresses must be of one family"),
    }
}

/// Puts an IP packet into an Ethernet frame, padded as a network card pads it.
pub fn ethernet(packet: &[u8]) -> Vec<u8> {
    let mut b = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    b.extend(ether_type(packet));
    b.extend(packet);
    b
}

pub fn ether_type(packet: &[u8]) -> [u8; 2] {
    if packet[0] >> 4 == 6 {
        [0x86, 0xdd]
    } else {
        [0x08, 0x00]
    }
}

pub fn mss(n: u16) -> Vec<u8> {
    let [a, b] = n.to_be_bytes();
    vec![2, 4, a, b]
}

pub fn window_scale(shift: u8) -> Vec<u8> {
    vec![3, 3, shift]
}
