//! Named conversations: every way to open and to close, and random ones.

use super::packet::{ACK, FIN, PSH, RST, SYN};
pub use super::talk::Talk;
use super::{Dice, Frame};

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
