/* Tries the known ways out of a root directory. */
#define _GNU_SOURCE
#include "honest.h"
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
int main(void) {
    int root = open("/", O_RDONLY | O_DIRECTORY), here = open(".", O_RDONLY | O_DIRECTORY);
    mkdir("jail", 0755);
    must_fail("chroot", chroot("jail"));
    must_fail("pivot_root", syscall(SYS_pivot_root, ".", "."));
    char path[512] = "";
    for (int i = 0; i < 60; i++) strcat(path, "../");
    strcat(path, "etc/shadow");
    must_fail("shadow by many dots", open(path, O_RDONLY));
    must_fail("shadow from /", openat(root, path, O_RDONLY));
    must_fail("shadow from here", openat(here, path, O_RDONLY));
    for (int i = 0; i < 200; i++) if (chdir("..")) break;
    struct stat top, up;
    stat("/", &top);
    stat("..", &up);
    if (top.st_ino != up.st_ino || top.st_dev != up.st_dev) leak("there is something above /");
    must_fail("shadow at the top", open("etc/shadow", O_RDONLY));
    must_fail("open_by_handle_at", syscall(SYS_open_by_handle_at, root, path, O_RDONLY));
    must_fail("a device", mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)));
    must_fail("a way by fd", openat(root, "proc/1/root/etc/shadow", O_RDONLY));
    if (fchdir(here)) return 1;
    done(9);
    serve();
}
