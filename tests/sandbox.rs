//! Real sandboxes: what programs see inside, and what the grader sees of them. The tests need the right
//! to make user namespaces, as root or as an ordinary user, and Python; without they say `SKIPPED`.

#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use socklab::event::{Exit, Limit, Place};
use socklab::sandbox::{
    Config, End, ExtraFile, Image, ImageFile, Isolation, Launch, Launcher, Level, Limits, Program,
    ProgramId, Sandbox, SandboxError, SandboxEvent, Search, SocketRequest, StdinKind, StdoutKind,
    Step, StepOutcome, StuckIn, TcpState, Toolchains, Zone, doctor,
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
async fn stuck(sandbox: &Sandbox, program: ProgramId) -> StuckIn {
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

/// The first bytes that come out of a descriptor.
async fn first_line(fd: &OwnedFd) -> String {
    let mut file = std::fs::File::from(fd.try_clone().unwrap());
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = [0; 4096];
        let length = file.read(&mut bytes).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    });
    tokio::time::timeout(LONG, read)
        .await
        .expect("a line")
        .unwrap()
}

#[tokio::test]
async fn a_terminal_passes_lines_without_echo_and_interrupts() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let program = "import sys, time\n\
        print(sys.stdin.isatty(), sys.stdout.isatty(), sys.stderr.isatty(), input())\n\
        open('/dev/tty').close()\n\
        try: input()\n\
        except KeyboardInterrupt: print('interrupted')";
    let launch = Launch {
        stdin: StdinKind::Terminal {
            columns: 80,
            rows: 24,
        },
        stdout: StdoutKind::Terminal,
        ..python(program)
    };
    let started = sandbox.spawn(launch).await.unwrap();
    let mut keyboard = std::fs::File::from(started.stdin.unwrap());
    keyboard.write_all(b"typed\n").unwrap();
    assert_eq!(first_line(&started.stdout).await, "True True False typed\n");
    stuck(&sandbox, started.id).await;
    keyboard.write_all(b"\x03").unwrap();
    assert_eq!(first_line(&started.stdout).await, "interrupted\n");
    assert_eq!(exit_of(&mut sandbox, started.id).await, Exit::Code(0));
}

#[tokio::test]
async fn a_terminal_for_output_shows_lines_as_they_are_printed() {
    let sandbox = sandbox_or_skip!(Config::default());
    let launch = Launch {
        stdout: StdoutKind::Terminal,
        ..python("print('one'); input()")
    };
    let started = sandbox.spawn(launch).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "one\n");
}

#[tokio::test]
async fn files_come_back_and_links_and_special_files_do_not() {
    let mut sandbox = sandbox_or_skip!(with_files(&[("src/given.txt", "given")]));
    let program = "import os\n\
        open('Table.TXT', 'w').write('made'); os.symlink('/etc/passwd', 'link.txt')\n\
        os.mkfifo('fifo.txt'); os.symlink('/etc', 'dir'); os.chmod('src/given.txt', 0)";
    let (exit, _, err) = run(&mut sandbox, python(program)).await;
    assert_eq!((exit, err.as_str()), (Exit::Code(0), ""));
    let files = sandbox.collect_box().await.unwrap();
    let paths: Vec<_> = files
        .files()
        .iter()
        .map(|f| f.path.to_str().unwrap())
        .collect();
    assert_eq!(paths, ["Table.TXT", "src/given.txt"]);
    assert_eq!(files.left_out().len(), 3, "{:?}", files.left_out());
    let table = sandbox.read_file("table.txt", 100).await.unwrap().unwrap();
    assert_eq!(&*table.bytes, b"made");
    assert!(sandbox.read_file("link.txt", 100).await.unwrap().is_none());
}

async fn limited(config: Config, program: &str) -> Option<(Vec<SandboxEvent>, Exit)> {
    let mut sandbox = sandbox(config).await?;
    let started = sandbox
        .spawn(Launch {
            watch: false,
            ..python(program)
        })
        .await
        .unwrap();
    let mut seen = Vec::new();
    loop {
        let event = event(&mut sandbox).await;
        if let SandboxEvent::Exited { program, exit, .. } = event
            && program == started.id
        {
            return Some((seen, exit));
        }
        seen.push(event);
    }
}

