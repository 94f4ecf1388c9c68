/*
 * System calls of sockets.  AF_UNIX, and the Internet families on this machine's own addresses, as in a Linux that has no interface but
 * lo; another family is EAFNOSUPPORT.
 */
#include "socket.h"

#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/uio.h>
#include <string.h>

#include "../fs/dentry.h"

#define FAMILY_BYTES  2u
#define ADDRESS_MAX   128u  /* struct sockaddr_storage */
#define MESSAGES_MAX  1024u /* of sendmmsg and recvmmsg */
#define FEW_PIECES    8u
#define MMSG_BYTES    64u /* struct mmsghdr: a struct msghdr and the bytes of the message */
#define SOCKFS_DEVICE 8u

struct message { /* struct msghdr */
    uint64_t name;
    uint32_t name_bytes, pad;
    uint64_t pieces, piece_count;
    uint64_t control, control_bytes;
    uint32_t flags, pad2;
};

struct address { /* what follows the family */
    uint16_t family;
    size_t bytes;
    char name[ADDRESS_MAX];
};

static const struct file_ops socket_ops;
static const struct inode_ops socket_inode_ops;
static const struct file_system sockfs = { .name = "sockfs", .is_virtual = true };
static struct super sockets = { .type = &sockfs, .device = SOCKFS_DEVICE };

/* ---- files ---- */

static long socket_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct received r = { 0 };
    long n = unix_receive(f->data, u, f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0, &r);

    (void)position;
    ancillary_drop(&r.beside);
    name_put(r.name);
    return n;
}

