//! What a sandbox is to contain and how much it may use: plain data, nothing of the kernel.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Image, Spares, Toolchains, Zone};

/// Everything that one sandbox is built from.
#[derive(Clone, Debug)]
pub struct Config {
    /// The submission's files: unpacked into `/box`, owned by the student.
    pub image: Arc<Image>,
    /// Further lines of `/etc/hosts`, besides `localhost`.
    pub hosts: Vec<(IpAddr, String)>,
    /// The only line of `/etc/resolv.conf`; without it every lookup fails at once.
    pub nameserver: Option<Ipv4Addr>,
    /// IPv6 addresses to add to `lo`, besides `::1`. (Every IPv4 address is local anyway.)
    pub ipv6: Vec<Ipv6Addr>,
    /// The local time zone inside.
    pub zone: Zone,
    /// Whether programs may bind ports below 1024, as they could on the machine the lab was written for.
    pub unprivileged_ports: bool,
    /// How much the sandbox may use.
    pub limits: Limits,
    /// Record packets with a ring of this shape; `None` records nothing.
    pub capture: Option<RingSpec>,
    /// Whether programs may write into `/box`.
    pub writable_box: bool,
    /// Files of the grader's own, read-only inside.
    pub extra_files: Vec<ExtraFile>,
    /// Host directories that programs need besides `/usr`.
    pub toolchains: Toolchains,
    /// Where a sandbox may be taken from that was used before, and put by.
    pub spares: Option<Spares>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            image: Arc::new(Image::empty()),
            hosts: Vec::new(),
            nameserver: None,
            ipv6: Vec::new(),
            zone: Zone::Host,
            unprivileged_ports: true,
            limits: Limits::default(),
            capture: None,
            writable_box: true,
            extra_files: Vec::new(),
            toolchains: Toolchains::default(),
            spares: None,
        }
    }
}

/// A file that the grader adds, at an absolute path that must begin with `/opt/socklab/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraFile {
    /// Where it appears, for example `/opt/socklab/python/RPi/GPIO.py`.
    pub path: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// The content.
    pub bytes: Arc<[u8]>,
}

/// How much one sandbox, or one program in it, may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU time of one program with all its descendants.
    pub cpu: Duration,
    /// Memory of the whole sandbox in bytes: anonymous and shared pages and the files in its tmpfs.
    pub memory: u64,
    /// Processes and threads of the whole sandbox.
    pub processes: u32,
    /// Open file descriptors of one process.
    pub open_files: u32,
    /// Largest file, in bytes.
    pub file_size: u64,
    /// Size of `/tmp` in bytes.
    pub tmp_bytes: u64,
    /// Files and directories in `/tmp`.
    pub tmp_files: u32,
    /// Size of `/box` in bytes, the submission included.
    pub box_bytes: u64,
    /// Files and directories in `/box`, the submission included.
    pub box_files: u32,
    /// Size of `/dev/shm` in bytes.
    pub shm_bytes: u64,
    /// Processors that programs run on.
    pub cpus: u32,
}

const MIB: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            cpu: Duration::from_secs(10),
            memory: 512 * MIB,
            // A Java program that does nothing has two dozen threads.
            processes: 128,
            // What a login has on most systems, and so what a program has at home.
            open_files: 1024,
            file_size: 32 * MIB,
            tmp_bytes: 64 * MIB,
            tmp_files: 4096,
            box_bytes: 128 * MIB,
            box_files: 8192,
            shm_bytes: 16 * MIB,
            cpus: 2,
        }
    }
}

impl Limits {
    /// The limits of a build: compilers need more memory, and write larger files, than lab programs.
    #[must_use]
    pub fn for_build() -> Limits {
        Limits {
            cpu: Duration::from_secs(120),
            memory: 1024 * MIB,
            file_size: 256 * MIB,
            tmp_bytes: 256 * MIB,
            box_bytes: 256 * MIB,
            ..Limits::default()
        }
    }
}

/// The shape of a `TPACKET_V3` receive ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingSpec {
    /// Size of a block in bytes: a multiple of the page size.
    pub block_bytes: u32,
    /// Number of blocks.
    pub blocks: u32,
    /// A block that is not full is handed over after this many milliseconds.
    pub retire_ms: u32,
}

impl Default for RingSpec {
    /// 1 MiB: twice what a stream of 200 kB leaves there and back, should the grader not read at all. Many
    /// small blocks, since one that is handed over for its age takes as much room as a full one: 64 of them
    /// last for more than a second of a grader that gets no processor. Larger rings cost: the kernel clears every
    /// page of every sandbox's (16 MiB took 2 ms of CPU time), and dozens of them are open at a time.
    fn default() -> RingSpec {
        RingSpec {
            block_bytes: 1 << 14,
            blocks: 64,
            retire_ms: 20,
        }
    }
}

impl RingSpec {
    /// The frame size given to the kernel. Version 3 packs frames of any size into a block and only
    /// checks that this divides the block.
    pub const FRAME_BYTES: u32 = 2048;
}

/// Which program of a sandbox: numbered from 1 in the order of launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProgramId(pub u32);

