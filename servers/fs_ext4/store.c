/* Blocks: cache, running transaction, operation in hand. */
#include <stdlib.h>

#include "fs.h"

#define NONE UINT32_MAX

static uint32_t map_place(const struct fs_map *m, uint64_t block)
{
    uint32_t at = (uint32_t)(block * 0x9e3779b97f4a7c15ull >> 40) % FS_MAP;

    while (m->block[at] && m->block[at] != block + 1) {
        at = (at + 1) % FS_MAP;
    }
    return at;
}

static uint32_t map_get(const struct fs_map *m, uint64_t block)
{
    uint32_t at = m->count ? map_place(m, block) : 0;

    return m->count && m->block[at] ? m->slot[at] : NONE;
}

static void map_put(struct fs_map *m, uint64_t block, uint32_t slot)
{
    uint32_t at = map_place(m, block);

    m->count += m->block[at] == 0;
    m->block[at] = block + 1;
    m->slot[at] = slot;
}

const struct fs_index *store_index(const struct fs_store *s)
{
    return &s->keep->index[s->keep->current];
}

/* ---- device ---- */

int store_raw_read(struct fs_store *s, uint64_t block, uint32_t n, void *to)
{
    uint32_t sectors = s->block_bytes / FS_SECTOR;

    if ((block + n) * sectors > s->device.sectors) {
        return FS_EIO;
    }
    return s->device.read(s->device.context, block * sectors, n * sectors, to);
}

int store_raw_write(struct fs_store *s, uint64_t block, uint32_t n, const void *from)
{
    uint32_t sectors = s->block_bytes / FS_SECTOR;

    if ((block + n) * sectors > s->device.sectors) {
        return FS_EIO;
    }
    return s->device.write(s->device.context, block * sectors, n * sectors, from);
}

/* ---- cache ---- */

static uint8_t *cache_find(struct fs_store *s, uint64_t block)
{
    uint32_t at = (uint32_t)(block % s->sets) * FS_WAYS;

    for (uint32_t i = at; i < at + FS_WAYS; i++) {
        if (s->cached[i] == block + 1) {
            s->age[i] = ++s->tick;
            return s->cache + (size_t)i * s->block_bytes;
        }
    }
    return NULL;
}

static uint8_t *cache_take(struct fs_store *s, uint64_t block)
{
    uint32_t at = (uint32_t)(block % s->sets) * FS_WAYS, oldest = at;

    for (uint32_t i = at; i < at + FS_WAYS; i++) {
        if (s->cached[i] == 0 || s->age[i] < s->age[oldest]) {
            oldest = i;
        }
        if (s->cached[i] == 0) {
            break;
        }
    }
    s->cached[oldest] = block + 1;
    s->age[oldest] = ++s->tick;
    return s->cache + (size_t)oldest * s->block_bytes;
}

void store_put(struct fs_store *s, uint64_t block, const void *from)
{
    uint8_t *to = cache_find(s, block);

    memcpy(to ? to : cache_take(s, block), from, s->block_bytes);
}

void store_drop(struct fs_store *s, uint64_t block, uint32_t n)
{
    for (uint64_t b = block; b < block + n; b++) {
        uint32_t slot = map_get(&s->staged, b);
        uint32_t at = (uint32_t)(b % s->sets) * FS_WAYS;

        for (uint32_t i = at; i < at + FS_WAYS; i++) {
            s->cached[i] = s->cached[i] == b + 1 ? 0 : s->cached[i];
        }
        if (slot != NONE) { /* libext2fs writes zeros into what it allocates */
            s->is_used[slot] = 0;
            map_put(&s->staged, b, NONE);
        }
    }
}

void store_set_block(struct fs_store *s, uint32_t bytes)
{
    s->block_bytes = bytes;
    memset(s->cached, 0, (size_t)s->sets * FS_WAYS * sizeof *s->cached);
}

int store_init(struct fs_store *s, const struct fs_device *device, struct fs_keep *keep,
               uint32_t cache_blocks)
{
    s->device = *device;
    s->keep = keep;
    s->sets = cache_blocks / FS_WAYS ? cache_blocks / FS_WAYS : 1;
    s->cached = calloc((size_t)s->sets * FS_WAYS, sizeof *s->cached);
    s->age = calloc((size_t)s->sets * FS_WAYS, sizeof *s->age);
    s->cache = malloc((size_t)s->sets * FS_WAYS * FS_BLOCK);
    if (!s->cached || !s->age || !s->cache) {
        return FS_ENOMEM;
    }
    store_set_block(s, 1024);
    return 0;
}

void store_free(struct fs_store *s)
{
    free(s->cached);
    free(s->age);
    free(s->cache);
}

/* What memory holds of a block, newest first. */
static uint8_t *present(struct fs_store *s, uint64_t block)
{
    uint32_t slot = map_get(&s->staged, block);

    slot = slot == NONE ? map_get(&s->running, block) : slot;
    return slot == NONE ? cache_find(s, block) : s->keep->slot[slot];
}

