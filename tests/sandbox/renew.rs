//! Sandboxes that are used again: nothing of one launch is left for the next.

use socklab::event::{Exit, Transport};
use socklab::sandbox::{
    BrokerError, Config, Launch, Limits, RingSpec, Sandbox, SandboxEvent, SocketRequest, Spares,
    StdinKind, StdoutKind,
};

use crate::common::{LONG, event, first_line, image, launcher, python, run, sandbox_of, stuck};

/// Tells all that it finds, then leaves behind whatever a program can.
const LITTERS: &str = r"
import os, socket, sys
print('pid', os.getpid())
print('user', os.readlink('/proc/self/ns/user'))
print('net', os.readlink('/proc/self/ns/net'))
print('tty', os.ttyname(1), sorted(os.listdir('/dev/pts')))
print('processes', sorted(p for p in os.listdir('/proc') if p.isdigit()))
for place in ['/box', '/tmp', '/dev/shm']:
    print(place, sorted(os.listdir(place)))
    open(place + '/left', 'w').write('behind')
open('/box/main.py', 'w').write('changed')
server = socket.socket()
server.bind(('', 8080))
server.listen()
abstract = socket.socket(socket.AF_UNIX)
abstract.bind('\0taken')
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import signal
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True: signal.pause()
    os._exit(0)
print('ready')
sys.stdout.flush()
# The end that closes first keeps the port: TIME_WAIT.
here, _ = server.accept()
here.close()
server.accept()
";

fn config(spares: &Spares) -> Config {
    Config {
        image: image(&[("main.py", "print('as handed in')")]),
        capture: Some(RingSpec::default()),
        spares: Some(spares.clone()),
        ..Config::default()
    }
}

/// What `LITTERS` finds, and what the number of its user namespace is.
async fn littered(sandbox: &mut Sandbox) -> (Vec<String>, String) {
    let launch = Launch {
        stdin: StdinKind::Terminal {
            columns: 80,
            rows: 24,
        },
        stdout: StdoutKind::Terminal,
        ..python(LITTERS)
    };
    let started = sandbox.spawn(launch).await.expect("it starts");
    let mut told = String::new();
    while !told.ends_with("ready\n") {
        let more = first_line(&started.stdout).await;
        assert!(!more.is_empty(), "it ended early: {told}");
        told.push_str(&more);
    }
    let at = "127.0.0.1:8080".parse().unwrap();
    let client = sandbox
        .socket(SocketRequest::tcp_to(at))
        .await
        .expect("connects");
    let place = loop {
        if let SandboxEvent::Listening { place, .. } = event(sandbox).await {
            break place;
        }
    };
    assert_eq!(place.port(), Some((Transport::Tcp, 8080)));
    stuck(sandbox, started.id).await;
    drop(client);
    let user = |line: &&str| line.starts_with("user ");
    let (own, others): (Vec<&str>, Vec<&str>) = told.lines().partition(user);
    let others = others.into_iter().filter(|line| !line.starts_with("net "));
    (others.map(str::to_owned).collect(), own.concat())
}

#[tokio::test]
async fn nothing_of_a_launch_is_left_for_the_next() {
    let (launcher, spares) = (launcher(), Spares::default());
    let Some(mut first) = sandbox_of(&launcher, config(&spares)).await else {
        return;
    };
    let (found, user) = littered(&mut first).await;
    let _held = first
        .socket(SocketRequest::udp("127.0.0.1:9".parse().unwrap()))
        .await;
    let inspector = first.inspector();
    first.put_by();
    let gone = inspector.flushed_snapshot().await;
    assert!(matches!(gone, Err(BrokerError::Gone)), "another life");
    for _ in 0..3 {
        let mut again = sandbox_of(&launcher, config(&spares)).await.expect("again");
        assert!(again.capture_socket().is_some());
        let snapshot = again.snapshot().await.unwrap();
        assert!(snapshot.processes.is_empty(), "{:?}", snapshot.processes);
        let internet = |transport| transport != Transport::Unix;
        let mut sockets = snapshot.sockets.iter();
        assert!(
            !sockets.any(|socket| internet(socket.transport)),
            "{:?}",
            snapshot.sockets
        );
        let (found_again, same_user) = littered(&mut again).await;
        assert_eq!(found_again, found);
        assert_eq!(same_user, user, "it was not renewed, but made");
        again.put_by();
    }
    let mut last = sandbox_of(&launcher, config(&spares))
        .await
        .expect("the last");
    let (exit, out, _) = run(&mut last, Launch::new(["python3", "main.py"])).await;
    assert_eq!((exit, out.as_str()), (Exit::Code(0), "as handed in\n"));
    drop((last, spares));
    tokio::time::timeout(LONG, launcher.idle())
        .await
        .expect("all sandboxes end with their spares");
}

