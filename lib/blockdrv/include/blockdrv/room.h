/*
 * Room in the buffer of a needed end, for what passes requests on: pieces of 4 KiB, at most 256 KiB; the first place that
 * is large enough.
 */
#ifndef BLOCKDRV_ROOM_H
#define BLOCKDRV_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#define ROOM_PIECE      4096u
#define ROOM_PIECES_MAX 64u

#define ROOM_INLINE static inline __attribute__((unused))

/* Bit i: piece i is free. */
struct room {
    uint64_t free;
};

/* Of a buffer with so many bytes; more than 256 KiB are not used. */
ROOM_INLINE void room_init(struct room *r, uint64_t bytes)
{
    uint64_t pieces = bytes / ROOM_PIECE;

    r->free = pieces >= ROOM_PIECES_MAX ? UINT64_MAX : (1ull << pieces) - 1;
}

ROOM_INLINE uint32_t room_pieces(uint32_t bytes)
{
    return bytes / ROOM_PIECE + (bytes % ROOM_PIECE != 0);
}

/* *offset: where `bytes` bytes (not 0) may lie; false: there is no such place. */
ROOM_INLINE bool room_take(struct room *r, uint32_t bytes, uint32_t *offset)
{
    uint32_t pieces = room_pieces(bytes), step;
    uint64_t at = r->free; /* bit i: so many are free from i on as were looked at */

    if (pieces == 0 || pieces >= ROOM_PIECES_MAX) {
        return false;
    }
    for (uint32_t have = 1; have < pieces; have += step) {
        step = have < pieces - have ? have : pieces - have;
        at &= at >> step;
    }
    if (at == 0) {
        return false;
    }
    *offset = (uint32_t)__builtin_ctzll(at) * ROOM_PIECE;
    r->free &= ~(((1ull << pieces) - 1) << (*offset / ROOM_PIECE));
    return true;
}

/* What room_take gave, with the same bytes. */
ROOM_INLINE void room_give(struct room *r, uint32_t bytes, uint32_t offset)
{
    r->free |= ((1ull << room_pieces(bytes)) - 1) << (offset / ROOM_PIECE);
}

#endif
