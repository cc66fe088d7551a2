//! Sends numbered readings over an unreliable link (selective repeat). Usage: client HOST PORT COUNT

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::UdpSocket;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Readings on their way at the same time.
const WINDOW: u32 = 8;
/// Bounds of the time to wait for an acknowledgment.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_millis(500);
/// After this long without any acknowledgment the link counts as dead.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long to wait for an acknowledgment, learnt from the ones that came (RFC 6298); in seconds.
struct Waiting {
    smoothed: f64,
    variation: f64,
}

impl Waiting {
    fn learn(&mut self, sample: Duration) {
        let difference = sample.as_secs_f64() - self.smoothed;
        self.variation += (difference.abs() - self.variation) / 4.0;
        self.smoothed += difference / 8.0;
    }

    /// The waiting time after so many tries; it doubles with each.
    fn time(&self, tries: u32) -> Duration {
        let wait = Duration::from_secs_f64(self.smoothed + 4.0 * self.variation).max(SHORTEST);
        (wait * 2u32.pow((tries - 1).min(4))).min(LONGEST)
    }
}

/// A reading that is not acknowledged yet.
struct Flight {
    datagram: Vec<u8>,
    tries: u32,
    sent: Instant,
    due: Instant,
}

struct Client {
    socket: UdpSocket,
    session: u32,
    count: u32,
    next: u32,
    flights: BTreeMap<u32, Flight>,
    waiting: Waiting,
    last_answer: Instant,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, count] = &arguments[..] else {
        eprintln!("usage: client HOST PORT COUNT");
        return ExitCode::FAILURE;
    };
    let (Ok(port), Ok(count)) = (port.parse(), count.parse()) else {
        eprintln!("PORT and COUNT are numbers");
        return ExitCode::FAILURE;
    };
    match Client::new(host, port, count).and_then(|mut client| client.run()) {
        Ok(()) => {
            println!("all readings have arrived");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

impl Client {
    fn new(host: &str, port: u16, count: u32) -> io::Result<Self> {
        let socket = UdpSocket::bind(("0.0.0.0", 0))?;
        socket.connect((host, port))?;
        Ok(Client {
            socket,
            session: random() as u32,
            count,
            next: 1,
            flights: BTreeMap::new(),
            waiting: Waiting {
                smoothed: 0.1,
                variation: 0.025,
            },
            last_answer: Instant::now(),
        })
    }

    /// Sends all readings; ends when each is acknowledged.
    fn run(&mut self) -> io::Result<()> {
        while self.next <= self.count || !self.flights.is_empty() {
            self.send_new();
            self.receive()?;
            if self.last_answer.elapsed() > PATIENCE {
                let message = format!("no answer for {} seconds, giving up", PATIENCE.as_secs());
                return Err(io::Error::other(message));
            }
            let now = Instant::now();
            for flight in self.flights.values_mut().filter(|flight| flight.due <= now) {
                transmit(&self.socket, &self.waiting, flight);
            }
        }
        Ok(())
    }

    /// Sends as many new readings as the window has room for.
    fn send_new(&mut self) {
        let first = self.flights.keys().next().copied().unwrap_or(self.next);
        while self.next <= self.count && self.next < first + WINDOW {
            let value = format!("{:.2}", 15.0 + (random() % 2000) as f64 / 100.0);
            println!("reading {}: {value}", self.next);
            let mut datagram = vec![b'D'];
            datagram.extend_from_slice(&self.session.to_be_bytes());
            datagram.extend_from_slice(&self.next.to_be_bytes());
            datagram.extend_from_slice(value.as_bytes());
            let now = Instant::now();
            let mut flight = Flight {
                datagram,
                tries: 0,
                sent: now,
                due: now,
            };
            transmit(&self.socket, &self.waiting, &mut flight);
            self.flights.insert(self.next, flight);
            self.next += 1;
        }
    }

    /// Waits for one acknowledgment, no longer than until the next reading is due.
    fn receive(&mut self) -> io::Result<()> {
        let soonest = self.flights.values().map(|flight| flight.due).min();
        let wait = soonest.map_or(SHORTEST, |due| {
            due.saturating_duration_since(Instant::now())
        });
        self.socket
            .set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        let mut buffer = [0; 64];
        // An error means that nothing came, or that nobody listens there at the moment.
        let Ok(length) = self.socket.recv(&mut buffer) else {
            return Ok(());
        };
        let Some((session, number, expected)) = parse_acknowledgment(&buffer[..length]) else {
            return Ok(());
        };
        if session != self.session {
            return Ok(());
        }
        self.last_answer = Instant::now();
        // After a second try nobody knows which of them was answered (Karn's rule).
        if let Some(flight) = self.flights.get(&number).filter(|flight| flight.tries == 1) {
            self.waiting.learn(flight.sent.elapsed());
        }
        self.flights
            .retain(|&known, _| known != number && known >= expected);
        Ok(())
    }
}

/// Sends a reading, for the first time or again.
fn transmit(socket: &UdpSocket, waiting: &Waiting, flight: &mut Flight) {
    flight.tries += 1;
    flight.sent = Instant::now();
    flight.due = flight.sent + waiting.time(flight.tries);
    // A datagram that cannot be sent is as good as one that is lost; it will be due again.
    let _ = socket.send(&flight.datagram);
}

/// Session, number that has come and number expected next: `A` and three big-endian numbers.
fn parse_acknowledgment(datagram: &[u8]) -> Option<(u32, u32, u32)> {
    let (b'A', rest) = datagram.split_first()? else {
        return None;
    };
    let (session, rest) = rest.split_first_chunk::<4>()?;
    let (number, rest) = rest.split_first_chunk::<4>()?;
    let (expected, rest) = rest.split_first_chunk::<4>()?;
    rest.is_empty().then(|| {
        (
            u32::from_be_bytes(*session),
            u32::from_be_bytes(*number),
            u32::from_be_bytes(*expected),
        )
    })
}

/// A random number. The keys of a hash map are the only randomness in the standard library.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}
