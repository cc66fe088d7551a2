//! Hello client of the pair. Usage: `client [ADDRESS PORT]`

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const MESSAGE: &[u8] = b"HELLO FROM THE CLIENT!!!";
const LONGEST_REPLY: u64 = 2048;

fn main() -> ExitCode {
    let server = place();
    match talk(&server) {
        Ok(reply) => {
            println!("MESSAGE FROM THE SERVER: {reply}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot talk to {server}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn talk(server: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(server)?;
    connection.write_all(MESSAGE)?;
    let mut reply = Vec::new();
    // Reads up to the server's FIN, however many segments that takes.
    connection.take(LONGEST_REPLY).read_to_end(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

/// Where the server waits: as the arguments say, else as the handout says.
fn place() -> String {
    match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [address, port] => format!("{address}:{port}"),
        _ => "192.168.1.36:8081".to_owned(),
    }
}