static long socket_write(struct file *f, struct uio *u, uint64_t *position)
{
    struct ancillary beside = { 0 };

    (void)position;
    return unix_send(f->data, u, NULL, 0, &beside, f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

static uint32_t socket_poll(struct file *f, struct poll_wait *p)
{
    struct socket *s = f->data;

    poll_add(p, &s->queue);
    return unix_events(s);
}

static long socket_ioctl(struct file *f, uint32_t command, uint64_t argument)
{
    struct socket *s = f->data;
    int bytes = 0;

    switch (command) {
    case FIONREAD:
        if (s->state == SOCKET_LISTENING) {
            return -EINVAL;
        }
        if (s->type == SOCK_STREAM) {
            bytes = (int)s->stream_bytes;
        } else if (!list_is_empty(&s->packets)) {
            bytes = (int)CONTAINER(s->packets.next, struct packet, link)->bytes;
        }
        break;
    case TIOCOUTQ:
        bytes = s->peer ? (int)s->peer->stream_bytes : 0;
        break;
    default:
        return -ENOTTY;
    }
    return copy_to_user(argument, &bytes, sizeof bytes);
}

static void socket_release(struct file *f)
{
    unix_close(f->data);
}

static const struct file_ops socket_ops = { .read = socket_read,
                                            .write = socket_write,
                                            .poll = socket_poll,
                                            .ioctl = socket_ioctl,
                                            .release = socket_release,
                                            .is_stream = true };

/* A descriptor for s, whose reference goes into it, also when this fails. */
static long socket_install(struct socket *s, uint32_t flags)
{
    static uint64_t number;
    struct inode *i = inode_new(&sockets, S_IFSOCK | 0777);
    struct file *f;

    if (i) {
        i->ops = &socket_inode_ops;
        i->number = ++number;
    }
    f = i ? file_alloc(&socket_ops, i, O_RDWR | (flags & O_NONBLOCK)) : NULL;
    if (!f) {
        if (i) {
            inode_put(i);
        }
        unix_close(s);
        return -ENOMEM;
    }
    f->data = s;
    return fd_install(f, 0, flags & O_CLOEXEC);
}

struct socket *socket_of(uint64_t fd, struct file **file, long *err)
{
    *file = fd_file((int)fd);
    *err = !*file ? -EBADF : (*file)->ops != &socket_ops ? -ENOTSOCK : 0;
    if (*err && *file) {
        if ((*file)->flags & O_PATH) {
            *err = -EBADF;
        }
        file_put(*file);
    }
    return *err ? NULL : (*file)->data;
}

/* ---- addresses ---- */

static int address_from_user(uint64_t at, uint64_t bytes, struct address *out)
{
    if (bytes > ADDRESS_MAX || (int)bytes < 0) {
        return -EINVAL;
    }
    if (bytes < FAMILY_BYTES) {
        return -EINVAL;
    }
    out->bytes = bytes - FAMILY_BYTES;
    if (copy_from_user(&out->family, at, FAMILY_BYTES) ||
        copy_from_user(out->name, at + FAMILY_BYTES, out->bytes)) {
        return -EFAULT;
    }
    return out->bytes > UNIX_NAME_MAX ? -EINVAL : 0;
}

/* A name as s sees it, as much of it as there is room for; *bytes: room before, its size afterwards.  NULL: none. */
static int address_to_user(const struct socket *s, struct unix_name *n, uint64_t at,
                           uint32_t *bytes)
{
    struct {
        uint16_t family;
        char name[UNIX_NAME_MAX + 1];
    } a = { .family = (uint16_t)s->family };
    const struct inet_place nowhere = { 0 };
    struct unix_name *seen = n;

    if (is_inet(s)) {
        seen = n ? inet_convert(n, s->family) : inet_name(&nowhere, s->family);
    }
    uint32_t size = FAMILY_BYTES + (seen ? seen->bytes : 0u), room = *bytes;

    if (seen) {
        memcpy(a.name, seen->text, seen->bytes);
    }
    if (is_inet(s)) {
        name_put(seen);
    }
    *bytes = size;
    return copy_to_user(at, &a, size < room ? size : room);
}

/* The same with the size in user memory, as accept and getsockname have it. */
static int address_out(const struct socket *s, struct unix_name *n, uint64_t at, uint64_t bytes_at)
{
    uint32_t bytes;
    int err;

    if (copy_from_user(&bytes, bytes_at, sizeof bytes)) {
        return -EFAULT;
    }
    if ((int)bytes < 0) {
        return -EINVAL;
    }
    err = address_to_user(s, n, at, &bytes);
    return err ? err : copy_to_user(bytes_at, &bytes, sizeof bytes);
}

/* ---- making, naming, connecting ---- */

uint64_t protocol_of(int type)
{
    return type == SOCK_STREAM ? 6 : 17;
}

static int check_kind(uint64_t family, uint64_t type, uint64_t protocol, int *out)
{
    int kind = (int)type & SOCK_TYPE;

    if (type & ~(uint64_t)(SOCK_TYPE | O_NONBLOCK | O_CLOEXEC)) {
        return -EINVAL;
    }
    if (family == AF_INET || family == AF_INET6) {
        *out = kind;
        return kind == 3 /* SOCK_RAW */                     ? -EPROTONOSUPPORT
               : kind != SOCK_STREAM && kind != SOCK_DGRAM  ? -ESOCKTNOSUPPORT
               : !protocol || protocol == protocol_of(kind) ? 0
                                                            : -EPROTONOSUPPORT;
    }
    if (family != AF_UNIX) {
        unimplemented("socket of family", family);
        return -EAFNOSUPPORT;
    }
    if (protocol && protocol != AF_UNIX) {
        return -EPROTONOSUPPORT;
    }
    *out = kind == 3 /* SOCK_RAW */ ? SOCK_DGRAM : kind;
    return *out == SOCK_STREAM || *out == SOCK_DGRAM || *out == SOCK_SEQPACKET ? 0
                                                                               : -ESOCKTNOSUPPORT;
}

long sys_socket(struct task *t, const uint64_t *a)
{
    int kind, err = check_kind((uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2], &kind);
    struct socket *s = err ? NULL : unix_new((int)a[0], kind);

    (void)t;
    return err ? err : s ? socket_install(s, (uint32_t)a[1]) : -ENOMEM;
}

long sys_socketpair(struct task *t, const uint64_t *a)
{
    int kind, err = check_kind((uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2], &kind);
    int32_t fd[2];

    if (err || a[0] != AF_UNIX) {
        return err ? err : -EOPNOTSUPP;
    }
    struct socket *s[2] = { unix_new(AF_UNIX, kind), unix_new(AF_UNIX, kind) };

    if (!s[0] || !s[1]) {
        heap_free(s[0]);
        heap_free(s[1]);
        return -ENOMEM;
    }
    unix_pair(s[0], s[1]);
    fd[0] = (int)socket_install(s[0], (uint32_t)a[1]);
    if (fd[0] < 0) {
        unix_close(s[1]);
        return fd[0];
    }
    fd[1] = (int)socket_install(s[1], (uint32_t)a[1]);
    if (fd[1] < 0 || copy_to_user(a[3], fd, sizeof fd)) {
        for (unsigned i = 0; i < 2; i++) {
            if (fd[i] >= 0) {
                (void)sys_close(t, &(uint64_t){ (uint64_t)fd[i] });
            }
        }
        return fd[1] < 0 ? fd[1] : -EFAULT;
    }
    return 0;
}

static int wrong_family(const struct socket *s)
{
    return is_inet(s) ? -EAFNOSUPPORT : -EINVAL;
}

long sys_bind(struct task *t, const uint64_t *a)
{
    struct address to;
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (s) {
        err = address_from_user(a[1], a[2], &to);
        err = err                      ? err
              : to.family != s->family ? wrong_family(s)
                                       : unix_bind(s, to.name, to.bytes);
        file_put(f);
    }
    return err;
}

long sys_listen(struct task *t, const uint64_t *a)
{
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (s) {
        err = unix_listen(s, (int)a[1]);
        file_put(f);
    }
    return err;
}

long sys_connect(struct task *t, const uint64_t *a)
{
    struct address to;
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (!s) {
        return err;
    }
    bool waits = !(f->flags & O_NONBLOCK), was_connecting = s->is_connecting;

    err = address_from_user(a[1], a[2], &to);
    if (!err && to.family == AF_UNSPEC) {
        err = unix_disconnect(s);
    } else if (!err && to.family != s->family) {
        err = wrong_family(s);
    } else if (!err) {
        err = unix_connect(s, to.name, to.bytes, waits);
        if (!err && is_inet(s) && s->type == SOCK_STREAM && !waits && !was_connecting) {
            s->is_connecting = true; /* programs expect that it takes time */
            err = -EINPROGRESS;
        }
    }
    file_put(f);
    return err;
}

static long accept_user(uint64_t fd, uint64_t at, uint64_t bytes_at, uint32_t flags)
{
    struct socket *s, *n;
    struct file *f;
    long err;

    if (flags & ~(uint32_t)(O_NONBLOCK | O_CLOEXEC)) {
        return -EINVAL;
    }
    s = socket_of(fd, &f, &err);
    if (!s) {
        return err;
    }
    err = unix_accept(s, !(f->flags & O_NONBLOCK), &n);
    file_put(f);
    if (!err && at) {
        err = address_out(n, n->peer ? n->peer->name : NULL, at, bytes_at);
        if (err) {
            unix_close(n);
        }
    }
    return err ? err : socket_install(n, flags);
}

long sys_accept(struct task *t, const uint64_t *a)
{
    (void)t;
    return accept_user(a[0], a[1], a[2], 0);
}

long sys_accept4(struct task *t, const uint64_t *a)
{
    (void)t;
    return accept_user(a[0], a[1], a[2], (uint32_t)a[3]);
}

long sys_getsockname(struct task *t, const uint64_t *a)
{
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (s) {
        err = address_out(s, s->name, a[1], a[2]);
        file_put(f);
    }
    return err;
}

long sys_getpeername(struct task *t, const uint64_t *a)
{
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (s) {
        struct unix_name *remote = s->has_remote ? inet_name(&s->remote, s->family) : NULL;

        err = remote    ? address_out(s, remote, a[1], a[2])
              : s->peer ? address_out(s, s->peer->name, a[1], a[2])
                        : -ENOTCONN;
        name_put(remote);
        file_put(f);
    }
    return err;
}

long sys_shutdown(struct task *t, const uint64_t *a)
{
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (s) {
        err = unix_shutdown(s, (int)a[1]);
        file_put(f);
    }
    return err;
}

/* ---- messages ---- */

static uint32_t with_file_flags(const struct file *f, uint64_t flags)
{
    return (uint32_t)flags | (f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

/* Send u to the address in user memory; at 0: none. */
static long send_addressed(struct socket *s, struct uio *u, uint64_t at, uint64_t bytes,
                           struct ancillary *beside, uint32_t flags)
{
    struct address to = { 0 };
    long err = at && bytes ? address_from_user(at, bytes, &to) : 0;

    if (!err && at && bytes && to.family != s->family) {
        err = wrong_family(s);
    }
    if (err) {
        ancillary_drop(beside);
        return err;
    }
    return unix_send(s, u, at && bytes ? to.name : NULL, to.bytes, beside, flags);
}

long sys_sendto(struct task *t, const uint64_t *a)
{
    struct ancillary beside = { 0 };
    struct iovec_user piece;
    struct uio u;
    struct file *f;
    long n;
    struct socket *s = socket_of(a[0], &f, &n);

    (void)t;
    if (s) {
        uio_user(&u, &piece, a[1], a[2]);
        n = send_addressed(s, &u, a[4], a[5], &beside, with_file_flags(f, a[3]));
        file_put(f);
    }
    return n;
}

/* Who sent it is known anyway. */
static bool no_address(const struct socket *s)
{
    return s->type == SOCK_STREAM;
}

static int put_no_address(uint64_t bytes_at)
{
    uint32_t none = 0;

    return bytes_at ? copy_to_user(bytes_at, &none, sizeof none) : 0;
}

long sys_recvfrom(struct task *t, const uint64_t *a)
{
    struct received r = { 0 };
    struct iovec_user piece;
    struct uio u;
    struct file *f;
    long n;
    struct socket *s = socket_of(a[0], &f, &n);

    (void)t;
    if (s) {
        uio_user(&u, &piece, a[1], a[2]);
        n = unix_receive(s, &u, with_file_flags(f, a[3]), &r);
        if (n >= 0 && a[4]) {
            int err = no_address(s) ? put_no_address(a[5]) : address_out(s, r.name, a[4], a[5]);

            n = err ? err : n;
        }
        ancillary_drop(&r.beside);
        name_put(r.name);
        file_put(f);
    }
    return n;
}

/* The stretch that a struct msghdr describes; *room is the caller's array, or freed by pieces_free. */
static int pieces_of(const struct message *m, struct uio *u, struct iovec_user *few,
                     struct iovec_user **room)
{
    *room = few;
    if (m->piece_count > UIO_MAXIOV) {
        return -EMSGSIZE;
    }
    if (m->piece_count > FEW_PIECES) {
        *room = heap_alloc(m->piece_count * sizeof **room);
    }
    return *room ? uio_vector(u, *room, m->pieces, m->piece_count) : -ENOMEM;
}

static void pieces_free(struct iovec_user *few, struct iovec_user *room)
{
    if (room != few) {
        heap_free(room);
    }
}

static long send_message(struct socket *s, uint64_t at, uint32_t flags)
{
    struct iovec_user few[FEW_PIECES], *room;
    struct ancillary beside = { 0 };
    struct message m;
    struct uio u;
    long n;

    if (copy_from_user(&m, at, sizeof m)) {
        return -EFAULT;
    }
    n = pieces_of(&m, &u, few, &room);
    n = n ? n : m.control ? control_take(m.control, m.control_bytes, &beside) : 0;
    if (!n) {
        n = send_addressed(s, &u, m.name, m.name_bytes, &beside, flags);
    }
    pieces_free(few, room);
    return n;
}

static long receive_message(struct socket *s, uint64_t at, uint32_t flags)
{
    struct iovec_user few[FEW_PIECES], *room;
    struct received r = { 0 };
    struct message m;
    struct uio u;
    long n, used = 0;

    if (copy_from_user(&m, at, sizeof m)) {
        return -EFAULT;
    }
    n = pieces_of(&m, &u, few, &room);
    n = n ? n : unix_receive(s, &u, flags, &r);
    pieces_free(few, room);
    if (n >= 0) {
        r.flags |= flags & MSG_CMSG_CLOEXEC;
        used = control_give(m.control, m.control ? m.control_bytes : 0, &r.beside,
                            s->wants_credentials, flags & MSG_CMSG_CLOEXEC, &r.flags);
        n = used < 0 ? used : n;
    }
    if (n >= 0 && m.name) {
        int err = no_address(s) ? 0 : address_to_user(s, r.name, m.name, &m.name_bytes);

        m.name_bytes = no_address(s) ? 0 : m.name_bytes;
        n = err ? err : n;
    }
    if (n >= 0) {
        m.control_bytes = (uint64_t)used;
        m.flags = r.flags;
        n = copy_to_user(at, &m, sizeof m) ? -EFAULT : n;
    }
    ancillary_drop(&r.beside);
    name_put(r.name);
    return n;
}

/* Several messages: how many, or the first one's error. */
static long many(struct socket *s, uint64_t at, uint64_t count, uint32_t flags, bool send)
{
    long done = 0, n = 0;

    count = count < MESSAGES_MAX ? count : MESSAGES_MAX;
    while ((uint64_t)done < count) {
        uint64_t here = at + (uint64_t)done * MMSG_BYTES;
        uint32_t bytes;

        n = send ? send_message(s, here, flags) : receive_message(s, here, flags & ~MSG_WAITFORONE);
        bytes = (uint32_t)n;
        if (n >= 0 && copy_to_user(here + sizeof(struct message), &bytes, sizeof bytes)) {
            n = -EFAULT;
        }
        if (n < 0) {
            break;
        }
        done++;
        flags |= flags & MSG_WAITFORONE ? MSG_DONTWAIT : 0;
    }
    return done ? done : n < 0 ? n : 0;
}

/* One message or several; flags: of the call. */
static long messages(const uint64_t *a, bool is_one, uint64_t flags, bool send)
{
    struct file *f;
    long n;
    struct socket *s = socket_of(a[0], &f, &n);

    if (s) {
        uint32_t all = with_file_flags(f, flags);

        if (!is_one && !send && a[4]) {
            unimplemented("recvmmsg with a timeout", 0);
        }
        n = !is_one ? many(s, a[1], (uint32_t)a[2], all, send)
            : send  ? send_message(s, a[1], all)
                    : receive_message(s, a[1], all);
        file_put(f);
    }
    return n;
}

long sys_sendmsg(struct task *t, const uint64_t *a)
{
    (void)t;
    return messages(a, true, a[2], true);
}

long sys_recvmsg(struct task *t, const uint64_t *a)
{
    (void)t;
    return messages(a, true, a[2], false);
}

long sys_sendmmsg(struct task *t, const uint64_t *a)
{
    (void)t;
    return messages(a, false, a[3], true);
}

long sys_recvmmsg(struct task *t, const uint64_t *a)
{
    (void)t;
    return messages(a, false, a[3], false);
}

static const struct inode_ops socket_inode_ops = { 0 };