#[tokio::test]
async fn a_renewed_sandbox_is_what_is_asked_for() {
    let (launcher, spares) = (launcher(), Spares::default());
    let user = async |config: Config| {
        let mut sandbox = sandbox_of(&launcher, config).await?;
        let program = "import os; print(os.readlink('/proc/self/ns/user'))";
        let (_, out, _) = run(&mut sandbox, python(program)).await;
        sandbox.put_by();
        Some(out)
    };
    let Some(first) = user(config(&spares)).await else {
        return;
    };
    let six = "fd00::7".parse().unwrap();
    let renewed = Config {
        ipv6: vec![six],
        unprivileged_ports: false,
        writable_box: false,
        image: image(&[("other.py", "")]),
        ..config(&spares)
    };
    let mut sandbox = sandbox_of(&launcher, renewed).await.expect("renewed");
    let program = "import os, socket\n\
        print(os.readlink('/proc/self/ns/user'), os.listdir('/box'))\n\
        socket.create_server(('fd00::7', 2000), family=socket.AF_INET6)\n\
        try: socket.create_server(('', 80))\n\
        except PermissionError: print('80')\n\
        try: open('/box/new', 'w')\n\
        except OSError as error: print(error.strerror)";
    let (exit, out, err) = run(&mut sandbox, python(program)).await;
    assert_eq!(exit, Exit::Code(0), "{err}");
    let expected = format!("{} ['other.py']\n80\nRead-only file system\n", first.trim());
    assert_eq!(out, expected);
    sandbox.put_by();
    // What cannot be changed makes another sandbox.
    let named = Config {
        hosts: vec![("10.0.0.1".parse().unwrap(), "elsewhere".to_owned())],
        ..config(&spares)
    };
    let roomy = Config {
        limits: Limits {
            memory: 256 << 20,
            ..Limits::default()
        },
        ..config(&spares)
    };
    for other in [named, roomy] {
        assert_ne!(user(other).await.expect("another"), first);
    }
    assert_eq!(user(config(&spares)).await.expect("the same"), first);
    assert_ne!(
        user(config(&Spares::default())).await.expect("of others"),
        first,
        "another submission's"
    );
}

#[tokio::test]
async fn a_spare_that_has_died_is_replaced() {
    let (launcher, spares) = (launcher(), Spares::default());
    let Some(mut first) = sandbox_of(&launcher, config(&spares)).await else {
        return;
    };
    let program = "import os; print(os.readlink('/proc/self/ns/pid'))";
    let (_, namespace, _) = run(&mut first, python(program)).await;
    first.put_by();
    let Some(init) = process_1_of(namespace.trim()) else {
        eprintln!("SKIPPED: this user may not see the namespaces of init");
        return;
    };
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &init])
        .status()
        .expect("kill");
    assert!(killed.success());
    let mut second = sandbox_of(&launcher, config(&spares))
        .await
        .expect("a new one");
    let (exit, other, _) = run(&mut second, python(program)).await;
    assert_eq!(exit, Exit::Code(0));
    assert_ne!(other, namespace);
}

/// The number, out here, of the first process of a pid namespace.
fn process_1_of(namespace: &str) -> Option<String> {
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut names = processes.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.find(|pid| {
        let link = std::fs::read_link(format!("/proc/{pid}/ns/pid"));
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let mut numbers = status.lines().filter(|line| line.starts_with("NSpid:"));
        link.is_ok_and(|link| link.to_string_lossy() == namespace)
            && numbers.any(|line| line.ends_with("\t1"))
    })
}

#[tokio::test]
async fn programs_of_a_sandbox_that_is_put_by_die_at_once() {
    let (launcher, spares) = (launcher(), Spares::default());
    let Some(sandbox) = sandbox_of(&launcher, config(&spares)).await else {
        return;
    };
    let program = sandbox
        .spawn(python("print('here', flush=True)\nwhile True: pass"))
        .await
        .unwrap();
    assert_eq!(first_line(&program.stdout).await, "here\n");
    sandbox.put_by();
    // Its end of the pipe closes only with the program.
    assert_eq!(first_line(&program.stdout).await, "");
}
