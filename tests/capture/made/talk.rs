//! A conversation that is made segment by segment.

use std::net::SocketAddr;

use super::Frame;
use super::packet::{ACK, Ip, PSH, SYN, Tcp, ethernet, ip, mss, udp, window_scale};

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

    pub fn segment(
        &mut self,
        side: usize,
        flags: u8,
        seq: i64,
        ack: i64,
        payload: &[u8],
    ) -> &mut Self {
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
