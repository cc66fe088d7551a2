//! What of the machine must be the same before and after: mounts, interfaces, groups, directories, memory.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::grader::pause;

/// A look at the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    mounts: BTreeSet<String>,
    interfaces: BTreeSet<String>,
    groups: BTreeSet<String>,
    directories: BTreeSet<String>,
    shared: BTreeSet<String>,
}

impl Machine {
    /// Looks at everything that a sandbox could leave behind. Other graders may work on the machine, so
    /// names with the number of a living process count only when it is one of `mine`.
    pub fn look() -> Machine {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let lines = |path: &str| text(path).lines().map(str::to_owned).collect();
        Machine {
            mounts: lines("/proc/self/mounts"),
            interfaces: names("/sys/class/net", |_| true),
            groups: groups(Path::new("/sys/fs/cgroup"), 4),
            directories: names("/tmp", |name| name.starts_with("socklab-")),
            shared: names("/dev/shm", |_| true),
        }
    }

    /// What there is that was not there before, once a second has passed (see [`crate::grader::left_over`]).
    pub fn left_since(before: &Machine, load: f64) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs_f64(load);
        loop {
            let left = Machine::look().beyond(before);
            if left.is_empty() || Instant::now() > deadline {
                return left;
            }
            pause();
        }
    }

    fn beyond(&self, before: &Machine) -> Vec<String> {
        let mut left = Vec::new();
        for (what, now, then) in [
            ("mount", &self.mounts, &before.mounts),
            ("interface", &self.interfaces, &before.interfaces),
            ("control group", &self.groups, &before.groups),
            ("directory", &self.directories, &before.directories),
            ("shared memory", &self.shared, &before.shared),
        ] {
            let new = now.difference(then);
            let new = new.filter(|name| !belongs_to_others(name) && !is_gone(name));
            left.extend(new.map(|name| format!("{what} {name}")));
        }
        left
    }
}

/// Other graders on this machine name things after their living processes.
fn belongs_to_others(name: &str) -> bool {
    let Some((_, rest)) = name.rsplit_once("socklab-") else {
        return false;
    };
    let pid: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let Ok(pid) = pid.parse::<u32>() else {
        return false;
    };
    let mine = crate::grader::descendants()
        .iter()
        .any(|(own, _)| *own == pid);
    !mine && Path::new(&format!("/proc/{pid}")).exists()
}

/// Between two looks another grader may have ended, and its group with it.
fn is_gone(name: &str) -> bool {
    name.starts_with("/sys/fs/cgroup") && !Path::new(name).exists()
}

fn names(folder: &str, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| wanted(name)).collect()
}

fn groups(folder: &Path, depth: u32) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if depth == 0 {
        return found;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("socklab") {
            found.insert(entry.path().display().to_string());
        }
        found.extend(groups(&entry.path(), depth - 1));
    }
    found
}

/// Memory that the machine could still give, in bytes.
pub fn memory_available() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.unwrap_or(0) * 1024
}
