//! Builds a real sandbox step by step and says what this machine gives, what it refuses, and what a
//! person can do about it.

use std::time::{Duration, Instant};

use super::error::{BrokerError, Failure, SandboxError, Step};
use super::event::SandboxEvent;
use super::{Config, Launch, Launcher, Level, RingSpec, Sandbox, SocketRequest, StdinKind};
use crate::event::Exit;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The level of the sandboxes that this machine gives; `None` when it gives none.
    pub level: Option<Level>,
    /// Every step that was tried, in order.
    pub steps: Vec<StepReport>,
    /// What to change, in order of the steps that failed.
    pub ways_out: Vec<String>,
    /// From the start of the helper to the end of a program that does nothing.
    pub took: Duration,
    /// The kernel's release.
    pub kernel: String,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub outcome: StepOutcome,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It succeeded, and took so long.
    Passed(Duration),
    /// It failed, but the sandbox stands without it.
    Missing(Failure),
    /// It failed, and there is no sandbox.
    Failed(Failure),
}

/// Facts about this machine that tell apart what fails alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `user.max_user_namespaces`
    pub most_user_namespaces: Option<u64>,
    /// `kernel.unprivileged_userns_clone` is there and 0 (old Debian kernels).
    pub clone_forbidden: bool,
    /// `kernel.apparmor_restrict_unprivileged_userns` is 1 (Ubuntu since 24.04).
    pub apparmor_restricts: bool,
    /// This looks like a container.
    pub in_container: bool,
}

impl Facts {
    /// Looks at this machine.
    #[must_use]
    pub fn of_this_machine() -> Facts {
        let number = |file: &str| {
            let text = std::fs::read_to_string(format!("/proc/sys/{file}")).ok()?;
            text.trim().parse::<u64>().ok()
        };
        let exists = |path: &str| std::path::Path::new(path).exists();
        Facts {
            most_user_namespaces: number("user/max_user_namespaces"),
            clone_forbidden: number("kernel/unprivileged_userns_clone") == Some(0),
            apparmor_restricts: number("kernel/apparmor_restrict_unprivileged_userns") == Some(1),
            in_container: exists("/.dockerenv") || exists("/run/.containerenv"),
        }
    }
}

/// Builds a sandbox, runs a program in it, and reports.
pub async fn doctor(launcher: &Launcher) -> Diagnosis {
    let facts = Facts::of_this_machine();
    let kernel = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    let start = Instant::now();
    let mut steps = Vec::new();
    let level = examine(launcher, &mut steps).await;
    let failures = steps
        .iter()
        .filter_map(|report: &StepReport| match &report.outcome {
            StepOutcome::Missing(failure) | StepOutcome::Failed(failure) => Some(failure),
            StepOutcome::Passed(_) => None,
        });
    let ways_out = failures
        .filter_map(|failure| way_out(failure, &facts))
        .collect();
    Diagnosis {
        level,
        steps,
        ways_out,
        took: start.elapsed(),
        kernel,
    }
}

async fn examine(launcher: &Launcher, steps: &mut Vec<StepReport>) -> Option<Level> {
    let config = Config {
        capture: Some(RingSpec::default()),
        ..Config::default()
    };
    let mut report = |step, nanoseconds| {
        let outcome = StepOutcome::Passed(Duration::from_nanos(nanoseconds));
        steps.push(StepReport { step, outcome });
    };
    let launched = Sandbox::launch_reporting(launcher, config, Some(&mut report)).await;
    let mut sandbox = match launched {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let failure = failure_of(error);
            steps.push(StepReport {
                step: failure.step,
                outcome: StepOutcome::Failed(failure),
            });
            return None;
        }
    };
    for failure in sandbox.missing() {
        let outcome = StepOutcome::Missing(failure.clone());
        steps.push(StepReport {
            step: failure.step,
            outcome,
        });
    }
    let level = sandbox.level();
    let start = Instant::now();
    let tried = try_it(&mut sandbox, level).await;
    let failed = tried.is_err();
    let outcome = tried.map_or_else(StepOutcome::Failed, |()| {
        StepOutcome::Passed(start.elapsed())
    });
    let step = match &outcome {
        StepOutcome::Failed(failure) => failure.step,
        _ => Step::Run,
    };
    steps.push(StepReport { step, outcome });
    sandbox.close().await;
    (!failed).then_some(level)
}

fn failure_of(error: SandboxError) -> Failure {
    match error {
        SandboxError::Step(failure) => failure,
        SandboxError::Helper { ref source, .. } => {
            Failure::new(Step::StartHelper, error.to_string(), source)
        }
        SandboxError::Died(what) => Failure {
            step: Step::StartHelper,
            what,
            errno: 0,
        },
        SandboxError::Late(_) => Failure {
            step: Step::StartHelper,
            what: error.to_string(),
            errno: 0,
        },
    }
}

