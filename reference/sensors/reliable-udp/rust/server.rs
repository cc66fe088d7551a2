//! Receives numbered readings over an unreliable link and shows each once, in order. Usage: server PORT

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;

/// How far a reading may be in front of the expected one.
const AHEAD: u32 = 64;

/// What is known of one client.
struct Session {
    expected: u32,
    /// Readings that came before their turn.
    early: BTreeMap<u32, String>,
}

impl Session {
    fn new() -> Self {
        Session {
            expected: 1,
            early: BTreeMap::new(),
        }
    }

    /// Notes a reading and shows all whose turn it is.
    fn take(&mut self, number: u32, value: String) {
        if (self.expected..self.expected.saturating_add(AHEAD)).contains(&number) {
            self.early.insert(number, value);
        }
        while let Some(value) = self.early.remove(&self.expected) {
            println!("reading {}: {value}", self.expected);
            self.expected += 1;
        }
    }
}

fn main() -> ExitCode {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let Some(port) = port else {
        eprintln!("usage: server PORT");
        return ExitCode::FAILURE;
    };
    match serve(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(port: u16) -> io::Result<()> {
    let socket = UdpSocket::bind(("0.0.0.0", port))?;
    let mut sessions: HashMap<(SocketAddr, u32), Session> = HashMap::new();
    let mut buffer = [0; 2048];
    loop {
        let (length, client) = socket.recv_from(&mut buffer)?;
        let Some((identity, number, value)) = parse_data(&buffer[..length]) else {
            continue;
        };
        let session = sessions
            .entry((client, identity))
            .or_insert_with(Session::new);
        session.take(number, value);
        // Old readings are acknowledged, too: the first acknowledgment may have been lost.
        let mut answer = vec![b'A'];
        for field in [identity, number, session.expected] {
            answer.extend_from_slice(&field.to_be_bytes());
        }
        // A datagram that cannot be sent is as good as one that is lost.
        let _ = socket.send_to(&answer, client);
    }
}

/// Session, number and value of a data datagram: `D`, two big-endian numbers, a text.
fn parse_data(datagram: &[u8]) -> Option<(u32, u32, String)> {
    let (kind, rest) = datagram.split_first()?;
    let (identity, rest) = rest.split_first_chunk::<4>()?;
    let (number, value) = rest.split_first_chunk::<4>()?;
    (*kind == b'D').then(|| {
        (
            u32::from_be_bytes(*identity),
            u32::from_be_bytes(*number),
            String::from_utf8_lossy(value).into_owned(),
        )
    })
}
