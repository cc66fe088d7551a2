//! Plays a list of attacks, a few at a time, and prints what came of each.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::attack::{self, Outcome};
use crate::plan::Item;
use crate::scenes;
use crate::world::{self, User};

/// What comes of the items of a class, in this process.
pub fn outcomes(items: &[Item], user: User) -> Vec<Outcome> {
    let (mut here, mut lacking) = (Vec::new(), Vec::new());
    for item in items {
        match world::lacks(item, user) {
            None => here.push(item.clone()),
            Some(why) => lacking.push(skipped(item, Some(why))),
        }
    }
    let played = match here.first().map(|item| (item, &item.scene)) {
        None => Vec::new(),
        Some((item, Some(scene))) => vec![scenes::play(scene, item, user)],
        Some((_, None)) => attack::attack(&here, user),
    };
    [played, lacking].concat()
}

/// An outcome that nobody could see.
pub fn skipped(item: &Item, why: Option<String>) -> Outcome {
    Outcome {
        item: item.item,
        name: item.name().to_owned(),
        what: item.what.clone(),
        verdict: "skipped".into(),
        took: 0.0,
        memory: 0,
        held: [true; 8],
        wrong: Vec::new(),
        skipped: why,
    }
}

/// Plays classes of items and fails if a condition does not hold for one of them.
pub fn play(classes: &[Vec<Item>], user: User) {
    let began = Instant::now();
    let outcomes = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores.clamp(2, 8) {
            scope.spawn(|| {
                while let Some(items) = classes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let came = in_a_process(items, user);
                    for outcome in came.iter().filter(|outcome| !outcome.wrong.is_empty()) {
                        eprintln!("{}: {:#?}", outcome.name, outcome.wrong);
                    }
                    outcomes.lock().unwrap().extend(came);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by(|a, b| (a.item, &a.name).cmp(&(b.item, &b.name)));
    print(&outcomes, user, began.elapsed().as_secs_f64());
    let wrong: Vec<_> = outcomes.iter().filter(|o| !o.wrong.is_empty()).collect();
    let no_sandbox = outcomes.iter().filter(|o| o.skipped.is_some()).count() == outcomes.len();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let needed = std::env::var_os("SOCKLAB_NEED_SANDBOX").is_some();
    assert!(!(needed && no_sandbox), "no sandbox here");
}

fn in_a_process(items: &[Item], user: User) -> Vec<Outcome> {
    let names: Vec<&str> = items.iter().map(Item::name).collect();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "one_class",
            "--nocapture",
            "--test-threads",
            "1",
        ])
        .env("SOCKLAB_HOSTILE_ITEMS", names.join(","))
        .env(
            "SOCKLAB_HOSTILE_USER",
            if user == User::Ordinary {
                "ordinary"
            } else {
                "same"
            },
        )
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("OUTCOMES "));
    let outcomes = line.and_then(|line| serde_json::from_str(line).ok());
    outcomes.unwrap_or_else(|| {
        let mut failed = skipped(&items[0], None);
        let why = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
        failed.verdict = "the test itself failed".into();
        failed.held = [false; 8];
        failed.wrong.push(why);
        vec![failed]
    })
}

/// item → verdict → time → conditions held, and a count.
fn print(outcomes: &[Outcome], user: User, took: f64) {
    let mut text = format!("\nhostile submissions ({user:?} user)\n");
    for o in outcomes {
        let held: String = (0..7)
            .map(|n| {
                if o.held[n] {
                    char::from(b'1' + n as u8)
                } else {
                    '-'
                }
            })
            .collect();
        let verdict: String = o.verdict.chars().take(48).collect();
        let right = if o.held[7] {
            ""
        } else {
            "  NOT THE EXPECTED VERDICT"
        };
        match &o.skipped {
            Some(why) => text += &format!("{:>3} {:<44} SKIPPED: {why}\n", o.item, o.what),
            None => {
                text += &format!(
                    "{:>3} {:<44} {verdict:<48} {:>5.1} s {:>4} MiB  {held}{right}\n",
                    o.item,
                    o.what,
                    o.took,
                    o.memory >> 20
                )
            }
        }
    }
    let whole = |item: &u32| {
        outcomes
            .iter()
            .filter(|o| o.item == *item)
            .all(|o| o.wrong.is_empty())
    };
    let shown = |item: &u32| {
        outcomes
            .iter()
            .any(|o| o.item == *item && o.skipped.is_none())
    };
    let mut items: Vec<u32> = outcomes.iter().map(|o| o.item).collect();
    items.dedup();
    let held = items
        .iter()
        .filter(|item| shown(item) && whole(item))
        .count();
    let unseen: Vec<_> = items.iter().filter(|item| !shown(item)).collect();
    text += &format!(
        "{held} of {} items, {} attacks, {took:.0} s",
        items.len(),
        outcomes.len()
    );
    if !unseen.is_empty() {
        text += &format!("; SKIPPED: {unseen:?}");
    }
    eprintln!("{text}");
}
