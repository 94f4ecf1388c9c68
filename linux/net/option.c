/* Options of sockets: setsockopt, getsockopt. */
#include <string.h>

#include "socket.h"

#define ROOM_MIN 4608u
#define ROOM_MAX (1u << 20)
/* Levels and options of the Internet families (linux/in.h, linux/tcp.h, linux/in6.h). */
#define LEVEL_IP     0
#define LEVEL_TCP    6
#define LEVEL_IPV6   41
#define TCP_NODELAY  1
#define TCP_MAXSEG   2
#define IPV6_V6ONLY  26
#define LOOPBACK_MSS 65483 /* of a connection over lo: its packets of 65,536 bytes less headers */

/* What changes something here is kept; the rest of what these levels have is taken, and means nothing without a network. */
static long inet_set_option(struct socket *s, int level, int option, uint64_t at, uint64_t bytes)
{
    int value = 0;

    if (level != LEVEL_IP && level != LEVEL_TCP && level != LEVEL_IPV6) {
        return -ENOPROTOOPT;
    }
    if (bytes >= sizeof value && copy_from_user(&value, at, sizeof value)) {
        return -EFAULT;
    }
    if (level == LEVEL_TCP && s->type != SOCK_STREAM) {
        return -ENOPROTOOPT;
    }
    if (level == LEVEL_TCP && option == TCP_NODELAY) {
        s->has_no_delay = value;
    } else if (level == LEVEL_IPV6 && option == IPV6_V6ONLY) {
        s->is_v6_only = value;
    }
    return 0;
}

static long inet_get_option(const struct socket *s, int level, int option, uint8_t *to,
                            uint32_t *bytes)
{
    int value = 0;

    if (level == LEVEL_TCP && s->type == SOCK_STREAM) {
        value = option == TCP_NODELAY ? s->has_no_delay : option == TCP_MAXSEG ? LOOPBACK_MSS : 0;
    } else if (level == LEVEL_IPV6 && option == IPV6_V6ONLY) {
        value = s->is_v6_only;
    } else if (level != LEVEL_IP && level != LEVEL_IPV6) {
        return -ENOPROTOOPT;
    }
    *bytes = sizeof value;
    memcpy(to, &value, sizeof value);
    return 0;
}

static int time_limit(uint64_t at, uint64_t bytes, uint64_t *ns)
{
    int64_t time[2]; /* struct timeval */

    if (bytes < sizeof time) {
        return -EINVAL;
    }
    if (copy_from_user(time, at, sizeof time)) {
        return -EFAULT;
    }
    if (time[1] < 0 || time[1] >= 1000000) {
        return -EDOM;
    }
    *ns = time[0] < 0 ? 0
          : time[0] > INT64_MAX / 2 / 1000000000
              ? 0
              : (uint64_t)time[0] * 1000000000 + (uint64_t)time[1] * 1000;
    return 0;
}

static long set_option(struct socket *s, int option, uint64_t at, uint64_t bytes)
{
    int value;

    if (option == SO_RCVTIMEO_OLD || option == SO_RCVTIMEO_NEW) {
        return time_limit(at, bytes, &s->receive_ns);
    }
    if (option == SO_SNDTIMEO_OLD || option == SO_SNDTIMEO_NEW) {
        return time_limit(at, bytes, &s->send_ns);
    }
    if (bytes < sizeof value) {
        return -EINVAL;
    }
    if (copy_from_user(&value, at, sizeof value)) {
        return -EFAULT;
    }
    uint32_t room = (uint32_t)value > ROOM_MAX / 2 ? ROOM_MAX : (uint32_t)value * 2;

    room = room < ROOM_MIN ? ROOM_MIN : room;
    switch (option) {
    case SO_PASSCRED:
        s->wants_credentials = value;
        return 0;
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
        s->send_room = room;
        return 0;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
        s->receive_room = room;
        return 0;
    case SO_REUSEADDR:
        s->may_share = value;
        return 0;
    case SO_DEBUG:
    case SO_REUSEPORT:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
    case SO_LINGER:
    case SO_RCVLOWAT:
    case SO_PASSSEC:
        return 0; /* they change nothing between processes of one machine */
    default:
        unimplemented("setsockopt", (uint64_t)option);
        return -ENOPROTOOPT;
    }
}

long sys_setsockopt(struct task *t, const uint64_t *a)
{
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (s) {
        err = (int)a[1] == SOL_SOCKET ? set_option(s, (int)a[2], a[3], (uint32_t)a[4])
              : is_inet(s) ? inet_set_option(s, (int)a[1], (int)a[2], a[3], (uint32_t)a[4])
                           : -EOPNOTSUPP;
        file_put(f);
    }
    return err;
}

static long get_option(struct socket *s, int option, uint8_t *to, uint32_t *bytes)
{
    int value = 0;
    uint64_t ns;

    switch (option) {
    case SO_TYPE:
        value = s->type;
        break;
    case SO_DOMAIN:
        value = s->family;
        break;
    case SO_PROTOCOL:
        value = is_inet(s) ? (int)protocol_of(s->type) : 0;
        break;
    case SO_REUSEADDR:
        value = s->may_share;
        break;
    case SO_ERROR:
        value = s->error;
        s->error = 0;
        break;
    case SO_ACCEPTCONN:
        value = s->state == SOCKET_LISTENING;
        break;
    case SO_PASSCRED:
        value = s->wants_credentials;
        break;
    case SO_SNDBUF:
        value = (int)s->send_room;
        break;
    case SO_RCVBUF:
        value = (int)s->receive_room;
        break;
    case SO_RCVLOWAT:
    case SO_SNDLOWAT:
        value = 1;
        break;
    case SO_PEERCRED:
        *bytes = sizeof s->peer_is;
        memcpy(to, s->state == SOCKET_CONNECTED ? &s->peer_is : &(struct sender){ 0, ~0u, ~0u },
               *bytes);
        return 0;
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW:
        ns = option == SO_RCVTIMEO_OLD || option == SO_RCVTIMEO_NEW ? s->receive_ns : s->send_ns;
        *bytes = 16;
        memcpy(to, (int64_t[]){ (int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000 / 1000) },
               16);
        return 0;
    case SO_DEBUG:
    case SO_REUSEPORT:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
    case SO_TIMESTAMP_OLD:
        break;
    case SO_LINGER:
        *bytes = 8;
        memset(to, 0, 8);
        return 0;
    default:
        unimplemented("getsockopt", (uint64_t)option);
        return -ENOPROTOOPT;
    }
    *bytes = sizeof value;
    memcpy(to, &value, sizeof value);
    return 0;
}

long sys_getsockopt(struct task *t, const uint64_t *a)
{
    uint8_t value[32];
    uint32_t room, bytes;
    struct file *f;
    long err;
    struct socket *s = socket_of(a[0], &f, &err);

    (void)t;
    if (!s) {
        return err;
    }
    if (copy_from_user(&room, a[4], sizeof room)) {
        err = -EFAULT;
    } else if ((int)room < 0) {
        err = -EINVAL;
    } else if ((int)a[1] != SOL_SOCKET) {
        err = is_inet(s) ? inet_get_option(s, (int)a[1], (int)a[2], value, &bytes) : -EOPNOTSUPP;
    } else {
        err = get_option(s, (int)a[2], value, &bytes);
    }
    if (!err) {
        bytes = bytes < room ? bytes : room;
        err = copy_to_user(a[3], value, bytes) || copy_to_user(a[4], &bytes, sizeof bytes) ? -EFAULT
                                                                                           : 0;
    }
    file_put(f);
    return err;
}
