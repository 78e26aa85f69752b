/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pinned files, in the byte order of the machine: any number of records, and what ends a file that is whole. A change of anything here takes a new FORMAT, which names the directory and stands in each file.
 * Sources/LinuxSockets/KernelCounters reads it.
 */
#pragma once

#define FORMAT 1
#define COUNTERS_MAGIC 0x43544353 /* "SCTC" */
#define PROCESSES_MAGIC 0x50544353 /* "SCTP" */

enum { OUTBOUND, INBOUND, UNKNOWN_DIRECTION };
enum { CONNECT_FAILED = 1, RESET_RECEIVED, RESET_SENT };
enum { REFUSED = 1, UNANSWERED, ABANDONED, UNREACHABLE };

struct counter_key {
  __u64 started; /* of the process, CLOCK_BOOTTIME ns; 0 if it is not known */
  __u32 tgid;    /* in the initial PID namespace; 0 if it is not known */
  __u32 netns;   /* inode of the network namespace */
  __u16 port;    /* the service port; 0 if it is not known */
  __u8 direction;
  __u8 kind;
  __u8 state;  /* that the socket was in; 0 without a socket */
  __u8 reason; /* of a failure; of a reset sent the place in enum sk_rst_reason of kernel.h and 1, 0 if not known */
  __u16 zero;
};
struct counter_record {
  struct counter_key key;
  __u64 count;
};

#define ARGUMENTS 256
struct process_key {
  __u64 started;
  __u32 tgid;
  __u32 zero;
};
struct process {
  __u64 cgroup; /* inode of its directory */
  char comm[16];
  __u32 length; /* of the arguments that were read */
  __u32 zero;
  char arguments[ARGUMENTS]; /* each ends in a zero byte, but for one that is cut off */
};
struct process_record {
  struct process_key key;
  struct process process;
};

struct end {
  __u32 magic;
  __u16 format;
  __u16 record_size;
  __u64 loaded;     /* CLOCK_MONOTONIC ns of the load: tells one set of counters from the next */
  __u64 created;    /* counters that were made so far; those that are not in the file made room for others */
  __u64 no_mark;    /* events of sockets for which there was no memory */
  __u64 no_counter; /* events for which no counter could be made */
  __u64 late;       /* connection attempts whose end was passed over and was counted when the socket was freed */
};
