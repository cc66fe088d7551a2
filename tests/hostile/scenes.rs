//! Attacks that are no single submission: a grader that is ended while a stubborn program runs, a machine
//! that lacks something, a class of many.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use socklab::score::Status;

use crate::attack::{Outcome, load};
use crate::conditions::{Conditions, short};
use crate::grader::{self, pause, watch};
use crate::machine::Machine;
use crate::plan::Item;
use crate::world::{User, World};
use crate::{degraded, results, table};

/// Plays a scene.
pub fn play(scene: &str, item: &Item, user: User) -> Outcome {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    match scene {
        "ended-grader" => ended_grader(item, user),
        "notes" => notes(item, user),
        "degraded" => degraded::play(item, user),
        "class" => class(item, user),
        _ => panic!("nobody plays {scene}"),
    }
}

/// An outcome with what the conditions say.
pub fn outcome(item: &Item, verdict: String, began: Instant, conditions: Conditions) -> Outcome {
    Outcome {
        verdict,
        took: began.elapsed().as_secs_f64(),
        held: conditions.held(),
        wrong: conditions.into_wrong(),
        ..table::skipped(item, None)
    }
}

/// Item 22: whatever ends the grader, what it runs ends with it.
fn ended_grader(item: &Item, user: User) -> Outcome {
    let began = Instant::now();
    let mut conditions = Conditions::default();
    // A panic of the whole program ends in SIGABRT.
    let signals = ["TERM", "INT", "HUP", "ABRT", "KILL"];
    for signal in signals {
        let world = World::new(user);
        for key in ["hostile", "hostile-2"] {
            world.hand_in("21-ignores-signals", key, &[]);
        }
        world.open_up();
        let load = load(&world);
        grader::clear(&grader::left_over(load));
        let before = Machine::look();
        let mut command = world.socklab();
        command
            .args(["grade", "hostile-echo"])
            .arg(world.path("class"));
        command
            .args(["--jobs", "4", "--out"])
            .arg(world.path("work/RUN"));
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Until programs run: init, its helper and more.
        let deadline = Instant::now() + Duration::from_secs(30);
        while grader::descendants().len() < 6 && Instant::now() < deadline {
            pause();
        }
        let running = grader::descendants().len();
        let _ = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(child.id().to_string())
            .status();
        let ended = Instant::now();
        let _ = child.wait();
        if signal != "KILL" && ended.elapsed() > Duration::from_secs_f64(2.0 * load) {
            conditions.wrong(
                0,
                format!("SIG{signal}: it took {:?} to end", ended.elapsed()),
            );
        }
        let left = grader::left_over(load);
        if running < 6 || !left.is_empty() {
            conditions.wrong(
                1,
                format!("SIG{signal}: of {running} processes {left:?} are left"),
            );
        }
        grader::clear(&left);
        let mut remains = Machine::left_since(&before, load);
        remains.extend(world.droppings());
        if !remains.is_empty() {
            conditions.wrong(2, format!("SIG{signal}: {remains:?}"));
        }
    }
    outcome(
        item,
        format!("ended by {} signals", signals.len()),
        began,
        conditions,
    )
}

