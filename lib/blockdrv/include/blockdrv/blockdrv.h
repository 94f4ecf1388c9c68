/*
 * What drivers of disks share: requests that wait until the device has room for them, in order, by their ids; and what is on the disk.
 */
#ifndef BLOCKDRV_BLOCKDRV_H
#define BLOCKDRV_BLOCKDRV_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCKDRV_INLINE static inline __attribute__((unused))

#define BLOCKDRV_SECTOR 512u
#define BLOCKDRV_NONE   UINT32_MAX

/* Ids that wait.  next: of the one that waits behind it; an element for each id, the driver's. */
struct blockdrv_waiting {
    uint32_t first, last; /* BLOCKDRV_NONE: none */
    uint32_t *next;
};

BLOCKDRV_INLINE void blockdrv_waiting_init(struct blockdrv_waiting *w, uint32_t *next)
{
    *w = (struct blockdrv_waiting){ BLOCKDRV_NONE, BLOCKDRV_NONE, next };
}

/* Behind all others.  It must not be waiting. */
BLOCKDRV_INLINE void blockdrv_wait(struct blockdrv_waiting *w, uint32_t id)
{
    w->next[id] = BLOCKDRV_NONE;
    if (w->first == BLOCKDRV_NONE) {
        w->first = id;
    } else {
        w->next[w->last] = id;
    }
    w->last = id;
}

/* The one that has waited longest, w->first, waits no more. */
BLOCKDRV_INLINE void blockdrv_go(struct blockdrv_waiting *w)
{
    w->first = w->next[w->first];
}

/* Are n sectors from lba on there, on a disk with that many? */
BLOCKDRV_INLINE bool blockdrv_is_there(uint64_t sectors, uint64_t lba, uint32_t n)
{
    return lba <= sectors && n <= sectors - lba;
}

#endif
