//! What happened: the contract between running and judging.
//!
//! `run` writes these as it goes, one JSON object per line in `events.jsonl`; `verdict` reads nothing
//! else, so that a stored run can be judged again without running anything. Times are nanoseconds since
//! the check began, on the monotonic clock.

use std::fmt;
use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod calls;

pub use calls::{CallKind, CallResult, SocketCall};

/// One thing that happened in a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Nanoseconds since the check began.
    pub at: u64,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The check began.
    CheckStarted {
        /// The check's id.
        check: String,
        /// The seed from which its values are drawn.
        seed: u64,
        /// Wall-clock time at the beginning, in milliseconds since 1970 UTC (pattern holes for times need it).
        unix_ms: i64,
        /// Offset of local time inside the sandbox from UTC, in seconds, east positive.
        zone_offset_s: i32,
    },
    /// A name was bound to a value: by `let`, by a hole, by `save`.
    Bound {
        /// The name.
        name: String,
        /// The value.
        value: Bytes,
    },
    /// A program was started.
    Started {
        /// The running copy's name.
        program: String,
        /// Its command line.
        argv: Vec<String>,
        /// It was not started anew: it runs since this check, which has left it as it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// What a look at the source of a program shows. It explains failures; nothing is judged by it.
    Source {
        /// The running copy's name.
        program: String,
        /// What there is to see.
        notes: Vec<SourceNote>,
    },
    /// A program wrote to standard output or standard error.
    Output {
        /// The running copy's name.
        program: String,
        /// True for standard error.
        stderr: bool,
        /// What it wrote.
        bytes: Bytes,
    },
    /// More output than is kept; this many bytes were left out in the middle.
    OutputCut {
        /// The running copy's name.
        program: String,
        /// True for standard error.
        stderr: bool,
        /// Bytes left out.
        dropped: u64,
    },
    /// The grader typed on a program's standard input.
    Typed {
        /// The running copy's name.
        program: String,
        /// What was typed.
        bytes: Bytes,
    },
    /// The grader closed a program's standard input.
    InputEnded {
        /// The running copy's name.
        program: String,
    },
    /// A socket of a program began to listen (TCP, Unix) or was bound (UDP).
    Listening {
        /// The running copy's name.
        program: String,
        /// Where.
        place: Place,
    },
    /// The grader sent a signal.
    Signalled {
        /// The running copy's name.
        program: String,
        /// The signal's name without `SIG`.
        signal: String,
    },
    /// A program ended.
    Exited {
        /// The running copy's name.
        program: String,
        /// How.
        exit: Exit,
        /// CPU time it used, in milliseconds.
        cpu_ms: u64,
        /// Its largest resident set, in bytes.
        max_rss: u64,
    },
    /// A program hit a limit and was ended for it.
    Limit {
        /// The running copy's name; empty when it is the whole sandbox.
        program: String,
        /// Which limit.
        limit: Limit,
    },
    /// An actor's connection was established.
    Connected {
        /// The actor.
        actor: String,
        /// Transport.
        transport: Transport,
        /// The actor's own address.
        local: Option<SocketAddr>,
        /// The program's address.
        remote: Option<SocketAddr>,
        /// True when the program dialled the actor.
        accepted: bool,
    },
    /// An actor sent bytes, or one datagram.
    Sent {
        /// The actor.
        actor: String,
        /// What was sent (cut to a cap in the middle; see `length`).
        bytes: Bytes,
        /// How many bytes were sent.
        length: u64,
    },
    /// An actor received bytes, or one datagram.
    Received {
        /// The actor.
        actor: String,
        /// What was received (cut to a cap; see `length`).
        bytes: Bytes,
        /// How many bytes were received.
        length: u64,
        /// UDP: where it came from.
        from: Option<SocketAddr>,
    },
    /// The program closed its side of an actor's connection.
    PeerClosed {
        /// The actor.
        actor: String,
        /// By RST instead of FIN.
        reset: bool,
    },
    /// The actor closed, half-closed or reset its side.
    ActorClosed {
        /// The actor.
        actor: String,
        /// `close`, `shutdown` or `reset`.
        how: String,
    },
    /// A program dialled a place where nobody listens (seen in the capture).
    Dialled {
        /// Transport.
        transport: Transport,
        /// Where to.
        to: SocketAddr,
    },
    /// After a step that did not get what it wants: bytes of an actor that the program has not read.
    Unread {
        /// The actor.
        actor: String,
        /// The program has accepted the connection.
        accepted: bool,
        /// How many bytes lie there.
        length: u64,
    },
    /// After a step that did not get what it wants: a program waits to be accepted by a listening actor.
    Knocked {
        /// The listening actor.
        actor: String,
        /// Who waits.
        from: Option<SocketAddr>,
    },
    /// After a step that did not get what it wants: what a program waits for.
    Waits {
        /// The running copy's name.
        program: String,
        /// For what.
        stuck: Stuck,
    },
    /// A program did something with a GPIO pin.
    Gpio {
        /// `setmode`, `setup`, `output`, `cleanup`.
        call: String,
        /// The pin, when the call has one.
        pin: Option<u32>,
        /// The mode, direction or level.
        value: String,
    },
    /// A relay passed, lost or changed something.
    Relayed {
        /// The relay.
        relay: String,
        /// True for client to server.
        upstream: bool,
        /// `passed`, `lost`, `duplicated`, `reordered`, `corrupted`, `delayed`, `cut`.
        fate: String,
        /// Size in bytes.
        length: u64,
    },
    /// A step began.
    StepStarted {
        /// Which: positions in the nested lists of steps, e.g. `3` or `4.alice.0`.
        step: String,
        /// The step as one short line.
        label: String,
    },
    /// A step ended.
    StepEnded {
        /// Which.
        step: String,
        /// What was seen.
        observed: Observed,
    },
    /// What a program did with its sockets, when the check was run once more only to see that. Judging
    /// never looks at it.
    Calls {
        /// The running copy's name.
        program: String,
        /// The calls in order.
        calls: Vec<SocketCall>,
        /// How many more there were.
        more: u64,
    },
    /// The check's time ran out.
    OutOfTime,
    /// The capture was closed.
    Captured {
        /// Packets in the file.
        packets: u64,
        /// Packets that the kernel dropped or that did not fit: the capture is then incomplete.
        dropped: u64,
    },
    /// The machine or socklab failed; nothing may be judged from here on.
    GraderFailed {
        /// What failed.
        message: String,
    },
}

