//! Reads `/proc`: which processes there are, whose, and what they hold open.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::sandbox::config::ProgramId;

/// A process, as `/proc/PID/stat` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub pid: libc::pid_t,
    pub name: String,
    pub state: char,
    pub parent: libc::pid_t,
    pub group: libc::pid_t,
    pub session: libc::pid_t,
    /// User and system time, own and of reaped children, in clock ticks.
    pub ticks: u64,
    pub child_ticks: u64,
    pub threads: u64,
    /// Resident pages.
    pub pages: u64,
}

/// Parses `/proc/PID/stat` (proc_pid_stat(5)). The name may hold anything, parentheses included.
pub(super) fn parse_stat(text: &str) -> Option<Stat> {
    let (pid, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // Fields are numbered from 1 in the manual; the state is number 3 and comes first here.
    let number = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
    let count = |field: usize| number(field).map(|value| u64::try_from(value).unwrap_or(0));
    Some(Stat {
        pid: pid.trim().parse().ok()?,
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: number(4)? as libc::pid_t,
        group: number(5)? as libc::pid_t,
        session: number(6)? as libc::pid_t,
        ticks: count(14)? + count(15)?,
        child_ticks: count(16)? + count(17)?,
        threads: count(20)?,
        pages: count(24)?,
    })
}

/// The numbers of all processes but this one.
pub(super) fn pids() -> Vec<u32> {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != own).collect()
}

/// Whether more than so many of these run, or would if they got a processor.
pub(super) fn more_run_than(many: usize, pids: &[u32]) -> bool {
    let mut running = pids
        .iter()
        .filter(|pid| stat(**pid).is_some_and(|stat| stat.state == 'R'));
    running.nth(many).is_some()
}

/// The processes of these that are there; with `below` only those that descend from this one.
pub(super) fn processes(pids: Vec<u32>, below: bool) -> Vec<Stat> {
    let own = std::process::id();
    let mut all: Vec<_> = pids.into_iter().filter_map(stat).collect();
    all.sort_by_key(|stat| stat.pid);
    if below {
        descendants(all, own as libc::pid_t)
    } else {
        all
    }
}

fn descendants(all: Vec<Stat>, of: libc::pid_t) -> Vec<Stat> {
    let mut family = BTreeSet::from([of]);
    loop {
        let before = family.len();
        family.extend(
            all.iter()
                .filter(|p| family.contains(&p.parent))
                .map(|p| p.pid)
                .collect::<Vec<_>>(),
        );
        if family.len() == before {
            break;
        }
    }
    all.into_iter()
        .filter(|process| family.contains(&process.pid))
        .collect()
}

fn stat(pid: u32) -> Option<Stat> {
    let text = read_once(Path::new(&format!("/proc/{pid}/stat"))).ok()?;
    parse_stat(&text)
}

/// Reads a file of a few hundred bytes, as the kernel writes it, in one call. It has no size, so that the standard library
/// would ask for one and then take it in five small pieces.
pub(super) fn read_once(path: &Path) -> io::Result<String> {
    let mut text = [0; 2048];
    let length = File::open(path)?.read(&mut text)?;
    Ok(String::from_utf8_lossy(&text[..length]).into_owned())
}

/// The inodes of the sockets that a process holds.
pub(super) fn sockets(pid: libc::pid_t) -> Vec<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| socket_inode(&fs::read_link(entry.path()).ok()?))
        .collect()
}

/// The inode in `socket:[123]`.
pub(super) fn socket_inode(link: &Path) -> Option<u64> {
    link.to_str()?
        .strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

/// Which process belongs to which program. Descendants that lose their parent become children of init,
/// so what was seen is remembered, and sessions and groups help where nothing was seen in time.
#[derive(Debug, Default)]
pub(super) struct Families {
    known: BTreeMap<libc::pid_t, ProgramId>,
    roots: BTreeMap<libc::pid_t, ProgramId>,
}

impl Families {
    /// Notes the first process of a program.
    pub fn root(&mut self, pid: libc::pid_t, program: ProgramId) {
        self.known.insert(pid, program);
        self.roots.insert(pid, program);
    }

    /// How many programs there have been.
    pub fn programs(&self) -> usize {
        self.roots.len()
    }

    /// There never was such a program.
    pub fn never(&mut self, pid: libc::pid_t) {
        self.known.remove(&pid);
        self.roots.remove(&pid);
    }

    /// A process is gone; its number may be used again. (Its session may live on.)
    pub fn forget(&mut self, pid: libc::pid_t) {
        self.known.remove(&pid);
    }

    /// Attributes every process it can.
    pub fn update(&mut self, processes: &[Stat]) {
        let alive: BTreeSet<_> = processes.iter().map(|process| process.pid).collect();
        self.known.retain(|pid, _| alive.contains(pid));
        // A child may have a lower number than its parent once numbers wrap: until nothing changes.
        loop {
            let before = self.known.len();
            for process in processes {
                if !self.known.contains_key(&process.pid)
                    && let Some(program) = self.guess(process)
                {
                    self.known.insert(process.pid, program);
                }
            }
            if self.known.len() == before {
                break;
            }
        }
    }

    fn guess(&self, process: &Stat) -> Option<ProgramId> {
        let only = || match self.roots.values().collect::<Vec<_>>()[..] {
            [only] => Some(only),
            _ => None,
        };
        self.known
            .get(&process.parent)
            .or_else(|| self.roots.get(&process.session))
            .or_else(|| self.roots.get(&process.group))
            .or_else(only)
            .copied()
    }

    /// The program of a process.
    pub fn of(&self, pid: libc::pid_t) -> Option<ProgramId> {
        self.known.get(&pid).copied()
    }

    /// Every process of a program that the last update saw.
    pub fn members(&self, program: ProgramId) -> Vec<libc::pid_t> {
        self.known
            .iter()
            .filter(|(_, p)| **p == program)
            .map(|(pid, _)| *pid)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, session: i32) -> Stat {
        let text = format!(
            "{pid} (a) b) S {parent} {session} {session} 0 -1 0 0 0 0 0 3 4 5 6 20 0 1 0 9 0 7"
        );
        parse_stat(&text).unwrap()
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = process(12, 3, 4);
        assert_eq!(
            (stat.name.as_str(), stat.state, stat.parent, stat.session),
            ("a) b", 'S', 3, 4)
        );
        assert_eq!(
            (stat.ticks, stat.child_ticks, stat.threads, stat.pages),
            (7, 11, 1, 7)
        );
    }

    #[test]
    fn a_daemon_that_was_seen_before_its_parent_ended_keeps_its_program() {
        let mut families = Families::default();
        families.root(10, ProgramId(1));
        families.root(20, ProgramId(2));
        families.update(&[process(10, 1, 10), process(11, 10, 11), process(20, 1, 20)]);
        families.forget(10);
        families.update(&[process(11, 1, 11), process(20, 1, 20), process(21, 1, 20)]);
        assert_eq!(families.of(11), Some(ProgramId(1)), "remembered");
        assert_eq!(families.of(21), Some(ProgramId(2)), "by session");
        families.update(&[process(99, 1, 99)]);
        assert_eq!(families.of(99), None);
    }
}
