//! Timestamp client over UDP: sends each typed line as one datagram and shows the answer.

use std::io::{self, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

/// `localhost` in IPv4.
const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
const PORT: u16 = 21567;
/// How long to wait for an answer; a datagram may be lost.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut buffer = [0; 65_535];
    loop {
        let line = read_line()?;
        if line.is_empty() {
            return Ok(());
        }
        socket.send_to(line.as_bytes(), (HOST, PORT))?;
        match socket.recv_from(&mut buffer) {
            Ok((length, _)) => println!("{}", String::from_utf8_lossy(&buffer[..length]).trim()),
            Err(error) => println!("no answer from the server: {error}"),
        }
    }
}

/// The line that the user types; empty at the end of the input, too.
fn read_line() -> io::Result<String> {
    print!("> ");
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_string())
}
