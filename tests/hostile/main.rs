//! Sixty hostile submissions (`expected.yaml`), each graded beside and before an honest one; after each the
//! seven conditions of `SECURITY.md` are looked at.
//!
//! `cargo test --test hostile` plays the quick ones; all of them, and as an ordinary user too:
//! `cargo test --test hostile -- --ignored --nocapture all`.

#![cfg(target_os = "linux")]

#[path = "../archives/mod.rs"]
mod archives;
mod attack;
mod conditions;
#[path = "../copy/mod.rs"]
mod copy;
mod degraded;
mod grader;
mod inert;
mod machine;
mod made;
mod plan;
mod results;
mod scenes;
mod soak;
mod table;
mod world;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use world::User;

/// The long tests take turns: each looks at the whole machine, and the limits are for one list at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn quick_attacks_come_to_what_they_must() {
    // Twelve beside each other and an honest one among them: what all others wait for must be short.
    table::play(&plan::classes(&plan::quick(), 12), User::Same);
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn all_attacks_by_this_user() {
    let _turn = alone();
    table::play(&plan::classes(&plan::items(), 1), User::Same);
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn all_attacks_by_an_ordinary_user() {
    let _turn = alone();
    if world::can_be_ordinary() {
        table::play(&plan::classes(&plan::items(), 1), User::Ordinary);
    } else {
        eprintln!("SKIPPED: only root can become another user");
    }
}

/// One class in a process of its own, which adopts all that a grader leaves behind.
#[test]
#[ignore = "started by the tests above"]
fn one_class() {
    let names = std::env::var("SOCKLAB_HOSTILE_ITEMS").expect("started by another test");
    let user = match std::env::var("SOCKLAB_HOSTILE_USER").as_deref() {
        Ok("ordinary") => User::Ordinary,
        _ => User::Same,
    };
    let mut items = plan::items();
    items.retain(|item| names.split(',').any(|name| name == item.name()));
    let outcomes = table::outcomes(&items, user);
    println!("\nOUTCOMES {}", serde_json::to_string(&outcomes).unwrap());
}

/// Runs a Python program with something on its standard input; what it says on standard error.
fn python(program: &str, input: &[u8]) -> Result<String, String> {
    let mut child = Command::new("python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input);
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok(said),
        false => Err(said),
    }
}
