/*
 * The Internet families on this machine's own addresses: 127.0.0.0/8, ::1, and those that mean any of them.  A connection is a pair of
 * sockets like that of AF_UNIX: no packet is made, nothing is lost but datagrams for which there is no room.  What is elsewhere
 * cannot be reached: ENETUNREACH.
 */
#include <string.h>

#include "socket.h"

#define IN4_BYTES     14u /* of struct sockaddr_in behind the family: port, address, zeros */
#define IN4_LEAST     14u
#define IN6_BYTES     26u    /* port, flow, address, scope */
#define IN6_LEAST     22u    /* without the scope (RFC 2133) */
#define PORT_FIRST    32768u /* net.ipv4.ip_local_port_range */
#define PORT_LAST     60999u
#define PORT_RESERVED 1024u

static struct list places = { &places, &places };

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };
static const uint8_t any[16], loopback6[16] = { [15] = 1 };

/* ---- addresses ---- */

static bool is_v4(const uint8_t *address)
{
    return memcmp(address, v4_prefix, sizeof v4_prefix) == 0;
}

static bool is_any(const uint8_t *address)
{
    return memcmp(address, any, sizeof any) == 0 ||
           (is_v4(address) && memcmp(address + 12, any, 4) == 0);
}

static bool is_own(const uint8_t *address)
{
    return is_any(address) || memcmp(address, loopback6, sizeof loopback6) == 0 ||
           (is_v4(address) && address[12] == 127);
}

static int place_of(const struct socket *s, const char *name, size_t bytes, struct inet_place *out)
{
    const uint8_t *b = (const uint8_t *)name;

    if (bytes < (s->family == AF_INET ? IN4_LEAST : IN6_LEAST)) {
        return -EINVAL;
    }
    out->port = (uint16_t)(b[0] << 8 | b[1]);
    if (s->family == AF_INET) {
        memcpy(out->address, v4_prefix, sizeof v4_prefix);
        memcpy(out->address + 12, b + 2, 4);
    } else {
        memcpy(out->address, b + 6, 16);
    }
    return 0;
}

struct unix_name *inet_name(const struct inet_place *p, int family)
{
    char text[IN6_BYTES] = { (char)(p->port >> 8), (char)p->port };

    if (family == AF_INET) {
        memcpy(text + 2, p->address + 12, 4);
        return name_new(family, text, IN4_BYTES);
    }
    memcpy(text + 6, p->address, 16);
    return name_new(family, text, IN6_BYTES);
}

struct unix_name *inet_convert(struct unix_name *n, int family)
{
    struct socket s = { .family = n->family };
    struct inet_place p;

    if (n->family == family) {
        n->refs++;
        return n;
    }
    return place_of(&s, n->text, n->bytes, &p) ? NULL : inet_name(&p, family);
}

static int set_local(struct socket *s, const struct inet_place *p)
{
    struct unix_name *n = inet_name(p, s->family);

    if (!n) {
        return -ENOMEM;
    }
    name_put(s->name);
    s->name = n;
    s->local = *p;
    return 0;
}

/* ---- binding ---- */

static bool overlap(const struct inet_place *a, const struct inet_place *b)
{
    return a->port == b->port && (is_any(a->address) || is_any(b->address) ||
                                  memcmp(a->address, b->address, sizeof a->address) == 0);
}

static bool is_taken(const struct socket *s, const struct inet_place *p)
{
    LIST_FOR(l, &places)
    {
        const struct socket *o = CONTAINER(l, struct socket, bound);

        if (o->type == s->type && overlap(&o->local, p) &&
            !(o->may_share && s->may_share && o->state != SOCKET_LISTENING)) {
            return true;
        }
    }
    return false;
}

static int free_port(const struct socket *s, struct inet_place *p)
{
    static uint32_t last;

    for (uint32_t n = 0; n <= PORT_LAST - PORT_FIRST; n++) {
        p->port = (uint16_t)(PORT_FIRST + (last++ * 7) % (PORT_LAST - PORT_FIRST + 1));
        if (!is_taken(s, p)) {
            return 0;
        }
    }
    return -EADDRINUSE;
}

int inet_bind(struct socket *s, const char *name, size_t bytes)
{
    struct inet_place p = { 0 };
    int err;

    if (name) {
        err = place_of(s, name, bytes, &p);
        if (err) {
            return err;
        }
    } else if (s->family == AF_INET) {
        memcpy(p.address, v4_prefix, sizeof v4_prefix);
    }
    if (!is_own(p.address)) {
        return -EADDRNOTAVAIL;
    }
    if (p.port && p.port < PORT_RESERVED &&
        !is_capable(&current->process->cred, 10 /* CAP_NET_BIND_SERVICE */)) {
        return -EACCES;
    }
    err = !p.port ? free_port(s, &p) : is_taken(s, &p) ? -EADDRINUSE : 0;
    err = err ? err : set_local(s, &p);
    if (!err) {
        list_append(&places, &s->bound);
    }
    return err;
}

