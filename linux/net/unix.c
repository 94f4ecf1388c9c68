/* Sockets between processes; see socket.h. */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>

#include "../fs/dentry.h"
#include "socket.h"

static struct list abstract = { &abstract, &abstract };

struct sender sender_now(void)
{
    const struct credentials *c = &current->process->cred;

    return (struct sender){ current->process->pid, c->euid, c->egid };
}

/* ---- life ---- */

struct socket *unix_new(int family, int type)
{
    struct socket *s = heap_alloc(sizeof *s);

    if (s) {
        s->refs = 1;
        s->family = family;
        s->type = type;
        s->send_room = s->receive_room = UNIX_ROOM;
        s->self_is = sender_now();
        list_init(&s->senders);
        list_init(&s->sending);
        list_init(&s->bound);
        list_init(&s->packets);
        list_init(&s->pending);
        list_init(&s->pending_link);
        wait_queue_init(&s->queue);
        lock_init(&s->lock);
    }
    return s;
}

void name_put(struct unix_name *n)
{
    if (n && --n->refs == 0) {
        heap_free(n);
    }
}

static struct unix_name *name_get(struct unix_name *n)
{
    if (n) {
        n->refs++;
    }
    return n;
}

void socket_get(struct socket *s)
{
    s->refs++;
}

void socket_put(struct socket *s)
{
    if (--s->refs == 0) {
        name_put(s->name);
        heap_free(s);
    }
}

static void packet_free(struct packet *p)
{
    struct ancillary a = { p->file, p->files, false, { 0 } };

    ancillary_drop(&a);
    name_put(p->name);
    heap_free(p);
}

static void packet_remove(struct socket *s, struct packet *p)
{
    list_remove(&p->link);
    s->waiting--;
    s->waiting_bytes -= p->bytes + PACKET_OVERHEAD;
}

/* Whoever may want to send to s looks again. */
static void tell_senders(struct socket *s)
{
    if (s->type != SOCK_DGRAM) {
        if (s->peer) {
            wake_all(&s->peer->queue, EPOLLOUT | EPOLLWRNORM);
        }
        return;
    }
    wake_all(&s->queue, 0); /* who sends without being connected waits here */
    LIST_FOR(l, &s->senders)
    {
        wake_all(&CONTAINER(l, struct socket, sending)->queue, EPOLLOUT | EPOLLWRNORM);
    }
}

static void leave_peer(struct socket *s)
{
    struct socket *peer = s->peer;

    s->peer = NULL;
    list_remove(&s->sending);
    if (peer) {
        socket_put(peer);
    }
}

void unix_close(struct socket *s)
{
    bool was_unread = !list_is_empty(&s->packets);

    s->state = SOCKET_CLOSED;
    list_remove(&s->bound);
    if (s->inode) {
        s->inode->pipe_or_socket = NULL;
        inode_put(s->inode);
        s->inode = NULL;
    }
    while (!list_is_empty(&s->pending)) {
        struct socket *p = CONTAINER(s->pending.next, struct socket, pending_link);

        list_remove(&p->pending_link);
        p->peer->error = ECONNRESET;
        unix_close(p);
    }
    while (!list_is_empty(&s->packets)) {
        struct packet *p = CONTAINER(s->packets.next, struct packet, link);

        packet_remove(s, p);
        packet_free(p);
    }
    if (s->peer && s->type != SOCK_DGRAM) {
        if (was_unread) {
            s->peer->error = ECONNRESET;
        }
        wake_all(&s->peer->queue, EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP);
    }
    tell_senders(s);
    leave_peer(s);
    wake_all(&s->queue, EPOLLHUP);
    socket_put(s);
}

static void join(struct socket *a, struct socket *b)
{
    a->peer = b;
    socket_get(b);
    a->state = SOCKET_CONNECTED;
    if (a->type == SOCK_DGRAM) {
        list_append(&b->senders, &a->sending);
    }
}

void unix_pair(struct socket *a, struct socket *b)
{
    join(a, b);
    join(b, a);
    a->peer_is = b->peer_is = sender_now();
}

/* ---- names ---- */

struct unix_name *name_new(int family, const char *text, size_t bytes)
{
    struct unix_name *n = heap_alloc(sizeof *n);

    if (n) {
        n->refs = 1;
        n->family = (uint16_t)family;
        n->bytes = (uint16_t)bytes;
        memcpy(n->text, text, bytes);
    }
    return n;
}

static struct socket *find_abstract(const char *name, size_t bytes, int type)
{
    LIST_FOR(l, &abstract)
    {
        struct socket *s = CONTAINER(l, struct socket, bound);

        if (s->name->bytes == bytes && memcmp(s->name->text, name, bytes) == 0 &&
            (!type || s->type == type)) {
            return s;
        }
    }
    return NULL;
}

