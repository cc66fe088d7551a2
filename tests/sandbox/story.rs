//! The calls that programs make on their sockets, as they are followed from outside.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};

use socklab::event::{CallKind, CallResult, Exit, SocketCall, Transport};
use socklab::sandbox::{Config, Launch, ProgramId, Sandbox, SocketRequest};

use crate::common::{LONG, exit_of, first_line, python, run, with_files};

const SERVER: &str = "import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', 80)); s.listen(3); print('up', flush=True)
c, _ = s.accept()
while data := c.recv(1024):
    c.sendall(data.upper())
c.close(); s.close(); print('done', flush=True)";

fn followed(launch: Launch) -> Launch {
    Launch {
        story: true,
        ..launch
    }
}

/// A call as `bind Done`.
fn short(calls: &[SocketCall]) -> Vec<String> {
    let result = |call: &SocketCall| match call.result {
        CallResult::Bytes(n) => n.to_string(),
        other => format!("{other:?}"),
    };
    calls
        .iter()
        .map(|call| format!("{} {}", call.call.name(), result(call)))
        .collect()
}

/// A connection to a program inside, from here.
async fn connect(sandbox: &Sandbox, to: &str) -> TcpStream {
    let to: SocketAddr = to.parse().unwrap();
    let socket = sandbox.socket(SocketRequest::tcp_to(to)).await.unwrap();
    let socket = tokio::net::TcpSocket::from_std_stream(TcpStream::from(socket));
    let stream = socket.connect(to).await.unwrap().into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

async fn calls(sandbox: &Sandbox, program: ProgramId) -> Vec<SocketCall> {
    sandbox.calls(program).await.unwrap().1
}

#[tokio::test]
async fn a_server_is_followed_from_its_socket_to_its_end() {
    let sandbox = sandbox_or_skip!(Config::default());
    let started = sandbox.spawn(followed(python(SERVER))).await.unwrap();
    first_line(&started.stdout).await;
    let mut alice = connect(&sandbox, "127.0.0.1:80").await;
    alice.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    alice.read_exact(&mut answer).unwrap();
    alice.shutdown(std::net::Shutdown::Write).unwrap();
    first_line(&started.stdout).await;
    let calls = calls(&sandbox, started.id).await;
    let wanted = [
        "socket Done",
        "bind Done",
        "listen Done",
        "accept Done",
        "recv 5",
        "send 5",
        "recv Ended",
        "close Done",
        "close Done",
    ];
    assert_eq!(short(&calls)[..9], wanted, "{calls:#?}");
    assert_eq!(calls[1].place.as_deref(), Some("127.0.0.1:80"));
    assert_eq!(calls[2].asked, Some(3));
    let alice = alice.local_addr().unwrap().to_string();
    assert_eq!(calls[3].place, Some(alice));
    assert_eq!(calls[4].asked, Some(1024));
    assert_eq!(calls[5].bytes.0, b"HELLO");
    assert!(calls.iter().all(|call| call.transport == Transport::Tcp));
    // The listening socket is one, the connection another.
    let numbers: Vec<u32> = calls[..9].iter().map(|call| call.socket).collect();
    assert_eq!(numbers, [1, 1, 1, 2, 2, 2, 2, 2, 1]);
}

#[tokio::test]
async fn what_a_program_waits_in_and_what_failed_is_told() {
    let sandbox = sandbox_or_skip!(Config::default());
    let program = "import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 9))
for place in ('127.0.0.1', 1), ('10.1.2.3', 80):
    try: socket.create_connection(place)
    except OSError: pass
s = socket.socket(); s.bind(('127.0.0.1', 80)); s.listen()
try: s.recv(10)
except OSError: pass
print('up', flush=True); s.accept()";
    let started = sandbox.spawn(followed(python(program))).await.unwrap();
    first_line(&started.stdout).await;
    // The thread has printed and is on its way into accept().
    crate::common::stuck(&sandbox, started.id).await;
    let calls = calls(&sandbox, started.id).await;
    let of = |kind| calls.iter().filter(move |call| call.call == kind);
    let refused: Vec<_> = of(CallKind::Connect).collect();
    assert_eq!(refused.len(), 2, "{calls:#?}");
    assert!(refused.iter().all(|call| call.result == CallResult::Failed));
    assert_eq!(refused[1].place.as_deref(), Some("10.1.2.3:80"));
    let received = of(CallKind::Receive).next().expect("recv on the listener");
    assert_eq!(received.result, CallResult::Failed);
    assert_eq!(calls.last().map(|call| call.call), Some(CallKind::Accept));
    assert_eq!(
        calls.last().map(|call| call.result),
        Some(CallResult::Waits)
    );
}

#[tokio::test]
async fn a_loop_of_equal_calls_takes_one_line_and_the_rest_is_counted() {
    let sandbox = sandbox_or_skip!(Config::default());
    let program = "import socket
s = socket.socket(); s.bind(('127.0.0.1', 80)); s.listen(); print('up', flush=True)
c, _ = s.accept()
for _ in range(2000): c.recv(10)
for i in range(900): c.send(b'%d' % i)
print('done', flush=True)";
    let started = sandbox.spawn(followed(python(program))).await.unwrap();
    first_line(&started.stdout).await;
    let alice = connect(&sandbox, "127.0.0.1:80").await;
    alice.shutdown(std::net::Shutdown::Write).unwrap();
    first_line(&started.stdout).await;
    let (_, calls, more) = sandbox.calls(started.id).await.unwrap();
    let ended = calls
        .iter()
        .find(|call| call.result == CallResult::Ended)
        .expect("the end");
    assert_eq!(ended.times, 2000);
    assert!(calls.len() <= 400 && more > 500, "{} + {more}", calls.len());
}

#[tokio::test]
async fn datagrams_are_told_with_their_places() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let program = "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 5005))
print('up', flush=True)
data, place = s.recvfrom(1024); s.sendto(data, place); print('done', flush=True)";
    let started = sandbox.spawn(followed(python(program))).await.unwrap();
    first_line(&started.stdout).await;
    let at = "127.0.0.1:7000".parse().unwrap();
    let alice = UdpSocket::from(sandbox.socket(SocketRequest::udp(at)).await.unwrap());
    alice.send_to(b"ping", "127.0.0.1:5005").unwrap();
    exit_of(&mut sandbox, started.id).await;
    let calls = calls(&sandbox, started.id).await;
    let names: Vec<_> = calls.iter().map(|call| call.call.name()).collect();
    let wanted = ["socket", "bind", "recv", "send", "close", "exit"];
    assert_eq!(names, wanted, "{calls:#?}");
    // The exit is on no socket.
    let on_socket = &calls[..5];
    assert!(
        on_socket
            .iter()
            .all(|call| call.transport == Transport::Udp)
    );
    assert_eq!(calls[3].place.as_deref(), Some("127.0.0.1:7000"));
    assert_eq!(calls[3].bytes.0, b"ping");
}

