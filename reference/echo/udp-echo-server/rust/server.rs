//! UDP echo server: sends each datagram back to its sender.

use std::io;
use std::net::UdpSocket;

const PORT: u16 = 5005;

fn main() -> io::Result<()> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT))?;
    println!("Waiting for datagrams on port {PORT}");
    // 65,507 bytes are the most that a datagram over IPv4 can carry.
    let mut buffer = vec![0; 65_507];
    loop {
        let (count, address) = socket.recv_from(&mut buffer)?;
        // One client that cannot be reached must not stop the others.
        match socket.send_to(&buffer[..count], address) {
            Ok(sent) => println!("{sent} bytes for {address}"),
            Err(error) => println!("{address} cannot be reached: {error}"),
        }
    }
}
