//! The floor: what the checks of `tcp-echo-server` cost when nobody isolates, captures or judges.
//!
//! Each launch gets a port of its own, since there is no private network; the loop dials until the server
//! answers, which is all the readiness it needs for programs that it knows to be right.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The server of every submission.
pub const SERVER: &str = r#"import socket

HOST = "127.0.0.1"
PORT = 65432

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, PORT))
    listener.listen()
    while True:
        connection, address = listener.accept()
        print("Connected by", address)
        try:
            with connection:
                while data := connection.recv(1024):
                    connection.sendall(data)
        except ConnectionResetError:
            pass
"#;

/// Launches at the same time: enough to keep every core busy while some wait.
const AT_ONCE: usize = 8;

/// A conversation of one check.
type Talk = fn(TcpStream, u16) -> std::io::Result<()>;

/// The checks of the exercise, by what they say on the wire.
pub const CHECKS: [Talk; 11] = [
    nothing,
    nothing,
    nothing,
    line,
    binary,
    several,
    stream,
    closes,
    other_client,
    survives,
    nothing,
];

/// Programs that one submission starts: a server for each check, and the client of somebody else.
pub const LAUNCHES: usize = CHECKS.len() + 1;

fn nothing(_: TcpStream, _: u16) -> std::io::Result<()> {
    Ok(())
}

fn echo(client: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    client.write_all(message)?;
    let mut answer = vec![0; message.len()];
    client.read_exact(&mut answer)
}

fn line(mut client: TcpStream, _: u16) -> std::io::Result<()> {
    echo(&mut client, &[b'x'; 40])
}

fn binary(mut client: TcpStream, _: u16) -> std::io::Result<()> {
    echo(&mut client, &(0..=255).collect::<Vec<u8>>())
}

fn several(mut client: TcpStream, _: u16) -> std::io::Result<()> {
    echo(&mut client, &[b'a'; 24])?;
    echo(&mut client, b"b")?;
    echo(&mut client, &[b'c'; 300])
}

fn stream(client: TcpStream, _: u16) -> std::io::Result<()> {
    let mut reading = client.try_clone()?;
    let reader = std::thread::spawn(move || reading.read_exact(&mut vec![0; 200_000]));
    (&client).write_all(&vec![b's'; 200_000])?;
    reader.join().expect("the reader")
}

fn closes(mut client: TcpStream, _: u16) -> std::io::Result<()> {
    echo(&mut client, &[b'x'; 16])?;
    client.shutdown(Shutdown::Write)?;
    client.read(&mut [0; 1]).map(drop)
}

/// The reference client dials the server, as in the check `other-client`.
fn other_client(client: TcpStream, port: u16) -> std::io::Result<()> {
    const CLIENT: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/reference/echo/tcp-echo-client/python/client.py"
    );
    drop(client);
    let place = ["127.0.0.1".to_owned(), port.to_string()];
    let status = python(CLIENT.as_ref()).args(place).status()?;
    assert!(status.success());
    Ok(())
}

fn survives(mut client: TcpStream, port: u16) -> std::io::Result<()> {
    echo(&mut client, &[b'x'; 16])?;
    drop(client);
    for _ in 0..2 {
        echo(
            &mut TcpStream::connect((Ipv4Addr::LOCALHOST, port))?,
            &[b'y'; 16],
        )?;
    }
    Ok(())
}

/// Runs every check of a class of that size; seconds.
pub fn run(folder: &Path, size: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for worker in 0..AT_ONCE {
            let next = &next;
            scope.spawn(move || {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if job >= size * CHECKS.len() {
                        return;
                    }
                    // A port for each launch in turn, below the range that outgoing connections take.
                    let port = 10_000 + (job % 20_000) as u16;
                    launch(
                        &folder.join(format!("floor{worker}.py")),
                        port,
                        CHECKS[job % CHECKS.len()],
                    );
                }
            });
        }
    });
    start.elapsed().as_secs_f64()
}

#[expect(
    clippy::disallowed_methods,
    reason = "dialling again is the readiness of a bare loop, which is what is measured"
)]
fn launch(file: &Path, port: u16, talk: Talk) {
    let program = SERVER.replace("65432", &port.to_string());
    std::fs::write(file, program).expect("a file");
    let mut server = python(file).spawn().expect("python3");
    let client = loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(client) => break client,
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    talk(client, port).expect("an echo");
    server.kill().expect("a running server");
    server.wait().expect("its end");
}

/// Python as in the sandbox, where the system's own interpreter comes first.
fn python(file: &Path) -> Command {
    let mut command = Command::new("python3");
    command
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .arg("-u")
        .arg(file)
        .stdout(Stdio::null());
    command
}
