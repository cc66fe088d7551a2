//! Receives three numbers in binary form, from one client after another.

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};

/// Two ints of four bytes and a float of four.
const SIZE: usize = 12;

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The values, if there are enough bytes for them.
fn unpack(bytes: &[u8]) -> Option<(i32, i32, f32)> {
    let (words, []) = bytes.as_chunks::<4>() else {
        return None;
    };
    let &[first, second, third] = words else {
        return None;
    };
    Some((
        i32::from_ne_bytes(first),
        i32::from_ne_bytes(second),
        f32::from_ne_bytes(third),
    ))
}

/// Prints the values of one client.
fn serve(connection: TcpStream) -> io::Result<()> {
    let mut bytes = Vec::new();
    connection.take(SIZE as u64).read_to_end(&mut bytes)?;
    println!("received {}", hex(&bytes));
    match unpack(&bytes) {
        Some(values) => println!("unpacked {values:?}"),
        None => println!("that is too short: {} of {SIZE} bytes", bytes.len()),
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:10001")?;
    loop {
        let (connection, address) = listener.accept()?;
        if let Err(error) = serve(connection) {
            println!("lost {address}: {error}");
        }
    }
}
