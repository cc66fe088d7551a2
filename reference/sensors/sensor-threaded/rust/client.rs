//! A sensor that reports over TCP. Usage: client [HOST PORT]

use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const HOST: &str = "127.0.0.1";
const PORT: u16 = 5811;
const PERIOD: Duration = Duration::from_millis(200);
const READINGS: u32 = 10;
const STATION: &str = "attic";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().unwrap_or(HOST.to_string());
    let port = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(PORT);
    match TcpStream::connect((host.as_str(), port)).and_then(report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{host}:{port}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends readings at fixed times, while another thread shows the answers as they come.
fn report(mut server: TcpStream) -> io::Result<()> {
    let answers = BufReader::new(server.try_clone()?);
    let listener = thread::spawn(move || {
        for line in answers.lines().map_while(Result::ok) {
            println!("{line}");
        }
    });
    let start = Instant::now();
    for number in 1..=READINGS {
        let temperature = 18.0 + random_below(1300) as f64 / 100.0;
        let light = random_below(1000);
        let line = format!("reading {number} {temperature:.2} C {light} lux from {STATION}\n");
        server.write_all(line.as_bytes())?;
        thread::sleep((start + PERIOD * number).saturating_duration_since(Instant::now()));
    }
    // No more readings; the server answers what it has and closes.
    server.shutdown(Shutdown::Write)?;
    let _ = listener.join();
    Ok(())
}

/// A random number from 0 to `bound` - 1. The keys of a hash map are the only randomness in the standard library.
fn random_below(bound: u64) -> u64 {
    RandomState::new().hash_one(0) % bound
}
