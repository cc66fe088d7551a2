//! Programs run as they were handed in: with the addresses and ports of some other machine and network in
//! them, and many with the same ones at the same time.

use std::path::Path;
use std::process::Command;

use socklab::score::{Scorecard, Status};
use socklab::verdict::Outcome;

/// A server that echoes at one hard-coded place.
const SERVER: &str = r#"import socket

PLACE = @
family = socket.AF_INET6 if ":" in PLACE[0] else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM) as listener:
    listener.bind(PLACE)
    listener.listen()
    while True:
        connection, address = listener.accept()
        print("Connected by", address[0], address[1], flush=True)
        with connection:
            try:
                while data := connection.recv(1024):
                    connection.sendall(data)
            except ConnectionResetError:
                pass
"#;

fn server(place: &str) -> String {
    SERVER.replace('@', place)
}

/// Checks one program; none, and a word on it, when this machine has no sandbox.
fn check(exercise: &str, file: &str, program: &str) -> Option<Scorecard> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), program).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args(["check", exercise])
        .arg(folder.path())
        .args(["--format", "json"])
        .output()
        .unwrap();
    let card: Scorecard = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no scorecard: {}", String::from_utf8_lossy(&output.stderr)));
    if card.status == Status::NotGraded {
        println!("SKIPPED: {}", card.error.unwrap_or_default());
        return None;
    }
    Some(card)
}

/// Checks that did not pass, with their first causes.
fn lost(card: &Scorecard) -> Vec<(String, String)> {
    card.checks
        .iter()
        .filter(|check| check.outcome != Outcome::Passed)
        .map(|check| (check.id.clone(), check.findings[0].cause.clone()))
        .collect()
}

fn loses(place: &str, expected: &[(&str, &str)]) {
    let Some(card) = check("tcp-echo-server", "server.py", &server(place)) else {
        return;
    };
    let lost = lost(&card);
    let lost: Vec<(&str, &str)> = lost
        .iter()
        .map(|(id, cause)| (&id[..], &cause[..]))
        .collect();
    assert_eq!(lost, expected, "{place}");
}

#[test]
fn a_server_at_an_address_of_the_labs_network_loses_the_port_and_the_advice() {
    let expected = [
        ("listens", "wrong-port"),
        ("reachable-here", "bound-to-one-address"),
    ];
    loses(r#"("192.168.1.36", 8081)"#, &expected);
    loses(r#"("10.17.68.59", 42069)"#, &expected);
}

#[test]
fn a_server_at_the_loopback_address_of_ipv6_loses_the_advice_only() {
    // Somebody else's client speaks IPv4 only. Both are advices: no points are lost.
    loses(
        r#"("::1", 65432)"#,
        &[
            ("reachable-here", "bound-to-one-address"),
            ("other-client", "unknown-host"),
        ],
    );
}

/// After two seconds its socket is looked for rarely: it waits in accept() before anybody knows that it listens.
#[test]
fn a_server_that_takes_its_time_before_it_listens_gets_full_marks() {
    let late = server(r#"("127.0.0.1", 65432)"#)
        .replace("import socket", "import socket, time\n\ntime.sleep(2)");
    let Some(card) = check("tcp-echo-server", "server.py", &late) else {
        return;
    };
    assert_eq!(lost(&card), Vec::new());
}

#[test]
fn a_client_that_dials_the_labs_network_gets_through() {
    let client = "import socket\n\ns = socket.socket()\ns.connect(('192.168.124.179', 8080))\n\
        s.sendall(b'HELLO FROM THE CLIENT!!!')\ns.close()\n";
    let Some(card) = check("hello-client", "client.py", client) else {
        return;
    };
    // Nothing but the advice on a server that refuses.
    assert_eq!(card.score, card.max, "{:?}", lost(&card));
}

#[test]
fn sixteen_servers_with_the_same_port_are_graded_at_the_same_time() {
    let dir = tempfile::tempdir().unwrap();
    let class = dir.path().join("class");
    for number in 0..16 {
        let folder = class.join(format!("s10{number:02}"));
        std::fs::create_dir_all(&folder).unwrap();
        let program = format!("# {number}\n{}", server(r#"("127.0.0.1", 65432)"#));
        std::fs::write(folder.join("server.py"), program).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args(["grade", "tcp-echo-server", "--jobs", "16", "--out"])
        .arg(dir.path().join("run"))
        .arg(&class)
        .output()
        .unwrap();
    if output.status.code() == Some(3) {
        println!(
            "SKIPPED: no sandbox here: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    assert!(output.status.success(), "{output:?}");
    for number in 0..16 {
        let card = card(&dir.path().join("run"), &format!("s10{number:02}"));
        assert_eq!(
            (card.score, lost(&card)),
            (card.max, Vec::new()),
            "s10{number:02}"
        );
    }
}

fn card(run: &Path, key: &str) -> Scorecard {
    let path = run
        .join("results")
        .join(key)
        .join("tcp-echo-server/scorecard.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
