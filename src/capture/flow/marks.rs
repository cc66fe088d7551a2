//! The marks of the segment analysis (`tcp.analysis.*`): which segment was sent again, overtaken, is a keep-alive and so on.
//! The definitions and the order in which they are tried are Wireshark 4.0's, so that a student who opens the same capture in
//! Wireshark sees the same words.

use super::Marks;
use crate::capture::decode::{Segment, TcpFlags};

/// Window scale of a direction: unknown until a SYN with the option is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Unknown,
    Off,
    Shift(u8),
}

impl Scale {
    fn shift(self) -> u32 {
        match self {
            // More than 14 means 14 (RFC 7323 section 2.3).
            Scale::Shift(s) => u32::from(s.min(14)),
            Scale::Unknown | Scale::Off => 0,
        }
    }

    pub(super) fn apply(self, window: u16) -> u32 {
        u32::from(window) << self.shift()
    }
}

/// What is remembered of one direction. A sequence number of 0 means "none yet" throughout, as in Wireshark.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    /// Sequence number from which relative ones are counted.
    pub(super) base: Option<u32>,
    next_seq: u32,
    next_seq_ns: i128,
    /// Up to where the other side can acknowledge without acknowledging something that was not captured.
    acknowledgeable: u32,
    last_ack: u32,
    last_ack_ns: i128,
    window: Option<u32>,
    pub(super) scale: Scale,
    last_marks: Marks,
    duplicate_acks: u32,
    /// No ACK was sent since the SYN, so the window of the SYN itself counts, which is never scaled.
    before_first_ack: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            base: None,
            next_seq: 0,
            next_seq_ns: 0,
            acknowledgeable: 0,
            last_ack: 0,
            last_ack_ns: 0,
            window: None,
            scale: Scale::Unknown,
            last_marks: Marks::default(),
            duplicate_acks: 0,
            before_first_ack: false,
        }
    }
}

/// What both directions share.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    latest_syn_ns: Option<i128>,
    pub(super) initial_rtt_ns: Option<i128>,
}

/// `a` comes before `b` on the circle of sequence numbers (RFC 9293 section 3.4).
pub(super) fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

const SYN_FIN_RST: TcpFlags = TcpFlags::SYN.or(TcpFlags::FIN).or(TcpFlags::RST);
const SYN_FIN: TcpFlags = TcpFlags::SYN.or(TcpFlags::FIN);

/// Instead of a count of duplicate acknowledgements: the gap that they ask for has been told. As in Wireshark it is larger than
/// any count, so that what fills the gap soon after counts as a fast retransmission.
const GAP_TOLD: u32 = u32::MAX;

/// A later segment within this time overtook; later than that it was sent again. Used until the round trip time is known.
const OVERTAKEN_NS: i128 = 3_000_000;
/// A segment this soon after duplicate acknowledgements was sent because of them.
const FAST_NS: i128 = 20_000_000;

/// A SYN with the sequence number of the connection's first SYN: what may be acknowledged is again what a SYN allows, since a
/// RST may have used a number that broke the count.
pub(super) fn repeated_syn(forward: &mut Memory) {
    forward.next_seq = forward.acknowledgeable;
}

/// Marks one segment. `marks` holds what is already known of it (ports reused).
pub(super) fn mark(
    forward: &mut Memory,
    reverse: &mut Memory,
    shared: &mut Shared,
    segment: &Segment,
    time_ns: i128,
    mut marks: Marks,
) -> Marks {
    set_bases(forward, reverse, segment);
    let now = Now {
        seq: segment.seq,
        ack: segment.ack,
        len: segment.payload_len,
        window: u32::from(segment.window),
        flags: segment.flags,
        ns: time_ns,
    };
    forward_marks(forward, reverse, &now, &mut marks);
    if now.ack != forward.last_ack {
        forward.duplicate_acks = 0;
    }
    acknowledges_unseen(reverse, &now, &mut marks);
    sent_again(forward, reverse, shared, &now, &mut marks);
    remember(forward, &now, marks);
    after(forward, reverse, shared, segment, time_ns);
    marks
}

