//! Follows the calls that programs make on their sockets: each is looked at before it begins and, once
//! its thread calls again, after it has returned. Nothing is changed and nothing is kept open.
//!
//! A call goes on the moment it has been looked at, so what it gave is told by what changed: how many
//! bytes a connection has taken and given, its state, its addresses.

use std::collections::BTreeMap;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketType};

use super::probe::{Caller, Look, transport};
use crate::event::{Bytes, CallKind, CallResult, SocketCall, Transport};
use crate::sandbox::config::ProgramId;
use crate::sandbox::sys::monotonic;
use crate::sandbox::sys::notify::{self, Notification};

/// Calls that are kept of one program; further ones are counted.
const MOST_CALLS: usize = 400;
/// Bytes of what is sent that are kept.
const SHOWN: u64 = 48;

/// The programs that are followed.
#[derive(Default)]
pub(super) struct Stories(Vec<Story>);

struct Story {
    program: ProgramId,
    /// Kept until the end: without it every watched call would fail.
    listener: OwnedFd,
    calls: Vec<SocketCall>,
    more: u64,
    /// Numbers of sockets by inode.
    sockets: BTreeMap<u64, u32>,
    callers: BTreeMap<i32, Caller>,
    /// What each thread is in.
    inside: BTreeMap<i32, Inside>,
    ended: bool,
}

/// A call that has not been seen to return.
struct Inside {
    /// Where it is in `calls`; none when it is only counted.
    place: Option<usize>,
    kind: CallKind,
    fd: u64,
    before: Option<Look>,
    /// Sockets that the process had: a new one is what `accept` returned.
    had: BTreeMap<u64, u64>,
}

impl Stories {
    /// Follows a program from here on.
    pub fn add(&mut self, program: ProgramId, listener: OwnedFd) {
        notify::wake_in_turn(listener.as_fd());
        self.0.push(Story {
            program,
            listener,
            calls: Vec::new(),
            more: 0,
            sockets: BTreeMap::new(),
            callers: BTreeMap::new(),
            inside: BTreeMap::new(),
            ended: false,
        });
    }

    /// What to wait for.
    pub fn listeners(&self) -> impl Iterator<Item = &OwnedFd> {
        self.0
            .iter()
            .filter(|story| !story.ended)
            .map(|story| &story.listener)
    }

    /// Looks at all calls that wait, and lets them go on.
    pub fn serve(&mut self) {
        for story in self.0.iter_mut().filter(|story| !story.ended) {
            story.serve();
        }
    }

    /// The calls of a program so far, and how many were only counted.
    pub fn calls(&mut self, program: ProgramId) -> (Vec<SocketCall>, u64) {
        self.serve();
        let story = self.0.iter_mut().find(|story| story.program == program);
        story.map_or_else(Default::default, |story| (story.calls.clone(), story.more))
    }
}