/// Something that a program's source shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceNote {
    /// What it is, in kebab-case: `thread-joined`, `bytes-compared`, `buffer` …
    pub what: String,
    /// The file, relative to the submission.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The line's text, or what matters of it: a number, a text in quotes.
    pub text: String,
}

/// Transport protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// A Unix stream socket.
    Unix,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
            Transport::Unix => "Unix",
        })
    }
}

/// Where a socket listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A UDP address.
    Udp(SocketAddr),
    /// A Unix socket's path.
    Unix(String),
}

impl Place {
    /// Its transport and port; none for the path of a Unix socket.
    pub fn port(&self) -> Option<(Transport, u16)> {
        match self {
            Place::Tcp(at) => Some((Transport::Tcp, at.port())),
            Place::Udp(at) => Some((Transport::Udp, at.port())),
            Place::Unix(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Tcp(at) => write!(f, "TCP {at}"),
            Place::Udp(at) => write!(f, "UDP {at}"),
            Place::Unix(path) => write!(f, "{path}"),
        }
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// Limits of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Wall-clock time of the check.
    Wall,
    /// CPU time.
    Cpu,
    /// Memory.
    Memory,
    /// Processes and threads.
    Processes,
    /// Bytes written to standard output and standard error.
    Output,
    /// Bytes received by an actor.
    Response,
    /// Size of a file.
    FileSize,
}

/// What a blocked program waits for, when every thread of it waits without a timeout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "waits")]
pub enum Stuck {
    /// `accept()`
    Accept,
    /// `recv()` on a connection or socket; the peer's address when known.
    Receive {
        /// The other end.
        from: Option<SocketAddr>,
    },
    /// A read of standard input.
    Input,
    /// `connect()`
    Connect,
    /// `send()`: nobody reads what it sends.
    Send,
    /// A lock, `join()`, `wait()`.
    Lock,
    /// A signal to go on: it was stopped.
    Stopped,
    /// Something else without a timeout.
    Other,
}

/// Why a wait ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// What was waited for is there.
    Met,
    /// What is there already cannot become what was waited for.
    Impossible,
    /// The program closed the connection in order.
    Closed,
    /// The program reset the connection.
    Reset,
    /// The program ended.
    Exited,
    /// Every program of the check waits for something that only the grader could send.
    Stuck(Stuck),
    /// Time was up while the program slept or computed.
    Deadline,
    /// The program computed without a pause, and nothing came of it, for more processor time than any
    /// honest answer takes: it is in a loop.
    Spins,
    /// More arrived than is ever accepted.
    TooMuch,
}

/// What a step saw. `verdict` compares it with what the spec wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "saw")]
pub enum Observed {
    /// The action was carried out; there is nothing to judge.
    Done,
    /// A wait for a program to listen.
    Listening {
        /// The places where it listens, in the order in which they appeared.
        places: Vec<Place>,
        /// Why the wait ended.
        end: End,
    },
    /// A connection attempt.
    Connect {
        /// `ok`, `refused`, `unreachable`, `timeout`, `nowhere` (no program listens, nothing was dialled).
        outcome: String,
        /// What was dialled.
        to: Option<String>,
    },
    /// A wait for a connection.
    Accept {
        /// Who connected.
        from: Option<SocketAddr>,
        /// Why the wait ended.
        end: End,
    },
    /// Bytes or one datagram at an actor.
    Received {
        /// All that this step took.
        bytes: Bytes,
        /// How many bytes that were (`bytes` may be cut in the middle).
        length: u64,
        /// When `bytes` is cut: offset of the first byte that is not as expected; none when all were.
        differs_at: Option<u64>,
        /// UDP: where it came from.
        from: Option<SocketAddr>,
        /// UDP: it came from where the actor's peer is.
        expected_source: bool,
        /// Why the wait ended.
        end: End,
    },
    /// Several datagrams.
    Datagrams {
        /// Each of them.
        list: Vec<Bytes>,
        /// Why the wait ended.
        end: End,
    },
    /// A send.
    Sent {
        /// Bytes that the stack took.
        length: u64,
        /// The error, when it failed.
        error: Option<String>,
    },
    /// The end of a connection.
    Closed {
        /// `fin`, `reset`, `open`.
        how: String,
        /// Bytes that came before it and that nobody expected.
        extra: Bytes,
        /// How many.
        extra_length: u64,
        /// Why the wait ended.
        end: End,
    },
    /// Nothing came in a window, or something did.
    Silent {
        /// What came.
        bytes: Bytes,
        /// How many bytes.
        length: u64,
        /// The connection was closed in the window.
        closed: bool,
    },
    /// A program's output.
    Printed {
        /// What was searched, standard output then standard error when both are meant (cut in the middle).
        text: Bytes,
        /// Where in it the search began, in bytes.
        searched_from: u64,
        /// Why the wait ended.
        end: End,
    },
    /// A program's end.
    Exit {
        /// How it ended; none if it still runs.
        exit: Option<Exit>,
        /// What it was doing otherwise.
        end: End,
    },
    /// Sockets of a program by state.
    Sockets {
        /// How many are in the state asked for.
        count: u64,
        /// All states seen, as `STATE local remote`.
        table: Vec<String>,
    },
    /// Files.
    File {
        /// The path found; none if none of them exists.
        path: Option<String>,
        /// Its content (cut to a cap).
        content: Bytes,
        /// Its size in bytes.
        length: u64,
        /// The handout's file of the same name, when the step compares with it.
        starter: Option<Bytes>,
    },
    /// A pin's history.
    Pins {
        /// All calls so far, as `call pin value`.
        calls: Vec<String>,
    },
    /// A wait for a prompt before typing.
    Prompt {
        /// Why the wait ended.
        end: End,
    },
    /// The branch of an `either` that was followed, counted from 0; none if all failed.
    Branch {
        /// Which.
        taken: Option<u64>,
    },
    /// The step could not be carried out because an earlier one did not get its result.
    Skipped {
        /// Why.
        because: String,
    },
}

impl Observed {
    /// Why the wait ended, for those that wait.
    pub fn end(&self) -> Option<&End> {
        match self {
            Observed::Listening { end, .. }
            | Observed::Accept { end, .. }
            | Observed::Received { end, .. }
            | Observed::Datagrams { end, .. }
            | Observed::Closed { end, .. }
            | Observed::Printed { end, .. }
            | Observed::Exit { end, .. }
            | Observed::Prompt { end } => Some(end),
            _ => None,
        }
    }
}

/// Bytes that stand in JSON as readable text: printable characters as they are, all else as `\xNN`, a
/// backslash as `\\`. Lossless.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String")]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes, or their first and last parts with the middle left out when there are more than `cap`.
    pub fn capped(bytes: &[u8], cap: usize) -> Self {
        if bytes.len() <= cap {
            return Bytes(bytes.to_vec());
        }
        let head = cap * 3 / 4;
        let mut kept = bytes[..head].to_vec();
        kept.extend_from_slice(&bytes[bytes.len() - (cap - head)..]);
        Bytes(kept)
    }

