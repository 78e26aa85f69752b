// What the Swift toolchain's own Glibc module leaves out.
#include <malloc.h>
#include <sys/statfs.h>

// <sched.h> declares it for _GNU_SOURCE only, which a module cannot ask for (setns(2)).
extern int setns(int fd, int nstype);
