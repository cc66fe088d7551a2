/* Prints its environment: exactly PATH, HOME and LANG. */
#include "honest.h"
extern char **environ;
int main(void) {
    int names = 0, other = 0;
    for (char **e = environ; *e; e++) {
        printf("variable %s\n", *e);
        names++;
        if (strncmp(*e, "PATH=", 5) && strncmp(*e, "HOME=", 5) && strncmp(*e, "LANG=", 5)) other++;
    }
    if (other) leak("a variable that is none of the three");
    if (names == 3) printf("tried enough\n");
    fflush(stdout);
    serve();
}
