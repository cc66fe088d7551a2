//! Echo server on a Unix stream socket, for one client. Usage: server PATH

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: server PATH");
        return ExitCode::FAILURE;
    };
    let listener = match UnixListener::bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot use {path}: {error} (does the file exist already?)");
            return ExitCode::FAILURE;
        }
    };
    let result = listener.accept().and_then(|(client, _)| serve(client));
    // The file is ours, so it goes when we go, whatever became of the client.
    let removed = fs::remove_file(&path);
    match result.and(removed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends everything back until the client has no more to say.
fn serve(mut client: UnixStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        client.write_all(&buffer[..length])?;
    }
}
