//! What exists at a step: names with values, actors, running programs.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::template::{Segment, segments};

/// The things that a step may refer to.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Names with a value.
    pub names: BTreeSet<String>,
    /// Actors, as the spec writes them (`alice`, `client${i}`).
    pub actors: BTreeSet<String>,
    /// Running copies of programs.
    pub programs: BTreeSet<String>,
}

impl Scope {
    /// What exists after branches that all may have run.
    pub fn join(&mut self, other: Scope) {
        self.names.extend(other.names);
        self.actors.extend(other.actors);
        self.programs.extend(other.programs);
    }

    /// Whether an actor exists. Names with `${…}` are compared by their fixed parts.
    pub fn has_actor(&self, name: &str) -> bool {
        known(&self.actors, name)
    }

    /// Whether a running copy exists.
    pub fn has_program(&self, name: &str) -> bool {
        known(&self.programs, name)
    }
}

fn known(names: &BTreeSet<String>, name: &str) -> bool {
    names.contains(name) || {
        let wanted = fixed_parts(name);
        names.iter().any(|n| may_be(&fixed_parts(n), &wanted))
    }
}

/// The literal text before the first `${` and after the last `}`, and whether there is one between.
fn fixed_parts(name: &str) -> (String, String, bool) {
    let Ok(parts) = segments(name) else {
        return (name.to_owned(), String::new(), false);
    };
    let literal = |segment: Option<&Segment>| match segment {
        Some(Segment::Literal(text)) => text.clone(),
        _ => String::new(),
    };
    let drawn = parts.iter().any(|p| matches!(p, Segment::Code { .. }));
    if drawn {
        (literal(parts.first()), literal(parts.last()), true)
    } else {
        (name.to_owned(), String::new(), false)
    }
}

fn may_be(a: &(String, String, bool), b: &(String, String, bool)) -> bool {
    match (a.2, b.2) {
        (false, false) => a.0 == b.0,
        (true, false) => b.0.starts_with(&a.0) && b.0.ends_with(&a.1),
        (false, true) => a.0.starts_with(&b.0) && a.0.ends_with(&b.1),
        (true, true) => a.0.starts_with(&b.0) || b.0.starts_with(&a.0),
    }
}

/// Everything of a check that exists at its end, and the exercise's programs.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The roles in `programs`, with what the check may need to know of them.
    pub roles: BTreeMap<String, Role>,
    /// Every actor that some step of the check makes, for better advice.
    pub later_actors: BTreeSet<String>,
    /// Every running copy that some step of the check starts.
    pub later_programs: BTreeSet<String>,
}

/// What is known of a program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Role {
    /// It has `connects`.
    pub connects: bool,
    /// It has a standard input that can be typed on.
    pub input: bool,
}
