//! A faulty link for TCP: cuts, delays, limits or resets streams; FIN, half-close and RST pass faithfully.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::RecvFlags;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc};

use super::stream::READ_SIZE;

/// What the link does to one direction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamFaults {
    /// Bytes pass in pieces of this size, each a segment of its own, which passes when the one before it has been read; after
    /// [`MOST_SLICES`] of them, as they come.
    pub slice: Option<usize>,
    /// What is sent in two goes passes as one segment. The first waits this long for the second, three times as long while
    /// the sender sleeps, and not at all when the sender waits for an answer.
    pub coalesce: Duration,
    /// Each piece is held back this long.
    pub delay: Duration,
    /// The connection is reset after this many bytes.
    pub reset_after: Option<u64>,
    /// Nothing more passes after this many bytes.
    pub limit_bytes: Option<u64>,
    /// Nothing passes.
    pub dead: bool,
    /// Bytes per second.
    pub rate: Option<u64>,
}

/// What is known of the programs at the two ends of a link. Connections are named by the address of the link's own end.
pub trait Ends: Send + Sync + 'static {
    /// Comes back when the program at the other end has read all that was sent to it, or does nothing about it. What of
    /// the time it sleeps is taken from `patience`; with nothing left, this comes back at once.
    fn read(&self, local: SocketAddr, patience: &mut Duration) -> impl Future<Output = ()> + Send;

    /// Comes back when the program at the other end has sent all that it sends in one go, and says why it paused.
    fn said(&self, local: SocketAddr) -> impl Future<Output = Pause> + Send;
}

/// Why a program sends nothing more at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// It waits for something that others must do, for ever.
    Stuck,
    /// It sleeps until a time.
    Sleep,
    /// For some other reason.
    Unknown,
}

/// How long, in all, a program that sleeps is waited for to read the pieces of one direction of a connection.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How many times [`StreamFaults::coalesce`] a sender is waited for that sleeps: it will go on by itself.
const WHILE_ASLEEP: u32 = 3;

/// So many pieces show how a program reads; each costs a look at it.
const MOST_SLICES: usize = 256;

/// How many reads may wait to pass; then the sender's window fills.
const MOST_WAITING: usize = 16;

/// A running link. Ends when it is dropped.
pub struct StreamRelay {
    faults: Arc<Mutex<[StreamFaults; 2]>>,
    held: Arc<AtomicUsize>,
    tasks: tokio::task::JoinSet<()>,
}

impl StreamRelay {
    /// Starts a link: clients connect to `front`; each gets one of the `back` sockets, connected to `server`.
    ///
    /// # Errors
    /// When the listener cannot be registered with the runtime.
    pub fn start(
        front: OwnedFd,
        back: Vec<OwnedFd>,
        server: SocketAddr,
        faults: [StreamFaults; 2],
        ends: impl Ends,
    ) -> io::Result<Self> {
        let std_listener = std::net::TcpListener::from(front);
        std_listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(std_listener)?;
        let faults = Arc::new(Mutex::new(faults));
        let shared = faults.clone();
        let held = Arc::new(AtomicUsize::new(0));
        let counter = held.clone();
        let ends = Arc::new(ends);
        let mut spare = back;
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut inner = tokio::task::JoinSet::new();
            loop {
                let Ok((client, _)) = listener.accept().await else {
                    continue;
                };
                let Some(socket) = spare.pop() else { continue };
                let ends = ends.clone();
                let (faults, held) = (shared.clone(), counter.clone());
                inner.spawn(async move {
                    carry(client, socket, server, &faults, &held, &*ends).await;
                });
            }
        });
        Ok(StreamRelay {
            faults,
            held,
            tasks,
        })
    }

    /// Changes what the link does, from the next piece on.
    pub fn set(&self, faults: [StreamFaults; 2]) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Whether bytes are still held back inside the link.
    pub fn busy(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0
    }

    /// Ends the link.
    pub fn stop(&mut self) {
        self.tasks.abort_all();
    }
}

async fn carry(
    client: TcpStream,
    socket: OwnedFd,
    server: SocketAddr,
    faults: &Mutex<[StreamFaults; 2]>,
    held: &AtomicUsize,
    ends: &impl Ends,
) {
    let socket = TcpSocket::from_std_stream(std::net::TcpStream::from(socket));
    let Ok(server) = socket.connect(server).await else {
        reset(&client);
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let way = |from, to, index| Way {
        from,
        to,
        index,
        faults,
        held,
        ends,
    };
    let broken = Notify::new();
    let up = way(&client, &server, 0).run(&broken);
    let down = way(&server, &client, 1).run(&broken);
    tokio::select! {
        _ = async { tokio::join!(up, down) } => {}
        () = broken.notified() => {
            reset(&client);
            reset(&server);
        }
    }
}

fn reset(stream: &TcpStream) {
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

/// One direction of a connection.
struct Way<'a, E> {
    from: &'a TcpStream,
    to: &'a TcpStream,
    /// Which of the faults are its own.
    index: usize,
    faults: &'a Mutex<[StreamFaults; 2]>,
    held: &'a AtomicUsize,
    ends: &'a E,
}

/// What was taken in and has not passed yet, or that the sender has reset the connection.
type Taken<'a> = Result<(Vec<u8>, Held<'a>), Reset>;

