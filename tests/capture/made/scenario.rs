//! Conversations made segment by segment: every way to open, to close, and to go wrong.

use std::net::{IpAddr, SocketAddr};

use super::packet::{
    ACK, FIN, Ip, PSH, RST, SYN, Tcp, URG, ethernet, icmp_error, ip, mss, udp, window_scale,
};
use super::{Dice, Frame};

/// A conversation between a client and a server, by relative numbers.
pub struct Talk {
    pub ends: [SocketAddr; 2],
    pub isn: [u32; 2],
    pub now_ns: u64,
    pub windows: [u16; 2],
    pub frames: Vec<Frame>,
    options: Vec<u8>,
}

const START_NS: u64 = 1_700_000_000_000_000_000;

impl Talk {
    pub fn new() -> Talk {
        Talk::between("10.0.0.1:40000", "10.0.0.2:8080")
    }

    pub fn between(client: &str, server: &str) -> Talk {
        Talk {
            ends: [
                client.parse().expect("an address"),
                server.parse().expect("an address"),
            ],
            isn: [1_000_000, 2_000_000],
            now_ns: START_NS,
            windows: [64_000, 64_000],
            frames: Vec::new(),
            options: Vec::new(),
        }
    }

    /// Lets time pass before the next packet.
    pub fn wait_us(&mut self, us: u64) -> &mut Self {
        self.now_ns += us * 1000;
        self
    }

    /// Options of the next segment only.
    pub fn with(&mut self, options: Vec<u8>) -> &mut Self {
        self.options = options;
        self
    }

    pub fn window(&mut self, side: usize, window: u16) -> &mut Self {
        self.windows[side] = window;
        self
    }

    /// The client sends a segment, by relative numbers.
    pub fn c(&mut self, flags: u8, seq: i64, ack: i64, payload: &[u8]) -> &mut Self {
        self.segment(0, flags, seq, ack, payload)
    }

    /// The server sends a segment.
    pub fn s(&mut self, flags: u8, seq: i64, ack: i64, payload: &[u8]) -> &mut Self {
        self.segment(1, flags, seq, ack, payload)
    }

    pub fn tcp(&mut self, side: usize, flags: u8, seq: i64, ack: i64, payload: &[u8]) -> Tcp {
        Tcp {
            from: self.ends[side],
            to: self.ends[1 - side],
            seq: self.isn[side].wrapping_add(seq as u32),
            ack: if flags & ACK != 0 {
                self.isn[1 - side].wrapping_add(ack as u32)
            } else {
                0
            },
            flags,
            window: self.windows[side],
            options: std::mem::take(&mut self.options),
            payload: payload.to_vec(),
        }
    }

    fn segment(&mut self, side: usize, flags: u8, seq: i64, ack: i64, payload: &[u8]) -> &mut Self {
        let tcp = self.tcp(side, flags, seq, ack, payload);
        let packet = ip(tcp.from.ip(), tcp.to.ip(), 6, &Ip::default(), &tcp.bytes());
        self.frame(ethernet(&packet))
    }

    pub fn frame(&mut self, bytes: Vec<u8>) -> &mut Self {
        self.now_ns += 100_000;
        self.frames.push(Frame {
            time_ns: self.now_ns,
            bytes,
        });
        self
    }

    /// A UDP datagram.
    pub fn datagram(&mut self, side: usize, payload: &[u8]) -> &mut Self {
        let (from, to) = (self.ends[side], self.ends[1 - side]);
        let packet = ip(
            from.ip(),
            to.ip(),
            17,
            &Ip::default(),
            &udp(from, to, payload),
        );
        self.frame(ethernet(&packet))
    }

    /// SYN, SYN+ACK, ACK.
    pub fn open(&mut self) -> &mut Self {
        self.with(mss(1460)).c(SYN, 0, 0, b"");
        self.with(mss(1460))
            .s(SYN | ACK, 0, 1, b"")
            .c(ACK, 1, 1, b"")
    }

    /// The same with window scaling on both sides.
    pub fn open_scaled(&mut self, shift: u8) -> &mut Self {
        self.with([mss(1460), window_scale(shift)].concat())
            .c(SYN, 0, 0, b"");
        self.with([mss(1460), window_scale(shift)].concat())
            .s(SYN | ACK, 0, 1, b"")
            .c(ACK, 1, 1, b"")
    }

