//! Runs programs in private networks: processes, files, sockets and limits of one check.
//!
//! [`Sandbox::launch`] turns a [`Config`] into a running sandbox; the handle starts programs, makes
//! sockets inside, takes snapshots and reports [`SandboxEvent`]s. Every sandbox is two processes: a
//! *helper*, forked from a copy of this executable, which makes the namespaces and waits; and *init*,
//! process 1 inside, which does all the rest and with whose death everything inside dies. The grader
//! itself never forks and never enters a namespace. `docs/sandbox.md` has the reasons.
//!
//! This module must not know what a check is, who plays which role on the wire, or what is right.
//!
//! | file | what it holds |
//! |---|---|
//! | `config`, `image`, `read_dir`, `zone`, `toolchains` | what a sandbox is made of |
//! | `event`, `snapshot`, `stuck`, `error` | what it says |
//! | `doctor` | what this machine gives |
//! | `launcher`, `assemble`, `client`, `spares`, `link`, `wire`, `pack` | the grader's side, and the talk between the two |
//! | `fork_server`, `helper`, `init/`, `group` | the processes on the other side, and their control group |
//! | `sys/` | system calls |

mod assemble;
mod client;
mod config;
pub mod doctor;
mod error;
mod event;
mod fork_server;
mod group;
mod helper;
mod image;
mod init;
mod launcher;
mod link;
mod pack;
mod read_dir;
mod snapshot;
mod spares;
mod stuck;
mod sys;
mod toolchains;
mod wire;
mod zone;

pub use client::{Closed, Inspector, Program, Sandbox};
pub use config::{
    Address, Config, ExtraFile, Family, Kind, Launch, Limits, ProgramId, RingSpec, SocketRequest,
    StdinKind, StdoutKind,
};
pub use doctor::{Diagnosis, Facts, StepOutcome, StepReport, doctor, way_out};
pub use error::{BrokerError, Failure, STOPPED, SandboxError, Step};
pub use event::{SandboxEvent, Usage};
pub use fork_server::fork_server_main;
pub use image::{Caps, Image, ImageError, ImageFile, LeftOut, WhyLeftOut};
pub use launcher::{Isolation, Launcher, Level};
pub use snapshot::{
    BlockedCall, End, Open, ProcessState, Snapshot, SocketState, TcpState, ThreadState,
};
pub use spares::Spares;
pub use stuck::{Rest, StuckIn};
pub use toolchains::{Mount, Search, Toolchains};
pub use zone::Zone;

/// Where socklab's own datagrams inside are sent from and to, which are no part of any conversation.
pub const MARK: std::net::Ipv4Addr = std::net::Ipv4Addr::new(127, 255, 255, 254);

/// The user and the group that programs run as, inside. Not 0: user 0 regains capabilities at exec.
const STUDENT: u32 = 1000;
/// Who programs run as when root asks for no isolation: nobody.
const NOBODY: u32 = 65534;
