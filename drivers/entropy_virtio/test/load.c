/* Requests of all sizes, many at once; every byte that was asked for must be the device's, and no other byte may have changed. */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>
#include <tess/random.h>

#include "EntropyLoad.h"

#define ROOM  4096u
#define PARTS (ENTROPY_BUFFER_BYTES / ROOM)
#define STALE 0xa5

struct self {
    uint64_t random, requests, failed, wrong;
    uint32_t outstanding;
    bool is_over;
    bool waits[PARTS]; /* not begun: a request that is much older is outstanding */
    uint32_t bytes[PARTS];
};

static uint8_t *part(struct self *self, uint64_t i)
{
    return entropy_buffer(self) + i * ROOM;
}

static void begin(struct self *self, uint64_t i)
{
    enum tess_err err = entropy_get_start(self, i, self->bytes[i], i * ROOM);

    self->waits[i] = err == TESS_AGAIN;
    self->requests += err == TESS_OK;
    self->outstanding += err == TESS_OK;
    self->failed += err != TESS_OK && err != TESS_AGAIN;
}

static void next(struct self *self, uint64_t i)
{
    self->bytes[i] = (uint32_t)(tess_random(&self->random) >> 32) % (ROOM + 1);
    if (self->bytes[i] % 2) { /* small ones are more interesting */
        self->bytes[i] %= 100;
    }
    memset(part(self, i), STALE, ROOM);
    begin(self, i);
}

static bool is_right(const uint8_t *at, uint32_t bytes)
{
    uint32_t bad = 0;

    for (uint32_t i = 0; i < ROOM; i++) {
        bad += at[i] != (i < bytes ? 0 : STALE);
    }
    return bad == 0;
}

static void entropy_get_done(struct self *self, uint64_t i, enum tess_err err)
{
    self->failed += err != TESS_OK;
    self->wrong += !is_right(part(self, i), self->bytes[i]);
    self->outstanding--;
    if (!self->is_over) {
        next(self, i);
        for (uint64_t other = 0; other < PARTS; other++) {
            if (self->waits[other]) {
                begin(self, other);
            }
        }
    }
}

static int run(struct self *self)
{
    self->random = 1;
    for (uint64_t i = 0; i < PARTS; i++) {
        next(self, i);
    }
    finish_wait(self);
    while (self->requests < LEAST) {
        comp_sleep_until(tess_deadline_ns(100000));
    }
    self->is_over = true;
    while (self->outstanding) {
        comp_sleep_until(tess_deadline_ns(100000));
    }
    printf("load: %llu requests, %llu failed, %llu wrong\n", (unsigned long long)self->requests,
           (unsigned long long)self->failed, (unsigned long long)self->wrong);
    printf("load: %s\n", self->failed || self->wrong ? "FAILED" : "ok");
    return 0;
}
