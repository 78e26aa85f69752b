// load.c : makes TCP sockets on loopback, holds them, and replaces some when it is told.
//
//   load --established N --close-wait N [--processes P] [--ports L]
//
// Numbers are sockets, and one end of a connection is one socket. --established N makes N/2 pairs.
// --close-wait N makes N/2 pairs of which one end is CLOSE-WAIT and the other FIN-WAIT-2, which is held
// by shutdown(2): the kernel takes a FIN-WAIT-2 away after a minute only where nobody holds it.
// They are spread over P processes. Each listens on L ports of an address of its own, so that all
// states live in one namespace without a port in common.
//
// Orders come as lines on standard input, and each is answered with a line:
//   churn N       closes N sockets (N/2 pairs, the oldest first) and makes as many
//   brief N       opens N/2 connections, uses them in both directions and closes them, one after the other
//   time-wait N   makes N TIME-WAIT sockets; in turn the connecting and the accepting end has closed first
// The first line of output says that everything stands: "ready SOCKETS PID…". Everything goes when the
// input ends.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  FIRST_PORT = 5000,
  FIRST_OWN_PORT = 32768,
  TIME_WAIT_PER_ADDRESS = 10000,
  MOST_PROCESSES = 1000,
};

struct pair {
  int near, far;
};

struct order {
  enum { CHURN, BRIEF, TIME_WAIT } kind;
  long count;
};

struct worker {
  unsigned index;
  int ports;
  int *listeners;
  struct pair *pairs;
  long established, all;
  // The pair that churn replaces next.
  long oldest;
  // Addresses that time-wait has used.
  unsigned rounds;
};

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct sockaddr_in address(unsigned ip, int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(ip)}};
}

static int listening(unsigned ip, int port) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in a = address(ip, port);
  if (fd < 0) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 64)) fail("listen");
  return fd;
}

