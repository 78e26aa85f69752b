// floor.c : what a look at all TCP sockets costs a bare C loop over libmnl, and nothing else done with it.
//
// Reads orders, one a line, and answers each with "USER_US SYSTEM_US SOCKETS RETRANSMITS BYTES":
//   two   two dumps in the form of today, one for IPv4 and one for IPv6: the kernel walks its table twice
//   one   one dump in the old form, which has both families in one walk
//   light the same without ESTABLISHED: the kernel walks as far, and writes less
//   events  what was announced of sockets that have ended since `listen`, and is not decoded
//   listen  from now on
// Dumps ask for tcp_info, and read from it what the kernel has retransmitted. The
// sockets, the buffer and the pages stay from one look to the next.
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum {
  ALL_STATES = 0xffe,
  LIGHT_STATES = ALL_STATES & ~(1 << 1 /* TCP_ESTABLISHED */),
  ASKED = 1 << (INET_DIAG_INFO - 1),
  // The kernel fills at most 32 KiB.
  BUFFER = 64 * 1024,
};

static char buffer[BUFFER];

struct totals {
  unsigned long sockets, retransmits, bytes;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int row(const struct nlmsghdr *message, void *data) {
  struct totals *totals = data;
  struct nlattr *attribute;
  totals->sockets++;
  totals->bytes += message->nlmsg_len;
  mnl_attr_for_each(attribute, message, sizeof(struct inet_diag_msg)) {
    if (mnl_attr_get_type(attribute) != INET_DIAG_INFO) continue;
    const struct tcp_info *info = mnl_attr_get_payload(attribute);
    totals->retransmits += info->tcpi_total_retrans;
    break;
  }
  return MNL_CB_OK;
}

static struct nlmsghdr *request(char *space, unsigned sequence, bool is_old, int family, unsigned states) {
  struct nlmsghdr *message = mnl_nlmsg_put_header(space);
  message->nlmsg_type = is_old ? TCPDIAG_GETSOCK : SOCK_DIAG_BY_FAMILY;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message->nlmsg_seq = sequence;
  if (is_old) {
    struct inet_diag_req *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
    body->idiag_family = family;
    body->idiag_ext = ASKED;
    body->idiag_states = states;
  } else {
    struct inet_diag_req_v2 *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
    body->sdiag_family = family;
    body->sdiag_protocol = IPPROTO_TCP;
    body->idiag_ext = ASKED;
    body->idiag_states = states;
  }
  return message;
}

static void dump(struct mnl_socket *socket, bool is_old, int family, unsigned states, struct totals *totals) {
  static unsigned sequence;
  char space[256];
  const struct nlmsghdr *message = request(space, ++sequence, is_old, family, states);
  if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0) fail("floor: send");
  for (;;) {
    ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
    if (length <= 0) fail("floor: receive");
    int result = mnl_cb_run(buffer, length, sequence, mnl_socket_get_portid(socket), row, totals);
    if (result < 0) fail("floor: answer");
    if (result == MNL_CB_STOP) return;
  }
}

static struct mnl_socket *open_socket(void) {
  struct mnl_socket *socket = mnl_socket_open(NETLINK_SOCK_DIAG);
  if (!socket || mnl_socket_bind(socket, 0, 0)) fail("floor: open");
  return socket;
}

static struct mnl_socket *listen_to_ends(void) {
  struct mnl_socket *socket = open_socket();
  int size = 64 << 20, groups[] = {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY};
  setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  for (int i = 0; i < 2; i++)
    if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof *groups)) fail("floor: join");
  return socket;
}

static void drain(struct mnl_socket *socket, struct totals *totals) {
  ssize_t length;
  while ((length = recv(mnl_socket_get_fd(socket), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
    totals->sockets++;
    totals->bytes += length;
  }
}

static long microseconds(struct timeval from, struct timeval to) {
  return (to.tv_sec - from.tv_sec) * 1000000 + to.tv_usec - from.tv_usec;
}

int main(void) {
  struct mnl_socket *socket = open_socket(), *ends = NULL;
  char line[16];
  while (fgets(line, sizeof line, stdin)) {
    struct totals totals = {0};
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    if (!strcmp(line, "one\n")) {
      dump(socket, true, AF_UNSPEC, ALL_STATES, &totals);
    } else if (!strcmp(line, "light\n")) {
      dump(socket, true, AF_UNSPEC, LIGHT_STATES, &totals);
    } else if (!strcmp(line, "listen\n")) {
      if (!ends) ends = listen_to_ends();
    } else if (!strcmp(line, "events\n")) {
      if (ends) drain(ends, &totals);
    } else {
      dump(socket, false, AF_INET, ALL_STATES, &totals);
      dump(socket, false, AF_INET6, ALL_STATES, &totals);
    }
    getrusage(RUSAGE_SELF, &after);
    printf("%ld %ld %lu %lu %lu\n", microseconds(before.ru_utime, after.ru_utime),
           microseconds(before.ru_stime, after.ru_stime), totals.sockets, totals.retransmits, totals.bytes);
    fflush(stdout);
  }
  return 0;
}