struct Reset;

impl<'a, E: Ends> Way<'a, E> {
    /// Copies until the end of the stream, then half-closes the other side; tells `broken` about a reset.
    async fn run(self, broken: &Notify) {
        // What has come is taken in while what came before it is held back: what was sent apart stays apart.
        let (into, out) = mpsc::channel(MOST_WAITING);
        let pass_on = async {
            match self.pass_on(out).await {
                Ok(()) => {
                    let _ = rustix::net::shutdown(self.to, rustix::net::Shutdown::Write);
                }
                Err(Reset) => broken.notify_one(),
            }
        };
        tokio::join!(self.take_in(into), pass_on);
    }

    fn now(&self) -> StreamFaults {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)[self.index].clone()
    }

    async fn take_in(&self, into: mpsc::Sender<Taken<'a>>) {
        loop {
            let mut bytes = vec![0; READ_SIZE];
            let mut length = 0;
            let went_on = self.read(&mut bytes, &mut length).await;
            let held = Held::new(self.held);
            let faults = self.now();
            let went_on = match went_on {
                Ok(()) if length > 0 && !faults.coalesce.is_zero() => {
                    self.gather(&mut bytes, &mut length, faults.coalesce).await
                }
                other => other,
            };
            if went_on.is_ok() && length == 0 {
                return;
            }
            // What came before a reset passes before it.
            bytes.truncate(length);
            let sent = into.send(Ok((bytes, held))).await;
            if let Err(reset) = went_on {
                let _ = into.send(Err(reset)).await;
                return;
            }
            if sent.is_err() {
                return;
            }
        }
    }

    /// Adds what comes next to the first `length` bytes; nothing at the end of the stream.
    async fn read(&self, bytes: &mut [u8], length: &mut usize) -> Result<(), Reset> {
        loop {
            self.from.readable().await.map_err(|_| Reset)?;
            match self.from.try_read(&mut bytes[*length..]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(Reset),
                Ok(more) => {
                    *length += more;
                    return Ok(());
                }
            }
        }
    }

    /// Adds what else the sender sends in the same go, and with a `window` what it sends in the next one.
    async fn gather(
        &self,
        bytes: &mut [u8],
        length: &mut usize,
        window: Duration,
    ) -> Result<(), Reset> {
        let pause = self.gather_one(bytes, length).await?;
        let window = match pause {
            Pause::Stuck => Duration::ZERO,
            Pause::Sleep => window * WHILE_ASLEEP,
            Pause::Unknown => window,
        };
        let before = *length;
        if !window.is_zero() && before < bytes.len() {
            let next = self.read(bytes, length);
            if let Ok(end) = tokio::time::timeout(window, next).await {
                end?;
            }
        }
        if *length > before {
            self.gather_one(bytes, length).await?;
        }
        Ok(())
    }

    async fn gather_one(&self, bytes: &mut [u8], length: &mut usize) -> Result<Pause, Reset> {
        loop {
            let pause = match self.from.local_addr() {
                Ok(local) => self.ends.said(local).await,
                Err(_) => Pause::Unknown,
            };
            if *length == bytes.len() {
                return Ok(pause);
            }
            // Not by way of the runtime, which may not have heard of it yet.
            match rustix::net::recv(self.from, &mut bytes[*length..], RecvFlags::DONTWAIT) {
                Ok((0, _)) | Err(Errno::AGAIN | Errno::INTR) => return Ok(pause),
                Ok((more, _)) => *length += more,
                Err(_) => return Err(Reset),
            }
        }
    }

    async fn pass_on(&self, mut out: mpsc::Receiver<Taken<'a>>) -> Result<(), Reset> {
        let mut passed = 0u64;
        let (mut patience, mut slices) = (PATIENCE, 0);
        while let Some(taken) = out.recv().await {
            let (bytes, _held) = taken?;
            let faults = self.now();
            if faults.dead {
                continue;
            }
            let limit = faults.limit_bytes.unwrap_or(u64::MAX);
            let room = usize::try_from(limit.saturating_sub(passed)).unwrap_or(usize::MAX);
            let bytes = &bytes[..bytes.len().min(room)];
            let mut rest = bytes;
            while !rest.is_empty() {
                let slice = faults.slice.filter(|_| slices < MOST_SLICES);
                let (piece, more) =
                    rest.split_at(slice.map_or(rest.len(), |n| n.clamp(1, rest.len())));
                wait_before(piece.len(), &faults).await;
                write_all(self.to, piece).await.map_err(|_| Reset)?;
                if let (Some(_), Ok(local)) = (faults.slice, self.to.local_addr()) {
                    self.ends.read(local, &mut patience).await;
                    slices += 1;
                }
                rest = more;
            }
            passed += bytes.len() as u64;
            if faults.reset_after.is_some_and(|limit| passed >= limit) {
                return Err(Reset);
            }
        }
        Ok(())
    }
}

