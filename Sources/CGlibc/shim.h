// What the Swift toolchain's own Glibc module leaves out.
#include <linux/kcmp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

// <sched.h> declares it for _GNU_SOURCE only, which a module cannot ask for (setns(2)).
extern int setns(int fd, int nstype);

// syscall(2) takes variable arguments, which Swift cannot pass; <unistd.h> has it for _DEFAULT_SOURCE only.
extern long syscall(long number, ...);

// 0 if two threads have the same table of descriptors (kcmp(2)).
static inline long shares_descriptors(int thread, int other) {
  return syscall(SYS_kcmp, thread, other, KCMP_FILES, 0, 0);
}

// prctl(2) takes any number of arguments, which Swift cannot pass.
static inline int set_dumpable(int value) { return prctl(PR_SET_DUMPABLE, value, 0, 0, 0); }
