//! Hello client: connects to the teacher's server, says one sentence and closes.

use std::io::{self, Write};
use std::net::TcpStream;
use std::process::ExitCode;

const SERVER: &str = "192.168.124.179:8080";
const MESSAGE: &str = "HELLO FROM THE CLIENT!!!";

fn main() -> ExitCode {
    match say_hello() {
        Ok(()) => {
            println!("message sent");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot talk to {SERVER}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn say_hello() -> io::Result<()> {
    let mut connection = TcpStream::connect(SERVER)?;
    connection.write_all(MESSAGE.as_bytes())
    // The connection is closed here, where its variable goes out of scope.
}
