// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Connections, failed attempts and resets of TCP sockets, counted in the kernel by process, network namespace, direction
// and port; and the descriptors of all processes.
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "format.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// What is kept with a socket. A listener's is copied by the kernel to each connection that it takes in.
struct mark {
  __u64 started;
  __u64 since;  // ns: when connect() was called or, once it is open, when it was established; 0 if that is not known
  __u64 closed; // ns: when it came to CLOSE; 0 if it has not
  __u32 tgid;
  __u32 retransmits, unread, sent_segments; // these and the bytes at CLOSE, after which disconnect wipes them
  __u64 sent_bytes, received_bytes, retransmitted_bytes;
  __u16 port;
  __u8 direction;
  __u8 last;     // the state before CLOSE: a reset that is sent at the end finds CLOSE
  __u8 received; // whether a reset was
  __u8 sent;     // whether a reset was: its reason and 1
  __u8 error;    // of the socket at CLOSE
  bool attempt;  // a connection attempt whose outcome is not known yet
  bool known;    // whether direction and port are
  bool open;     // a connection that was counted as opened, or is older than the programs, and not as ended
  bool finished; // whether the peer has acknowledged its FIN
};
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
  __type(key, int);
  __type(value, struct mark);
} marks SEC(".maps");
// Where they are full, what was not used for longest makes room: processes that have ended.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, struct counter_key);
  __type(value, __u64);
} counters SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct process_key);
  __type(value, struct process);
} processes SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct counter_key);
  __type(value, struct group);
} groups SEC(".maps");
// The last endings, in turn. By pages, of which those without a recent one are passed over at once.
#define PAGES 512
#define PAGE 64
#define RECENT 60000000000ull
struct page {
  struct ending_record endings[PAGE];
  __u64 written; // ns
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, PAGES);
  __type(key, __u32);
  __type(value, struct page);
} endings SEC(".maps");

volatile const __u64 loaded;
__u64 created, groups_created, ended, no_mark, no_counter, late;
// Too large for the stack.
struct group empty;
// Not constants: those are `loaded` alone.
__u32 connect_bounds[BOUNDS] = CONNECT_BOUNDS, lifetime_bounds[BOUNDS] = LIFETIME_BOUNDS;

static __always_inline void count(struct counter_key *key) {
  __u64 *counter = bpf_map_lookup_elem(&counters, key);
  if (!counter) {
    __u64 none = 0;
    if (!bpf_map_update_elem(&counters, key, &none, BPF_NOEXIST)) __sync_fetch_and_add(&created, 1);
    counter = bpf_map_lookup_elem(&counters, key);
  }
  if (counter)
    __sync_fetch_and_add(counter, 1);
  else
    __sync_fetch_and_add(&no_counter, 1);
}

static __always_inline struct counter_key key_of(struct sock *sk, const struct mark *mark) {
  struct counter_key key = {
    .started = mark->started, .tgid = mark->tgid, .netns = sk->__sk_common.skc_net.net->ns.inum,
    .port = mark->port, .direction = mark->known ? mark->direction : UNKNOWN_DIRECTION,
  };
  return key;
}

static __always_inline void count_socket(struct sock *sk, const struct mark *mark, __u8 kind, __u8 state, __u8 reason) {
  struct counter_key key = key_of(sk, mark);
  key.kind = kind;
  key.state = state;
  key.reason = reason;
  count(&key);
}

static __always_inline struct group *group_of(struct sock *sk, const struct mark *mark) {
  struct counter_key key = key_of(sk, mark);
  struct group *group = bpf_map_lookup_elem(&groups, &key);
  if (!group) {
    if (!bpf_map_update_elem(&groups, &key, &empty, BPF_NOEXIST)) __sync_fetch_and_add(&groups_created, 1);
    group = bpf_map_lookup_elem(&groups, &key);
  }
  if (!group) __sync_fetch_and_add(&no_counter, 1);
  return group;
}

static __always_inline void observe(struct durations *durations, const __u32 *bounds, __u64 value) {
  int bucket = 0;
  while (bucket < BOUNDS && value > bounds[bucket]) bucket++;
  __sync_fetch_and_add(&durations->sum, value);
  __sync_fetch_and_add(&durations->counts[bucket], 1);
}

