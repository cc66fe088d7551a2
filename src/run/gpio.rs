//! GPIO without a Raspberry Pi: a stand-in `RPi.GPIO` module and the socket it reports to.

use std::path::PathBuf;
use std::time::Duration;

use super::RunError;
use super::engine::Engine;
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
        let socket = std::os::unix::net::UnixDatagram::from(self.sandbox.socket(request).await?);
        let io = |source| RunError::Io {
            what: "the GPIO socket",
            source,
        };
        socket.set_nonblocking(true).map_err(io)?;
        let socket = tokio::net::UnixDatagram::from_std(socket).map_err(io)?;
        let shared = self.shared.clone();
        self.spawn(async move {
            let mut buffer = [0; 256];
            while let Ok(length) = socket.recv(&mut buffer).await {
                let call = String::from_utf8_lossy(&buffer[..length]).trim().to_owned();
                let mut state = shared.lock();
                if state.gpio.len() >= MOST_CALLS {
                    continue;
                }
                state.gpio.push(call.clone());
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
        });
        Ok(())
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
        let _ = self.wait_for(within, met).await;
        Observed::Pins {
            calls: self.shared.lock().gpio.clone(),
        }
    }
}
