/* System calls that a lab does not need, by the usual way and by the old one. */
#define _GNU_SOURCE
#include "honest.h"
#include <linux/sched.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#define FAILS(name, ...) must_fail(#name, syscall(SYS_##name, ##__VA_ARGS__))

int main(void) {
    char page[4096] = "";
    int flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, 0x80};
    for (int n = 0; n < 8; n++) {
        must_fail("unshare", unshare(flags[n]));
        must_fail("clone", syscall(SYS_clone, flags[n] | SIGCHLD, 0, 0, 0, 0));
        uint64_t args[11] = {(uint64_t)flags[n], 0, 0, 0, SIGCHLD};
        must_fail("clone3", syscall(435, args, sizeof args));
    }
    FAILS(setns, 0, 0);
    must_fail("mount", mount("none", "/tmp", "tmpfs", 0, ""));
    must_fail("remount", mount("none", "/", "", MS_REMOUNT | MS_BIND, ""));
    must_fail("umount", umount2("/proc", MNT_DETACH));
    FAILS(fsopen, "tmpfs", 0);
    FAILS(open_tree, -100, "/", 1);
    FAILS(move_mount, 0, "", -100, "/", 4);
    FAILS(mount_setattr, -100, "/", 0, page, 32);
    FAILS(bpf, 5, page, 64);
    FAILS(io_uring_setup, 8, page);
    FAILS(io_uring_enter, 0, 0, 0, 0, 0, 0);
    FAILS(keyctl, 0, -3, 1);
    FAILS(add_key, "user", "a", "b", 1, -3);
    FAILS(request_key, "user", "a", 0, -3);
    FAILS(perf_event_open, page, 0, -1, -1, 0);
    FAILS(userfaultfd, 0);
    FAILS(kexec_load, 0, 0, 0, 0);
    FAILS(init_module, page, 1, "");
    FAILS(finit_module, 0, "", 0);
    FAILS(delete_module, "x", 0);
    FAILS(reboot, 0xfee1dead, 672274793, 0, 0);
    FAILS(swapon, "/tmp/x", 0);
    FAILS(acct, "/tmp/x");
    FAILS(syslog, 3, page, sizeof page);
    FAILS(quotactl, 0, 0, 0, 0);
    FAILS(settimeofday, page, 0);
    FAILS(clock_settime, 0, page);
    FAILS(sethostname, "x", 1);
    FAILS(setdomainname, "x", 1);
    FAILS(setuid, 0);
    FAILS(setgid, 0);
    FAILS(setgroups, 0, 0);
    FAILS(setresuid, 0, 0, 0);
    FAILS(setpriority, 0, 0, -20);
    must_fail("TIOCSTI", ioctl(1, TIOCSTI, "x"));
    must_fail("no new privileges off", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    must_fail("seccomp off", prctl(PR_SET_SECCOMP, 0, 0, 0, 0));
#ifdef __x86_64__
    must_fail("iopl", syscall(SYS_iopl, 3));
    must_fail("x32 getpid", syscall(0x40000000 + 39));
    pid_t child = fork();
    if (child == 0) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20), "b"(0) : "memory");
        _exit(result > 0 ? 77 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) leak("int 0x80 works");
#endif
    done(55);
    serve();
}
