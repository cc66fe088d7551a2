//! Asks a web server for its first page and shows the beginning of the answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

const HOST: &str = "www.google.com";
const PORT: u16 = 80;
/// Bytes of the answer to show.
const MOST: u64 = 1000;
/// How long the server may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match run() {
        Ok(answer) => {
            println!("{}", String::from_utf8_lossy(&answer));
            ExitCode::SUCCESS
        }
        Err(message) => {
            println!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The beginning of the answer, or what went wrong.
fn run() -> Result<Vec<u8>, String> {
    let address = resolve().ok_or_else(|| format!("Failed to get host {HOST}"))?;
    let server = TcpStream::connect(address)
        .map_err(|error| format!("Failed to connect to {address}: {error}"))?;
    let answer =
        ask(server).map_err(|error| format!("Failed to get an answer from {HOST}: {error}"))?;
    if answer.is_empty() {
        return Err(format!("{HOST} closed the connection without an answer"));
    }
    Ok(answer)
}

/// The first IPv4 address of the host, with the port.
fn resolve() -> Option<SocketAddr> {
    let mut addresses = (HOST, PORT).to_socket_addrs().ok()?;
    addresses.find(SocketAddr::is_ipv4)
}

fn ask(mut server: TcpStream) -> io::Result<Vec<u8>> {
    server.set_read_timeout(Some(PATIENCE))?;
    // "Connection: close" makes the server close when its answer is complete.
    let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    server.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    server.take(MOST).read_to_end(&mut answer)?;
    Ok(answer)
}
