/* Every kind of socket that a lab does not need. */
#define _GNU_SOURCE
#include "honest.h"
#include <linux/if_ether.h>
#include <sys/un.h>
int main(void) {
    char what[64];
    must_fail("raw IPv4", socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
    must_fail("raw IPv4, own header", socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
    must_fail("raw ICMP", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    must_fail("raw IPv6", socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
    must_fail("packet", socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
    must_fail("packet datagram", socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)));
    for (int family = 3; family < 46; family++) {
        if (family == AF_INET6 || family == AF_NETLINK || family == AF_INET) continue;
        for (int kind = SOCK_STREAM; kind <= SOCK_SEQPACKET; kind++) {
            snprintf(what, sizeof what, "family %d kind %d", family, kind);
            must_fail(what, socket(family, kind, 0));
        }
    }
    for (int protocol = 1; protocol < 32; protocol++) {
        snprintf(what, sizeof what, "netlink %d", protocol);
        must_fail(what, socket(AF_NETLINK, SOCK_RAW, protocol));
    }
    must_fail("socketpair of packets", socketpair(AF_PACKET, SOCK_RAW, 0, (int[2]){0, 0}));
    done(150);
    serve();
}