/* The socket bound to that address, with a reference. */
static int find(const struct socket *from, const char *name, size_t bytes, struct socket **out)
{
    int type = from->type;
    char text[UNIX_NAME_MAX + 1] = { 0 };
    struct socket *s;
    int err = 0;

    if (is_inet(from)) {
        return inet_find(from, name, bytes, out);
    }
    if (!bytes) {
        return -EINVAL;
    }
    if (!name[0]) {
        s = find_abstract(name, bytes, type);
        s = s ? s : find_abstract(name, bytes, 0);
        if (s) {
            socket_get(s);
        }
    } else {
        struct path p;

        memcpy(text, name, bytes);
        err = path_walk(AT_FDCWD, text, WALK_FOLLOW, &p);
        if (err) {
            return err;
        }
        struct inode *i = p.dentry->inode;

        err = inode_may(i, MAY_WRITE);
        s = (i->mode & S_IFMT) == S_IFSOCK ? i->pipe_or_socket : NULL;
        err = err ? err : s ? 0 : -ECONNREFUSED;
        if (!err) {
            socket_get(s);
        }
        path_put(&p);
        if (err) {
            return err;
        }
    }
    if (!s) {
        return -ECONNREFUSED;
    }
    if (s->type != type) {
        socket_put(s);
        return -EPROTOTYPE;
    }
    *out = s;
    return 0;
}

static int bind_any(struct socket *s)
{
    static uint32_t last;
    char text[8] = { 0 };

    for (unsigned n = 0; n < 0x100000; n++) {
        (void)snprintf(text + 1, sizeof text - 1, "%05x", (unsigned)(last++ & 0xfffff));
        if (!find_abstract(text, 6, 0)) {
            s->name = name_new(AF_UNIX, text, 6);
            if (!s->name) {
                return -ENOMEM;
            }
            list_append(&abstract, &s->bound);
            return 0;
        }
    }
    return -ENOSPC;
}

int unix_bind(struct socket *s, const char *name, size_t bytes)
{
    char text[UNIX_NAME_MAX + 1] = { 0 };
    struct unix_name *n;
    int err = 0;

    if (is_inet(s)) {
        return s->name ? -EINVAL : inet_bind(s, name, bytes);
    }
    if (!bytes) {
        return s->name ? 0 : bind_any(s);
    }
    if (s->name) {
        return -EINVAL;
    }
    memcpy(text, name, bytes);
    if (text[0]) { /* the NUL counts */
        bytes = strlen(text) + 1;
    } else if (find_abstract(text, bytes, s->type)) {
        return -EADDRINUSE;
    }
    n = name_new(AF_UNIX, text, bytes);
    if (!n) {
        return -ENOMEM;
    }
    if (!text[0]) {
        list_append(&abstract, &s->bound);
    } else {
        err = make_socket_node(text, &s->inode);
        if (err) {
            name_put(n);
            return err == -EEXIST ? -EADDRINUSE : err;
        }
        s->inode->pipe_or_socket = s;
    }
    s->name = n;
    return 0;
}

/* ---- connections ---- */

static uint64_t deadline_of(uint64_t limit_ns)
{
    return limit_ns ? now_ns() + limit_ns : TIME_NEVER;
}

/* Wait for s.  With a time limit a signal is EINTR: the time would begin anew. */
static int wait_for(struct socket *s, uint64_t deadline)
{
    int err = wait_on(&s->queue, deadline, WAIT_INTERRUPTIBLE);

    return err == -ETIMEDOUT                               ? -EAGAIN
           : err == -ERESTARTSYS && deadline != TIME_NEVER ? -EINTR
                                                           : err;
}

int unix_listen(struct socket *s, int backlog)
{
    if (s->type == SOCK_DGRAM) {
        return -EOPNOTSUPP;
    }
    if (!s->name && is_inet(s) && inet_bind(s, NULL, 0)) {
        return -EADDRINUSE;
    }
    if (!s->name || (s->state != SOCKET_UNCONNECTED && s->state != SOCKET_LISTENING)) {
        return -EINVAL;
    }
    s->backlog = (unsigned)backlog > 4096 ? 4096 : (unsigned)backlog;
    s->state = SOCKET_LISTENING;
    s->self_is = sender_now();
    wake_all(&s->queue, EPOLLOUT);
    return 0;
}

