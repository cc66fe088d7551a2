//! Threaded echo server: a thread for each client, an echo for each message, until it says bye.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const ADDRESS: &str = "0.0.0.0:8080";
const LONGEST_MESSAGE: usize = 1024;

fn main() -> io::Result<()> {
    let listener = TcpListener::bind(ADDRESS)?;
    println!("Listening on {ADDRESS}");
    loop {
        let (client, address) = listener.accept()?;
        println!("Hello, {address}");
        // `move` gives this client's socket to its thread, and to no other.
        thread::spawn(move || {
            if let Err(error) = echo(client) {
                println!("Lost {address}: {error}");
            }
            println!("Bye, {address}");
        });
    }
}

/// Sends messages of one client back until it says bye, or leaves; then closes its connection.
fn echo(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; LONGEST_MESSAGE];
    loop {
        let length = client.read(&mut buffer)?;
        let message = &buffer[..length];
        if message.is_empty() || message.trim_ascii() == b"bye" {
            return Ok(());
        }
        client.write_all(message)?;
    }
}
