//! `conn_state` and `history` in the words of Zeek: compact, well known, easy to assert and to teach.

use super::Side;
use super::marks::before;
use crate::capture::decode::{Segment, TcpFlags};

/// What one end has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum End {
    #[default]
    Inactive,
    SynSent,
    SynAckSent,
    Partial,
    Established,
    Closed,
    Reset,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Kinds of segment already in the history, as bits.
    kinds: u8,
    last_syn: u32,
    last_fin: u32,
    last_rst: u32,
    /// End of the furthest segment.
    furthest: Option<u32>,
    retransmissions: u32,
    zero_windows: u32,
}

const SYN: u8 = 1;
const FIN: u8 = 2;
const RST: u8 = 4;
const DATA: u8 = 8;
const ACK: u8 = 16;
const ODD: u8 = 32;

/// Longest history that is kept: a hostile capture could make one letter per packet.
const MAX_HISTORY: usize = 64;

#[derive(Debug, Clone, Default)]
pub(super) struct Zeek {
    ends: [End; 2],
    /// What each end was before what it is.
    before: [End; 2],
    seen: [Seen; 2],
    payload: bool,
    history: String,
}

impl Zeek {
    /// The first packet was a SYN+ACK, so its receiver was made the client.
    pub(super) fn flipped(&mut self) {
        self.history.push('^');
    }

    pub(super) fn segment(&mut self, from: Side, segment: &Segment) {
        self.payload |= segment.payload_len > 0;
        self.note(from, segment);
        self.step(from, segment.flags, segment.payload_len == 0);
    }

    fn letter(&mut self, from: Side, letter: char) {
        if self.history.len() < MAX_HISTORY {
            self.history.push(if from == Side::Client {
                letter
            } else {
                letter.to_ascii_lowercase()
            });
        }
    }

    /// Adds a letter the first time a kind of segment is seen.
    fn once(&mut self, from: Side, kind: u8, letter: char) -> bool {
        let seen = &mut self.seen[from.index()];
        let new = seen.kinds & kind == 0;
        seen.kinds |= kind;
        if new {
            self.letter(from, letter);
        }
        new
    }

    /// SYN, FIN and RST get another letter when their sequence number differs from the last one's.
    fn numbered(&mut self, from: Side, kind: u8, letter: char, seq: u32) {
        let new = self.once(from, kind, letter);
        let seen = &mut self.seen[from.index()];
        let last = match kind {
            SYN => &mut seen.last_syn,
            FIN => &mut seen.last_fin,
            _ => &mut seen.last_rst,
        };
        let differs = std::mem::replace(last, seq) != seq;
        if !new && differs {
            self.letter(from, letter);
        }
    }

    fn note(&mut self, from: Side, segment: &Segment) {
        let flags = segment.flags;
        let exclusive = u8::from(flags.syn()) + u8::from(flags.fin()) + u8::from(flags.rst());
        let after = segment.seq.wrapping_add(segment.payload_len);
        if exclusive > 1 {
            let letter = if flags.fin() && flags.rst() { 'I' } else { 'Q' };
            self.once(from, ODD, letter);
        } else if flags.syn() {
            self.numbered(from, SYN, if flags.ack() { 'H' } else { 'S' }, segment.seq);
        } else if flags.fin() {
            self.numbered(from, FIN, 'F', after);
        } else if flags.rst() {
            self.numbered(from, RST, 'R', after);
        } else if segment.payload_len > 0 {
            self.once(from, DATA, 'D');
        } else if flags.ack() {
            self.once(from, ACK, 'A');
        }
        if self.nothing_new(from, segment) && scaled(&mut self.seen[from.index()].retransmissions) {
            self.letter(from, 'T');
        }
        // After the peer's FIN nobody needs a window, and after an RST there is none.
        let needed =
            self.ends[from.other().index()] != End::Closed && self.ends[from.index()] != End::Reset;
        let closed = segment.window == 0 && !flags.rst() && needed;
        if closed && scaled(&mut self.seen[from.index()].zero_windows) {
            self.letter(from, 'W');
        }
    }