// From `own_port`, or from one that the kernel chooses where that is 0.
static struct pair connected(int listener, unsigned ip, int port, int own_port) {
  struct sockaddr_in a = address(ip, port), own = address(ip, own_port);
  struct pair pair = {.near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (pair.near < 0) fail("socket");
  if (own_port && bind(pair.near, (struct sockaddr *)&own, sizeof own)) fail("bind");
  if (connect(pair.near, (struct sockaddr *)&a, sizeof a)) fail("connect");
  pair.far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (pair.far < 0) fail("accept");
  return pair;
}

// 127.16.0.1 and on: one address a worker.
static unsigned worker_address(const struct worker *w) { return 0x7f100001u + w->index; }

static void make(struct worker *w, long index) {
  int port = index % w->ports;
  w->pairs[index] = connected(w->listeners[port], worker_address(w), FIRST_PORT + w->index * w->ports + port, 0);
  if (index >= w->established) shutdown(w->pairs[index].near, SHUT_WR);
}

static void churn(struct worker *w, long pairs) {
  for (long i = 0; i < pairs && w->all > 0; i++) {
    close(w->pairs[w->oldest].near);
    close(w->pairs[w->oldest].far);
    make(w, w->oldest);
    w->oldest = (w->oldest + 1) % w->all;
  }
}

static void brief(struct worker *w, long pairs) {
  char byte = 'b';
  for (long i = 0; i < pairs; i++) {
    struct pair pair = connected(w->listeners[0], worker_address(w), FIRST_PORT + w->index * w->ports, 0);
    if (write(pair.near, &byte, 1) != 1 || read(pair.far, &byte, 1) != 1 || write(pair.far, &byte, 1) != 1 ||
        read(pair.near, &byte, 1) != 1)
      fail("use");
    close(pair.near);
    if (read(pair.far, &byte, 1) != 0) fail("end");
    close(pair.far);
  }
}

static void leave_time_wait(struct worker *w, long count) {
  while (count > 0) {
    // 127.64.0.1 and on: 256 addresses a worker, used in turn.
    unsigned ip = 0x7f400001u + w->index * 256 + w->rounds++ % 256;
    int listener = listening(ip, FIRST_PORT);
    for (int i = 0; i < TIME_WAIT_PER_ADDRESS && count > 0; i++, count--) {
      // A port that came twice would put a connection in the place of a TIME-WAIT.
      struct pair pair = connected(listener, ip, FIRST_PORT, FIRST_OWN_PORT + i);
      close(i % 2 ? pair.far : pair.near);
      close(i % 2 ? pair.near : pair.far);
    }
    close(listener);
  }
}

static void work(struct worker *w, int channel) {
  w->listeners = calloc(w->ports, sizeof *w->listeners);
  w->pairs = calloc(w->all + 1, sizeof *w->pairs);
  if (!w->listeners || !w->pairs) fail("memory");
  for (int i = 0; i < w->ports; i++)
    w->listeners[i] = listening(worker_address(w), FIRST_PORT + w->index * w->ports + i);
  for (long i = 0; i < w->all; i++) make(w, i);
  struct order order;
  char done = 'd';
  if (write(channel, &done, 1) != 1) return;
  while (read(channel, &order, sizeof order) == sizeof order) {
    if (order.kind == CHURN) churn(w, order.count);
    if (order.kind == BRIEF) brief(w, order.count);
    if (order.kind == TIME_WAIT) leave_time_wait(w, order.count);
    if (write(channel, &done, 1) != 1) return;
  }
}

// The share of `total` that falls to worker `index` of `workers`.
static long share(long total, int workers, int index) {
  return total * (index + 1) / workers - total * index / workers;
}

static void wait_for(const int *channels, int count) {
  char done;
  for (int i = 0; i < count; i++)
    if (read(channels[i], &done, 1) != 1) {
      fprintf(stderr, "load: a worker has ended\n");
      exit(1);
    }
}

static void usage(void) {
  fprintf(stderr, "usage: load --established N --close-wait N [--processes P] [--ports L]\n");
  exit(2);
}

int main(int argc, char **argv) {
  long established = 0, close_wait = 0, processes = 1, ports = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    long value = atol(argv[i + 1]);
    if (!strcmp(argv[i], "--established")) established = value;
    else if (!strcmp(argv[i], "--close-wait")) close_wait = value;
    else if (!strcmp(argv[i], "--processes")) processes = value;
    else if (!strcmp(argv[i], "--ports")) ports = value;
    else usage();
  }
  if (argc % 2 == 0 || processes < 1 || processes > MOST_PROCESSES || ports < 1 || processes * ports > 25000)
    usage();
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  int *channels = calloc(processes, sizeof *channels);
  pid_t *pids = calloc(processes, sizeof *pids);
  if (!channels || !pids) fail("memory");
  // To make a million sockets is work; what is measured comes first.
  errno = 0;
  if (nice(5) == -1 && errno) fail("nice");
  pid_t parent = getpid();
  for (int i = 0; i < processes; i++) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) fail("socketpair");
    pids[i] = fork();
    if (pids[i] < 0) fail("fork");
    if (pids[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) exit(1);
      close(0);
      for (int j = 0; j < i; j++) close(channels[j]);
      close(ends[0]);
      struct worker w = {.index = i, .ports = ports};
      w.established = share(established / 2, processes, i);
      w.all = w.established + share(close_wait / 2, processes, i);
      work(&w, ends[1]);
      exit(0);
    }
    close(ends[1]);
    channels[i] = ends[0];
  }
  wait_for(channels, processes);
  printf("ready %ld", established / 2 * 2 + close_wait / 2 * 2 + processes * ports);
  for (int i = 0; i < processes; i++) printf(" %d", pids[i]);
  printf("\n");
  fflush(stdout);

  char line[64];
  long count;
  while (fgets(line, sizeof line, stdin)) {
    struct order order;
    if (sscanf(line, "churn %ld", &count) == 1) order.kind = CHURN, count /= 2;
    else if (sscanf(line, "brief %ld", &count) == 1) order.kind = BRIEF, count /= 2;
    else if (sscanf(line, "time-wait %ld", &count) == 1) order.kind = TIME_WAIT;
    else usage();
    for (int i = 0; i < processes; i++) {
      order.count = share(count, processes, i);
      if (write(channels[i], &order, sizeof order) != sizeof order) fail("order");
    }
    wait_for(channels, processes);
    printf("done\n");
    fflush(stdout);
  }
  // Who waits for this program waits for all its sockets to be gone.
  for (int i = 0; i < processes; i++) close(channels[i]);
  while (wait(NULL) > 0) continue;
  return 0;
}
