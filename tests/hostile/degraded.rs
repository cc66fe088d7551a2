//! Item 59: machines on which a sandbox cannot be had, or not wholly. The doctor names the step and the way
//! out, the exit status is 3, and nothing of a student's is executed.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::attack::Outcome;
use crate::conditions::Conditions;
use crate::grader::{Seen, watch};
use crate::plan::Item;
use crate::world::{User, World, can_be_ordinary, has};

/// A machine that lacks something, made by a shell command that then runs its arguments.
struct Machine {
    name: &'static str,
    /// `$@` is the program.
    shell: &'static str,
    needs: &'static [&'static str],
    /// What the doctor must say; empty if a sandbox can be had all the same.
    says: &'static [&'static str],
    status: i32,
}

/// As the user of the test, and for those that root cannot be refused, as an ordinary one.
const ORDINARY: &str = "setpriv --reuid 65533 --regid 65533 --clear-groups";

fn machines() -> Vec<Machine> {
    vec![
        Machine {
            name: "no user namespaces left (user.max_user_namespaces=0)",
            // The limit is one of the namespace that it is written in; here one of our own.
            shell: "exec unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"' sh \"$@\"",
            needs: &["unshare"],
            says: &[
                "cannot make namespaces",
                "user.max_user_namespaces is 0",
                "sudo sysctl user.max_user_namespaces=",
            ],
            status: 3,
        },
        Machine {
            name: "a filter of system calls that forbids namespaces",
            shell: "exec python3 @FILTER@ \"$@\"",
            needs: &["python3"],
            says: &[
                "cannot make namespaces",
                "Operation not permitted",
                "seccomp=unconfined",
            ],
            status: 3,
        },
        Machine {
            name: "a masked /proc",
            shell: "exec unshare -m sh -c 'mount -t tmpfs none /proc/fs && exec @ORDINARY@ \"$@\"' sh \"$@\"",
            needs: &["unshare", "setpriv", "root"],
            says: &[
                "cannot mount /proc",
                "systempaths=unconfined",
                "Isolation level E",
            ],
            status: 0,
        },
        Machine {
            name: "a root that is nobody else outside (unshare -Ur)",
            shell: "exec unshare -Ur -- \"$@\"",
            needs: &["unshare"],
            says: &["Isolation level"],
            status: 0,
        },
        Machine {
            name: "the same for an ordinary user",
            shell: "exec @ORDINARY@ unshare -Ur -- \"$@\"",
            needs: &["unshare", "setpriv", "root"],
            says: &["Isolation level D"],
            status: 0,
        },
    ]
}

