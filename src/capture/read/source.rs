//! Turns any `Read` into a window of bytes which can be looked at before it is consumed. Must not know: file formats.
//!
//! Every block and record is framed by its own length, so the formats ask for "n bytes from here" and get a whole slice or
//! learn that the file ends inside it. This is what keeps a short first read, a refill without progress and a block larger
//! than the buffer from being special cases.

use std::io::{self, Read};

/// First size of the window; most blocks are far smaller.
const INITIAL: usize = 1 << 18;

/// How much a request could be met.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// The bytes are all there.
    Whole,
    /// The data ends after this many bytes of the request (0 = a clean end).
    Short(usize),
}

pub(super) struct Source<'s> {
    input: Box<dyn Read + Send + 's>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset of `start` in the input.
    offset: u64,
    at_end: bool,
    error: Option<io::Error>,
}

impl<'s> Source<'s> {
    pub(super) fn new(input: Box<dyn Read + Send + 's>) -> Self {
        Source {
            input,
            buffer: vec![0; INITIAL],
            start: 0,
            end: 0,
            offset: 0,
            at_end: false,
            error: None,
        }
    }

    /// Makes `wanted` bytes available from the current place if the input has them. The window grows to `wanted`, which the
    /// caller has checked against its cap.
    pub(super) fn fill(&mut self, wanted: usize) -> Fill {
        if self.end - self.start >= wanted {
            return Fill::Whole;
        }
        self.make_room(wanted);
        while self.end - self.start < wanted && !self.at_end {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.error = Some(e);
                    self.at_end = true;
                }
            }
        }
        if self.end - self.start >= wanted {
            Fill::Whole
        } else {
            Fill::Short(self.end - self.start)
        }
    }

    fn make_room(&mut self, wanted: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted.next_power_of_two(), 0);
        }
    }

    /// The first `n` bytes of the window. Call [`Source::fill`] first; shorter if it answered [`Fill::Short`].
    pub(super) fn window(&self, n: usize) -> &[u8] {
        &self.buffer[self.start..(self.start + n).min(self.end)]
    }

    /// Moves past `n` bytes and returns them: they stay valid until the next `fill`.
    pub(super) fn take(&mut self, n: usize) -> &[u8] {
        let from = self.start;
        self.start = (self.start + n).min(self.end);
        self.offset += (self.start - from) as u64;
        &self.buffer[from..self.start]
    }

    /// Offset of the window's first byte in the input.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The error which ended the input early, once.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }
}

/// Passes through at most `left` bytes, then fails: the cap on decompressed bytes, so that a gzip bomb ends with a message.
pub(super) struct Capped<R> {
    pub(super) inner: R,
    pub(super) left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let mut probe = [0u8; 1];
            return match self.inner.read(&mut probe)? {
                0 => Ok(0),
                _ => Err(io::Error::other(
                    "the decompressed capture is larger than the limit; what comes after it was not read",
                )),
            };
        }
        let most = buf
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.inner.read(&mut buf[..most])?;
        self.left -= n as u64;
        Ok(n)
    }
}
