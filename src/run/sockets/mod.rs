//! Steps about actors: connect, listen, accept, send, receive, close.

mod end;
mod open;
mod place;
mod receive;
mod send;

use std::time::Duration;

use super::engine::Engine;
use crate::event::Observed;
use crate::spec::expect;

pub use place::{place_of_endpoint, transport_of};

/// Most bytes of one receive that an observation keeps.
const OBSERVED_BYTES: usize = 64 * 1024;
/// Length of a window that must stay silent, when the spec names none.
const SILENT: Duration = Duration::from_millis(200);

impl Engine {
    /// What a pattern may need to know: the time, the zone.
    pub fn context(&self) -> expect::Context {
        let elapsed_ms = (self.shared.now() / 1_000_000) as i64;
        expect::Context {
            unix_ms: self.unix_ms + elapsed_ms,
            zone_offset_s: self.zone_offset_s,
            // The judge knows when the wait began; until then, nothing is too old.
            waited_ms: elapsed_ms,
        }
    }
}

fn no_actor(name: &str) -> Observed {
    Observed::Skipped {
        because: format!("{name} has no connection"),
    }
}