    /// Whether a segment with payload ends no further than one before it.
    fn nothing_new(&mut self, from: Side, segment: &Segment) -> bool {
        let virtual_bytes = u32::from(segment.flags.syn()) + u32::from(segment.flags.fin());
        let end = segment
            .seq
            .wrapping_add(segment.payload_len)
            .wrapping_add(virtual_bytes);
        let reset = segment.flags.rst() || self.ends[from.index()] == End::Reset;
        match self.seen[from.index()].furthest {
            _ if reset => false,
            Some(furthest) if !before(furthest, end) => segment.payload_len > 0,
            _ => {
                self.seen[from.index()].furthest = Some(end);
                false
            }
        }
    }

    /// Moves the sender's end on. The peer moves too where what it sees proves something: a SYN that answers its own makes it
    /// established, and a FIN after its FIN and RST makes those a normal end.
    fn step(&mut self, from: Side, flags: TcpFlags, empty: bool) {
        let peer = self.ends[from.other().index()];
        let me = self.ends[from.index()];
        let next = match me {
            End::Inactive => self.wake(from, flags, empty),
            End::SynSent | End::SynAckSent | End::Established | End::Partial => {
                if flags.rst() {
                    End::Reset
                } else if flags.fin() {
                    End::Closed
                } else if me == End::Partial && peer == End::Inactive && flags.syn() && !flags.ack()
                {
                    End::SynSent
                } else {
                    me
                }
            }
            End::Closed if flags.rst() && peer != End::Closed => End::Reset,
            End::Closed | End::Reset => me,
        };
        if next != me {
            self.before[from.index()] = me;
            self.ends[from.index()] = next;
        }
        let other = from.other().index();
        let closed_then_reset = peer == End::Reset && self.before[other] == End::Closed;
        if matches!(me, End::Established | End::Partial) && next == End::Closed && closed_then_reset
        {
            self.ends[other] = End::Closed;
        }
    }

    /// The first packet of an end.
    fn wake(&mut self, from: Side, flags: TcpFlags, empty: bool) -> End {
        let peer = self.ends[from.other().index()];
        if flags.rst() {
            return End::Reset;
        }
        if flags.fin() {
            return End::Closed;
        }
        match (from, flags.syn(), flags.ack()) {
            (Side::Client, true, false) => End::SynSent,
            (Side::Client, true, true) => End::SynAckSent,
            (Side::Server, true, _) => {
                if peer == End::SynSent {
                    self.before[Side::Client.index()] = peer;
                    self.ends[Side::Client.index()] = End::Established;
                }
                End::Established
            }
            // Some stacks acknowledge a SYN before they answer it.
            (Side::Server, false, _) if empty && peer == End::SynSent => End::Inactive,
            // Only the SYN was missed.
            (_, false, true) if peer == End::Established => End::Established,
            _ => End::Partial,
        }
    }

    /// The state at the end of the capture.
    pub(super) fn conn_state(&self) -> &'static str {
        let [client, server] = self.ends;
        let silent = |end| matches!(end, End::Inactive | End::Partial);
        match (client, server) {
            (End::SynSent | End::SynAckSent, End::Reset) => "REJ",
            (End::Reset, End::Reset) if !self.payload => "REJ",
            (c, End::Reset) if silent(c) => "RSTRH",
            (_, End::Reset) => "RSTR",
            (End::Reset, s) if silent(s) => "RSTOS0",
            (End::Reset, _) => "RSTO",
            (End::Closed, End::Closed) => "SF",
            (End::Closed, s) if silent(s) => "SH",
            (End::Closed, _) => "S2",
            (c, End::Closed) if silent(c) => "SHR",
            (_, End::Closed) => "S3",
            (End::SynSent, End::Inactive) => "S0",
            (End::Established, End::Established) => "S1",
            _ => "OTH",
        }
    }

    pub(super) fn history(self) -> String {
        self.history
    }
}

/// Counts, and is true at 1, 10, 100 …
fn scaled(count: &mut u32) -> bool {
    *count = count.saturating_add(1);
    matches!(*count, 1 | 10 | 100 | 1_000 | 10_000 | 100_000)
}
