/*
 * An answer that is well-formed, but wrong as far as the client can see.  Whoever is at fault is restarted after some strikes; what the next incarnation
 * says as well, asked after its start, is so.  It is believed from then on, so that a device that is really damaged costs its driver one restart.
 *
 *     asked --wrong--> strike, asked again --restart, wrong--> asked as the fresh one --wrong--> believed
 */
#ifndef COMP_DOUBT_H
#define COMP_DOUBT_H

#include <comp/comp.h>

#define COMP_DOUBTS 8u /* times that a request is asked again at most */

/* What was asked; all zeros at first, and again when the answer was right or believed. */
struct comp_doubt {
    uint64_t crashes; /* of the server, when it was asked last */
    uint32_t asked;   /* again: so often */
    bool is_fresh;    /* then the server had been restarted because of the answers before */
};

/* How often the server of a connection has died of its own fault, strikes among it.  watch: END_watch(); -1: 0. */
COMP_INLINE uint64_t comp_crashes(int watch)
{
    return watch < 0 ? 0 : comp_watch((unsigned)watch)->crashes;
}

/*
 * Is the answer to be doubted, and the server to be asked again?  watch: of the connection, -1: none; err: CORRUPT for an answer, else the error that it was;
 * *believed: of the connection, the crashes of the server + 1: of the incarnation that is believed; 0: none.
 */
COMP_COLD static bool comp_doubt(struct comp_doubt *a, uint64_t *believed, int watch,
                                 enum tess_err err)
{
    uint64_t crashes = comp_crashes(watch);
    bool is_believed = *believed == crashes + 1;
    bool is_restarted = a->asked && a->crashes != crashes;

    if (is_believed && (err != TESS_CORRUPT || a->asked)) {
        return false;
    }
    if (a->asked == COMP_DOUBTS || (a->is_fresh && !is_restarted)) {
        *believed = crashes + 1;
        return false;
    }
    a->is_fresh |= is_restarted;
    a->crashes = crashes;
    a->asked++;
    if (!is_believed && !a->is_fresh) {
        (void)comp_blame(watch, err);
    }
    return true;
}

#endif
