//! Waiting without guessing: a wait ends when what it waits for is there, when it can no longer come,
//! or, for programs that only sleep or compute, at a generous deadline.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::engine::Engine;
use super::meter::{Meter, Times};
use super::state::State;
use crate::event::{End, Limit, Stuck, Transport};
use crate::sandbox::{
    ProcessState, ProgramId, Snapshot, SocketState, StuckIn, TcpState, ThreadState,
};

/// How long nothing must have happened before the programs are looked at.
const QUIET_BEFORE_LOOK: Duration = Duration::from_millis(8);
/// The time between two looks that must agree.
const BETWEEN_LOOKS: Duration = Duration::from_millis(8);
/// How often a program that is not stuck is looked at again.
const BEFORE_NEXT_LOOK: Duration = Duration::from_millis(40);
/// Processor time without any sign of life after which a program counts as spinning. It is the program's
/// own time, so that it means the same on a machine that is loaded; an answer takes a thousandth of it.
const SPIN: Duration = Duration::from_secs(2);

/// What a look at the programs shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Look {
    /// Every one waits, without a timeout, for something that only the grader could send; and the CPU time used so far.
    Stuck(Stuck, u64),
    /// All sleep, some of them until a time.
    Asleep,
    /// At least one runs, or would if it got a processor; and the times so far, if they are known.
    Busy(Option<Times>),
}

