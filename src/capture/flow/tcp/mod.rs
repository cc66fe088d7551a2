//! One TCP connection while it is being read: takes segments, keeps what the facts of [`Flow`] need, and no more.

mod finish;

use std::net::SocketAddr;

use super::marks::{self, Memory, Scale, Shared, before};
use super::stream::Assembler;
use super::zeek::Zeek;
use super::{Budget, Bytes, Landmarks, Marks, Options, Side, TcpPacket};
use crate::capture::decode::{Segment, TcpFlags};

/// What came with a segment.
pub(super) struct Arrival<'a> {
    pub(super) number: u64,
    pub(super) time_ns: i128,
    pub(super) bytes: Bytes,
    pub(super) comment: Option<&'a str>,
}

#[derive(Debug, Default)]
struct Half {
    memory: Memory,
    bytes: Bytes,
    data_segments: u64,
    isn: Option<u32>,
    mss: Option<u16>,
    window_scale: Option<u8>,
    /// Sequence number of the first byte of payload.
    stream_base: Option<u32>,
    /// End of the furthest byte, counted from `stream_base`.
    stream_end: u64,
    /// Number, time and end (sequence number after it) of the first FIN.
    fin: Option<(u64, i128, u32)>,
    fin_acknowledged: Option<u64>,
    rst: Option<u64>,
    stream: Option<Assembler>,
}

/// A connection in the making.
#[derive(Debug)]
pub(super) struct TcpFlow {
    /// Client first.
    pub(super) ends: [SocketAddr; 2],
    halves: [Half; 2],
    shared: Shared,
    first: (u64, i128),
    last: (u64, i128),
    completeness: u8,
    marks: [u32; Marks::ALL.len()],
    zeek: Zeek,
    landmarks: Landmarks,
    first_fin: Option<Side>,
    /// The first FIN was acknowledged before the other side's FIN came.
    acknowledged_early: bool,
    simultaneous: bool,
    refused: bool,
    syn_data: bool,
    late_rst: bool,
    early_rst: bool,
    rst_before_fin: bool,
    packets: Vec<TcpPacket>,
    packets_left_out: u64,
}

impl TcpFlow {
    /// A connection whose first segment goes from `from` to `to`.
    pub(super) fn new(
        from: SocketAddr,
        to: SocketAddr,
        segment: &Segment,
        arrival: &Arrival,
        options: &Options,
    ) -> TcpFlow {
        // A SYN+ACK comes from the server, so the one who gets it is the client.
        let flipped = segment.flags.syn() && segment.flags.ack();
        let mut zeek = Zeek::default();
        if flipped {
            zeek.flipped();
        }
        let half = || Half {
            stream: options.streams.then(Assembler::default),
            ..Half::default()
        };
        TcpFlow {
            ends: if flipped { [to, from] } else { [from, to] },
            halves: [half(), half()],
            shared: Shared::default(),
            first: (arrival.number, arrival.time_ns),
            last: (arrival.number, arrival.time_ns),
            completeness: 0,
            marks: [0; Marks::ALL.len()],
            zeek,
            landmarks: Landmarks::default(),
            first_fin: None,
            acknowledged_early: false,
            simultaneous: false,
            refused: false,
            syn_data: false,
            late_rst: false,
            early_rst: false,
            rst_before_fin: false,
            packets: Vec::new(),
            packets_left_out: 0,
        }
    }

    /// Who sends from this address.
    pub(super) fn side(&self, from: SocketAddr) -> Side {
        if from == self.ends[0] {
            Side::Client
        } else {
            Side::Server
        }
    }

    /// Whether this SYN (without ACK) of `from` opens another connection on the same ports.
    pub(super) fn reused_by(&self, from: SocketAddr, syn: &Segment) -> bool {
        self.halves[self.side(from).index()]
            .memory
            .base
            .is_some_and(|base| base != syn.seq)
    }

    /// Takes one segment. `reused` marks the SYN that opened this connection on ports used before; `new` the first segment.
    pub(super) fn push(
        &mut self,
        from: SocketAddr,
        segment: &Segment,
        arrival: &Arrival,
        start: Start,
        budget: &mut usize,
    ) -> Marks {
        let side = self.side(from);
        let marks = self.mark(side, segment, arrival.time_ns, start);
        self.complete(segment, start);
        self.last = (arrival.number, arrival.time_ns);
        self.halves[side.index()].bytes = self.halves[side.index()].bytes.plus(&arrival.bytes);
        self.open(side, segment, arrival.number);
        self.payload(side, segment, arrival.number, budget);
        self.close(side, segment, arrival);
        self.zeek.segment(side, segment);
        if !marks.is_empty() {
            for (count, (mark, _)) in self.marks.iter_mut().zip(Marks::ALL) {
                *count += u32::from(marks.any(*mark));
            }
        }
        marks
    }

