/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pinned files, in the byte order of the machine: any number of records, and what ends a file that is whole. A change of anything here takes a new FORMAT, which names the directory and stands in each file; a file more takes none, nor does a use for bytes that were zero and may stay so.
 * Sources/LinuxSockets/KernelCounters reads it.
 */
#pragma once

#define FORMAT 3
#define COUNTERS_MAGIC 0x43544353  /* "SCTC" */
#define PROCESSES_MAGIC 0x50544353 /* "SCTP" */
#define GROUPS_MAGIC 0x47544353    /* "SCTG" */
#define ENDINGS_MAGIC 0x45544353   /* "SCTE" */
#define DESCRIPTORS_MAGIC 0x44544353 /* "SCTD" */
#define ORPHANS_MAGIC 0x4f544353     /* "SCTO" */

enum { OUTBOUND, INBOUND, UNKNOWN_DIRECTION };
enum { CONNECT_FAILED = 1, RESET_RECEIVED, RESET_SENT };
enum { REFUSED = 1, UNANSWERED, ABANDONED, UNREACHABLE };
/* How a connection ended; NEVER of an attempt that failed. DESTROYED is by SOCK_DESTROY of sock_diag, and a cause alone. */
enum { CLOSED, BY_RESET_RECEIVED, BY_RESET_SENT, TIMED_OUT, ABORTED, ENDS, DESTROYED = 254, NEVER = 255 };

struct counter_key {
  __u64 started; /* of the process, CLOCK_BOOTTIME ns; 0 if it is not known */
  __u32 tgid;    /* in the initial PID namespace; 0 if it is not known */
  __u32 netns;   /* inode of the network namespace */
  __u16 port;    /* the service port; 0 if it is not known */
  __u8 direction;
  __u8 kind;   /* 0 of a group */
  __u8 state;  /* that the socket was in; 0 without a socket */
  __u8 reason; /* of a failure; of a reset sent the place in enum sk_rst_reason of kernel.h and 1, 0 if not known */
  __u16 zero;
};
struct counter_record {
  struct counter_key key;
  __u64 count;
};

/* Durations by bucket, not cumulated; the last is of those longer than all bounds. */
#define BOUNDS 14
struct durations {
  __u64 sum;
  __u64 counts[BOUNDS + 1];
};
/* µs */
#define CONNECT_BOUNDS { 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 3000000 }
/* 10 µs: 1 ms to 10 hours */
#define LIFETIME_BOUNDS { 100, 1000, 10000, 50000, 100000, 500000, 1500000, 6000000, 30000000, 90000000, 180000000, 360000000, 2160000000, 3600000000 }

/* Connections of one process, direction and port. */
struct group {
  __u64 opened;
  __u64 ended[ENDS];
  struct durations connects;  /* from connect() to established */
  struct durations lifetimes; /* from established to the end; not of those that are older than the programs */
};
struct group_record {
  struct counter_key key;
  struct group group;
};

/*
 * The end of one socket that was connected, or tried to be. Of the last minute, with some older ones; or, as an orphan, a
 * socket that is there and that nobody holds, of which only process, direction and port are told.
 */
struct ending {
  __u64 number; /* in the order in which they ended */
  __u64 started;
  __u32 tgid;
  __u32 retransmits;
  __u32 unread; /* bytes that the process has not read, a FIN counting as one */
  __u16 port;
  __u8 direction;
  __u8 how;
  __u8 state;  /* before it was closed */
  __u8 reason; /* of a reset sent, as of counter_key */
  __u8 cause; /* the same as how, also if the peer had acknowledged the FIN */
  __u8 zero[1];
  __u32 sent_segments; /* this and what follows as tcp_info has it, before disconnect wiped it */
  __u64 sent_bytes;
  __u64 received_bytes;
  __u64 retransmitted_bytes;
};
struct ending_record {
  __u64 cookie; /* 0 if there is none */
  struct ending ending;
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

/*
 * A descriptor of a process in the PID namespace of who reads. Those of a table come one after the other, ascending.
 */
struct descriptor_record {
  __u64 started; /* of the process, CLOCK_BOOTTIME ns */
  __u32 tgid;    /* in the PID namespace of who reads; 0 if this kernel does not show that */
  __u32 tid;     /* the same of the thread whose table it is in: tgid of what all its threads share */
  __u32 fd;
  __u32 inode; /* of the socket; 0 of what is none */
  __u32 netns; /* inode of the network namespace of a TCP socket; 0 of what is none */
  __u8 state;  /* of a TCP socket */
  __u8 zero[3];
};

struct end {
  __u32 magic;
  __u16 format;
  __u16 record_size;
  __u64 loaded;     /* CLOCK_MONOTONIC ns of the load: tells one set of counters from the next */
  __u64 created;    /* records that were made so far; those that are not in the file made room for others */
  __u64 no_mark;    /* events of sockets for which there was no memory */
  __u64 no_counter; /* events for which no counter could be made */
  __u64 late;       /* events that were passed over and were counted when the socket was closed or freed */
};
