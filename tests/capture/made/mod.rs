//! Captures made byte by byte: packets, conversations and files of every kind that the reader must know.

pub mod compare;
pub mod file;
pub mod kinds;
pub mod live;
pub mod other;
pub mod packet;
pub mod scenario;
pub mod talk;
pub mod trouble;
pub mod tshark;

/// One frame before it is in a file.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Nanoseconds since 1970.
    pub time_ns: u64,
    /// The frame's bytes, link header first.
    pub bytes: Vec<u8>,
}

/// A small generator of pseudo-random numbers (xorshift64*), so that every run makes the same captures.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}
