/* Ancillary data of messages (cmsg(3)): open files and the sender's identity. */
#include <string.h>

#include "socket.h"

struct control_header { /* struct cmsghdr */
    uint64_t bytes;     /* with the header */
    int level, type;
};

#define HEADER    sizeof(struct control_header)
#define ALIGN8(n) (((n) + 7) & ~7ull)
#define TAKE_MAX  (HEADER + SCM_FILES_MAX * 4 + 64)

void ancillary_drop(struct ancillary *a)
{
    for (unsigned i = 0; i < a->files; i++) {
        file_put(a->file[i]);
    }
    heap_free(a->file);
    a->file = NULL;
    a->files = 0;
}

static int take_files(const int *fd, unsigned count, struct ancillary *out)
{
    struct file **all;

    if (out->files + count > SCM_FILES_MAX) {
        return -EINVAL;
    }
    all = heap_alloc((out->files + count) * sizeof *all);
    if (!all) {
        return -ENOMEM;
    }
    memcpy(all, out->file, out->files * sizeof *all);
    heap_free(out->file);
    out->file = all;
    for (unsigned i = 0; i < count; i++) {
        struct file *f = fd_file(fd[i]);

        if (!f) {
            return -EBADF;
        }
        all[out->files++] = f;
    }
    return 0;
}

/* One says who one is, unless one may say anything. */
static int take_sender(const struct sender *s, struct ancillary *out)
{
    const struct credentials *c = &current->process->cred;

    if ((s->pid != current->process->pid && !is_capable(c, 21 /* CAP_SYS_ADMIN */)) ||
        (s->uid != c->uid && s->uid != c->euid && s->uid != c->suid &&
         !is_capable(c, 7 /* CAP_SETUID */)) ||
        (s->gid != c->gid && s->gid != c->egid && s->gid != c->sgid &&
         !is_capable(c, 6 /* CAP_SETGID */))) {
        return -EPERM;
    }
    if (s->pid != current->process->pid && !process_find(s->pid)) {
        return -ESRCH;
    }
    out->from = *s;
    out->has_sender = true;
    return 0;
}

static int take_one(const struct control_header *h, const void *data, uint64_t bytes,
                    struct ancillary *out)
{
    if (h->level != SOL_SOCKET) {
        return 0;
    }
    switch (h->type) {
    case SCM_RIGHTS:
        return bytes % 4 ? -EINVAL : take_files(data, (unsigned)(bytes / 4), out);
    case SCM_CREDENTIALS:
        return bytes != sizeof(struct sender) ? -EINVAL : take_sender(data, out);
    default:
        return -EINVAL;
    }
}

int control_take(uint64_t at, uint64_t bytes, struct ancillary *out)
{
    uint8_t *all;
    int err = 0;

    if (bytes < HEADER) {
        return 0;
    }
    if (bytes > 2 * TAKE_MAX) {
        return -ENOBUFS;
    }
    all = heap_alloc(bytes);
    if (!all) {
        return -ENOMEM;
    }
    err = copy_from_user(all, at, bytes);
    for (uint64_t n = 0; !err && n + HEADER <= bytes;) {
        struct control_header h;

        memcpy(&h, all + n, HEADER);
        err = h.bytes < HEADER || h.bytes > bytes - n
                  ? -EINVAL
                  : take_one(&h, all + n + HEADER, h.bytes - HEADER, out);
        n += ALIGN8(h.bytes);
    }
    heap_free(all);
    if (err) {
        ancillary_drop(out);
    }
    return err;
}

struct output {
    uint64_t at, room, used;
    bool is_short;
    int err;
};

static void give(struct output *o, int type, const void *data, uint64_t bytes)
{
    struct control_header h = { HEADER + bytes, SOL_SOCKET, type };
    uint64_t left = o->room - o->used;

    if (left < HEADER) {
        o->is_short = true;
        return;
    }
    if (left < h.bytes) {
        o->is_short = true;
        h.bytes = left;
    }
    if (copy_to_user(o->at + o->used, &h, HEADER) ||
        copy_to_user(o->at + o->used + HEADER, data, h.bytes - HEADER)) {
        o->err = -EFAULT;
    }
    o->used += ALIGN8(h.bytes) < left ? ALIGN8(h.bytes) : left;
}

static void give_files(struct output *o, struct ancillary *beside, bool close_on_exec)
{
    int fd[SCM_FILES_MAX];
    uint64_t left = o->room - o->used;
    unsigned room = left < HEADER ? 0 : (unsigned)((left - HEADER) / 4), n = 0;

    while (n < beside->files && n < room) {
        fd[n] = fd_install(beside->file[n], 0, close_on_exec); /* takes over the reference */
        beside->file[n] = NULL;
        if (fd[n] < 0) {
            n++;
            break;
        }
        n++;
    }
    unsigned given = n && fd[n - 1] < 0 ? n - 1 : n;

    o->is_short |= given < beside->files;
    for (unsigned i = n; i < beside->files; i++) {
        file_put(beside->file[i]);
    }
    beside->files = 0;
    ancillary_drop(beside);
    if (given) {
        give(o, SCM_RIGHTS, fd, given * 4ull);
    }
}

long control_give(uint64_t at, uint64_t room, struct ancillary *beside, bool wants_sender,
                  bool close_on_exec, uint32_t *flags)
{
    struct output o = { .at = at, .room = room };

    if (wants_sender && beside->has_sender) {
        give(&o, SCM_CREDENTIALS, &beside->from, sizeof beside->from);
    }
    if (beside->files) {
        give_files(&o, beside, close_on_exec);
    }
    *flags |= o.is_short ? MSG_CTRUNC : 0;
    return o.err ? o.err : (long)o.used;
}
