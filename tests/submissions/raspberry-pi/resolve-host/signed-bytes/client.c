#include <netdb.h>
#include <stdio.h>

int main(void)
{
    const char *name = "www.google.com";
    struct hostent *host = gethostbyname(name);
    char *a;

    if (host == NULL) {
        printf("Failed to get host %s\n", name);
        return 1;
    }
    a = host->h_addr_list[0];
    printf("%s is %d.%d.%d.%d\n", name, a[0], a[1], a[2], a[3]);
    return 0;
}
