/*
 * Sockets between processes of this machine: AF_UNIX (unix(7)), and AF_INET and AF_INET6 on the loopback addresses (inet.c).  Numbers are Linux's (include/linux/socket.h, asm-generic/socket.h).
 *
 *   stream, seqpacket:  UNCONNECTED --bind, listen--> LISTENING
 *                            |                           |  pending: what accept will take
 *                            +------- connect -----------+--> CONNECTED <--> CONNECTED
 *   datagram:           UNCONNECTED --connect--> has a peer, whose `senders` it is in; each datagram may name another receiver
 *   any:                the last descriptor is closed --> CLOSED; lives on while a peer points to it
 *
 * Bytes and datagrams wait as packets at the receiver.  A socket's own queue is woken when its packets, its room to send, its state
 * or its peer's state change.
 */
#ifndef LINUX_NET_SOCKET_H
#define LINUX_NET_SOCKET_H

#include <asm/socket.h>

#include "../fs/vfs.h"
#include "../task/task.h"

#define AF_UNSPEC 0
#define AF_UNIX   1
#define AF_INET   2
#define AF_INET6  10

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_SEQPACKET 5
#define SOCK_TYPE      0xf /* the rest of that argument is flags */

#define MSG_OOB          0x1u
#define MSG_PEEK         0x2u
#define MSG_CTRUNC       0x8u
#define MSG_TRUNC        0x20u
#define MSG_DONTWAIT     0x40u
#define MSG_EOR          0x80u
#define MSG_WAITALL      0x100u
#define MSG_NOSIGNAL     0x4000u
#define MSG_WAITFORONE   0x10000u
#define MSG_CMSG_CLOEXEC 0x40000000u

#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2
#define SCM_FILES_MAX   253u /* of one message */

#define UNIX_NAME_MAX   108u
#define UNIX_ROOM       212992u /* net.core.wmem_default */
#define UNIX_DATAGRAMS  10u     /* net.unix.max_dgram_qlen */
#define INET_DATAGRAM   65507u  /* 65,535 less the headers of IP and UDP */
#define UNIX_PACKET     16384u  /* bytes of a stream in one packet */
#define PACKET_OVERHEAD 256u    /* what a packet counts beside its bytes */

/* struct ucred */
struct sender {
    int pid;
    uint32_t uid, gid;
};

/*
 * An address: what follows the family in a struct sockaddr_*.  AF_UNIX: a path (NUL-terminated), or, if its first byte is 0, an
 * abstract name.
 */
struct unix_name {
    uint32_t refs;
    uint16_t family, bytes;
    char text[UNIX_NAME_MAX + 1];
};

struct packet {
    struct list link;
    uint32_t bytes, done; /* done: of a stream, read before */
    struct sender from;
    struct unix_name *name; /* of the sender; NULL: has none */
    struct file **file;     /* [files], references */
    unsigned files;
    uint8_t data[];
};

enum socket_state { SOCKET_UNCONNECTED, SOCKET_LISTENING, SOCKET_CONNECTED, SOCKET_CLOSED };

/* Where a socket of the Internet families is: IPv4 as ::ffff:a.b.c.d. */
struct inet_place {
    uint8_t address[16];
    uint16_t port;
};

struct socket {
    uint32_t refs;
    int family, type;
    enum socket_state state;
    struct socket *peer; /* a reference */
    struct list senders,
        sending; /* datagrams: who is connected to this one; its place among those of its peer */
    struct unix_name *name; /* NULL: not bound */
    struct inode *inode;    /* bound to a path: its reference */
    struct list bound;      /* among the abstract names */
    struct list packets;
    uint32_t waiting_bytes, waiting; /* bytes (with overhead) and number of packets */
    uint32_t stream_bytes;           /* that can be read */
    struct list pending, pending_link;
    unsigned pending_count, backlog;
    struct wait_queue queue;
    struct lock lock; /* one receiver copies at a time */
    bool shut_read, shut_write, wants_credentials;
    int error; /* SO_ERROR: an errno, positive */
    struct sender self_is, peer_is;
    struct inet_place local, remote; /* Internet; remote: of connected datagrams */
    bool has_remote, may_share, is_v6_only, has_no_delay, is_connecting;
    uint64_t receive_ns, send_ns; /* time limits; 0: none */
    uint32_t send_room, receive_room;
};

