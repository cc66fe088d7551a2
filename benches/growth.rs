//! How time and memory grow with a class, and what hanging programs cost the others.
//!
//! `cargo bench --bench growth` prints for classes of 50, 100 … up to SOCKLAB_BENCH_LARGEST (default 1600) echo servers the time
//! for each submission over that in a class of 50, and the grader's peak memory; then the time of a class in which a fifth of
//! the programs hang until their deadline over that of an honest one, side by side in SOCKLAB_BENCH_ROUNDS rounds
//! (default 5). Classes beyond 400 are graded once, unless SOCKLAB_BENCH_ALL is 1: their time is long enough to be no accident.

#[expect(dead_code, reason = "only the server's text is of use here")]
mod class_floor;
mod graded;

use std::path::Path;

use graded::{Used, class, grade, load, median, setting};

/// Takes a client, reads what it says, and neither answers nor ends. It wakes ever again, so that only time tells.
const HANGS: &str = r#"import socket
import time

with socket.create_server(("127.0.0.1", 65432)) as listener:
    connection, address = listener.accept()
    connection.recv(1024)
    while True:
        time.sleep(0.1)
"#;
/// How long a step waits for a program, unless the spec says otherwise (docs/spec.md, `limits`).
const DEADLINE: f64 = 4.0;
/// Memory that a grader may have, however large the class, in MiB.
const MEMORY: f64 = 64.0;
/// Larger classes are graded once.
const OFTEN: usize = 400;

fn main() {
    let rounds = setting("SOCKLAB_BENCH_ROUNDS", 5);
    let folder = tempfile::tempdir().expect("a temporary directory");
    println!("load before: {}", load());
    growth(folder.path(), rounds);
    hanging(folder.path(), rounds);
    println!("load after: {}", load());
}

fn echo(folder: &Path, name: &str, size: usize, hanging: usize) -> Used {
    let text = |number: usize| match number.is_multiple_of(5) && number / 5 < hanging {
        true => HANGS.to_owned(),
        false => class_floor::SERVER.to_owned(),
    };
    let submissions = class(&folder.join(format!("{name}-class")), size, text);
    let out = folder.join(name);
    let used = grade(&["grade", "tcp-echo-server"], &submissions, &out);
    std::fs::remove_dir_all(out).expect("the run's folder");
    used
}

fn growth(folder: &Path, rounds: usize) {
    let largest = setting("SOCKLAB_BENCH_LARGEST", 1600);
    let all = setting("SOCKLAB_BENCH_ALL", 0) == 1;
    let sizes: Vec<usize> = std::iter::successors(Some(50), |size| Some(size * 2))
        .take_while(|size| *size <= largest)
        .collect();
    let mut taken: Vec<Vec<Used>> = vec![Vec::new(); sizes.len()];
    // In turn, so that a busy minute strikes all sizes.
    for round in 0..rounds {
        for (size, taken) in sizes.iter().zip(&mut taken) {
            if round == 0 || *size <= OFTEN || all {
                taken.push(echo(folder, &format!("growth-{size}"), *size, 0));
            }
        }
    }
    let each = |taken: &[Used], size: usize| {
        median(taken.iter().map(|used| used.wall).collect()) / size as f64 * 1e3
    };
    let base = each(&taken[0], sizes[0]);
    println!("growth (medians):");
    let mut most = 0.0_f64;
    for (size, taken) in sizes.iter().zip(&taken) {
        let peak = taken.iter().map(|used| used.peak_mib).fold(0.0, f64::max);
        most = most.max(peak);
        println!(
            "  {size:5} submissions: {:7.1} ms each, ratio to {} {:.2} · own processor time {:.1} ms each · peak memory {peak:.1} MiB · {} rounds",
            each(taken, *size),
            sizes[0],
            each(taken, *size) / base,
            median(taken.iter().map(|used| used.own_cpu).collect()) / *size as f64 * 1e3,
            taken.len()
        );
    }
    println!("  peak memory of all: {most:.1} MiB, of {MEMORY} that it may have");
}

fn hanging(folder: &Path, rounds: usize) {
    let size = setting("SOCKLAB_BENCH_CLASS", 100);
    let (mut honest, mut mixed, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let a = echo(folder, "honest", size, 0).wall;
        let b = echo(folder, "hanging", size, size / 5).wall;
        println!(
            "  round {}: honest {a:.2} s · a fifth hangs {b:.2} s",
            round + 1
        );
        honest.push(a);
        mixed.push(b);
        ratios.push((b - DEADLINE) / a);
    }
    println!(
        "a class of {size}, medians of {rounds}: honest {:.2} s · a fifth hangs {:.2} s · ratio, one deadline of {DEADLINE} s left out: {:.2} (1.2 at most)",
        median(honest),
        median(mixed),
        median(ratios)
    );
}