    /// The bytes as text, what is not UTF-8 replaced.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The escaped form.
    pub fn escaped(&self) -> String {
        use fmt::Write as _;
        let mut out = String::with_capacity(self.0.len() + 8);
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    c if c.is_control() => {
                        for b in c.to_string().bytes() {
                            let _ = write!(out, "\\x{b:02x}");
                        }
                    }
                    c => out.push(c),
                }
            }
            for b in chunk.invalid() {
                let _ = write!(out, "\\x{b:02x}");
            }
        }
        out
    }

    /// Reads the escaped form back; none when it is malformed.
    pub fn from_escaped(text: &str) -> Option<Self> {
        let mut out = Vec::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            match chars.next()? {
                '\\' => out.push(b'\\'),
                'n' => out.push(b'\n'),
                'r' => out.push(b'\r'),
                't' => out.push(b'\t'),
                'x' => {
                    let high = chars.next()?.to_digit(16)?;
                    let low = chars.next()?.to_digit(16)?;
                    out.push((high * 16 + low) as u8);
                }
                _ => return None,
            }
        }
        Some(Bytes(out))
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escaped())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Bytes(bytes.to_vec())
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Bytes(text.as_bytes().to_vec())
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.escaped())
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Bytes::from_escaped(&text)
            .ok_or_else(|| serde::de::Error::custom("malformed escape in bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_bytes_come_back_unchanged() {
        let all: Vec<u8> = (0..=255).chain("é\\x41\u{85}".bytes()).collect();
        let bytes = Bytes(all);
        assert_eq!(Bytes::from_escaped(&bytes.escaped()), Some(bytes));
    }

    #[test]
    fn an_event_survives_a_round_trip_through_json() {
        let event = Event {
            at: 12,
            what: What::StepEnded {
                step: "3".into(),
                observed: Observed::Received {
                    bytes: Bytes(vec![0, 255, b'a']),
                    length: 3,
                    differs_at: None,
                    from: None,
                    expected_source: true,
                    end: End::Stuck(Stuck::Accept),
                },
            },
        };
        let line = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event);
    }
}
