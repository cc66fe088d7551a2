/* Memory that belongs to no process: anonymous files, segments, a file system in memory. */
#define _GNU_SOURCE
#include "honest.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
int main(void) {
    must_fail("memfd_create", syscall(SYS_memfd_create, "x", 0));
    must_fail("memfd_secret", syscall(447, 0));
    must_fail("shmget", shmget(IPC_PRIVATE, 1 << 20, IPC_CREAT | 0600));
    static char block[1 << 16];
    memset(block, 1, sizeof block);
    for (int n = 0; n < 20; n++) {
        char name[64];
        snprintf(name, sizeof name, "/dev/shm/%d", n);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        while (write(fd, block, sizeof block) > 0) {}
        close(fd);
    }
    tried++;
    struct { long free; } unused;
    (void)unused;
    done(4);
    serve();
}
