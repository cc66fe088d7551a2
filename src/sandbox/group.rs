//! A control group for one sandbox: the kernel's own bound on memory and processes, where there is one to
//! be had. It counts what no process's size shows: buffers of sockets and pipes, files in memory.
//!
//! Version 2 needs a group above this process's that hands out `memory` and `pids` and may be written to:
//! root has that nearly everywhere, an ordinary user inside `user@UID.service` or a scope with delegation.
//! Version 1 needs root. The group is made and removed by the helper, which stays outside of it.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Limits;
use super::sys::read_again;

/// What names of groups begin with; the number of the helper that made it follows.
const PREFIX: &str = "socklab-";
/// Above the limit that the meter in init enforces by itself: the kernel counts its own structures and
/// init, too, and should strike only when the meter cannot.
const MEMORY_SLACK: u64 = 64 << 20;
/// So that init can still fork when programs may not.
const PROCESS_SLACK: u64 = 16;

/// A sandbox's group, removed on drop.
#[derive(Debug)]
pub(super) struct Group {
    /// One directory in version 2; in version 1 one for memory and one for processes.
    directories: Vec<PathBuf>,
    /// Where the kernel tells how often it had to kill.
    kills: File,
}

impl Group {
    /// Makes a group with the limits.
    ///
    /// # Errors
    /// There is no place for one, or it may not be made.
    pub fn new(limits: &Limits) -> io::Result<Group> {
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        Group::unified(&own, &mounts, limits).or_else(|error| {
            // The answer for version 2 says more, unless the machine has version 1.
            Group::legacy(&own, &mounts, limits).map_err(|legacy| match legacy.kind() {
                io::ErrorKind::NotFound => error,
                _ => legacy,
            })
        })
    }

