//! TCP echo client that tells its user when nobody listens.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const SERVER: &str = "127.0.0.1:65432";
const MESSAGE: &[u8] = b"Hello, world";

/// Sends the message and returns as many bytes of answer.
fn echo(mut connection: TcpStream) -> io::Result<Vec<u8>> {
    connection.write_all(MESSAGE)?;
    let mut answer = Vec::new();
    connection
        .take(MESSAGE.len() as u64)
        .read_to_end(&mut answer)?;
    Ok(answer)
}

fn main() -> ExitCode {
    let connection = match TcpStream::connect(SERVER) {
        Ok(connection) => connection,
        Err(error) => {
            eprintln!("Cannot connect to {SERVER}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match echo(connection) {
        Ok(answer) => {
            println!("Received {}", String::from_utf8_lossy(&answer));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("Lost the connection to {SERVER}: {error}");
            ExitCode::FAILURE
        }
    }
}
