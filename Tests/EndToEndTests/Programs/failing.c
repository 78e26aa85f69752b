/* failing.c : for LD_PRELOAD. Lets every call that makes a descriptor, and every message to netlink, fail with the
 * errno that is written as a number in the file named by $FAILURE_FILE; with 0 they do what they always do. It is
 * read anew at each call, so that a test can say what the kernel says when the whole host has run out. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failure(void) {
  char text[16] = {0};
  int before = errno;
  const char *path = getenv("FAILURE_FILE");
  long file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
  if (file >= 0) {
    if (read(file, text, sizeof text - 1) < 0) text[0] = 0;
    close(file);
  }
  errno = atoi(text);
  if (errno) return 1;
  errno = before;
  return 0;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & O_CREAT) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int openat(int directory, const char *path, int flags, ...) {
  MODE(flags)
  return failure() ? -1 : syscall(SYS_openat, directory, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  MODE(flags)
  return openat(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags)
  return openat(AT_FDCWD, path, flags, mode);
}

int socket(int family, int type, int protocol) {
  return failure() ? -1 : syscall(SYS_socket, family, type, protocol);
}

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
  return failure() ? -1 : syscall(SYS_accept4, listener, address, length, flags);
}

int accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, 0);
}

ssize_t sendto(
    int socket, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t length) {
  int family = 0;
  socklen_t size = sizeof family;
  /* Only the kernel's answer to a message to itself: ENFILE is none that it gives. */
  if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_NETLINK && failure()) {
    if (errno != ENFILE) return -1;
    errno = 0;
  }
  return syscall(SYS_sendto, socket, bytes, count, flags, to, length);
}
