//! A seeded, faulty link for datagrams: what it does to the n-th datagram of a direction depends on the
//! seed and on n alone, so that a run can be repeated.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::datagram::LARGEST_PAYLOAD;

/// What the link does to one direction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatagramFaults {
    /// Part that is lost, 0 to 1.
    pub loss: f64,
    /// Part that arrives twice, 0 to 1.
    pub duplicate: f64,
    /// Part that is overtaken by the next one, 0 to 1.
    pub reorder: f64,
    /// Part with one flipped bit, 0 to 1.
    pub corrupt: f64,
    /// These are lost, counted from 1.
    pub drop_nth: Vec<u64>,
    /// Held back this long.
    pub delay: Duration,
    /// Up to this much more, drawn from the seed.
    pub jitter: Duration,
    /// Nothing passes.
    pub dead: bool,
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Passed on as it was.
    Passed,
    /// Never passed on.
    Lost,
    /// Passed on twice.
    Duplicated,
    /// Held back until the next one had passed.
    Reordered,
    /// Passed on with one bit flipped.
    Corrupted,
}

impl Fate {
    /// The word for it in events.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Passed => "passed",
            Fate::Lost => "lost",
            Fate::Duplicated => "duplicated",
            Fate::Reordered => "reordered",
            Fate::Corrupted => "corrupted",
        }
    }
}

/// One datagram's passage, told to whoever keeps the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayEvent {
    /// From client to server.
    pub upstream: bool,
    /// What became of it.
    pub fate: Fate,
    /// Its size in bytes.
    pub length: u64,
}

/// How long a datagram that is to be overtaken waits for the next one before it goes on alone.
const LONGEST_HOLD: Duration = Duration::from_millis(30);

struct Shared {
    faults: Mutex<[DatagramFaults; 2]>,
    in_flight: AtomicUsize,
    passed_on: [Notify; 2],
}

/// A running link. Ends when it is dropped.
pub struct DatagramRelay {
    shared: Arc<Shared>,
    tasks: tokio::task::JoinSet<()>,
}

struct Direction {
    seed: u64,
    upstream: bool,
    shared: Arc<Shared>,
    events: UnboundedSender<RelayEvent>,
    count: u64,
}

impl DatagramRelay {
    /// Starts a link: clients send to `front`; each new client gets one of the `back` sockets, from which
    /// its datagrams go to `server`. Clients beyond the number of `back` sockets are not served.
    ///
    /// # Errors
    /// When a socket cannot be registered with the runtime.
    pub fn start(
        front: OwnedFd,
        back: Vec<OwnedFd>,
        server: SocketAddr,
        faults: [DatagramFaults; 2],
        seed: u64,
        events: UnboundedSender<RelayEvent>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            faults: Mutex::new(faults),
            in_flight: AtomicUsize::new(0),
            passed_on: [Notify::new(), Notify::new()],
        });
        let front = Arc::new(register(front)?);
        let mut spare = back
            .into_iter()
            .map(register)
            .collect::<io::Result<Vec<_>>>()?;
        let mut tasks = tokio::task::JoinSet::new();
        let up = Direction {
            seed,
            upstream: true,
            shared: shared.clone(),
            events: events.clone(),
            count: 0,
        };
        let down_shared = shared.clone();
        tasks.spawn(async move {
            let mut clients: BTreeMap<SocketAddr, Arc<UdpSocket>> = BTreeMap::new();
            let mut inner = tokio::task::JoinSet::new();
            let mut up = up;
            let mut buffer = vec![0; LARGEST_PAYLOAD + 1];
            loop {
                let Ok((length, client)) = front.recv_from(&mut buffer).await else {
                    continue;
                };
                if let std::collections::btree_map::Entry::Vacant(e) = clients.entry(client) {
                    let Some(socket) = spare.pop() else { continue };
                    let socket = Arc::new(socket);
                    e.insert(socket.clone());
                    let down = Direction {
                        seed: seed ^ 0x5851_f42d_4c95_7f2d,
                        upstream: false,
                        shared: down_shared.clone(),
                        events: events.clone(),
                        count: 0,
                    };
                    inner.spawn(carry_back(socket, front.clone(), client, down));
                }
                let socket = clients[&client].clone();
                up.carry(buffer[..length].to_vec(), socket, server);
            }
        });
        Ok(DatagramRelay { shared, tasks })
    }

    /// Changes what the link does, from the next datagram on.
    pub fn set(&self, faults: [DatagramFaults; 2]) {
        *self
            .shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Whether datagrams are still held back inside the link.
    pub fn busy(&self) -> bool {
        self.shared.in_flight.load(Ordering::SeqCst) > 0
    }

    /// Ends the link.
    pub fn stop(&mut self) {
        self.tasks.abort_all();
    }
}

