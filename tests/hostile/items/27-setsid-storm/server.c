/* Every child has a session of its own and ignores every signal. */
#include "honest.h"
int main(void) {
    printf("tried enough\n");
    fflush(stdout);
    for (int n = 1; n < 65; n++) signal(n, SIG_IGN);
    for (;;) if (fork() == 0) { setsid(); if (fork()) _exit(0); }
}
