/* What the three kinds of System V IPC have in common; see ipc.h. */
#include "ipc.h"

#include <linux/capability.h>

#include "../fs/vfs.h"

uint64_t ipc_now(void)
{
    return now_real_ns() / 1000000000;
}

int ipc_allows(const struct ipc_object *o, uint32_t wanted)
{
    const struct credentials *c = &current->process->cred;
    uint32_t bits = (wanted >> 6 | wanted >> 3 | wanted) & 7;
    uint32_t mode = c->euid == o->uid || c->euid == o->cuid ? o->mode >> 6
                    : c->egid == o->gid || c->egid == o->cgid || is_in_group(c, o->gid) ||
                            is_in_group(c, o->cgid)
                        ? o->mode >> 3
                        : o->mode;

    return bits & ~mode && !is_capable(c, CAP_IPC_OWNER) ? -EACCES : 0;
}

int ipc_owns(const struct ipc_object *o)
{
    const struct credentials *c = &current->process->cred;

    return c->euid == o->uid || c->euid == o->cuid || is_capable(c, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static long create(struct ipc_kind *k, int32_t key, uint32_t flags, uint64_t size)
{
    const struct credentials *c = &current->process->cred;
    struct ipc_object *o;
    unsigned place = 0;
    int err;

    while (place < IPC_MOST && k->object[place]) {
        place++;
    }
    if (place == IPC_MOST) {
        return -ENOSPC;
    }
    err = k->make(size, flags, key, &o);
    if (err) {
        return err;
    }
    o->key = key;
    o->id = k->sequence[place] * IPC_STEP + (int)place;
    o->uid = o->cuid = c->euid;
    o->gid = o->cgid = c->egid;
    o->mode = flags & 0777;
    o->changed = ipc_now();
    o->refs = 1;
    k->object[place] = o;
    k->used++;
    return o->id;
}

long ipc_get(struct ipc_kind *k, int32_t key, uint32_t flags, uint64_t size)
{
    if (key == IPC_PRIVATE) {
        return create(k, key, flags, size);
    }
    for (unsigned place = 0; place < IPC_MOST; place++) {
        struct ipc_object *o = k->object[place];
        int err;

        if (!o || o->key != key) {
            continue;
        }
        if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL)) {
            return -EEXIST;
        }
        err = k->fits(o, size);
        err = err ? err : ipc_allows(o, flags & 0777);
        return err ? err : o->id;
    }
    return flags & IPC_CREAT ? create(k, key, flags, size) : -ENOENT;
}

int ipc_find(struct ipc_kind *k, int id, struct ipc_object **out)
{
    if (id < 0 || (unsigned)id % IPC_STEP >= IPC_MOST || !k->object[id % IPC_STEP]) {
        return -EINVAL;
    }
    *out = k->object[id % IPC_STEP];
    return (*out)->id == id ? 0 : -EIDRM;
}

int ipc_look(struct ipc_kind *k, int id, bool by_place, bool anyone, struct ipc_object **out)
{
    int err;

    if (by_place) {
        *out = id >= 0 && (unsigned)id < IPC_MOST ? k->object[id] : NULL;
        err = *out ? 0 : -EINVAL;
    } else {
        err = ipc_find(k, id, out);
    }
    return err || anyone ? err : ipc_allows(*out, 0444);
}

void ipc_put(struct ipc_kind *k, struct ipc_object *o)
{
    if (--o->refs == 0) {
        k->destroy(o);
    }
}

void ipc_remove(struct ipc_kind *k, struct ipc_object *o)
{
    unsigned place = (unsigned)o->id % IPC_STEP;

    o->is_gone = true;
    k->object[place] = NULL;
    k->sequence[place] = (k->sequence[place] + 1) & 0x7fff;
    k->used--;
    ipc_put(k, o);
}

void ipc_show(const struct ipc_object *o, struct ipc64_perm *to)
{
    to->key = o->key;
    to->uid = o->uid;
    to->gid = o->gid;
    to->cuid = o->cuid;
    to->cgid = o->cgid;
    to->mode = o->mode;
    to->seq = (unsigned short)(o->id / IPC_STEP);
}

void ipc_set(struct ipc_object *o, const struct ipc64_perm *from)
{
    o->uid = from->uid;
    o->gid = from->gid;
    o->mode = (o->mode & ~0777u) | (from->mode & 0777);
    o->changed = ipc_now();
}

int ipc_highest(const struct ipc_kind *k)
{
    for (int place = (int)IPC_MOST - 1; place > 0; place--) {
        if (k->object[place]) {
            return place;
        }
    }
    return 0;
}

struct ipc_object *ipc_next(const struct ipc_kind *k, unsigned *place)
{
    while (*place < IPC_MOST) {
        struct ipc_object *o = k->object[(*place)++];

        if (o) {
            return o;
        }
    }
    return NULL;
}