impl Story {
    fn serve(&mut self) {
        /// No program keeps init from its other work.
        const MOST_AT_ONCE: usize = 64;
        for _ in 0..MOST_AT_ONCE {
            let mut fds = [PollFd::new(&self.listener, PollFlags::IN)];
            let now = Timespec::default();
            if !matches!(poll(&mut fds, Some(&now)), Ok(1)) {
                return;
            }
            let events = fds[0].revents();
            if !events.contains(PollFlags::IN) {
                // Nobody is left who could call.
                self.ended = events.intersects(PollFlags::HUP | PollFlags::ERR);
                return;
            }
            match notify::receive(self.listener.as_fd()) {
                Ok(Some(notification)) => {
                    self.look(&notification);
                    let _ = notify::go_on(self.listener.as_fd(), &notification);
                }
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }

    fn look(&mut self, at: &Notification) {
        let caller = self
            .callers
            .entry(at.thread)
            .or_insert_with(|| Caller::new(at.thread));
        if let Some(inside) = self.inside.remove(&at.thread) {
            let after = caller.look(inside.fd);
            let new = if inside.kind == CallKind::Accept {
                accepted(caller, &inside.had)
            } else {
                None
            };
            self.returned(&inside, after.as_ref(), new.as_ref());
        }
        let caller = &self.callers[&at.thread];
        let Some((kind, call)) = begins(caller, at) else {
            return;
        };
        let fd = at.arguments[0];
        let before = match kind {
            CallKind::Socket | CallKind::Exit => None,
            _ => match caller.look(fd) {
                Some(look) => Some(look),
                None => return, // a file
            },
        };
        let had = match kind {
            CallKind::Accept => caller.sockets(),
            _ => BTreeMap::new(),
        };
        self.begins(
            at.thread,
            kind,
            call,
            Inside {
                place: None,
                kind,
                fd,
                before,
                had,
            },
        );
    }

    fn begins(&mut self, thread: i32, kind: CallKind, mut call: SocketCall, mut inside: Inside) {
        if let Some(look) = &inside.before {
            call.transport = look.transport;
            let known = self.sockets.len();
            call.socket = number(&mut self.sockets, look.inode);
            if self.sockets.len() > known {
                self.name_newest(call.socket, look.transport);
            }
            if kind == CallKind::Receive && look.transport == Transport::Udp && look.waiting > 0 {
                call.result = CallResult::Bytes(look.waiting.min(call.asked.unwrap_or(u64::MAX)));
            }
        }
        if self.calls.len() < MOST_CALLS {
            inside.place = Some(self.calls.len());
            self.calls.push(call);
        } else {
            self.more += 1;
        }
        if kind != CallKind::Exit && kind != CallKind::Close {
            self.inside.insert(thread, inside);
        }
    }

    /// A socket of which nothing was seen before is the one that the latest `socket` returned.
    fn name_newest(&mut self, number: u32, transport: Transport) {
        let newest = self.calls.iter_mut().rev().find(|call| {
            call.call == CallKind::Socket && call.socket == 0 && call.transport == transport
        });
        if let Some(call) = newest {
            call.socket = number;
        }
    }

    /// Notes what came of a call, and forgets it when it says nothing new.
    fn returned(&mut self, inside: &Inside, after: Option<&Look>, new: Option<&Look>) {
        let Some(place) = inside.place else { return };
        let new_number = new.map(|look| number(&mut self.sockets, look.inode));
        let Some(call) = self.calls.get_mut(place) else {
            return;
        };
        // Another socket may have the descriptor by now.
        let before = inside.before.as_ref();
        let after = after.filter(|after| before.is_none_or(|before| before.inode == after.inode));
        if inside.kind == CallKind::Socket {
            // The descriptor that `socket` returned shows in the next call on it.
            call.result = CallResult::Done;
        } else {
            call.result = outcome(call, before, after, new);
        }
        if let (Some(look), Some(number)) = (new, new_number) {
            call.place = look.remote.map(|at| at.to_string());
            call.socket = number;
        }
        if inside.kind == CallKind::Bind
            && let Some(local) = after.and_then(|look| look.local)
            && call.result == CallResult::Done
        {
            call.place = Some(local.to_string());
        }
        self.merge(place);
    }

    /// Joins the last call with an equal one before it, so that a loop takes one line.
    fn merge(&mut self, place: usize) {
        if place + 1 != self.calls.len() || place == 0 {
            return;
        }
        let (before, last) = (&self.calls[place - 1], &self.calls[place]);
        let same = before.call == last.call
            && before.socket == last.socket
            && before.result == last.result
            && before.place == last.place
            && before.bytes == last.bytes
            && !matches!(last.call, CallKind::Socket | CallKind::Accept);
        let tries_again = before.call == last.call
            && before.socket == last.socket
            && before.result == CallResult::Nothing;
        if same {
            self.calls[place - 1].times = self.calls[place - 1].times.saturating_add(1);
            self.calls.pop();
        } else if tries_again {
            self.calls.remove(place - 1);
        }
        for inside in self.inside.values_mut() {
            inside.place = inside.place.map(|at| {
                if at >= place && (same || tries_again) {
                    at - 1
                } else {
                    at
                }
            });
        }
    }
}

fn number(sockets: &mut BTreeMap<u64, u32>, inode: u64) -> u32 {
    let next = sockets.len() as u32 + 1;
    *sockets.entry(inode).or_insert(next)
}

/// The socket that the process did not have before.
fn accepted(caller: &Caller, had: &BTreeMap<u64, u64>) -> Option<Look> {
    let now = caller.sockets();
    let new = now.iter().filter(|(inode, _)| !had.contains_key(inode));
    new.filter_map(|(_, fd)| caller.look(*fd))
        .find(|look| look.remote.is_some() || look.transport == Transport::Unix)
}

/// What a call is, as far as its arguments say; `None` for one of no interest.
fn begins(caller: &Caller, at: &Notification) -> Option<(CallKind, SocketCall)> {
    let [first, second, third, _, fifth, sixth] = at.arguments;
    let mut call = SocketCall {
        at: monotonic(),
        call: CallKind::Socket,
        socket: 0,
        transport: Transport::Tcp,
        place: None,
        asked: None,
        result: CallResult::Waits,
        bytes: Bytes::default(),
        times: 1,
    };
    call.call = match at.call {
        libc::SYS_socket => {
            let kind = SocketType::from_raw(second as u32 & 0xf);
            call.transport = transport(AddressFamily::from_raw(first as u16), kind)?;
            CallKind::Socket
        }
        libc::SYS_bind => {
            call.place = caller.address(second, third);
            CallKind::Bind
        }
        libc::SYS_listen => {
            call.asked = Some(second);
            CallKind::Listen
        }
        libc::SYS_connect => {
            call.place = caller.address(second, third);
            CallKind::Connect
        }
        libc::SYS_accept | libc::SYS_accept4 => CallKind::Accept,
        libc::SYS_recvfrom | libc::SYS_read => {
            call.asked = Some(third);
            CallKind::Receive
        }
        libc::SYS_recvmsg | libc::SYS_readv => CallKind::Receive,
        libc::SYS_sendto | libc::SYS_write => {
            call.asked = Some(third);
            call.bytes = Bytes(caller.memory(second, third.min(SHOWN) as usize));
            if at.call == libc::SYS_sendto {
                call.place = caller.address(fifth, sixth);
            }
            CallKind::Send
        }
        libc::SYS_sendmsg | libc::SYS_writev => CallKind::Send,
        libc::SYS_shutdown => CallKind::Shutdown,
        libc::SYS_close => {
            call.result = CallResult::Done;
            CallKind::Close
        }
        libc::SYS_exit_group => {
            call.asked = Some(first & 0xff);
            call.result = CallResult::Done;
            CallKind::Exit
        }
        _ => return None,
    };
    Some((call.call, call))
}

/// What came of a call, by what has changed.
fn outcome(
    call: &SocketCall,
    before: Option<&Look>,
    after: Option<&Look>,
    new: Option<&Look>,
) -> CallResult {
    let done = |holds: bool| match holds {
        true => CallResult::Done,
        false => CallResult::Failed,
    };
    let Some(after) = after else {
        return match (call.call, new) {
            (CallKind::Accept, Some(_)) => CallResult::Done,
            _ => CallResult::Returned,
        };
    };
    let progress = before.and_then(|look| look.progress).zip(after.progress);
    match (call.call, progress) {
        (CallKind::Bind, _) if after.transport != Transport::Unix => {
            done(after.local.is_some_and(|at| at.port() != 0))
        }
        (CallKind::Listen, _) => done(after.listens),
        // What listens neither takes nor gives: the mistake is to use it instead of what `accept` returned.
        (CallKind::Receive | CallKind::Send, _) if after.listens => CallResult::Failed,
        (CallKind::Connect, Some((_, now))) if after.remote.is_none() && now.dead() => {
            CallResult::Failed
        }
        (CallKind::Connect, _) if after.transport != Transport::Unix => match after.remote {
            Some(_) => CallResult::Done,
            None => CallResult::Returned,
        },
        (CallKind::Accept, _) => match new {
            Some(_) => CallResult::Done,
            None if !after.listens => CallResult::Failed,
            None => CallResult::Nothing,
        },
        (CallKind::Receive, Some((was, now))) => match now.taken.saturating_sub(was.taken) {
            0 if now.ended() => CallResult::Ended,
            0 if now.dead() => CallResult::Failed,
            0 => CallResult::Nothing,
            bytes => CallResult::Bytes(bytes),
        },
        (CallKind::Send, Some((was, now))) => match now.given.saturating_sub(was.given) {
            0 if call.asked == Some(0) => CallResult::Bytes(0),
            0 if now.dead() => CallResult::Failed,
            0 => CallResult::Nothing,
            // An acknowledged SYN or FIN counts as a byte.
            bytes => CallResult::Bytes(call.asked.map_or(bytes, |asked| bytes.min(asked))),
        },
        (CallKind::Receive, None) => match call.result {
            CallResult::Bytes(bytes) => CallResult::Bytes(bytes),
            _ => CallResult::Returned,
        },
        _ => CallResult::Returned,
    }
}