fn tells(events: &[SandboxEvent], expected: Limit) -> bool {
    events
        .iter()
        .any(|e| matches!(e, SandboxEvent::Limit { limit, .. } if *limit == expected))
}

#[tokio::test]
async fn memory_over_the_limit_kills_also_when_several_processes_share_it() {
    let limits = Limits {
        memory: 128 << 20,
        ..Limits::default()
    };
    let bomb = "import os, time\n\
        for _ in range(4): os.fork()\n\
        keep = bytearray(16 << 20); time.sleep(60)";
    let config = Config {
        limits,
        ..Config::default()
    };
    let Some((events, exit)) = limited(config, bomb).await else {
        return;
    };
    assert_eq!(
        (exit, tells(&events, Limit::Memory)),
        (Exit::Signal(libc::SIGKILL), true),
        "{events:?}"
    );
}

#[tokio::test]
async fn cpu_time_over_the_limit_kills_also_when_children_use_it() {
    let limits = Limits {
        cpu: Duration::from_secs(1),
        ..Limits::default()
    };
    let spin = "import os\npid = os.fork()\nif pid: os.wait()\nwhile True: pass";
    let config = Config {
        limits,
        ..Config::default()
    };
    let Some((events, exit)) = limited(config, spin).await else {
        return;
    };
    assert_eq!(
        (exit, tells(&events, Limit::Cpu)),
        (Exit::Signal(libc::SIGKILL), true),
        "{events:?}"
    );
}

#[tokio::test]
async fn descriptors_files_and_processes_are_limited() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let probe = "import os, errno, signal\n\
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n\
        def fails(what):\n\
        \x20   try:\n\
        \x20       while True: what()\n\
        \x20   except OSError as e: return errno.errorcode[e.errno]\n\
        def fork():\n\
        \x20   if os.fork() == 0: signal.pause()\n\
        f = open('big', 'wb')\n\
        print(fails(lambda: f.write(bytes(1 << 20))), fails(lambda: os.dup(0)), flush=True)\n\
        os.closerange(3, 300)\n\
        print(fails(fork), flush=True); signal.pause()";
    let started = sandbox.spawn(python(probe)).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "EFBIG EMFILE\n");
    // The kernel limits the processes of everybody but the true root, whom a "root" may be: init kills
    // those instead.
    if !is_root_of_a_single_user() {
        assert_eq!(first_line(&started.stdout).await, "EAGAIN\n");
    }
    while !tells(&[event(&mut sandbox).await], Limit::Processes) {}
}

