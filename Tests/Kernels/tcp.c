/* tcp.c : makes TCP sockets in the guest of scripts/test-kernels.sh, where there is no other language. Static.
 *
 *   tcp hold           sockets in eight states, whose numbers it prints (one "state number" a line); it waits then
 *   tcp pour BYTES     one connection through which the bytes go
 *   tcp end N          N connections, closed in good order
 *   tcp reset N        N connections that the server resets
 *   tcp refused N      N connections to a port where nobody listens
 *   tcp mptcp          an MPTCP listener and a connection to it; says "mptcp" and waits
 *   tcp device NAME    a listener that is bound to a network device; says "device" and waits
 *   tcp tls            a connection with kernel TLS; says "tls" and waits
 *   tcp get SOCKET URL an HTTP request over a unix socket; prints the body
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int check(int result, const char *what) {
  if (result >= 0) return result;
  fprintf(stderr, "tcp: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int listener(int port, int backlog, int protocol, int buffer) {
  int fd = check(socket(AF_INET, SOCK_STREAM, protocol), "socket"), one = 1;
  struct sockaddr_in address = loopback(port);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (buffer) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  check(bind(fd, (void *)&address, sizeof address), "bind");
  check(listen(fd, backlog), "listen");
  return fd;
}

static int client(int port, int protocol) {
  int fd = check(socket(AF_INET, SOCK_STREAM, protocol), "socket");
  struct sockaddr_in address = loopback(port);
  check(connect(fd, (void *)&address, sizeof address), "connect");
  return fd;
}

/* Both ends of a connection. */
struct ends { int client, server; };

static struct ends connection(int port, int listener, int protocol) {
  struct ends ends;
  ends.client = client(port, protocol);
  ends.server = check(accept(listener, 0, 0), "accept");
  return ends;
}

/* Writes until neither the send buffer nor the peer's window takes more. */
static void fill(int fd) {
  static char bytes[65536];
  fcntl(fd, F_SETFL, O_NONBLOCK);
  for (int refusals = 0; refusals < 5;) {
    if (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) >= 0) continue;
    refusals++;
    usleep(50000);
  }
}

static int hold(void) {
  int server = listener(7000, 64, 0, 0), narrow = listener(7001, 16, 0, 4096);
  listener(7002, 0, 0, 0);
  for (int i = 0; i < 6; i++) connection(7000, server, 0);
  for (int i = 0; i < 3; i++) shutdown(connection(7000, server, 0).client, SHUT_WR);
  for (int i = 0; i < 4; i++) {
    struct ends ends = connection(7000, server, 0);
    close(ends.client);
    usleep(20000);
    close(ends.server);
  }
  /* One connection fills the queue of the third listener; the next two stay without an answer. */
  client(7002, 0);
  usleep(50000);
  for (int i = 0; i < 2; i++) {
    int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    struct sockaddr_in address = loopback(7002);
    connect(fd, (void *)&address, sizeof address);
  }
  /* Closed with data behind a window that is shut: the FIN cannot go. */
  struct ends first = connection(7001, narrow, 0);
  fill(first.client);
  close(first.client);
  struct ends second = connection(7001, narrow, 0);
  shutdown(second.server, SHUT_WR);
  usleep(50000);
  fill(second.client);
  close(second.client);
  printf("listen 3\nestablished 15\nclose_wait 3\nfin_wait2 4\ntime_wait 4\nsyn_sent 2\nfin_wait1 1\nlast_ack 1\n");
  return 0;
}

static int pour(long bytes) {
  static char buffer[16384];
  int server = listener(7010, 5, 0, 0);
  if (fork() == 0) {
    int fd = client(7010, 0);
    for (long left = bytes; left > 0;) {
      ssize_t sent = write(fd, buffer, left < (long)sizeof buffer ? left : (long)sizeof buffer);
      left -= check(sent, "write");
    }
    shutdown(fd, SHUT_WR);
    while (read(fd, buffer, sizeof buffer) > 0);
    _exit(0);
  }
  int fd = check(accept(server, 0, 0), "accept");
  long received = 0;
  for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) received += got;
  close(fd);
  wait(0);
  return received == bytes ? 0 : 1;
}

static int end(int count, int resets) {
  int server = listener(7020, 64, 0, 0);
  for (int i = 0; i < count; i++) {
    char byte = 'x';
    struct ends ends = connection(7020, server, 0);
    check(write(ends.client, &byte, 1), "write");
    check(read(ends.server, &byte, 1), "read");
    if (resets) {
      struct linger now = {.l_onoff = 1, .l_linger = 0};
      setsockopt(ends.server, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      close(ends.server);
      read(ends.client, &byte, 1);
      close(ends.client);
    } else {
      close(ends.client);
      while (read(ends.server, &byte, 1) > 0);
      close(ends.server);
    }
  }
  return 0;
}

static int refused(int count) {
  for (int i = 0; i < count; i++) {
    int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
    struct sockaddr_in address = loopback(7030);
    if (connect(fd, (void *)&address, sizeof address) == 0 || errno != ECONNREFUSED) return 1;
    close(fd);
  }
  return 0;
}

static int get(const char *path, const char *url) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int fd = check(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
  check(connect(fd, (void *)&address, sizeof address), "connect");
  dprintf(fd, "GET %s HTTP/1.0\r\n\r\n", url);
  FILE *answer = fdopen(fd, "r");
  char *line = 0;
  size_t room = 0;
  int isBody = 0, isGood = 0;
  for (int first = 1; getline(&line, &room, answer) > 0; first = 0) {
    if (first) isGood = strstr(line, " 200 ") != 0;
    if (isBody) fputs(line, stdout);
    if (strcmp(line, "\r\n") == 0) isBody = 1;
  }
  return !isGood;
}

/* Says what is there, and waits to be killed. */
static _Noreturn int stay(const char *what) {
  if (what) puts(what);
  fflush(stdout);
  fclose(stdout);
  for (;;) pause();
}

int main(int count, char **words) {
  const char *mode = count > 1 ? words[1] : "";
  long number = count > 2 ? atol(words[2]) : 0;
  if (!strcmp(mode, "hold")) return hold() || stay(0);
  if (!strcmp(mode, "pour")) return pour(number);
  if (!strcmp(mode, "end")) return end(number, 0);
  if (!strcmp(mode, "reset")) return end(number, 1);
  if (!strcmp(mode, "refused")) return refused(number);
  if (!strcmp(mode, "get") && count == 4) return get(words[2], words[3]);
  if (!strcmp(mode, "mptcp")) {
    connection(7040, listener(7040, 5, IPPROTO_MPTCP, 0), IPPROTO_MPTCP);
    return stay("mptcp");
  }
  if (!strcmp(mode, "device") && count == 3) {
    int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7050)};
    check(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, words[2], strlen(words[2])), "SO_BINDTODEVICE");
    check(bind(fd, (void *)&address, sizeof address), "bind");
    check(listen(fd, 5), "listen");
    return stay("device");
  }
  if (!strcmp(mode, "tls")) {
    int fd = connection(7060, listener(7060, 5, 0, 0), 0).client;
    check(setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls"), "TCP_ULP");
    return stay("tls");
  }
  fprintf(stderr, "tcp: see tcp.c\n");
  return 2;
}
