//! Timestamp client: sends each typed line to the server and shows the answer.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const HOST: &str = "localhost";
const PORT: u16 = 21567;

fn main() -> ExitCode {
    let server = match TcpStream::connect((HOST, PORT)) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("cannot connect to {HOST}:{PORT}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("connection lost: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends line after line until the user types an empty one or the server closes.
fn talk(mut server: TcpStream) -> io::Result<()> {
    let mut answers = BufReader::new(server.try_clone()?);
    loop {
        let line = read_line()?;
        if line.is_empty() {
            return Ok(());
        }
        server.write_all(format!("{line}\r\n").as_bytes())?;
        let mut answer = Vec::new();
        answers.read_until(b'\n', &mut answer)?;
        if answer.is_empty() {
            println!("the server has closed the connection");
            return Ok(());
        }
        println!("{}", String::from_utf8_lossy(&answer).trim());
    }
}

/// The line that the user types; empty at the end of the input, too.
fn read_line() -> io::Result<String> {
    print!("> ");
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_string())
}
