//! A cheap answer to "has anything happened to sockets here?".
//!
//! `/proc/net/sockstat` has a few totals of the network namespace, and costs a tenth of a look through
//! the socket tables: counts of sockets that are bound, listening or connected change with every new one.

use std::fs::File;

use super::outer::Outer;
use crate::sandbox::sys::read_again;

/// The open files, and what they said last.
pub(super) struct Counters {
    totals: File,
    /// Of IPv6, where the kernel has it.
    more: Option<File>,
    /// The fewest sockets that there have been, beginning before the first program: init's own.
    own: Option<u64>,
    last: Counts,
    /// Whether there were sockets of programs' in no table of TCP or UDP.
    untold: bool,
}

/// Sockets of one network namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Sockets of any kind, once they are made.
    used: u64,
    /// TCP sockets that are bound to listen, or connected: each is in its table when it is counted.
    tcp: u64,
    /// UDP sockets that are bound: the same.
    udp: u64,
}

/// What has changed since the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub tcp: bool,
    pub udp: bool,
    /// Sockets of other kinds, or TCP and UDP sockets that are not yet, or no more, in a table.
    pub others: bool,
    /// Not a change: there are such sockets.
    pub untold: bool,
}

impl Changes {
    pub const ALL: Changes = Changes {
        tcp: true,
        udp: true,
        others: true,
        untold: true,
    };
}

impl Counters {
    /// Opens them for the network that init is in.
    pub fn open(outer: &Outer) -> Option<Counters> {
        Some(Counters {
            totals: outer.net("sockstat").ok()?,
            more: outer.net("sockstat6").ok(),
            own: None,
            last: Counts::default(),
            untold: false,
        })
    }

    /// Which counts differ from the last time.
    pub fn changed(&mut self) -> Changes {
        let mut now = Counts::default();
        now.add(&read_again(&self.totals));
        let own = self.own.unwrap_or(u64::MAX).min(now.used);
        self.own = Some(own);
        // As long as no program has a socket, the second file has nothing to tell.
        if let Some(more) = self.more.as_ref().filter(|_| now.used > own) {
            now.add(&read_again(more));
        }
        let last = std::mem::replace(&mut self.last, now);
        if now == Counts::default() {
            return Changes::ALL; // They say nothing.
        }
        let others = |counts: Counts| counts.used.saturating_sub(counts.tcp + counts.udp);
        let untold = others(now) > own;
        let was_untold = std::mem::replace(&mut self.untold, untold);
        Changes {
            tcp: now.tcp != last.tcp,
            udp: now.udp != last.udp,
            others: others(now) != others(last) && (untold || was_untold),
            untold,
        }
    }
}

impl Counts {
    /// Adds the counts that belong to one network namespace; the others (`mem`, `alloc`, `orphan`) are the host's.
    fn add(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(kind), Some("used" | "inuse"), Some(number)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let number = number.parse().unwrap_or(0);
            match kind {
                "sockets:" => self.used = number,
                "TCP:" | "TCP6:" => self.tcp += number,
                "UDP:" | "UDP6:" => self.udp += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_do_on_the_host_changes_nothing() {
        let text = |mem| {
            format!(
                "sockets: used 7\nTCP: inuse 1 orphan 0 tw 2 alloc 9 mem {mem}\nUDP: inuse 0 mem 1\n\
                 UDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\nTCP6: inuse 2\nUDP6: inuse 3\n"
            )
        };
        let expected = Counts {
            used: 7,
            tcp: 3,
            udp: 3,
        };
        let counts = |text: &str| {
            let mut counts = Counts::default();
            counts.add(text);
            counts
        };
        assert_eq!(counts(&text(1)), expected);
        assert_eq!(counts(&text(1)), counts(&text(2)));
        assert_eq!(counts(""), Counts::default());
    }
}
