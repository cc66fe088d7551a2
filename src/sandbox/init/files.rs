//! The root file system: a tmpfs with the host's `/usr` in it, and nothing of anybody's own.

use std::ffi::CString;
use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::build::Progress;
use crate::sandbox::STUDENT;
use crate::sandbox::config::Limits;
use crate::sandbox::error::{At, Failure, Step};
use crate::sandbox::pack;
use crate::sandbox::sys::memory::Mapped;
use crate::sandbox::sys::mount;
use crate::sandbox::toolchains::Mount;
use crate::sandbox::wire::Blueprint;
use crate::sandbox::zone::LocalTime;

/// Where the new root is put together; the host's `/tmp` is not needed any more by then.
const STAGE: &str = "/tmp";
/// Directories of the system. Where they are links (into `/usr`) the links are copied.
const SYSTEM: [&str; 6] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32"];
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
const PLAIN: libc::c_ulong = libc::MS_NOSUID | libc::MS_NODEV;

/// Detached mounts of what the sandbox shows of the host.
pub(super) struct Sources {
    mounts: Vec<(OwnedFd, PathBuf)>,
    links: Vec<(PathBuf, PathBuf)>,
}

impl Sources {
    /// Takes hold of them, by path, as the user who runs the grader.
    pub fn open(mounts: &[Mount]) -> Result<Sources, Failure> {
        let mut sources = Sources {
            mounts: Vec::new(),
            links: Vec::new(),
        };
        mount::make_private().at(Step::BindMounts, "make mounts private")?;
        for directory in SYSTEM.map(PathBuf::from) {
            match fs::read_link(&directory) {
                Ok(target) => sources.links.push((target, directory)),
                Err(_) if directory.is_dir() => sources.add(&directory, &directory, true)?,
                Err(_) => {}
            }
        }
        for Mount { source, target } in mounts {
            sources.add(source, target, true)?;
        }
        for device in DEVICES {
            let path = Path::new("/dev").join(device);
            if device == "tty" && !path.exists() {
                continue; // Some containers have none; programs hardly ever open it.
            }
            sources.add(&path, &path, false)?;
        }
        Ok(sources)
    }

    fn add(&mut self, source: &Path, target: &Path, read_only: bool) -> Result<(), Failure> {
        let what = source.display().to_string();
        let tree = mount::copy(source, true).at(Step::BindMounts, &what)?;
        // A device must stay writable, and the mount of a device must not say "no devices".
        let attributes = if read_only {
            READ_ONLY
        } else {
            libc::MOUNT_ATTR_NOSUID
        };
        mount::restrict(tree.as_fd(), attributes, true).at(Step::BindMounts, &what)?;
        self.mounts.push((tree, target.to_owned()));
        Ok(())
    }
}

/// Builds the root and moves into it. Inside, whether there is a `/proc`. `in_group_0` says that the
/// student may be a member of the true group 0.
pub(super) fn build(
    blueprint: &Blueprint,
    sources: &Sources,
    packs: &[OwnedFd],
    in_group_0: bool,
    progress: &mut Progress<'_>,
) -> Result<Result<(), Failure>, Failure> {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let staged = |path: &str| Path::new(STAGE).join(path.trim_start_matches('/'));
    tmpfs(Path::new(STAGE), 0o755, 0, 16 << 20, 2048).at(Step::RootFiles, "mount a tmpfs")?;
    for directory in [
        "etc", "proc", "dev/shm", "dev/pts", "tmp", "box", "opt", "run", "var",
    ] {
        fs::create_dir_all(staged(directory)).at(Step::RootFiles, directory)?;
    }
    for (target, link) in &sources.links {
        symlink(target, staged(&link.to_string_lossy())).at(Step::RootFiles, "link")?;
    }
    etc(blueprint, &staged("etc")).at(Step::RootFiles, "write /etc")?;
    devices(&staged("dev")).at(Step::RootFiles, "make /dev")?;
    symlink("/tmp", staged("var/tmp")).at(Step::RootFiles, "link /var/tmp")?;
    for (tree, target) in &sources.mounts {
        let what = target.display().to_string();
        let at = staged(&target.to_string_lossy());
        mount_point(tree, &at).at(Step::RootFiles, &what)?;
        mount::attach(tree.as_fd(), &at).at(Step::RootFiles, &what)?;
    }
    veil_all(sources, &staged);
    for mount in blueprint
        .mounts
        .iter()
        .filter(|mount| mount.target != mount.source)
    {
        // Programs that were built to find their libraries by absolute path still do.
        let original = staged(&mount.source.to_string_lossy());
        let made = original.parent().map_or(Ok(()), fs::create_dir_all);
        let _ = made.and_then(|()| symlink(&mount.target, &original));
    }
    mount_stores(&blueprint.limits, Path::new(STAGE))?;
    if let Some(extra) = packs.get(1) {
        unpack(extra, Path::new(STAGE)).at(Step::RootFiles, "write the grader's own files")?;
    }
    progress.done(Step::RootFiles);
    let has_proc = proc(&staged("proc"), in_group_0).at(Step::Proc, "mount proc");
    if has_proc.is_ok() {
        progress.done(Step::Proc);
    }
    mount::pivot(Path::new(STAGE)).at(Step::Pivot, "pivot_root")?;
    restrict("/").at(Step::Pivot, "make the root read-only")?;
    progress.done(Step::Pivot);
    hand_in(packs.first(), blueprint.renewal.writable_box)?;
    progress.done(Step::Unpack);
    Ok(has_proc)
}

