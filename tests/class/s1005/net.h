#ifndef NET_H
#define NET_H

int open_listener(int port);
int next_client(int listener);
void echo_until_end(int client);

#endif
