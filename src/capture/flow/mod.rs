//! Turns a stream of packets into TCP connections, UDP exchanges and ICMP messages with everything that can be judged of them.
//! Memory is bounded by the number of flows, not by the number of packets. Must not know: files, sockets, specs.
//!
//! ```no_run
//! let analysis = socklab::capture::flow::analyse_bytes(&std::fs::read("my.pcapng")?, socklab::capture::flow::Options::default())?;
//! for flow in &analysis.flows {
//!     println!("{} {:?} closed first by {:?}", flow.client, flow.close, flow.closed_first);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod connection;
mod exchange;
mod fragments;
mod mark_words;
mod marks;
mod model;
mod stream;
mod tcp;
mod udp;
mod zeek;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

pub use connection::{CloseKind, Flow, HalfFlow, Handshake, Landmarks, TcpPacket};
pub use exchange::{IcmpMessage, UdpExchange, UdpPacket};
pub use mark_words::{MarkCounts, Marks};
pub use model::{Analysis, Bytes, Counts, Side};
pub use stream::{Stream, StreamRange};

use super::decode::{
    Content, Datagram, Decoded, Icmp, IpFacts, Segment, decode, decode_reassembled,
};
use super::packet::{Name, Packet, Warning};
use super::read::{ReadError, Reader};
use fragments::Fragments;
use tcp::{Arrival, Start, TcpFlow};
use udp::UdpFlow;

/// What to keep, and the bounds.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Reassemble TCP streams and keep the payload of datagrams.
    pub streams: bool,
    /// Segments (or datagrams) kept per flow as rows for ladders and evidence; 0 keeps none.
    pub packets: usize,
    /// Rows of all flows together.
    pub max_packets: usize,
    /// TCP connections plus UDP exchanges; packets of further ones are only counted.
    pub max_flows: usize,
    /// Bytes that all streams and payloads together may take.
    pub max_stream_bytes: usize,
}

impl Default for Options {
    /// Streams and up to 10,000 rows per flow: right for the capture of one check or a handed-in one. However hostile the
    /// capture, about 100 MiB: 10,000 flows, 100,000 rows, 32 MiB of payload.
    fn default() -> Self {
        Options {
            streams: true,
            packets: 10_000,
            max_packets: 100_000,
            max_flows: 10_000,
            max_stream_bytes: 32 << 20,
        }
    }
}

impl Options {
    /// Smaller bounds, for the capture of one check: many are looked at at the same time. However hostile
    /// it is, about 15 MiB.
    pub fn of_a_check() -> Self {
        Options {
            max_packets: 20_000,
            max_flows: 2_000,
            max_stream_bytes: 8 << 20,
            ..Options::default()
        }
    }

    /// Only the facts of each flow, of up to 500,000: for large files.
    pub fn facts_only() -> Self {
        Options {
            streams: false,
            packets: 0,
            max_flows: 500_000,
            ..Options::default()
        }
    }
}

/// ICMP messages kept.
const MAX_ICMP: usize = 10_000;

/// The two ends of a flow, the smaller first, so that both directions find it: address and port twice, IPv4 addresses as the
/// IPv6 addresses that stand for them. One flat array, because hashing it is a good part of the work for a packet.
type Pair = [u8; 36];

fn pair(a: SocketAddr, b: SocketAddr) -> Pair {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let mut pair = [0; 36];
    for (end, at) in [(a, 0), (b, 18)] {
        let address = match end.ip() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        pair[at..at + 16].copy_from_slice(&address.octets());
        pair[at + 16..at + 18].copy_from_slice(&end.port().to_be_bytes());
    }
    pair
}

/// Takes packets one by one.
pub struct Analyzer {
    options: Options,
    counts: Counts,
    tcp: Vec<TcpFlow>,
    tcp_by_pair: HashMap<Pair, usize>,
    udp: Vec<UdpFlow>,
    udp_by_pair: HashMap<Pair, usize>,
    icmp: Vec<IcmpMessage>,
    fragments: Fragments,
    /// Bytes of payload and rows that may still be kept.
    budget: Budget,
    /// When there are any, packets from and to other ends are only counted.
    only: Vec<SocketAddr>,
}

/// What all flows share.
#[derive(Debug, Clone, Copy)]
struct Budget {
    bytes: usize,
    rows: usize,
}

impl Budget {
    /// Takes one row if there is any and `kept` is below what a flow may keep.
    fn row(&mut self, kept: usize, options: &Options) -> bool {
        let granted = kept < options.packets && self.rows > 0;
        self.rows -= usize::from(granted);
        granted
    }
}

impl Analyzer {
    /// An analysis of nothing yet.
    pub fn new(options: Options) -> Analyzer {
        Analyzer {
            options,
            counts: Counts::default(),
            tcp: Vec::new(),
            tcp_by_pair: HashMap::new(),
            udp: Vec::new(),
            udp_by_pair: HashMap::new(),
            icmp: Vec::new(),
            fragments: Fragments::default(),
            budget: Budget {
                bytes: options.max_stream_bytes,
                rows: options.max_packets,
            },
            only: Vec::new(),
        }
    }

