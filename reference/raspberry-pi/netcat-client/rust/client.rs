//! A small netcat: connects, sends two messages, closes.

use std::io::{self, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const HOST: &str = "127.0.0.1";
const PORT: u16 = 1234;
const MESSAGES: [&[u8]; 2] = [b" Hello World ", b" and good bye \n"];

fn main() -> ExitCode {
    // `connect` looks the host up and tries one address after another, as getaddrinfo(3) is used in C.
    match TcpStream::connect((HOST, PORT)).and_then(talk) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{HOST}:{PORT}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends all messages; the connection closes at the end of the function.
fn talk(mut connection: TcpStream) -> io::Result<()> {
    for message in MESSAGES {
        connection.write_all(message)?;
    }
    Ok(())
}
