//! Sensor server over TCP. Usage: server_tcp [PORT]

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

const PORT: u16 = 5811;

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
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    for sensor in listener.incoming() {
        if let Err(error) = sensor.and_then(serve) {
            println!("sensor lost: {error}");
        }
    }
    Ok(())
}

/// Answers a sensor until it closes. The newline marks the end of a message, wherever segments begin and end.
fn serve(mut sensor: TcpStream) -> io::Result<()> {
    let lines = BufReader::new(sensor.try_clone()?).lines();
    let (mut sum, mut count) = (0.0, 0.0);
    for line in lines {
        let line = line?;
        let Some(reading) = Reading::parse(&line) else {
            println!("no reading: {line}");
            continue;
        };
        println!(
            "reading {} from {}: {:.2} degrees, {} lux",
            reading.number, reading.station, reading.temperature, reading.light
        );
        sum += reading.temperature;
        count += 1.0;
        sensor
            .write_all(format!("stored {} mean {:.2}\n", reading.number, sum / count).as_bytes())?;
    }
    Ok(())
}