/// What a program is given as standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StdinKind {
    /// `/dev/null`
    Null,
    /// A pipe.
    Pipe,
    /// A terminal of this size, which is also the controlling one: `^C` and `^D` work. It does not echo
    /// and does not turn `\n` into `\r\n`.
    Terminal {
        /// Width in characters.
        columns: u16,
        /// Height in lines.
        rows: u16,
    },
}

/// What a program is given as standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StdoutKind {
    /// A pipe. C, Java and Python then keep what they print until they have several kilobytes of it.
    #[default]
    Pipe,
    /// A terminal, so that lines come out as they are printed; the same one as standard input if that
    /// is a terminal too. Reading the other end fails with `EIO` when the program has closed it.
    Terminal,
}

/// A program to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// The command and its arguments; a command without a slash is looked up in the sandbox's `PATH`.
    pub argv: Vec<OsString>,
    /// Variables besides `PATH`, `HOME` and `LANG`; one of these three replaces it.
    pub env: Vec<(OsString, OsString)>,
    /// Working directory; a relative one is taken from `/box`.
    #[serde(with = "super::wire::path")]
    pub cwd: PathBuf,
    /// Standard input.
    pub stdin: StdinKind,
    /// Standard output; standard error is always a pipe.
    pub stdout: StdoutKind,
    /// Limits per process that differ from the sandbox's: `cpu`, `memory`, `open_files`, `file_size`.
    pub limits: Option<Limits>,
    /// Watch its sockets from the start and report [`Listening`](super::SandboxEvent::Listening).
    pub watch: bool,
    /// Follow its calls on sockets, for [`Sandbox::calls`](super::Sandbox::calls). Each of them then costs
    /// the program some ten microseconds. What cannot be followed runs all the same.
    pub story: bool,
}

impl Launch {
    /// Starts `argv` in `/box` with a pipe as standard input, and watches its sockets.
    pub fn new<S: Into<OsString>>(argv: impl IntoIterator<Item = S>) -> Launch {
        Launch {
            argv: argv.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            cwd: PathBuf::new(),
            stdin: StdinKind::Pipe,
            stdout: StdoutKind::Pipe,
            limits: None,
            watch: true,
            story: false,
        }
    }
}

/// Address families of brokered sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
    /// Unix
    Unix,
}

/// Types of brokered sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// TCP, or a Unix stream socket.
    Stream,
    /// UDP, or a Unix datagram socket.
    Datagram,
}

/// An address of a brokered socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Address {
    /// For IPv4 and IPv6.
    Internet(SocketAddr),
    /// For Unix sockets: a path inside the sandbox; a relative one is taken from `/box`.
    #[serde(with = "super::wire::path")]
    Path(PathBuf),
}

/// A socket to be made inside the sandbox's network. It comes back non-blocking and close-on-exec, and
/// keeps its network wherever it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketRequest {
    /// Address family.
    pub family: Family,
    /// Type.
    pub kind: Kind,
    /// Where to bind it.
    pub bind: Option<Address>,
    /// Where to connect it. Needed for Unix sockets, whose paths mean nothing outside; the caller
    /// connects Internet sockets itself.
    pub connect: Option<Address>,
    /// Listen with this backlog.
    pub listen: Option<u32>,
    /// `SO_REUSEADDR`
    pub reuse_address: bool,
    /// `SO_BROADCAST`
    pub broadcast: bool,
    /// `IPV6_V6ONLY`
    pub v6_only: bool,
    /// `SO_RCVBUF` in bytes, set before binding so that it decides the window.
    pub receive_buffer: Option<u32>,
}

impl SocketRequest {
    /// An unbound socket.
    #[must_use]
    pub fn new(family: Family, kind: Kind) -> SocketRequest {
        SocketRequest {
            family,
            kind,
            bind: None,
            connect: None,
            listen: None,
            reuse_address: false,
            broadcast: false,
            v6_only: true,
            receive_buffer: None,
        }
    }

    /// A TCP socket that listens at `at`.
    #[must_use]
    pub fn tcp_listener(at: SocketAddr, backlog: u32) -> SocketRequest {
        SocketRequest {
            bind: Some(Address::Internet(at)),
            listen: Some(backlog),
            reuse_address: true,
            ..SocketRequest::new(Family::of(at), Kind::Stream)
        }
    }

    /// A TCP socket from which to connect to `peer`.
    #[must_use]
    pub fn tcp_to(peer: SocketAddr) -> SocketRequest {
        SocketRequest::new(Family::of(peer), Kind::Stream)
    }

    /// A UDP socket bound to `at`.
    #[must_use]
    pub fn udp(at: SocketAddr) -> SocketRequest {
        SocketRequest {
            bind: Some(Address::Internet(at)),
            ..SocketRequest::new(Family::of(at), Kind::Datagram)
        }
    }

    /// A Unix stream socket connected to `path`.
    #[must_use]
    pub fn unix_to(path: PathBuf) -> SocketRequest {
        SocketRequest {
            connect: Some(Address::Path(path)),
            ..SocketRequest::new(Family::Unix, Kind::Stream)
        }
    }
}

impl Family {
    /// The family of an Internet address.
    #[must_use]
    pub fn of(address: SocketAddr) -> Family {
        if address.is_ipv4() {
            Family::V4
        } else {
            Family::V6
        }
    }
}
