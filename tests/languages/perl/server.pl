#!/usr/bin/perl
# TCP echo server: a process for each client.
use strict;
use warnings;
use Socket;

$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
$| = 1;

socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
bind($listener, sockaddr_in(65432, INADDR_LOOPBACK)) or die "cannot bind port 65432: $!";
listen($listener, 5) or die "listen: $!";

while (1) {
    my $peer = accept(my $client, $listener) or next;
    my ($port, $address) = sockaddr_in($peer);
    print "client ", inet_ntoa($address), ":$port\n";
    if (fork() == 0) {
        close($listener);
        while (sysread($client, my $block, 4096)) {
            my $done = 0;
            while ($done < length($block)) {
                my $sent = syswrite($client, $block, length($block) - $done, $done);
                exit(0) unless defined $sent;
                $done += $sent;
            }
        }
        exit(0);
    }
    close($client);
}
