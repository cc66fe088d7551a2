//! Programs that take too much.

use std::time::Duration;

use socklab::event::{Exit, Limit};
use socklab::sandbox::{Config, Launch, Limits, SandboxEvent};

use crate::common::{LONG, event, first_line, python, run, sandbox};

async fn limited(config: Config, program: &str) -> Option<(Vec<SandboxEvent>, Exit)> {
    let mut sandbox = sandbox(config).await?;
    let started = sandbox
        .spawn(Launch {
            watch: false,
            ..python(program)
        })
        .await
        .unwrap();
    let mut seen = Vec::new();
    loop {
        let event = event(&mut sandbox).await;
        if let SandboxEvent::Exited { program, exit, .. } = event
            && program == started.id
        {
            return Some((seen, exit));
        }
        seen.push(event);
    }
}

fn tells(events: &[SandboxEvent], expected: Limit) -> bool {
    events
        .iter()
        .any(|e| matches!(e, SandboxEvent::Limit { limit, .. } if *limit == expected))
}

#[tokio::test]
async fn memory_over_the_limit_kills_also_when_several_processes_share_it() {
    let limits = Limits {
        memory: 128 << 20,
        ..Limits::default()
    };
    let bomb = "import os, time\n\
        for _ in range(4): os.fork()\n\
        keep = bytearray(16 << 20); time.sleep(60)";
    let config = Config {
        limits,
        ..Config::default()
    };
    let Some((events, exit)) = limited(config, bomb).await else {
        return;
    };
    assert_eq!(
        (exit, tells(&events, Limit::Memory)),
        (Exit::Signal(libc::SIGKILL), true),
        "{events:?}"
    );
}

#[tokio::test]
async fn cpu_time_over_the_limit_kills_also_when_children_use_it() {
    let limits = Limits {
        cpu: Duration::from_secs(1),
        ..Limits::default()
    };
    let spin = "import os\npid = os.fork()\nif pid: os.wait()\nwhile True: pass";
    let config = Config {
        limits,
        ..Config::default()
    };
    let Some((events, exit)) = limited(config, spin).await else {
        return;
    };
    assert_eq!(
        (exit, tells(&events, Limit::Cpu)),
        (Exit::Signal(libc::SIGKILL), true),
        "{events:?}"
    );
}

#[tokio::test]
async fn descriptors_files_and_processes_are_limited() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let probe = "import os, errno, signal\n\
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n\
        def fails(what):\n\
        \x20   try:\n\
        \x20       while True: what()\n\
        \x20   except OSError as e: return errno.errorcode[e.errno]\n\
        def fork():\n\
        \x20   if os.fork() == 0: signal.pause()\n\
        f = open('big', 'wb')\n\
        print(fails(lambda: f.write(bytes(1 << 20))), fails(lambda: os.dup(0)), flush=True)\n\
        os.closerange(3, 300)\n\
        print(fails(fork), flush=True); signal.pause()";
    let started = sandbox.spawn(python(probe)).await.unwrap();
    assert_eq!(first_line(&started.stdout).await, "EFBIG EMFILE\n");
    // The kernel limits the processes of everybody but the true root, whom a "root" may be: init kills
    // those instead.
    if !is_root_of_a_single_user() {
        assert_eq!(first_line(&started.stdout).await, "EAGAIN\n");
    }
    while !tells(&[event(&mut sandbox).await], Limit::Processes) {}
}

/// Whether this is a "root" that is nobody else outside, as under `unshare -r`.
fn is_root_of_a_single_user() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    rustix::process::geteuid().is_root() && map.split_ascii_whitespace().nth(2) == Some("1")
}

#[tokio::test]
async fn bombs_end_with_their_sandbox_and_the_one_beside_them_works_on() {
    let bombs = [
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "import os\nwhile True:\n    try:\n        if os.fork() == 0: os.setsid()\n    except OSError: pass",
        "import os\nos.kill(-1, 9)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(0, 2 << 30, 4096): m[i] = 1",
        "import os\nd = bytes(1 << 20)\nfor n in range(9999):\n    open(f'/dev/shm/{n}', 'wb').write(d)",
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(600,)).start()",
        "while True: print('x' * 10000)",
    ];
    for bomb in bombs {
        let sandbox = sandbox_or_skip!(Config::default());
        let launch = Launch {
            watch: false,
            ..python(bomb)
        };
        let started = sandbox.spawn(launch).await.unwrap();
        let mut honest = sandbox_or_skip!(Config::default());
        let (exit, out, _) = run(&mut honest, python("print('fine')")).await;
        assert_eq!(
            (exit, out.as_str()),
            (Exit::Code(0), "fine\n"),
            "beside {bomb}"
        );
        // The sandbox still answers, whatever its programs do.
        let snapshot = tokio::time::timeout(LONG, sandbox.snapshot()).await;
        assert!(snapshot.is_ok_and(|snapshot| snapshot.is_ok()), "{bomb}");
        let closed = tokio::time::timeout(LONG, sandbox.close()).await;
        assert!(closed.is_ok(), "{bomb}");
        drop(started);
    }
}
