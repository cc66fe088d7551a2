//! One attack: graded beside an honest submission, followed by another one, and the seven conditions
//! looked at.

use std::fs;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use socklab::event::What;
use socklab::score::{Scorecard, Status};

use crate::conditions::{Conditions, reports};
use crate::grader::{self, Seen, watch};
use crate::machine::Machine;
use crate::plan::Item;
use crate::world::{User, World};
use crate::{made, results};

/// What came of an item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Its number.
    pub item: u32,
    /// Its name.
    pub name: String,
    /// What it tries.
    pub what: String,
    /// What the grader says, in a few words.
    pub verdict: String,
    /// Seconds until the grader had ended.
    pub took: f64,
    /// The grader's memory in bytes.
    pub memory: u64,
    /// Which of the seven conditions held; and last, whether the verdict is the expected one.
    pub held: [bool; 8],
    /// What went wrong.
    pub wrong: Vec<String>,
    /// Why it could not be shown here.
    pub skipped: Option<String>,
}

/// Patience with a grader that does not end; only a broken one takes that long.
const PATIENCE: Duration = Duration::from_secs(300);
/// What an honest submission takes on a machine that does nothing else, in seconds.
const HONEST: f64 = 1.2;

/// Grades attacks in one class, and looks at everything.
pub fn attack(items: &[Item], user: User) -> Vec<Outcome> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let world = World::new(user);
    let host = Host::listen(&world);
    let mut keys = Vec::new();
    for item in items {
        keys.extend(prepare(item, &world, &host));
    }
    world.open_up();
    let mut conditions = Conditions::default();
    let load = load(&world);
    grader::clear(&grader::left_over(load));
    let before = Machine::look();
    let seen = watch(&mut grade(&world, &items[0]), PATIENCE);
    let left = grader::left_over(load);
    grader::clear(&left);
    conditions.ended(&seen, limit(items) * load);
    conditions.nobody_left(&left);
    let mut remains = Machine::left_since(&before, load);
    remains.extend(world.droppings());
    conditions.nothing_left(remains);
    let cards = results::cards(&world, "work/RUN");
    reports(&world, &mut conditions, &cards);
    conditions.secrets(&world, &seen.output, &host, &keys);
    conditions.honest(&world, &cards, &items[0]);
    conditions.memory(seen.memory, seen.descriptors, seen.lost);
    let held = conditions.held();
    let outcomes = items
        .iter()
        .map(|item| outcome(&world, item, &cards, &seen, held));
    let mut outcomes: Vec<Outcome> = outcomes.collect();
    // What holds for none of them is said once.
    outcomes[0].wrong.extend(conditions.into_wrong());
    outcomes
}

/// The time for a class: that of the slowest, and for each of the others what an honest one takes.
fn limit(items: &[Item]) -> f64 {
    let slowest = items.iter().map(|item| item.limit).fold(0.0, f64::max);
    slowest + HONEST * (items.len() - 1) as f64
}

/// What came of one item of a class for which the conditions `held`.
fn outcome(
    world: &World,
    item: &Item,
    cards: &[Scorecard],
    seen: &Seen,
    held: [bool; 8],
) -> Outcome {
    let mut conditions = Conditions::default();
    let own: Vec<&Scorecard> = cards.iter().filter(|card| is_of(card, item)).collect();
    for card in &own {
        conditions.expected(world, item, card);
    }
    if own.is_empty() {
        conditions.wrong(7, "there is no result".into());
    }
    let also = conditions.held();
    Outcome {
        item: item.item,
        name: item.name().to_owned(),
        what: item.what.clone(),
        verdict: own
            .first()
            .map_or_else(|| "no result".to_owned(), |card| describe(card)),
        took: seen.took.as_secs_f64(),
        memory: seen.memory,
        held: std::array::from_fn(|n| held[n] && also[n]),
        wrong: conditions.into_wrong(),
        skipped: None,
    }
}

/// Whether a scorecard belongs to an item: what code makes has a class for itself.
fn is_of(card: &Scorecard, item: &Item) -> bool {
    let key = &card.submission.key;
    let handed_in = [&item.submission, &item.with];
    let is_its = |submission: &String| *key == Item::key(submission);
    card.exercise == item.exercise
        && match item.submission {
            Some(_) => handed_in.into_iter().flatten().any(is_its),
            None => key != "beside",
        }
}

