//! A filter of system calls, assembled once and installed in every program.
//!
//! It refuses with error numbers and does not kill: a lab program that tries something odd should see
//! `EPERM` and print its own message. `ENOSYS` is for calls that the C library tries first and replaces
//! by an older one only on that answer.

use std::io;
use std::os::fd::OwnedFd;

use super::{check, notify};

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e; // AUDIT_ARCH_X86_64
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7; // AUDIT_ARCH_AARCH64

/// System calls of the x32 kind carry this bit; no program of ours needs them.
const X32: u32 = 0x4000_0000;

/// Refused with EPERM: privileged, or a way to look into other processes, or large kernel surfaces.
const FORBIDDEN: &[libc::c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_mbind,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Refused with ENOSYS. The filter cannot look into the structure that `clone3` takes.
const UNKNOWN: &[libc::c_long] = &[
    libc::SYS_clone3,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_memfd_secret,
];

/// Memory that belongs to no process and so escapes the watch on resident sets.
const HIDDEN_MEMORY: &[libc::c_long] = &[
    libc::SYS_memfd_create,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
];

const NEW_NAMESPACES: u32 = super::process::NAMESPACES as u32 | 0x80; // CLONE_NEWTIME

/// Address families that programs may use.
const FAMILIES: [libc::c_int; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

// Offsets in struct seccomp_data; the low half of an argument comes first on little-endian machines.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const fn refuse(errno: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno as u32
}

/// Calls that are looked at for the story of a program, whatever they are on.
const TOLD: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_connect,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_shutdown,
    libc::SYS_exit_group,
];

/// Calls that may be on a socket as well as on a file; never on one of the first three descriptors.
const PERHAPS_TOLD: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
];

/// An assembled filter.
pub(in super::super) struct Filter(Vec<libc::sock_filter>);

impl Filter {
    /// Assembles the filter. With `hidden_memory` the calls that make memory files pass.
    pub fn new(hidden_memory: bool) -> Filter {
        let mut filter = Filter(Vec::with_capacity(160));
        filter.load(ARCH);
        filter.require(ARCHITECTURE, refuse(libc::ENOSYS));
        filter.load(NUMBER);
        if cfg!(target_arch = "x86_64") {
            filter.when(libc::BPF_JGE, X32, |f| f.answer(refuse(libc::ENOSYS)));
        }
        for number in FORBIDDEN {
            filter.number(*number, |f| f.answer(refuse(libc::EPERM)));
        }
        let hidden: &[libc::c_long] = if hidden_memory { &[] } else { HIDDEN_MEMORY };
        for number in UNKNOWN.iter().chain(hidden) {
            filter.number(*number, |f| f.answer(refuse(libc::ENOSYS)));
        }
        filter.number(libc::SYS_clone, clone);
        filter.number(libc::SYS_socket, socket);
        filter.number(libc::SYS_ioctl, ioctl);
        filter.number(libc::SYS_prlimit64, |f| {
            not_init(f, 0);
            core_limit(f, 1, 2);
        });
        for number in [
            libc::SYS_sched_setaffinity,
            libc::SYS_sched_setscheduler,
            libc::SYS_sched_setparam,
            libc::SYS_sched_setattr,
        ] {
            filter.number(number, |f| {
                not_init(f, 0);
                f.answer(ALLOW);
            });
        }
        for number in [libc::SYS_setpriority, libc::SYS_ioprio_set] {
            filter.number(number, priority);
        }
        #[cfg(target_arch = "x86_64")]
        filter.number(libc::SYS_setrlimit, |f| core_limit(f, 0, 1));
        filter.answer(ALLOW);
        filter
    }

    /// Assembles the filter that hands the calls of a story to a supervisor. It comes on top of the other.
    pub fn story() -> Filter {
        let mut filter = Filter(Vec::with_capacity(64));
        filter.load(ARCH);
        filter.require(ARCHITECTURE, ALLOW);
        filter.load(NUMBER);
        for number in TOLD {
            filter.number(*number, |f| f.answer(libc::SECCOMP_RET_USER_NOTIF));
        }
        for number in PERHAPS_TOLD {
            filter.number(*number, |f| {
                f.load(argument(0));
                f.when(libc::BPF_JGE, 3, |f| {
                    f.answer(libc::SECCOMP_RET_USER_NOTIF);
                });
                f.answer(ALLOW);
            });
        }
        filter.answer(ALLOW);
        filter
    }

    /// Puts the filter on this process, and returns the descriptor on which its supervisor listens.
    pub fn install_with_listener(&self) -> io::Result<OwnedFd> {
        notify::install(&self.program())
    }

