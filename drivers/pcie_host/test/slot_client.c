/* Reads and writes while the disk goes and comes: requests fail meanwhile, all of them are over soon, and what was written is there again. */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>

#include "SlotClient.h"

enum { ROUNDS = 6, SECTORS = 8, IN_FLIGHT = 8, TRIES = 100, STEP_NS = 5000000 };

struct self {
    uint32_t outstanding, failed;
    uint8_t room[SECTORS * 512];
};

static void disk_read_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)cookie;
    self->outstanding--;
    self->failed += err != TESS_OK;
}

static void disk_write_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    disk_read_done(self, cookie, err);
}

static void disk_flush_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    disk_read_done(self, cookie, err);
}

static void disk_capacity_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t n)
{
    (void)n;
    disk_read_done(self, cookie, err);
}

static void step(void)
{
    comp_sleep_until(tess_deadline_ns(STEP_NS));
}

/* Until reads give this; false: they did not. */
static bool wait_for(struct self *self, enum tess_err wanted)
{
    for (uint32_t i = 0; i < TRIES; i++) {
        if (disk_read(self, 0, SECTORS, self->room) == wanted) {
            return true;
        }
        step();
    }
    return false;
}

static void start_reads(struct self *self)
{
    for (uint32_t i = 0; i < IN_FLIGHT; i++) {
        self->outstanding +=
            disk_read_start(self, i, i * SECTORS, SECTORS, i * sizeof self->room) == TESS_OK;
    }
}

static bool are_over_soon(struct self *self)
{
    for (uint32_t i = 0; i < TRIES && self->outstanding; i++) {
        step();
    }
    return self->outstanding == 0;
}

/* Requests that are in flight when the power goes are all over soon. */
static bool take_while_busy(struct self *self)
{
    start_reads(self);
    take_emit(self);
    return are_over_soon(self);
}

/* The driver hears once more that the disk has come: no request fails for that. */
static bool is_good_after_old_news(struct self *self)
{
    self->failed = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        start_reads(self);
        give_emit(self);
        if (!are_over_soon(self)) {
            return false;
        }
    }
    return self->failed == 0;
}

static bool round_is_good(struct self *self, uint32_t i)
{
    memset(self->room, (int)i + 1, sizeof self->room);
    if (disk_write(self, 0, SECTORS, self->room) != TESS_OK || !take_while_busy(self) ||
        !wait_for(self, (enum tess_err)BLOCK_ERROR_IO)) {
        return false;
    }
    give_emit(self);
    memset(self->room, 0, sizeof self->room);
    return wait_for(self, TESS_OK) && self->room[0] == i + 1 &&
           self->room[sizeof self->room - 1] == i + 1;
}

/* Out and in again before anybody has looked. */
static bool is_good_after_a_blink(struct self *self)
{
    take_emit(self);
    give_emit(self);
    for (uint32_t i = 0; i < 30; i++) {
        step();
    }
    return wait_for(self, TESS_OK);
}

static int run(struct self *self)
{
    struct domain_info driver = { 0 };
    uint32_t number = 0, good = 0;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        good += round_is_good(self, i);
    }
    printf("client: %u of %u times, the disk went and came\n", (unsigned)good, ROUNDS);
    printf("client: old news: %s\n", is_good_after_old_news(self) ? "ok" : "FAILED");
    printf("client: a blink: %s\n", is_good_after_a_blink(self) ? "ok" : "FAILED");
    (void)supervisor_find(self, "driver", &number);
    if (supervisor_domain(self, number, &driver) == TESS_OK) {
        printf("client: the driver has failed %u times\n", (unsigned)driver.failures);
    }
    return 0;
}
