/* Asks for a core file, lets a child die of a signal that makes one, looks for it, and behaves. */
#include "honest.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <glob.h>
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY}, none = {0, 0}, one = {1, 1};
    must_fail("a larger core limit", setrlimit(RLIMIT_CORE, &all));
    must_fail("a core limit of 0, which makes a core pipe run", setrlimit(RLIMIT_CORE, &none));
    (void)one;
    int status = 0;
    pid_t child = fork();
    if (child == 0) abort();
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) leak("the child did not die");
    if (WCOREDUMP(status)) leak("a core was dumped");
    glob_t found;
    if (glob("*core*", 0, NULL, &found) == 0) leak("a core file");
    done(2);
    serve();
}