/// A foreign address can be had, and a program runs.
async fn try_it(sandbox: &mut Sandbox, level: Level) -> Result<(), Failure> {
    let refused = |step: Step, error: BrokerError| Failure {
        step,
        errno: error.errno().unwrap_or(0),
        what: error.to_string(),
    };
    if level != Level::F {
        // An address for documentation (RFC 5737), which no machine has.
        let at = std::net::SocketAddr::from(([192, 0, 2, 1], 8080));
        let socket = sandbox.socket(SocketRequest::tcp_listener(at, 1)).await;
        socket.map_err(|error| refused(Step::Network, error))?;
    }
    let launch = Launch {
        stdin: StdinKind::Null,
        watch: false,
        ..Launch::new(["true"])
    };
    let program = sandbox.spawn(launch).await.map_err(|error| {
        let step = match error.to_string() {
            text if text.starts_with("seccomp") => Step::Seccomp,
            text if text.starts_with("landlock") => Step::Landlock,
            _ => Step::Run,
        };
        refused(step, error)
    })?;
    while let Some(event) = sandbox.next_event().await {
        match event {
            SandboxEvent::Exited {
                program: id,
                exit: Exit::Code(0),
                ..
            } if id == program.id => {
                return Ok(());
            }
            SandboxEvent::Exited { exit, .. } => {
                let what = format!("`true` ended with {exit:?}");
                return Err(Failure {
                    step: Step::Run,
                    what,
                    errno: 0,
                });
            }
            _ => {}
        }
    }
    Err(Failure {
        step: Step::Run,
        what: "the sandbox ended".into(),
        errno: 0,
    })
}

/// What a person can do about a failed step.
#[must_use]
pub fn way_out(failure: &Failure, facts: &Facts) -> Option<String> {
    let refused = matches!(failure.errno, libc::EPERM | libc::EACCES);
    let text = match failure.step {
        Step::Namespaces if failure.errno == libc::ENOSPC => format!(
            "user namespaces are used up or switched off (user.max_user_namespaces is {}): \
             sudo sysctl user.max_user_namespaces=15000",
            facts.most_user_namespaces.map_or("unknown".into(), |most| most.to_string())
        ),
        Step::Namespaces if refused && facts.clone_forbidden => {
            "this kernel keeps user namespaces for root: \
             sudo sysctl kernel.unprivileged_userns_clone=1"
                .into()
        }
        Step::Namespaces if refused => {
            "a container's system call filter forbids namespaces: start the container with \
             --security-opt seccomp=unconfined --security-opt systempaths=unconfined, or run socklab outside"
                .into()
        }
        Step::Namespaces => "this kernel lacks namespaces: use one with CONFIG_USER_NS, CONFIG_PID_NS \
             and CONFIG_NET_NS"
            .into(),
        Step::IdentityMaps | Step::BecomeRoot | Step::BindMounts | Step::RootFiles | Step::Network
            if refused && facts.apparmor_restricts =>
        {
            "AppArmor takes away the rights of namespaces that ordinary users make (Ubuntu 24.04): run with \
             sudo, or sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or install \
             docs/apparmor/socklab as /etc/apparmor.d/socklab and run sudo apparmor_parser -r on it"
                .into()
        }
        Step::IdentityMaps if refused => "this user may not map user ids: \"root\" in a container that is \
             nobody outside, or a security module; run as an ordinary user, or outside the container"
            .into(),
        Step::BindMounts | Step::RootFiles | Step::Pivot if refused => {
            "a security module or the container forbids mounts: start the container with \
             --security-opt apparmor=unconfined --security-opt seccomp=unconfined"
                .into()
        }
        Step::Proc => "parts of /proc are masked here, as in containers: \
             start the container with --security-opt systempaths=unconfined"
            .into(),
        Step::PrivilegedPorts => "/proc/sys is read-only here; programs get the right to bind low ports \
             in another way, so nothing needs to be done"
            .into(),
        Step::Capture => "this kernel has no packet sockets: sudo modprobe af_packet".into(),
        Step::Landlock => "this kernel has no Landlock (Linux 5.13, and `landlock` in the lsm= list): \
             the namespaces alone fence the files"
            .into(),
        Step::StartHelper => "socklab could not run itself: is its file still where it was?".into(),
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(step: Step, errno: i32, facts: Facts) -> String {
        way_out(
            &Failure {
                step,
                what: String::new(),
                errno,
            },
            &facts,
        )
        .unwrap_or_default()
    }

    #[test]
    fn failures_that_look_alike_are_told_apart_by_the_machine() {
        let plain = Facts::default();
        let debian = Facts {
            clone_forbidden: true,
            ..plain
        };
        let ubuntu = Facts {
            apparmor_restricts: true,
            ..plain
        };
        assert!(
            advice(Step::Namespaces, libc::EPERM, debian).contains("unprivileged_userns_clone")
        );
        assert!(advice(Step::Namespaces, libc::EPERM, plain).contains("seccomp=unconfined"));
        assert!(advice(Step::IdentityMaps, libc::EPERM, ubuntu).contains("AppArmor"));
        assert!(advice(Step::Network, libc::EPERM, ubuntu).contains("AppArmor"));
        assert!(advice(Step::IdentityMaps, libc::EPERM, plain).contains("nobody outside"));
        let none = Facts {
            most_user_namespaces: Some(0),
            ..plain
        };
        assert!(advice(Step::Namespaces, libc::ENOSPC, none).contains("is 0)"));
    }
}
