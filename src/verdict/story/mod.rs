//! The story of a check that did not pass: the calls that the program made, in order, beside those that
//! the steps of the check need. Evidence for a person; no point depends on it.

mod align;
mod needs;
mod seen;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{Event, What};
use crate::spec::{Check, Spec};

use needs::Need;
use seen::Seen;

/// What one program did, call by call, beside what was needed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// The program.
    pub program: String,
    /// Where it left the path, in one sentence; empty when every needed call was made.
    pub turn: String,
    /// The calls, side by side.
    pub rows: Vec<StoryRow>,
    /// How many more calls there were.
    pub more: u64,
}

/// A needed call beside the one that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryRow {
    /// What the check needs here; empty when nothing.
    pub needed: String,
    /// What the program called; empty when nothing.
    pub seen: String,
    /// This is where it went wrong: a needed call is missing, or a call failed.
    pub wrong: bool,
}

/// Rows of one program that are shown.
const MOST_ROWS: usize = 60;

/// The stories of a check's programs, if its calls were followed.
pub fn stories(spec: &Spec, check: &Check, events: &[Event]) -> Vec<Story> {
    let followed = events.iter().filter_map(|event| match &event.what {
        What::Calls {
            program,
            calls,
            more,
        } => Some((program, calls, *more)),
        _ => None,
    });
    followed
        .filter_map(|(program, calls, more)| {
            let needs = needs::of(spec, check, events, program);
            let seen = seen::of(calls, needs.iter().any(|need| need.datagram));
            (!seen.is_empty()).then(|| tell(program, &needs, &seen, more))
        })
        .collect()
}

fn tell(program: &str, needs: &[Need], seen: &[Seen], more: u64) -> Story {
    let pairs = align::align(needs, seen);
    let turn = turn(needs, seen, &pairs);
    let mut rows: Vec<StoryRow> = pairs
        .iter()
        .map(|(need, call)| {
            let need = need.map(|at| &needs[at]);
            let call = call.map(|at| &seen[at]);
            StoryRow {
                needed: need.map(Need::words).unwrap_or_default(),
                seen: call.map(|call| call.words.clone()).unwrap_or_default(),
                wrong: (need.is_some() && call.is_none()) || call.is_some_and(|call| call.failed),
            }
        })
        .collect();
    let hidden = rows.len().saturating_sub(MOST_ROWS) as u64;
    rows.truncate(MOST_ROWS);
    Story {
        program: program.to_owned(),
        turn,
        rows,
        more: more + hidden,
    }
}

/// The first needed call that is missing, and what the program did instead.
fn turn(needs: &[Need], seen: &[Seen], pairs: &[(Option<usize>, Option<usize>)]) -> String {
    let missing = pairs
        .iter()
        .position(|(need, call)| need.is_some() && call.is_none());
    let Some(at) = missing else {
        return String::new();
    };
    let Some(need) = pairs[at].0.map(|need| &needs[need]) else {
        return String::new();
    };
    // What was called in its place: next in order, but not something that another need explains.
    let instead = pairs[at + 1..]
        .iter()
        .chain(pairs[..at].iter().rev())
        .find_map(|(need, call)| need.is_none().then_some(*call).flatten())
        .filter(|call| {
            pairs[..at]
                .iter()
                .all(|(_, before)| before.is_none_or(|b| b < *call))
        })
        .map(|call| &seen[call]);
    let needed = need.words();
    match instead {
        Some(call) if call.waits => {
            format!(
                "Where `{needed}` is needed, it waits in {}().",
                call.kind.name()
            )
        }
        Some(call) => format!(
            "Where `{needed}` is needed, it calls {}().",
            call.kind.name()
        ),
        None => format!("It never comes to `{needed}`."),
    }
}

#[cfg(test)]
mod tests;