    /// Looks only at flows that have one of these ends; the rest is counted.
    #[must_use]
    pub fn only(mut self, ends: &[SocketAddr]) -> Analyzer {
        self.only = ends.to_vec();
        self
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet) {
        let decoded = decode(packet.link_type, packet.original_len, packet.captured);
        self.count(packet, &decoded);
        let Some(ip) = decoded.ip else { return };
        let bytes = bytes_of(&decoded, &ip);
        let mut arrival = Arrival {
            number: packet.number,
            time_ns: packet.time_ns,
            bytes,
            comment: packet.comment.as_deref(),
        };
        if let Content::Fragment(piece) = decoded.content {
            let Some(whole) = self.fragments.add(&ip, piece, bytes) else {
                return;
            };
            arrival.bytes = whole.bytes;
            let content = decode_reassembled(ip.protocol, &whole.payload);
            let transport = transport_bytes(&content);
            arrival.bytes.transport = transport;
            arrival.bytes.payload = arrival.bytes.payload.saturating_sub(transport);
            self.content(&ip, &content, &arrival);
        } else {
            self.content(&ip, &decoded.content, &arrival);
        }
    }

    /// Counts so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The result, with names and warnings of the reader.
    pub fn finish(self, names: Vec<Name>, mut warnings: Vec<Warning>) -> Analysis {
        if self.counts.beyond_limit > 0 {
            warnings.push(Warning {
                offset: None,
                after_packet: self.counts.packets,
                message: format!(
                    "more than {} flows; {} packets of further ones were only counted",
                    self.options.max_flows, self.counts.beyond_limit
                ),
            });
        }
        Analysis {
            counts: self.counts,
            flows: self
                .tcp
                .into_iter()
                .enumerate()
                .map(|(i, f)| f.finish(i))
                .collect(),
            udp: self
                .udp
                .into_iter()
                .enumerate()
                .map(|(i, f)| f.finish(i))
                .collect(),
            icmp: self.icmp,
            names,
            warnings,
        }
    }

    fn count(&mut self, packet: &Packet, decoded: &Decoded) {
        let c = &mut self.counts;
        c.packets += 1;
        c.bytes += u64::from(packet.original_len);
        if packet.timed {
            c.first_ns.get_or_insert(packet.time_ns);
            c.last_ns = Some(packet.time_ns);
        }
        match decoded.ip {
            Some(ip) if ip.source.is_ipv4() => c.ipv4 += 1,
            Some(_) => c.ipv6 += 1,
            None => {}
        }
        match decoded.content {
            Content::Tcp(_) | Content::Udp(_) | Content::Icmp(_) => {}
            Content::Fragment(_) => c.fragments += 1,
            Content::OtherIp(_) => c.other_ip += 1,
            Content::NotIp { .. } => c.not_ip += 1,
            Content::UnknownLink(link) => *c.unknown_links.entry(link).or_default() += 1,
            Content::Cut(_) => c.cut += 1,
            Content::Malformed(_) => c.malformed += 1,
        }
    }

    fn content(&mut self, ip: &IpFacts, content: &Content, arrival: &Arrival) {
        match content {
            Content::Tcp(segment) => {
                self.counts.tcp += 1;
                let from = SocketAddr::new(ip.source, segment.source_port);
                let to = SocketAddr::new(ip.destination, segment.destination_port);
                if self.is_asked_for(from, to) {
                    self.segment(from, to, segment, arrival);
                }
            }
            Content::Udp(datagram) => {
                self.counts.udp += 1;
                let from = SocketAddr::new(ip.source, datagram.source_port);
                let to = SocketAddr::new(ip.destination, datagram.destination_port);
                if self.is_asked_for(from, to) {
                    self.datagram(from, to, datagram, arrival);
                }
            }
            Content::Icmp(icmp) => {
                self.counts.icmp += 1;
                self.icmp(ip, icmp, arrival);
            }
            _ => {}
        }
    }

    fn room(&mut self) -> bool {
        let room = self.tcp.len() + self.udp.len() < self.options.max_flows;
        self.counts.beyond_limit += u64::from(!room);
        room
    }

    fn is_asked_for(&self, from: SocketAddr, to: SocketAddr) -> bool {
        self.only.is_empty() || self.only.contains(&from) || self.only.contains(&to)
    }

