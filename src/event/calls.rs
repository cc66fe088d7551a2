//! What a program did with its sockets, call by call, as seen from outside: the raw material of the
//! story that a failing check tells.

use serde::{Deserialize, Serialize};

use super::{Bytes, Transport};

/// One call on a socket, or several equal ones in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SocketCall {
    /// When the first of them began, in nanoseconds since the check began.
    pub at: u64,
    /// What was called.
    pub call: CallKind,
    /// Which socket, numbered from 1 as they appear; 0 when it is not known.
    pub socket: u32,
    /// Its transport; of no meaning for an exit, which is on no socket.
    pub transport: Transport,
    /// The address that was given (`bind`, `connect`, `sendto`) or that came (`accept`); a path for Unix sockets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Bytes that were to be sent, that there was room for, or the backlog of `listen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// What came of it.
    pub result: CallResult,
    /// The first bytes of what was sent.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub bytes: Bytes,
    /// How many equal calls in a row.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_once(times: &u32) -> bool {
    *times == 1
}

/// A call on a socket by its usual name; variants of it (`accept4`, `recvmsg`, `read`) are the same here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// `socket`
    Socket,
    /// `bind`
    Bind,
    /// `listen`
    Listen,
    /// `connect`
    Connect,
    /// `accept`
    Accept,
    /// `recv`
    Receive,
    /// `send`
    Send,
    /// `shutdown`
    Shutdown,
    /// `close`
    Close,
    /// The end of the process, which closes what is open.
    Exit,
}

impl CallKind {
    /// The name under which a student knows it.
    pub fn name(self) -> &'static str {
        match self {
            CallKind::Socket => "socket",
            CallKind::Bind => "bind",
            CallKind::Listen => "listen",
            CallKind::Connect => "connect",
            CallKind::Accept => "accept",
            CallKind::Receive => "recv",
            CallKind::Send => "send",
            CallKind::Shutdown => "shutdown",
            CallKind::Close => "close",
            CallKind::Exit => "exit",
        }
    }
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// It returned; whether it succeeded could not be seen.
    Returned,
    /// It succeeded.
    Done,
    /// So many bytes were taken or given.
    Bytes(u64),
    /// It returned 0 bytes: the other side has closed.
    Ended,
    /// It failed.
    Failed,
    /// It returned without anything, because nothing was there.
    Nothing,
    /// It had not returned when the check ended.
    Waits,
}
