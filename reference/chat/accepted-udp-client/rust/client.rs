//! Accepted client over UDP: sends what the user types, shows the answers, ends at `closed`.

use std::io::{self, BufRead, ErrorKind, Write};
use std::net::UdpSocket;
use std::time::Duration;

const SERVER: &str = "127.0.0.1:8000";
const LONGEST_MESSAGE: usize = 1024;
/// Datagrams may get lost. On one machine an answer takes milliseconds; two seconds are generous.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> io::Result<()> {
    // Port 0 means: any free port. The server answers to the one that is chosen.
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut lines = io::stdin().lock().lines();
    let mut buffer = [0; LONGEST_MESSAGE];
    loop {
        print!("Enter a message: ");
        io::stdout().flush()?;
        let Some(line) = lines.next().transpose()? else {
            println!();
            return Ok(());
        };
        let message = line.as_bytes();
        socket.send_to(&message[..message.len().min(LONGEST_MESSAGE)], SERVER)?;
        let length = match socket.recv_from(&mut buffer) {
            Ok((length, _)) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                println!("No answer; the message or the answer got lost, or nobody is there");
                continue;
            }
            Err(error) => return Err(error),
        };
        let answer = String::from_utf8_lossy(&buffer[..length]);
        println!("Received: {answer}");
        if answer == "closed" {
            return Ok(());
        }
    }
}