/* ---- finding ---- */

static bool listens_to(const struct socket *s, const struct inet_place *p)
{
    if (s->local.port != p->port) {
        return false;
    }
    if (memcmp(s->local.address, any, sizeof any) == 0) {
        return !(s->is_v6_only && is_v4(p->address));
    }
    return is_any(s->local.address) ? is_v4(p->address)
                                    : memcmp(s->local.address, p->address, 16) == 0;
}

/* To any address of one's own is to the loopback address. */
static void make_exact(struct inet_place *p)
{
    if (is_any(p->address)) {
        if (is_v4(p->address)) {
            memcpy(p->address + 12, (uint8_t[]){ 127, 0, 0, 1 }, 4);
        } else {
            memcpy(p->address, loopback6, sizeof loopback6);
        }
    }
}

static int find_place(const struct socket *from, struct inet_place p, struct socket **out)
{
    make_exact(&p);
    if (!is_own(p.address)) {
        return -ENETUNREACH;
    }
    LIST_FOR(l, &places)
    {
        struct socket *s = CONTAINER(l, struct socket, bound);

        if (s->type == from->type && listens_to(s, &p) &&
            (s->type == SOCK_DGRAM || s->state == SOCKET_LISTENING)) {
            socket_get(s);
            *out = s;
            return 0;
        }
    }
    return -ECONNREFUSED;
}

int inet_find(const struct socket *s, const char *name, size_t bytes, struct socket **out)
{
    struct inet_place p;
    int err = place_of(s, name, bytes, &p);

    return err ? err : find_place(s, p, out);
}

int inet_find_remote(const struct socket *s, struct socket **out)
{
    return find_place(s, s->remote, out);
}

bool inet_accepts(const struct socket *to, const struct socket *s)
{
    return !to->has_remote ||
           (to->remote.port == s->local.port &&
            (is_any(s->local.address) || memcmp(to->remote.address, s->local.address, 16) == 0));
}

/* ---- connecting ---- */

/* What s is called once it is known whom it talks to. */
static int choose_local(struct socket *s, const struct inet_place *remote)
{
    struct inet_place p;
    int err = s->name ? 0 : inet_bind(s, NULL, 0);

    if (err || !is_any(s->local.address)) {
        return err;
    }
    p = (struct inet_place){ .port = s->local.port };
    memcpy(p.address, is_v4(remote->address) ? remote->address : loopback6, 16);
    return set_local(s, &p);
}

int inet_connected(struct socket *s, struct socket *n, const char *name, size_t bytes)
{
    struct inet_place p = { 0 };
    int err = place_of(s, name, bytes, &p);

    make_exact(&p);
    err = err ? err : choose_local(s, &p);
    return err ? err : set_local(n, &p);
}

int inet_set_remote(struct socket *s, const char *name, size_t bytes)
{
    struct inet_place p;
    int err = place_of(s, name, bytes, &p);

    if (err) {
        return err;
    }
    make_exact(&p);
    if (!is_own(p.address)) {
        return -ENETUNREACH;
    }
    err = choose_local(s, &p);
    if (!err) {
        s->remote = p;
        s->has_remote = true;
    }
    return err;
}

/* ---- datagrams ---- */

/* Who has no certain address sends from the loopback address. */
static void from_loopback(struct packet *p, const struct inet_place *local, int family)
{
    struct inet_place exact = *local;
    struct unix_name *n;

    make_exact(&exact);
    n = inet_name(&exact, family);
    if (n) {
        name_put(p->name);
        p->name = n;
    }
}

long inet_send(struct socket *s, struct uio *u, const char *name, size_t bytes,
               struct ancillary *beside)
{
    size_t size = u->left;
    struct socket *to;
    long err = s->name ? 0 : inet_bind(s, NULL, 0);

    if (err || s->shut_write) {
        return err ? err : -EPIPE;
    }
    if (size > INET_DATAGRAM) {
        return -EMSGSIZE;
    }
    err = name ? inet_find(s, name, bytes, &to) : inet_find_remote(s, &to);
    if (err == -ECONNREFUSED && !name) {
        return s->error ? (s->error = 0, -ECONNREFUSED) : (s->error = ECONNREFUSED, (long)size);
    }
    if (err) {
        return err == -ECONNREFUSED ? (long)size : err;
    }
    if (!to->shut_read && to->state != SOCKET_CLOSED && inet_accepts(to, s) &&
        to->waiting_bytes + size + PACKET_OVERHEAD <= to->receive_room) {
        err = unix_deliver(s, to, u, size, beside);
        if (!err && is_any(s->local.address)) {
            from_loopback(CONTAINER(to->packets.prev, struct packet, link), &s->local, to->family);
        }
    }
    socket_put(to);
    return err ? err : (long)size;
}
