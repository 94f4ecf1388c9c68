#include <stdio.h>

#include "Load.h"
#include "digest.h"

#define LARGE 16384u

struct self {
    uint64_t random;
    uint64_t rounds, idempotent, once, gone, failed, wrong;
    uint64_t slowest; /* ticks of one call */
    uint64_t total;   /* what `add` must have come to, at most and at least */
    uint64_t unsure;
    uint64_t buf[LARGE / 8];
};

/* An idempotent call: no error is allowed. */
static void expect(struct self *self, enum tess_err err, int is_right)
{
    self->idempotent++;
    self->failed += err != TESS_OK;
    self->wrong += err == TESS_OK && !is_right;
}

static void try_idempotent(struct self *self)
{
    uint8_t data[400];
    uint64_t y = 0, x = pseudo_random(&self->random);
    uint32_t bytes = (uint32_t)(x % sizeof data);

    enum tess_err err = work_square(self, x, &y);
    expect(self, err, y == x * x);
    for (uint32_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(x + i);
    }
    err = work_digest(self, data, bytes, &y);
    expect(self, err, y == digest(data, bytes));
    if (self->rounds % 4 == 0) {
        err = work_large(self, x, self->buf);
        expect(self, err, self->buf[0] == x && self->buf[LARGE / 8 - 1] == x + LARGE / 8 - 1);
    }
}

static void try_once(struct self *self)
{
    uint64_t y = 0, x = self->rounds;
    enum tess_err err = work_count(self, x, &y);

    self->once++;
    if (err == TESS_GONE) {
        self->gone++;
    } else {
        self->failed += err != TESS_OK;
        self->wrong += err == TESS_OK && y != x + 1;
    }
}

/* Numbered: executed once, or, if the server died between doing it and noting the answer, twice. */
static void try_add(struct self *self)
{
    uint64_t total = 0, before = self->total;
    enum tess_err err = work_add(self, 1, &total);

    self->failed += err != TESS_OK;
    self->wrong += err == TESS_OK && (total < before + 1 || total > before + 3);
    self->unsure += err == TESS_OK && total != before + 1;
    self->total = err == TESS_OK ? total : before;
}

int run(struct self *self)
{
    self->random = 1;
    while (!finish_poll(self)) {
        uint64_t start = tess_now();

        try_idempotent(self);
        try_once(self);
        try_add(self);
        uint64_t ticks = tess_now() - start;
        self->slowest = ticks > self->slowest ? ticks : self->slowest;
        self->rounds++;
    }
    printf("load: %llu rounds, %llu idempotent calls, %llu once, of them %llu gone; slowest round "
           "%llu us\n",
           (unsigned long long)self->rounds, (unsigned long long)self->idempotent,
           (unsigned long long)self->once, (unsigned long long)self->gone,
           (unsigned long long)tess_ns_of_ticks(self->slowest) / 1000);
    printf("load: %llu failed, %llu wrong, %llu added twice\n", (unsigned long long)self->failed,
           (unsigned long long)self->wrong, (unsigned long long)self->unsure);
    printf("load: %s\n", self->failed || self->wrong || !self->gone ? "FAILED" : "ok");
    return 0;
}