    /// Opens, says `hello` and echoes it.
    pub fn echo(&mut self) -> &mut Self {
        self.open()
            .c(PSH | ACK, 1, 1, b"hello")
            .s(ACK, 1, 6, b"")
            .s(PSH | ACK, 1, 6, b"hello")
            .c(ACK, 6, 6, b"")
    }

    pub fn done(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.frames)
    }
}

const D: u8 = PSH | ACK;
const FA: u8 = FIN | ACK;

/// A named conversation.
pub type Scenario = (&'static str, Vec<Frame>);

/// Every way to begin and to end.
pub fn opens_and_closes() -> Vec<Scenario> {
    let t = Talk::new;
    vec![
        (
            "three-way-close",
            t().echo()
                .c(FA, 6, 6, b"")
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .done(),
        ),
        (
            "four-way-close",
            t().echo()
                .c(FA, 6, 6, b"")
                .wait_us(41_000)
                .s(ACK, 6, 7, b"")
                .wait_us(60_000)
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .done(),
        ),
        (
            "server-closes-first",
            t().echo()
                .s(FA, 6, 6, b"")
                .c(FA, 6, 7, b"")
                .s(ACK, 7, 7, b"")
                .done(),
        ),
        (
            "simultaneous-close",
            t().echo()
                .c(FA, 6, 6, b"")
                .s(FA, 6, 6, b"")
                .c(ACK, 7, 7, b"")
                .s(ACK, 7, 7, b"")
                .done(),
        ),
        (
            "half-close",
            t().open()
                .c(FA, 1, 1, b"")
                .s(ACK, 1, 2, b"")
                .s(D, 1, 2, b"late data")
                .c(ACK, 2, 10, b"")
                .s(FA, 10, 2, b"")
                .c(ACK, 2, 11, b"")
                .done(),
        ),
        (
            "half-closed-for-ever",
            t().echo().c(FA, 6, 6, b"").s(ACK, 6, 7, b"").done(),
        ),
        (
            "fin-with-data",
            t().open()
                .c(PSH | FA, 1, 1, b"bye")
                .s(FA, 1, 5, b"")
                .c(ACK, 5, 2, b"")
                .done(),
        ),
        (
            "fin-sent-again",
            t().echo()
                .c(FA, 6, 6, b"")
                .wait_us(200_000)
                .c(FA, 6, 6, b"")
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .done(),
        ),
        (
            "fin-without-ack-flag",
            t().echo()
                .c(FIN, 6, 6, b"")
                .s(ACK, 6, 7, b"")
                .s(FIN, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .done(),
        ),
        (
            "reset-by-server",
            t().echo()
                .c(D, 6, 6, b"more")
                .s(RST | ACK, 6, 10, b"")
                .done(),
        ),
        ("reset-by-client", t().echo().c(RST | ACK, 6, 6, b"").done()),
        ("reset-without-ack", t().echo().c(RST, 6, 6, b"").done()),
        (
            "reset-with-data",
            t().echo().s(RST | ACK, 6, 6, b"go away").done(),
        ),
        (
            "fin-then-reset",
            t().echo()
                .c(FA, 6, 6, b"")
                .s(D, 6, 7, b"x")
                .c(RST, 7, 0, b"")
                .done(),
        ),
        (
            "late-reset",
            t().echo()
                .c(FA, 6, 6, b"")
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .s(RST, 7, 0, b"")
                .done(),
        ),
        (
            "refused",
            t().c(SYN, 0, 0, b"")
                .s(RST | ACK, -2_000_000, 1, b"")
                .done(),
        ),
        (
            "no-answer",
            t().c(SYN, 0, 0, b"")
                .wait_us(1_000_000)
                .c(SYN, 0, 0, b"")
                .wait_us(2_000_000)
                .c(SYN, 0, 0, b"")
                .done(),
        ),
        (
            "half-open",
            t().c(SYN, 0, 0, b"")
                .s(SYN | ACK, 0, 1, b"")
                .wait_us(1_000_000)
                .s(SYN | ACK, 0, 1, b"")
                .done(),
        ),
        (
            "half-open-then-reset",
            t().c(SYN, 0, 0, b"")
                .s(SYN | ACK, 0, 1, b"")
                .c(RST, 1, 0, b"")
                .done(),
        ),
        (
            "syn-then-reset",
            t().c(SYN, 0, 0, b"").wait_us(5000).c(RST, 1, 0, b"").done(),
        ),
        (
            "syn-then-fin",
            t().c(SYN, 0, 0, b"").c(FA, 1, 0, b"").done(),
        ),
        (
            "simultaneous-open",
            t().c(SYN, 0, 0, b"")
                .s(SYN, 0, 0, b"")
                .c(SYN | ACK, 0, 1, b"")
                .s(SYN | ACK, 0, 1, b"")
                .c(ACK, 1, 1, b"")
                .done(),
        ),
        (
            "fast-open",
            t().c(SYN, 0, 0, b"early")
                .s(SYN | ACK, 0, 6, b"")
                .c(ACK, 6, 1, b"")
                .s(D, 1, 6, b"ok")
                .c(FA, 6, 3, b"")
                .s(FA, 3, 7, b"")
                .c(ACK, 7, 4, b"")
                .done(),
        ),
        (
            "captured-from-the-middle",
            t().c(D, 500, 700, b"mid")
                .s(ACK, 700, 503, b"")
                .s(D, 700, 503, b"dle")
                .c(ACK, 503, 703, b"")
                .c(FA, 503, 703, b"")
                .s(FA, 703, 504, b"")
                .done(),
        ),
        (
            "captured-from-the-syn-ack",
            t().s(SYN | ACK, 0, 1, b"")
                .c(ACK, 1, 1, b"")
                .c(D, 1, 1, b"x")
                .s(ACK, 1, 2, b"")
                .done(),
        ),
        (
            "captured-from-the-fin",
            t().c(FA, 9, 9, b"")
                .s(FA, 9, 10, b"")
                .c(ACK, 10, 10, b"")
                .done(),
        ),
        ("only-a-reset", t().c(RST, 5, 0, b"").done()),
        (
            "syn-and-fin-together",
            t().c(SYN | FIN, 0, 0, b"").s(RST | ACK, 0, 1, b"").done(),
        ),
        (
            "no-flags-at-all",
            t().c(0, 1, 0, b"abc").s(RST, 0, 0, b"").done(),
        ),
        ("every-flag", t().c(0xff, 1, 1, b"abc").done()),
        (
            "ports-reused",
            t().echo()
                .c(FA, 6, 6, b"")
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .wait_us(9000)
                .c(SYN, 900_000, 0, b"")
                .s(SYN | ACK, 800_000, 900_001, b"")
                .c(ACK, 900_001, 800_001, b"")
                .c(D, 900_001, 800_001, b"again")
                .done(),
        ),
        (
            "ports-reused-after-refusal",
            t().c(SYN, 0, 0, b"")
                .s(RST | ACK, -2_000_000, 1, b"")
                .wait_us(100_000)
                .c(SYN, 77_777, 0, b"")
                .s(RST | ACK, -2_000_000, 77_778, b"")
                .done(),
        ),
        (
            "syn-ack-with-another-number",
            t().c(SYN, 0, 0, b"")
                .s(SYN | ACK, 0, 1, b"")
                .s(SYN | ACK, 999, 1, b"")
                .c(ACK, 1, 1000, b"")
                .c(D, 1, 1000, b"x")
                .done(),
        ),
        (
            "same-syn-much-later",
            t().echo()
                .c(FA, 6, 6, b"")
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .wait_us(100_000)
                .c(SYN, 0, 0, b"")
                .done(),
        ),
        (
            "connected-to-itself",
            Talk::between("127.0.0.1:5000", "127.0.0.1:5000")
                .c(SYN, 0, 0, b"")
                .c(SYN | ACK, 0, -999_999, b"")
                .c(ACK, 1, -999_999, b"")
                .c(D, 1, -999_999, b"me")
                .done(),
        ),
        (
            "loopback-both-ends",
            Talk::between("127.0.0.1:40000", "127.0.0.1:65432")
                .echo()
                .c(FA, 6, 6, b"")
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .done(),
        ),
        (
            "ipv6",
            Talk::between("[2001:db8::1]:40000", "[2001:db8::2]:8080")
                .echo()
                .c(FA, 6, 6, b"")
                .s(ACK, 6, 7, b"")
                .s(FA, 6, 7, b"")
                .c(ACK, 7, 7, b"")
                .done(),
        ),
        ("two-at-once", two_at_once()),
    ]
}

fn two_at_once() -> Vec<Frame> {
    let mut a = Talk::between("10.0.0.1:40001", "10.0.0.2:8080")
        .echo()
        .c(FA, 6, 6, b"")
        .s(FA, 6, 7, b"")
        .c(ACK, 7, 7, b"")
        .done();
    let mut t = Talk::between("10.0.0.1:40002", "10.0.0.2:8080");
    a.extend(
        t.wait_us(37)
            .echo()
            .s(FA, 6, 6, b"")
            .c(ACK, 6, 7, b"")
            .c(FA, 6, 7, b"")
            .s(ACK, 7, 7, b"")
            .done(),
    );
    a.sort_by_key(|f| f.time_ns);
    a
}

/// Everything that the segment analysis marks.
pub fn troubles() -> Vec<Scenario> {
    let t = Talk::new;
    let k = [b'k'; 1000];
    vec![
        (
            "retransmission",
            t().open()
                .c(D, 1, 1, &k)
                .wait_us(300_000)
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1001, b"")
                .done(),
        ),
        (
            "retransmission-soon",
            t().open()
                .c(D, 1, 1, &k)
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1001, b"")
                .done(),
        ),
        (
            "fast-retransmission",
            t().open()
                .c(D, 1, 1, &k)
                .c(D, 1001, 1, &k)
                .c(D, 2001, 1, &k)
                .c(D, 3001, 1, &k)
                .s(ACK, 1, 1001, b"")
                .s(ACK, 1, 1001, b"")
                .s(ACK, 1, 1001, b"")
                .s(ACK, 1, 1001, b"")
                .c(D, 1001, 1, &k)
                .s(ACK, 1, 4001, b"")
                .done(),
        ),
        (
            "fast-retransmission-too-late",
            t().open()
                .c(D, 1, 1, &k)
                .c(D, 1001, 1, &k)
                .c(D, 2001, 1, &k)
                .s(ACK, 1, 1001, b"")
                .s(ACK, 1, 1001, b"")
                .s(ACK, 1, 1001, b"")
                .wait_us(20_000)
                .c(D, 1001, 1, &k)
                .done(),
        ),
        (
            "spurious-retransmission",
            t().open()
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1001, b"")
                .wait_us(200_000)
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1001, b"")
                .done(),
        ),
        (
            "out-of-order",
            t().open()
                .wait_us(2_000)
                .c(D, 1001, 1, &k)
                .c(D, 1, 1, &k)
                .s(ACK, 1, 2001, b"")
                .done(),
        ),
        (
            "out-of-order-late",
            t().open()
                .c(D, 1001, 1, &k)
                .wait_us(50_000)
                .c(D, 1, 1, &k)
                .s(ACK, 1, 2001, b"")
                .done(),
        ),
        (
            "lost-segment",
            t().open()
                .c(D, 1, 1, &k)
                .c(D, 2001, 1, &k)
                .c(D, 3001, 1, &k)
                .s(ACK, 1, 4001, b"")
                .done(),
        ),
        (
            "lost-at-once",
            t().open()
                .s(ACK, 1, 5001, b"")
                .s(ACK, 1, 5001, b"")
                .c(D, 5001, 1, &k)
                .done(),
        ),
        (
            "overlapping",
            t().open()
                .c(D, 1, 1, &k)
                .c(D, 501, 1, &k)
                .c(D, 201, 1, &[b'x'; 100])
                .s(ACK, 1, 1501, b"")
                .done(),
        ),
        (
            "duplicate-acks",
            t().open()
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1, b"")
                .s(ACK, 1, 1, b"")
                .s(ACK, 1, 1, b"")
                .s(ACK, 1, 1001, b"")
                .done(),
        ),
        (
            "window-update",
            t().open()
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1001, b"")
                .window(1, 70)
                .s(ACK, 1, 1001, b"")
                .window(1, 50_000)
                .s(ACK, 1, 1001, b"")
                .done(),
        ),
        (
            "zero-window",
            t().open()
                .c(D, 1, 1, &k)
                .window(1, 0)
                .s(ACK, 1, 1001, b"")
                .wait_us(200_000)
                .c(D, 1001, 1, b"p")
                .s(ACK, 1, 1001, b"")
                .wait_us(400_000)
                .c(D, 1001, 1, b"p")
                .s(ACK, 1, 1001, b"")
                .window(1, 9000)
                .s(ACK, 1, 1001, b"")
                .c(D, 1001, 1, &k)
                .s(ACK, 1, 2001, b"")
                .done(),
        ),
        (
            "zero-window-probe-taken",
            t().open()
                .window(1, 0)
                .s(ACK, 1, 1, b"")
                .c(D, 1, 1, b"p")
                .window(1, 500)
                .s(ACK, 1, 2, b"")
                .c(D, 2, 1, b"qrs")
                .done(),
        ),
        (
            "window-full",
            t().open_scaled(7)
                .window(1, 10)
                .s(ACK, 1, 1, b"")
                .c(D, 1, 1, &k)
                .c(D, 1001, 1, &[b'y'; 280])
                .s(ACK, 1, 1281, b"")
                .done(),
        ),
        (
            "window-full-in-the-syn",
            t().window(1, 1000)
                .open_scaled(7)
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1001, b"")
                .done(),
        ),
        (
            "window-full-without-scale",
            t().window(1, 1000)
                .open()
                .c(D, 1, 1, &k)
                .s(ACK, 1, 1001, b"")
                .c(D, 1001, 1, &k)
                .done(),
        ),
        (
            "keep-alive",
            t().echo()
                .wait_us(10_000_000)
                .c(ACK, 5, 6, b"")
                .s(ACK, 6, 6, b"")
                .wait_us(10_000_000)
                .c(ACK, 5, 6, b"\0")
                .s(ACK, 6, 6, b"")
                .done(),
        ),
        (
            "scaling-on-one-side",
            t().with(window_scale(5))
                .c(SYN, 0, 0, b"")
                .s(SYN | ACK, 0, 1, b"")
                .c(ACK, 1, 1, b"")
                .window(0, 1000)
                .c(D, 1, 1, b"x")
                .s(D, 1, 2, &k)
                .c(ACK, 2, 1001, b"")
                .done(),
        ),
        (
            "scaling-only-in-the-answer",
            t().c(SYN, 0, 0, b"")
                .with(window_scale(5))
                .s(SYN | ACK, 0, 1, b"")
                .c(ACK, 1, 1, b"")
                .window(1, 1000)
                .s(D, 1, 1, b"x")
                .c(D, 1, 2, &k)
                .done(),
        ),
        (
            "scale-of-fifteen",
            t().open_scaled(15)
                .window(1, 2)
                .s(ACK, 1, 1, b"")
                .c(D, 1, 1, &k)
                .done(),
        ),
        ("numbers-wrap", wraps(&k)),
        ("numbers-begin-at-zero", begins_at_zero(&k)),
        (
            "urgent",
            t().open().c(URG | D, 1, 1, b"!").s(ACK, 1, 2, b"").done(),
        ),
        ("one-byte-at-a-time", one_byte_at_a_time()),
        (
            "reset-then-more",
            t().echo()
                .s(RST, 6, 0, b"")
                .c(D, 6, 6, b"x")
                .s(RST, 6, 0, b"")
                .done(),
        ),
        (
            "acknowledges-the-future",
            t().echo().s(ACK, 6, 5000, b"").c(ACK, 6, 9000, b"").done(),
        ),
        (
            "probe-then-two-bytes",
            t().open()
                .window(1, 0)
                .s(ACK, 1, 1, b"")
                .c(D, 1, 1, b"a")
                .window(1, 900)
                .s(ACK, 1, 1, b"")
                .c(D, 1, 1, b"abc")
                .done(),
        ),
    ]
}

