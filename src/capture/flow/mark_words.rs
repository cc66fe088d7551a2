//! The names of the marks that the segment analysis gives, and how often each was given.

use serde::{Deserialize, Serialize};

/// Marks of the segment analysis, the same as Wireshark's `tcp.analysis.*`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(pub u16);

impl Serialize for Marks {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(d)?;
        let mut marks = Marks::default();
        for name in names {
            let known = Marks::ALL.iter().find(|(_, n)| *n == name);
            marks.insert(
                known
                    .ok_or_else(|| serde::de::Error::custom(format!("unknown mark {name}")))?
                    .0,
            );
        }
        Ok(marks)
    }
}

macro_rules! marks {
    ($($bit:literal $name:ident $text:literal $doc:literal;)*) => {
        impl Marks {
            $(#[doc = $doc] pub const $name: Marks = Marks(1 << $bit);)*

            /// Every mark with the last part of its Wireshark field name.
            pub const ALL: &'static [(Marks, &'static str)] = &[$((Marks::$name, $text)),*];
        }
    };
}

marks! {
    0 RETRANSMISSION "retransmission" "Sent again, for whatever reason.";
    1 FAST_RETRANSMISSION "fast_retransmission" "Sent again because of duplicate acknowledgements.";
    2 SPURIOUS_RETRANSMISSION "spurious_retransmission" "Sent again though it had been acknowledged.";
    3 OUT_OF_ORDER "out_of_order" "Overtaken by a later segment.";
    4 DUPLICATE_ACK "duplicate_ack" "Repeats an acknowledgement.";
    5 LOST_SEGMENT "lost_segment" "A segment before it was not captured.";
    6 ACK_LOST_SEGMENT "ack_lost_segment" "Acknowledges what was not captured.";
    7 ZERO_WINDOW "zero_window" "The sender of this can take no more bytes.";
    8 WINDOW_UPDATE "window_update" "Only announces a new window.";
    9 WINDOW_FULL "window_full" "Fills the receiver's window to the brim.";
    10 ZERO_WINDOW_PROBE "zero_window_probe" "One byte sent into a closed window.";
    11 ZERO_WINDOW_PROBE_ACK "zero_window_probe_ack" "Answers a zero window probe.";
    12 KEEP_ALIVE "keep_alive" "A keep-alive.";
    13 KEEP_ALIVE_ACK "keep_alive_ack" "Answers a keep-alive.";
    14 REUSED_PORTS "reused_ports" "A SYN on a pair of addresses and ports that was used before.";
}

impl Marks {
    /// Whether any of `other` is set.
    pub fn any(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    /// Sets `other`.
    pub fn insert(&mut self, other: Marks) {
        self.0 |= other.0;
    }

    /// Whether none is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Names of those that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Marks::ALL
            .iter()
            .filter(move |(m, _)| self.any(*m))
            .map(|(_, name)| *name)
    }
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// How often each mark was given in a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MarkCounts {
    counts: std::collections::BTreeMap<String, u64>,
}

impl MarkCounts {
    pub(super) fn from_array(array: &[u32; Marks::ALL.len()]) -> Self {
        let given = Marks::ALL.iter().zip(array).filter(|(_, n)| **n > 0);
        MarkCounts {
            counts: given
                .map(|((_, name), n)| ((*name).to_owned(), u64::from(*n)))
                .collect(),
        }
    }

    /// How often a mark was given.
    pub fn of(&self, mark: Marks) -> u64 {
        Marks::ALL
            .iter()
            .filter(|(m, _)| mark.any(*m))
            .filter_map(|(_, name)| self.counts.get(*name))
            .sum()
    }

    /// Those that were given, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(name, n)| (name.as_str(), *n))
    }

    /// Segments sent again, for whatever reason.
    pub fn retransmissions(&self) -> u64 {
        self.of(Marks::RETRANSMISSION)
    }
}