#[tokio::test]
async fn a_program_that_cannot_be_run_is_refused_and_hangs_nobody() {
    let mut sandbox = sandbox_or_skip!(with_files(&[("x.sh", "#!/no/such/shell\n")]));
    let refused = sandbox.spawn(followed(Launch::new(["/bin/sh", "x"]))).await;
    drop(refused);
    let broken = sandbox.spawn(followed(Launch::new(["./x.sh"]))).await;
    assert!(broken.is_err());
    let (exit, out, _) = run(&mut sandbox, followed(python("print('well')"))).await;
    assert_eq!((exit, out.as_str()), (Exit::Code(0), "well\n"));
}

#[tokio::test]
async fn followed_threads_and_children_behave_as_ever() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let program = "import os, socket, threading
a, b = socket.socketpair()
def echo():
    while data := b.recv(100): b.sendall(data)
thread = threading.Thread(target=echo); thread.start()
total = 0
for i in range(300):
    a.sendall(b'%d' % i); total += len(a.recv(100))
a.shutdown(socket.SHUT_WR); thread.join()
child = os.fork()
if child == 0: os._exit(7)
print(total, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
os.kill(os.getpid(), 15)";
    let (exit, out, err) = run(&mut sandbox, followed(python(program))).await;
    assert_eq!((exit, out.as_str()), (Exit::Signal(15), "790 7\n"), "{err}");
}

/// What each followed call costs a program: `cargo test --release --test sandbox following -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn what_following_costs() {
    let program = "import socket, time
a, b = socket.socketpair()
for _ in range(200): a.send(b'x'); b.recv(1)
t = time.perf_counter()
for _ in range(5000): a.send(b'x'); b.recv(1)
print((time.perf_counter() - t) / 10000 * 1e6)";
    for story in [false, true, false, true] {
        let mut sandbox = sandbox_or_skip!(Config::default());
        let launch = Launch {
            story,
            ..python(program)
        };
        let (_, out, _) = run(&mut sandbox, launch).await;
        eprintln!("followed: {story}: {} microseconds per call", out.trim());
    }
}
