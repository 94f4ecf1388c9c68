/* May the monitor go on with the guest that it finds?  See books.h. */
#include "books.h"

#include <string.h>

enum books_verdict books_judge(struct books *b, uint64_t body, const struct books_now *now)
{
    uint64_t exits = 0;

    if (b->shape != BOOKS_SHAPE || b->body != body) {
        memset(b, 0, sizeof *b);
        b->shape = BOOKS_SHAPE;
        b->body = body;
        return BOOKS_NOBODY;
    }
    if (!b->is_live || !now->fits) {
        b->tries = 0;
        return BOOKS_NOBODY;
    }
    for (unsigned i = 0; i < EXIT_KINDS; i++) {
        exits += b->state.exits[i];
    }
    if (now->has_crashed && now->ticks - b->since < now->soon && exits - b->exits < BOOKS_FEW) {
        b->tries++;
    } else {
        b->tries = 0;
    }
    b->since = now->ticks;
    b->exits = exits;
    if (b->tries >= BOOKS_TRIES) {
        b->tries = 0;
        return BOOKS_POISON;
    }
    return BOOKS_GO_ON;
}
