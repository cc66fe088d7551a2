/* A shared mapping, filled page by page by several processes. */
#include "honest.h"
#include <sys/mman.h>
int main(void) {
    printf("tried enough\n");
    fflush(stdout);
    for (int n = 0; n < 20; n++) {
        char *p = mmap(NULL, 200 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) break;
        for (long at = 0; at < 200 << 20; at += 4096) p[at] = 1;
    }
    pause();
}