/// Counts bytes as held back for as long as it lives, however its user ends.
struct Held<'a>(&'a AtomicUsize);

impl<'a> Held<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Held(count)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn wait_before(length: usize, faults: &StreamFaults) {
    let mut wait = faults.delay;
    if let Some(rate) = faults.rate.filter(|rate| *rate > 0) {
        wait += Duration::from_secs_f64(length as f64 / rate as f64);
    }
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

async fn write_all(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::AtomicBool;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Semaphore;

    use super::*;

    /// Programs of which is known what a test says.
    #[derive(Clone)]
    struct Told {
        reads: Arc<Semaphore>,
        pause: Pause,
        asked: Arc<AtomicBool>,
    }

    impl Told {
        fn new(pause: Pause) -> Told {
            Told {
                reads: Arc::new(Semaphore::new(0)),
                pause,
                asked: Arc::default(),
            }
        }
    }

    impl Ends for Told {
        async fn read(&self, _: SocketAddr, _: &mut Duration) {
            self.reads.acquire().await.unwrap().forget();
        }

        async fn said(&self, _: SocketAddr) -> Pause {
            self.asked.store(true, Ordering::SeqCst);
            self.pause
        }
    }

    /// A client, the link, and what the server has accepted.
    async fn link(faults: StreamFaults, ends: Told) -> (TcpStream, StreamRelay, TcpStream) {
        let any = (Ipv4Addr::LOCALHOST, 0);
        let listener = TcpListener::bind(any).await.unwrap();
        let front = std::net::TcpListener::bind(any).unwrap();
        let at = front.local_addr().unwrap();
        let back = rustix::net::socket_with(
            rustix::net::AddressFamily::INET,
            rustix::net::SocketType::STREAM,
            rustix::net::SocketFlags::NONBLOCK,
            None,
        );
        let faults = [faults, StreamFaults::default()];
        let server = listener.local_addr().unwrap();
        let relay = StreamRelay::start(front.into(), vec![back.unwrap()], server, faults, ends);
        let client = TcpStream::connect(at).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (client, relay.unwrap(), server)
    }

    #[tokio::test]
    async fn a_piece_passes_when_the_one_before_it_has_been_read_and_goes_stay_apart() {
        let ends = Told::new(Pause::Sleep);
        let faults = StreamFaults {
            slice: Some(3),
            ..StreamFaults::default()
        };
        let (mut client, relay, mut server) = link(faults, ends.clone()).await;
        client.write_all(b"abcdefgh").await.unwrap();
        let mut came = [0; 64];
        assert_eq!(server.read(&mut came).await.unwrap(), 3);
        assert_eq!(&came[..3], b"abc");
        // Meanwhile the client goes on, and ends.
        client.write_all(b"12345").await.unwrap();
        drop(client);
        for piece in [&b"def"[..], b"gh", b"123", b"45", b""] {
            assert!(relay.busy());
            ends.reads.add_permits(1);
            let length = server.read(&mut came).await.unwrap();
            assert_eq!(&came[..length], piece);
        }
    }

    #[tokio::test]
    async fn two_goes_of_a_sender_that_sleeps_pass_together_and_one_that_waits_for_an_answer_at_once()
     {
        let faults = StreamFaults {
            coalesce: Duration::from_secs(3600),
            ..StreamFaults::default()
        };
        let ends = Told::new(Pause::Sleep);
        let (mut client, _relay, mut server) = link(faults.clone(), ends.clone()).await;
        client.write_all(b"one").await.unwrap();
        while !ends.asked.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        client.write_all(b"two").await.unwrap();
        let mut came = [0; 64];
        assert_eq!(server.read(&mut came).await.unwrap(), 6);
        client.write_all(b"last").await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(server.read(&mut came).await.unwrap(), 4);

        let (mut client, _relay, mut server) = link(faults, Told::new(Pause::Stuck)).await;
        client.write_all(b"question").await.unwrap();
        assert_eq!(server.read(&mut came).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn a_reset_after_so_many_bytes_reaches_both_ends_though_nobody_says_more() {
        let faults = StreamFaults {
            reset_after: Some(4),
            ..StreamFaults::default()
        };
        let (mut client, _relay, mut server) = link(faults, Told::new(Pause::Sleep)).await;
        client.write_all(b"four").await.unwrap();
        let reset =
            |end: io::Result<usize>| end.unwrap_err().kind() == io::ErrorKind::ConnectionReset;
        let mut came = [0; 64];
        assert!(reset(client.read(&mut came).await));
        // The bytes may be there before the reset, or be lost to it.
        let first = server.read(&mut came).await;
        if first.as_ref().is_ok_and(|length| *length > 0) {
            assert!(reset(server.read(&mut came).await));
        } else {
            assert!(reset(first));
        }
    }
}
