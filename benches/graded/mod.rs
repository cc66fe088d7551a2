//! What benches of whole classes share: classes of made-up submissions, a run of the grader with what it used,
//! medians, and how busy the machine was meanwhile.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub const SOCKLAB: &str = env!("CARGO_BIN_EXE_socklab");

/// A number from the environment.
pub fn setting(name: &str, usual: usize) -> usize {
    let value = std::env::var(name).ok();
    value.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// How many programs wanted a core during the last minute: figures of a busy machine are worth less.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A class below `folder`: the text of `server.py` for each number. Texts differ at least in a comment, so that
/// nothing is built or read once for all.
pub fn class(folder: &Path, size: usize, text: impl Fn(usize) -> String) -> PathBuf {
    for number in 0..size {
        let own = folder.join(format!("s{number:04}"));
        std::fs::create_dir_all(&own).expect("a folder");
        let program = format!("# submission {number}\n{}", text(number));
        std::fs::write(own.join("server.py"), program).expect("a file");
    }
    folder.to_owned()
}

/// What a run of the grader took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of processor time of the grader's own process, without sandboxes and programs.
    pub own_cpu: f64,
    /// The largest resident memory of the grader's own process, in MiB.
    pub peak_mib: f64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "sampled while the grader runs: afterwards the kernel tells sums over all children only"
)]
/// Runs the grader to its end.
pub fn grade(args: &[&str], submissions: &Path, out: &Path) -> Used {
    let start = Instant::now();
    let mut child = Command::new(SOCKLAB)
        .args(args)
        .arg(submissions)
        .arg("--out")
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the grader");
    let folder = PathBuf::from(format!("/proc/{}", child.id()));
    let mut used = Used::default();
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a child") {
            break ended;
        }
        used.peak_mib = used.peak_mib.max(peak_mib(&folder));
        used.own_cpu = used.own_cpu.max(own_cpu(&folder));
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(ended.success(), "the class was graded");
    used.wall = start.elapsed().as_secs_f64();
    used
}

fn peak_mib(process: &Path) -> f64 {
    let text = std::fs::read_to_string(process.join("status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

/// User and system time, counted in steps of 10 ms (`proc_pid_stat(5)`).
fn own_cpu(process: &Path) -> f64 {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    let Some((_, fields)) = stat.rsplit_once(") ") else {
        return 0.0;
    };
    let ticks = fields.split(' ').skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
