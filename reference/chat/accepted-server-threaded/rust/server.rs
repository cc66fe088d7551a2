//! Accepted server for many clients: a thread for each, `accepted` for each message, `closed` for the last.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const ADDRESS: &str = "127.0.0.1:8000";
const LONGEST_MESSAGE: usize = 1024;

fn main() -> io::Result<()> {
    let listener = TcpListener::bind(ADDRESS)?;
    println!("Listening on {ADDRESS}");
    loop {
        let (client, address) = listener.accept()?;
        println!("Accepted connection from {address}");
        // `move` gives this client's socket to its thread, and to no other.
        thread::spawn(move || {
            if let Err(error) = converse(client) {
                println!("Lost {address}: {error}");
            }
            println!("Connection to {address} closed");
        });
    }
}

/// Answers messages of one client until it says close, or leaves; then closes its connection.
fn converse(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; LONGEST_MESSAGE];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
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
