//! Judging: recorded events and packets → findings. Pure: what is stored can be judged again, after a
//! spec's patterns or points have changed, without running anything.

mod aftermath;
mod causes;
pub mod diagnose;
mod finding;
mod generic;
mod history;
mod judge;
mod story;
mod wire;

pub use finding::{Excerpt, Finding, Judgement, Outcome, Source};
pub use generic::{GENERIC, is_generic};
pub use judge::{Input, Program, is_timing, judge, lets_others_go_on, not_run, reads_files};
pub use story::{Story, StoryRow, stories};
