//! What a student does at home: hints one by one, the other side by hand, a watch that checks again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

fn socklab() -> Command {
    let mut command = Command::cargo_bin("socklab").unwrap();
    command.env_remove("SOCKLAB_COURSE");
    command
}

fn started() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    socklab()
        .args(["start", "tcp-echo-server"])
        .arg(folder.path())
        .assert()
        .success();
    folder
}

fn hint(folder: &Path, args: &[&str]) -> String {
    let output = socklab()
        .current_dir(folder)
        .arg("hint")
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn hints_come_one_by_one_and_again_shows_the_last_one() {
    let folder = started();
    for number in ["1 of 3", "2 of 3", "3 of 3", "3 of 3"] {
        assert!(hint(folder.path(), &["echoes"]).contains(number));
    }
    let again = hint(folder.path(), &["echoes", "--again"]);
    assert!(again.contains("3 of 3") && !again.contains("2 of 3"));
    let all = hint(folder.path(), &["binary", "--all"]);
    assert!(all.contains("1 of 3") && all.contains("3 of 3"));
}

#[test]
fn without_a_noted_exercise_hints_are_remembered_in_the_users_state() {
    let home = tempfile::tempdir().unwrap();
    for number in ["1 of 3", "2 of 3"] {
        socklab()
            .current_dir(home.path())
            .env("XDG_STATE_HOME", home.path())
            .args(["hint", "udp-sender", "port"])
            .assert()
            .success()
            .stdout(contains(number));
    }
}

#[test]
fn a_misspelt_check_or_role_gets_a_suggestion() {
    socklab()
        .args(["hint", "tcp-echo-server", "echos"])
        .assert()
        .code(2)
        .stderr(contains("did you mean `echoes`?"));
    socklab()
        .args(["peer", "tcp-echo-server", "slw"])
        .assert()
        .code(2)
        .stderr(contains("did you mean `slow`?"));
}

/// A server that changes what it echoes, for one client; its port.
fn server(change: fn(&mut Vec<u8>)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 65536];
        while let Ok(length @ 1..) = client.read(&mut bytes) {
            let mut answer = bytes[..length].to_vec();
            change(&mut answer);
            if client.write_all(&answer).is_err() {
                return;
            }
        }
    });
    port
}

fn peer(exercise: &str, role: &str, port: u16) -> assert_cmd::assert::Assert {
    let port = port.to_string();
    socklab()
        .args(["peer", exercise, role, "--port", &port, "--seed", "7"])
        .assert()
}

#[test]
fn the_peer_of_a_server_plays_the_steps_of_the_check() {
    for role in ["echoes", "several-messages", "byte-by-byte", "chatty"] {
        peer("tcp-echo-server", role, server(|_| ()))
            .success()
            .stdout(contains("connects to 127.0.0.1").and(contains("as the check wants it")));
    }
}

#[test]
fn the_peer_shows_bytes_that_cannot_be_seen_and_says_what_the_check_wants() {
    peer(
        "tcp-echo-server",
        "echoes",
        server(|answer| answer.push(b'\n')),
    )
    .code(1)
    .stdout(contains("\\n").and(contains("The check wants")));
}

#[test]
fn the_peer_says_when_nobody_listens_or_the_port_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    peer("tcp-echo-client", "sends", port)
        .code(2)
        .stderr(contains("is taken").and(contains("--port N")));
    drop(listener);
    peer("tcp-echo-server", "echoes", port)
        .code(2)
        .stderr(contains("nothing listens at 127.0.0.1"));
}

#[test]
fn the_peer_of_a_udp_server_sends_datagrams() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut bytes = [0; 65536];
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            socket.send_to(&bytes[..length], from).unwrap();
        }
    });
    peer("udp-echo-server", "echoes", port)
        .success()
        .stdout(contains("UDP").and(contains("received")));
}

#[test]
fn every_exercise_with_a_conversation_has_roles() {
    for (exercise, role) in [
        ("hello-client", "waiting for your client"),
        ("greeting-server", "calling your server"),
        ("accepted-udp-server", "chatty"),
    ] {
        socklab()
            .args(["peer", exercise])
            .assert()
            .success()
            .stdout(contains(role));
    }
    socklab()
        .args(["peer", "network-tables"])
        .assert()
        .code(2)
        .stderr(contains("nothing to be played by hand"));
}

#[test]
fn a_watch_checks_again_when_a_file_has_changed_and_only_then() {
    let folder = started();
    let mut child = Process::new(assert_cmd::cargo::cargo_bin("socklab"))
        .args(["check", "--watch", "--only", "listens", "tcp-echo-server"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut verdict = || -> String {
        let lines = lines.by_ref().map(Result::unwrap);
        let shown: Vec<String> = lines
            .take_while(|line| !line.starts_with("Watching"))
            .collect();
        shown.join("\n")
    };
    let first = verdict();
    if first.contains("Not graded") {
        println!("SKIPPED: no sandbox here");
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    assert!(
        first.contains("0 of 1 point") || first.contains("0/1"),
        "{first}"
    );
    // The state that socklab keeps there itself is no reason to check again.
    hint(folder.path(), &["listens"]);
    std::fs::write(
        folder.path().join("server.py"),
        "import socket\nwith socket.create_server(('127.0.0.1', 65432)) as s:\n    s.accept()\n",
    )
    .unwrap();
    let second = verdict();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(second.contains("1/1"), "{second}");
}

#[test]
fn every_command_shows_examples_and_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    socklab()
        .args(["man", "--out"])
        .arg(folder.path())
        .assert()
        .success();
    for command in [
        "list", "show", "start", "check", "hint", "peer", "grade", "report", "doctor", "pcap",
    ] {
        socklab()
            .args([command, "--help"])
            .assert()
            .success()
            .stdout(contains("Examples:"));
        let page = folder.path().join(format!("socklab-{command}.1"));
        assert!(
            std::fs::read_to_string(page).unwrap().contains("Examples:"),
            "{command}"
        );
    }
}
