//! Where a step stands in the nested lists of a check: `3`, `4.2.0` (step 4, second round, its first
//! step), `5.alice.1` (branch `alice` of step 5, its second step).

use super::step::Step;

/// The path of a child: `parent` is empty at the top of a check.
pub fn child_path(parent: &str, segment: impl std::fmt::Display) -> String {
    if parent.is_empty() {
        segment.to_string()
    } else {
        format!("{parent}.{segment}")
    }
}

/// The step at a path; none when the path does not fit these steps.
pub fn step_at<'a>(steps: &'a [Step], path: &str) -> Option<&'a Step> {
    let mut segments = path.split('.');
    let mut step = steps.get(segments.next()?.parse::<usize>().ok()?)?;
    while let Some(segment) = segments.next() {
        let list: &[Step] = match step {
            Step::For(each) => &each.steps,
            Step::Repeat(repeat) => &repeat.steps,
            Step::Together(branches) => branches.get(segment)?,
            Step::Either(ways) => ways.get(segment.parse::<usize>().ok()?)?,
            _ => return None,
        };
        step = list.get(segments.next()?.parse::<usize>().ok()?)?;
    }
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{ProgramRef, Repeat};

    #[test]
    fn a_path_leads_into_loops() {
        let inner = Step::Stop(ProgramRef("server".into()));
        let steps = vec![Step::Repeat(Repeat {
            times: 2,
            steps: vec![inner],
        })];
        assert!(matches!(step_at(&steps, "0.2.0"), Some(Step::Stop(_))));
        assert!(step_at(&steps, "0.2.1").is_none());
        assert!(step_at(&steps, "1").is_none());
    }
}
