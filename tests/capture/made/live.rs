//! Real programs in a network namespace of their own, captured by our own ring. The test starts itself again inside the
//! namespace, which needs no root where user namespaces are allowed.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use socklab::capture::Name;
use socklab::capture::ring::{AsyncRing, Ended, Recording, Ring, RingGeometry, open_ring_socket};

const INSIDE: &str = "SOCKLAB_TEST_INSIDE";

/// Where the captures go, when this process is the one inside the namespace.
pub fn inside() -> Option<PathBuf> {
    std::env::var_os(INSIDE).map(PathBuf::from)
}

/// Runs the named test of this binary inside a new namespace; `Err` says why that is not possible here.
pub fn run_inside(test: &str, dir: &Path) -> Result<(), String> {
    let myself = std::env::current_exe().map_err(|e| e.to_string())?;
    namespaces()?;
    let status = Command::new("unshare")
        .arg("-Urn")
        .arg(myself)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, dir)
        .status()
        .map_err(|e| e.to_string())?;
    assert!(status.success(), "the part inside the namespace failed");
    Ok(())
}

fn namespaces() -> Result<(), String> {
    let possible = Command::new("unshare").args(["-Urn", "true"]).output();
    if possible.is_ok_and(|o| o.status.success()) {
        Ok(())
    } else {
        Err("no user namespaces here (unshare -Urn fails)".to_owned())
    }
}

/// Runs every scenario of `relay.py`, several at a time since they mostly wait, and leaves two captures of each in `dir`.
pub fn relay_programs(dir: &Path) -> Result<(), String> {
    namespaces()?;
    let cards = ["-Urn", "ip", "link", "add", "r0", "type", "veth"];
    let possible = Command::new("unshare").args(cards).output();
    if !possible.is_ok_and(|o| o.status.success()) {
        return Err("no virtual network cards here (ip link add type veth fails)".to_owned());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/capture/made/relay.py");
    let listed = Command::new("python3").arg(&script).output();
    let listed = listed.map_err(|e| e.to_string())?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let names: Vec<&str> = names.lines().collect();
    for some in names.chunks(8) {
        let running = some.iter().map(|name| {
            let mut command = Command::new("unshare");
            command.args(["-Urn", "python3"]).arg(&script);
            let child = command.arg(name).arg(dir).spawn();
            (name, child.expect("unshare, as just before"))
        });
        for (name, mut child) in running.collect::<Vec<_>>() {
            let status = child.wait().expect("a child of ours");
            assert!(status.success(), "{name} failed behind the relay");
        }
    }
    Ok(())
}

/// Brings the loopback device up and makes its segments look like a real network's.
pub fn loopback_up() {
    let set = |args: &[&str]| {
        let done = Command::new("ip")
            .args(["link", "set", "dev", "lo"])
            .args(args)
            .output();
        done.is_ok_and(|o| o.status.success())
    };
    assert!(
        set(&["up"]),
        "`ip link set lo up` works in a namespace of one's own"
    );
    // Older kernels or tools cannot; the segments are then larger, which the tests do not mind.
    let _ = set(&["mtu", "1500"]) && set(&["gso_max_segs", "1"]);
}

/// Captures while `work` runs. The recording holds every packet up to the sentinel.
pub fn record(geometry: RingGeometry, work: impl FnOnce()) -> Recording {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let socket = open_ring_socket(1, &geometry).expect("a packet socket");
    let mut recording = Recording::default();
    runtime.block_on(async {
        let ring = Ring::new(socket, geometry).expect("a mapped ring");
        let mut ring = AsyncRing::new(ring).expect("a ring that can be polled");
        work();
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        sender
            .send_to(b"the end of this capture", "127.0.0.1:9")
            .expect("a datagram");
        let ended = ring
            .finish(b"the end of this capture", Duration::from_secs(20), |p| {
                recording.push(&p)
            })
            .await;
        assert_eq!(ended.expect("polling"), Ended::Sentinel);
        assert_eq!(ring.statistics().expect("statistics").dropped, 0);
    });
    recording
}

pub fn names() -> Vec<Name> {
    let name = |a: &str, n: &str| Name {
        address: a.parse().expect("an address"),
        name: n.to_owned(),
    };
    vec![name("127.0.0.1", "student"), name("::1", "student6")]
}

/// Runs every program and writes a capture of each.
pub fn record_programs(dir: &Path) {
    loopback_up();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/capture/made/programs.py");
    let listed = Command::new("python3")
        .arg(&script)
        .output()
        .expect("python3");
    for program in String::from_utf8_lossy(&listed.stdout).lines() {
        let recording = record(RingGeometry::default(), || {
            let output = Command::new("python3")
                .arg(&script)
                .arg(program)
                .output()
                .expect("python3");
            assert!(
                output.status.success(),
                "{program}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        });
        let file =
            std::fs::File::create(dir.join(format!("live-{program}.pcapng"))).expect("a file");
        let step = |_| Some(format!("run {program}"));
        recording
            .write(std::io::BufWriter::new(file), &names(), 0, step)
            .expect("a whole file");
    }
}

pub fn python_available() -> bool {
    Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success())
}
