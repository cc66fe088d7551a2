//! Two lists of calls side by side: the longest common order of what was needed and what was seen.

use super::needs::Need;
use super::seen::Seen;
use crate::event::CallKind;

/// Positions in both lists, in the order of both; `None` where one side has nothing.
pub(super) fn align(needs: &[Need], seen: &[Seen]) -> Vec<(Option<usize>, Option<usize>)> {
    // best[i][j]: how much of needs[i..] and seen[j..] can be paired.
    let mut best = vec![vec![0u32; seen.len() + 1]; needs.len() + 1];
    for i in (0..needs.len()).rev() {
        for j in (0..seen.len()).rev() {
            let skip = best[i + 1][j].max(best[i][j + 1]);
            best[i][j] = match worth(&needs[i], &seen[j]) {
                0 => skip,
                worth => skip.max(worth + best[i + 1][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < needs.len() && j < seen.len() {
        let worth = worth(&needs[i], &seen[j]);
        if worth > 0 && best[i][j] == worth + best[i + 1][j + 1] {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if best[i][j] == best[i][j + 1] {
            pairs.push((None, Some(j)));
            j += 1;
        } else {
            pairs.push((Some(i), None));
            i += 1;
        }
    }
    pairs.extend((i..needs.len()).map(|i| (Some(i), None)));
    pairs.extend((j..seen.len()).map(|j| (None, Some(j))));
    missing_first(pairs, needs.len())
}

/// A need that is missing stands before the calls that were made instead of it.
fn missing_first(
    mut pairs: Vec<(Option<usize>, Option<usize>)>,
    needs: usize,
) -> Vec<(Option<usize>, Option<usize>)> {
    // Within a stretch without pairs the order of the two sides is free.
    let mut start = 0;
    while start < pairs.len() {
        let end = pairs[start..]
            .iter()
            .position(|(need, call)| need.is_some() && call.is_some())
            .map_or(pairs.len(), |at| start + at);
        pairs[start..end].sort_by_key(|(need, call)| (need.unwrap_or(needs), *call));
        start = end + 1;
    }
    pairs
}

/// How well a call meets a need; 0 when it does not.
fn worth(need: &Need, seen: &Seen) -> u32 {
    if need.kind != seen.kind || seen.failed || seen.folded {
        return 0;
    }
    // A call that waits has not done what is needed; a receive that waits has not received.
    if seen.waits && !matches!(seen.kind, CallKind::Connect) {
        return 0;
    }
    if need.kind == CallKind::Receive && need.end != seen.end {
        return 0;
    }
    match (&need.actor, &seen.actor) {
        (Some(needed), Some(actor)) if needed != actor => 0,
        (Some(_), Some(_)) => 3,
        _ => 2,
    }
}
