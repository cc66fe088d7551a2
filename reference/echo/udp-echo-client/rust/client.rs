//! UDP echo client: sends a message and prints the reply, or gives up after a while.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

const SERVER: &str = "127.0.0.1:5005";
const MESSAGE: &[u8] = b"Hello, world";
const PATIENCE: Duration = Duration::from_secs(2);

/// Sends the message and returns the reply with its sender.
fn ask() -> io::Result<(Vec<u8>, SocketAddr)> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send_to(MESSAGE, SERVER)?;
    let mut buffer = vec![0; 65_507];
    let (count, address) = socket.recv_from(&mut buffer)?;
    buffer.truncate(count);
    Ok((buffer, address))
}

fn main() -> ExitCode {
    match ask() {
        Ok((reply, address)) => {
            println!(
                "Received {} from {address}",
                String::from_utf8_lossy(&reply)
            );
            ExitCode::SUCCESS
        }
        // What a read that takes too long reports, depending on the system.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            eprintln!("No reply from {SERVER} within {PATIENCE:?}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{SERVER}: {error}");
            ExitCode::FAILURE
        }
    }
}
