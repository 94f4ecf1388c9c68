/*
 * An arena's page tables must not come out of its own memory: revoking that would take the tables away, and with them
 * every mapping of this address space.  So its addresses are one window that a single last-level table covers, and a
 * page mapped at its start from other memory keeps that table there.
 */
#include "arena.h"

#include "monitor.h"

static void arena_fill(struct arena *a)
{
    tess_slots_init(&a->slots, (uint32_t)a->first_slot, (uint32_t)a->first_slot + ARENA_SLOTS,
                    a->link);
    a->env = env;
    a->env.slots = &a->slots;
    a->env.pool = &a->pool;
    a->env.address =
        a->window + 2 * TESS_PAGE; /* behind the page that holds the table, and a gap */
    a->env.address_end = a->window + ARENA_WINDOW;
}

static bool arena_create(struct arena *a)
{
    tess_cap page;
    uint64_t window = (env.address + ARENA_WINDOW - 1) & ~(uint64_t)(ARENA_WINDOW - 1);
    enum tess_err err = tess_slot_alloc_range(env.slots, ARENA_SLOTS, &a->first_slot);

    if (!err) {
        err = tess_alloc(&env, TESS_TYPE_frame, TESS_PAGE, &page);
    }
    if (!err) {
        err = tess_map_at(&env, page, env.vspace, window, TESS_RIGHT_READ, TESS_ATTR_NORMAL);
    }
    if (!err) {
        err = tess_alloc(&env, TESS_TYPE_untyped, ARENA_BYTES, &a->memory);
    }
    if (err) {
        return fail("cannot make an arena", err);
    }
    a->window = window;
    env.address = window + ARENA_WINDOW;
    tess_pool_init(&a->pool);
    (void)tess_pool_add(&a->pool, a->memory); /* an empty pool has room, the capability is there */
    return true;
}

bool arena_open(struct arena *a)
{
    if (!a->memory && !arena_create(a)) {
        return false;
    }
    arena_fill(a);
    return true;
}

void arena_close(struct arena *a)
{
    enum tess_err err = a->memory ? tess_cnode_revoke(env.cnode, a->memory) : TESS_OK;

    if (err) {
        fail("cnode.revoke", err);
    }
}
