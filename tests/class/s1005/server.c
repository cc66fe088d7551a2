#include <stdio.h>
#include <unistd.h>
#include "net.h"

int main()
{
    int listener = open_listener(65432);
    if (listener < 0)
        return 1;
    int client = next_client(listener);
    echo_until_end(client);
    close(client);
    close(listener);
    printf("done\n");
    return 0;
}