/// Where programs may write, in file systems of their own. (`/box` is below the root, as the others are.)
pub(super) const STORES: [&str; 3] = ["/tmp", "/box", "/dev/shm"];

/// Gives programs new file systems to write to; whatever was there before is gone.
pub(super) fn renew_stores(limits: &Limits) -> Result<(), Failure> {
    for path in STORES {
        mount::detach(Path::new(path)).at(Step::RootFiles, path)?;
    }
    // Terminals are mounted when the first is asked for.
    let _ = mount::detach(Path::new("/dev/pts"));
    mount_stores(limits, Path::new("/"))
}

fn mount_stores(limits: &Limits, root: &Path) -> Result<(), Failure> {
    let [temporary, own, shared] = STORES;
    for (path, mode, owner, bytes, files) in [
        (temporary, 0o1777, 0, limits.tmp_bytes, limits.tmp_files),
        (own, 0o755, STUDENT, limits.box_bytes, limits.box_files),
        (shared, 0o1777, 0, limits.shm_bytes, 1024),
    ] {
        let at = root.join(path.trim_start_matches('/'));
        tmpfs(&at, mode, owner, bytes, files).at(Step::RootFiles, path)?;
    }
    Ok(())
}

/// Writes the submission to `/box`.
pub(super) fn hand_in(image: Option<&OwnedFd>, writable: bool) -> Result<(), Failure> {
    if let Some(image) = image {
        as_student(STUDENT, || unpack(image, Path::new("/box")))
            .at(Step::Unpack, "write to /box")?;
    }
    if !writable {
        restrict("/box").at(Step::Unpack, "make /box read-only")?;
    }
    Ok(())
}

/// Lays a file system of the sandbox's own over each directory of the host's. It shows the same files, but a
/// lock on one of them (`flock`) is seen by nobody else: with bind mounts alone two submissions could talk
/// by locking a system file, and one could keep the host's own programs waiting.
///
/// Best effort: unprivileged since Linux 5.11, and not over directories with further mounts in them, which
/// it would hide.
fn veil_all(sources: &Sources, staged: &dyn Fn(&str) -> PathBuf) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points: Vec<&str> = mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .collect();
    for (_, target) in &sources.mounts {
        let at = staged(&target.to_string_lossy());
        let inside = |point: &&str| Path::new(point).starts_with(&at) && Path::new(point) != at;
        let text = at.to_string_lossy();
        // These characters mean something in the list of directories, or are escaped in the list of mounts.
        let plain = !text.contains([':', ',', '\\', ' ', '\t', '\n']);
        if at.is_dir() && plain && !points.iter().any(inside) {
            // A second directory is needed where there is none to write to; this one is empty.
            let empty = staged("run");
            let options = format!("lowerdir={text}:{}", empty.display());
            let flags = PLAIN | libc::MS_RDONLY;
            let options = CString::new(options).unwrap_or_default();
            let _ = mount::new(c"overlay", &at, flags, &options);
        }
    }
}

