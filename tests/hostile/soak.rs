//! The long ones: a class of a hundred, fifty graders killed, the memory of a class of two hundred. Run by
//! name: `cargo test --test hostile -- --ignored --nocapture soak`.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use socklab::score::Status;

use crate::attack::load;
use crate::grader::{self, pause, watch};
use crate::machine::Machine;
use crate::results;
use crate::scenes::{grade_class, hand_in_class};
use crate::world::{User, World};

const PATIENCE: Duration = Duration::from_secs(3600);

/// Items 18 to 45 that do harm, ten of them, and the score that each gets.
const HOSTILE: [(&str, f64); 10] = [
    ("18-kills", 10.0),
    ("20-stops-itself", 0.0),
    ("21-ignores-signals", 0.0),
    ("23c-ten-gigabytes", 1.0),
    ("26a-fork-bomb", 0.0),
    ("27-setsid-storm", 0.0),
    ("29a-memory", 0.0),
    ("32a-output", 0.0),
    ("34-spins", 0.0),
    ("45-system-calls", 10.0),
];

fn class(hostile: &[&str], count: usize) -> World {
    let world = World::new(User::Same);
    hand_in_class(&world, count, hostile);
    world.open_up();
    world
}

/// Scores and causes, without what may differ from run to run. A storm of processes both crowds and spins, and which of
/// the two is seen first depends on the machine (`expected.yaml` names both).
fn scores(world: &World) -> BTreeMap<String, (Status, f64, Option<String>)> {
    let cards = results::cards(world, "work/RUN");
    let each = cards.iter().map(|card| {
        let cause = match results::first_cause(card) {
            Some("limit-processes" | "spins") => Some("limit-processes or spins".to_owned()),
            other => other.map(str::to_owned),
        };
        (
            card.submission.key.clone(),
            (card.status, card.score, cause),
        )
    });
    each.collect()
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn soak_a_class_of_a_hundred_with_ten_hostile_ones() {
    let _turn = crate::alone();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let honest = class(&[], 100);
    let began = Instant::now();
    let seen = watch(&mut grade_class(&honest, 16), PATIENCE);
    let free = began.elapsed();
    eprintln!(
        "without hostile ones: {free:.1?}, {} MiB",
        seen.memory >> 20
    );
    assert!(scores(&honest).values().all(|(_, score, _)| *score == 10.0));
    let names: Vec<&str> = HOSTILE.iter().map(|(name, _)| *name).collect();
    let world = class(&names, 100);
    let before = Machine::look();
    let began = Instant::now();
    let seen = watch(&mut grade_class(&world, 16), PATIENCE);
    let took = began.elapsed();
    // What each may take by its limits: a wait until it listens, once more, and two seconds to end it.
    let limits = Duration::from_secs(names.len() as u64 * 14);
    let most = free.mul_f64(1.3) + limits / 16;
    eprintln!(
        "with ten hostile ones: {took:.1?} (most {most:.1?}), {} MiB",
        seen.memory >> 20
    );
    let left = grader::left_over(1.0);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(Machine::left_since(&before, 1.0), Vec::<String>::new());
    let wrong: Vec<_> = scores(&world)
        .into_iter()
        .filter(|(key, (status, score, _))| {
            let number = key
                .strip_prefix("hostile-")
                .and_then(|n| n.parse::<usize>().ok());
            let wanted = number.map_or(10.0, |number| HOSTILE[number].1);
            *status != Status::Graded || *score != wanted
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen.memory < 256 << 20, "{} MiB", seen.memory >> 20);
    assert!(took <= most, "{took:?} is more than {most:?}");
}

/// Starts the grader and kills it after `wait`, unless it has ended before: whether it was killed.
fn kill_after(world: &World, wait: Duration) -> bool {
    let mut child = grade_class(world, 8)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let at = Instant::now() + wait;
    while Instant::now() < at {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        pause();
    }
    grader::kill(&mut child);
    true
}

/// How many submissions are graded.
fn graded(world: &World) -> usize {
    let all = scores(world);
    all.values()
        .filter(|(status, ..)| *status == Status::Graded)
        .count()
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn soak_fifty_graders_are_killed_and_the_run_goes_on() {
    let _turn = crate::alone();
    const KILLS: u32 = 50;
    const CLASS: usize = 40;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let hostile = ["21-ignores-signals", "27-setsid-storm"];
    let world = class(&hostile, CLASS);
    let (mut slowest, mut random) = (Duration::ZERO, 0x2545_f491_4f6c_dd1d_u64);
    let slow = load(&world);
    let before = Machine::look();
    let (mut kills, mut partly, mut begun_anew) = (0, 0, 0);
    loop {
        // Between at once and three seconds: xorshift, so that every run of this test kills alike.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let wait = Duration::from_millis(random % 3000).mul_f64(slow);
        kills += u32::from(kill_after(&world, wait));
        let killed = Instant::now();
        let left = grader::left_over(slow);
        slowest = slowest.max(killed.elapsed());
        assert!(left.is_empty(), "after kill {kills}: {left:?}");
        let remains = Machine::left_since(&before, slow);
        assert!(remains.is_empty(), "after kill {kills}: {remains:?}");
        assert_eq!(
            world.droppings(),
            Vec::<String>::new(),
            "after kill {kills}"
        );
        let done = graded(&world);
        let some = (1..CLASS).contains(&done);
        partly += u32::from(some);
        if kills >= KILLS && some {
            break;
        }
        if done > CLASS * 3 / 4 {
            // There must be something left to kill.
            fs::remove_dir_all(world.path("work/RUN")).unwrap();
            begun_anew += 1;
        }
    }
    eprintln!(
        "{kills} kills, {partly} of them with some of {CLASS} graded, {begun_anew} times begun anew, load {slow:.1}; \
         the last process was gone after at most {slowest:.0?}"
    );
    assert!(partly >= KILLS / 2, "{partly} kills in the middle of a run");
    let done = watch(&mut grade_class(&world, 8), PATIENCE);
    assert!(done.status.is_some_and(|status| status.success()));
    let resumed = scores(&world);
    assert_eq!(resumed.len(), CLASS);
    let again = class(&hostile, CLASS);
    watch(&mut grade_class(&again, 8), PATIENCE);
    assert_eq!(resumed, scores(&again));
    let drafts = fs::read_dir(world.path("work/RUN/results"))
        .unwrap()
        .flatten()
        .flat_map(|key| fs::read_dir(key.path()).unwrap().flatten());
    let drafts: Vec<_> = drafts
        .map(|e| e.file_name())
        .filter(|name| name.to_string_lossy().starts_with('.'))
        .collect();
    assert!(drafts.is_empty(), "{drafts:?}");
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn soak_the_memory_of_an_honest_class_of_two_hundred() {
    let _turn = crate::alone();
    let world = class(&[], 200);
    let mut command = world.socklab();
    let began = Instant::now();
    let out = world.path("work/RUN");
    command
        .args(["grade", "hostile-echo"])
        .arg(world.path("class"))
        .args(["--jobs", "16", "--out"])
        .arg(out);
    let seen = watch(&mut command, PATIENCE);
    eprintln!(
        "200 echo servers: {:.1?}, VmHWM of the grader {} MiB",
        began.elapsed(),
        seen.memory >> 20
    );
    assert!(scores(&world).values().all(|(_, score, _)| *score == 10.0));
    assert!(seen.memory < 64 << 20, "{} MiB", seen.memory >> 20);
}
