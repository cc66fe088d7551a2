//! A grader under observation: how long it takes, how much memory and how many descriptors it uses, and
//! what is left when it has ended.

use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::machine::memory_available;

/// What was seen of a grader.
#[derive(Debug)]
pub struct Seen {
    /// How it ended; none if it had to be killed because it did not end.
    pub status: Option<ExitStatus>,
    /// From start to end.
    pub took: Duration,
    /// Everything on standard output and standard error.
    pub output: Vec<u8>,
    /// The most memory it used, in bytes.
    pub memory: u64,
    /// The most descriptors it had open.
    pub descriptors: usize,
    /// By how much the machine's free memory fell meanwhile, in bytes.
    pub lost: u64,
}

/// Runs a grader to its end, or to `patience`.
pub fn watch(command: &mut Command, patience: Duration) -> Seen {
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let streams = [reader(child.stdout.take()), reader(child.stderr.take())];
    let (mut memory, mut descriptors, mut lost) = (0, 0, 0);
    let free = memory_available();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        memory = memory.max(peak_memory(child.id()));
        descriptors = descriptors.max(open_files(child.id()));
        lost = lost.max(free.saturating_sub(memory_available()));
        if began.elapsed() > patience {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        pause();
    };
    let took = began.elapsed();
    let output = streams
        .into_iter()
        .flat_map(|s| s.join().unwrap())
        .collect();
    Seen {
        status,
        took,
        output,
        memory,
        descriptors,
        lost,
    }
}

/// A moment between two looks at `/proc`.
pub fn pause() {
    std::thread::park_timeout(Duration::from_millis(10));
}

fn reader(stream: Option<impl std::io::Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// `VmHWM`: the largest resident set so far, in bytes.
pub fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Processes that descend from this one, which adopts orphans: what a grader has left.
pub fn descendants() -> Vec<(u32, String)> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(stat) = fs::read(format!("/proc/{pid}/stat")) else {
            continue;
        };
        let stat = String::from_utf8_lossy(&stat).into_owned();
        let Some((name, rest)) = stat.rsplit_once(") ") else {
            continue;
        };
        let parent = rest.split(' ').nth(1).and_then(|p| p.parse::<u32>().ok());
        parents.push((pid, parent.unwrap_or(0), name.to_owned()));
    }
    let mut family = vec![std::process::id()];
    loop {
        let before = family.len();
        for (pid, parent, _) in &parents {
            if family.contains(parent) && !family.contains(pid) {
                family.push(*pid);
            }
        }
        if family.len() == before {
            break;
        }
    }
    let own = std::process::id();
    let left = parents
        .into_iter()
        .filter(|(pid, ..)| family.contains(pid) && *pid != own);
    left.map(|(pid, _, name)| (pid, name)).collect()
}

/// Reaps children that have ended, adopted ones included.
pub fn reap() {
    use rustix::process::{WaitOptions, wait};
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// The processes that are left a second after a grader's end; on a machine that is `load` times as slow as
/// when it does nothing else, so many seconds.
pub fn left_over(load: f64) -> Vec<(u32, String)> {
    let deadline = Instant::now() + Duration::from_secs_f64(load);
    loop {
        reap();
        let left = descendants();
        if left.is_empty() || Instant::now() > deadline {
            return left;
        }
        pause();
    }
}

/// Kills what is left, so that one failure does not become many.
pub fn clear(left: &[(u32, String)]) {
    for (pid, _) in left {
        if let Some(pid) = rustix::process::Pid::from_raw(*pid as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

/// Kills a child and waits for it.
pub fn kill(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
