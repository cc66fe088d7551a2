//! A small netcat that listens: shows what its one client sends.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

/// Every address of this machine.
const HOST: &str = "0.0.0.0";
const PORT: u16 = 1234;

fn main() -> ExitCode {
    let accepted = TcpListener::bind((HOST, PORT)).and_then(|listener| listener.accept());
    let client = match accepted {
        Ok((client, address)) => {
            println!("connected from {address}");
            client
        }
        Err(error) => {
            eprintln!("port {PORT}: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = show(client) {
        println!("client lost: {error}");
    }
    ExitCode::SUCCESS
}

/// Copies the client's bytes to the screen as they are, a line end after each piece.
fn show(mut client: TcpStream) -> io::Result<()> {
    let mut screen = io::stdout();
    let mut buffer = [0; 1024];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        screen.write_all(&buffer[..length])?;
        screen.write_all(b"\n")?;
        screen.flush()?;
    }
}
