//! Chat client: asks for messages and delivers each of them over a connection of its own.

use std::io::{self, BufRead, Write};
use std::net::TcpStream;

const SERVER: &str = "192.168.124.179:8080";

fn main() -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    loop {
        print!("Message: ");
        io::stdout().flush()?;
        let Some(message) = lines.next() else {
            println!(); // Ctrl-D: the user has nothing more to say
            return Ok(());
        };
        let message = message?;
        if message.is_empty() {
            continue;
        }
        if let Err(error) = deliver(&message) {
            println!("not delivered to {SERVER}: {error}");
        }
    }
}

/// Connects, sends one message, closes.
fn deliver(message: &str) -> io::Result<()> {
    let mut connection = TcpStream::connect(SERVER)?;
    connection.write_all(message.as_bytes())
}