fn register(socket: OwnedFd) -> io::Result<UdpSocket> {
    let std_socket = std::net::UdpSocket::from(socket);
    std_socket.set_nonblocking(true)?;
    UdpSocket::from_std(std_socket)
}

async fn carry_back(
    socket: Arc<UdpSocket>,
    front: Arc<UdpSocket>,
    client: SocketAddr,
    mut down: Direction,
) {
    let mut buffer = vec![0; LARGEST_PAYLOAD + 1];
    loop {
        if let Ok((length, _)) = socket.recv_from(&mut buffer).await {
            down.carry(buffer[..length].to_vec(), front.clone(), client);
        }
    }
}

impl Direction {
    /// Decides the datagram's fate and sends it on its way, without waiting for it.
    fn carry(&mut self, mut bytes: Vec<u8>, out: Arc<UdpSocket>, to: SocketAddr) {
        self.count += 1;
        let index = usize::from(!self.upstream);
        let faults = self
            .shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)[index]
            .clone();
        let mut draws = Draws::new(self.seed, self.count);
        let fate = draws.fate(&faults, self.count);
        let _ = self.events.send(RelayEvent {
            upstream: self.upstream,
            fate,
            length: bytes.len() as u64,
        });
        if fate == Fate::Lost {
            return;
        }
        if fate == Fate::Corrupted && !bytes.is_empty() {
            let bit = (draws.next() % (bytes.len() as u64 * 8)) as usize;
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        let wait = faults.delay + faults.jitter.mul_f64(draws.unit());
        if fate != Fate::Reordered && wait.is_zero() {
            // Sent here and now: tasks of their own would overtake one another.
            let copies = if fate == Fate::Duplicated { 2 } else { 1 };
            for _ in 0..copies {
                let flags = rustix::net::SendFlags::DONTWAIT;
                let _ = rustix::net::sendto(&*out, &bytes, flags, &to);
            }
            self.shared.passed_on[index].notify_waiters();
            return;
        }
        let shared = self.shared.clone();
        shared.in_flight.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            if fate == Fate::Reordered {
                let next = shared.passed_on[index].notified();
                let _ = tokio::time::timeout(LONGEST_HOLD, next).await;
            }
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            let copies = if fate == Fate::Duplicated { 2 } else { 1 };
            for _ in 0..copies {
                let _ = out.send_to(&bytes, to).await;
            }
            if fate != Fate::Reordered {
                shared.passed_on[index].notify_waiters();
            }
            shared.in_flight.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): one stream of numbers per datagram.
struct Draws(u64);

impl Draws {
    fn new(seed: u64, count: u64) -> Self {
        let mut draws = Draws(seed ^ count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        draws.next();
        draws
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in 0 ..< 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn fate(&mut self, faults: &DatagramFaults, count: u64) -> Fate {
        let lost = self.unit() < faults.loss;
        if faults.dead || lost || faults.drop_nth.contains(&count) {
            return Fate::Lost;
        }
        if self.unit() < faults.corrupt {
            return Fate::Corrupted;
        }
        if self.unit() < faults.duplicate {
            return Fate::Duplicated;
        }
        if self.unit() < faults.reorder {
            return Fate::Reordered;
        }
        Fate::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_fates() {
        let faults = DatagramFaults {
            loss: 0.2,
            duplicate: 0.1,
            reorder: 0.2,
            ..Default::default()
        };
        let fates = |seed| {
            (1..200)
                .map(|n| Draws::new(seed, n).fate(&faults, n))
                .collect::<Vec<_>>()
        };
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
    }

    #[test]
    fn about_as_many_are_lost_as_asked_for() {
        let faults = DatagramFaults {
            loss: 0.2,
            ..Default::default()
        };
        let lost = (1..=10_000)
            .filter(|&n| Draws::new(1, n).fate(&faults, n) == Fate::Lost)
            .count();
        assert!((1800..2200).contains(&lost), "{lost} of 10000");
    }
}
