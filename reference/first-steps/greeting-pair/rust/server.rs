//! Greeting server of the pair. Usage: `server [ADDRESS PORT]`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

const GREETING: &[u8] = b"Hello from the teacher's server";

fn main() -> ExitCode {
    let place = place();
    let listener = match TcpListener::bind(&place) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot use the port of {place}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Waiting at {place}");
    for (number, client) in (1..).zip(listener.incoming()) {
        // A client that breaks off is no reason to stop: the next one is welcome.
        if let Err(error) = client.and_then(|client| serve(number, client)) {
            println!("client lost: {error}");
        }
    }
    ExitCode::SUCCESS
}

/// Shows what one client says, greets it and closes.
fn serve(number: u64, mut client: TcpStream) -> io::Result<()> {
    println!("CONNECTION: {number}. From {}", client.peer_addr()?);
    let mut buffer = [0; 2048];
    let length = client.read(&mut buffer)?;
    println!("Message: {}", String::from_utf8_lossy(&buffer[..length]));
    client.write_all(GREETING)
}

/// Where to wait: as the arguments say, else as the handout says.
fn place() -> String {
    match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [address, port] => format!("{address}:{port}"),
        _ => "192.168.1.36:8081".to_owned(),
    }
}
