//! UDP sender: sends one datagram.

use std::io;
use std::net::UdpSocket;

const MESSAGE: &[u8] = b"Hello, world";

fn main() -> io::Result<()> {
    // Port 0 asks the system for a free one.
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.send_to(MESSAGE, "127.0.0.1:5005")?;
    println!("Sent {} bytes from {}", MESSAGE.len(), socket.local_addr()?);
    Ok(())
}
