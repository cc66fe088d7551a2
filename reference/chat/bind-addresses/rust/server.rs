//! A server that is bound to the address and port given as arguments. Usage: `server ADDRESS PORT`

use std::env;
use std::net::TcpListener;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, port] = arguments.as_slice() else {
        eprintln!("usage: server ADDRESS PORT");
        return ExitCode::FAILURE;
    };
    let listener = match TcpListener::bind(format!("{address}:{port}")) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot bind {address} port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Listening at {address} port {port}");
    for client in listener.incoming().flatten() {
        // The address that was dialled tells which of ours was used.
        if let (Ok(caller), Ok(own)) = (client.peer_addr(), client.local_addr()) {
            println!("{caller} has reached us at {}", own.ip());
        }
    }
    ExitCode::SUCCESS
}
