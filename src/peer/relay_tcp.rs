//! A faulty link for TCP: cuts, delays, limits or resets streams; FIN, half-close and RST pass faithfully.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

/// What the link does to one direction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamFaults {
    /// Bytes pass in pieces of this size, each a segment of its own.
    pub slice: Option<usize>,
    /// What arrives within this time passes as one segment.
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

/// A running link. Ends when it is dropped.
pub struct StreamRelay {
    faults: Arc<Mutex<[StreamFaults; 2]>>,
    held: Arc<AtomicUsize>,
    tasks: tokio::task::JoinSet<()>,
}

/// The time between two slices, long enough that a reader that is awake sees them apart.
const SLICE_GAP: Duration = Duration::from_millis(2);

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
    ) -> io::Result<Self> {
        let std_listener = std::net::TcpListener::from(front);
        std_listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(std_listener)?;
        let faults = Arc::new(Mutex::new(faults));
        let shared = faults.clone();
        let held = Arc::new(AtomicUsize::new(0));
        let counter = held.clone();
        let mut spare = back;
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut inner = tokio::task::JoinSet::new();
            loop {
                let Ok((client, _)) = listener.accept().await else {
                    continue;
                };
                let Some(socket) = spare.pop() else { continue };
                inner.spawn(carry(
                    client,
                    socket,
                    server,
                    shared.clone(),
                    counter.clone(),
                ));
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
    faults: Arc<Mutex<[StreamFaults; 2]>>,
    held: Arc<AtomicUsize>,
) {
    let socket = TcpSocket::from_std_stream(std::net::TcpStream::from(socket));
    let Ok(server) = socket.connect(server).await else {
        reset(&client);
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let broken = Notify::new();
    let up = one_way(&client, &server, 0, &faults, &broken, &held);
    let down = one_way(&server, &client, 1, &faults, &broken, &held);
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

/// Copies until the end of the stream, then half-closes the other side; tells `broken` about a reset.
async fn one_way(
    from: &TcpStream,
    to: &TcpStream,
    index: usize,
    faults: &Mutex<[StreamFaults; 2]>,
    broken: &Notify,
    held: &AtomicUsize,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0u64;
    loop {
        let length = match read(from, &mut buffer).await {
            Ok(0) => {
                let _ = rustix::net::shutdown(to, rustix::net::Shutdown::Write);
                return;
            }
            Ok(length) => length,
            Err(_) => return broken.notify_one(),
        };
        let faults = faults.lock().unwrap_or_else(PoisonError::into_inner)[index].clone();
        let _held = Held::new(held);
        let length = gather(from, &mut buffer, length, faults.coalesce).await;
        let mut bytes = &buffer[..length];
        if faults.dead {
            continue;
        }
        if let Some(limit) = faults.limit_bytes {
            bytes = &bytes[..bytes.len().min(limit.saturating_sub(passed) as usize)];
        }
        for piece in bytes.chunks(faults.slice.unwrap_or(usize::MAX).max(1)) {
            wait_before(piece.len(), &faults).await;
            if write_all(to, piece).await.is_err() {
                return broken.notify_one();
            }
        }
        passed += bytes.len() as u64;
        if faults.reset_after.is_some_and(|limit| passed >= limit) {
            return broken.notify_one();
        }
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
    if faults.slice.is_some() {
        wait += SLICE_GAP;
    }
    if let Some(rate) = faults.rate.filter(|rate| *rate > 0) {
        wait += Duration::from_secs_f64(length as f64 / rate as f64);
    }
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// Adds what arrives within `window` to what is there; how much there is then is returned.
async fn gather(from: &TcpStream, buffer: &mut [u8], mut length: usize, window: Duration) -> usize {
    if window.is_zero() {
        return length;
    }
    let until = tokio::time::Instant::now() + window;
    while length < buffer.len() {
        match tokio::time::timeout_at(until, read(from, &mut buffer[length..])).await {
            Ok(Ok(more)) if more > 0 => length += more,
            _ => break,
        }
    }
    length
}

async fn read(from: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            other => return other,
        }
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
