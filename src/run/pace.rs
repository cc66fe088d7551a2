//! Segments that must be met one by one, or together, whatever the machine does meanwhile: what the programs at both
//! ends of a connection do is looked at, not timed.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::peer::{Ends, Pause};
use crate::sandbox::{Inspector, Rest};

/// Between two looks.
const NEXT_LOOK: Duration = Duration::from_millis(1);
/// How long a program that is about to read or to send is waited for: it needs a processor, and nothing else.
const LONGEST: Duration = Duration::from_secs(8);

/// Looks at the programs at the ends of a sandbox's connections.
pub struct Pace(Inspector);

impl Pace {
    /// For connections of the sandbox that `inspector` looks into.
    pub fn new(inspector: Inspector) -> Pace {
        Pace(inspector)
    }

    /// Waits as [`Ends::read`], and calls `meanwhile` before each look.
    pub async fn read(
        &self,
        local: SocketAddr,
        patience: &mut Duration,
        mut meanwhile: impl FnMut(),
    ) {
        let deadline = Instant::now() + LONGEST;
        // Looks in a row that agree that it waits for something else, and that it has read.
        let (mut stuck, mut read) = (0, 0);
        while stuck < 2 && read < 2 && !patience.is_zero() {
            let began = Instant::now();
            if began >= deadline {
                *patience = Duration::ZERO;
                return;
            }
            meanwhile();
            let Ok(seen) = self.0.flushed_snapshot().await else {
                return;
            };
            let Some(socket) = seen.other_end(local) else {
                return;
            };
            // Of whoever is not known it is not known either whether it is busy.
            let rest = match seen.owner(socket) {
                Some(owner) => seen.rest(owner),
                None => Some(Rest::Timeout),
            };
            if socket.receive_queue == 0 {
                if rest.is_some() {
                    return;
                }
                // It may still be in the call that reads, and find the next piece there, too.
                (stuck, read) = (0, read + 1);
            } else if rest == Some(Rest::Stuck) {
                (stuck, read) = (stuck + 1, 0);
            } else {
                (stuck, read) = (0, 0);
            }
            tokio::time::sleep(NEXT_LOOK).await;
            if rest.is_some() {
                *patience = patience.saturating_sub(began.elapsed());
            }
        }
    }
}

impl Ends for Pace {
    async fn read(&self, local: SocketAddr, patience: &mut Duration) {
        self.read(local, patience, || ()).await;
    }

    async fn said(&self, local: SocketAddr) -> Pause {
        let deadline = Instant::now() + LONGEST;
        while Instant::now() < deadline {
            let Ok(seen) = self.0.flushed_snapshot().await else {
                break;
            };
            let owner = seen.other_end(local).and_then(|socket| socket.program);
            let Some(owner) = owner else { break };
            match seen.rest(owner) {
                Some(Rest::Stuck) => return Pause::Stuck,
                Some(Rest::Clock) => return Pause::Sleep,
                Some(Rest::Timeout) => break,
                None => tokio::time::sleep(NEXT_LOOK).await,
            }
        }
        Pause::Unknown
    }
}
