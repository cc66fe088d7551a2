//! TCP echo server: serves one client after another and sends back every byte.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

/// Echoes until the client has closed its side.
fn serve(mut connection: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let count = connection.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        connection.write_all(&buffer[..count])?;
    }
}

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:65432")?;
    loop {
        let (connection, address) = listener.accept()?;
        println!("Connected by {address}");
        if let Err(error) = serve(connection) {
            println!("Lost {address}: {error}");
        }
    }
}