fn wraps(k: &[u8]) -> Vec<Frame> {
    let mut t = Talk::new();
    t.isn = [u32::MAX - 600, u32::MAX - 2];
    t.open()
        .c(D, 1, 1, k)
        .s(D, 1, 1001, b"hello")
        .c(ACK, 1001, 6, b"")
        .c(D, 1001, 6, k)
        .wait_us(250_000)
        .c(D, 1, 6, k);
    t.s(ACK, 6, 2001, b"")
        .c(FA, 2001, 6, b"")
        .s(FA, 6, 2002, b"")
        .c(ACK, 2002, 7, b"")
        .done()
}

fn begins_at_zero(k: &[u8]) -> Vec<Frame> {
    let mut t = Talk::new();
    t.isn = [u32::MAX, 0];
    t.open()
        .c(D, 1, 1, k)
        .s(ACK, 1, 1001, b"")
        .c(D, 1, 1, k)
        .s(FA, 1, 1001, b"")
        .done()
}

fn one_byte_at_a_time() -> Vec<Frame> {
    let mut t = Talk::new();
    t.open();
    for i in 0..20 {
        t.c(D, 1 + i, 1, &[b'a' + i as u8]).s(ACK, 1, 2 + i, b"");
    }
    t.done()
}

/// UDP, ICMP, fragments, odd headers and what is not IP at all.
pub fn others() -> Vec<Scenario> {
    vec![
        (
            "udp-echo",
            Talk::new()
                .datagram(0, b"hello")
                .datagram(1, b"HELLO")
                .datagram(0, b"")
                .datagram(1, b"")
                .done(),
        ),
        (
            "udp-ipv6",
            Talk::between("[::1]:4000", "[::1]:5000")
                .datagram(0, b"hello")
                .datagram(1, b"HELLO")
                .done(),
        ),
        (
            "udp-nobody",
            udp_nobody("10.0.0.1:4000", "10.0.0.2:9", 3, 3),
        ),
        ("udp-nobody-ipv6", udp_nobody("[::1]:4000", "[::1]:9", 1, 4)),
        (
            "udp-fragmented",
            fragmented("10.0.0.1:4000", "10.0.0.2:5000", 17, false),
        ),
        (
            "udp-fragmented-backwards",
            fragmented("10.0.0.1:4000", "10.0.0.2:5000", 17, true),
        ),
        (
            "udp-fragmented-ipv6",
            fragmented("[2001:db8::1]:4000", "[2001:db8::2]:5000", 17, false),
        ),
        (
            "tcp-fragmented",
            fragmented("10.0.0.1:4000", "10.0.0.2:5000", 6, false),
        ),
        (
            "ip-options",
            odd_ip(
                Ip {
                    options: vec![7, 7, 4, 0, 0, 0, 0, 0],
                    ..Ip::default()
                },
                "10.0.0.1:4000",
                "10.0.0.2:5000",
            ),
        ),
        (
            "ipv6-hop-by-hop",
            odd_ip(
                Ip {
                    options: vec![0, 0, 1, 4, 0, 0, 0, 0],
                    ..Ip::default()
                },
                "[::1]:4000",
                "[::1]:5000",
            ),
        ),
        (
            "no-length-because-of-offload",
            odd_ip(
                Ip {
                    no_length: true,
                    ..Ip::default()
                },
                "10.0.0.1:4000",
                "10.0.0.2:5000",
            ),
        ),
        ("arp-and-friends", not_ip()),
    ]
}