    fn program(&self) -> libc::sock_fprog {
        libc::sock_fprog {
            len: self.0.len() as libc::c_ushort,
            filter: self.0.as_ptr().cast_mut(),
        }
    }

    /// Puts the filter on this process and all that it becomes. Needs `no_new_privs`.
    pub fn install(&self) -> io::Result<()> {
        let program = self.program();
        let mode = libc::SECCOMP_SET_MODE_FILTER;
        // SAFETY: the program points at `len` live instructions, which the kernel copies.
        check(unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) }).map(|_| ())
    }

    fn push(&mut self, code: u32, value: u32, skip: u8) {
        self.0.push(libc::sock_filter {
            code: code as u16,
            jt: 0,
            jf: skip,
            k: value,
        });
    }

    fn load(&mut self, offset: u32) {
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0);
    }

    fn answer(&mut self, value: u32) {
        self.push(libc::BPF_RET | libc::BPF_K, value, 0);
    }

    /// Goes on when the value is this one, else answers.
    fn require(&mut self, value: u32, otherwise: u32) {
        self.push(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, value, 0);
        if let Some(test) = self.0.last_mut() {
            test.jt = 1;
        }
        self.answer(otherwise);
    }

    /// Does `then` when the comparison holds, and goes on behind it when not.
    fn when(&mut self, test: u32, value: u32, then: impl FnOnce(&mut Filter)) {
        let at = self.0.len();
        self.push(libc::BPF_JMP | test | libc::BPF_K, value, 0);
        then(self);
        let skip = self.0.len() - at - 1;
        self.0[at].jf = u8::try_from(skip).unwrap_or(u8::MAX);
    }

    fn number(&mut self, number: libc::c_long, then: impl FnOnce(&mut Filter)) {
        self.when(libc::BPF_JEQ, number as u32, then);
    }
}

/// Processes and threads, yes; namespaces, no.
fn clone(filter: &mut Filter) {
    filter.load(argument(0));
    filter.when(libc::BPF_JSET, NEW_NAMESPACES, |f| {
        f.answer(refuse(libc::EPERM))
    });
    filter.answer(ALLOW);
}

/// Internet, Unix, and the netlink protocol that lists interfaces and addresses.
fn socket(filter: &mut Filter) {
    filter.load(argument(0));
    for family in FAMILIES {
        filter.when(libc::BPF_JEQ, family as u32, |f| f.answer(ALLOW));
    }
    filter.when(libc::BPF_JEQ, libc::AF_NETLINK as u32, |f| {
        f.load(argument(2));
        f.when(libc::BPF_JEQ, libc::NETLINK_ROUTE as u32, |f| {
            f.answer(ALLOW)
        });
    });
    filter.answer(refuse(libc::EPERM));
}

/// Not on init, which is process 1: where programs are the same user as init, the kernel would let them
/// change its limits, processors and priority.
fn not_init(filter: &mut Filter, which: u32) {
    filter.load(argument(which));
    filter.when(libc::BPF_JEQ, 1, |f| f.answer(refuse(libc::EPERM)));
}

/// A process's own priority, not that of a whole user: init may be the same one.
fn priority(filter: &mut Filter) {
    /// PRIO_USER, and IOPRIO_WHO_USER
    const USERS: [u32; 2] = [2, 3];
    filter.load(argument(0));
    for user in USERS {
        filter.when(libc::BPF_JEQ, user, |f| f.answer(refuse(libc::EPERM)));
    }
    not_init(filter, 1);
    filter.answer(ALLOW);
}

/// The limit on core files stays as it is: see `student`. `which` and `new` are the arguments with the
/// resource and the pointer to its new limit.
fn core_limit(filter: &mut Filter, which: u32, new: u32) {
    const RLIMIT_CORE: u32 = 4;
    filter.load(argument(which));
    filter.when(libc::BPF_JEQ, RLIMIT_CORE, |f| {
        for half in [0, 4] {
            f.load(argument(new) + half);
            f.require(0, refuse(libc::EPERM));
        }
    });
    filter.answer(ALLOW);
}

/// Not the two that type into a terminal as if its user did.
fn ioctl(filter: &mut Filter) {
    filter.load(argument(1));
    // TIOCSTI, TIOCLINUX
    for request in [0x5412, 0x541c] {
        filter.when(libc::BPF_JEQ, request, |f| f.answer(refuse(libc::EPERM)));
    }
    filter.answer(ALLOW);
}
