//! Steps about programs: start, type, output, signals, ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::RunError;
use super::engine::{Engine, dial_address, enter};
use super::output::Kept;
use super::state::{Running, State};
use super::transfer::{Reader, Writer};
use crate::event::{Bytes, End, Event, Exit, Limit, Observed, Place, Transport, What};
use crate::sandbox::{
    BrokerError, End as SocketEnd, Launch, STOPPED, SocketState, StdinKind, StdoutKind,
};
use crate::spec::expect;
use crate::spec::{Exits, OutputStream, Prints, Signal, Sockets, Start, Stdin, Stdout, Step, Type};

/// Most bytes of output that an observation keeps.
const OBSERVED_BYTES: usize = 64 * 1024;
/// How long a program that wakes up by itself must have done nothing to count as settled: longer than
/// the half second after which the loops of common servers look around (Python's `serve_forever`).
pub(super) const SETTLED: Duration = Duration::from_millis(700);
/// A terminal of the customary size.
const TERMINAL: StdinKind = StdinKind::Terminal {
    columns: 80,
    rows: 24,
};
/// How long a program that is still starting keeps its place in the queue of starting programs.
const LONGEST_START: Duration = Duration::from_millis(400);

impl Engine {
    /// Starts a program, and waits until it listens if it is one that does.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn start(&self, start: &Start) -> Result<Observed, RunError> {
        let name = start.name.clone().unwrap_or_else(|| start.program.clone());
        let built = self.built_for(start);
        let roles = match (&built, &start.exercise) {
            (Some(built), Some(_)) => &built.roles,
            _ => &self.spec.programs,
        };
        let Some(role) = roles.get(&start.program) else {
            return Err(RunError::Spec(format!("no program `{}`", start.program)));
        };
        let found = built.as_ref().and_then(|built| {
            let program = built.programs.get(&start.program)?;
            Some((program, built.notes(&start.program)))
        });
        let Some((program, notes)) = found else {
            return Ok(Observed::Skipped {
                because: format!("there is no {} to start", start.program),
            });
        };
        let mut argv = program.argv.clone();
        for arg in start.args.as_ref().unwrap_or(&role.args) {
            argv.push(self.expand_text(arg)?);
        }
        let mut env: Vec<(String, String)> = Vec::new();
        for (key, value) in role.env.iter().chain(&start.env) {
            env.push((key.clone(), self.expand_text(value)?));
        }
        env.extend(self.gpio_env());
        let stdin = start.stdin.unwrap_or(role.stdin);
        let stdout = start.stdout.unwrap_or(role.stdout);
        // Only the first program of a check waits for its turn. The second one shall meet it, however many checks
        // begin meanwhile.
        let first = self.shared.lock().programs.is_empty();
        let permit = if first && self.since.is_none() {
            let _queueing = self.excused.queueing();
            self.starting.clone().acquire_owned().await.ok()
        } else {
            None
        };
        self.shared.record(What::Started {
            program: name.clone(),
            argv: argv.clone(),
            since: self.since.clone(),
        });
        if !notes.is_empty() {
            self.shared.record(What::Source {
                program: name.clone(),
                notes: notes.to_vec(),
            });
        }
        if self.since.is_some() {
            return Ok(self.found_running(&name));
        }
        let launched = self.launch(
            &name,
            &start.program,
            Launch {
                argv: argv.into_iter().map(Into::into).collect(),
                env: env
                    .into_iter()
                    .map(|(key, value)| (key.into(), value.into()))
                    .collect(),
                cwd: program.cwd.clone(),
                stdin: match stdin {
                    Stdin::None => StdinKind::Null,
                    Stdin::Pipe => StdinKind::Pipe,
                    Stdin::Terminal => TERMINAL,
                },
                stdout: match stdout {
                    Stdout::Terminal => StdoutKind::Terminal,
                    Stdout::Pipe => StdoutKind::Pipe,
                },
                story: self.follow && start.reference.is_none(),
                ..Launch::new([""; 0])
            },
        );
        if let Err(error) = launched.await {
            return self.not_started(error);
        }
        let listens = start.wait.unwrap_or(role.listens.is_some());
        if listens {
            self.set_place(permit);
            let observed = self.wait_until_listening(&name, self.listen_wait).await;
            self.set_place(None);
            self.bind_place_of(&name);
            return Ok(observed);
        }
        if let Some(permit) = permit {
            self.hold_while_starting(name, permit);
        }
        Ok(Observed::Done)
    }

    /// A start of a program that runs already: it listens where it did.
    fn found_running(&self, name: &str) -> Observed {
        let places = self.places(name);
        for place in places.clone() {
            let program = name.to_owned();
            self.shared.record(What::Listening { program, place });
        }
        self.bind_place_of(name);
        Observed::Listening {
            places,
            end: End::Met,
        }
    }

    /// What the system does not execute is the student's: a file for another kind of machine, a script whose
    /// interpreter does not exist; and so is a sandbox that the programs in it have filled. The rest is not.
    fn not_started(&self, error: RunError) -> Result<Observed, RunError> {
        let RunError::Broker(BrokerError::Refused { call, errno }) = &error else {
            return Err(error);
        };
        let crowded = self.shared.lock().limit == Some(Limit::Processes);
        let executed = ["exec ", "chdir "]
            .iter()
            .any(|begin| call.starts_with(begin));
        if executed || call.ends_with("command not found") {
            let why = std::io::Error::from_raw_os_error(*errno).to_string();
            let why = why.split(" (os error").next().unwrap_or(&why).to_owned();
            return Ok(Observed::Skipped {
                because: format!("it cannot be executed: {why}"),
            });
        }
        if call == STOPPED {
            return Ok(Observed::Skipped {
                because: "another program stopped it (SIGSTOP) before it could run".into(),
            });
        }
        if call == "fork" && crowded {
            return Ok(Observed::Skipped {
                because: "the programs have started so many processes that no other can start"
                    .into(),
            });
        }
        Err(error)
    }

    fn built_for(&self, start: &Start) -> Option<Arc<super::Built>> {
        match start.reference_of() {
            None => Some(self.built.clone()),
            Some(reference) => self.references.get(&reference).cloned(),
        }
    }

    async fn launch(&self, name: &str, role: &str, launch: Launch) -> Result<(), RunError> {
        let terminal = matches!(launch.stdin, StdinKind::Terminal { .. });
        let started = self.sandbox.spawn(launch).await?;
        let io = |what| move |source| RunError::Io { what, source };
        let input = started.stdin.map(|fd| Writer::new(fd, terminal));
        let input = input.transpose();
        let input = input.map_err(io("standard input of a program"))?;
        let reader = |fd, what| Reader::new(fd).map(Arc::new).map_err(io(what));
        let stdout = reader(started.stdout, "standard output of a program")?;
        let stderr = reader(started.stderr, "standard error of a program")?;
        enter(
            &self.shared,
            name,
            Running {
                id: started.id,
                role: role.to_owned(),
                stdout: Kept::default(),
                stderr: Kept::default(),
                open_streams: 2,
                outputs: vec![(false, stdout.clone()), (true, stderr.clone())],
                places: Vec::new(),
                listening_now: Vec::new(),
                exit: None,
                searched: 0,
                typed_at: 0,
                input: input.map(Arc::new),
                terminal,
            },
        );
        self.watch_output(name, stdout, false);
        self.watch_output(name, stderr, true);
        Ok(())
    }

    fn watch_output(&self, name: &str, reader: Arc<Reader>, stderr: bool) {
        let shared = self.shared.clone();
        let name = name.to_owned();
        self.spawn(async move {
            // Letting go of the reading end makes the next write fail with EPIPE.
            reader
                .follow(|bytes| shared.output(&name, stderr, bytes))
                .await;
            if let Some(running) = shared.lock().programs.get_mut(&name) {
                running.open_streams -= 1;
                running
                    .outputs
                    .retain(|(_, other)| !Arc::ptr_eq(other, &reader));
            }
            drop(reader);
            shared.touch();
        });
    }

    /// Takes in what programs have written so far: after they were seen to wait, so that what they wrote before
    /// is known.
    pub fn take_output(&self) {
        let outputs: Vec<_> = {
            let state = self.shared.lock();
            let programs = state.programs.iter();
            programs
                .flat_map(|(name, running)| {
                    let outputs = running.outputs.iter();
                    outputs.map(|(stderr, reader)| (name.clone(), *stderr, reader.clone()))
                })
                .collect()
        };
        for (name, stderr, reader) in outputs {
            reader.take(|bytes| self.shared.output(&name, stderr, bytes));
        }
    }

    /// Keeps the place of a client among the starting programs until it shows a sign of life.
    fn hold_while_starting(&self, name: String, permit: OwnedSemaphorePermit) {
        let shared = self.shared.clone();
        self.spawn(async move {
            let mut changes = shared.changes();
            let alive = async {
                while !shows_life(&shared.lock(), &name) && changes.changed().await.is_ok() {}
            };
            let _ = tokio::time::timeout(LONGEST_START, alive).await;
            drop(permit);
        });
    }

    /// Lets `${port of server}` and `${address of server}` say where a program can be dialled.
    fn bind_place_of(&self, name: &str) {
        let place = self
            .place_of(name, Transport::Tcp)
            .or_else(|| self.place_of(name, Transport::Udp));
        let Some(Place::Tcp(at) | Place::Udp(at)) = place else {
            return;
        };
        let wanted = {
            let state = self.shared.lock();
            let role = state.programs.get(name).map(|running| &running.role);
            role.and_then(|role| self.spec.programs.get(role)?.listens.as_ref())
        };
        let at = dial_address(at, wanted);
        self.shared
            .bind(&format!("{name}.port"), at.port().to_string().into_bytes());
        self.shared
            .bind(&format!("{name}.address"), at.ip().to_string().into_bytes());
    }

    /// `type`: a line on standard input, after a prompt if asked.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn type_line(&self, step: &Type) -> Result<Observed, RunError> {
        let mut end = End::Met;
        if let Some(prompt) = &step.after {
            let prints = Prints {
                program: step.to.clone(),
                like: Some(prompt.clone()),
                ..Prints::default()
            };
            let from = |running: &Running| running.typed_at;
            end = self
                .wait_printed(&Step::Prints(prints), &step.to, None, from, self.step_wait)
                .await
                .1;
        } else if step.when_asked {
            // The others may wait for whatever they like, or be busy.
            end = self.waits_when_quiet(&step.to).await;
            // What it has done before it asked is known before it is answered.
            self.look_at_streams();
        }
        let mut bytes = match (&step.line, &step.text) {
            (Some(line), _) => self.expand(line)?,
            (None, Some(text)) => self.expand(text)?,
            (None, None) => Vec::new(),
        };
        if step.line.is_some() {
            bytes.push(b'\n');
        }
        let input = {
            let mut state = self.shared.lock();
            let Some(running) = state.programs.get_mut(&step.to) else {
                return Ok(Observed::Skipped {
                    because: format!("{} is not running", step.to),
                });
            };
            running.typed_at = running.stdout.text().len();
            running.input.clone()
        };
        if let Some(input) = input {
            self.shared.record(What::Typed {
                program: step.to.clone(),
                bytes: Bytes::capped(&bytes, 4096),
            });
            // A program that reads no more leaves the pipe full; the step after this one will show it.
            let _ = tokio::time::timeout(self.step_wait, input.write_all(&bytes)).await;
        }
        Ok(Observed::Prompt { end })
    }

    /// `end_of_input`.
    pub async fn end_of_input(&self, name: &str) -> Observed {
        let (input, terminal) = {
            let mut state = self.shared.lock();
            let Some(running) = state.programs.get_mut(name) else {
                return Observed::Skipped {
                    because: format!("{name} is not running"),
                };
            };
            (running.input.take(), running.terminal)
        };
        if let (Some(input), true) = (input, terminal) {
            // Ctrl-D at the beginning of a line is the end of input on a terminal (termios(3), VEOF).
            let _ = tokio::time::timeout(self.step_wait, input.write_all(&[4])).await;
        }
        self.shared.record(What::InputEnded {
            program: name.to_owned(),
        });
        Observed::Done
    }

    /// `prints`.
    pub async fn prints(&self, step: &Prints) -> Observed {
        let within = self.within(step.within);
        let whole = Step::Prints(step.clone());
        let from = |running: &Running| match (step.next, step.since_typed) {
            (true, _) => running.searched,
            (false, true) => running.typed_at,
            (false, false) => 0,
        };
        if step.times.is_some() {
            // "How often" can be said only when the program has gone quiet.
            let end = self.quiet(within).await;
            return self.printed(&step.program, step.on, 0, end);
        }
        let (from, end) = self
            .wait_printed(&whole, &step.program, step.on, from, within)
            .await;
        let observed = self.printed(&step.program, step.on, from, end.clone());
        if end == End::Met {
            let verdict = expect::judge(&whole, &observed, &self.bindings(), &self.context());
            let mut state = self.shared.lock();
            if let Some(running) = state.programs.get_mut(&step.program) {
                // Standard error stands behind standard output, which may still grow.
                let printed = running.stdout.text().len();
                running.searched = verdict.found.map_or(printed, |(_, to)| to.min(printed));
            }
        }
        observed
    }

    /// `not_prints`: waits until the programs are quiet, then shows what there is.
    pub async fn not_prints(&self, step: &Prints) -> Observed {
        let end = self.settle(SETTLED).await;
        self.printed(&step.program, step.on, 0, end)
    }

    /// Waits until what is printed satisfies a step; where the search began is returned, too.
    async fn wait_printed(
        &self,
        step: &Step,
        program: &str,
        on: Option<OutputStream>,
        from: impl Fn(&Running) -> usize,
        within: Duration,
    ) -> (usize, End) {
        let bindings = self.bindings();
        let start = self.shared.lock().programs.get(program).map_or(0, &from);
        let result = self
            .wait_for(within, |state| {
                let running = state.programs.get(program)?;
                let observed = observe(running, on, start, End::Met);
                if expect::judge(step, &observed, &bindings, &self.context()).met {
                    return Some(End::Met);
                }
                (running.exit.is_some() && running.open_streams == 0).then_some(End::Exited)
            })
            .await;
        (start, result.unwrap_or_else(|end| end))
    }

    fn printed(&self, program: &str, on: Option<OutputStream>, from: usize, end: End) -> Observed {
        let state = self.shared.lock();
        match state.programs.get(program) {
            Some(running) => observe(running, on, from, end),
            None => Observed::Skipped {
                because: format!("{program} is not running"),
            },
        }
    }

    /// Both outputs of a program so far, as far as they are kept; empty when it was not started.
    pub fn output_of(&self, program: &str) -> Vec<u8> {
        let state = self.shared.lock();
        let running = state.programs.get(program);
        running.map_or_else(Vec::new, |running| {
            [running.stdout.text(), running.stderr.text()].concat()
        })
    }

    /// `exits`.
    pub async fn exits(&self, step: &Exits) -> Observed {
        let over = |state: &State| {
            let running = state.programs.get(&step.program)?;
            running
                .exit
                .filter(|_| running.open_streams == 0 || state.limit.is_some())
        };
        let within = self.within(step.within);
        match self.wait_for(within, over).await {
            Ok(exit) => Observed::Exit {
                exit: Some(exit),
                end: End::Met,
            },
            Err(end) => Observed::Exit {
                exit: self.exit_of(&step.program),
                end: self.own_end(&step.program, end).await,
            },
        }
    }

    /// What a program itself waits for, where `end` tells that all of them wait.
    async fn own_end(&self, name: &str, end: End) -> End {
        match end {
            End::Stuck(all) => End::Stuck(self.stuck_of(name).await.unwrap_or(all)),
            other => other,
        }
    }

    fn exit_of(&self, name: &str) -> Option<Exit> {
        self.shared
            .lock()
            .programs
            .get(name)
            .and_then(|running| running.exit)
    }

    /// `still_running`: waits until the programs are quiet, so that a program that is about to end has ended.
    pub async fn still_running(&self, name: &str) -> Observed {
        let end = self.settle(SETTLED).await;
        Observed::Exit {
            exit: self.exit_of(name),
            end,
        }
    }

    /// `signal`.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn signal(&self, step: &Signal) -> Result<Observed, RunError> {
        let number = match step.signal.as_str() {
            "HUP" => 1,
            "INT" => 2,
            "KILL" => 9,
            "USR1" => 10,
            "TERM" => 15,
            "CONT" => 18,
            "STOP" => 19,
            other => return Err(RunError::Spec(format!("unknown signal {other}"))),
        };
        let Some(id) = self
            .shared
            .lock()
            .programs
            .get(&step.to)
            .map(|running| running.id)
        else {
            return Ok(Observed::Skipped {
                because: format!("{} is not running", step.to),
            });
        };
        // A person presses Ctrl-C when nothing moves any more.
        let _ = self.settle(Duration::from_millis(200)).await;
        self.shared.record(What::Signalled {
            program: step.to.clone(),
            signal: step.signal.clone(),
        });
        // Ctrl-C on a terminal reaches the whole foreground process group.
        self.sandbox.signal(id, number, true).await?;
        Ok(Observed::Done)
    }

    /// `stop`: ends a program whatever it does.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn stop(&self, name: &str) -> Result<Observed, RunError> {
        let id = self
            .shared
            .lock()
            .programs
            .get(name)
            .map(|running| running.id);
        if let Some(id) = id {
            self.sandbox.signal(id, 9, true).await?;
            let gone = |state: &State| state.programs.get(name).and_then(|running| running.exit);
            let _ = self.wait_for(self.step_wait, gone).await;
        }
        Ok(Observed::Done)
    }

    /// `sockets`: states of a program's TCP sockets.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn sockets(&self, step: &Sockets) -> Result<Observed, RunError> {
        let whole = Step::Sockets(step.clone());
        let bindings = self.bindings();
        let deadline = tokio::time::Instant::now() + self.within(step.within);
        loop {
            let observed = self.socket_table(step).await?;
            let met = expect::judge(&whole, &observed, &bindings, &self.context()).met;
            if met || tokio::time::Instant::now() >= deadline {
                return Ok(observed);
            }
            // The table changes without telling anybody; looking again is the only way.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn socket_table(&self, step: &Sockets) -> Result<Observed, RunError> {
        let (id, places) = {
            let state = self.shared.lock();
            let running = state.programs.get(&step.program);
            let places = running.map(|running| running.places.clone());
            (
                running.map(|running| running.id),
                places.unwrap_or_default(),
            )
        };
        // TIME_WAIT and the like belong to no process any more; with the port of the program that is asked
        // about, they count for it. The grader's own ends belong to none of the programs, either.
        let left_behind = |socket: &SocketState| {
            let at_port = |place: &Place| match (&socket.local, place) {
                (SocketEnd::Internet(own), Place::Tcp(at)) => own.port() == at.port(),
                _ => false,
            };
            socket.inode == 0 && (places.is_empty() || places.iter().any(at_port))
        };
        let snapshot = self.sandbox.snapshot().await?;
        let mut count = 0;
        let mut table = Vec::new();
        for socket in &snapshot.sockets {
            let own = match socket.program {
                Some(owner) => Some(owner) == id,
                None => left_behind(socket),
            };
            if socket.transport != Transport::Tcp || !own {
                continue;
            }
            let state = socket.state.name();
            count += u64::from(state == step.state);
            let remote = socket
                .remote
                .as_ref()
                .map_or_else(|| "*".to_owned(), ToString::to_string);
            table.push(format!("{state} {} {remote}", socket.local));
        }
        Ok(Observed::Sockets { count, table })
    }
}

fn observe(running: &Running, on: Option<OutputStream>, from: usize, end: End) -> Observed {
    let text = match on {
        Some(OutputStream::Stdout) => running.stdout.text(),
        Some(OutputStream::Stderr) => running.stderr.text(),
        None => [running.stdout.text(), running.stderr.text()].concat(),
    };
    Observed::Printed {
        text: Bytes::capped(&text, 2 * OBSERVED_BYTES),
        searched_from: from.min(text.len()) as u64,
        end,
    }
}

/// Whether a client has come to work: it prints, it dials, it has ended.
fn shows_life(state: &State, name: &str) -> bool {
    let dialled = |event: &Event| matches!(event.what, What::Connected { .. });
    let talks = |running: &Running| {
        running.exit.is_some() || running.stdout.total() + running.stderr.total() > 0
    };
    state.programs.get(name).is_none_or(talks) || state.events.iter().any(dialled)
}
