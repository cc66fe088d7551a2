//! Echo server for one client after another: one read per connection.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

const PORT: u16 = 1234;

/// Sends back what one read gives.
fn serve(mut connection: TcpStream) -> io::Result<usize> {
    let mut buffer = [0; 4096];
    let count = connection.read(&mut buffer)?;
    connection.write_all(&buffer[..count])?;
    Ok(count)
}

fn main() -> ExitCode {
    let listener = match TcpListener::bind(("0.0.0.0", PORT)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("Failed to bind to port {PORT}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Waiting for clients on port {PORT}");
    loop {
        match listener.accept() {
            Ok((connection, address)) => match serve(connection) {
                Ok(count) => println!("{address} sent {count} bytes"),
                Err(error) => println!("{address} is gone: {error}"),
            },
            Err(error) => println!("A client got lost: {error}"),
        }
    }
}
