//! What the grader and init say to each other: one JSON value per packet of a `SEQPACKET` socket.
//!
//! Only the grader, the helper and init hold ends of it; no program of a student ever does, so both
//! sides trust what they read.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{BrokerError, Failure, Step};
use super::event::{SandboxEvent, Usage};
use super::snapshot::Snapshot;
use super::sys::{memory, message};
use super::toolchains::Mount;
use super::zone::LocalTime;
use super::{Caps, Launch, LeftOut, Level, Limits, ProgramId, RingSpec, SocketRequest};
use crate::event::SocketCall;

/// A message longer than this travels as a memory file: a packet must fit the socket's buffer.
const INLINE: usize = 32 << 10;
/// Descriptors that one message may carry, the memory file included.
pub(super) const MAX_FDS: usize = 8;

/// From the grader.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Build the sandbox. Carries the packs of the image and of the extra files.
    Setup(Box<Blueprint>),
    /// Do something and answer with the same number.
    Call { id: u64, call: Call },
    /// End everything inside but init, which waits for the next order.
    Clear,
    /// Make everything anew that programs can have touched. Carries the pack of the image.
    Renew(Renewal),
}

/// What may differ from the blueprint when a sandbox is renewed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Renewal {
    pub ipv6: Vec<std::net::Ipv6Addr>,
    pub unprivileged_ports: bool,
    pub capture: Option<RingSpec>,
    pub writable_box: bool,
}

/// A request that is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Call {
    Socket(SocketRequest),
    Spawn {
        program: ProgramId,
        launch: Launch,
    },
    Signal {
        program: ProgramId,
        signal: i32,
        whole_group: bool,
    },
    Watch {
        program: ProgramId,
        on: bool,
    },
    Snapshot {
        /// After all packets have arrived that are on their way.
        flushed: bool,
    },
    /// To let all packets arrive that are on their way.
    Flush,
    /// The calls on sockets of a program that was launched to be followed.
    Story {
        program: ProgramId,
    },
    Collect {
        /// Globs; none means everything.
        patterns: Vec<String>,
        caps: Caps,
    },
}

/// From init, and the last from the helper.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// A step succeeded; sent only when the blueprint asks for it.
    Done { step: Step, nanoseconds: u64 },
    /// A step failed: there will be no sandbox.
    Failed(Failure),
    /// Everything stands. Carries the capture socket, if there is one.
    Ready(Ready),
    /// The answer to a call.
    Answer {
        id: u64,
        answer: Result<Answer, Refusal>,
    },
    /// Something happened.
    Event(SandboxEvent),
    /// Everything inside but init is dead; the answer to [`Request::Clear`].
    Cleared,
    /// Everything inside is dead.
    Closed { usage: Usage },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    pub level: Level,
    /// What this kernel or machine does not give, though the sandbox stands.
    pub missing: Vec<Failure>,
    /// As in the blueprint.
    #[serde(with = "path")]
    pub root: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Ok,
    /// Carries standard input (if any), output and error.
    Spawned {
        stdin: bool,
    },
    /// Carries the socket.
    Socket,
    Snapshot(Box<Snapshot>),
    /// As of `now`, on the monotonic clock.
    Story {
        now: u64,
        calls: Vec<SocketCall>,
        more: u64,
    },
    /// Carries the pack; with what was left out, by path.
    Collected {
        left_out: Vec<LeftOut>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Refusal {
    NotRunning,
    Refused { call: String, errno: i32 },
}

impl Refusal {
    pub fn of(call: impl Into<String>, error: &io::Error) -> Refusal {
        Refusal::Refused {
            call: call.into(),
            errno: error.raw_os_error().unwrap_or(libc::EIO),
        }
    }
}

impl From<Refusal> for BrokerError {
    fn from(refusal: Refusal) -> BrokerError {
        match refusal {
            Refusal::NotRunning => BrokerError::NotRunning,
            Refusal::Refused { call, errno } => BrokerError::Refused { call, errno },
        }
    }
}

/// All that helper and init need, in the form in which they need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Blueprint {
    pub namespaces: bool,
    /// Whether a network made here has small socket tables; the helper knows.
    pub small_tables: bool,
    /// Where the root is: `/`, but for level F, where the helper makes a directory for it.
    #[serde(with = "path")]
    pub root: PathBuf,
    /// Which range of user ids, when there are ranges; also which processors. Set when it is built.
    pub slot: u32,
    pub hosts: String,
    pub nameserver: Option<Ipv4Addr>,
    pub local_time: LocalTime,
    pub limits: Limits,
    /// What can be different the next time.
    pub renewal: Renewal,
    pub mounts: Vec<Mount>,
    pub path: String,
    /// Whether the grader's user is 0; set by the helper.
    pub by_root: bool,
    /// What the helper could not get; set by the helper.
    pub missing: Vec<Failure>,
    /// Report each step and its cost.
    pub trace: bool,
}

/// Sends a value with descriptors. With `wait` false it fails with `WouldBlock` when the buffer is full.
pub(super) fn send<T: Serialize>(
    socket: BorrowedFd<'_>,
    value: &T,
    fds: &[BorrowedFd<'_>],
    wait: bool,
) -> io::Result<()> {
    let mut bytes = vec![b'I'];
    serde_json::to_writer(&mut bytes, value)?;
    if bytes.len() <= INLINE {
        return message::send(socket, &bytes, fds, wait);
    }
    let long = memory::sealed("message", &bytes[1..])?;
    let mut all = vec![long.as_fd()];
    all.extend_from_slice(fds);
    message::send(socket, b"L", &all, wait)
}

/// Receives a value with its descriptors; `None` at the end of the conversation.
pub(super) fn receive<T: DeserializeOwned>(
    socket: BorrowedFd<'_>,
    wait: bool,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut buffer = vec![0; INLINE];
    let (length, mut fds) = message::receive(socket, &mut buffer, wait)?;
    let value = match buffer.get(..length) {
        Some([]) | None => return Ok(None),
        Some([b'L', ..]) if !fds.is_empty() => {
            let long = memory::Mapped::new(&fds.remove(0))?;
            serde_json::from_slice(long.bytes())?
        }
        Some([_, inline @ ..]) => serde_json::from_slice(inline)?,
    };
    Ok(Some((value, fds)))
}

/// Paths as byte strings: serde refuses those that are not UTF-8.
pub(super) mod path {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(deserializer).map(PathBuf::from)
    }
}
