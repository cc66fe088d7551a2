//! Addresses, ports, names: the private network.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::fd::AsFd;

use socklab::event::{Exit, Place};
use socklab::sandbox::{Config, ExtraFile, Launch, SandboxEvent, SocketRequest, Zone};

use crate::common::{event, exit_of, python, run, text, with_files};

#[tokio::test]
async fn a_server_at_any_address_is_reached_and_seen_to_listen_without_a_connection() {
    let server = "import socket\n\
        s = socket.socket(); s.bind(('192.168.124.179', 80)); s.listen()\n\
        c, a = s.accept(); c.sendall(c.recv(100) + a[0].encode()); print(a[0])";
    let mut sandbox = sandbox_or_skip!(with_files(&[("server.py", server)]));
    let program = sandbox
        .spawn(Launch::new(["python3", "server.py"]))
        .await
        .unwrap();
    let at: SocketAddr = "192.168.124.179:80".parse().unwrap();
    match event(&mut sandbox).await {
        SandboxEvent::Listening {
            program: whose,
            place,
            ..
        } => {
            assert_eq!((whose, place), (Some(program.id), Place::Tcp(at)));
        }
        other => panic!("{other:?}, {}", text(program.stderr).await),
    }
    let socket = sandbox.socket(SocketRequest::tcp_to(at)).await.unwrap();
    let _ = rustix::net::connect(socket.as_fd(), &at);
    rustix::io::ioctl_fionbio(&socket, false).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.write_all(b"hi ").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "hi 192.168.124.179");
    assert_eq!(exit_of(&mut sandbox, program.id).await, Exit::Code(0));
}

#[tokio::test]
async fn a_taken_address_is_refused_and_every_other_one_is_not() {
    let sandbox = sandbox_or_skip!(Config {
        ipv6: vec!["fd00::7".parse().unwrap()],
        ..Config::default()
    });
    let mut held = Vec::new();
    for at in [
        "8.8.8.8:53",
        "192.168.1.36:8081",
        "0.0.0.0:9",
        "[::1]:8081",
        "[fd00::7]:8081",
    ] {
        let at: SocketAddr = at.parse().unwrap();
        held.push(
            sandbox
                .socket(SocketRequest::tcp_listener(at, 5))
                .await
                .expect("free"),
        );
        held.push(sandbox.socket(SocketRequest::udp(at)).await.expect("free"));
        let again = sandbox
            .socket(SocketRequest::tcp_listener(at, 5))
            .await
            .unwrap_err();
        assert_eq!(again.errno(), Some(libc::EADDRINUSE));
    }
}

#[tokio::test]
async fn unix_sockets_meet_on_paths_of_the_sandbox() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let server = "import socket, os\n\
        s = socket.socket(socket.AF_UNIX); s.bind('lab.sock'); s.listen()\n\
        c, _ = s.accept(); c.sendall(c.recv(10)); c.close()";
    let started = sandbox.spawn(python(server)).await.unwrap();
    match event(&mut sandbox).await {
        SandboxEvent::Listening { program, place, .. } => {
            assert_eq!(
                (program, place),
                (Some(started.id), Place::Unix("lab.sock".into()))
            );
        }
        other => panic!("{other:?}"),
    }
    let socket = sandbox
        .socket(SocketRequest::unix_to("lab.sock".into()))
        .await
        .unwrap();
    rustix::io::ioctl_fionbio(&socket, false).unwrap();
    let mut stream = std::os::unix::net::UnixStream::from(socket);
    stream.write_all(b"hi").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "hi");
}

#[tokio::test]
async fn low_ports_are_open_unless_the_check_is_about_them() {
    let bind = "import socket; socket.socket().bind(('127.0.0.1', 80))";
    for (unprivileged_ports, expected) in [(true, 0), (false, 1)] {
        let mut sandbox = sandbox_or_skip!(Config {
            unprivileged_ports,
            ..Config::default()
        });
        let (exit, _, err) = run(&mut sandbox, python(bind)).await;
        assert_eq!(exit, Exit::Code(expected), "{err}");
        assert_eq!(err.contains("PermissionError"), expected == 1);
    }
}

#[tokio::test]
async fn names_zone_and_extra_files_are_those_of_the_configuration() {
    let extra = ExtraFile {
        path: "/opt/socklab/python/RPi.py".into(),
        mode: 0o644,
        bytes: b"LED = 7".as_slice().into(),
    };
    let mut sandbox = sandbox_or_skip!(Config {
        hosts: vec![("192.0.2.1".parse().unwrap(), "server.lab".into())],
        zone: Zone::Fixed {
            offset_seconds: 19_800,
            abbreviation: "LAB".into()
        },
        extra_files: vec![extra],
        writable_box: false,
        ..Config::default()
    });
    let probe = "import socket, time, RPi, sys\n\
        print(socket.gethostbyname('server.lab'), socket.gethostbyname('localhost'), RPi.LED)\n\
        print(time.strftime('%Z %z'), time.localtime(0).tm_hour)\n\
        try: open('/box/x', 'w')\n\
        except OSError as e: print(e.strerror)\n\
        try: socket.gethostbyname('no.lab')\n\
        except socket.gaierror as e: print(e.errno)";
    let mut launch = python(probe);
    launch
        .env
        .push(("PYTHONPATH".into(), "/opt/socklab/python".into()));
    let (_, out, err) = run(&mut sandbox, launch).await;
    assert_eq!(err, "");
    let not_found = libc::EAI_NONAME;
    assert_eq!(
        out,
        format!("192.0.2.1 127.0.0.1 7\nLAB +0530 5\nRead-only file system\n{not_found}\n")
    );
}
