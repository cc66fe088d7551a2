/* Prints without end on standard error, while it serves. */
#include "honest.h"
int main(void) {
    int s = listener();
    (void)s;
    for (;;) fputs("no no no no no no no no no no no no no no no no no no no\n", stderr);
}
