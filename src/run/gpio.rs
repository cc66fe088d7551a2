//! GPIO without a Raspberry Pi: a stand-in `RPi.GPIO` module and the socket it reports to.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

use super::RunError;
use super::engine::Engine;
use super::process::SETTLED;
use super::state::Shared;
use crate::event::{Observed, What};
use crate::sandbox::{Address, ExtraFile, Family, Kind, SocketRequest};
use crate::spec::expect;
use crate::spec::{Gpio, Step};

/// Where the socket is, inside the sandbox.
const SOCKET: &str = "/tmp/.gpio.sock";
/// Where the module is, inside the sandbox.
const MODULES: &str = "/opt/socklab/python";
/// Most calls that are recorded.
const MOST_CALLS: usize = 4096;

/// The stand-in module's files.
pub fn module_files() -> Vec<ExtraFile> {
    let file = |name: &str, text: &'static str| ExtraFile {
        path: PathBuf::from(format!("{MODULES}/RPi/{name}")),
        mode: 0o644,
        bytes: text.as_bytes().into(),
    };
    vec![
        file("__init__.py", include_str!("gpio/RPi/__init__.py")),
        file("GPIO.py", include_str!("gpio/RPi/GPIO.py")),
    ]
}

impl Engine {
    /// The variables that lead programs to the stand-in, when the exercise has one.
    pub fn gpio_env(&self) -> Vec<(String, String)> {
        if !self.spec.gpio {
            return Vec::new();
        }
        vec![
            ("PYTHONPATH".into(), MODULES.into()),
            ("GPIO_SOCKET".into(), SOCKET.into()),
        ]
    }

    /// Opens the socket and records what programs report on it.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn open_gpio(&self) -> Result<(), RunError> {
        let request = SocketRequest {
            bind: Some(Address::Path(SOCKET.into())),
            ..SocketRequest::new(Family::Unix, Kind::Datagram)
        };
        let socket = self.sandbox.socket(request).await?;
        let pins = Arc::new(Pins::new(socket).map_err(|source| RunError::Io {
            what: "the GPIO socket",
            source,
        })?);
        let _ = self.pins.set(pins.clone());
        let shared = self.shared.clone();
        self.spawn(async move { while pins.follow(&shared).await.is_ok() {} });
        Ok(())
    }

    /// Takes in what programs have reported so far.
    pub fn take_pins(&self) {
        if let Some(pins) = self.pins.get() {
            pins.take(&self.shared);
        }
    }

    /// `gpio`: what was done with pins so far.
    pub async fn gpio(&self, step: &Gpio) -> Observed {
        let whole = Step::Gpio(step.clone());
        let bindings = self.bindings();
        let met = |state: &super::state::State| {
            let observed = Observed::Pins {
                calls: state.gpio.clone(),
            };
            expect::judge(&whole, &observed, &bindings, &self.context())
                .met
                .then_some(())
        };
        let within = step.within.map_or(Duration::from_secs(2), |span| span.0);
        // What a program has reported before it said something else counts, although the other came first.
        self.take_pins();
        let came = self.wait_for(within, met).await;
        if came.is_ok() && (step.levels.is_some() || step.only) {
            // That there was nothing else can be said only when the program has gone quiet.
            self.settle(SETTLED).await;
        }
        Observed::Pins {
            calls: self.shared.lock().gpio.clone(),
        }
    }
}

/// The socket on which the stand-in module reports.
pub struct Pins {
    socket: UnixDatagram,
    /// Held from the reading of a report until it is entered: they keep their order.
    taking: Mutex<()>,
}

impl Pins {
    fn new(socket: OwnedFd) -> io::Result<Pins> {
        let socket = std::os::unix::net::UnixDatagram::from(socket);
        socket.set_nonblocking(true)?;
        Ok(Pins {
            socket: UnixDatagram::from_std(socket)?,
            taking: Mutex::new(()),
        })
    }

    async fn follow(&self, shared: &Shared) -> io::Result<()> {
        self.socket.readable().await?;
        let nothing_left = self.socket.try_io(Interest::READABLE, || {
            self.take(shared);
            Err::<(), _>(io::ErrorKind::WouldBlock.into())
        });
        drop(nothing_left);
        Ok(())
    }

    /// Enters what is there now, whether or not the runtime knows of it.
    fn take(&self, shared: &Shared) {
        let mut buffer = [0; 256];
        let _taking = self.taking.lock();
        while let Ok((length, _)) = recv(&self.socket, &mut buffer, RecvFlags::empty()) {
            enter(shared, String::from_utf8_lossy(&buffer[..length]).trim());
        }
    }
}

fn enter(shared: &Shared, call: &str) {
    let mut state = shared.lock();
    if state.gpio.len() >= MOST_CALLS {
        return;
    }
    state.gpio.push(call.to_owned());
    drop(state);
    let mut words = call.split_whitespace().map(str::to_owned);
    let name = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let pin = rest
        .first()
        .filter(|_| name != "setmode")
        .and_then(|word| word.parse().ok());
    let value = rest
        .get(usize::from(pin.is_some()))
        .cloned()
        .unwrap_or_default();
    shared.record(What::Gpio {
        call: name,
        pin,
        value,
    });
}
