//! Accepted server: one client, `accepted` for each message, `closed` for the last.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

const ADDRESS: &str = "127.0.0.1:8000";
const LONGEST_MESSAGE: usize = 1024;

fn main() -> io::Result<()> {
    let listener = TcpListener::bind(ADDRESS)?;
    println!("Listening on {ADDRESS}");
    let (client, address) = listener.accept()?;
    // One client only: nobody else is taken from now on.
    drop(listener);
    println!("Accepted connection from {address}");
    converse(client)?;
    println!("Connection closed");
    Ok(())
}

/// Answers messages until the client says close, or leaves; then closes its connection.
fn converse(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; LONGEST_MESSAGE];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            println!("The client has left");
            return Ok(());
        }
        let message = String::from_utf8_lossy(&buffer[..length]);
        println!("Received: {message}");
        if message.trim().eq_ignore_ascii_case("close") {
            return client.write_all(b"closed");
        }
        client.write_all(b"accepted")?;
    }
}