    fn unified(own: &str, mounts: &str, limits: &Limits) -> io::Result<Group> {
        let mount = mount_point(mounts, "cgroup2", None).ok_or(io::ErrorKind::NotFound)?;
        let path = own.lines().find_map(|line| line.strip_prefix("0::/"));
        let place = mount.join(path.unwrap_or_default());
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        let inside = |place: &&Path| place.starts_with(&mount);
        for parent in place.ancestors().take_while(inside) {
            let handed_out = fs::read_to_string(parent.join("cgroup.subtree_control"));
            let handed_out = handed_out.unwrap_or_default();
            let has = |name| handed_out.split_whitespace().any(|word| word == name);
            if !has("memory") || !has("pids") {
                continue;
            }
            sweep(parent);
            match Group::unified_in(parent, limits) {
                Ok(group) => return Ok(group),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn unified_in(parent: &Path, limits: &Limits) -> io::Result<Group> {
        let directory = make(parent)?;
        let prepared = || {
            let write = |file: &str, value: u64| fs::write(directory.join(file), value.to_string());
            write("memory.max", limits.memory + MEMORY_SLACK)?;
            // Absent where the kernel has no swap.
            let _ = write("memory.swap.max", 0);
            write("pids.max", u64::from(limits.processes) + PROCESS_SLACK)?;
            File::open(directory.join("memory.events"))
        };
        match prepared().and_then(|kills| may_move(parent).map(|()| kills)) {
            Ok(kills) => Ok(Group {
                directories: vec![directory],
                kills,
            }),
            Err(error) => {
                let _ = fs::remove_dir(&directory);
                Err(error)
            }
        }
    }

    fn legacy(own: &str, mounts: &str, limits: &Limits) -> io::Result<Group> {
        let parent = |controller: &str| {
            let mount = mount_point(mounts, "cgroup", Some(controller))?;
            let path = own.lines().find_map(|line| {
                let (_, rest) = line.split_once(':')?;
                let (controllers, path) = rest.split_once(':')?;
                controllers
                    .split(',')
                    .any(|c| c == controller)
                    .then_some(path)
            })?;
            Some(mount.join(path.trim_start_matches('/')))
        };
        let (Some(memory), Some(processes)) = (parent("memory"), parent("pids")) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        sweep(&memory);
        sweep(&processes);
        let memory = make(&memory)?;
        let mut directories = vec![memory.clone()];
        let mut prepared = || {
            let limit = (limits.memory + MEMORY_SLACK).to_string();
            fs::write(memory.join("memory.limit_in_bytes"), &limit)?;
            // Absent where the kernel does not count swap.
            let _ = fs::write(memory.join("memory.memsw.limit_in_bytes"), &limit);
            let processes = make(&processes)?;
            directories.push(processes.clone());
            let most = u64::from(limits.processes) + PROCESS_SLACK;
            fs::write(processes.join("pids.max"), most.to_string())?;
            File::open(memory.join("memory.oom_control"))
        };
        match prepared() {
            Ok(kills) => Ok(Group { directories, kills }),
            Err(error) => {
                directories
                    .iter()
                    .for_each(|directory| drop(fs::remove_dir(directory)));
                Err(error)
            }
        }
    }

    /// What init needs of it: init cannot see the directories, and stays outside, so that it can act when
    /// the programs' memory is full.
    ///
    /// # Errors
    /// This user may not put processes in.
    pub fn entrance(&self) -> io::Result<Entrance> {
        let open = |directory: &PathBuf| {
            let file = File::options()
                .write(true)
                .open(directory.join("cgroup.procs"))?;
            Ok(OwnedFd::from(file))
        };
        let doors: io::Result<Vec<OwnedFd>> = self.directories.iter().map(open).collect();
        Ok(Entrance {
            doors: doors?,
            kills: self.kills.try_clone()?,
        })
    }
}

/// A group as init has it.
#[derive(Debug)]
pub(super) struct Entrance {
    /// Who writes `0` to all of them is in.
    pub doors: Vec<OwnedFd>,
    /// Where the kernel tells how often it had to kill.
    kills: File,
}

impl Entrance {
    /// How often the kernel has killed in the group since it was made.
    pub fn kills(&self) -> u64 {
        kills_in(&read_again(&self.kills))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        /// A group is busy for a moment after its last process has been reaped.
        const PATIENCE: Duration = Duration::from_millis(500);
        let deadline = Instant::now() + PATIENCE;
        for directory in &self.directories {
            while fs::remove_dir(directory)
                .is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
            {
                if Instant::now() > deadline {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(2));
            }
        }
    }
}

/// How often the kernel has killed in the group, by the content of either version's file.
fn kills_in(text: &str) -> u64 {
    let words = text
        .lines()
        .filter_map(|line| line.strip_prefix("oom_kill "));
    words
        .filter_map(|number| number.trim().parse::<u64>().ok())
        .sum()
}

/// Moving a process down from here needs the right to write here, too (cgroups(7), delegation).
fn may_move(parent: &Path) -> io::Result<()> {
    let path = parent.join("cgroup.procs");
    Ok(rustix::fs::access(&path, rustix::fs::Access::WRITE_OK)?)
}

/// A directory named after this process.
fn make(parent: &Path) -> io::Result<PathBuf> {
    let directory = parent.join(format!("{PREFIX}{}", std::process::id()));
    fs::create_dir(&directory)?;
    Ok(directory)
}

/// Removes groups of helpers that were killed before they could.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let gone = |pid: &str| !Path::new("/proc").join(pid).exists();
        if pid.is_some_and(|pid| pid.parse::<u32>().is_ok() && gone(pid)) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Where a hierarchy is mounted (fstab(5): device, directory, type, options).
fn mount_point(mounts: &str, kind: &str, controller: Option<&str>) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, directory, this_kind, options, ..] = words[..] else {
            return None;
        };
        let fits = controller.is_none_or(|c| options.split(',').any(|option| option == c));
        (this_kind == kind && fits).then(|| PathBuf::from(directory))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_counted_in_both_versions_files() {
        assert_eq!(
            kills_in("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"),
            2
        );
        assert_eq!(kills_in("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), 1);
        assert_eq!(kills_in(""), 0);
    }

    #[test]
    fn hierarchies_are_found_by_kind_and_controller() {
        let mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n\
            cgroup /sys/fs/cgroup/pids cgroup rw,relatime,pids 0 0\n\
            cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n\
            cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        let at = |kind, controller| mount_point(mounts, kind, controller);
        assert_eq!(
            at("cgroup", Some("pids")),
            Some("/sys/fs/cgroup/pids".into())
        );
        assert_eq!(
            at("cgroup", Some("cpuacct")),
            Some("/sys/fs/cgroup/cpu,cpuacct".into())
        );
        assert_eq!(at("cgroup", Some("memory")), None);
        assert_eq!(at("cgroup2", None), Some("/sys/fs/cgroup/unified".into()));
    }
}
