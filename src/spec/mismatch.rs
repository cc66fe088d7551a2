//! Mismatches: how what was seen differs from what was wanted, as data that reports can show.

use crate::event::Bytes;

/// The kind of a difference, the most telling one that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MismatchKind {
    /// Nothing came.
    Missing,
    /// Something else came.
    Different,
    /// The beginning is right, and there is less than expected.
    TooShort,
    /// All that was expected came, and then more.
    Extra,
    /// It is right but for upper and lower case.
    WrongCase,
    /// It is right but for something in front of it.
    WrongPrefix,
    /// It is right but for something after it.
    WrongSuffix,
    /// It is right but for the line ending.
    LineEnding,
    /// It is the printed form of bytes (`b'…'`), not the bytes.
    Representation,
    /// It stops at the first NUL byte.
    CutAtNul,
    /// It is right, then filled up with the same byte.
    Padded,
    /// A typed hole of a pattern did not take what stands there.
    HoleFailed,
    /// A literal part of a pattern is not there.
    LiteralFailed,
    /// A time has the right layout and the wrong value.
    WrongTime,
    /// Binary values are there in the other byte order.
    WrongEndianness,
    /// Binary values are there with other padding or sizes.
    WrongLayout,
    /// A binary value differs.
    WrongValue,
    /// What came, came from another place than it must.
    WrongSource,
    /// A count, a state, a status or an outcome is not the one wanted.
    WrongOutcome,
    /// Something happened that must not happen.
    Unwanted,
    /// It is still as in the handout.
    Unchanged,
}

/// How what was seen differs from what was wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Which kind of difference it is.
    pub kind: MismatchKind,
    /// What was wanted: bytes as they go over the wire, or a description when `described` is set.
    pub expected: Bytes,
    /// `expected` is a pattern or a description, not bytes.
    pub described: bool,
    /// What was seen.
    pub seen: Bytes,
    /// Offset in `seen` of the first byte that is not as expected.
    pub differs_at: Option<u64>,
    /// The difference as one sentence in a student's words, lower-case start, no full stop.
    pub explanation: String,
}

impl Mismatch {
    /// A mismatch against a description in words.
    pub fn described(
        kind: MismatchKind,
        expected: impl Into<String>,
        seen: &[u8],
        explanation: impl Into<String>,
    ) -> Self {
        Mismatch {
            kind,
            expected: Bytes(expected.into().into_bytes()),
            described: true,
            seen: seen.into(),
            differs_at: None,
            explanation: explanation.into(),
        }
    }

    /// A mismatch against exact bytes.
    pub fn exact(
        kind: MismatchKind,
        expected: &[u8],
        seen: &[u8],
        differs_at: Option<u64>,
        explanation: impl Into<String>,
    ) -> Self {
        Mismatch {
            kind,
            expected: expected.into(),
            described: false,
            seen: seen.into(),
            differs_at,
            explanation: explanation.into(),
        }
    }
}
