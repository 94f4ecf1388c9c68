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
    uint32_t outstanding, failed, server, relay, failures;
    enum tess_err err;
    uint64_t first; /* tick of the first error */
};

static void disk_read_done(struct self *self, uint32_t way, uint64_t i, enum tess_err err)
{
    (void)way;
    (void)i;
    self->outstanding--;
    if (err) {
        self->first = self->failed ? self->first : tess_now();
        self->err = err;
        self->failed++;
    }
}

static void disk_write_done(struct self *self, uint32_t way, uint64_t i, enum tess_err err)
{
    disk_read_done(self, way, i, err);
}

static void disk_flush_done(struct self *self, uint32_t way, uint64_t i, enum tess_err err)
{
    disk_read_done(self, way, i, err);
}

static void disk_capacity_done(struct self *self, uint32_t way, uint64_t i, enum tess_err err,
                               uint64_t sectors)
{
    (void)sectors;
    disk_read_done(self, way, i, err);
}

static uint32_t failures_of(struct self *self, uint32_t domain)
{
    struct domain_info info = { 0 };

    (void)supervisor_domain(self, domain, &info);
    return info.failures;
}

/* Failures of the disk since the last call. */
static uint32_t failures(struct self *self)
{
    uint32_t before = self->failures;

    self->failures = failures_of(self, self->server);
    return self->failures - before;
}

static void requests(struct self *self, uint32_t way, uint64_t stalls_ns)
{
    self->failed = 0;
    stall(self)->until = tess_deadline_ns(stalls_ns);
    for (uint64_t i = 0; i < REQUESTS; i++) {
        self->outstanding += disk_write_start(self, way, i, i, 1, i * 512) == TESS_OK;
    }
    while (self->outstanding) {
        comp_sleep_until(tess_deadline_ns(1000000));
    }
}

/* It stalls for so long; an error may come only when its interface has no more patience. */
static void try(struct self *self, uint32_t way, unsigned seconds, bool is_over)
{
    uint64_t before = tess_now(), after;
    uint32_t deaths;

    requests(self, way, seconds * SECOND);
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
    (void)supervisor_find(self, "relay", &self->relay);
    try(self, 1, 8, false);
    printf("stall: who waits for the disk: %s\n",
           failures_of(self, self->relay) ? "FAILED: restarted" : "not blamed");
    try(self, 0, 20, false);
    try(self, 0, 20, false);
    try(self, 0, 60, true);
    requests(self, 0, 0);
    printf("stall: afterwards: %s\n", self->failed || failures(self) ? "FAILED" : "ok");
    return 0;
}
