/* Queues whose connection is checksummed: which blocks a request covers, and what happens when they are not as expected. */
#include <comp/queue.h>

void comp_queue_cover_begin(struct comp_queue *q, uint32_t slot, uint32_t method,
                            const uint64_t *words, uint32_t count)
{
    const struct comp_queue_method *m = &q->methods[method];

    if (m->cover != COMP_COVER_NONE) {
        comp_cover_begin(&q->cover->blocks, slot, m->cover, words[m->first], words[m->count],
                         (const uint8_t *)(q->at->buffer + words[count - 1]));
    }
}

bool comp_queue_cover_end(struct comp_queue *q, uint32_t slot, struct comp_done *d)
{
    struct comp_doubt *a = &q->cover->doubt[slot];
    uint64_t words[COMP_QUEUE_WORDS];

    if (!comp_cover_end(&q->cover->blocks, slot, d->err == TESS_OK)) {
        d->err = TESS_CORRUPT;
    }
    if (d->err == TESS_OK || !comp_doubt(a, &q->cover->believed, q->at->watch, d->err)) {
        *a = (struct comp_doubt){ 0 };
        return false;
    }
    memcpy(words, q->slot[slot].arguments, sizeof words);
    comp_queue_cover_begin(q, slot, d->method, words, q->slot[slot].bytes / 8);
    return true;
}
