/*
 * Queues: asynchronous calls through a pair of rings and a buffer that client and server map (ring/request.h,
 * recover/replay.h), as the generated glue uses them.  All of it lies in memory that outlives both sides.
 *
 * A request carries its id and one word a scalar; of a method that lends, one more: the offset of the lent bytes in the
 * buffer.  A completion carries the id and one word a result, its tag is the error.  At most COMP_QUEUE_DEPTH requests
 * of a connection are outstanding.
 */
#ifndef COMP_QUEUE_H
#define COMP_QUEUE_H

#include <comp/comp.h>
#include <comp/cover.h>
#include <comp/doubt.h>
#include <recover/replay.h>
#include <ring/request.h>

#define COMP_QUEUE_NOTHING 0xffffu /* method of a request that is completed without being done */

/* Where a side of a connection has its memory mapped, and how it reaches the other one. */
struct comp_queue_at {
    uint64_t request, taken;   /* ring of requests: producer's pages, consumer's page and notes */
    uint64_t completion, read; /* ring of completions: the same */
    uint64_t buffer, buffer_bytes;
    tess_cap wake;  /* signals the other side */
    tess_cap other; /* client: the server's endpoint, which is gone when that was given up */
    uint64_t bit;   /* of the own notification: the other side has done something */
    int watch;      /* entry of the pulse page; -1: none */
};

/* ---- client ---- */

/* The answer to a request. */
struct comp_done {
    uint64_t cookie;
    uint64_t w[COMP_QUEUE_WORDS]; /* results; 0 when there is an error */
    uint32_t method;
    enum tess_err err;
};

/* What the glue knows of a method. */
struct comp_queue_method {
    uint8_t results;      /* words of an answer */
    uint8_t bools;        /* bit i: word i is 0 or 1 */
    uint8_t cover;        /* enum comp_cover_kind */
    uint8_t first, count; /* words of a request: which blocks; its last word: where they lie */
};

/* A checksummed connection: an error is believed when a fresh incarnation of the server says the same. */
struct comp_queue_cover {
    struct comp_cover blocks;
    uint64_t believed; /* crashes of the server + 1: of the incarnation that has done so; 0: none */
    struct comp_doubt doubt[COMP_QUEUE_DEPTH];
};

struct comp_queue {
    const struct comp_queue_at *at;
    const struct comp_queue_method *methods;
    int error_first, error_last; /* the interface's own errors */
    /* called for each completion of a request that is not a synchronous call's; NULL: there are none */
    void (*done)(const struct comp_done *d);
    struct replay replay;
    struct replay_slot slot[COMP_QUEUE_DEPTH];
    uint64_t cookie[COMP_QUEUE_DEPTH];
    struct comp_queue_cover *cover; /* NULL: it is not checksummed */
    uint32_t outstanding;
    uint32_t nonsense;       /* completions in a row that made no sense */
    bool is_polling;         /* between two completions, other signals are handled */
    bool is_calling;         /* a synchronous call waits */
    bool is_collecting;      /* the server is signalled when that is over */
    uint64_t call;           /* slot of the synchronous call that is outstanding, and 1; 0: none */
    struct comp_done answer; /* to it */
};

/*
 * Begin; at, methods, errors, done and cover are set.  What the last incarnation has left outstanding is cancelled or waited for, since the server
 * may still use the buffer; signals that come meanwhile are kept in comp_early.
 */
void comp_queue_attach(struct comp_queue *q, uint64_t generation);
/*
 * Make a request.  AGAIN: COMP_QUEUE_DEPTH are outstanding, or the oldest of so many numbers is.
 */
enum tess_err comp_queue_start(struct comp_queue *q, uint32_t method, const uint64_t *words,
                               uint32_t count, uint64_t cookie);
/* Take what was completed. */
void comp_queue_collect(struct comp_queue *q);
/*
 * A synchronous call: begin, put what is lent into the buffer, call; then copy what was lent and end.  begin waits until the
 * buffer is free.  Both: GONE: the server was given up; begin: STATE: such a call is in flight.
 */
enum tess_err comp_queue_begin(struct comp_queue *q);
enum tess_err comp_queue_call(struct comp_queue *q, uint32_t method, const uint64_t *words,
                              uint32_t count, struct comp_done *answer);

/* Signals that came before init. */
extern uint64_t comp_early;

/* ---- a checksummed connection, for queue.c ---- */

/* Request number slot is about to be made. */
void comp_queue_cover_begin(struct comp_queue *q, uint32_t slot, uint32_t method,
                            const uint64_t *words, uint32_t count);
/*
 * It was completed with d->err, and is still in its slot.  True: it is to be made once more.  Else d->err is what the client is told:
 * CORRUPT if it has read something else than expected.
 */
bool comp_queue_cover_end(struct comp_queue *q, uint32_t slot, struct comp_done *d);

/* ---- server ---- */

struct comp_queue_server {
    const struct comp_queue_at *at;
    uint32_t results_max; /* words of the largest completion */
    uint32_t first;       /* id of the connection's first request in hand */
    uint64_t
        patience_ns; /* so long incarnations may be struck with a request in hand before it is to blame */
    /*
     * Begins to serve the request: OK: comp_queue_finish has been or will be called; else it is completed with the error.  bytes_:
     * of r, all of them readable words.
     */
    enum tess_err (*handle)(uint32_t id, const struct ring_record *r);
    /*
     * Set if requests may stay in hand for ever: forget those that are, with ids from `from` to `to` - 1, and what is lent with them:
     * their client has been restarted.  They are completed then.  Such requests are not done one at a time after a crash.
     */
    void (*cancel)(uint32_t from, uint32_t to);
    struct request_server server;
    struct request window[COMP_QUEUE_DEPTH];
    uint64_t in_hand;    /* bit i: request first + i */
    uint64_t generation; /* of the client, as it says */
    bool is_taking, is_spoilt;
};

/* Begin, or go on where the last incarnation died; at, results_max, first, patience_ns, handle and cancel are set. */
void comp_queue_take_up(struct comp_queue_server *q, uint64_t generation);
/* Serve what is in the ring, as far as it can be taken. */
void comp_queue_serve(struct comp_queue_server *q);
/*
 * Complete a request in hand; id: that of handle.  An id that is not in hand is ignored.  Serves what can be taken now:
 * handle may be called before it returns.
 */
void comp_queue_finish(struct comp_queue_server *q, uint32_t id, enum tess_err err,
                       const uint64_t *words, uint32_t count);

/* The words of a request as a message; false: there are not `words` of them. */
static inline bool comp_queue_message(const struct ring_record *r, uint32_t words,
                                      struct tess_msg *m)
{
    if (ring_bytes(r) != REQUEST_ID_BYTES + 8u * words) {
        return false;
    }
    for (uint32_t i = 0; i < words; i++) {
        m->w[i] = ring_word(r, i + 1);
    }
    return true;
}

#endif
