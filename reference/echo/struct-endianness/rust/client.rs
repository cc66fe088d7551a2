//! Sends the same two values in both byte orders.

use std::io::{self, Write};
use std::net::TcpStream;

const INT: i32 = 1;
const FLOAT: f32 = 2.7;

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() -> io::Result<()> {
    let little = [INT.to_le_bytes(), FLOAT.to_le_bytes()].concat();
    let big = [INT.to_be_bytes(), FLOAT.to_be_bytes()].concat();

    let mut connection = TcpStream::connect("127.0.0.1:10001")?;
    for (order, packed) in [("little", little), ("big", big)] {
        println!("{order} endian: {}", hex(&packed));
        connection.write_all(&packed)?;
    }
    Ok(())
}
