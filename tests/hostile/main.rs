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

use world::User;

#[test]
fn quick_attacks_come_to_what_they_must() {
    table::play(&plan::quick(), User::Same);
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn all_attacks_by_this_user() {
    table::play(&plan::items(), User::Same);
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn all_attacks_by_an_ordinary_user() {
    if world::can_be_ordinary() {
        table::play(&plan::items(), User::Ordinary);
    } else {
        eprintln!("SKIPPED: only root can become another user");
    }
}

/// One item in a process of its own, which adopts all that a grader leaves behind.
#[test]
#[ignore = "started by the tests above"]
fn one_attack() {
    let name = std::env::var("SOCKLAB_HOSTILE_ITEM").expect("started by another test");
    let user = match std::env::var("SOCKLAB_HOSTILE_USER").as_deref() {
        Ok("ordinary") => User::Ordinary,
        _ => User::Same,
    };
    let items = plan::items();
    let item = items
        .iter()
        .find(|item| item.name() == name)
        .expect("a name in expected.yaml");
    let outcome = table::outcome(item, user);
    println!("\nOUTCOME {}", serde_json::to_string(&outcome).unwrap());
}

/// Runs a Python program with something on its standard input.
fn python(program: &str, input: &[u8]) -> Result<(), String> {
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
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