fn udp_nobody(from: &str, to: &str, kind: u8, code: u8) -> Vec<Frame> {
    let mut t = Talk::between(from, to);
    t.datagram(0, b"anyone?");
    let (client, server) = (t.ends[0].ip(), t.ends[1].ip());
    let quoted = t.frames[0].bytes[14..].to_vec();
    let icmp = icmp_error(server, client, kind, code, &quoted);
    let protocol = if client.is_ipv6() { 58 } else { 1 };
    t.frame(ethernet(&ip(
        server,
        client,
        protocol,
        &Ip::default(),
        &icmp,
    )))
    .done()
}

fn fragmented(from: &str, to: &str, protocol: u8, backwards: bool) -> Vec<Frame> {
    let mut t = Talk::between(from, to);
    let (client, server) = (t.ends[0], t.ends[1]);
    let payload = [b'f'; 4000];
    let whole = if protocol == 17 {
        udp(client, server, &payload)
    } else {
        t.tcp(0, D, 1, 1, &payload).bytes()
    };
    let mut pieces: Vec<(u16, bool, Vec<u8>)> = Vec::new();
    for (i, piece) in whole.chunks(1480).enumerate() {
        pieces.push((
            i as u16 * 1480,
            (i + 1) * 1480 < whole.len(),
            piece.to_vec(),
        ));
    }
    if backwards {
        pieces.reverse();
    }
    for (offset, more, piece) in pieces {
        let header = Ip {
            id: 77,
            fragment: Some((offset, more)),
            ..Ip::default()
        };
        t.frame(ethernet(&ip(
            client.ip(),
            server.ip(),
            protocol,
            &header,
            &piece,
        )));
    }
    if protocol == 17 {
        t.datagram(1, b"got it");
    } else {
        t.s(ACK, 1, 4001, b"");
    }
    t.done()
}