static int connect_stream(struct socket *s, struct socket *to, const char *name, size_t bytes,
                          bool wait)
{
    uint64_t deadline = deadline_of(s->send_ns);
    struct socket *n;

    for (;;) {
        if (s->state != SOCKET_UNCONNECTED) {
            return s->state == SOCKET_CONNECTED ? -EISCONN : -EINVAL;
        }
        if (to->state != SOCKET_LISTENING || to->shut_read) {
            return -ECONNREFUSED;
        }
        if (to->pending_count <= to->backlog) {
            break;
        }
        int err = wait ? wait_for(to, deadline) : -EAGAIN;

        if (err) {
            return err;
        }
    }
    n = unix_new(to->family, s->type);
    if (!n) {
        return -ENOMEM;
    }
    if (is_inet(s)) {
        int err = inet_connected(s, n, name, bytes);

        if (err) {
            socket_put(n);
            return err;
        }
    } else {
        n->name = name_get(to->name);
    }
    join(s, n);
    join(n, s);
    n->wants_credentials = to->wants_credentials;
    n->peer_is = s->self_is = sender_now();
    s->peer_is = to->self_is;
    list_append(&to->pending, &n->pending_link);
    to->pending_count++;
    wake_all(&to->queue, EPOLLIN | EPOLLRDNORM);
    wake_all(&s->queue, EPOLLOUT);
    return 0;
}

int unix_connect(struct socket *s, const char *name, size_t bytes, bool wait)
{
    struct socket *to;
    int err;

    if (is_inet(s) && s->type == SOCK_DGRAM) {
        return inet_set_remote(s, name, bytes);
    }
    if (s->is_connecting) { /* the second call of one that does not wait */
        s->is_connecting = false;
        return 0;
    }
    err = find(s, name, bytes, &to);
    if (err) {
        return err;
    }
    if (s->type != SOCK_DGRAM) {
        err = connect_stream(s, to, name, bytes, wait);
    } else if (to->peer && to->peer != s) {
        err = -EPERM;
    } else {
        leave_peer(s);
        join(s, to);
        wake_all(&s->queue, EPOLLOUT);
    }
    socket_put(to);
    return err;
}

int unix_disconnect(struct socket *s)
{
    if (s->type != SOCK_DGRAM) {
        return -EINVAL;
    }
    leave_peer(s);
    s->has_remote = false;
    s->state = SOCKET_UNCONNECTED;
    return 0;
}

int unix_accept(struct socket *s, bool wait, struct socket **out)
{
    uint64_t deadline = deadline_of(s->receive_ns);

    if (s->type == SOCK_DGRAM) {
        return -EOPNOTSUPP;
    }
    for (;;) {
        if (s->state != SOCKET_LISTENING || s->shut_read) {
            return -EINVAL;
        }
        if (!list_is_empty(&s->pending)) {
            break;
        }
        int err = wait ? wait_for(s, deadline) : -EAGAIN;

        if (err) {
            return err;
        }
    }
    *out = CONTAINER(s->pending.next, struct socket, pending_link);
    list_remove(&(*out)->pending_link);
    s->pending_count--;
    wake_all(&s->queue, 0); /* who waits to be connected */
    return 0;
}

