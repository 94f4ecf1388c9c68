/* Sorted lists of physical memory ranges: what RAM there is, what of it is taken. */
#ifndef KERNEL_LOADER_RANGES_H
#define KERNEL_LOADER_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "../boot/handoff.h"

#define RANGES_MAX 64u

struct ranges {
    uint64_t count;
    struct handoff_range
        at[RANGES_MAX]; /* sorted, not overlapping, not touching; base + bytes does not wrap */
};

/* Add a range, uniting it with those it overlaps or touches; false when the list is full.  bytes > 0. */
bool ranges_add(struct ranges *r, uint64_t base, uint64_t bytes);
/* Take a range out; false when the list is full. */
bool ranges_cut(struct ranges *r, uint64_t base, uint64_t bytes);
/* Some byte of base .. base + bytes - 1 is in the list. */
bool ranges_meet(const struct ranges *r, uint64_t base, uint64_t bytes);
/* All bytes of it are. */
bool ranges_cover(const struct ranges *r, uint64_t base, uint64_t bytes);
/* Lowest address, never 0, of bytes that are in ram and not in taken; 0 when there is none.  align: a power of two. */
uint64_t ranges_place(const struct ranges *ram, const struct ranges *taken, uint64_t bytes,
                      uint64_t align);

#endif
