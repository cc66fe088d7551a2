//! What is kept of a program's output: the first and the last part, and a count of all of it.

/// Bytes kept from the beginning (SANDBOX limits: 48 KiB first, 16 KiB last).
const HEAD: usize = 48 * 1024;
/// Bytes kept from the end.
const TAIL: usize = 16 * 1024;

/// Bytes of output after which a program, or a build command, is ended (SANDBOX limits).
pub const MOST_OUTPUT: u64 = 16 << 20;

/// Output of one stream.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    head: Vec<u8>,
    tail: Vec<u8>,
    total: u64,
}

impl Kept {
    /// Adds what was written.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let into_head = bytes.len().min(HEAD - self.head.len());
        self.head.extend_from_slice(&bytes[..into_head]);
        self.tail.extend_from_slice(&bytes[into_head..]);
        if self.tail.len() > 4 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
    }

    /// What is kept, in order.
    pub fn text(&self) -> Vec<u8> {
        let from = self.tail.len().saturating_sub(TAIL);
        [&self.head[..], &self.tail[from..]].concat()
    }

    /// Bytes written in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Bytes left out in the middle.
    pub fn dropped(&self) -> u64 {
        self.total - self.head.len() as u64 - self.tail.len().min(TAIL) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_keeps_its_beginning_and_its_end() {
        let mut kept = Kept::default();
        kept.push(b"first");
        for _ in 0..100_000 {
            kept.push(b"0123456789");
        }
        kept.push(b"last");
        let text = kept.text();
        assert!(text.starts_with(b"first") && text.ends_with(b"last"));
        assert_eq!(text.len() as u64 + kept.dropped(), kept.total());
    }
}
