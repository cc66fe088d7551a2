//! Accepted server over UDP: `accepted` for each datagram, `closed` for the last.

use std::io;
use std::net::UdpSocket;

const ADDRESS: &str = "127.0.0.1:8000";
const LONGEST_MESSAGE: usize = 1024;

fn main() -> io::Result<()> {
    let socket = UdpSocket::bind(ADDRESS)?;
    println!("Waiting at {ADDRESS}");
    let mut buffer = [0; LONGEST_MESSAGE];
    loop {
        let (length, sender) = socket.recv_from(&mut buffer)?;
        let message = String::from_utf8_lossy(&buffer[..length]);
        println!("Received: {message}");
        if message.trim().eq_ignore_ascii_case("close") {
            socket.send_to(b"closed", sender)?;
            return Ok(());
        }
        socket.send_to(b"accepted", sender)?;
    }
}
