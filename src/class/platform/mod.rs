//! What learning platforms let an instructor download: Moodle, Canvas, Gradescope, Blackboard. Each is
//! recognised by the names it gives, which carry whose each file is. What has no such name is left aside
//! and named.

mod blackboard;
mod canvas;
mod gradescope;
mod moodle;

use regex::Captures;

use super::discover::Class;
use super::tree::{Top, Tree};
use crate::plan::files::shown;

/// The class in a platform's download; none if it is not one.
pub(super) fn recognise(tree: &Tree, tops: &[Top]) -> Option<Class> {
    gradescope::recognise(tree, tops)
        .or_else(|| moodle::recognise(tree, tops))
        .or_else(|| blackboard::recognise(tree, tops))
        .or_else(|| canvas::recognise(tree, tops))
}

/// At least half of what is there must look like the platform's; a name or two may do so by accident.
fn mostly(matching: usize, all: usize) -> bool {
    matching > 0 && matching * 2 >= all
}

fn text(found: &Captures, name: &str) -> String {
    found
        .name(name)
        .map(|m| m.as_str().to_owned())
        .unwrap_or_default()
}

/// A remark on everything whose name is not the platform's.
fn left_aside<T>(tops: &[Top], found: &[(&Top, T)], platform: &str) -> Vec<String> {
    let known = |top: &&Top| found.iter().any(|(other, _)| *other == *top);
    let others = tops.iter().filter(|top| !known(top));
    others
        .map(|top| {
            let name = shown(&top.name);
            format!(
                "{name} was left aside: {platform} gives no such names, so whose it is is unknown"
            )
        })
        .collect()
}
