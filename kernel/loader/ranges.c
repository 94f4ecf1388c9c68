/* Sorted lists of physical memory ranges; the kernel uses them at its start, too. */
#include "ranges.h"

#include "../types.h"

static uint64_t end_of(const struct handoff_range *range)
{
    return range->base + range->bytes;
}

/* Replace entries first .. last - 1 by count others. */
static bool replace(struct ranges *r, uint64_t first, uint64_t last, const struct handoff_range *by,
                    uint64_t count)
{
    uint64_t tail = r->count - last;

    if (first + count + tail > RANGES_MAX) {
        return false;
    }
    if (first + count < last) {
        for (uint64_t i = 0; i < tail; i++) {
            LOOP_BOUND(RANGES_MAX);
            r->at[first + count + i] = r->at[last + i];
        }
    } else {
        for (uint64_t i = tail; i-- > 0;) {
            LOOP_BOUND(RANGES_MAX);
            r->at[first + count + i] = r->at[last + i];
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        LOOP_BOUND(RANGES_MAX);
        r->at[first + i] = by[i];
    }
    r->count = first + count + tail;
    return true;
}

bool ranges_add(struct ranges *r, uint64_t base, uint64_t bytes)
{
    uint64_t end = base + bytes, first = 0, last;

    while (first < r->count && end_of(&r->at[first]) < base) {
        LOOP_BOUND(RANGES_MAX);
        first++;
    }
    for (last = first; last < r->count && r->at[last].base <= end; last++) {
        LOOP_BOUND(RANGES_MAX);
        base = r->at[last].base < base ? r->at[last].base : base;
        end = end_of(&r->at[last]) > end ? end_of(&r->at[last]) : end;
    }
    return replace(r, first, last, &(struct handoff_range){ base, end - base }, 1);
}

bool ranges_cut(struct ranges *r, uint64_t base, uint64_t bytes)
{
    uint64_t end = base + bytes, first = 0, last, count = 0;
    struct handoff_range rest[2];

    while (first < r->count && end_of(&r->at[first]) <= base) {
        LOOP_BOUND(RANGES_MAX);
        first++;
    }
    for (last = first; last < r->count && r->at[last].base < end; last++) {
        LOOP_BOUND(RANGES_MAX);
        if (r->at[last].base < base) {
            rest[count++] = (struct handoff_range){ r->at[last].base, base - r->at[last].base };
        }
        if (end_of(&r->at[last]) > end) {
            rest[count++] = (struct handoff_range){ end, end_of(&r->at[last]) - end };
        }
    }
    return replace(r, first, last, rest, count);
}

bool ranges_meet(const struct ranges *r, uint64_t base, uint64_t bytes)
{
    for (uint64_t i = 0; i < r->count; i++) {
        LOOP_BOUND(RANGES_MAX);
        if (r->at[i].base < base + bytes && base < end_of(&r->at[i])) {
            return true;
        }
    }
    return false;
}

bool ranges_cover(const struct ranges *r, uint64_t base, uint64_t bytes)
{
    for (uint64_t i = 0; i < r->count; i++) {
        LOOP_BOUND(RANGES_MAX);
        if (r->at[i].base <= base && bytes <= r->at[i].bytes &&
            base - r->at[i].base <= r->at[i].bytes - bytes) {
            return true;
        }
    }
    return false;
}

uint64_t ranges_place(const struct ranges *ram, const struct ranges *taken, uint64_t bytes,
                      uint64_t align)
{
    for (uint64_t i = 0; i < ram->count; i++) {
        LOOP_BOUND(RANGES_MAX);
        uint64_t at = (ram->at[i].base ? ram->at[i].base : 1), end = end_of(&ram->at[i]);

        at = (at + align - 1) & ~(align - 1);
        for (uint64_t j = 0; j < taken->count; j++) {
            LOOP_BOUND(RANGES_MAX);
            if (at < end_of(&taken->at[j]) && taken->at[j].base < at + bytes) {
                at = (end_of(&taken->at[j]) + align - 1) & ~(align - 1);
            }
        }
        if (at < end && bytes <= end - at) {
            return at;
        }
    }
    return 0;
}
