//! A sensor that reports over UDP. Usage: client_udp [HOST PORT]

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

const HOST: &str = "127.0.0.1";
const PORT: u16 = 5812;
const PERIOD: Duration = Duration::from_millis(200);
const READINGS: u32 = 10;
const STATION: &str = "cellar";

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().unwrap_or(HOST.to_string());
    let port: u16 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(PORT);
    let socket = UdpSocket::bind(("0.0.0.0", 0))?;
    socket.connect((host.as_str(), port))?;
    let start = Instant::now();
    for number in 1..=READINGS {
        let temperature = 18.0 + random_below(1300) as f64 / 100.0;
        let light = random_below(1000);
        let line = format!("reading {number} {temperature:.2} C {light} lux from {STATION}\n");
        let due = start + PERIOD * number;
        match ask(&socket, &line, due) {
            Ok(answer) => println!("{}", answer.trim()),
            Err(error) => println!("reading {number} not acknowledged: {error}"),
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// Sends a reading; an answer that has not come when the next reading is due is given up.
fn ask(socket: &UdpSocket, line: &str, due: Instant) -> io::Result<String> {
    socket.send(line.as_bytes())?;
    let patience = due.saturating_duration_since(Instant::now());
    socket.set_read_timeout(Some(patience.max(Duration::from_millis(10))))?;
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

/// A random number from 0 to `bound` - 1. The keys of a hash map are the only randomness in the standard library.
fn random_below(bound: u64) -> u64 {
    RandomState::new().hash_one(0) % bound
}