/* What goes beside the bytes of a message. */
struct ancillary {
    struct file **file; /* [files], references; heap */
    unsigned files;
    bool has_sender;
    struct sender from;
};

/* What a receiver gets beside the bytes. */
struct received {
    uint32_t flags;         /* MSG_TRUNC, MSG_EOR */
    struct unix_name *name; /* a reference, or NULL */
    struct ancillary beside;
};

/* ---- socket.c ---- */

/* The socket of a descriptor; *file: to be put.  NULL: *err. */
struct socket *socket_of(uint64_t fd, struct file **file, long *err);
/* IPPROTO_TCP or IPPROTO_UDP */
uint64_t protocol_of(int type);

/* ---- unix.c ---- */

struct socket *unix_new(int family, int type);
void socket_get(struct socket *s);
void socket_put(struct socket *s);
/* No descriptor is left. */
void unix_close(struct socket *s);
void unix_pair(struct socket *a, struct socket *b);
/* bytes: of the name behind the family; 0: any free abstract name. */
int unix_bind(struct socket *s, const char *name, size_t bytes);
int unix_listen(struct socket *s, int backlog);
int unix_connect(struct socket *s, const char *name, size_t bytes, bool wait);
int unix_disconnect(struct socket *s);
/* The next connection; its first reference. */
int unix_accept(struct socket *s, bool wait, struct socket **out);
/* name NULL: to the peer.  Takes over what is beside it, also when it fails. */
long unix_send(struct socket *s, struct uio *u, const char *name, size_t bytes,
               struct ancillary *beside, uint32_t flags);
long unix_receive(struct socket *s, struct uio *u, uint32_t flags, struct received *r);
int unix_shutdown(struct socket *s, int how);
uint32_t unix_events(struct socket *s);
/* One packet with the next `bytes` of u, put at the receiver.  Takes over what is beside it if it succeeds. */
int unix_deliver(struct socket *s, struct socket *to, struct uio *u, size_t bytes,
                 struct ancillary *beside);
/* Who the running task is. */
struct sender sender_now(void);
struct unix_name *name_new(int family, const char *text, size_t bytes);
void name_put(struct unix_name *n);

/* ---- inet.c ---- */

static inline bool is_inet(const struct socket *s)
{
    return s->family != AF_UNIX;
}
/* name NULL: any port of any address. */
int inet_bind(struct socket *s, const char *name, size_t bytes);
/* The socket at that address, with a reference: -ENETUNREACH, -ECONNREFUSED. */
int inet_find(const struct socket *s, const char *name, size_t bytes, struct socket **out);
/* s has been connected to that address: it is the local one, and that of the socket n at the other end. */
int inet_connected(struct socket *s, struct socket *n, const char *name, size_t bytes);
/* Datagrams go there, and come from nowhere else. */
int inet_set_remote(struct socket *s, const char *name, size_t bytes);
/* The socket that s's datagrams go to. */
int inet_find_remote(const struct socket *s, struct socket **out);
/* Does `to` take datagrams of s? */
bool inet_accepts(const struct socket *to, const struct socket *s);
/* A datagram to that address, or (NULL) to the remote one: it arrives, or it is lost. */
long inet_send(struct socket *s, struct uio *u, const char *name, size_t bytes,
               struct ancillary *beside);
/* A place as an address of the family. */
struct unix_name *inet_name(const struct inet_place *p, int family);
/* The name as a socket of the family sees it; a reference. */
struct unix_name *inet_convert(struct unix_name *n, int family);

/* ---- control.c ---- */

/* Ancillary data in user memory to be sent: -EINVAL, -EPERM, -EBADF ... */
int control_take(uint64_t at, uint64_t bytes, struct ancillary *out);
/* What was received, to user memory with room for so many bytes; the rest is dropped: MSG_CTRUNC in *flags.  Bytes. */
long control_give(uint64_t at, uint64_t room, struct ancillary *beside, bool wants_sender,
                  bool close_on_exec, uint32_t *flags);
void ancillary_drop(struct ancillary *a);

#endif