/// How much longer everything takes here and now: an honest submission is graded for comparison.
pub fn load(world: &World) -> f64 {
    let began = Instant::now();
    let mut command = world.socklab();
    command
        .args(["check", "hostile-echo"])
        .arg(world.path("next"));
    let _ = watch(&mut command, PATIENCE);
    (began.elapsed().as_secs_f64() / HONEST).max(1.0)
}

/// Hands in what belongs to an item; the keys under which that is done.
fn prepare(item: &Item, world: &World, host: &Host) -> Vec<String> {
    let more = [
        ("@ABSTRACT@", host.name.as_str()),
        ("@SOCKET@", host.path.to_str().unwrap_or_default()),
    ];
    if let Some(made) = &item.made {
        made::make(made, &world.path("class"));
    }
    let names = [("a", "b", &item.submission), ("b", "a", &item.with)];
    let mut keys = Vec::new();
    for (me, other, submission) in names {
        if let Some(submission) = submission {
            let key = Item::key(submission);
            let names = [("@ME@", me), ("@OTHER@", other)];
            world.hand_in(submission, &key, &[&more[..], &names].concat());
            keys.push(key);
        }
    }
    keys
}

/// The whole class, in which the honest one is graded for the exercise that it is for.
fn grade(world: &World, item: &Item) -> std::process::Command {
    let mut command = world.socklab();
    command.arg("grade").arg(&item.exercise);
    if item.exercise != "hostile-echo" {
        command.arg("hostile-echo");
    }
    command.arg(world.path("class"));
    command
        .args(["--jobs", "4", "--out"])
        .arg(world.path("work/RUN"));
    command
}

/// `graded 1/10: wrong-answer`
fn describe(card: &Scorecard) -> String {
    match card.status {
        Status::NotGraded => format!("not graded: {}", card.error.as_deref().unwrap_or("?")),
        Status::Graded => {
            let cause = results::first_cause(card);
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            format!("{}/{}{cause}", card.score, card.max)
        }
    }
}

/// Sockets of the host that no submission may reach.
pub struct Host {
    /// The abstract name.
    pub name: String,
    /// The path.
    pub path: std::path::PathBuf,
    listeners: Vec<UnixListener>,
}

impl Host {
    fn listen(world: &World) -> Host {
        use std::os::linux::net::SocketAddrExt as _;
        let name = format!(
            "socklab-{}",
            world.secrets.home.trim_start_matches("CANARY-")
        );
        let path = world.path("tmp").with_file_name("host.socket");
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let listeners = vec![
            UnixListener::bind_addr(&address).unwrap(),
            UnixListener::bind(&path).unwrap(),
        ];
        let all = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
        fs::set_permissions(&path, all).unwrap();
        Host {
            name,
            path,
            listeners,
        }
    }

    /// Whether somebody has come.
    pub fn was_reached(&self) -> bool {
        self.listeners.iter().any(|listener| {
            listener.set_nonblocking(true).unwrap();
            listener.accept().is_ok()
        })
    }
}

/// Everything that a submission's programs printed, in all checks.
pub fn printed(world: &World, run: &str, card: &Scorecard) -> Vec<u8> {
    let mut text = Vec::new();
    for check in &card.checks {
        for event in results::events(world, run, card, &check.id) {
            if let What::Output { bytes, .. } = event.what {
                text.extend(bytes.0);
            }
        }
    }
    for program in &card.programs {
        text.extend(
            program
                .build_output
                .iter()
                .flat_map(|output| output.0.clone()),
        );
    }
    text
}

/// Whether a grader came to a regular end.
pub fn is_regular(seen: &Seen) -> Result<(), String> {
    let text = String::from_utf8_lossy(&seen.output);
    match seen.status {
        None => Err("the grader did not end".into()),
        Some(_) if text.contains("panicked") => Err(format!("the grader panicked: {text}")),
        Some(status) if !status.success() => Err(format!("the grader ended with {status}: {text}")),
        Some(_) => Ok(()),
    }
}