#[tokio::test]
async fn closing_kills_daemons_that_ignore_every_signal() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let daemon = "import os, signal, time\n\
        if os.fork(): os._exit(0)\n\
        os.setsid()\n\
        for s in range(1, 65):\n\
        \x20   if s not in (9, 19, 32, 33): signal.signal(s, signal.SIG_IGN)\n\
        print('up', flush=True); time.sleep(600)";
    let started = sandbox.spawn(python(daemon)).await.unwrap();
    assert_eq!(exit_of(&mut sandbox, started.id).await, Exit::Code(0));
    assert_eq!(first_line(&started.stdout).await, "up\n");
    let closed = sandbox.close().await;
    assert_eq!(
        text(started.stdout).await,
        "",
        "no process holds the pipe any more"
    );
    assert!(closed.usage.cpu() > Duration::ZERO);
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_a_reason() {
    let sandbox = sandbox_or_skip!(with_files(&[("data.bin", "no program")]));
    let missing = sandbox
        .spawn(Launch::new(["no-such-tool"]))
        .await
        .unwrap_err();
    assert_eq!(
        (
            missing.errno(),
            missing
                .to_string()
                .contains("no-such-tool: command not found")
        ),
        (Some(libc::ENOENT), true)
    );
    let data = sandbox
        .spawn(Launch::new(["./data.bin"]))
        .await
        .unwrap_err();
    assert_eq!(data.errno(), Some(libc::EACCES));
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

#[tokio::test]
async fn the_doors_out_are_shut() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let probe = "import socket, os, ctypes, errno\n\
        libc = ctypes.CDLL(None, use_errno=True)\n\
        def error(what):\n\
        \x20   try: what()\n\
        \x20   except OSError as e: return errno.errorcode[e.errno]\n\
        def call(name, *a):\n\
        \x20   return errno.errorcode[ctypes.get_errno()] if getattr(libc, name)(*a) < 0 else 'OK'\n\
        print(error(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),\n\
        \x20     error(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),\n\
        \x20     error(lambda: socket.socket(40, socket.SOCK_STREAM)),\n\
        \x20     call('unshare', 0x10000000), call('ptrace', 16, 1, 0, 0), (call('kill', 1, 9), 'tried')[1],\n\
        \x20     call('chroot', b'/tmp'), call('mount', b'x', b'/tmp', b'tmpfs', 0, None),\n\
        \x20     call('memfd_create', b'x', 0), error(lambda: open('/usr/x', 'w')),\n\
        \x20     error(lambda: open('/proc/1/environ')) in ('ENOENT', 'EPERM'), error(lambda: os.listdir('/root')))\n\
        print(error(lambda: socket.create_connection(('8.8.8.8', 53))))";
    let (_, out, err) = run(&mut sandbox, python(probe)).await;
    assert_eq!(err, "");
    assert_eq!(
        out,
        "EPERM EPERM EPERM EPERM EPERM tried EPERM EPERM ENOSYS EROFS True ENOENT\nECONNREFUSED\n"
    );
    // Whether `kill(1, 9)` is refused depends on the user; the kernel shields process 1 in any case.
    assert!(sandbox.snapshot().await.is_ok());
}

#[tokio::test]
async fn the_doctor_reports_every_step_or_the_one_that_failed() {
    let diagnosis = doctor(&launcher()).await;
    match diagnosis.level {
        Some(_) => {
            let passed = |step| {
                let reports = diagnosis.steps.iter().filter(|report| report.step == step);
                reports
                    .map(|report| &report.outcome)
                    .all(|o| matches!(o, StepOutcome::Passed(_)))
            };
            assert!(passed(Step::Namespaces) && passed(Step::Network) && passed(Step::Run));
        }
        None => assert!(!diagnosis.ways_out.is_empty(), "{diagnosis:?}"),
    }
}

#[tokio::test]
async fn a_helper_that_is_no_helper_is_an_error() {
    let error = Sandbox::launch(&Launcher::new("/bin/false"), Config::default())
        .await
        .unwrap_err();
    assert!(matches!(error, SandboxError::Died(_)), "{error}");
    let error = Sandbox::launch(&Launcher::new("/no/such"), Config::default())
        .await
        .unwrap_err();
    assert!(matches!(error, SandboxError::Helper { .. }), "{error}");
}

/// Level F: without namespaces.
async fn unfenced(config: Config) -> Sandbox {
    let mut launcher = launcher();
    launcher.isolation = Isolation::None;
    Sandbox::launch(&launcher, config).await.unwrap()
}

#[tokio::test]
async fn without_isolation_programs_see_their_files_and_no_one_elses() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let program = format!(
        "import os, socket\n\
         print(open('x').read(), os.getcwd())\n\
         open('y', 'w').write('made')\n\
         try: open('{}')\n\
         except OSError as e: print(e.strerror)\n\
         s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.accept()",
        secret.path().display()
    );
    let mut sandbox = unfenced(with_files(&[("x", "mine")])).await;
    assert_eq!(sandbox.level(), Level::F);
    let started = sandbox
        .spawn(Launch {
            stdout: StdoutKind::Terminal,
            ..python(&program)
        })
        .await
        .unwrap();
    assert!(matches!(
        event(&mut sandbox).await,
        SandboxEvent::Listening {
            program: Some(_),
            ..
        }
    ));
    let waits = stuck(&sandbox, started.id).await;
    assert!(matches!(waits, StuckIn::Accept { .. }), "{waits:?}");
    assert_eq!(
        &*sandbox.read_file("y", 10).await.unwrap().unwrap().bytes,
        b"made"
    );
    let place = sandbox.path("/box".as_ref());
    let expected = format!("mine {}\nPermission denied\n", place.display());
    assert_eq!(first_line(&started.stdout).await, expected);
    sandbox.close().await;
    assert!(!place.exists(), "the directory is gone");
}