    fn mark(&mut self, side: Side, segment: &Segment, time_ns: i128, start: Start) -> Marks {
        let [client, server] = &mut self.halves;
        let (forward, reverse) = match side {
            Side::Client => (&mut client.memory, &mut server.memory),
            Side::Server => (&mut server.memory, &mut client.memory),
        };
        let mut known = Marks::default();
        if start == Start::Reused {
            known.insert(Marks::REUSED_PORTS);
        }
        let same_base = forward.base == Some(segment.seq);
        match (segment.flags.syn(), segment.flags.ack()) {
            (true, false) if same_base => {
                marks::repeated_syn(forward);
            }
            (true, true) if forward.base.is_some() && !same_base => {
                forward.base = Some(segment.seq);
                known.insert(Marks::REUSED_PORTS);
            }
            _ => {}
        }
        marks::mark(forward, reverse, &mut self.shared, segment, time_ns, known)
    }

    /// Wireshark's `tcp.completeness`. Of the segment that opens a connection only a SYN counts.
    fn complete(&mut self, segment: &Segment, start: Start) {
        let flags = segment.flags;
        let both = |a: TcpFlags, b: TcpFlags| flags.any(a) && flags.any(b);
        let data = segment.payload_len > 0;
        if start == Start::New {
            if flags.syn() && !flags.ack() {
                self.completeness |= 1 | if data { 8 } else { 0 };
            }
            return;
        }
        if start == Start::Reused {
            self.completeness = 1;
        }
        if both(TcpFlags::SYN, TcpFlags::ACK) {
            self.completeness |= 2;
        } else if flags.ack() {
            self.completeness |= if data { 8 } else { 4 };
        }
        if both(TcpFlags::FIN, TcpFlags::ACK) {
            self.completeness |= 16;
        }
        if flags.rst() {
            self.completeness |= 32;
        }
    }

    /// The handshake: SYNs, their answers and what they carry.
    fn open(&mut self, side: Side, segment: &Segment, number: u64) {
        let flags = segment.flags;
        if flags.syn() {
            let half = &mut self.halves[side.index()];
            half.isn.get_or_insert(segment.seq);
            half.mss = half.mss.or(segment.mss);
            half.window_scale = half.window_scale.or(segment.window_scale);
            half.stream_base.get_or_insert(segment.seq.wrapping_add(1));
            if flags.ack() && (side == Side::Server || self.to_itself()) {
                self.landmarks.syn_ack.get_or_insert(number);
            } else if !flags.ack() && side == Side::Client {
                self.landmarks.syn.get_or_insert(number);
                self.syn_data |= segment.payload_len > 0;
            } else if !flags.ack() {
                self.simultaneous |= self.landmarks.syn.is_some();
            }
            return;
        }
        if flags.rst()
            && side == Side::Server
            && self.landmarks.syn.is_some()
            && self.landmarks.syn_ack.is_none()
        {
            self.refused = true;
        }
        let answered =
            self.landmarks.syn_ack.is_some() && side == Side::Client && flags.ack() && !flags.rst();
        let matches = self.halves[1]
            .isn
            .is_some_and(|isn| !before(segment.ack, isn.wrapping_add(1)));
        if answered && matches {
            self.landmarks.handshake_ack.get_or_insert(number);
        }
    }

    fn payload(&mut self, side: Side, segment: &Segment, number: u64, budget: &mut usize) {
        let half = &mut self.halves[side.index()];
        // The byte which a SYN takes in the numbering is not payload.
        let seq = segment.seq.wrapping_add(u32::from(segment.flags.syn()));
        let base = *half.stream_base.get_or_insert(seq);
        if segment.payload_len == 0 || segment.flags.rst() {
            return;
        }
        half.data_segments += 1;
        self.landmarks.first_data.get_or_insert(number);
        if self.first_fin == Some(side.other()) && self.landmarks.half_close_data.is_none() {
            self.landmarks.half_close_data = Some(number);
        }
        // Sequence numbers wrap: take the offset nearest to the furthest byte so far.
        let reached = base.wrapping_add(half.stream_end as u32);
        let distance = i64::from(seq.wrapping_sub(reached) as i32);
        let Ok(offset) = u64::try_from(half.stream_end as i64 + distance) else {
            return;
        };
        half.stream_end = half.stream_end.max(offset + u64::from(segment.payload_len));
        if let Some(stream) = &mut half.stream {
            stream.add(offset, segment.payload_len, segment.payload, number, budget);
        }
    }

