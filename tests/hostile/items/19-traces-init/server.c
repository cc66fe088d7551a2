/* Tries to look into init, its parent, and to take its descriptors. */
#define _GNU_SOURCE
#include "honest.h"
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
int main(void) {
    char bytes[64];
    struct iovec here = {bytes, sizeof bytes}, there = {(void *)0x400000, sizeof bytes};
    for (int pid = 1; pid < 4; pid++) {
        if (pid == getpid()) continue;
        must_fail("PTRACE_ATTACH", ptrace(PTRACE_ATTACH, pid, 0, 0));
        must_fail("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, pid, 0, 0));
        must_fail("process_vm_readv", syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0));
        must_fail("process_vm_writev", syscall(SYS_process_vm_writev, pid, &here, 1, &there, 1, 0));
        long fd = syscall(SYS_pidfd_open, pid, 0);
        for (int n = 0; n < 20; n++) must_fail("pidfd_getfd", syscall(SYS_pidfd_getfd, fd, n, 0));
        must_fail("kcmp", syscall(SYS_kcmp, pid, getpid(), 0, 0, 0));
        must_fail("process_madvise", syscall(SYS_process_madvise, fd, &here, 1, 4, 0));
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(0, &one);
        must_fail("its processors", sched_setaffinity(pid, sizeof one, &one));
        must_fail("its priority", setpriority(PRIO_PROCESS, pid, 19));
        must_fail("its user's priority", setpriority(PRIO_USER, getuid(), 19));
        struct rlimit none = {0, 0};
        must_fail("its limits", syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, &none, 0));
        must_fail("prlimit of another", syscall(SYS_prlimit64, pid, 7, bytes, 0));
    }
    done(40);
    serve();
}
