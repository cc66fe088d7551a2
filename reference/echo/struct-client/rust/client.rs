//! Sends three numbers in binary form.

use std::io::{self, Write};
use std::net::TcpStream;

/// The values one after another in this machine's byte order, without gaps.
fn pack(first: i32, second: i32, third: f32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(first.to_ne_bytes());
    bytes.extend(second.to_ne_bytes());
    bytes.extend(third.to_ne_bytes());
    bytes
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() -> io::Result<()> {
    let packed = pack(1, 4, 2.7);
    let mut connection = TcpStream::connect("127.0.0.1:10001")?;
    println!("sending {}", hex(&packed));
    connection.write_all(&packed)
}