int store_read(struct fs_store *s, uint64_t block, void *to)
{
    uint8_t *at = present(s, block);

    if (!at) {
        int err = store_raw_read(s, block, 1, to);

        if (err == 0) {
            store_put(s, block, to);
        }
        return err;
    }
    memcpy(to, at, s->block_bytes);
    return 0;
}

/* ---- operation and transaction ---- */

static uint32_t slot_take(struct fs_store *s)
{
    for (uint32_t i = 0; i < FS_SLOTS; i++) {
        uint32_t slot = (s->next_slot + i) % FS_SLOTS;

        if (!s->is_used[slot]) {
            s->next_slot = slot + 1;
            s->is_used[slot] = 1;
            return slot;
        }
    }
    return NONE;
}

int store_stage(struct fs_store *s, uint64_t block, const void *from)
{
    uint32_t slot = map_get(&s->staged, block);
    const uint8_t *at = present(s, block);

    if (at && memcmp(at, from, s->block_bytes) == 0) {
        return 0;
    }
    if (slot == NONE) {
        slot = s->staged.count < FS_OP_SLOTS ? slot_take(s) : NONE;
        if (slot == NONE) {
            s->error = FS_ENOSPC;
            return FS_ENOSPC;
        }
        map_put(&s->staged, block, slot);
    }
    memcpy(s->keep->slot[slot], from, s->block_bytes);
    return 0;
}

static void rebuild(struct fs_store *s)
{
    const struct fs_index *now = store_index(s);

    memset(&s->staged, 0, sizeof s->staged);
    memset(&s->running, 0, sizeof s->running);
    memset(s->is_used, 0, sizeof s->is_used);
    for (uint32_t i = 0; i < now->count; i++) {
        map_put(&s->running, now->block[i], now->slot[i]);
        s->is_used[now->slot[i]] = 1;
    }
    s->error = 0;
}

/* The other index becomes the current one: all or nothing. */
static void turn(struct fs_store *s)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    s->keep->current = 1 - s->keep->current;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    rebuild(s);
}

static struct fs_index *other(struct fs_store *s)
{
    struct fs_index *to = &s->keep->index[1 - s->keep->current];

    *to = *store_index(s);
    return to;
}

void store_publish(struct fs_store *s, uint64_t op, uint64_t value)
{
    struct fs_index *to = other(s);

    for (uint32_t i = 0; i < to->count; i++) {
        uint32_t slot = map_get(&s->staged, to->block[i]);

        to->slot[i] = slot == NONE ? to->slot[i] : slot;
    }
    for (uint32_t i = 0; i < FS_MAP; i++) {
        if (s->staged.block[i] && s->staged.slot[i] != NONE &&
            map_get(&s->running, s->staged.block[i] - 1) == NONE) {
            to->block[to->count] = s->staged.block[i] - 1;
            to->slot[to->count++] = s->staged.slot[i];
        }
    }
    if (op) {
        to->op[to->next] = op;
        to->value[to->next] = value;
        to->next = (to->next + 1) % FS_DONE;
    }
    turn(s);
}

void store_abort(struct fs_store *s)
{
    rebuild(s);
}

void store_clear(struct fs_store *s)
{
    struct fs_index *to = other(s);

    to->count = 0;
    turn(s);
}

void store_forget_ops(struct fs_store *s, uint16_t client)
{
    struct fs_index *to = other(s);

    for (uint32_t i = 0; i < FS_DONE; i++) {
        to->op[i] = to->op[i] >> 48 == client ? 0 : to->op[i];
    }
    turn(s);
}

bool store_find_op(const struct fs_store *s, uint64_t op, uint64_t *value)
{
    const struct fs_index *now = store_index(s);

    for (uint32_t i = 0; op && i < FS_DONE; i++) {
        if (now->op[i] == op) {
            *value = now->value[i];
            return true;
        }
    }
    return false;
}

/* What is in keep is our own work; but a wild write of a former incarnation must not lead to another one. */
static bool is_whole(const struct fs_store *s, const uint8_t *uuid, uint64_t blocks)
{
    const struct fs_keep *k = s->keep;
    const struct fs_index *now;
    uint8_t is_used[FS_SLOTS] = { 0 };

    if (k->block_bytes != s->block_bytes || memcmp(k->uuid, uuid, sizeof k->uuid) != 0 ||
        k->current > 1) {
        return false;
    }
    now = store_index(s);
    if (now->count > FS_SLOTS || now->next >= FS_DONE) {
        return false;
    }
    for (uint32_t i = 0; i < now->count; i++) {
        if (now->block[i] >= blocks || now->slot[i] >= FS_SLOTS || is_used[now->slot[i]]++) {
            return false;
        }
    }
    return true;
}

bool store_adopt(struct fs_store *s, const uint8_t *uuid, uint64_t blocks)
{
    struct fs_keep *k = s->keep;
    bool is_ours = is_whole(s, uuid, blocks);

    if (!is_ours) {
        k->block_bytes = 0;
        memset(k->index, 0, sizeof k->index);
        k->current = 0;
        memcpy(k->uuid, uuid, sizeof k->uuid);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        k->block_bytes = s->block_bytes;
    }
    rebuild(s);
    return is_ours;
}
