//! Processor time, as the kernel counts it.

use std::time::Duration;

/// User and system time of this process's ended children, all generations of them, and its own if wished. The
/// kernel counts in steps of 10 ms (`proc_pid_stat(5)`).
pub fn of_children(and_own: bool) -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("procfs");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    let first = if and_own { 11 } else { 13 };
    let ticks = fields.split(' ').skip(first).take(15 - first);
    Duration::from_millis(
        ticks
            .map(|ticks| 10 * ticks.parse::<u64>().expect("ticks"))
            .sum(),
    )
}
