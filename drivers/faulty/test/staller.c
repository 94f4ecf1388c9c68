/*
 * A disk may stall for less than its interface has patience, though it is restarted meanwhile, and again and again; when it stalls for longer, its client gets an error, and
 * the disk is used as before when it is back.
 */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/time.h>

#include "Staller.h"

#define REQUESTS 16u
#define SECOND   1000000000ull

struct self {
    uint32_t outstanding, failed, server, failures;
    enum tess_err err;
    uint64_t first; /* tick of the first error */
};

static void disk_read_done(struct self *self, uint64_t i, enum tess_err err)
{
    (void)i;
    self->outstanding--;
    if (err) {
        self->first = self->failed ? self->first : tess_now();
        self->err = err;
        self->failed++;
    }
}

static void disk_write_done(struct self *self, uint64_t i, enum tess_err err)
{
    disk_read_done(self, i, err);
}

static void disk_flush_done(struct self *self, uint64_t i, enum tess_err err)
{
    disk_read_done(self, i, err);
}

static void disk_capacity_done(struct self *self, uint64_t i, enum tess_err err, uint64_t sectors)
{
    (void)sectors;
    disk_read_done(self, i, err);
}

/* Failures of the disk since the last call. */
static uint32_t failures(struct self *self)
{
    struct domain_info info = { 0 };
    uint32_t before = self->failures;

    (void)supervisor_domain(self, self->server, &info);
    self->failures = info.failures;
    return info.failures - before;
}

static void requests(struct self *self, uint64_t stalls_ns)
{
    self->failed = 0;
    stall(self)->until = tess_deadline_ns(stalls_ns);
    for (uint64_t i = 0; i < REQUESTS; i++) {
        self->outstanding += disk_write_start(self, i, i, 1, i * 512) == TESS_OK;
    }
    while (self->outstanding) {
        comp_sleep_until(tess_deadline_ns(1000000));
    }
}

/* It stalls for so long; an error may come only when its interface has no more patience. */
static void try(struct self *self, unsigned seconds, bool is_over)
{
    uint64_t before = tess_now(), after;
    uint32_t deaths;

    requests(self, seconds * SECOND);
    after = self->failed ? (self->first - before) / tess_ticks_of_ns(SECOND) : 0;
    deaths = failures(self);
    printf("stall: of %u s: %s, %s%s\n", seconds,
           deaths >= 3 ? "restarted" : "FAILED: not restarted",
           self->failed ? "an error" : "no error",
           (self->failed != 0) != is_over ||
                   (is_over && (self->err != TESS_POISON || after < 30 || after > 35))
               ? ": FAILED"
               : "");
}

static int run(struct self *self)
{
    (void)supervisor_find(self, "disk", &self->server);
    try(self, 8, false);
    try(self, 20, false);
    try(self, 20, false);
    try(self, 60, true);
    requests(self, 0);
    printf("stall: afterwards: %s\n", self->failed || failures(self) ? "FAILED" : "ok");
    return 0;
}
