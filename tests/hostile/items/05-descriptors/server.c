/* Looks for descriptors that were left open, and writes to each. */
#include "honest.h"
int main(void) {
    char what[64];
    for (int fd = 3; fd < 4096; fd++) {
        tried++;
        if (fcntl(fd, F_GETFD) >= 0 || write(fd, "{\"score\": 100}\n", 15) >= 0) {
            snprintf(what, sizeof what, "descriptor %d is open", fd);
            leak(what);
        }
    }
    done(4000);
    serve();
}
