//! Hello client with a reply: says one sentence and shows what the server answers.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const SERVER: &str = "192.168.124.179:8080";
const MESSAGE: &str = "HELLO FROM THE CLIENT!!!";
const LONGEST_REPLY: u64 = 2048;

fn main() -> ExitCode {
    match talk() {
        Ok(reply) => {
            println!("MESSAGE FROM THE SERVER: {reply}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot talk to {SERVER}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn talk() -> io::Result<String> {
    let mut connection = TcpStream::connect(SERVER)?;
    connection.write_all(MESSAGE.as_bytes())?;
    let mut reply = Vec::new();
    // Reads up to the server's FIN, however many segments that takes.
    connection.take(LONGEST_REPLY).read_to_end(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}
