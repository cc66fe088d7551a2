/* Prints without end. */
#include "honest.h"
int main(void) { for (;;) puts("yes yes yes yes yes yes yes yes yes yes yes yes yes yes"); }
