//! A cheap answer to "has anything happened to sockets here?".
//!
//! `/proc/net/sockstat` has a few totals of the network namespace, and costs a tenth of a look through
//! the socket tables: counts of sockets that are bound, listening or connected change with every new one.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// The open files, and what they said last.
pub(super) struct Counters {
    files: Vec<File>,
    last: Vec<u64>,
}

impl Counters {
    /// Opens them for the network namespace of this process, by the outer `/proc`: the inner one has no
    /// such files.
    pub fn open() -> Option<Counters> {
        let names = ["sockstat", "sockstat6"];
        let paths = names.map(|name| format!("/proc/self/net/{name}"));
        // Without IPv6 there is only the first.
        let files: Vec<_> = paths
            .iter()
            .filter_map(|path| File::open(path).ok())
            .collect();
        (!files.is_empty()).then(|| Counters {
            files,
            last: Vec::new(),
        })
    }

    /// Whether a count differs from the last time.
    pub fn changed(&mut self) -> bool {
        let mut now = Vec::new();
        for file in &self.files {
            let mut text = [0; 512];
            let length = file.read_at(&mut text, 0).unwrap_or(0);
            now.extend(counts(&String::from_utf8_lossy(&text[..length])));
        }
        let changed = now != self.last || now.is_empty();
        self.last = now;
        changed
    }
}

/// The counts that belong to one network namespace; the others (`mem`, `alloc`, `orphan`) are the host's.
fn counts(text: &str) -> Vec<u64> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let pairs = words
        .windows(2)
        .filter(|pair| matches!(pair[0], "used" | "inuse"));
    pairs.filter_map(|pair| pair[1].parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_do_on_the_host_changes_nothing() {
        let text = |mem| format!("sockets: used 7\nTCP: inuse 1 orphan 0 tw 2 alloc 9 mem {mem}\n");
        assert_eq!(counts(&text(1)), [7, 1]);
        assert_eq!(counts(&text(1)), counts(&text(2)));
    }
}