struct Now {
    seq: u32,
    ack: u32,
    len: u32,
    window: u32,
    flags: TcpFlags,
    ns: i128,
}

impl Now {
    fn plain(&self) -> bool {
        !self.flags.any(SYN_FIN_RST)
    }
}

fn set_bases(forward: &mut Memory, reverse: &mut Memory, segment: &Segment) {
    let syn = segment.flags.syn();
    forward.base.get_or_insert(if syn {
        segment.seq
    } else {
        segment.seq.wrapping_sub(1)
    });
    if segment.flags.ack() {
        reverse.base.get_or_insert(segment.ack.wrapping_sub(1));
    }
}

/// The marks that depend on windows, gaps and repeated acknowledgements. Some of them end the search.
fn forward_marks(forward: &mut Memory, reverse: &Memory, now: &Now, marks: &mut Marks) {
    let next = forward.next_seq;
    if now.len == 1 && now.seq == next && reverse.window == Some(0) {
        marks.insert(Marks::ZERO_WINDOW_PROBE);
        return;
    }
    if now.window == 0 && now.plain() {
        marks.insert(Marks::ZERO_WINDOW);
    }
    if next != 0 && before(next, now.seq) && !now.flags.rst() {
        marks.insert(Marks::LOST_SEGMENT);
    }
    if now.len <= 1 && now.seq == next.wrapping_sub(1) && now.plain() {
        marks.insert(Marks::KEEP_ALIVE);
    }
    // A bare acknowledgement which repeats the numbers of the one before.
    let repeats = now.len == 0 && now.seq == next && now.ack == forward.last_ack && now.plain();
    let same_window = forward.window == Some(now.window);
    if repeats && now.window != 0 && !same_window {
        marks.insert(Marks::WINDOW_UPDATE);
    }
    if now.len > 0 && fills_window(reverse, now) {
        marks.insert(Marks::WINDOW_FULL);
    }
    if !repeats || !same_window {
        return;
    }
    if now.window == 0 {
        if reverse.last_marks.any(Marks::ZERO_WINDOW_PROBE) {
            marks.insert(Marks::ZERO_WINDOW_PROBE_ACK);
        }
    } else if reverse.last_marks.any(Marks::KEEP_ALIVE) {
        marks.insert(Marks::KEEP_ALIVE_ACK);
    } else {
        forward.duplicate_acks = match forward.duplicate_acks {
            GAP_TOLD => 1,
            n => n + 1,
        };
        marks.insert(Marks::DUPLICATE_ACK);
    }
}

fn fills_window(reverse: &Memory, now: &Now) -> bool {
    let shift = match reverse.scale {
        Scale::Unknown => return false,
        _ if reverse.before_first_ack => 0,
        scale => scale.shift(),
    };
    // A direction of which nothing was seen has an unlimited window.
    let window = reverse.window.unwrap_or(u32::MAX) << shift;
    now.plain() && now.seq.wrapping_add(now.len) == reverse.last_ack.wrapping_add(window)
}

fn acknowledges_unseen(reverse: &mut Memory, now: &Now, marks: &mut Marks) {
    let limit = reverse.acknowledgeable;
    if limit == 0 || !now.flags.ack() || !before(limit, now.ack) {
        return;
    }
    if before(limit, reverse.next_seq) {
        // What was not captured has been told now; the next gap is another one.
        reverse.acknowledgeable = reverse.next_seq;
        marks.insert(Marks::ACK_LOST_SEGMENT);
    } else {
        // While the other side only acknowledges, once is enough.
        if reverse.duplicate_acks == 0 {
            marks.insert(Marks::ACK_LOST_SEGMENT);
        }
        reverse.duplicate_acks = GAP_TOLD;
    }
}

