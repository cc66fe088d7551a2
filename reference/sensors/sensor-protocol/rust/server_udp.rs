//! Sensor server over UDP. Usage: server_udp [PORT]

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};

const PORT: u16 = 5812;

/// A message of the protocol: `reading 3 21.50 C 400 lux from attic`.
struct Reading {
    number: u32,
    temperature: f64,
    light: u32,
    station: String,
}

impl Reading {
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [
                "reading",
                number,
                temperature,
                "C",
                light,
                "lux",
                "from",
                station,
            ] => Some(Reading {
                number: number.parse().ok()?,
                temperature: temperature.parse().ok()?,
                light: light.parse().ok()?,
                station: station.to_string(),
            }),
            _ => None,
        }
    }
}

fn main() -> io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(PORT);
    let socket = UdpSocket::bind(("0.0.0.0", port))?;
    let mut buffer = [0; 2048];
    // Sum and count of the temperatures of each sensor.
    let mut means: HashMap<SocketAddr, (f64, f64)> = HashMap::new();
    loop {
        let (length, sensor) = socket.recv_from(&mut buffer)?;
        let line = String::from_utf8_lossy(&buffer[..length]);
        let Some(reading) = Reading::parse(&line) else {
            println!("no reading: {}", line.trim());
            continue;
        };
        println!(
            "reading {} from {}: {:.2} degrees, {} lux",
            reading.number, reading.station, reading.temperature, reading.light
        );
        let (sum, count) = means.entry(sensor).or_default();
        *sum += reading.temperature;
        *count += 1.0;
        let answer = format!("stored {} mean {:.2}\n", reading.number, *sum / *count);
        socket.send_to(answer.as_bytes(), sensor)?;
    }
}