impl Engine {
    /// Waits until `ready` says something about the state.
    ///
    /// # Errors
    /// Why it will not: every program stuck, time up.
    pub async fn wait_for<T>(
        &self,
        within: Duration,
        ready: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, End> {
        self.wait_while(self.quiet(within), ready).await
    }

    /// As [`Engine::wait_for`], for a program that may compute for as long as `spin` without a sign of life, and does so at
    /// first, as every program that starts: there is no hurry to look.
    ///
    /// # Errors
    /// As [`Engine::wait_for`].
    pub async fn wait_for_start<T>(
        &self,
        within: Duration,
        spin: Duration,
        ready: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, End> {
        self.wait_while(
            self.quiet_or_spinning(within, spin, BEFORE_NEXT_LOOK),
            ready,
        )
        .await
    }

    async fn wait_while<T>(
        &self,
        quiet: impl Future<Output = End>,
        mut ready: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, End> {
        let mut changes = self.shared.changes();
        tokio::pin!(quiet);
        loop {
            changes.mark_unchanged();
            if let Some(value) = ready(&self.shared.lock()) {
                return Ok(value);
            }
            tokio::select! {
                biased;
                _ = changes.changed() => {}
                end = &mut quiet => {
                    // What happened at the same moment counts.
                    let last = ready(&self.shared.lock());
                    return last.ok_or(end);
                }
            }
        }
    }

    /// Comes back when waiting on is pointless: every program of the check has ended or waits, without a
    /// timeout, for something that only the grader could send; or it spins; or a limit was hit; or `within`
    /// has passed. A program that computes and was given less of the processor than `within` is waited for
    /// a while longer.
    pub async fn quiet(&self, within: Duration) -> End {
        // A spec that asks for more time than usual knows why: a poll without a pause is no fault then.
        let spin = if within > self.step_wait {
            within
        } else {
            SPIN
        };
        self.quiet_or_spinning(within, spin, QUIET_BEFORE_LOOK)
            .await
    }

    /// As [`Engine::quiet`]; `spin` is the processor time without any sign of life after which a program spins, `first` the
    /// time before the first look.
    async fn quiet_or_spinning(&self, within: Duration, spin: Duration, first: Duration) -> End {
        if self.by_hand {
            tokio::time::sleep(within).await;
            return End::Deadline;
        }
        let deadline = Instant::now() + within;
        let mut pause = first;
        let mut meter = Meter::default();
        let mut busy = false;
        // Whether the programs were looked at since something happened.
        let mut looked = false;
        loop {
            let mut version = self.shared.version();
            let now = Instant::now();
            let past = now >= deadline;
            let over = now.saturating_duration_since(deadline);
            let longer = if busy {
                meter.is_owed(within, over)
            } else {
                meter.sleeps_on(within, over)
            };
            if past && looked && !longer {
                return self.out_of_time(meter.has_slept(within));
            }
            let next = now + pause;
            tokio::time::sleep_until(if past { next } else { next.min(deadline) }).await;
            if let Some(end) = self.ended() {
                return end;
            }
            let happened = self.shared.version() != version || self.relays_busy();
            if happened {
                meter.restart();
                pause = QUIET_BEFORE_LOOK;
                looked = false;
            }
            if happened && !past {
                continue;
            }
            // Past the deadline only a look tells whether a sign of life was the last one.
            version = self.shared.version();
            looked = true;
            busy = false;
            match self.look_twice(version).await {
                Look::Stuck(stuck, _) => return End::Stuck(stuck),
                Look::Asleep => {
                    // What of a pause is longer than it was meant to be is the machine's.
                    let slept = now.elapsed().min(2 * pause);
                    meter.slept(slept);
                    self.excused.slept(slept);
                    self.set_place(None);
                }
                Look::Busy(times) => {
                    busy = times.is_some() || !happened;
                    let queued = meter.read(times);
                    self.excused.waited(queued.min(now.elapsed()));
                    if meter.used() >= spin {
                        self.spins.store(true, Ordering::Relaxed);
                        return End::Spins;
                    }
                }
            }
            pause = BEFORE_NEXT_LOOK;
        }
    }

    /// Waits until the programs have settled: ended, stuck, spinning, or asleep for `window` without a break.
    /// As long as one runs, or waits for a processor, something may still come, and the wait goes on.
    pub async fn settle(&self, window: Duration) -> End {
        if self.by_hand {
            tokio::time::sleep(window).await;
            return End::Deadline;
        }
        if self.spins.load(Ordering::Relaxed) {
            return End::Spins;
        }
        let began = Instant::now();
        let deadline = began + window.max(self.step_wait);
        let mut calm_since = began;
        let mut meter = Meter::default();
        let mut pause = QUIET_BEFORE_LOOK;
        loop {
            let version = self.shared.version();
            tokio::time::sleep(pause).await;
            pause = BEFORE_NEXT_LOOK;
            if let Some(end) = self.ended() {
                return end;
            }
            if self.shared.version() != version || self.relays_busy() {
                calm_since = Instant::now();
                meter.restart();
                pause = QUIET_BEFORE_LOOK;
            } else {
                match self.look_twice(version).await {
                    Look::Stuck(stuck, _) => return End::Stuck(stuck),
                    Look::Asleep if calm_since.elapsed() >= window => return End::Deadline,
                    Look::Asleep => {}
                    Look::Busy(times) => {
                        calm_since = Instant::now();
                        meter.read(times);
                        if meter.used() >= SPIN && began.elapsed() >= window {
                            return End::Spins;
                        }
                    }
                }
            }
            if Instant::now() >= deadline {
                return End::Deadline;
            }
        }
    }

    /// Whether the programs are where they were before anybody spoke to them: each waits without a timeout, with
    /// no socket but those at which it can be called, and nothing lies there. Whoever has just been left may take a
    /// moment to notice.
    pub async fn at_rest(&self) -> bool {
        const LOOKS_MS: [u64; 9] = [0, 2, 4, 8, 16, 32, 64, 128, 256];
        for pause in LOOKS_MS {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if self.ended().is_some() {
                return false;
            }
            if let Look::Stuck(..) = self.look_twice(self.shared.version()).await {
                let snapshot = self.sandbox.snapshot().await;
                return snapshot.is_ok_and(|snapshot| only_waits_to_be_called(&snapshot));
            }
        }
        false
    }

    fn out_of_time(&self, slept: bool) -> End {
        let end = self.ended().unwrap_or(End::Deadline);
        if end == End::Deadline && !slept {
            // Only time explains this, and time may be the machine's fault: it will be looked at again.
            self.unsure.store(true, Ordering::Relaxed);
        }
        end
    }

    /// All programs have ended and their output has been read, or a limit ended the sandbox.
    fn ended(&self) -> Option<End> {
        let state = self.shared.lock();
        if state.limit == Some(Limit::Output) || state.limit == Some(Limit::Response) {
            return Some(End::TooMuch);
        }
        let over =
            |running: &super::state::Running| running.exit.is_some() && running.open_streams == 0;
        (!state.programs.is_empty() && state.programs.values().all(over)).then_some(End::Exited)
    }

    /// Two looks at the programs, with nothing in between, that agree.
    async fn look_twice(&self, version: u64) -> Look {
        let first = self.look().await;
        let agreed = match first {
            Look::Busy(_) => return first,
            Look::Asleep => true,
            Look::Stuck(..) => {
                // What is on its way is in nobody's queue. Where that cannot be done, the pause must do.
                let _ = self.sandbox.flush().await;
                self.flush_terminals();
                tokio::time::sleep(BETWEEN_LOOKS).await;
                self.look().await == first
            }
        };
        self.take_output();
        self.take_pins();
        let nothing_happened = self.shared.version() == version && !self.relays_busy();
        if agreed && nothing_happened {
            return first;
        }
        Look::Busy(None)
    }

    fn flush_terminals(&self) {
        let inputs: Vec<_> = {
            let state = self.shared.lock();
            let programs = state.programs.values();
            programs
                .filter_map(|running| running.input.clone())
                .collect()
        };
        inputs.iter().for_each(|input| input.flush());
    }

    async fn look(&self) -> Look {
        let Ok(snapshot) = self.sandbox.snapshot().await else {
            return Look::Busy(None);
        };
        let mut threads = snapshot
            .processes
            .iter()
            .flat_map(|process| &process.threads);
        // R: runs or waits for a processor; D: waits for a disk (proc_pid_stat(5)).
        let busy = threads.any(|thread| matches!(thread.state, 'R' | 'D'));
        let times = Times::of(&snapshot);
        // Of a crowd it is told elsewhere, and with a better word, that it is one.
        let used = (!snapshot.partial).then_some(times);
        let otherwise = if busy { Look::Busy(used) } else { Look::Asleep };
        let programs = self.program_ids();
        let going = programs
            .iter()
            .any(|(id, over)| !over && is_going(&snapshot, *id));
        if in_flight(&snapshot) || going {
            return Look::Busy(used);
        }
        let mut found = None;
        for (id, over) in programs {
            match snapshot.stuck(id) {
                Some(stuck) => {
                    let stuck = translate(&stuck);
                    // The most telling of several: a receive tells more than an accept.
                    if found.is_none() || matches!(stuck, Stuck::Receive { .. }) {
                        found = Some(stuck);
                    }
                }
                None if over => {}
                None => return otherwise,
            }
        }
        found.map_or(otherwise, |stuck| Look::Stuck(stuck, times.cpu_ns))
    }

    /// What one program waits for now, if every thread of it waits.
    pub async fn stuck_of(&self, name: &str) -> Option<Stuck> {
        let id = self.shared.lock().programs.get(name)?.id;
        stuck_of(&self.sandbox.snapshot().await.ok()?, id)
    }

    fn program_ids(&self) -> Vec<(ProgramId, bool)> {
        let state = self.shared.lock();
        state
            .programs
            .values()
            .map(|running| (running.id, running.exit.is_some()))
            .collect()
    }
}

/// What a program waits for, if every thread of it waits.
pub(super) fn stuck_of(snapshot: &Snapshot, id: ProgramId) -> Option<Stuck> {
    snapshot.stuck(id).as_ref().map(translate)
}

/// Whether a program has ended and the word of it is still on its way: its sockets close before.
fn is_going(snapshot: &Snapshot, id: ProgramId) -> bool {
    // Z, X: a process that waits to be waited for (proc_pid_stat(5)). Those of init do not wait long.
    let dead = |thread: &ThreadState| matches!(thread.state, 'Z' | 'X');
    let known = |process: &ProcessState| process.program.is_some();
    let mut own = snapshot
        .processes
        .iter()
        .filter(|process| process.program == Some(id))
        .peekable();
    if own.peek().is_none() {
        return !snapshot.partial && snapshot.processes.iter().all(known);
    }
    own.any(|process| process.parent == 1 && process.threads.iter().all(dead))
}

/// Whether all sockets of programs are such that anybody may call at, and nobody has.
fn only_waits_to_be_called(snapshot: &Snapshot) -> bool {
    let idle = |socket: &SocketState| {
        let open = match socket.transport {
            Transport::Udp => socket.remote.is_none(),
            Transport::Tcp | Transport::Unix => socket.state == TcpState::Listen,
        };
        open && socket.receive_queue == 0
    };
    let mut own = snapshot
        .sockets
        .iter()
        .filter(|socket| socket.program.is_some());
    !snapshot.partial && own.all(idle)
}

/// Whether bytes that somebody has sent have not arrived yet: a full window may hold back the rest for a
/// while although everybody waits.
fn in_flight(snapshot: &Snapshot) -> bool {
    let unsent = |socket: &&SocketState| {
        socket.transport == Transport::Tcp
            && socket.send_queue > 0
            && matches!(socket.state, TcpState::Established | TcpState::CloseWait)
    };
    // What waits for us to read is no reason to wait: a full receive buffer of ours holds it back for ever.
    let held_back = |socket: &SocketState| {
        let other = socket.local.internet();
        let other = other.and_then(|local| snapshot.other_end(local));
        other.is_some_and(|other| other.receive_queue > 0 && other.program.is_none())
    };
    snapshot
        .sockets
        .iter()
        .filter(unsent)
        .any(|socket| !held_back(socket))
}

fn translate(stuck: &StuckIn) -> Stuck {
    match stuck {
        StuckIn::Accept { .. } => Stuck::Accept,
        StuckIn::Receive { remote, .. } => Stuck::Receive { from: *remote },
        StuckIn::ReadStdin => Stuck::Input,
        StuckIn::Connect => Stuck::Connect,
        StuckIn::Send => Stuck::Send,
        StuckIn::Lock => Stuck::Lock,
        StuckIn::Stopped => Stuck::Stopped,
        _ => Stuck::Other,
    }
}
