// Looks for hidden tests and for the world while it is built.
use std::{fs, net::TcpStream, time::Duration};

fn main() {
    let mut found = String::new();
    for place in ["/etc/shadow", "@HOME@/canary.txt", "@CLASS@/beside/server.py", "/proc/1/environ"] {
        if let Ok(bytes) = fs::read(place) {
            found += &format!("LEAK: {place}: {bytes:?}\n");
        }
    }
    for place in ["8.8.8.8:53", "169.254.169.254:80", "192.0.2.1:80"] {
        if TcpStream::connect_timeout(&place.parse().unwrap(), Duration::from_millis(300)).is_ok() {
            found += &format!("LEAK: {place} answers\n");
        }
    }
    fs::write("src/found.txt", found).unwrap();
}
