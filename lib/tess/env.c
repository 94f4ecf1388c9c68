#include <tess/env.h>
#include <tess/invoke.h>

void tess_pool_init(struct tess_pool *p)
{
    p->count = 0;
    p->last = 0;
}

enum tess_err tess_pool_add(struct tess_pool *p, tess_cap untyped)
{
    struct tess_untyped_info info;
    enum tess_err err;

    if (p->count == TESS_POOL_MAX) {
        return TESS_NOMEM;
    }
    err = tess_untyped_info(untyped, &info);
    if (!err) {
        p->item[p->count++] =
            (struct tess_pool_item){ untyped, info.paddr, info.bytes, info.device };
    }
    return err;
}

enum tess_err tess_env_init_root(struct tess_env *env, struct tess_slots *slots,
                                 struct tess_pool *pool, uint32_t *link,
                                 const struct tess_bootinfo *bootinfo)
{
    enum tess_err err = TESS_OK;

    tess_slots_init(slots, (uint32_t)bootinfo->free_slot_first, TESS_ROOT_CNODE_SLOTS, link);
    tess_pool_init(pool);
    for (uint64_t i = 0; i < bootinfo->untyped_count && !err; i++) {
        err = tess_pool_add(pool, TESS_ROOT_UNTYPED + i);
    }
    *env = (struct tess_env){
        .slots = slots,
        .pool = pool,
        .tables = pool,
        .cnode = TESS_ROOT_CNODE,
        .vspace = TESS_ROOT_VSPACE,
        .cpu = TESS_ROOT_CPU,
        /* 2 MiB boundary: what is allocated later shares no last-level table with the program. */
        .address = (bootinfo->image_end + 0x3fffff) & ~0x1fffffull,
        .address_end = TESS_USER_TOP,
    };
    return err ? err : tess_alloc(env, TESS_TYPE_notification, 0, &env->sleep);
}

enum tess_err tess_alloc_many(struct tess_env *env, enum tess_type type, uint64_t size,
                              uint32_t count, tess_cap *first)
{
    struct tess_pool *p = env->pool;
    uint64_t slot;
    enum tess_err err = count == 1 ? tess_slot_alloc(env->slots, &slot)
                                   : tess_slot_alloc_range(env->slots, count, &slot);

    if (err) {
        return err;
    }
    err = TESS_NOMEM;
    for (unsigned i = 0; i < p->count && err == TESS_NOMEM; i++) {
        unsigned at = (p->last + i) % p->count;

        if (!p->item[at].device) {
            err = tess_untyped_retype(p->item[at].cap, type, size, env->cnode, slot, count,
                                      TESS_OFFSET_NEXT);
            p->last = err ? p->last : at;
        }
    }
    if (err) {
        (void)tess_slot_free_range(env->slots, slot, count);
    } else {
        *first = slot;
    }
    return err;
}

enum tess_err tess_alloc(struct tess_env *env, enum tess_type type, uint64_t size, tess_cap *out)
{
    return tess_alloc_many(env, type, size, 1, out);
}

/* Cut item at of the pool, so that a new item begins offset bytes into it. */
static enum tess_err pool_split(struct tess_env *env, unsigned at, uint64_t offset)
{
    struct tess_pool *p = env->pool;
    uint64_t slot;
    enum tess_err err = p->count == TESS_POOL_MAX ? TESS_NOMEM : tess_slot_alloc(env->slots, &slot);

    if (err) {
        return err;
    }
    err = tess_untyped_split(p->item[at].cap, offset, env->cnode, slot);
    if (err) {
        (void)tess_slot_free(env->slots, slot);
        return err;
    }
    p->item[p->count++] =
        (struct tess_pool_item){ slot, p->item[at].paddr + offset, p->item[at].bytes - offset, 1 };
    p->item[at].bytes = offset;
    return TESS_OK;
}