#[tokio::test]
async fn without_isolation_closing_kills_daemons_too() {
    let sandbox = unfenced(Config::default()).await;
    let daemon = "import os, time\n\
        if os.fork(): os._exit(0)\n\
        os.setsid()\n\
        if os.fork(): os._exit(0)\n\
        os.chmod('.', 0); print('up', flush=True); time.sleep(600)";
    let started = sandbox.spawn(python(daemon)).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "up\n");
    let place = sandbox.path("/".as_ref());
    sandbox.close().await;
    assert_eq!(
        text(started.stdout).await,
        "",
        "no process holds the pipe any more"
    );
    assert!(!place.exists(), "the directory is gone");
}

/// Whether this is a "root" that is nobody else outside, as under `unshare -r`.
fn is_root_of_a_single_user() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    rustix::process::geteuid().is_root() && map.split_ascii_whitespace().nth(2) == Some("1")
}

fn toolchains() -> Toolchains {
    let variable = |name| std::env::var_os(name).map(std::path::PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    Toolchains::discover(&Search {
        home: variable("HOME"),
        path: std::env::split_paths(&path).collect(),
        rustup_home: variable("RUSTUP_HOME"),
        pyenv_root: variable("PYENV_ROOT"),
    })
}

#[tokio::test]
async fn every_language_of_this_machine_compiles_and_runs_inside() {
    let toolchains = toolchains();
    let c = "#include <stdio.h>\nint main(void) { puts(\"hello\"); }";
    let cpp = "#include <iostream>\nint main() { std::cout << \"hello\\n\"; }";
    let java = "public class M { public static void main(String[] a) throws Exception {\
        new java.net.ServerSocket(80).close(); System.out.println(\"hello\"); } }";
    let go = "package main\nfunc main() { println(\"hello\") }";
    let cases: [(&str, &str, &str, &str); 9] = [
        ("python3", "m.py", "print('hello')", "python3 m.py"),
        ("python2", "m.py", "print 'hello'", "python2 m.py"),
        ("node", "m.js", "console.log('hello')", "node m.js"),
        ("gcc", "m.c", c, "gcc -o m m.c && ./m"),
        ("g++", "m.cc", cpp, "g++ -o m m.cc && ./m"),
        ("javac", "M.java", java, "javac M.java && java M"),
        (
            "rustc",
            "m.rs",
            "fn main() { println!(\"hello\") }",
            "rustc m.rs && ./m",
        ),
        ("go", "m.go", go, "go run m.go 2>&1"),
        ("perl", "m.pl", "print \"hello\\n\"", "perl m.pl"),
    ];
    for (tool, name, source, command) in cases {
        if !toolchains.found.contains_key(tool) {
            eprintln!("SKIPPED: no {tool} here");
            continue;
        }
        let mut sandbox = sandbox_or_skip!(Config {
            toolchains: toolchains.clone(),
            limits: Limits::for_build(),
            ..with_files(&[(name, source)])
        });
        let launch = Launch {
            watch: false,
            ..Launch::new(["sh", "-c", command])
        };
        let (exit, out, err) = run(&mut sandbox, launch).await;
        assert_eq!(
            (exit, out.as_str(), err.as_str()),
            (Exit::Code(0), "hello\n", ""),
            "{tool}"
        );
    }
}

#[tokio::test]
async fn java_runs_within_the_default_limits_and_is_seen_to_wait() {
    let toolchains = toolchains();
    if !toolchains.found.contains_key("javac") {
        eprintln!("SKIPPED: no javac here");
        return;
    }
    let source = "import java.net.*; public class M { public static void main(String[] a) throws Exception {\
        System.out.println(\"up\"); new ServerSocket(8080, 5, InetAddress.getByName(\"127.0.0.1\")).accept(); } }";
    let config = Config {
        toolchains,
        ..with_files(&[("M.java", source)])
    };
    let sandbox = sandbox_or_skip!(config);
    // A single source file: the compiler runs inside the same machine.
    let launch = Launch {
        stdout: StdoutKind::Terminal,
        ..Launch::new(["java", "M.java"])
    };
    let started = sandbox.spawn(launch).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "up\n");
    let waits = stuck(&sandbox, started.id).await;
    assert!(matches!(waits, StuckIn::Accept { .. }), "{waits:?}");
}

