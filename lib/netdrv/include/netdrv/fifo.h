/* Requests in hand, by their ids, that wait in order: for a descriptor, for a frame, for their turn. */
#ifndef NETDRV_FIFO_H
#define NETDRV_FIFO_H

#include <stdbool.h>
#include <stdint.h>

#define ID_FIFO_MAX 256u /* ids are below it, and each is in a fifo once at most */

struct id_fifo {
    uint32_t first, count;
    uint16_t id[ID_FIFO_MAX];
};

static inline void id_fifo_put(struct id_fifo *f, uint32_t id)
{
    f->id[(f->first + f->count++) % ID_FIFO_MAX] = (uint16_t)id;
}

/* The oldest; there is one. */
static inline uint32_t id_fifo_first(const struct id_fifo *f)
{
    return f->id[f->first];
}

/* Take the oldest out; there is one. */
static inline uint32_t id_fifo_take(struct id_fifo *f)
{
    uint32_t id = f->id[f->first];

    f->first = (f->first + 1) % ID_FIFO_MAX;
    f->count--;
    return id;
}

/* Take out those from `from` to `to` - 1; the others stay in order. */
static inline void id_fifo_drop(struct id_fifo *f, uint32_t from, uint32_t to)
{
    for (uint32_t left = f->count; left > 0; left--) {
        uint32_t id = id_fifo_take(f);

        if (id < from || id >= to) {
            id_fifo_put(f, id);
        }
    }
}

#endif