/// Item 56, the other half: what a folder says about itself is the student's word.
fn notes(item: &Item, user: User) -> Outcome {
    let began = Instant::now();
    let mut conditions = Conditions::default();
    let world = World::new(user);
    let aliases: String = (1..40)
        .map(|n| {
            format!(
                "b{n}: &b{n} [*b{0},*b{0},*b{0},*b{0},*b{0},*b{0},*b{0},*b{0}]\n",
                n - 1
            )
        })
        .collect();
    let bad = [
        (
            "aliases",
            format!("b0: &b0 [x]\n{aliases}exercise: hostile-echo\n"),
        ),
        ("nested", format!("exercise: {}", "[".repeat(100_000))),
        (
            "unknown",
            "exercise: hostile-echo\nshell: rm -rf /\n".to_owned(),
        ),
        ("path", "exercise: ../../../etc/passwd\n".to_owned()),
        (
            "shell",
            "exercise: \"hostile-echo; touch /tmp/socklab-touched\"\n".to_owned(),
        ),
        ("number", format!("exercise: {}\n", "9".repeat(10_000))),
        (
            "huge",
            format!("exercise: hostile-echo\n# {}\n", "x".repeat(100_000)),
        ),
        (
            "tag",
            "exercise: !!python/object/apply:os.system [id]\n".to_owned(),
        ),
    ];
    let folders = bad.len() + 2;
    for (name, text) in bad {
        let folder = world.path("work").join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(".socklab.yaml"), text).unwrap();
    }
    let link = world.path("work/link");
    fs::create_dir(&link).unwrap();
    std::os::unix::fs::symlink(world.path("home/canary.txt"), link.join(".socklab.yaml")).unwrap();
    let fifo = world.path("work/fifo");
    fs::create_dir(&fifo).unwrap();
    let _ = Command::new("mkfifo")
        .arg(fifo.join(".socklab.yaml"))
        .status();
    world.open_up();
    for entry in fs::read_dir(world.path("work")).unwrap().flatten() {
        let mut command = world.socklab();
        command.arg("check").arg(entry.path());
        let seen = watch(&mut command, Duration::from_secs(30));
        let text = String::from_utf8_lossy(&seen.output).into_owned();
        let name = entry.file_name();
        // 2: a mistake in what was given.
        if seen.status.and_then(|status| status.code()) != Some(2) || text.contains("panicked") {
            conditions.wrong(7, format!("{name:?}: {:?} {text}", seen.status));
        }
        if text.contains("CANARY-home") {
            conditions.wrong(4, format!("{name:?}: {text}"));
        }
        if seen.memory > 128 << 20 {
            conditions.wrong(6, format!("{name:?}: {} MiB", seen.memory >> 20));
        }
    }
    outcome(item, format!("{folders} notes refused"), began, conditions)
}

/// Item 60, in small: a tenth of a class is hostile, and all honest ones get what they deserve.
fn class(item: &Item, user: User) -> Outcome {
    let began = Instant::now();
    let mut conditions = Conditions::default();
    let world = World::new(user);
    hand_in_class(&world, 20, &["27-setsid-storm", "29b-memory-shared-out"]);
    world.open_up();
    let load = load(&world);
    let before = Machine::look();
    let seen = watch(&mut grade_class(&world, 16), Duration::from_secs(300));
    let left = grader::left_over(load);
    grader::clear(&left);
    conditions.nobody_left(&left);
    conditions.nothing_left(Machine::left_since(&before, load));
    conditions.ended(&seen, f64::INFINITY);
    conditions.memory(seen.memory, seen.descriptors, 0);
    for card in results::cards(&world, "work/RUN") {
        let hostile = card.submission.key.starts_with("hostile");
        let wanted = if hostile { 0.0 } else { card.max };
        if card.status != Status::Graded || card.score != wanted {
            conditions.wrong(
                5,
                format!("{}: {}", card.submission.key, short(Some(&card))),
            );
        }
    }
    let mut outcome = outcome(
        item,
        "20 submissions, 2 of them hostile".into(),
        began,
        conditions,
    );
    outcome.memory = seen.memory;
    outcome
}

/// `count` submissions with these hostile ones among them.
pub fn hand_in_class(world: &World, count: usize, hostile: &[&str]) {
    for (number, submission) in hostile.iter().enumerate() {
        world.hand_in(submission, &format!("hostile-{number:03}"), &[]);
    }
    let honest = world.path("class/beside/server.py");
    for number in hostile.len() + 1..count {
        // Keys among which the hostile ones are spread when they are sorted.
        let letter = char::from(b'a' + (number % 26) as u8);
        let folder = world.path("class").join(format!("{letter}{number:03}"));
        fs::create_dir(&folder).unwrap();
        fs::copy(&honest, folder.join("server.py")).unwrap();
    }
}

/// The command that grades the class.
pub fn grade_class(world: &World, jobs: usize) -> Command {
    let mut command = world.socklab();
    command
        .args(["grade", "hostile-echo"])
        .arg(world.path("class"));
    command.arg("--jobs").arg(jobs.to_string());
    command.arg("--out").arg(world.path("work/RUN"));
    command
}
