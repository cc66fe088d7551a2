//! What machines give, and how everything ends.

use std::time::Duration;

use socklab::event::Exit;
use socklab::sandbox::{
    Config, Isolation, Launch, Launcher, Level, Sandbox, SandboxError, SandboxEvent, StdoutKind,
    Step, StepOutcome, StuckIn, doctor,
};

use crate::common::{LONG, event, exit_of, first_line, launcher, python, stuck, text, with_files};

#[tokio::test]
async fn closing_kills_daemons_that_ignore_every_signal() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let daemon = "import os, signal, time\n\
        if os.fork(): os._exit(0)\n\
        os.setsid()\n\
        for s in range(1, 65):\n\
        \x20   if s not in (9, 19, 32, 33): signal.signal(s, signal.SIG_IGN)\n\
        print('up', flush=True); time.sleep(600)";
    let started = sandbox.spawn(python(daemon)).await.unwrap();
    assert_eq!(exit_of(&mut sandbox, started.id).await, Exit::Code(0));
    assert_eq!(first_line(&started.stdout).await, "up\n");
    let closed = sandbox.close().await;
    assert_eq!(
        text(started.stdout).await,
        "",
        "no process holds the pipe any more"
    );
    assert!(closed.usage.cpu() > Duration::ZERO);
}

#[tokio::test]
async fn the_doctor_reports_every_step_or_the_one_that_failed() {
    let diagnosis = doctor(&launcher()).await;
    match diagnosis.level {
        Some(_) => {
            let passed = |step| {
                let reports = diagnosis.steps.iter().filter(|report| report.step == step);
                reports
                    .map(|report| &report.outcome)
                    .all(|o| matches!(o, StepOutcome::Passed(_)))
            };
            assert!(passed(Step::Namespaces) && passed(Step::Network) && passed(Step::Run));
        }
        None => assert!(!diagnosis.ways_out.is_empty(), "{diagnosis:?}"),
    }
}

#[tokio::test]
async fn a_helper_that_is_no_helper_is_an_error() {
    let error = Sandbox::launch(&Launcher::new("/bin/false"), Config::default())
        .await
        .unwrap_err();
    assert!(matches!(error, SandboxError::Died(_)), "{error}");
    let error = Sandbox::launch(&Launcher::new("/no/such"), Config::default())
        .await
        .unwrap_err();
    assert!(matches!(error, SandboxError::Helper { .. }), "{error}");
}

/// Level F: without namespaces.
async fn unfenced(config: Config) -> Sandbox {
    let mut launcher = launcher();
    launcher.isolation = Isolation::None;
    Sandbox::launch(&launcher, config).await.unwrap()
}

#[tokio::test]
async fn without_isolation_programs_see_their_files_and_no_one_elses() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let program = format!(
        "import os, socket\n\
         print(open('x').read(), os.getcwd())\n\
         open('y', 'w').write('made')\n\
         try: open('{}')\n\
         except OSError as e: print(e.strerror)\n\
         s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.accept()",
        secret.path().display()
    );
    let mut sandbox = unfenced(with_files(&[("x", "mine")])).await;
    assert_eq!(sandbox.level(), Level::F);
    let started = sandbox
        .spawn(Launch {
            stdout: StdoutKind::Terminal,
            ..python(&program)
        })
        .await
        .unwrap();
    assert!(matches!(
        event(&mut sandbox).await,
        SandboxEvent::Listening {
            program: Some(_),
            ..
        }
    ));
    let waits = stuck(&sandbox, started.id).await;
    assert!(matches!(waits, StuckIn::Accept { .. }), "{waits:?}");
    assert_eq!(
        &*sandbox.read_file("y", 10).await.unwrap().unwrap().bytes,
        b"made"
    );
    let place = sandbox.path("/box".as_ref());
    let expected = format!("mine {}\nPermission denied\n", place.display());
    assert_eq!(first_line(&started.stdout).await, expected);
    sandbox.close().await;
    assert!(!place.exists(), "the directory is gone");
}

#[tokio::test]
async fn without_isolation_closing_kills_daemons_too() {
    let sandbox = unfenced(Config::default()).await;
    let daemon = "import os, time\n\
        if os.fork(): os._exit(0)\n\
        os.setsid()\n\
        if os.fork(): os._exit(0)\n\
        os.chmod('.', 0); print('up', flush=True); time.sleep(600)";
    let started = sandbox.spawn(python(daemon)).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "up\n");
    let place = sandbox.path("/".as_ref());
    sandbox.close().await;
    assert_eq!(
        text(started.stdout).await,
        "",
        "no process holds the pipe any more"
    );
    assert!(!place.exists(), "the directory is gone");
}

/// A grader that starts a stubborn daemon, says so, and waits: for the test below to kill.
#[tokio::test]
#[ignore = "run by `nothing_survives_a_grader_that_is_killed`"]
async fn a_grader_to_be_killed() {
    let mark = std::env::var("SOCKLAB_TEST_MARK").unwrap();
    let sandbox = sandbox_or_skip!(Config::default());
    let daemon = format!(
        "import os, signal, time\n\
         if os.fork(): os._exit(0)\n\
         os.setsid(); signal.signal(15, signal.SIG_IGN); signal.signal(1, signal.SIG_IGN)\n\
         print('{mark}', flush=True); time.sleep(600)"
    );
    let started = sandbox.spawn(python(&daemon)).await.unwrap();
    println!("\nup: {}", first_line(&started.stdout).await);
    std::future::pending::<()>().await;
}

#[test]
fn nothing_survives_a_grader_that_is_killed() {
    use std::io::BufRead;
    let mark = format!("mark-{}", std::process::id());
    let mut grader = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "levels::a_grader_to_be_killed",
            "--nocapture",
        ])
        .env("SOCKLAB_TEST_MARK", &mark)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(grader.stdout.take().unwrap()).lines();
    let up = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("up: ")));
    if up.is_none() {
        eprintln!("SKIPPED: no sandbox here");
    }
    let was_running = is_running(&mark);
    grader.kill().unwrap();
    grader.wait().unwrap();
    assert_eq!(was_running, up.is_some());
    let deadline = std::time::Instant::now() + LONG;
    while is_running(&mark) {
        assert!(std::time::Instant::now() < deadline, "the daemon lives on");
        std::thread::yield_now();
    }
}

/// Whether a process has `mark` in its command line.
fn is_running(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(mark))
}
