/* Uses up watches, timers, queues, keys and polls, gives them back, and behaves. */
#define _GNU_SOURCE
#include "honest.h"
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/sem.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
int main(void) {
    int fds[4096], count = 0;
    for (int kind = 0; kind < 4; kind++)
        for (int n = 0; n < 1024; n++) {
            int fd = kind == 0 ? inotify_init() : kind == 1 ? epoll_create1(0) : kind == 2 ? timerfd_create(CLOCK_MONOTONIC, 0) : eventfd(0, 0);
            if (fd < 0) break;
            fds[count++] = fd;
            if (kind == 0) inotify_add_watch(fd, "/tmp", IN_ALL_EVENTS);
            if (count > 200 * (kind + 1) / 4) break;
        }
    tried++;
    for (int n = 0; n < 100000; n++) {
        struct sigevent e = {.sigev_notify = SIGEV_NONE};
        timer_t timer;
        if (timer_create(CLOCK_MONOTONIC, &e, &timer)) break;
    }
    must_fail("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
    must_fail("keyctl", syscall(SYS_keyctl, 0, -4, 1));
    must_fail("mq_open", mq_open("/socklab", O_CREAT | O_RDWR, 0600, NULL));
    for (int n = 0; n < 40000; n++) if (msgget(IPC_PRIVATE, IPC_CREAT | 0600) < 0) break;
    for (int n = 0; n < 40000; n++) if (semget(IPC_PRIVATE, 100, IPC_CREAT | 0600) < 0) break;
    must_fail("userfaultfd", syscall(SYS_userfaultfd, 0));
    must_fail("fanotify", syscall(SYS_fanotify_init, 0, 0));
    while (count) close(fds[--count]);
    done(6);
    serve();
}