fn tmpfs(at: &Path, mode: u32, owner: u32, bytes: u64, files: u32) -> io::Result<()> {
    let options = format!("mode={mode:o},uid={owner},gid={owner},size={bytes},nr_inodes={files}");
    let options = match mount::new(c"tmpfs", at, PLAIN, &CString::new(options)?) {
        // With one id only there is no user 0 to own anything.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            format!("mode={mode:o},size={bytes},nr_inodes={files}")
        }
        result => return result,
    };
    mount::new(c"tmpfs", at, PLAIN, &CString::new(options)?)
}

/// Makes the mount that `path` is the root of read-only.
fn restrict(path: &str) -> io::Result<()> {
    let root = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    mount::restrict(root.as_fd(), READ_ONLY, false)
}

fn mount_point(tree: &OwnedFd, at: &Path) -> io::Result<()> {
    if rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(tree)?.st_mode).is_dir() {
        return fs::create_dir_all(at);
    }
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::File::create(at).map(|_| ())
}

/// A process list that shows a program its own processes only. The kernel refuses it where parts of
/// the outer `/proc` are masked, as in many containers.
fn proc(at: &Path, in_group_0: bool) -> io::Result<()> {
    let flags = PLAIN | libc::MS_NOEXEC;
    // `invisible` spares group 0, which is the student's when "root" runs the grader in a container.
    // `ptraceable` spares nobody, but admits that a hidden process exists.
    let options = if in_group_0 {
        c"hidepid=ptraceable,subset=pid"
    } else {
        c"hidepid=invisible,subset=pid"
    };
    // `subset=pid` and these words came with Linux 5.8.
    mount::new(c"proc", at, flags, options)
        .or_else(|_| mount::new(c"proc", at, flags, c"hidepid=2"))
}

fn etc(blueprint: &Blueprint, etc: &Path) -> io::Result<()> {
    let passwd = format!(
        "root:x:0:0:root:/:/usr/sbin/nologin\n\
         student:x:{STUDENT}:{STUDENT}:student:/tmp:/bin/sh\n\
         nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
    );
    fs::write(etc.join("passwd"), passwd)?;
    fs::write(
        etc.join("group"),
        format!("root:x:0:\nstudent:x:{STUDENT}:\nnogroup:x:65534:\n"),
    )?;
    fs::write(etc.join("hostname"), "lab\n")?;
    fs::write(etc.join("hosts"), &blueprint.hosts)?;
    // Without a server, not even a try: a lookup that waits for one costs seconds.
    let sources = if blueprint.nameserver.is_some() {
        "files dns"
    } else {
        "files"
    };
    let switch = format!(
        "passwd: files\ngroup: files\nhosts: {sources}\nservices: files\nprotocols: files\n"
    );
    fs::write(etc.join("nsswitch.conf"), switch)?;
    let resolver = blueprint
        .nameserver
        .map(|at| format!("nameserver {at}\noptions timeout:1 attempts:2\n"));
    fs::write(etc.join("resolv.conf"), resolver.unwrap_or_default())?;
    match &blueprint.local_time {
        LocalTime::Link(target) => symlink(target, etc.join("localtime")),
        LocalTime::Content(content) => fs::write(etc.join("localtime"), content),
    }
}

fn devices(dev: &Path) -> io::Result<()> {
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
    ] {
        symlink(target, dev.join(name))?;
    }
    Ok(())
}

/// Writes the entries of a pack below `root`. Their paths were vetted when the pack was made, and
/// nothing of a student's runs yet.
pub(super) fn unpack(pack: &OwnedFd, root: &Path) -> io::Result<()> {
    let pack = Mapped::new(pack)?;
    for entry in pack::entries(pack.bytes()) {
        let path = root.join(entry.path);
        if entry.is_directory() {
            fs::create_dir_all(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(entry.mode & 0o777))?;
            continue;
        }
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(entry.mode & 0o777)
            .open(&path)?;
        file.write_all(entry.bytes)?;
    }
    Ok(())
}

/// Runs `work` with files coming into being as the student's.
pub(super) fn as_student<T>(student: u32, work: impl FnOnce() -> T) -> T {
    // SAFETY: no pointers; they change what new files are owned by, of this one thread.
    unsafe {
        libc::setfsgid(student);
        libc::setfsuid(student);
    }
    let result = work();
    // SAFETY: as above; back to the effective ids, which also restores the capabilities over files.
    unsafe {
        libc::setfsuid(libc::geteuid());
        libc::setfsgid(libc::getegid());
    }
    result
}
