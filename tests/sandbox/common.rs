//! Sandboxes for tests, and how to talk to what runs in them.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use socklab::event::Exit;
use socklab::sandbox::{
    Config, Image, ImageFile, Launch, Launcher, Program, ProgramId, Sandbox, SandboxEvent, StuckIn,
};

/// Generous: only a broken sandbox takes that long.
pub const LONG: Duration = Duration::from_secs(30);

pub fn launcher() -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_socklab"))
}

/// A sandbox, or a loud note that this machine gives none.
pub async fn sandbox(config: Config) -> Option<Sandbox> {
    sandbox_of(&launcher(), config).await
}

/// A sandbox of this launcher, or a loud note.
pub async fn sandbox_of(launcher: &Launcher, config: Config) -> Option<Sandbox> {
    match Sandbox::launch(launcher, config).await {
        Ok(sandbox) => Some(sandbox),
        Err(error) if std::env::var_os("SOCKLAB_NEED_SANDBOX").is_some() => panic!("{error}"),
        Err(error) => {
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}

pub fn image(files: &[(&str, &str)]) -> Arc<Image> {
    let file = |(path, text): &(&str, &str)| ImageFile {
        path: path.into(),
        mode: 0o644,
        bytes: text.as_bytes().into(),
    };
    Arc::new(Image::new(files.iter().map(file).collect(), vec![]).unwrap())
}

pub fn with_files(files: &[(&str, &str)]) -> Config {
    Config {
        image: image(files),
        ..Config::default()
    }
}

/// Everything that comes out of a descriptor until its end.
pub async fn text(fd: OwnedFd) -> String {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::fs::File::from(fd)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    });
    let bytes = tokio::time::timeout(LONG, read)
        .await
        .expect("output ends")
        .unwrap()
        .unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

pub async fn event(sandbox: &mut Sandbox) -> SandboxEvent {
    tokio::time::timeout(LONG, sandbox.next_event())
        .await
        .expect("an event")
        .expect("a sandbox")
}

pub async fn exit_of(sandbox: &mut Sandbox, program: ProgramId) -> Exit {
    loop {
        match event(sandbox).await {
            SandboxEvent::Exited {
                program: id, exit, ..
            } if id == program => return exit,
            _ => {}
        }
    }
}

/// Runs a program to its end.
pub async fn run(sandbox: &mut Sandbox, launch: Launch) -> (Exit, String, String) {
    let Program {
        id,
        stdin,
        stdout,
        stderr,
    } = sandbox.spawn(launch).await.expect("starts");
    drop(stdin);
    let (out, err) = tokio::join!(text(stdout), text(stderr));
    (exit_of(sandbox, id).await, out, err)
}

pub fn python(program: &str) -> Launch {
    Launch::new(["python3", "-c", program])
}

/// Takes snapshots until the program is stuck.
pub async fn stuck(sandbox: &Sandbox, program: ProgramId) -> StuckIn {
    let wait = async {
        loop {
            let snapshot = sandbox.snapshot().await.unwrap();
            if let Some(stuck) = snapshot.stuck(program) {
                return stuck;
            }
        }
    };
    tokio::time::timeout(LONG, wait)
        .await
        .expect("stuck at last")
}

/// The first bytes that come out of a descriptor.
pub async fn first_line(fd: &OwnedFd) -> String {
    let mut file = std::fs::File::from(fd.try_clone().unwrap());
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = [0; 4096];
        let length = file.read(&mut bytes).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    });
    tokio::time::timeout(LONG, read)
        .await
        .expect("a line")
        .unwrap()
}
