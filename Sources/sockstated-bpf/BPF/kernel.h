/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs read of the kernel. Only names and nesting count: libbpf finds the offsets in the BTF of the
 * running kernel (CO-RE). <linux/...> is not included, so that one object serves all little-endian machines.
 */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

/* include/uapi/linux/bpf.h */
enum { BPF_ANY, BPF_NOEXIST };
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_LRU_HASH = 9, BPF_MAP_TYPE_SK_STORAGE = 24 };
enum { BPF_F_NO_PREALLOC = 1, BPF_F_CLONE = 512 };
enum { BPF_SK_STORAGE_GET_F_CREATE = 1 };

/* include/net/tcp_states.h */
enum {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT,
  TCP_SYN_RECV,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_TIME_WAIT,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_CLOSING,
  TCP_NEW_SYN_RECV,
};
enum { AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1 };
enum { IPPROTO_TCP = 6, EPIPE = 32, ECONNABORTED = 103, ECONNRESET = 104, ETIMEDOUT = 110, ECONNREFUSED = 111 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ns_common {
  unsigned int inum;
};
struct net {
  struct ns_common ns;
};
typedef struct {
  struct net *net;
} possible_net_t;
struct socket;
struct sock_common {
  __be16 skc_dport;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  possible_net_t skc_net;
};
struct sock {
  struct sock_common __sk_common;
  __u16 sk_type, sk_protocol;
  int sk_err, sk_err_soft;
  struct socket *sk_socket;
};
struct inet_sock {
  struct sock sk;
  __be16 inet_sport;
};
struct inet_connection_sock {
  struct inet_sock icsk_inet;
};
struct tcp_sock {
  struct inet_connection_sock inet_conn;
  __u32 segs_in, segs_out, data_segs_out, total_retrans, rcv_nxt, copied_seq, write_seq, snd_una;
  __u64 bytes_acked, bytes_sent, bytes_received, bytes_retrans;
};
struct net_device {
  possible_net_t nd_net;
};
struct sk_buff {
  struct net_device *dev;
};
struct mm_struct {
  unsigned long arg_start, arg_end;
};
struct kernfs_node {
  __u64 id;
};
struct cgroup {
  struct kernfs_node *kn;
};
struct css_set {
  struct cgroup *dfl_cgrp;
};
struct upid {
  int nr;
};
struct pid {
  unsigned int level;
  struct upid numbers[];
};
struct task_struct {
  struct css_set *cgroups;
  int pid, tgid;
  __u64 start_boottime;
  struct task_struct *group_leader;
  struct pid *thread_pid;
  struct mm_struct *mm;
  char comm[16];
};
struct socket {
  struct sock *sk;
};
struct inode {
  unsigned long i_ino;
};
struct file {
  struct inode *f_inode;
};
struct seq_file;
struct bpf_map;
struct bpf_iter_meta {
  struct seq_file *seq;
};
struct bpf_iter__bpf_map_elem {
  struct bpf_iter_meta *meta;
  void *key, *value;
};
struct bpf_iter__bpf_sk_storage_map {
  struct bpf_iter_meta *meta;
  struct sock *sk;
  void *value;
};
struct bpf_iter__task_file {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
  __u32 fd;
  struct file *file;
};
#pragma clang attribute pop

/* include/net/rstreason.h (Linux 6.10): the numbers differ between kernels, the names do not. */
enum sk_rst_reason {
  SK_RST_REASON_NO_SOCKET,
  SK_RST_REASON_TCP_INVALID_ACK_SEQUENCE,
  SK_RST_REASON_TCP_RFC7323_PAWS,
  SK_RST_REASON_TCP_TOO_OLD_ACK,
  SK_RST_REASON_TCP_ACK_UNSENT_DATA,
  SK_RST_REASON_TCP_FLAGS,
  SK_RST_REASON_TCP_OLD_ACK,
  SK_RST_REASON_TCP_ABORT_ON_DATA,
  SK_RST_REASON_TCP_TIMEWAIT_SOCKET,
  SK_RST_REASON_INVALID_SYN,
  SK_RST_REASON_TCP_ABORT_ON_CLOSE,
  SK_RST_REASON_TCP_ABORT_ON_LINGER,
  SK_RST_REASON_TCP_ABORT_ON_MEMORY,
  SK_RST_REASON_TCP_STATE,
  SK_RST_REASON_TCP_KEEPALIVE_TIMEOUT,
  SK_RST_REASON_TCP_DISCONNECT_WITH_DATA,
};
