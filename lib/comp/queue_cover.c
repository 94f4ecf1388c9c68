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

/*
 * Is the error to be doubted, and the server to be asked again?  Whoever is at fault is restarted after some strikes; what the next incarnation says as
 * well, asked after its start, is so.  It is believed from then on, so that a disk that is really damaged costs its driver one restart.
 *
 *     asked --error--> strike, asked again --restart, error--> asked as the fresh one --error--> believed
 */
static bool doubt(struct comp_queue *q, struct comp_queue_doubt *a, enum tess_err err)
{
    uint64_t crashes = q->at->watch < 0 ? 0 : comp_watch((unsigned)q->at->watch)->crashes;
    bool is_believed = q->cover->believed == crashes + 1;
    bool is_restarted = a->asked && a->crashes != crashes;

    if (is_believed && (err != TESS_CORRUPT || a->asked)) {
        return false;
    }
    if (a->asked == COMP_DOUBTS || (a->is_fresh && !is_restarted)) {
        q->cover->believed = crashes + 1;
        return false;
    }
    a->is_fresh |= is_restarted;
    a->crashes = crashes;
    a->asked++;
    if (!is_believed && !a->is_fresh) {
        (void)comp_blame(q->at->watch, err);
    }
    return true;
}

bool comp_queue_cover_end(struct comp_queue *q, uint32_t slot, struct comp_done *d)
{
    struct comp_queue_doubt *a = &q->cover->doubt[slot];
    uint64_t words[COMP_QUEUE_WORDS];

    if (!comp_cover_end(&q->cover->blocks, slot, d->err == TESS_OK)) {
        d->err = TESS_CORRUPT;
    }
    if (d->err == TESS_OK || !doubt(q, a, d->err)) {
        *a = (struct comp_queue_doubt){ 0 };
        return false;
    }
    memcpy(words, q->slot[slot].arguments, sizeof words);
    comp_queue_cover_begin(q, slot, d->method, words, q->slot[slot].bytes / 8);
    return true;
}
