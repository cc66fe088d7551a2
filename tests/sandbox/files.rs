//! What programs see of the file system, and what comes back.

use socklab::event::Exit;
use socklab::sandbox::Config;

use crate::common::{python, run, with_files};

#[tokio::test]
async fn nothing_of_the_host_is_in_reach() {
    let mut sandbox = sandbox_or_skip!(with_files(&[("dir/x", "")]));
    let probe = "import os\n\
        print(sorted(os.listdir('/')), sorted(os.listdir('/etc')), os.listdir('/proc'), os.listdir('/opt'))\n\
        print(open('/proc/self/mountinfo').read(), os.getuid(), os.getgid(), os.getcwd())\n\
        print([f for f in range(3, 1024) if os.path.exists(f'/proc/self/fd/{f}')])";
    let (exit, out, err) = run(&mut sandbox, python(probe)).await;
    assert_eq!((exit, err.as_str()), (Exit::Code(0), ""));
    println!("{out}");
    let manifest = env!("CARGO_MANIFEST_DIR");
    assert!(!out.contains(manifest), "{out}");
}

#[tokio::test]
async fn files_come_back_and_links_and_special_files_do_not() {
    let mut sandbox = sandbox_or_skip!(with_files(&[("src/given.txt", "given")]));
    let program = "import os\n\
        open('Table.TXT', 'w').write('made'); os.symlink('/etc/passwd', 'link.txt')\n\
        os.mkfifo('fifo.txt'); os.symlink('/etc', 'dir'); os.chmod('src/given.txt', 0)";
    let (exit, _, err) = run(&mut sandbox, python(program)).await;
    assert_eq!((exit, err.as_str()), (Exit::Code(0), ""));
    let files = sandbox.collect_box().await.unwrap();
    let paths: Vec<_> = files
        .files()
        .iter()
        .map(|f| f.path.to_str().unwrap())
        .collect();
    assert_eq!(paths, ["Table.TXT", "src/given.txt"]);
    assert_eq!(files.left_out().len(), 3, "{:?}", files.left_out());
    let table = sandbox.read_file("table.txt", 100).await.unwrap().unwrap();
    assert_eq!(&*table.bytes, b"made");
    assert!(sandbox.read_file("link.txt", 100).await.unwrap().is_none());
}

#[tokio::test]
async fn the_doors_out_are_shut() {
    let mut sandbox = sandbox_or_skip!(Config::default());
    let probe = "import socket, os, ctypes, errno\n\
        libc = ctypes.CDLL(None, use_errno=True)\n\
        def error(what):\n\
        \x20   try: what()\n\
        \x20   except OSError as e: return errno.errorcode[e.errno]\n\
        def call(name, *a):\n\
        \x20   return errno.errorcode[ctypes.get_errno()] if getattr(libc, name)(*a) < 0 else 'OK'\n\
        print(error(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),\n\
        \x20     error(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),\n\
        \x20     error(lambda: socket.socket(40, socket.SOCK_STREAM)),\n\
        \x20     call('unshare', 0x10000000), call('ptrace', 16, 1, 0, 0), (call('kill', 1, 9), 'tried')[1],\n\
        \x20     call('chroot', b'/tmp'), call('mount', b'x', b'/tmp', b'tmpfs', 0, None),\n\
        \x20     call('memfd_create', b'x', 0), error(lambda: open('/usr/x', 'w')),\n\
        \x20     error(lambda: open('/proc/1/environ')) in ('ENOENT', 'EPERM'), error(lambda: os.listdir('/root')))\n\
        print(error(lambda: socket.create_connection(('8.8.8.8', 53))))";
    let (_, out, err) = run(&mut sandbox, python(probe)).await;
    assert_eq!(err, "");
    assert_eq!(
        out,
        "EPERM EPERM EPERM EPERM EPERM tried EPERM EPERM ENOSYS EROFS True ENOENT\nECONNREFUSED\n"
    );
    // Whether `kill(1, 9)` is refused depends on the user; the kernel shields process 1 in any case.
    assert!(sandbox.snapshot().await.is_ok());
}