/// Forbids `clone` and `unshare` with CLONE_NEWUSER, as container runtimes do, and runs its arguments.
const FILTER: &str = r#"
import ctypes, os, platform, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": (56, 272), "aarch64": (220, 97)}[platform.machine()]
def stmt(code, k): return struct.pack("HBBI", code, 0, 0, k)
def jump(code, k, yes, no): return struct.pack("HBBI", code, yes, no, k)
LOAD, EQUAL, SET, ANSWER = 0x20, 0x15, 0x45, 0x06
program = b"".join([
    stmt(LOAD, 0), jump(EQUAL, numbers[0], 1, 0), jump(EQUAL, numbers[1], 0, 3),
    stmt(LOAD, 16), jump(SET, 0x10000000, 0, 1), stmt(ANSWER, 0x00050001),
    stmt(ANSWER, 0x7fff0000),
])
buffer = ctypes.create_string_buffer(program)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
whole = Program(len(program) // 8, ctypes.addressof(buffer))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(whole), 0, 0):
    sys.exit("no filter can be set here")
os.execvp(sys.argv[1], sys.argv[1:])
"#;

/// Plays all machines, and the run without isolation.
pub fn play(item: &Item, user: User) -> Outcome {
    let began = Instant::now();
    let mut conditions = Conditions::default();
    let world = World::new(user);
    world.hand_in("42-leaves-the-port", "hostile", &[]);
    // Leaves a sign when it is executed at all.
    let sign = world.path("tmp/executed");
    let program = format!("open({:?}, 'w')\n", sign.display().to_string());
    let victim = world.path("class/victim");
    fs::create_dir(&victim).unwrap();
    fs::write(victim.join("server.py"), program).unwrap();
    let filter = world.path("bin/filter.py");
    fs::write(&filter, FILTER).unwrap();
    world.open_up();
    let mut shown = Vec::new();
    for machine in machines() {
        let root = can_be_ordinary();
        let lacking = machine
            .needs
            .iter()
            .find(|tool| !(if **tool == "root" { root } else { has(tool) }));
        if let Some(lacking) = lacking {
            eprintln!("SKIPPED: {}: no {lacking} here", machine.name);
            continue;
        }
        let run = |args: &[&str]| on(&world, &machine, &filter.display().to_string(), args);
        let doctor = run(&["doctor"]);
        let text = String::from_utf8_lossy(&doctor.output).into_owned();
        if text.contains("unshare failed")
            || text.contains("no filter can be set here")
            || text.contains("mount: ")
        {
            eprintln!("SKIPPED: {}: {text}", machine.name);
            continue;
        }
        shown.push(machine.name);
        let status = doctor.status.and_then(|status| status.code());
        if status != Some(machine.status) {
            conditions.wrong(
                7,
                format!("{}: doctor ended with {status:?}: {text}", machine.name),
            );
        }
        for words in machine.says {
            if !text.contains(words) {
                conditions.wrong(
                    7,
                    format!("{}: doctor does not say {words:?}: {text}", machine.name),
                );
            }
        }
        let next = world.path("next").display().to_string();
        let check = run(&["check", "hostile-echo", &next]);
        let text = String::from_utf8_lossy(&check.output).into_owned();
        let status = check.status.and_then(|status| status.code());
        if status != Some(machine.status) {
            conditions.wrong(
                7,
                format!("{}: check ended with {status:?}: {text}", machine.name),
            );
        }
        if machine.status == 3 {
            let victim = victim.display().to_string();
            run(&["check", "hostile-echo", &victim]);
            if sign.exists() {
                conditions.wrong(7, format!("{}: the program was executed", machine.name));
            }
        }
        for word in ["panicked", "RUST_BACKTRACE"] {
            if text.contains(word) {
                conditions.wrong(0, format!("{}: {text}", machine.name));
            }
        }
    }
    unsafe_run(&world, &mut conditions);
    let verdict = format!("{} machines: doctor names cause and fix", shown.len());
    crate::scenes::outcome(item, verdict, began, conditions)
}

fn on(world: &World, machine: &Machine, filter: &str, args: &[&str]) -> Seen {
    let shell = machine
        .shell
        .replace("@FILTER@", filter)
        .replace("@ORDINARY@", ORDINARY);
    let mut command = Command::new("sh");
    command
        .args(["-c", &shell, "sh"])
        .arg(world.path("bin/socklab"));
    command.arg("--course").arg(world.path("course")).args(args);
    command
        .env("HOME", world.path("home"))
        .env("TMPDIR", world.path("tmp"));
    command.current_dir(world.path("cwd"));
    watch(&mut command, Duration::from_secs(120))
}

/// Without isolation the report says so, in every format, and no platform gets a grade from it.
fn unsafe_run(world: &World, conditions: &mut Conditions) {
    let next = world.path("next").display().to_string();
    for format in [
        "terminal",
        "json",
        "html",
        "markdown",
        "junit",
        "tap",
        "csv",
        "github",
        "github-summary",
        "ctrf",
    ] {
        let mut command = world.socklab();
        command.args([
            "--unsafe-no-isolation",
            "check",
            "hostile-echo",
            &next,
            "--format",
            format,
        ]);
        let seen = watch(&mut command, Duration::from_secs(120));
        let text = String::from_utf8_lossy(&seen.output).into_owned();
        if !text.contains("practice, not for credit") {
            conditions.wrong(
                7,
                format!("{format} does not say that it is practice: {text}"),
            );
        }
    }
    for (format, grade) in [
        ("vpl", "Grade :=>>"),
        ("gradescope", "\"score\""),
        ("autolab", "\"scores\""),
    ] {
        let mut command = world.socklab();
        command.args([
            "--unsafe-no-isolation",
            "check",
            "hostile-echo",
            &next,
            "--format",
            format,
        ]);
        let seen = watch(&mut command, Duration::from_secs(120));
        let text = String::from_utf8_lossy(&seen.output).into_owned();
        if text.contains(grade) || !text.contains("practice, not for credit") {
            conditions.wrong(7, format!("{format} gives a grade: {text}"));
        }
    }
}
