//! Real sandboxes: what programs see inside, and what the grader sees of them. The tests need the right
//! to make user namespaces, as root or as an ordinary user, and Python; without they say `SKIPPED`.

#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use socklab::event::{Exit, Place, Stuck};
use socklab::sandbox::{
    Config, End, Image, ImageFile, Launch, Launcher, Program, ProgramId, Sandbox, SandboxEvent,
    SocketRequest, TcpState,
};

/// Generous: only a broken sandbox takes that long.
const LONG: Duration = Duration::from_secs(30);

fn launcher() -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_socklab"))
}

/// A sandbox, or a loud note that this machine gives none.
async fn sandbox(config: Config) -> Option<Sandbox> {
    match Sandbox::launch(&launcher(), config).await {
        Ok(sandbox) => Some(sandbox),
        Err(error) if std::env::var_os("SOCKLAB_NEED_SANDBOX").is_some() => panic!("{error}"),
        Err(error) => {
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}

fn image(files: &[(&str, &str)]) -> Arc<Image> {
    let file = |(path, text): &(&str, &str)| ImageFile {
        path: path.into(),
        mode: 0o644,
        bytes: text.as_bytes().into(),
    };
    Arc::new(Image::new(files.iter().map(file).collect(), vec![]).unwrap())
}

fn with_files(files: &[(&str, &str)]) -> Config {
    Config {
        image: image(files),
        ..Config::default()
    }
}

/// Everything that comes out of a descriptor until its end.
async fn text(fd: OwnedFd) -> String {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::fs::File::from(fd)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    });
    let bytes = tokio::time::timeout(LONG, read)
        .await
        .expect("output ends")
        .unwrap()
        .unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn event(sandbox: &mut Sandbox) -> SandboxEvent {
    tokio::time::timeout(LONG, sandbox.next_event())
        .await
        .expect("an event")
        .expect("a sandbox")
}

async fn exit_of(sandbox: &mut Sandbox, program: ProgramId) -> Exit {
    loop {
        match event(sandbox).await {
            SandboxEvent::Exited {
                program: id, exit, ..
            } if id == program => return exit,
            _ => {}
        }
    }
}

/// Runs a program to its end.
async fn run(sandbox: &mut Sandbox, launch: Launch) -> (Exit, String, String) {
    let Program {
        id,
        stdin,
        stdout,
        stderr,
    } = sandbox.spawn(launch).await.expect("starts");
    drop(stdin);
    let (out, err) = tokio::join!(text(stdout), text(stderr));
    (exit_of(sandbox, id).await, out, err)
}

fn python(program: &str) -> Launch {
    Launch::new(["python3", "-c", program])
}

macro_rules! sandbox_or_skip {
    ($config:expr) => {
        match sandbox($config).await {
            Some(sandbox) => sandbox,
            None => return,
        }
    };
}

#[tokio::test]
async fn the_environment_is_exactly_path_home_lang_and_what_is_added() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let mut launch = Launch::new(["env"]);
    launch.env.push(("EXTRA".into(), "1".into()));
    let (exit, out, err) = run(&mut sandbox, launch).await;
    assert_eq!((exit, err.as_str()), (Exit::Code(0), ""));
    let names: Vec<_> = out
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    assert_eq!(names, ["EXTRA", "HOME", "LANG", "PATH"]);
}

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
async fn nothing_of_the_host_is_in_reach() {
    let mut sandbox = sandbox_or_skip!(with_files(&[("dir/x", "")]));
    let probe = "import os\n\
        print(sorted(os.listdir('/')), sorted(os.listdir('/etc')), os.listdir('/proc'), os.listdir('/opt'))\n\
        print(open('/proc/self/mountinfo').read(), os.getuid(), os.getgid(), os.getcwd())\n\
        print([f for f in range(3, 1024) if os.path.exists(f'/proc/self/fd/{f}')])";
    let (exit, out, err) = run(&mut sandbox, python(probe)).await;
    assert_eq!((exit, err.as_str()), (Exit::Code(0), ""));
    println!("{out}");
    let manifest = env!("CARGO_MANIFEST_DIR");
    assert!(!out.contains(manifest), "{out}");
}

/// Takes snapshots until the program is stuck.
async fn stuck(sandbox: &Sandbox, program: ProgramId) -> Stuck {
    let wait = async {
        loop {
            let snapshot = sandbox.snapshot().await.unwrap();
            if let Some(stuck) = snapshot.stuck(program) {
                return stuck;
            }
        }
    };
    tokio::time::timeout(LONG, wait)
        .await
        .expect("stuck at last")
}

#[tokio::test]
async fn a_snapshot_says_what_a_program_waits_for() {
    let server = "s = socket.socket(); s.bind(('127.0.0.1', 9)); s.listen()\n";
    let connected = "c = socket.create_connection(('10.0.0.1', 5000))\n";
    let from = Some("10.0.0.1:5000".parse().unwrap());
    for (program, expected) in [
        (format!("{server}s.accept()"), Stuck::Accept),
        (format!("{server}import selectors as x; q = x.DefaultSelector(); q.register(s, 1); q.select()"), Stuck::Accept),
        (format!("{server}import select; select.select([s], [], [])"), Stuck::Accept),
        (format!("{server}import select; p = select.poll(); p.register(s); p.poll()"), Stuck::Accept),
        (format!("{connected}c.recv(1)"), Stuck::Receive { from }),
        (format!("{connected}c.sendall(bytes(10**8))"), Stuck::Send),
        ("input()".into(), Stuck::Input),
        ("import threading; threading.Lock().acquire(); l = threading.Lock(); l.acquire(); l.acquire()".into(), Stuck::Lock),
    ] {
        let sandbox = sandbox_or_skip!(Config::default());
        let listener = SocketRequest::tcp_listener("10.0.0.1:5000".parse().unwrap(), 5);
        let _listener = sandbox.socket(listener).await.unwrap();
        let started = sandbox.spawn(python(&format!("import socket\n{program}"))).await.unwrap();
        assert_eq!(stuck(&sandbox, started.id).await, expected, "{program}");
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
    stuck(&sandbox, started.id).await;
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
