//! The order of things: steps one after another, loops, branches at the same time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::RunError;
use super::engine::Engine;
use crate::event::{End, Observed, What};
use crate::spec::expect;
use crate::spec::step_label::filled;
use crate::spec::{For, Repeat, Step, child_path};

/// Whether the steps after this one still make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// They do.
    On,
    /// A step did not get what it wants; what follows would say nothing new.
    Over,
}

type Boxed<'a> = Pin<Box<dyn Future<Output = Result<Going, RunError>> + Send + 'a>>;

/// How long a program that has closed its connection may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Whether what was seen suggests that the program is ending.
fn is_gone(observed: &Observed) -> bool {
    match observed {
        Observed::Received { end, .. }
        | Observed::Datagrams { end, .. }
        | Observed::Accept { end, .. } => {
            matches!(end, End::Closed | End::Reset | End::Exited)
        }
        Observed::Closed { how, .. } => how != "open",
        Observed::Silent { closed, .. } => *closed,
        Observed::Sent { error, .. } => error.is_some(),
        Observed::Connect { outcome, .. } => outcome != "ok",
        _ => false,
    }
}

impl Engine {
    /// Carries out steps in order until one does not get what it wants.
    pub fn run_steps<'a>(&'a self, steps: &'a [Step], parent: &'a str) -> Boxed<'a> {
        self.run_from(steps, 0, parent)
    }

    fn run_from<'a>(&'a self, steps: &'a [Step], first: usize, parent: &'a str) -> Boxed<'a> {
        Box::pin(async move {
            for (index, step) in steps.iter().enumerate().skip(first) {
                let path = child_path(parent, index);
                if self.run_step(step, &path).await? == Going::Over {
                    return Ok(Going::Over);
                }
            }
            Ok(Going::On)
        })
    }

    async fn run_step(&self, step: &Step, path: &str) -> Result<Going, RunError> {
        match step {
            Step::Together(branches) => self.run_together(branches, path).await,
            Step::For(each) => self.run_for(each, path).await,
            Step::Repeat(repeat) => self.run_repeat(repeat, path).await,
            Step::Either(ways) => self.run_either(ways, path).await,
            Step::Let(bindings) => {
                let mut known = self.bindings();
                let drawn = Arc::make_mut(&mut known)
                    .bind_all(bindings, path)
                    .map_err(|error| RunError::Spec(error.to_string()))?;
                for (name, value) in drawn {
                    self.shared.bind(&name, value);
                }
                Ok(Going::On)
            }
            step => Ok(
                if self.run_leaf(step, path).await? || step.worth().is_some() {
                    Going::On
                } else {
                    Going::Over
                },
            ),
        }
    }

    /// Carries out one step, records what was seen, and says whether that is what the step wants.
    async fn run_leaf(&self, step: &Step, path: &str) -> Result<bool, RunError> {
        let label = filled(&step.label(), &self.bindings());
        self.shared.record(What::StepStarted {
            step: path.to_owned(),
            label,
        });
        if self.by_hand && step.is_by_hand() {
            return Ok(true);
        }
        let observed = self.perform(step).await?;
        let mut bindings = self.bindings();
        if let Step::Exits(exits) = step {
            // `no_traceback` looks for the output under this name.
            Arc::make_mut(&mut bindings).set(
                format!("{}.output", exits.program),
                self.output_of(&exits.program),
            );
        }
        let verdict = expect::judge(step, &observed, &bindings, &self.context());
        if !verdict.met && !self.by_hand && is_gone(&observed) {
            // Why the program went away, its output and its exit, comes a moment after its connection.
            let _ = self.quiet(LAST_WORDS).await;
        }
        for (name, value) in &verdict.binds {
            self.shared.bind(name, value.clone());
        }
        self.shared.record(What::StepEnded {
            step: path.to_owned(),
            observed,
        });
        Ok(verdict.met)
    }

    async fn perform(&self, step: &Step) -> Result<Observed, RunError> {
        Ok(match step {
            Step::Start(start) => self.start(start).await?,
            Step::Type(step) => self.type_line(step).await?,
            Step::EndOfInput(program) => self.end_of_input(&program.0).await,
            Step::Prints(step) => self.prints(step).await,
            Step::NotPrints(step) => self.not_prints(step).await,
            Step::Signal(step) => self.signal(step).await?,
            Step::Exits(step) => self.exits(step).await,
            Step::StillRunning(program) => self.still_running(&program.0).await,
            Step::Stop(program) => self.stop(&program.0).await?,
            Step::Listening(step) => self.listening(step).await?,
            Step::NotListening(program) => self.not_listening(&program.0).await,
            Step::Connect(step) => self.connect(step).await?,
            Step::Listen(step) => self.listen(step).await?,
            Step::Accept(step) => self.accept(step).await?,
            Step::NoConnection(step) => self.no_connection(step).await,
            Step::Send(step) => self.send(step).await?,
            Step::Receive(step) => self.receive(step).await?,
            Step::ReceiveSet(step) => self.receive_set(step).await?,
            Step::Silent(step) | Step::StillOpen(step) => self.silent(step).await?,
            Step::Shutdown(step) => self.shutdown(step).await?,
            Step::Close(actor) => self.close(&actor.0, false).await?,
            Step::Reset(actor) => self.close(&actor.0, true).await?,
            Step::Closed(step) => self.closed(step).await?,
            Step::StopReading(step) => self.stop_reading(step).await,
            Step::Sockets(step) => self.sockets(step).await?,
            Step::Relay(step) => self.relay(step).await?,
            Step::SetRelay(step) => self.set_relay(step)?,
            Step::Gpio(step) => self.gpio(step).await,
            Step::File(step) => self.file(step).await?,
            Step::Table(step) => self.table(step).await?,
            Step::Yaml(step) => self.yaml(step).await?,
            Step::Pause(span) => {
                tokio::time::sleep(span.0).await;
                Observed::Done
            }
            Step::Together(_) | Step::For(_) | Step::Repeat(_) | Step::Let(_) | Step::Either(_) => {
                Observed::Done
            }
        })
    }

    async fn run_together(
        &self,
        branches: &std::collections::BTreeMap<String, Vec<Step>>,
        path: &str,
    ) -> Result<Going, RunError> {
        let paths: Vec<String> = branches.keys().map(|name| child_path(path, name)).collect();
        let running = branches
            .values()
            .zip(&paths)
            .map(|(steps, path)| self.run_steps(steps, path));
        let mut going = Going::On;
        for result in join_all(running).await {
            if result? == Going::Over {
                going = Going::Over;
            }
        }
        Ok(going)
    }

    async fn run_for(&self, each: &For, path: &str) -> Result<Going, RunError> {
        for (round, value) in each.values.iter().enumerate() {
            let value = self.expand(value)?;
            self.shared.bind(&each.each, value);
            let path = child_path(path, round);
            if self.run_steps(&each.steps, &path).await? == Going::Over {
                return Ok(Going::Over);
            }
        }
        Ok(Going::On)
    }

    async fn run_repeat(&self, repeat: &Repeat, path: &str) -> Result<Going, RunError> {
        for round in 1..=repeat.times {
            self.shared.bind("i", round.to_string().into_bytes());
            let path = child_path(path, round);
            if self.run_steps(&repeat.steps, &path).await? == Going::Over {
                return Ok(Going::Over);
            }
        }
        Ok(Going::On)
    }

    /// Follows the first way whose first step gets what it wants; if none does, the last one's mismatch counts.
    async fn run_either(&self, ways: &[Vec<Step>], path: &str) -> Result<Going, RunError> {
        let either = || path.to_owned();
        for (index, way) in ways.iter().enumerate() {
            let way_path = child_path(path, index);
            let met = match way.split_first() {
                None => true,
                Some((first, _)) => self.run_leaf(first, &child_path(&way_path, 0)).await?,
            };
            if met {
                let taken = Some(index as u64);
                self.shared.record(What::StepEnded {
                    step: either(),
                    observed: Observed::Branch { taken },
                });
                return self.run_from(way, 1, &way_path).await;
            }
        }
        self.shared.record(What::StepEnded {
            step: either(),
            observed: Observed::Branch { taken: None },
        });
        Ok(Going::Over)
    }
}
