//! When a step has received enough: what has arrived so far → more, met or impossible.

use memchr::memmem;

use super::{Exact, Progress, Search, Want};
use crate::spec::expect::Context;

impl Want {
    /// Compares what has arrived so far (since the step began) with what is wanted. `ended` says that
    /// nothing can follow any more.
    pub fn progress(&self, arrived: &[u8], ended: bool) -> Progress {
        let progress = match self {
            Want::Exact(list) => exact(list, arrived),
            Want::Bytes(n) => match *n {
                0 => Progress::More,
                n if arrived.len() >= n => met(n),
                _ => Progress::More,
            },
            Want::Until(delimiter) => match memmem::find(arrived, delimiter) {
                Some(at) => met(at + delimiter.len()),
                None => Progress::More,
            },
            Want::Pattern(matcher) => matcher.progress(arrived),
            Want::Anything if !arrived.is_empty() => met(arrived.len()),
            Want::Output(search) => search.progress(arrived),
            Want::Anything | Want::Nothing | Want::Datagrams(_) | Want::Close | Want::Silence => {
                Progress::More
            }
        };
        match progress {
            Progress::Met { take, .. } if ended => met(take),
            other => other,
        }
    }

    /// Offset of the first byte that is not as wanted, for an observation that is cut for recording; none
    /// when all is right. `bytes` is all that the step took.
    pub fn differs_at(&self, bytes: &[u8], context: &Context) -> Option<u64> {
        match self {
            Want::Exact(list) => {
                if list
                    .iter()
                    .any(|wanted| super::compare::satisfies(wanted, bytes))
                {
                    return None;
                }
                let furthest = list.iter().map(|wanted| agreement(wanted, bytes)).max();
                Some(furthest.unwrap_or(0) as u64)
            }
            Want::Bytes(n) if bytes.len() != *n => Some(bytes.len().min(*n) as u64),
            Want::Pattern(matcher) => {
                let failed = matcher.whole(bytes, context).err()?;
                Some(failed.differs_at.unwrap_or(0))
            }
            _ => None,
        }
    }
}

fn met(take: usize) -> Progress {
    Progress::Met {
        take,
        may_grow: false,
    }
}

/// How many bytes at the beginning agree.
fn agreement(wanted: &Exact, bytes: &[u8]) -> usize {
    let same = |(a, b): &(&u8, &u8)| a == b || wanted.ignore_case && a.eq_ignore_ascii_case(b);
    wanted.bytes.iter().zip(bytes).take_while(same).count()
}

fn exact(list: &[Exact], arrived: &[u8]) -> Progress {
    let mut best: Option<(usize, bool)> = None;
    let mut hopeless = 0;
    let mut hope = false;
    for wanted in list {
        match one(wanted, arrived) {
            Progress::Met { take, may_grow } => {
                if best.is_none_or(|(longest, _)| take > longest) {
                    best = Some((take, may_grow));
                }
            }
            Progress::More => hope = true,
            Progress::Impossible { at } => hopeless = hopeless.max(at),
        }
    }
    match best {
        Some((take, may_grow)) => Progress::Met {
            take,
            may_grow: may_grow || hope,
        },
        None if hope || list.is_empty() => Progress::More,
        None => Progress::Impossible { at: hopeless },
    }
}

fn one(wanted: &Exact, arrived: &[u8]) -> Progress {
    let length = wanted.bytes.len();
    let agreed = agreement(wanted, arrived);
    if agreed < length {
        return if agreed == arrived.len() {
            Progress::More
        } else {
            Progress::Impossible { at: agreed }
        };
    }
    if length == 0 && !wanted.line {
        // Nothing is wanted: only the end of the stream, or an empty datagram, says that nothing came.
        return if arrived.is_empty() {
            Progress::More
        } else {
            Progress::Impossible { at: 0 }
        };
    }
    if !wanted.line {
        return met(length);
    }
    let growing = |take| Progress::Met {
        take,
        may_grow: true,
    };
    match &arrived[length..] {
        [] if length == 0 => Progress::More,
        [] | [b'\r'] => growing(length),
        [b'\n', ..] => met(length + 1),
        [b'\r', b'\n', ..] => met(length + 2),
        _ => met(length),
    }
}

impl Search {
    /// Whether it is found in a program's output so far.
    fn progress(&self, printed: &[u8]) -> Progress {
        let context = Context::default();
        let found = |text: &[u8]| {
            let ends = self
                .any_of
                .iter()
                .filter_map(|matcher| matcher.find_end(text));
            ends.min()
        };
        match self.times {
            None => found(printed).map_or(Progress::More, met),
            Some(times) => {
                let count = self.count(printed, &context, times.saturating_add(1));
                match count.cmp(&times) {
                    std::cmp::Ordering::Less => Progress::More,
                    std::cmp::Ordering::Equal => Progress::Met {
                        take: printed.len(),
                        may_grow: true,
                    },
                    std::cmp::Ordering::Greater => Progress::Impossible { at: printed.len() },
                }
            }
        }
    }

    /// How often it is found, up to `most`.
    pub(super) fn count(&self, text: &[u8], _context: &Context, most: u64) -> u64 {
        self.any_of
            .iter()
            .map(|matcher| matcher.count(text, most))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(text: &str, line: bool) -> Want {
        Want::Exact(vec![Exact {
            bytes: text.into(),
            line,
            ignore_case: false,
        }])
    }

    #[test]
    fn exact_bytes_are_taken_and_no_more() {
        let want = want("hello", false);
        assert_eq!(want.progress(b"hel", false), Progress::More);
        assert_eq!(
            want.progress(b"help", false),
            Progress::Impossible { at: 3 }
        );
        assert_eq!(want.progress(b"hello, world", false), met(5));
    }

    #[test]
    fn a_line_takes_its_ending_when_there_is_one() {
        let want = want("hello", true);
        let growing = Progress::Met {
            take: 5,
            may_grow: true,
        };
        assert_eq!(want.progress(b"hello", false), growing);
        assert_eq!(want.progress(b"hello\r", false), growing);
        assert_eq!(want.progress(b"hello", true), met(5));
        assert_eq!(want.progress(b"hello\r\nmore", false), met(7));
        assert_eq!(want.progress(b"hello!", false), met(5));
    }
}
