//! What a thousand clients that stay cost the grader.
//!
//! `cargo bench --bench held_open` grades a server with a thread for each client, to which 1,000 clients connect and talk twice
//! each while all are there, and prints the processor time of the grader's own process, and that of a check without
//! them beside it. SOCKLAB_BENCH_CLIENTS is their number, SOCKLAB_BENCH_ROUNDS (default 5) how often.

mod graded;

use std::path::Path;

use graded::{class, grade, load, median, setting};

const SERVER: &str = r#"import socket
import threading


def serve(connection):
    with connection:
        while data := connection.recv(1024):
            connection.sendall(data)


with socket.create_server(("127.0.0.1", 65432), backlog=1024) as listener:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()
"#;

/// A thread's stack counts as memory that its process may use, 8 MiB each, before anything is on it.
fn spec(clients: usize) -> String {
    format!(
        r#"version: 1
exercise: held-open
title: Many clients
summary: A server on 127.0.0.1, port 65432, with a thread for each client, that sends back what it receives.
points: 1
programs:
  server:
    files: [server]
    listens: {{ tcp: 65432, at: 127.0.0.1 }}
checks:
  - id: many
    title: Serves many clients that stay
    points: 1
    hint: A thread for each client.
    let: {{ line: "${{random.text 40}}" }}
    limits: {{ processes: 1200, memory_mib: 4096 }}
    steps:
      - start: server
      - repeat:
          times: {clients}
          do:
            - connect: {{ as: "client${{i}}", to: server }}
            - send: {{ from: "client${{i}}", text: "${{line}}" }}
            - receive: {{ at: "client${{i}}", text: "${{line}}" }}
      - repeat:
          times: {clients}
          do:
            - send: {{ from: "client${{i}}", text: "${{line}}" }}
            - receive: {{ at: "client${{i}}", text: "${{line}}" }}
"#
    )
}

fn main() {
    let rounds = setting("SOCKLAB_BENCH_ROUNDS", 5);
    let clients = setting("SOCKLAB_BENCH_CLIENTS", 1000);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let submissions = class(&folder.path().join("class"), 1, |_| SERVER.to_owned());
    println!("load before: {}", load());
    let (mut walls, mut owns, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let of = |clients: usize| {
            let course = folder.path().join(format!("course-{clients}"));
            let specs = course.join("specs/bench");
            std::fs::create_dir_all(&specs).expect("a folder");
            std::fs::write(specs.join("held-open.yaml"), spec(clients)).expect("a file");
            let out = folder.path().join(format!("run-{round}-{clients}"));
            let course = course.to_str().expect("a path");
            let used = grade(
                &["--course", course, "grade", "held-open"],
                &submissions,
                &out,
            );
            assert!(full_marks(&out), "the server serves {clients} clients");
            used
        };
        let (one, many) = (of(1), of(clients));
        println!(
            "  round {}: {:.2} s, own processor time {:.2} s, peak memory {:.1} MiB; one client: {:.2} s",
            round + 1,
            many.wall,
            many.own_cpu,
            many.peak_mib,
            one.own_cpu
        );
        walls.push(many.wall);
        owns.push(many.own_cpu);
        alone.push(one.own_cpu);
    }
    let (own, alone) = (median(owns), median(alone));
    println!(
        "{clients} clients held open, medians of {rounds}: {:.2} s · own processor time {own:.2} s, {:.2} with one client · {:.0} µs for each client and its two messages",
        median(walls),
        alone,
        (own - alone) / clients as f64 * 1e6
    );
    println!("load after: {}", load());
}

fn full_marks(run: &Path) -> bool {
    let card = run.join("results/s0000/held-open/scorecard.json");
    let text = std::fs::read(card).expect("a scorecard");
    let card: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    card["score"] == card["max"]
}
