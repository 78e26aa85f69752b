// What the Swift toolchain's own Glibc module leaves out.
#include <linux/capability.h>
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

// Makes effective which capabilities are permitted and are not effective (capabilities(7)). glibc has no wrapper
// (capset(2)).
static inline void raise_permitted_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, sets) != 0) return;
  int missing = 0;
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    if (sets[i].permitted & ~sets[i].effective) missing = 1;
    sets[i].effective |= sets[i].permitted;
  }
  if (missing) syscall(SYS_capset, &header, sets);
}