    /// The close: FINs, what acknowledges them, RSTs.
    fn close(&mut self, side: Side, segment: &Segment, arrival: &Arrival) {
        let other = side.other();
        self.acknowledge(other, segment, arrival.number);
        if segment.flags.rst() {
            self.reset(side, arrival.number);
        }
        if !segment.flags.fin() || self.halves[side.index()].fin.is_some() {
            return;
        }
        let end = segment
            .seq
            .wrapping_add(segment.payload_len)
            .wrapping_add(1);
        self.halves[side.index()].fin = Some((arrival.number, arrival.time_ns, end));
        if self.first_fin.is_none() {
            self.first_fin = Some(side);
            self.landmarks.first_fin = Some(arrival.number);
        } else {
            self.landmarks.second_fin = Some(arrival.number);
            // The acknowledgement that this FIN itself carries has been noted just now.
            self.acknowledged_early = self
                .landmarks
                .first_fin_ack
                .is_some_and(|n| n != arrival.number);
            if let Some((_, first_ns, _)) = self.halves[other.index()].fin {
                self.landmarks.fin_gap_ns = Some(arrival.time_ns - first_ns);
            }
        }
    }

    /// Notes that a segment acknowledges the FIN of `of`.
    fn acknowledge(&mut self, of: Side, segment: &Segment, number: u64) {
        let half = &mut self.halves[of.index()];
        let Some((_, _, end)) = half.fin else { return };
        if half.fin_acknowledged.is_some() || !segment.flags.ack() || before(segment.ack, end) {
            return;
        }
        half.fin_acknowledged = Some(number);
        if self.first_fin == Some(of) {
            self.landmarks.first_fin_ack = Some(number);
        } else {
            self.landmarks.second_fin_ack = Some(number);
        }
    }

    fn reset(&mut self, side: Side, number: u64) {
        self.halves[side.index()].rst.get_or_insert(number);
        if self.landmarks.first_rst.is_none() {
            self.landmarks.first_rst = Some(number);
            self.landmarks.first_rst_from = Some(side);
            self.rst_before_fin = self.first_fin.is_none();
        }
        if self.both_fins_acknowledged() {
            self.late_rst = true;
        } else {
            self.early_rst = true;
        }
    }

    fn both_fins_acknowledged(&self) -> bool {
        self.halves.iter().all(|h| h.fin_acknowledged.is_some())
    }

    /// Keeps the segment as a row, if asked for and there is room.
    pub(super) fn keep(
        &mut self,
        from: SocketAddr,
        segment: &Segment,
        arrival: &Arrival,
        marks: Marks,
        options: &Options,
        budget: &mut Budget,
    ) {
        if !budget.row(self.packets.len(), options) {
            self.packets_left_out += u64::from(options.packets > 0);
            return;
        }
        let side = self.side(from);
        let memory = &self.halves[side.index()].memory;
        let peer = &self.halves[side.other().index()].memory;
        let scale = if segment.flags.syn() {
            Scale::Off
        } else {
            memory.scale
        };
        self.packets.push(TcpPacket {
            number: arrival.number,
            time_ns: arrival.time_ns,
            from: side,
            flags: segment.flags,
            seq: segment.seq,
            ack: segment.ack,
            relative_seq: segment.seq.wrapping_sub(memory.base.unwrap_or(segment.seq)),
            relative_ack: if segment.flags.ack() {
                segment.ack.wrapping_sub(peer.base.unwrap_or(segment.ack))
            } else {
                0
            },
            len: segment.payload_len,
            window: scale.apply(segment.window),
            bytes: arrival.bytes,
            marks,
            comment: arrival.comment.map(str::to_owned),
        });
    }
}

/// How a segment relates to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The first on this pair of addresses and ports.
    New,
    /// A SYN which opens another connection on ports used before.
    Reused,
    /// One of a connection that is known.
    Known,
}
