#!/bin/sh
# hostile-name.sh DIRECTORY PORT : listens on 127.0.0.1:PORT as a program with the name
# a"b\c NEWLINE d, an emoji of four bytes, e, a byte that is not UTF-8, f.
name=$(printf 'a"b\\c\nd\360\237\230\200e\377f')
cp "$(readlink -f "$(command -v perl)")" "$1/$name"
exec "$1/$name" -e '
  use Socket;
  socket(my $listener, PF_INET, SOCK_STREAM, 0) or die $!;
  bind($listener, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die $!;
  listen($listener, 8) or die $!;
  $| = 1;
  print "ready\n";
  1 while <STDIN>;
' "$2"
