//! Client of the request-handler server: a new connection for every line.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const HOST: &str = "localhost";
const PORT: u16 = 21567;

fn main() -> io::Result<ExitCode> {
    loop {
        let line = read_line()?;
        if line.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        match ask(&line) {
            Ok(answer) => println!("{}", String::from_utf8_lossy(&answer).trim()),
            Err(error) => {
                eprintln!("cannot reach {HOST}:{PORT}: {error}");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
}

/// Sends one line on a connection of its own and returns the line that comes back.
fn ask(line: &str) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect((HOST, PORT))?;
    server.write_all(format!("{line}\r\n").as_bytes())?;
    let mut answer = Vec::new();
    BufReader::new(server).read_until(b'\n', &mut answer)?;
    Ok(answer)
}

/// The line that the user types; empty at the end of the input, too.
fn read_line() -> io::Result<String> {
    print!("> ");
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_string())
}
