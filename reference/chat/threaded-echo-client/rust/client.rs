//! Threaded echo client: says hello, then sends what the user types, until that is `end`.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const SERVER: &str = "127.0.0.1:8080";
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

/// Sends messages and shows the answers until the user types `end`, or the server leaves, or the input ends.
fn converse(mut connection: TcpStream) -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let mut buffer = [0; LONGEST_MESSAGE];
    let mut message = "Hello from the client".to_owned();
    loop {
        connection.write_all(message.as_bytes())?;
        if message == "end" {
            return Ok(());
        }
        let length = connection.read(&mut buffer)?;
        if length == 0 {
            println!("The server has left");
            return Ok(());
        }
        println!(
            "From the server: {}",
            String::from_utf8_lossy(&buffer[..length])
        );
        message = match ask(&mut lines)? {
            Some(message) => message,
            None => return Ok(()),
        };
    }
}

/// The next line that is not empty (an empty message would send nothing, so nothing would be answered).
fn ask(lines: &mut io::Lines<io::StdinLock<'_>>) -> io::Result<Option<String>> {
    loop {
        print!("Message: ");
        io::stdout().flush()?;
        match lines.next().transpose()? {
            Some(line) if line.is_empty() => {}
            line => return Ok(line),
        }
    }
}