fn odd_ip(header: Ip, from: &str, to: &str) -> Vec<Frame> {
    let mut t = Talk::between(from, to);
    for (side, flags, seq, ack, payload) in [
        (0, SYN, 0, 0, ""),
        (1, SYN | ACK, 0, 1, ""),
        (0, ACK, 1, 1, ""),
        (0, D, 1, 1, "hello"),
        (1, FA, 1, 6, ""),
    ] {
        let tcp = t.tcp(side, flags, seq, ack, payload.as_bytes());
        t.frame(ethernet(&ip(
            tcp.from.ip(),
            tcp.to.ip(),
            6,
            &header,
            &tcp.bytes(),
        )));
    }
    t.done()
}

fn not_ip() -> Vec<Frame> {
    let mut t = Talk::new();
    let mut arp = vec![0xff; 6];
    arp.extend([2, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
    arp.extend([0; 20]);
    t.frame(arp).echo();
    let (a, b): (IpAddr, IpAddr) = (t.ends[0].ip(), t.ends[1].ip());
    t.frame(ethernet(&ip(a, b, 132, &Ip::default(), &[0; 12])));
    t.frame(ethernet(&ip(
        a,
        b,
        1,
        &Ip::default(),
        &[8, 0, 0xf7, 0xfe, 0, 0, 0, 1],
    )));
    t.frame(vec![1, 2, 3]).done()
}

/// Segments thrown at random into a small space of numbers, so that every branch of the analysis is met in every order.
pub fn random(seed: u64, packets: usize) -> Vec<Frame> {
    let mut dice = Dice::new(seed);
    let mut t = Talk::new();
    t.isn = dice.pick(&[
        [1000, 2000],
        [u32::MAX - 40, u32::MAX - 10],
        [0, 0],
        [u32::MAX, 0x7fff_ffff],
    ]);
    let mut opened = dice.below(3) > 0;
    if opened {
        if dice.below(2) == 0 {
            t.open_scaled(2);
        } else {
            t.open();
        }
    }
    let mut next = [1i64, 1];
    for _ in 0..packets {
        let side = dice.below(2) as usize;
        let flags = dice.pick(&[
            ACK,
            ACK,
            ACK,
            D,
            D,
            D,
            D,
            FA,
            RST,
            SYN,
            SYN | ACK,
            RST | ACK,
            0,
        ]);
        let flags = if dice.below(4) > 0 && flags != D {
            ACK
        } else {
            flags
        };
        let len = if flags == D {
            dice.pick(&[1, 1, 2, 3, 10])
        } else if dice.below(8) == 0 {
            1
        } else {
            0
        };
        let seq = if dice.below(3) > 0 {
            next[side]
        } else {
            next[side] + dice.below(9) as i64 - 5
        };
        let ack = if dice.below(3) > 0 {
            next[1 - side]
        } else {
            next[1 - side] + dice.below(9) as i64 - 5
        };
        // Without the handshake the numbers have no beginning that a SYN+ACK could repeat.
        let flags = if flags == SYN | ACK && !opened {
            ACK
        } else {
            flags
        };
        let seq = match flags & (SYN | ACK) {
            SYN if dice.below(3) > 0 => 0,
            both if both == SYN | ACK => 0,
            _ => seq,
        };
        // A SYN with another number opens another connection, in which the old SYN+ACK has no place.
        opened &= !(flags & (SYN | ACK) == SYN && seq != 0);
        let window = dice.pick(&[0, 0, 2, 3, 10, 64_000, 64_000, 64_000]);
        if dice.below(3) == 0 {
            t.windows[side] = window;
        }
        t.wait_us(dice.pick(&[0, 0, 100, 2_000, 3_000, 19_900, 250_000]));
        t.segment(side, flags, seq, ack, &vec![b'r'; len]);
        next[side] = next[side].max(seq + len as i64 + i64::from(flags & (SYN | FIN) != 0));
    }
    t.done()
}