/// A grader that starts a stubborn daemon, says so, and waits: for the test below to kill.
#[tokio::test]
#[ignore = "run by `nothing_survives_a_grader_that_is_killed`"]
async fn a_grader_to_be_killed() {
    let mark = std::env::var("SOCKLAB_TEST_MARK").unwrap();
    let sandbox = sandbox_or_skip!(Config::default());
    let daemon = format!(
        "import os, signal, time\n\
         if os.fork(): os._exit(0)\n\
         os.setsid(); signal.signal(15, signal.SIG_IGN); signal.signal(1, signal.SIG_IGN)\n\
         print('{mark}', flush=True); time.sleep(600)"
    );
    let started = sandbox.spawn(python(&daemon)).await.unwrap();
    println!("\nup: {}", first_line(&started.stdout).await);
    std::future::pending::<()>().await;
}

#[test]
fn nothing_survives_a_grader_that_is_killed() {
    use std::io::BufRead;
    let mark = format!("mark-{}", std::process::id());
    let mut grader = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "a_grader_to_be_killed",
            "--nocapture",
        ])
        .env("SOCKLAB_TEST_MARK", &mark)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(grader.stdout.take().unwrap()).lines();
    let up = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("up: ")));
    if up.is_none() {
        eprintln!("SKIPPED: no sandbox here");
    }
    let was_running = is_running(&mark);
    grader.kill().unwrap();
    grader.wait().unwrap();
    assert_eq!(was_running, up.is_some());
    let deadline = std::time::Instant::now() + LONG;
    while is_running(&mark) {
        assert!(std::time::Instant::now() < deadline, "the daemon lives on");
        std::thread::yield_now();
    }
}

/// Whether a process has `mark` in its command line.
fn is_running(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(mark))
}

#[tokio::test]
async fn bombs_end_with_their_sandbox_and_the_one_beside_them_works_on() {
    let bombs = [
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "import os\nwhile True:\n    try:\n        if os.fork() == 0: os.setsid()\n    except OSError: pass",
        "import os\nos.kill(-1, 9)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(0, 2 << 30, 4096): m[i] = 1",
        "import os\nd = bytes(1 << 20)\nfor n in range(9999):\n    open(f'/dev/shm/{n}', 'wb').write(d)",
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(600,)).start()",
        "while True: print('x' * 10000)",
    ];
    for bomb in bombs {
        let sandbox = sandbox_or_skip!(Config::default());
        let launch = Launch {
            watch: false,
            ..python(bomb)
        };
        let started = sandbox.spawn(launch).await.unwrap();
        let mut honest = sandbox_or_skip!(Config::default());
        let (exit, out, _) = run(&mut honest, python("print('fine')")).await;
        assert_eq!(
            (exit, out.as_str()),
            (Exit::Code(0), "fine\n"),
            "beside {bomb}"
        );
        // The sandbox still answers, whatever its programs do.
        let snapshot = tokio::time::timeout(LONG, sandbox.snapshot()).await;
        assert!(snapshot.is_ok_and(|snapshot| snapshot.is_ok()), "{bomb}");
        let closed = tokio::time::timeout(LONG, sandbox.close()).await;
        assert!(closed.is_ok(), "{bomb}");
        drop(started);
    }
}
