/*
 * A piece of memory with slots and addresses of its own: whatever was made in it ends with one revoke.
 */
#ifndef MONITOR_ARENA_H
#define MONITOR_ARENA_H

#include <stdbool.h>

#include <tess/tess.h>

#define ARENA_BYTES  0x100000u /* untyped memory */
#define ARENA_WINDOW 0x200000u /* addresses: what one last-level page table covers */
#define ARENA_SLOTS  256u

struct arena {
    struct tess_env env; /* allocate here; slots, pool and addresses are the arena's */
    tess_cap memory;     /* 0: never used yet */
    uint64_t first_slot;
    uint64_t window;
    struct tess_slots slots;
    struct tess_pool pool;
    uint32_t link[ARENA_SLOTS];
};

/* Make it usable and empty.  Says what went wrong and returns false. */
bool arena_open(struct arena *a);

/* Destroy all that was made in it: threads stop where they are.  Says what went wrong. */
void arena_close(struct arena *a);

#endif
