//! What the grader sees of running programs.

use std::net::SocketAddr;

use socklab::sandbox::{Config, End, SocketRequest, StuckIn, TcpState};

use crate::common::{first_line, python, stuck};

#[tokio::test]
async fn a_snapshot_says_what_a_program_waits_for() {
    let server = "s = socket.socket(); s.bind(('127.0.0.1', 9)); s.listen()\n";
    let connected = "c = socket.create_connection(('10.0.0.1', 5000))\n";
    let accept = StuckIn::Accept {
        local: Some("127.0.0.1:9".parse().unwrap()),
    };
    for (program, expected) in [
        (format!("{server}s.accept()"), accept),
        (
            format!("{server}import select; select.select([s], [], [])"),
            accept,
        ),
        (
            format!("{server}import select; p = select.poll(); p.register(s); p.poll()"),
            accept,
        ),
        (
            format!("{server}import select; p = select.epoll(); p.register(s); p.poll()"),
            accept,
        ),
        (format!("{connected}c.sendall(bytes(10**8))"), StuckIn::Send),
        ("input()".into(), StuckIn::ReadStdin),
        (
            "import threading; l = threading.Lock(); l.acquire(); l.acquire()".into(),
            StuckIn::Lock,
        ),
    ] {
        let sandbox = sandbox_or_skip!(Config::default());
        let listener = SocketRequest::tcp_listener("10.0.0.1:5000".parse().unwrap(), 5);
        let _listener = sandbox.socket(listener).await.unwrap();
        let started = sandbox
            .spawn(python(&format!("import socket\n{program}")))
            .await
            .unwrap();
        assert_eq!(stuck(&sandbox, started.id).await, expected, "{program}");
    }
}

#[tokio::test]
async fn a_program_that_sleeps_or_waits_with_a_timeout_is_not_stuck() {
    let waits = "import socket, time, select\n\
        s = socket.socket(); s.bind(('127.0.0.1', 9)); s.listen(); print('up', flush=True)\n";
    for wait in [
        "time.sleep(60)",
        "s.settimeout(60); s.accept()",
        "select.select([s], [], [], 60)",
    ] {
        let sandbox = sandbox_or_skip!(Config::default());
        let started = sandbox
            .spawn(python(&format!("{waits}{wait}")))
            .await
            .unwrap();
        first_line(&started.stdout).await;
        for _ in 0..20 {
            assert_eq!(
                sandbox.snapshot().await.unwrap().stuck(started.id),
                None,
                "{wait}"
            );
        }
    }
}

#[tokio::test]
async fn a_snapshot_shows_sockets_with_their_states_and_owners() {
    let client = "import socket; c = socket.create_connection(('10.0.0.1', 5000)); c.recv(1)";
    let sandbox = sandbox_or_skip!(Config::default());
    let at: SocketAddr = "10.0.0.1:5000".parse().unwrap();
    let _listener = sandbox
        .socket(SocketRequest::tcp_listener(at, 5))
        .await
        .unwrap();
    let started = sandbox.spawn(python(client)).await.unwrap();
    let waits = stuck(&sandbox, started.id).await;
    assert!(
        matches!(waits, StuckIn::Receive { remote, .. } if remote == Some(at)),
        "{waits:?}"
    );
    let snapshot = sandbox.snapshot().await.unwrap();
    let theirs = snapshot
        .sockets
        .iter()
        .find(|s| s.program == Some(started.id))
        .unwrap();
    assert_eq!(
        (theirs.state, theirs.remote.clone()),
        (TcpState::Established, Some(End::Internet(at)))
    );
    let ours = snapshot
        .sockets
        .iter()
        .find(|s| s.state == TcpState::Listen)
        .unwrap();
    assert_eq!(
        (ours.program, ours.receive_queue),
        (None, 1),
        "one connection waits to be accepted"
    );
}
