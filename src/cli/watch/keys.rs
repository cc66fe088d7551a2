//! A terminal that gives single keys, and is given back as it was however the program ends.

use std::io::{IsTerminal, Read};
use std::sync::mpsc::Sender;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use tokio::signal::unix::{SignalKind, signal};

use super::Told;

/// Exit status of a program that SIGTERM ended, as shells report it: 128 + 15.
const TERMINATED: i32 = 143;
/// The number of SIGCONT on Linux (`signal(7)`).
const SIGCONT: i32 = 18;

/// Standard input in single-key mode for as long as this lives. Dropping it, also by a panic, restores it.
pub struct Keys {
    before: Termios,
}

impl Keys {
    /// Takes single keys without showing them; none when nobody sits at a terminal. Ctrl-C stays a signal.
    pub fn open() -> Option<Keys> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() || !std::io::stdout().is_terminal() {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let keys = Keys { before };
        keys.again();
        Some(keys)
    }

    /// Sets the mode once more: a shell that had stopped the program has set its own.
    pub fn again(&self) {
        let mut single = self.before.clone();
        single.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        single.special_codes[SpecialCodeIndex::VMIN] = 1;
        single.special_codes[SpecialCodeIndex::VTIME] = 0;
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &single);
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        restore(&self.before);
    }
}

fn restore(before: &Termios) {
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
}

/// Tells of each key, from a thread that ends with the program.
pub fn listen(tell: Sender<Told>) {
    std::thread::spawn(move || {
        let mut byte = [0];
        while let Ok(1) = std::io::stdin().read(&mut byte) {
            if tell.send(Told::Key(byte[0])).is_err() {
                return;
            }
        }
    });
}

/// Tells of Ctrl-C and of going on after Ctrl-Z; SIGTERM ends the program at once, with the terminal restored.
pub fn signals(tell: Sender<Told>, keys: Option<&Keys>) {
    let before = keys.map(|keys| keys.before.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let kinds = [
                SignalKind::interrupt(),
                SignalKind::terminate(),
                SignalKind::from_raw(SIGCONT),
            ];
            let [Ok(mut interrupt), Ok(mut terminate), Ok(mut goes_on)] = kinds.map(signal) else {
                return;
            };
            loop {
                let told = tokio::select! {
                    _ = interrupt.recv() => Told::Interrupt,
                    _ = goes_on.recv() => Told::Continued,
                    _ = terminate.recv() => {
                        before.as_ref().map(restore);
                        #[expect(clippy::disallowed_methods, reason = "asked to end while a key is awaited, which cannot be called off")]
                        std::process::exit(TERMINATED);
                    }
                };
                if tell.send(told).is_err() {
                    return;
                }
            }
        });
    });
}
