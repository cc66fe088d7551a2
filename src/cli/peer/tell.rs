//! Tells a conversation as it happens, with what cannot be seen made visible.

use std::io::Write;

use super::place::Stage;
use crate::event::{Event, What};
use crate::report::account::said;
use crate::report::{Look, escape};
use crate::score::conversation;
use crate::spec::by_hand::{Scene, Side};
use crate::spec::{Check, Step, step_at};

/// Columns for who it is, and for what is done.
const WHO: usize = 12;
const KIND: usize = 10;

/// Writes lines to standard output.
pub struct Teller<'s> {
    look: Look,
    stage: &'s Stage,
    check: &'s Check,
    last: String,
}

impl<'s> Teller<'s> {
    /// One for a terminal that looks like this.
    pub fn new(look: Look, stage: &'s Stage) -> Self {
        Teller {
            look,
            stage,
            check: &stage.check,
            last: String::new(),
        }
    }

    /// What is played, where, and what the student has to do for it.
    pub fn opening(&self, scene: &Scene) {
        println!("{}: {}", scene.name, scene.title);
        let place = self.stage.place();
        match self.stage.side {
            Side::Calls => println!("Calls your server at {place}. Ctrl-C ends it."),
            Side::Waits => println!("Waits for your client at {place}. Ctrl-C ends it."),
        }
        if let Some(ip) = self.stage.foreign {
            println!(
                "Note: {ip} is no address of this machine, so 127.0.0.1 stands for it. Let your program use that while you try, or give this machine the address: sudo ip addr add {ip}/32 dev lo"
            );
        }
        if self.stage.seems_deserted() {
            println!("Note: no program seems to have this port; start your server first.");
        }
        println!();
    }

    /// The step that was begun last, in words.
    pub fn last_step(&self) -> &str {
        &self.last
    }

    /// Tells an event, if there is something to see in it.
    pub fn tell(&mut self, event: &Event) {
        if let What::StepStarted { step, label } = &event.what {
            self.last.clone_from(label);
            if let Some(line) =
                step_at(&self.check.steps, step).and_then(|s| self.your_turn(s, label))
            {
                self.line("you", "", &line);
            }
            return;
        }
        for line in conversation(std::slice::from_ref(event)) {
            let room = self.look.width.saturating_sub(WHO + KIND + 20).max(20);
            self.line(&line.who, &line.kind, &said(&line, room));
        }
    }

    /// What the student does, or should see, at a step about the program itself.
    fn your_turn(&self, step: &Step, label: &str) -> Option<String> {
        Some(match step {
            Step::Start(_) if self.stage.side == Side::Calls => return None,
            Step::Start(_) => format!(
                "start your program now; it should reach {}",
                self.stage.place()
            ),
            Step::Type(_) => format!("your turn: {label}"),
            Step::EndOfInput(_) => "press Ctrl-D in your program".into(),
            Step::Signal(signal) if signal.signal == "INT" => "press Ctrl-C in your program".into(),
            Step::Prints(_) | Step::NotPrints(_) | Step::Exits(_) => format!("look: {label}"),
            _ => return None,
        })
    }

    fn line(&self, who: &str, kind: &str, text: &str) {
        let (dim, plain) = if self.look.color {
            ("\x1b[2m", "\x1b[0m")
        } else {
            ("", "")
        };
        let who = escape::line(who);
        let text = escape::line(text);
        let mut out = std::io::stdout().lock();
        // A terminal that has gone ends the program by itself.
        let _ = writeln!(out, "{who:<WHO$}{dim}{kind:<KIND$}{plain}{text}");
        let _ = out.flush();
    }
}
