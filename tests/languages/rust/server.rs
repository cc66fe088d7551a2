//! TCP echo server: a thread for each client.

use std::io;
use std::net::{TcpListener, TcpStream};

fn serve(stream: &TcpStream) -> io::Result<u64> {
    let (mut from, mut to) = (stream, stream);
    io::copy(&mut from, &mut to)
}

fn main() -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 65432))?;
    loop {
        let (stream, peer) = listener.accept()?;
        println!("client {peer}");
        std::thread::spawn(move || {
            if let Err(problem) = serve(&stream) {
                eprintln!("{peer}: {problem}");
            }
        });
    }
}
