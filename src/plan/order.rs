//! Checks → the order in which they run, and which of them cannot because a program is missing.

use std::collections::BTreeSet;

use super::find::FoundProgram;
use crate::spec::{Spec, Step};

/// A check, planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCheck {
    /// The check's id.
    pub id: String,
    /// Its place in the spec, from 0.
    pub index: usize,
    /// The programs of the student that it starts.
    pub roles: BTreeSet<String>,
    /// Why it cannot be run: a program that it starts has a problem.
    pub blocked: Option<String>,
}

/// Plans the checks of a spec: in its order, except that what a check needs comes first.
pub(super) fn checks(spec: &Spec, programs: &[FoundProgram]) -> Vec<PlannedCheck> {
    let mut done: BTreeSet<usize> = BTreeSet::new();
    let mut order = Vec::new();
    for index in 0..spec.checks.len() {
        visit(spec, index, &mut done, &mut order);
    }
    order
        .into_iter()
        .map(|index| {
            let check = &spec.checks[index];
            let roles = roles_of(&check.steps);
            let blocked = programs
                .iter()
                .filter(|p| roles.contains(&p.role))
                .find_map(|p| {
                    p.problem
                        .as_ref()
                        .map(|problem| format!("{}: {problem}", p.role))
                });
            PlannedCheck {
                id: check.id.clone(),
                index,
                roles,
                blocked,
            }
        })
        .collect()
}

/// Depth first; a check that is being visited counts as done, so that a circle in a spec ends.
fn visit(spec: &Spec, index: usize, done: &mut BTreeSet<usize>, order: &mut Vec<usize>) {
    if !done.insert(index) {
        return;
    }
    for need in &spec.checks[index].needs {
        if let Some(before) = spec.checks.iter().position(|c| c.id == *need) {
            visit(spec, before, done, order);
        }
    }
    order.push(index);
}

/// The roles of the student's programs that steps start; references that stand in for them are left out.
pub fn roles_of(steps: &[Step]) -> BTreeSet<String> {
    let started = Step::flat(steps).into_iter().filter_map(|step| match step {
        Step::Start(start) if start.reference.is_none() => Some(start.program.clone()),
        _ => None,
    });
    started.collect()
}