int unix_shutdown(struct socket *s, int how)
{
    if (how < 0 || how > 2) {
        return -EINVAL;
    }
    if (s->state == SOCKET_UNCONNECTED) {
        return -ENOTCONN;
    }
    s->shut_read |= how != 1;
    s->shut_write |= how != 0;
    if (s->peer && s->type != SOCK_DGRAM) {
        s->peer->shut_read |= how != 0;
        s->peer->shut_write |= how != 1;
        wake_all(&s->peer->queue, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    }
    wake_all(&s->queue, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    return 0;
}

/* ---- sending ---- */

static bool has_room(const struct socket *s, const struct socket *to, size_t bytes)
{
    if (s->type == SOCK_DGRAM && to->peer != s && to->waiting > UNIX_DATAGRAMS) {
        return false;
    }
    return to->waiting_bytes + bytes + PACKET_OVERHEAD <= s->send_room;
}

/* Bytes of a stream that are one packet. */
static uint32_t piece_of(const struct socket *s)
{
    return s->send_room / 2 < UNIX_PACKET ? s->send_room / 2 : UNIX_PACKET;
}

static int may_send(const struct socket *s, const struct socket *to)
{
    if (s->type != SOCK_DGRAM) {
        return s->shut_write || to->state == SOCKET_CLOSED || to->shut_read ? -EPIPE : 0;
    }
    return s->shut_write || to->shut_read ? -EPIPE
           : to->state == SOCKET_CLOSED   ? -ECONNREFUSED
           : to->peer && to->peer != s    ? -EPERM
                                          : 0;
}

int unix_deliver(struct socket *s, struct socket *to, struct uio *u, size_t bytes,
                 struct ancillary *beside)
{
    struct packet *p = heap_alloc(sizeof *p + bytes);
    int err;

    if (!p) {
        return -ENOBUFS;
    }
    if (uio_get(u, p->data, bytes) != bytes) {
        heap_free(p);
        return -EFAULT;
    }
    err = may_send(s, to); /* the copying may have waited */
    if (err) {
        heap_free(p);
        return err;
    }
    p->bytes = (uint32_t)bytes;
    p->from = beside->has_sender ? beside->from : sender_now();
    p->name = name_get(s->name);
    p->file = beside->file;
    p->files = beside->files;
    beside->file = NULL;
    beside->files = 0;
    list_append(&to->packets, &p->link);
    to->waiting++;
    to->waiting_bytes += p->bytes + PACKET_OVERHEAD;
    to->stream_bytes += p->bytes;
    wake_all(&to->queue, EPOLLIN | EPOLLRDNORM);
    return 0;
}

/* Wait until the receiver has room: a connected socket at its own queue, where tell_senders wakes it. */
static int wait_to_send(struct socket *s, struct socket *to, uint64_t deadline)
{
    return wait_for(s->peer == to ? s : to, deadline);
}

static long send_to(struct socket *s, struct socket *to, struct uio *u, struct ancillary *beside,
                    uint32_t flags)
{
    uint64_t deadline = deadline_of(s->send_ns);
    bool is_stream = s->type == SOCK_STREAM;
    long done = 0;
    int err = 0;

    if (!is_stream && u->left + PACKET_OVERHEAD > s->send_room) {
        return -EMSGSIZE;
    }
    do {
        size_t part = is_stream && u->left > piece_of(s) ? piece_of(s) : u->left;

        err = may_send(s, to);
        while (!err && !has_room(s, to, part)) {
            err = flags & MSG_DONTWAIT ? -EAGAIN : wait_to_send(s, to, deadline);
            err = err ? err : may_send(s, to);
        }
        err = err ? err : unix_deliver(s, to, u, part, beside);
        done += err ? 0 : (long)part;
    } while (!err && is_stream && u->left);
    return done ? done : err;
}

long unix_send(struct socket *s, struct uio *u, const char *name, size_t bytes,
               struct ancillary *beside, uint32_t flags)
{
    struct socket *to = s->peer;
    long n = 0;

    if (is_inet(s) && s->type == SOCK_DGRAM && !(flags & MSG_OOB)) {
        n = name || s->has_remote ? inet_send(s, u, name, bytes, beside) : -EDESTADDRREQ;
        ancillary_drop(beside);
        return n;
    }
    name = is_inet(s) ? NULL : name; /* TCP: it goes where it is connected to */

    if (flags & MSG_OOB) {
        n = -EOPNOTSUPP;
    } else if (name && s->type == SOCK_DGRAM) {
        n = find(s, name, bytes, &to);
    } else if (name && s->type == SOCK_STREAM) {
        n = s->state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    } else if (!to) {
        n = s->type == SOCK_STREAM && (s->shut_write || is_inet(s)) ? -EPIPE : -ENOTCONN;
    } else {
        socket_get(to);
    }
    if (!n && s->type == SOCK_STREAM && !u->left) {
        socket_put(to);
    } else if (!n) {
        n = send_to(s, to, u, beside, flags);
        socket_put(to);
    }
    ancillary_drop(beside);
    if (n == -EPIPE && s->type != SOCK_DGRAM && !(flags & MSG_NOSIGNAL)) {
        signal_send_task(current, SIGPIPE, NULL);
    }
    return n;
}

/* ---- receiving ---- */

/* The first packet, waited for; NULL and *err: 0 is the end of the stream. */
static struct packet *first_packet(struct socket *s, uint32_t flags, uint64_t deadline, int *err)
{
    for (;;) {
        if (!list_is_empty(&s->packets)) {
            return CONTAINER(s->packets.next, struct packet, link);
        }
        *err = -s->error;
        s->error = 0;
        if (*err) {
            return NULL;
        }
        if (s->shut_read ||
            (s->type != SOCK_DGRAM && (!s->peer || s->peer->state == SOCKET_CLOSED))) {
            return NULL;
        }
        *err = flags & MSG_DONTWAIT ? -EAGAIN : 0;
        if (!*err) {
            lock_drop(&s->lock);
            *err = wait_for(s, deadline);
            lock_take(&s->lock);
        }
        if (*err) {
            return NULL;
        }
    }
}

/* The receiver's files: those of the packet, or, if it stays, references of its own. */
static int take_files(struct packet *p, bool stays, struct ancillary *to)
{
    if (!p->files) {
        return 0;
    }
    to->file = p->file;
    to->files = p->files;
    if (stays) {
        to->file = heap_alloc(p->files * sizeof *p->file);
        if (!to->file) {
            return -ENOMEM;
        }
        for (unsigned i = 0; i < p->files; i++) {
            to->file[i] = p->file[i];
            file_get(p->file[i]);
        }
    } else {
        p->file = NULL;
        p->files = 0;
    }
    return 0;
}

static void about_sender(struct packet *p, struct received *r)
{
    r->beside.from = p->from;
    r->beside.has_sender = true;
    name_put(r->name);
    r->name = name_get(p->name);
}

static long receive_stream(struct socket *s, struct uio *u, uint32_t flags, struct received *r)
{
    uint64_t deadline = deadline_of(s->receive_ns);
    long done = 0;
    int err = 0;

    while (u->left) {
        bool may_end = done && !(flags & MSG_WAITALL);

        if (may_end && list_is_empty(&s->packets)) {
            break;
        }
        struct packet *p = first_packet(s, flags, deadline, &err);

        if (!p || (done && (p->files || (s->wants_credentials &&
                                         memcmp(&p->from, &r->beside.from, sizeof p->from))))) {
            break;
        }
        size_t part = p->bytes - p->done;
        size_t n = uio_put(u, p->data + p->done, part < u->left ? part : u->left);

        if (!n) {
            err = -EFAULT;
            break;
        }
        about_sender(p, r);
        done += (long)n;
        bool had_files = p->files;

        err = take_files(p, flags & MSG_PEEK, &r->beside);
        if (err || flags & MSG_PEEK) {
            break;
        }
        p->done += (uint32_t)n;
        s->stream_bytes -= (uint32_t)n;
        if (p->done == p->bytes) {
            packet_remove(s, p);
            packet_free(p);
            tell_senders(s);
        }
        if (had_files) {
            break;
        }
    }
    return done ? done : err;
}

static long receive_message(struct socket *s, struct uio *u, uint32_t flags, struct received *r)
{
    int err = 0;
    struct packet *p = first_packet(s, flags, deadline_of(s->receive_ns), &err);

    if (!p) {
        return err;
    }
    size_t most = p->bytes < u->left ? p->bytes : u->left;

    if (uio_put(u, p->data, most) != most) {
        return -EFAULT;
    }
    long n = (long)(flags & MSG_TRUNC ? p->bytes : most);

    r->flags |= most < p->bytes ? MSG_TRUNC : 0;
    about_sender(p, r);
    err = take_files(p, flags & MSG_PEEK, &r->beside);
    if (!(flags & MSG_PEEK)) {
        packet_remove(s, p);
        s->stream_bytes -= p->bytes;
        packet_free(p);
        tell_senders(s);
    }
    return err ? err : n;
}

long unix_receive(struct socket *s, struct uio *u, uint32_t flags, struct received *r)
{
    long n;

    if (flags & MSG_OOB) {
        return -EOPNOTSUPP;
    }
    if (s->type != SOCK_DGRAM && s->state != SOCKET_CONNECTED) {
        return s->type == SOCK_STREAM && !is_inet(s) ? -EINVAL : -ENOTCONN;
    }
    lock_take(&s->lock);
    n = s->type == SOCK_STREAM ? receive_stream(s, u, flags, r) : receive_message(s, u, flags, r);
    lock_drop(&s->lock);
    return n;
}

/* ---- events ---- */

uint32_t unix_events(struct socket *s)
{
    bool is_connected = s->type != SOCK_DGRAM && s->peer;
    bool is_over = is_connected && s->peer->state == SOCKET_CLOSED;
    uint32_t events = s->error ? EPOLLERR : 0;

    if (s->state == SOCKET_LISTENING) {
        return events | (list_is_empty(&s->pending) ? 0 : EPOLLIN | EPOLLRDNORM);
    }
    if (!list_is_empty(&s->packets) || s->shut_read || is_over) {
        events |= EPOLLIN | EPOLLRDNORM;
    }
    events |= s->shut_read || is_over ? EPOLLRDHUP : 0;
    events |= (s->shut_read && s->shut_write) || is_over ||
                      (s->type != SOCK_DGRAM && s->state == SOCKET_UNCONNECTED)
                  ? EPOLLHUP
                  : 0;
    if (!s->peer || is_over || has_room(s, s->peer, s->type == SOCK_STREAM ? piece_of(s) : 0)) {
        events |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
    }
    return events;
}