/// A segment with data, SYN or FIN which does not advance: sent again for nothing, sent again fast, overtaken, or sent again.
fn sent_again(forward: &Memory, reverse: &Memory, shared: &Shared, now: &Now, marks: &mut Marks) {
    if (now.len == 0 && !now.flags.any(SYN_FIN)) || marks.any(Marks::KEEP_ALIVE) {
        return;
    }
    let next = forward.next_seq;
    // More than one byte from just before the expected number: what follows a zero window probe.
    let after_probe = now.len > 1 && next.wrapping_sub(1) == now.seq;
    let stands_still = next != 0 && before(now.seq, next) && !after_probe;
    let end = now.seq.wrapping_add(now.len);
    if now.len > 0 && reverse.last_ack != 0 && !before(reverse.last_ack, end) {
        marks.insert(Marks::SPURIOUS_RETRANSMISSION);
        marks.insert(Marks::RETRANSMISSION);
        return;
    }
    if !stands_still {
        return;
    }
    let since_ack = now.ns - reverse.last_ack_ns;
    if reverse.duplicate_acks >= 2
        && reverse.last_ack == now.seq
        && (0..FAST_NS).contains(&since_ack)
    {
        marks.insert(Marks::FAST_RETRANSMISSION);
        marks.insert(Marks::RETRANSMISSION);
        return;
    }
    let since_next = now.ns - forward.next_seq_ns;
    let threshold = shared
        .initial_rtt_ns
        .filter(|&rtt| rtt != 0)
        .unwrap_or(OVERTAKEN_NS);
    let virtual_byte = u32::from(now.flags.any(SYN_FIN));
    if (0..threshold).contains(&since_next) && next != end.wrapping_add(virtual_byte) {
        marks.insert(Marks::OUT_OF_ORDER);
    } else {
        marks.insert(Marks::RETRANSMISSION);
    }
}

fn remember(forward: &mut Memory, now: &Now, marks: Marks) {
    let virtual_byte = u32::from(now.flags.any(SYN_FIN));
    let next = now.seq.wrapping_add(now.len).wrapping_add(virtual_byte);
    let probe = marks.any(Marks::ZERO_WINDOW_PROBE);
    if (before(forward.next_seq, next) || forward.next_seq == 0) && !probe {
        forward.next_seq = next;
        forward.next_seq_ns = now.ns;
    }
    if (now.seq == forward.acknowledgeable || forward.acknowledgeable == 0) && !probe {
        forward.acknowledgeable = forward.next_seq;
    }
    forward.window = Some(now.window);
    forward.last_ack = now.ack;
    forward.last_ack_ns = now.ns;
    forward.last_marks = marks;
}

/// What is learnt from a segment after it was marked: round trip time and window scales.
fn after(
    forward: &mut Memory,
    reverse: &mut Memory,
    shared: &mut Shared,
    segment: &Segment,
    time_ns: i128,
) {
    let flags = segment.flags;
    if flags.syn() {
        if !flags.ack() {
            shared.latest_syn_ns = Some(time_ns);
        }
        forward.before_first_ack = true;
        if let Some(shift) = segment.window_scale {
            forward.scale = Scale::Shift(shift);
        }
        if !segment.options_cut {
            agree_on_scale(forward, reverse, flags.ack());
        }
    } else if flags.ack() {
        if shared.initial_rtt_ns.is_none_or(|rtt| rtt == 0) {
            shared.initial_rtt_ns = shared
                .latest_syn_ns
                .filter(|&ns| ns != 0)
                .map(|ns| time_ns - ns);
        }
        forward.before_first_ack = false;
    }
}

/// Windows are scaled only if both SYNs carry the option.
fn agree_on_scale(forward: &mut Memory, reverse: &mut Memory, syn_ack: bool) {
    if forward.scale == Scale::Unknown {
        forward.scale = Scale::Off;
        reverse.scale = Scale::Off;
    } else if syn_ack && reverse.scale == Scale::Off {
        forward.scale = Scale::Off;
    }
}
