//! What a student waits for: the time from save to verdict, and the start of the program.
//!
//! `cargo bench --bench student` prints, for the echo server's reference solution: the time from saving the file to
//! the verdict on the screen of `check --watch` (p50 and p90), the same for a bare `check`, and which share of it is
//! socklab's own (the processor time of the whole machine, which nobody else should use meanwhile, without that of as
//! many bare starts of the programs); the time to the first launch; the time of `socklab --help`; the size of the
//! binary. SOCKLAB_BENCH_ROUNDS (default 20) is how often each is measured.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SOCKLAB: &str = env!("CARGO_BIN_EXE_socklab");
const EXERCISE: &str = "tcp-echo-server";

fn main() {
    let rounds = std::env::var("SOCKLAB_BENCH_ROUNDS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(20);
    size();
    help(rounds);
    let folder = tempfile::tempdir().expect("a folder");
    let server = folder.path().join("server.py");
    let reference = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("reference/echo/tcp-echo-server/python/server.py");
    let text = std::fs::read_to_string(reference).expect("the reference");
    std::fs::write(&server, &text).expect("a file");
    if !checks(folder.path(), rounds) {
        println!("SKIPPED: nothing can be graded here; `socklab doctor` says why");
        return;
    }
    first_launch(folder.path(), rounds);
    watch(&server, &text, rounds);
}

fn size() {
    let bytes = std::fs::metadata(SOCKLAB).expect("the binary").len();
    println!("binary                     {:.1} MB", bytes as f64 / 1e6);
}

fn help(rounds: usize) {
    let times = (0..rounds).map(|_| {
        let began = Instant::now();
        let status = Command::new(SOCKLAB)
            .arg("--help")
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("it starts").success());
        began.elapsed()
    });
    print("socklab --help", times.collect());
}

/// The time of a whole `socklab check`, and socklab's own part of the processor time.
fn checks(folder: &Path, rounds: usize) -> bool {
    let mut times = Vec::new();
    let mut programs = 0.0;
    let mut all = Duration::ZERO;
    let launches = launches(folder);
    for _ in 0..rounds {
        let before = of_machine();
        let began = Instant::now();
        let output = Command::new(SOCKLAB)
            .args(["check", EXERCISE, "--format", "json"])
            .arg(folder)
            .output()
            .expect("it starts");
        times.push(began.elapsed());
        if !output.status.success() {
            return false;
        }
        all += of_machine() - before;
        programs += programs_cpu(folder, launches);
    }
    let all = all.as_secs_f64();
    print("socklab check", times);
    println!(
        "  processor time           {:.0} ms a run of {launches} programs, of which socklab's own {:.0} ms ({:.0} %)",
        all * 1e3 / rounds as f64,
        (all - programs) * 1e3 / rounds as f64,
        (all - programs) / all * 100.0
    );
    true
}

/// How many programs a check starts: what runs already is not started again.
fn launches(folder: &Path) -> usize {
    let kept = tempfile::tempdir().expect("a folder");
    let output = Command::new(SOCKLAB)
        .args(["check", EXERCISE, "--keep"])
        .args([kept.path(), folder])
        .output();
    output.expect("it starts");
    let Ok(events) = std::fs::read_dir(kept.path().join("events")) else {
        return 0;
    };
    let started = |check: std::fs::DirEntry| {
        let events = std::fs::read_to_string(check.path()).expect("events");
        let started = events.lines().filter(|line| line.contains("\"started\""));
        started.filter(|line| !line.contains("\"since\"")).count()
    };
    events.map(|check| started(check.expect("a file"))).sum()
}

/// What the programs of a run cost by themselves: as many bare starts of the server, each ended once it listens.
fn programs_cpu(folder: &Path, launches: usize) -> f64 {
    let before = of_machine();
    let script = "import socket, sys\n\
        socket.socket.accept = lambda self: sys.exit(0)\n\
        path, sys.argv[:] = sys.argv[1], ['server.py']\n\
        exec(compile(open(path).read(), path, 'exec'))";
    for _ in 0..launches {
        let run = Command::new("python3")
            // As in the sandbox, where the system's own interpreter comes first.
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .args(["-c", script])
            .arg(folder.join("server.py"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        run.expect("Python 3");
    }
    (of_machine() - before).as_secs_f64()
}

/// The time from the start of `socklab check` to the first process for a sandbox: a child of its only child, the
/// fork server.
#[expect(
    clippy::disallowed_methods,
    reason = "a new process of somebody else is no event"
)]
fn first_launch(folder: &Path, rounds: usize) {
    /// Between two looks: short beside what is measured, long beside a look.
    const PAUSE: Duration = Duration::from_micros(400);
    let child = |of: u32| {
        let threads = std::fs::read_dir(format!("/proc/{of}/task")).ok()?;
        threads.flatten().find_map(|thread| {
            let list = std::fs::read_to_string(thread.path().join("children")).ok()?;
            list.split_ascii_whitespace().next()?.parse::<u32>().ok()
        })
    };
    let mut times = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        let mut check = Command::new(SOCKLAB)
            .args(["check", EXERCISE, "--format", "json"])
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        while child(check.id()).and_then(child).is_none() {
            let ended = check.try_wait().expect("it runs");
            assert!(ended.is_none(), "it ended without a sandbox");
            std::thread::sleep(PAUSE);
        }
        times.push(began.elapsed());
        assert!(check.wait().expect("it runs").success());
    }
    print("start to first launch", times);
}

/// The time from saving to the verdict, with a watch that runs all along.
fn watch(server: &Path, text: &str, rounds: usize) {
    let mut child = Command::new(SOCKLAB)
        .args(["check", EXERCISE, "--watch"])
        .arg(server.parent().expect("a folder"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut verdict = || {
        let ended = |line: &String| line.starts_with("Watching ");
        lines
            .by_ref()
            .map(|line| line.expect("text"))
            .find(ended)
            .is_some()
    };
    assert!(verdict());
    let mut times = Vec::new();
    for round in 0..rounds {
        let began = Instant::now();
        std::fs::write(server, format!("{text}\n# {round}\n")).expect("a file");
        assert!(verdict());
        times.push(began.elapsed());
    }
    print("save to verdict (watch)", times);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e3;
    println!("{what:<26} p50 {:.1} ms, p90 {:.1} ms", at(50), at(90));
}

/// User and system time of everything on this machine (`proc_stat(5)`: ticks of 10 ms; idle and waiting are the fourth
/// and the fifth number).
fn of_machine() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").expect("procfs");
    let first = stat.lines().next().unwrap_or_default();
    let numbers = first.split_ascii_whitespace().skip(1);
    let busy = numbers
        .take(7)
        .enumerate()
        .filter(|(at, _)| ![3, 4].contains(at));
    let ticks: u64 = busy
        .map(|(_, ticks)| ticks.parse::<u64>().expect("ticks"))
        .sum();
    Duration::from_millis(10 * ticks)
}
