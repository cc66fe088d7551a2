//! TCP echo client: sends one message and prints the echo.

use std::io::{self, Read, Write};
use std::net::TcpStream;

const MESSAGE: &[u8] = b"Hello, world";

fn main() -> io::Result<()> {
    let mut connection = TcpStream::connect("127.0.0.1:65432")?;
    connection.write_all(MESSAGE)?;

    // An echo has as many bytes as the message, in however many pieces it comes.
    let mut answer = Vec::new();
    let mut echo = connection.take(MESSAGE.len() as u64);
    echo.read_to_end(&mut answer)?;

    println!("Received {}", String::from_utf8_lossy(&answer));
    Ok(())
}
