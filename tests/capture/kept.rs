//! The captures that `socklab check --keep` leaves: Wireshark reads each without a warning, agrees with our analysis of it, and
//! shows the step during which each packet was sent.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::made::compare::Comparison;
use crate::made::{live, tshark};

/// Exercises of every kind: TCP and UDP, servers and clients, names and relays.
const EXERCISES: [&str; 6] = [
    "echo/tcp-echo-server",
    "echo/udp-echo-server",
    "first-steps/hello-reply-client",
    "chat/accepted-server-threaded",
    "raspberry-pi/http-get",
    "timestamps/timestamp-udp-client",
];

/// What a tool writes to standard error, but for what it says to everybody who is root.
fn complaints(tool: &str, args: &[&str], file: &Path) -> Vec<String> {
    let output = Command::new(tool)
        .args(args)
        .arg(file)
        .output()
        .expect("the tool");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut said: Vec<String> = said.lines().map(str::to_owned).collect();
    said.retain(|line| !line.contains("Running as user"));
    if !output.status.success() {
        said.push(format!("{tool} fails on {}", file.display()));
    }
    said
}

/// Checks a reference solution and returns the captures; `None` when this machine cannot.
fn kept(exercise: &str, dir: &Path) -> Option<Vec<PathBuf>> {
    let name = exercise.rsplit('/').next().unwrap_or_default();
    kept_of(name, &format!("reference/{exercise}/python"), dir)
}

/// Checks a solution that gets full marks and returns the captures; `None` when this machine cannot.
fn kept_of(name: &str, solution: &str, dir: &Path) -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let keep = dir.join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .current_dir(root)
        .args(["check", name, solution])
        .arg("--keep")
        .arg(&keep)
        .output()
        .expect("socklab runs");
    if output.status.code() == Some(3) {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name}: {said}");
    let folder = std::fs::read_dir(keep.join("captures")).expect("captures");
    let files = folder.map(|file| file.expect("a file").path());
    // The comparison names captures by their files.
    let files = files.map(|file| {
        let own = file.file_name().unwrap_or_default().to_string_lossy();
        let named = file.with_file_name(format!("{name}-{own}"));
        std::fs::rename(&file, &named).expect("another name");
        named
    });
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    Some(files)
}

#[test]
fn wireshark_reads_the_captures_of_checks_without_a_warning_and_agrees() {
    if !tshark::available() || !live::python_available() {
        eprintln!("SKIPPED: tshark or python3 is not installed, so no kept capture was read");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut files = Vec::new();
    for exercise in EXERCISES {
        let Some(some) = kept(exercise, dir.path()) else {
            eprintln!("SKIPPED: no sandbox here, so no capture was kept");
            return;
        };
        assert!(!some.is_empty(), "{exercise} left no capture");
        // tshark takes a second or so for each, and the captures of one exercise are of one kind.
        files.extend(some.into_iter().take(3));
    }
    for file in &files {
        assert_eq!(complaints("capinfos", &[], file), Vec::<String>::new());
        assert_eq!(complaints("tshark", &["-r"], file), Vec::<String>::new());
    }
    Comparison::of_files(&files).report("kept by socklab check");
}

/// A quick server has answered before the grader's next step begins; this one takes its time for a client's
/// first message.
const THINKS_FIRST: &str = "\
import socket, time

server = socket.create_server(('127.0.0.1', 65432))
while True:
    conn, addr = server.accept()
    print('Connected by', addr, flush=True)
    try:
        data = conn.recv(65536)
        time.sleep(0.5)
        while data:
            conn.sendall(data)
            data = conn.recv(65536)
    except ConnectionError:
        pass
    conn.close()
";

#[test]
fn each_packet_of_a_check_carries_the_step_that_it_belongs_to() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let solution = dir.path().join("thinks-first");
    std::fs::create_dir(&solution).expect("a folder");
    std::fs::write(solution.join("server.py"), THINKS_FIRST).expect("a server");
    let solution = solution.to_string_lossy();
    let files = match kept_of("tcp-echo-server", &solution, dir.path()) {
        Some(files) if live::python_available() => files,
        _ => {
            eprintln!("SKIPPED: no sandbox or no python3 here, so no capture was kept");
            return;
        }
    };
    let echoes = files
        .iter()
        .find(|file| file.ends_with("tcp-echo-server-echoes.pcapng"))
        .expect("the capture of this check");
    let bytes = std::fs::read(echoes).expect("the capture");
    let mut reader = socklab::capture::read::Reader::from_bytes(&bytes).expect("a capture");
    let mut steps = Vec::new();
    while let Some(packet) = reader.next_packet() {
        let step = packet.comment.unwrap_or_default();
        // The value that alice sends is drawn anew in every run.
        steps.push(step.split('"').next().unwrap_or_default().trim().to_owned());
    }
    assert_eq!(
        steps[..4],
        [
            "alice connects to server",
            "alice connects to server",
            "alice connects to server",
            "alice sends",
        ]
    );
    assert!(
        steps[4..].iter().any(|s| s == "alice receives"),
        "{steps:?}"
    );
}