/* The pieces before and behind the frame become pool items of their own, so that any order of requests works. */
enum tess_err tess_alloc_device(struct tess_env *env, uint64_t paddr, uint64_t bytes, tess_cap *out)
{
    struct tess_pool *p = env->pool;
    uint64_t slot;
    unsigned at = 0;
    enum tess_err err = TESS_OK;

    while (at < p->count && (!p->item[at].device || paddr < p->item[at].paddr ||
                             paddr - p->item[at].paddr >= p->item[at].bytes)) {
        at++;
    }
    if (at == p->count || bytes > p->item[at].paddr + p->item[at].bytes - paddr) {
        return TESS_RANGE;
    }
    if (paddr > p->item[at].paddr) {
        err = pool_split(env, at, paddr - p->item[at].paddr);
        at = err ? at : p->count - 1;
    }
    if (!err && p->item[at].bytes > bytes) {
        err = pool_split(env, at, bytes);
    }
    if (!err) {
        err = tess_slot_alloc(env->slots, &slot);
    }
    if (err) {
        return err;
    }
    err = tess_untyped_retype(p->item[at].cap, TESS_TYPE_frame, bytes, env->cnode, slot, 1, 0);
    if (err) {
        (void)tess_slot_free(env->slots, slot);
        return err == TESS_NOMEM ? TESS_RANGE : err;
    }
    *out = slot;
    return TESS_OK;
}

enum tess_err tess_free(struct tess_env *env, tess_cap cap)
{
    enum tess_err err = tess_cnode_delete(env->cnode, cap);

    return err ? err : tess_slot_free(env->slots, cap);
}

enum tess_err tess_donate(struct tess_env *env, tess_cap vspace)
{
    struct tess_pool *p = env->tables;
    uint64_t slot;
    enum tess_err err = tess_slot_alloc(env->slots, &slot);

    if (err) {
        return err;
    }
    err = TESS_NOMEM;
    for (unsigned i = 0; i < p->count && err == TESS_NOMEM; i++) {
        if (!p->item[i].device) {
            err = tess_vspace_donate(vspace, p->item[i].cap, TESS_TABLE_BYTES, env->cnode, slot);
        }
    }
    if (err) {
        (void)tess_slot_free(env->slots, slot);
    }
    return err;
}

enum tess_err tess_map_at(struct tess_env *env, tess_cap frame, tess_cap vspace, uint64_t address,
                          uint64_t rights, uint64_t attributes)
{
    enum tess_err err, more = TESS_OK;

    do {
        err = tess_frame_map(frame, vspace, address, rights, attributes, 0);
        if (err == TESS_NOMEM) {
            more = tess_donate(env, vspace);
        }
    } while (err == TESS_NOMEM && !more);
    if (err == TESS_NOMEM) {
        (void)tess_frame_unmap(frame);
    }
    return err;
}

enum tess_err tess_map(struct tess_env *env, tess_cap frame, uint64_t bytes, uint64_t rights,
                       uint64_t attributes, void **address)
{
    uint64_t at = env->address;
    enum tess_err err;

    if (bytes > env->address_end - at) {
        return TESS_NOMEM;
    }
    err = tess_map_at(env, frame, env->vspace, at, rights, attributes);
    if (!err) {
        /* One page stays free behind each mapping: running over its end is a fault. */
        env->address = at + bytes + TESS_PAGE;
        *address = (void *)at;
    }
    return err;
}

enum tess_err tess_alloc_memory(struct tess_env *env, uint64_t bytes, tess_cap *frame,
                                void **address)
{
    uint64_t pages = (bytes + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1);
    enum tess_err err = tess_alloc(env, TESS_TYPE_frame, pages, frame);

    if (err) {
        return err;
    }
    err =
        tess_map(env, *frame, pages, TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_NORMAL, address);
    if (err) {
        (void)tess_free(env, *frame);
    }
    return err;
}

void tess_sleep_until(const struct tess_env *env, uint64_t deadline)
{
    (void)tess_recv(env->sleep, deadline);
}