    fn segment(&mut self, from: SocketAddr, to: SocketAddr, segment: &Segment, arrival: &Arrival) {
        let key = pair(from, to);
        let opening = segment.flags.syn() && !segment.flags.ack();
        let (i, start) = match self.tcp_by_pair.get(&key).copied() {
            Some(i) if opening && self.tcp[i].reused_by(from, segment) => (None, Start::Reused),
            Some(i) => (Some(i), Start::Known),
            None => (None, Start::New),
        };
        let i = match i {
            Some(i) => i,
            None if !self.room() => return,
            None => {
                self.tcp
                    .push(TcpFlow::new(from, to, segment, arrival, &self.options));
                self.tcp_by_pair.insert(key, self.tcp.len() - 1);
                self.tcp.len() - 1
            }
        };
        let flow = &mut self.tcp[i];
        let marks = flow.push(from, segment, arrival, start, &mut self.budget.bytes);
        flow.keep(
            from,
            segment,
            arrival,
            marks,
            &self.options,
            &mut self.budget,
        );
    }

    fn datagram(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &Datagram,
        arrival: &Arrival,
    ) {
        let key = pair(from, to);
        let i = match self.udp_by_pair.get(&key).copied() {
            Some(i) => i,
            None if !self.room() => return,
            None => {
                self.udp.push(UdpFlow::new(from, to, arrival));
                self.udp_by_pair.insert(key, self.udp.len() - 1);
                self.udp.len() - 1
            }
        };
        self.udp[i].push(from, datagram, arrival, &self.options, &mut self.budget);
    }

    fn icmp(&mut self, ip: &IpFacts, icmp: &Icmp, arrival: &Arrival) {
        let about_udp = icmp
            .quoted
            .filter(|q| q.protocol == 17 && icmp.port_unreachable());
        if let Some(&i) =
            about_udp.and_then(|q| self.udp_by_pair.get(&pair(q.source, q.destination)))
        {
            self.udp[i].unreachable(arrival.number);
        }
        if self.icmp.len() >= MAX_ICMP {
            return;
        }
        self.icmp.push(IcmpMessage {
            number: arrival.number,
            time_ns: arrival.time_ns,
            from: ip.source,
            to: ip.destination,
            version: icmp.version,
            kind: icmp.kind,
            code: icmp.code,
            port_unreachable: icmp.port_unreachable(),
            about_from: icmp.quoted.map(|q| q.source),
            about_to: icmp.quoted.map(|q| q.destination),
            about_protocol: icmp.quoted.map(|q| q.protocol),
        });
    }
}

/// Bytes by layer of one frame.
fn bytes_of(decoded: &Decoded, ip: &IpFacts) -> Bytes {
    let transport = transport_bytes(&decoded.content);
    let network = u64::from(ip.header_bytes);
    let frame = u64::from(decoded.frame_bytes);
    let payload = u64::from(ip.total_bytes).saturating_sub(network + transport);
    Bytes {
        packets: 1,
        frame,
        link: frame.saturating_sub(network + transport + payload),
        network,
        transport,
        payload,
    }
}

fn transport_bytes(content: &Content) -> u64 {
    match content {
        Content::Tcp(s) => u64::from(s.header_bytes),
        Content::Udp(_) => 8,
        _ => 0,
    }
}

/// Reads a whole capture from memory.
///
/// # Errors
/// When the bytes do not begin like a capture.
pub fn analyse_bytes(bytes: &[u8], options: Options) -> Result<Analysis, ReadError> {
    analyse(&mut Reader::from_bytes(bytes)?, options, |_| {})
}

/// Reads a whole capture from memory. Where it holds more than the bounds in `options` admit, only flows with
/// one of the ends `own` are looked at, so that nothing else can crowd them out.
///
/// # Errors
/// When the bytes do not begin like a capture.
pub fn analyse_bytes_for(
    bytes: &[u8],
    options: Options,
    own: &[SocketAddr],
) -> Result<Analysis, ReadError> {
    let all = analyse_bytes(bytes, options)?;
    let counts = &all.counts;
    let bounded = counts.beyond_limit > 0
        || counts.packets > options.max_packets as u64
        || counts.bytes > options.max_stream_bytes as u64;
    if !bounded || own.is_empty() {
        return Ok(all);
    }
    drop(all);
    let mut reader = Reader::from_bytes(bytes)?;
    let mut analyzer = Analyzer::new(options).only(own);
    while let Some(packet) = reader.next_packet() {
        analyzer.push(&packet);
    }
    Ok(analyzer.finish(reader.names().to_vec(), reader.warnings()))
}

/// Reads a whole capture. `progress` is called now and then with the number of decompressed bytes that were read.
///
/// # Errors
/// None at present: what is broken in the middle becomes a warning.
pub fn analyse(
    reader: &mut Reader,
    options: Options,
    mut progress: impl FnMut(u64),
) -> Result<Analysis, ReadError> {
    /// Often enough for a smooth progress bar, seldom enough to cost nothing.
    const PACKETS_PER_CALL: u64 = 1 << 14;
    let mut analyzer = Analyzer::new(options);
    while let Some(packet) = reader.next_packet() {
        let number = packet.number;
        analyzer.push(&packet);
        if number % PACKETS_PER_CALL == 0 {
            progress(reader.offset());
        }
    }
    progress(reader.offset());
    Ok(analyzer.finish(reader.names().to_vec(), reader.warnings()))
}
