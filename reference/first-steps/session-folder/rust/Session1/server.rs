//! Greeting server: serves clients one after another, greets each and closes; Ctrl-C stops it.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

const ADDRESS: &str = "192.168.1.36:8081";
const GREETING: &[u8] = b"Hello from the teacher's server";

fn main() -> ExitCode {
    // `bind` sets SO_REUSEADDR and listens, too.
    let listener = match TcpListener::bind(ADDRESS) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot use the port of {ADDRESS}: {error}");
            return ExitCode::FAILURE;
        }
    };
    interrupt::install();
    println!("Waiting at {ADDRESS}");
    for (number, client) in (1..).zip(listener.incoming()) {
        // A client that breaks off is no reason to stop: the next one is welcome.
        if let Err(error) = client.and_then(|client| serve(number, client)) {
            println!("client lost: {error}");
        }
    }
    ExitCode::SUCCESS
}

/// Shows what one client says, greets it and closes.
fn serve(number: u64, mut client: TcpStream) -> io::Result<()> {
    println!("CONNECTION: {number}. From {}", client.peer_addr()?);
    let mut buffer = [0; 2048];
    let length = client.read(&mut buffer)?;
    println!("Message: {}", String::from_utf8_lossy(&buffer[..length]));
    client.write_all(GREETING)
}

/// What happens at Ctrl-C. The standard library has no words for signals, so the C library's are used.
mod interrupt {
    const SIGINT: i32 = 2;
    const STDOUT: i32 = 1;
    const FAREWELL: &[u8] = b"Server stopped by the user\n";

    unsafe extern "C" {
        fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
        fn write(file: i32, bytes: *const u8, length: usize) -> isize;
        fn _exit(status: i32) -> !;
    }

    pub fn install() {
        // SAFETY: `stop` has the type that signal() asks for and lives as long as the program.
        unsafe { signal(SIGINT, stop) };
    }

    extern "C" fn stop(_number: i32) {
        // SAFETY: both calls are allowed inside a signal handler (signal-safety(7)), and the bytes are
        // constants. The kernel closes the listening socket when the program ends.
        unsafe {
            write(STDOUT, FAREWELL.as_ptr(), FAREWELL.len());
            _exit(0)
        }
    }
}
