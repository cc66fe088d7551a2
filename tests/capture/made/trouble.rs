//! Conversations in which something goes wrong.

use super::Frame;
use super::packet::{ACK, FIN, PSH, RST, SYN, URG, window_scale};
use super::scenario::Scenario;
use super::talk::Talk;

const D: u8 = PSH | ACK;
const FA: u8 = FIN | ACK;

/// Everything that the segment analysis marks.
pub fn all() -> Vec<Scenario> {
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
