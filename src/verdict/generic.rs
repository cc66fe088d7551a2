//! Which causes only restate what differs.

/// Causes that say what was expected and what came, and no more: the difference is all that is known.
/// `socklab spec check` counts a seeded bug that ends in one of these as not named.
pub const GENERIC: [&str; 21] = [
    "connections",
    "datagram-count",
    "extra-bytes",
    "file-content",
    "gpio",
    "incomplete",
    "limit-wall",
    "mismatch",
    "no-answer",
    "not-judged",
    "not-printed",
    "not-reached",
    "payload",
    "payload-bytes",
    "printed-unwanted",
    "socket-states",
    "unexpected-bytes",
    "wrong-answer",
    "wrong-count",
    "wrong-format",
    "wrong-value",
];

/// Whether a cause only restates what differs.
pub fn is_generic(cause: &str) -> bool {
    GENERIC.contains(&cause)
}
