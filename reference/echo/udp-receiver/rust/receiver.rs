//! UDP receiver: prints the payload of every datagram.

use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:65432")?;
    let mut buffer = [0; 1024];
    loop {
        // What does not fit into the buffer is cut off.
        let (count, _address) = socket.recv_from(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..count]);
        println!("received message: {text}");
    }
}
