/*
 * Asks a clock, a source of random bytes, a console again that answers what cannot be, by comp/doubt.h: a strike each time, and soon it is a fresh incarnation
 * that is asked.  `ask` is the component's function for the method, `watch` what END_watch() says.  self: the component's.
 */
#ifndef PLAUSIBLE_ASK_H
#define PLAUSIBLE_ASK_H

#include <comp/crc32c.h>
#include <comp/doubt.h>
#include <plausible/clock.h>
#include <plausible/random.h>

struct self;

/* What is remembered of a connection; all zeros at first. */
struct plausible_asked {
    struct comp_doubt doubt;
    uint64_t believed;
};

/* An answer was an error, or CORRUPT: it cannot be.  False: it is believed, whatever it is. */
static inline bool plausible_again(struct plausible_asked *a, int watch, enum tess_err err)
{
    if (err != TESS_OK && comp_doubt(&a->doubt, &a->believed, watch, err)) {
        return true;
    }
    a->doubt = (struct comp_doubt){ 0 };
    return false;
}

/* The time, as Clock.now says it.  What a fresh incarnation says as well is so: the clock was set. */
static inline enum tess_err plausible_now(struct plausible_asked *a, struct plausible_clock *c,
                                          struct self *self,
                                          enum tess_err (*ask)(struct self *, uint64_t *),
                                          int watch, uint64_t *seconds)
{
    uint64_t before, after;
    enum tess_err err;
    bool is_so;

    do {
        before = tess_ns_of_ticks(tess_now());
        err = ask(self, seconds);
        after = tess_ns_of_ticks(tess_now());
        is_so = !err && plausible_clock_take(c, *seconds, before, after);
    } while (plausible_again(a, watch, err ? err : is_so ? TESS_OK : TESS_CORRUPT));
    if (!err && !is_so) {
        c->is_known = false;
        (void)plausible_clock_take(c, *seconds, before, after);
    }
    return err;
}

/* What came of a request for n + PLAUSIBLE_SPARE bytes. */
static inline enum tess_err plausible_got(struct plausible_random *r, enum tess_err err,
                                          const void *buf, uint32_t n)
{
    return err ? err : plausible_random_are(r, buf, n) ? TESS_OK : TESS_CORRUPT;
}

/*
 * n random bytes by Entropy.get, into room for n + PLAUSIBLE_SPARE.  CORRUPT: a fresh incarnation's are not random either.  Over a queue they come through the
 * connection's buffer: what was not written there are zeros, or bytes of the request before.
 */
static inline enum tess_err plausible_get(struct plausible_asked *a, struct plausible_random *r,
                                          struct self *self,
                                          enum tess_err (*ask)(struct self *, uint32_t, void *),
                                          int watch, uint32_t n, void *to)
{
    enum tess_err err;

    do {
        plausible_random_prepare(to, n);
        err = plausible_got(r, ask(self, n + PLAUSIBLE_SPARE, to), to, n);
    } while (plausible_again(a, watch, err));
    return err;
}

/* Of that text, as idl/console.idl says it. */
static inline uint32_t plausible_receipt(const uint8_t *text, uint32_t bytes)
{
    uint32_t crc = COMP_CRC32C_BEGIN;

    for (uint32_t i = 0; i < bytes; i++) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) {
            crc = comp_crc32c_byte(crc, '\r');
        }
        crc = comp_crc32c_byte(crc, text[i]);
    }
    return ~crc;
}

/* Text by ConsoleReceipt.print.  CORRUPT: a fresh incarnation has printed something else as well; GONE is not doubted: it may be printed or not. */
static inline enum tess_err plausible_print(struct plausible_asked *a, struct self *self,
                                            enum tess_err (*ask)(struct self *, const void *,
                                                                 uint32_t, uint32_t *),
                                            int watch, const void *text, uint32_t bytes)
{
    enum tess_err err;
    uint32_t receipt;

    do {
        receipt = 0;
        err = ask(self, text, bytes, &receipt);
        err = err ? err : receipt == plausible_receipt(text, bytes) ? TESS_OK : TESS_CORRUPT;
    } while (err != TESS_GONE && plausible_again(a, watch, err));
    return err;
}

#endif