static __always_inline struct mark *mark_of(struct sock *sk) {
  if (sk->sk_protocol != IPPROTO_TCP) return 0;
  struct mark *mark = bpf_sk_storage_get(&marks, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (!mark) __sync_fetch_and_add(&no_mark, 1);
  return mark;
}

// Its own function: what it has on the stack is not on that of the program.
static __noinline int remember_process(struct mark *mark) {
  struct task_struct *task = (void *)bpf_get_current_task_btf();
  struct process_key key = {};
  if (!mark) return 0;
  key.started = mark->started = task->group_leader->start_boottime;
  key.tgid = mark->tgid = task->tgid;
  if (bpf_map_lookup_elem(&processes, &key)) return 0;
  struct process process = {};
  process.cgroup = bpf_get_current_cgroup_id();
  bpf_get_current_comm(process.comm, sizeof process.comm);
  if (task->mm) {
    unsigned long start = task->mm->arg_start;
    __u64 length = task->mm->arg_end - start;
    if (length > ARGUMENTS) length = ARGUMENTS;
    if (!bpf_probe_read_user(process.arguments, length, (void *)start)) process.length = length;
  }
  bpf_map_update_elem(&processes, &key, &process, BPF_ANY);
  return 0;
}

// Counts an attempt that has failed; not one without a free port or a route: that fails before anything is sent. One that
// its process gives up after the SYN was sent again had time for an answer.
static __always_inline void finish_attempt(struct sock *sk, struct mark *mark) {
  struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
  mark->attempt = 0;
  if (!tcp || !tcp->segs_out) return;
  // An ICMP message that comes while connect() holds the socket is a soft error, until a program asks for SO_ERROR.
  int error = sk->sk_err, soft = sk->sk_err_soft;
  if (!error) error = soft;
  __u8 reason = UNREACHABLE;
  if (error == ECONNREFUSED) reason = REFUSED;
  if (error == ETIMEDOUT) reason = UNANSWERED;
  if (!error || error == ECONNABORTED) reason = tcp->total_retrans ? UNANSWERED : ABANDONED;
  count_socket(sk, mark, CONNECT_FAILED, TCP_SYN_SENT, reason);
}

// The same of one whose end was passed over, so that it came from the network. connect() may have taken the error, and
// reset the counters: then nobody has answered if there was time to send again.
static __always_inline void finish_late_attempt(struct sock *sk, struct mark *mark) {
  struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
  int error = sk->sk_err, soft = sk->sk_err_soft;
  __sync_fetch_and_add(&late, 1);
  if (error || soft || !tcp) return finish_attempt(sk, mark);
  mark->attempt = 0;
  bool is_unanswered = tcp->segs_out ? tcp->total_retrans && !tcp->segs_in
                                     : bpf_ktime_get_ns() - mark->since > 1000000000;
  count_socket(sk, mark, CONNECT_FAILED, TCP_SYN_SENT, is_unanswered ? UNANSWERED : REFUSED);
}

static __always_inline void open(struct sock *sk, struct mark *mark) {
  __u64 now = bpf_ktime_get_ns(), waited = mark->attempt && mark->since ? now - mark->since : 0;
  struct group *group = group_of(sk, mark);
  if (group) __sync_fetch_and_add(&group->opened, 1);
  if (group && waited) observe(&group->connects, connect_bounds, waited / 1000);
  mark->since = now;
  mark->open = 1;
  mark->attempt = 0;
  mark->closed = 0;
  mark->received = mark->sent = 0;
  // It has none yet; later, that of its TIME-WAIT would be another.
  bpf_get_socket_cookie(sk);
}

// What ended it.
static __always_inline __u8 cause_of(const struct mark *mark) {
  if (mark->error == ECONNABORTED) return DESTROYED;
  if (mark->received || mark->error == ECONNRESET || mark->error == EPIPE) return BY_RESET_RECEIVED;
  // A keep-alive that fails sends a reset, too.
  if (mark->error == ETIMEDOUT) return TIMED_OUT;
  if (mark->sent) return BY_RESET_SENT;
  if (mark->finished) return CLOSED;
  // Retransmissions in vain, of which an ICMP message has said why.
  if (mark->error) return TIMED_OUT;
  // Data came after close(): the reset is sent when the socket has gone.
  return mark->last == TCP_FIN_WAIT1 ? BY_RESET_SENT : ABORTED;
}

// Counts the end of a connection or attempt, and remembers it for a while.
static __always_inline void finish(struct sock *sk, struct mark *mark) {
  struct ending ending = {
    .number = __sync_fetch_and_add(&ended, 1), .started = mark->started, .tgid = mark->tgid,
    .retransmits = mark->retransmits, .unread = mark->unread, .port = mark->port,
    .direction = mark->known ? mark->direction : UNKNOWN_DIRECTION, .how = NEVER, .state = mark->last,
    .reason = mark->sent ? mark->sent - 1 : 0, .sent_segments = mark->sent_segments, .sent_bytes = mark->sent_bytes,
    .received_bytes = mark->received_bytes, .retransmitted_bytes = mark->retransmitted_bytes,
  };
  if (mark->open) {
    ending.cause = cause_of(mark);
    ending.how = mark->finished ? CLOSED : ending.cause == DESTROYED ? BY_RESET_SENT : ending.cause;
    struct group *group = group_of(sk, mark);
    if (group && ending.how < ENDS) __sync_fetch_and_add(&group->ended[ending.how], 1);
    if (group && mark->since && mark->closed > mark->since)
      observe(&group->lifetimes, lifetime_bounds, (mark->closed - mark->since) / 10000);
  }
  mark->open = 0;
  __u32 number = ending.number / PAGE % PAGES;
  struct page *page = bpf_map_lookup_elem(&endings, &number);
  if (!page) return;
  struct ending_record *record = &page->endings[ending.number % PAGE];
  record->ending = ending;
  record->cookie = bpf_get_socket_cookie(sk);
  page->written = bpf_ktime_get_ns();
}

static __always_inline bool is_connected(int state) {
  return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 ||
         state == TCP_LAST_ACK || state == TCP_CLOSING;
}

static __always_inline void note_end(struct sock *sk, struct tcp_sock *tcp, struct mark *mark) {
  mark->closed = bpf_ktime_get_ns();
  mark->error = sk->sk_err;
  mark->retransmits = tcp->total_retrans;
  mark->unread = tcp->rcv_nxt - tcp->copied_seq;
  mark->sent_segments = tcp->data_segs_out;
  mark->sent_bytes = tcp->bytes_sent;
  mark->received_bytes = tcp->bytes_received;
  mark->retransmitted_bytes = tcp->bytes_retrans;
}

static __always_inline void close(struct sock *sk, struct mark *mark, int old) {
  struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
  if (old == TCP_CLOSE) return;
  mark->last = old;
  if (old == TCP_SYN_SENT) finish_attempt(sk, mark);
  if (!tcp) return;
  mark->attempt = 0;
  note_end(sk, tcp, mark);
  if (!is_connected(old)) return;
  mark->finished = old == TCP_FIN_WAIT2 || ((old == TCP_LAST_ACK || old == TCP_CLOSING) && tcp->snd_una == tcp->write_seq);
  if (mark->open) return;
  // Older than the programs, and nobody held it; or it was passed over when it was established.
  if (mark->known) {
    __sync_fetch_and_add(&late, 1);
    mark->since = 0;
    struct group *group = group_of(sk, mark);
    if (group) __sync_fetch_and_add(&group->opened, 1);
  }
  mark->open = 1;
}

// Two programs on one tracepoint. The kernel passes over a program that is running on this processor already; a
// softirq that interrupts connect() or listen() would lose what it does to other sockets.
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(by_caller, struct sock *sk, int old, int new) {
  if (new != TCP_SYN_SENT && new != TCP_LISTEN) return 0;
  struct mark *mark = mark_of(sk);
  if (!mark) return 0;
  // It was disconnected, and is used again.
  if (mark->attempt) finish_late_attempt(sk, mark);
  if (mark->open || (mark->closed && mark->last != TCP_LISTEN)) finish(sk, mark);
  remember_process(mark);
  mark->attempt = new == TCP_SYN_SENT;
  mark->known = 1;
  mark->direction = new == TCP_LISTEN ? INBOUND : OUTBOUND;
  mark->port = new == TCP_LISTEN ? sk->__sk_common.skc_num : bpf_ntohs(sk->__sk_common.skc_dport);
  mark->since = bpf_ktime_get_ns();
  mark->closed = 0;
  mark->received = mark->sent = 0;
  return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(by_segment, struct sock *sk, int old, int new) {
  if (new != TCP_ESTABLISHED && new != TCP_CLOSE) return 0;
  struct mark *mark = mark_of(sk);
  if (!mark) return 0;
  if (new == TCP_CLOSE) {
    close(sk, mark, old);
  } else {
    if (old == TCP_SYN_RECV && !mark->attempt) {
      mark->known = 1;
      mark->direction = INBOUND;
      mark->port = sk->__sk_common.skc_num;
    } else if (!mark->known) {
      mark->known = 1;
      mark->direction = OUTBOUND;
      mark->port = bpf_ntohs(sk->__sk_common.skc_dport);
    }
    open(sk, mark);
  }
  return 0;
}

// Mostly with softirqs off, so that it is hardly ever passed over.
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(destroy, struct sock *sk) {
  if (sk->sk_protocol != IPPROTO_TCP) return 0;
  struct mark *mark = bpf_sk_storage_get(&marks, sk, 0, 0);
  struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
  if (!mark || !tcp || mark->last == TCP_LISTEN) return 0;
  // An acknowledged SYN says that it was not the failure of an attempt that was passed over.
  if (mark->attempt && !tcp->bytes_acked) finish_late_attempt(sk, mark);
  // Passed over when it came to CLOSE: all that it has sent was acknowledged, and nobody has reset it.
  if (mark->open && !mark->closed) {
    __sync_fetch_and_add(&late, 1);
    note_end(sk, tcp, mark);
    mark->finished = tcp->snd_una == tcp->write_seq && !sk->sk_err && !mark->received && !mark->sent;
  }
  if (mark->open || mark->closed) finish(sk, mark);
  return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(receive_reset, struct sock *sk) {
  struct mark *mark = mark_of(sk);
  if (!mark) return 0;
  mark->received = 1;
  count_socket(sk, mark, RESET_RECEIVED, sk->__sk_common.skc_state, 0);
  return 0;
}

static __always_inline int reset_sent(struct sock *sk, struct sk_buff *skb, __u8 reason) {
  struct counter_key key = {.direction = UNKNOWN_DIRECTION, .kind = RESET_SENT, .reason = reason};
  if (!sk) {
    // Without the port: a scan of all of them would push out everything else.
    if (skb && skb->dev) key.netns = skb->dev->nd_net.net->ns.inum;
    count(&key);
    return 0;
  }
  key.state = sk->__sk_common.skc_state;
  if (key.state == TCP_TIME_WAIT || key.state == TCP_NEW_SYN_RECV) {
    key.netns = sk->__sk_common.skc_net.net->ns.inum;
    count(&key);
    return 0;
  }
  struct mark *mark = mark_of(sk);
  if (!mark) return 0;
  mark->sent = reason + 1;
  count_socket(sk, mark, RESET_SENT, key.state == TCP_CLOSE ? mark->last : key.state, reason);
  return 0;
}

#define REASON(name) \
  if (bpf_core_enum_value_exists(enum sk_rst_reason, SK_RST_REASON_##name) && \
      number == bpf_core_enum_value(enum sk_rst_reason, SK_RST_REASON_##name)) \
    return SK_RST_REASON_##name + 1;

static __always_inline __u8 reason_of(int number) {
  REASON(NO_SOCKET)
  REASON(TCP_INVALID_ACK_SEQUENCE)
  REASON(TCP_RFC7323_PAWS)
  REASON(TCP_TOO_OLD_ACK)
  REASON(TCP_ACK_UNSENT_DATA)
  REASON(TCP_FLAGS)
  REASON(TCP_OLD_ACK)
  REASON(TCP_ABORT_ON_DATA)
  REASON(TCP_TIMEWAIT_SOCKET)
  REASON(INVALID_SYN)
  REASON(TCP_ABORT_ON_CLOSE)
  REASON(TCP_ABORT_ON_LINGER)
  REASON(TCP_ABORT_ON_MEMORY)
  REASON(TCP_STATE)
  REASON(TCP_KEEPALIVE_TIMEOUT)
  REASON(TCP_DISCONNECT_WITH_DATA)
  return 0;
}

// Since Linux 6.10; the loader leaves out the one that the kernel does not fit.
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(send_reset, struct sock *sk, struct sk_buff *skb, int reason) {
  return reset_sent(sk, skb, reason_of(reason));
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(send_reset_plain, struct sock *sk, struct sk_buff *skb) { return reset_sent(sk, skb, 0); }

// Sockets that are older than the programs get their marks from the descriptors of all processes, once: first the
// listeners, since these say on which side the others are.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, __u8);
} listened SEC(".maps");

static __always_inline __u64 listener_key(struct sock *sk) {
  return (__u64)sk->__sk_common.skc_net.net->ns.inum << 16 | sk->__sk_common.skc_num;
}

// The protocol alone is not enough: raw sockets have it, and netlink has numbers of its own.
static __always_inline bool is_tcp(struct sock *sk) {
  if (!sk || sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP) return 0;
  return sk->__sk_common.skc_family == AF_INET || sk->__sk_common.skc_family == AF_INET6;
}

static __always_inline struct sock *socket_of(struct bpf_iter__task_file *context) {
  // Read once: the verifier does not know that a field holds the same when it is read again.
  struct file *file = context->file;
  if (!file) return 0;
  struct socket *socket = bpf_sock_from_file(file);
  if (!socket || !is_tcp(socket->sk)) return 0;
  return socket->sk;
}

static __always_inline void adopt(struct sock *sk, struct task_struct *task, bool inbound) {
  struct mark *mark = mark_of(sk);
  if (!mark || mark->known) return;
  mark->known = 1;
  mark->direction = inbound ? INBOUND : OUTBOUND;
  mark->port = inbound ? sk->__sk_common.skc_num : bpf_ntohs(sk->__sk_common.skc_dport);
  mark->attempt = sk->__sk_common.skc_state == TCP_SYN_SENT;
  mark->open = is_connected(sk->__sk_common.skc_state);
  struct process_key key = {.started = task->group_leader->start_boottime, .tgid = task->tgid};
  mark->started = key.started;
  mark->tgid = key.tgid;
  // Without its arguments: those of another process are not to be had here.
  struct process process = {.cgroup = task->cgroups->dfl_cgrp->kn->id};
  __builtin_memcpy(process.comm, task->group_leader->comm, sizeof process.comm);
  bpf_map_update_elem(&processes, &key, &process, BPF_NOEXIST);
}

SEC("iter/task_file")
int adopt_listeners(struct bpf_iter__task_file *context) {
  struct task_struct *task = context->task;
  struct sock *sk = socket_of(context);
  if (!task || !sk || sk->__sk_common.skc_state != TCP_LISTEN) return 0;
  __u64 key = listener_key(sk);
  __u8 one = 1;
  bpf_map_update_elem(&listened, &key, &one, BPF_ANY);
  adopt(sk, task, 1);
  return 0;
}

SEC("iter/task_file")
int adopt_sockets(struct bpf_iter__task_file *context) {
  struct task_struct *task = context->task;
  struct sock *sk = socket_of(context);
  if (!task || !sk || sk->__sk_common.skc_state == TCP_CLOSE) return 0;
  __u64 key = listener_key(sk);
  adopt(sk, task, bpf_map_lookup_elem(&listened, &key) != 0);
  return 0;
}

// An iterator over a map is called once more when it has come to the end, without an element.
static __always_inline int write_end(struct bpf_iter_meta *meta, __u32 magic, __u16 record_size, __u64 created) {
  struct end end = {
    .magic = magic, .format = FORMAT, .record_size = record_size, .loaded = loaded,
    .created = created, .no_mark = no_mark, .no_counter = no_counter, .late = late,
  };
  bpf_seq_write(meta->seq, &end, sizeof end);
  return 0;
}

SEC("iter/bpf_map_elem")
int read_counters(struct bpf_iter__bpf_map_elem *context) {
  struct counter_key *key = context->key;
  __u64 *count = context->value;
  if (!key || !count) return write_end(context->meta, COUNTERS_MAGIC, sizeof(struct counter_record), created);
  struct counter_record record = {.key = *key, .count = *count};
  bpf_seq_write(context->meta->seq, &record, sizeof record);
  return 0;
}

SEC("iter/bpf_map_elem")
int read_processes(struct bpf_iter__bpf_map_elem *context) {
  struct process_key *key = context->key;
  struct process *process = context->value;
  if (!key || !process) return write_end(context->meta, PROCESSES_MAGIC, sizeof(struct process_record), 0);
  struct process_record record = {.key = *key, .process = *process};
  bpf_seq_write(context->meta->seq, &record, sizeof record);
  return 0;
}

SEC("iter/bpf_map_elem")
int read_groups(struct bpf_iter__bpf_map_elem *context) {
  struct counter_key *key = context->key;
  struct group *group = context->value;
  if (!key || !group) return write_end(context->meta, GROUPS_MAGIC, sizeof(struct group_record), groups_created);
  bpf_seq_write(context->meta->seq, key, sizeof *key);
  bpf_seq_write(context->meta->seq, group, sizeof *group);
  return 0;
}

SEC("iter/bpf_map_elem")
int read_endings(struct bpf_iter__bpf_map_elem *context) {
  struct page *page = context->value;
  if (!page) return write_end(context->meta, ENDINGS_MAGIC, sizeof(struct ending_record), ended);
  if (page->written && bpf_ktime_get_ns() - page->written < RECENT)
    bpf_seq_write(context->meta->seq, page->endings, sizeof page->endings);
  return 0;
}

SEC("iter/bpf_sk_storage_map")
int read_orphans(struct bpf_iter__bpf_sk_storage_map *context) {
  struct sock *sk = context->sk;
  struct mark *mark = context->value;
  if (!sk || !mark) return write_end(context->meta, ORPHANS_MAGIC, sizeof(struct ending_record), 0);
  if (sk->sk_socket) return 0;
  struct ending_record record = {
    .cookie = bpf_get_socket_cookie(sk),
    .ending = {
      .started = mark->started, .tgid = mark->tgid, .port = mark->port,
      .direction = mark->known ? mark->direction : UNKNOWN_DIRECTION, .how = NEVER, .cause = NEVER,
    },
  };
  bpf_seq_write(context->meta->seq, &record, sizeof record);
  return 0;
}

// With a text of its own, so that the compiler does not make one load of all, with an index: libbpf could not adapt the
// scale of that, and the verifier wants constants.
#define NUMBER(index) \
  if (level == (index)) { \
    __u32 number = pid->numbers[index].nr; \
    asm volatile("" : "+r"(number) : "i"(index)); \
    return number; \
  }
#define NUMBERS(index) NUMBER(index) NUMBER(index + 1) NUMBER(index + 2) NUMBER(index + 3)

// The number that a task has in the PID namespace of that level; 0 if it cannot be read: before Linux 6.5 the array has
// one element for the verifier, that of the initial namespace.
static __always_inline __u32 number_of(struct pid *pid, unsigned int level) {
  if (!pid) return 0;
  if (!level) return pid->numbers[0].nr;
  if (!bpf_core_field_exists(pid->numbers[1].nr)) return 0;
  // MAX_PID_NS_LEVEL
  NUMBERS(1) NUMBERS(5) NUMBERS(9) NUMBERS(13) NUMBERS(17) NUMBERS(21) NUMBERS(25) NUMBERS(29)
  return 0;
}

// The kernel goes through the tasks in the PID namespace of who has opened the file, without threads that have their
// first thread's table.
SEC("iter/task_file")
int read_descriptors(struct bpf_iter__task_file *context) {
  struct task_struct *task = context->task, *reader = (void *)bpf_get_current_task_btf();
  struct file *file = context->file;
  if (!task || !file)
    return write_end(context->meta, DESCRIPTORS_MAGIC, sizeof(struct descriptor_record), 0);
  unsigned int level = reader->thread_pid->level;
  struct descriptor_record record = {
    .started = task->group_leader->start_boottime, .tgid = number_of(task->group_leader->thread_pid, level),
    .fd = context->fd,
  };
  record.tid = task->pid == task->tgid ? record.tgid : number_of(task->thread_pid, level);
  struct socket *socket = bpf_sock_from_file(file);
  if (socket) {
    struct sock *sk = socket->sk;
    record.inode = file->f_inode->i_ino;
    if (is_tcp(sk)) {
      record.netns = sk->__sk_common.skc_net.net->ns.inum;
      record.state = sk->__sk_common.skc_state;
    }
  }
  bpf_seq_write(context->meta->seq, &record, sizeof record);
  return 0;
}
