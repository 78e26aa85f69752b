// libbpf, and the type of a file system that Glibc's module leaves out.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>
