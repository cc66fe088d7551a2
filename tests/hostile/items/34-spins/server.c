/* Sixty-four threads that do nothing but run. */
#include "honest.h"
#include <pthread.h>
static void *spin(void *unused) { for (;;) (void)unused; }
int main(void) {
    pthread_t thread;
    printf("tried enough\n");
    fflush(stdout);
    for (int n = 0; n < 64; n++) pthread_create(&thread, NULL, spin, NULL);
    spin(NULL);
}
