//! Accepted client: sends what the user types, shows the answers, ends at `closed`.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const SERVER: &str = "127.0.0.1:8000";
const LONGEST_MESSAGE: usize = 1024;

fn main() -> ExitCode {
    match TcpStream::connect(SERVER).and_then(converse) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot talk to {SERVER}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends lines and shows answers until the server answers `closed`, or leaves, or the input ends.
fn converse(mut connection: TcpStream) -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let mut buffer = [0; LONGEST_MESSAGE];
    loop {
        print!("Enter a message: ");
        io::stdout().flush()?;
        let Some(line) = lines.next().transpose()? else {
            println!();
            return Ok(());
        };
        if line.is_empty() {
            continue; // nothing would be sent, so nothing would be answered
        }
        let message = line.as_bytes();
        connection.write_all(&message[..message.len().min(LONGEST_MESSAGE)])?;
        let length = connection.read(&mut buffer)?;
        if length == 0 {
            println!("The server has left");
            return Ok(());
        }
        let answer = String::from_utf8_lossy(&buffer[..length]);
        println!("Received: {answer}");
        if answer == "closed" {
            return Ok(());
        }
    }
}
