//! How programs start, and what they find.

use std::io::Write;

use socklab::event::Exit;
use socklab::sandbox::{
    Config, Launch, Limits, Search, StdinKind, StdoutKind, StuckIn, Toolchains,
};

use crate::common::{LONG, exit_of, first_line, python, run, stuck, with_files};

#[tokio::test]
async fn the_environment_is_exactly_path_home_lang_and_what_is_added() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let mut launch = Launch::new(["env"]);
    launch.env.push(("EXTRA".into(), "1".into()));
    let (exit, out, err) = run(&mut sandbox, launch).await;
    assert_eq!((exit, err.as_str()), (Exit::Code(0), ""));
    let names: Vec<_> = out
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    assert_eq!(names, ["EXTRA", "HOME", "LANG", "PATH"]);
}

#[tokio::test]
async fn a_terminal_passes_lines_without_echo_and_interrupts() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let program = "import sys, time\n\
        print(sys.stdin.isatty(), sys.stdout.isatty(), sys.stderr.isatty(), input())\n\
        open('/dev/tty').close()\n\
        try: input()\n\
        except KeyboardInterrupt: print('interrupted')";
    let launch = Launch {
        stdin: StdinKind::Terminal {
            columns: 80,
            rows: 24,
        },
        stdout: StdoutKind::Terminal,
        ..python(program)
    };
    let started = sandbox.spawn(launch).await.unwrap();
    let mut keyboard = std::fs::File::from(started.stdin.unwrap());
    keyboard.write_all(b"typed\n").unwrap();
    assert_eq!(first_line(&started.stdout).await, "True True False typed\n");
    stuck(&sandbox, started.id).await;
    keyboard.write_all(b"\x03").unwrap();
    assert_eq!(first_line(&started.stdout).await, "interrupted\n");
    assert_eq!(exit_of(&mut sandbox, started.id).await, Exit::Code(0));
}

#[tokio::test]
async fn a_terminal_for_output_shows_lines_as_they_are_printed() {
    let sandbox = sandbox_or_skip!(Config::default());
    let launch = Launch {
        stdout: StdoutKind::Terminal,
        ..python("print('one'); input()")
    };
    let started = sandbox.spawn(launch).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "one\n");
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_a_reason() {
    let sandbox = sandbox_or_skip!(with_files(&[("data.bin", "no program")]));
    let missing = sandbox
        .spawn(Launch::new(["no-such-tool"]))
        .await
        .unwrap_err();
    assert_eq!(
        (
            missing.errno(),
            missing
                .to_string()
                .contains("no-such-tool: command not found")
        ),
        (Some(libc::ENOENT), true)
    );
    let data = sandbox
        .spawn(Launch::new(["./data.bin"]))
        .await
        .unwrap_err();
    assert_eq!(data.errno(), Some(libc::EACCES));
}

fn toolchains() -> Toolchains {
    let variable = |name| std::env::var_os(name).map(std::path::PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    Toolchains::discover(&Search {
        home: variable("HOME"),
        path: std::env::split_paths(&path).collect(),
        rustup_home: variable("RUSTUP_HOME"),
        pyenv_root: variable("PYENV_ROOT"),
    })
}

#[tokio::test]
async fn every_language_of_this_machine_compiles_and_runs_inside() {
    let toolchains = toolchains();
    let c = "#include <stdio.h>\nint main(void) { puts(\"hello\"); }";
    let cpp = "#include <iostream>\nint main() { std::cout << \"hello\\n\"; }";
    let java = "public class M { public static void main(String[] a) throws Exception {\
        new java.net.ServerSocket(80).close(); System.out.println(\"hello\"); } }";
    let go = "package main\nfunc main() { println(\"hello\") }";
    let cases: [(&str, &str, &str, &str); 9] = [
        ("python3", "m.py", "print('hello')", "python3 m.py"),
        ("python2", "m.py", "print 'hello'", "python2 m.py"),
        ("node", "m.js", "console.log('hello')", "node m.js"),
        ("gcc", "m.c", c, "gcc -o m m.c && ./m"),
        ("g++", "m.cc", cpp, "g++ -o m m.cc && ./m"),
        ("javac", "M.java", java, "javac M.java && java M"),
        (
            "rustc",
            "m.rs",
            "fn main() { println!(\"hello\") }",
            "rustc m.rs && ./m",
        ),
        ("go", "m.go", go, "go run m.go 2>&1"),
        ("perl", "m.pl", "print \"hello\\n\"", "perl m.pl"),
    ];
    for (tool, name, source, command) in cases {
        if !toolchains.found.contains_key(tool) {
            eprintln!("SKIPPED: no {tool} here");
            continue;
        }
        let mut sandbox = sandbox_or_skip!(Config {
            toolchains: toolchains.clone(),
            limits: Limits::for_build(),
            ..with_files(&[(name, source)])
        });
        let launch = Launch {
            watch: false,
            ..Launch::new(["sh", "-c", command])
        };
        let (exit, out, err) = run(&mut sandbox, launch).await;
        assert_eq!(
            (exit, out.as_str(), err.as_str()),
            (Exit::Code(0), "hello\n", ""),
            "{tool}"
        );
    }
}

#[tokio::test]
async fn java_runs_within_the_default_limits_and_is_seen_to_wait() {
    let toolchains = toolchains();
    if !toolchains.found.contains_key("javac") {
        eprintln!("SKIPPED: no javac here");
        return;
    }
    let source = "import java.net.*; public class M { public static void main(String[] a) throws Exception {\
        System.out.println(\"up\"); new ServerSocket(8080, 5, InetAddress.getByName(\"127.0.0.1\")).accept(); } }";
    let config = Config {
        toolchains,
        ..with_files(&[("M.java", source)])
    };
    let sandbox = sandbox_or_skip!(config);
    // A single source file: the compiler runs inside the same machine.
    let launch = Launch {
        stdout: StdoutKind::Terminal,
        ..Launch::new(["java", "M.java"])
    };
    let started = sandbox.spawn(launch).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "up\n");
    let waits = stuck(&sandbox, started.id).await;
    assert!(matches!(waits, StuckIn::Accept { .. }), "{waits:?}");
}

/// Between its change of user and its `exec`, a program can be signalled by another one that runs already.
#[tokio::test]
async fn a_program_that_stops_others_before_they_run_does_not_hang_the_sandbox() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let stops = "import os, signal\n\
        print('on', flush=True)\n\
        while True:\n\
        \x20   try: os.kill(-1, signal.SIGSTOP)\n\
        \x20   except OSError: pass";
    let hostile = sandbox.spawn(python(stops)).await.unwrap();
    assert_eq!(first_line(&hostile.stdout).await, "on\n");
    for _ in 0..5 {
        let second = sandbox.spawn(Launch::new(["/bin/true"]));
        let second = tokio::time::timeout(LONG, second).await;
        // Whether it starts is a matter of chance; an answer comes in any case.
        second.expect("an answer").ok();
    }
    sandbox.signal(hostile.id, 9, true).await.unwrap();
    assert_eq!(exit_of(&mut sandbox, hostile.id).await, Exit::Signal(9));
}
