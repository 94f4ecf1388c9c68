/* Kills drivers while the gates are slow, deaf or dying themselves, and the primary supervisor in the middle of it. */
#include <stdio.h>

#include "GateTester.h"

#include <comp/sleep.h>

#define MS          1000000ull
#define RUNNING     2u /* enum domain_state of supervisor.idl */
#define STOPPING    3u
#define PARKED      5u
#define FAILURE_DMA 23u /* enum failure of servers/supervisor/region.h */
#define ROUNDS      60u

struct self {
    uint32_t domain[2], iommu;
    bool is_settled;
};

static void sleep(uint64_t ns)
{
    comp_sleep_until(tess_deadline_ns(ns));
}

static struct domain_info info(struct self *self, uint32_t domain)
{
    struct domain_info i = { 0 };

    while (supervisor_domain(self, domain, &i) == TESS_GONE) {
    }
    return i;
}

/* Both drivers run, and their clients are in a call again. */
static void settle(struct self *self)
{
    for (uint32_t i = 0; i < 4000; i++) {
        sleep(MS / 2);
        if (info(self, self->domain[0]).state == RUNNING &&
            info(self, self->domain[1]).state == RUNNING) {
            sleep(MS / 2);
            return;
        }
    }
    self->is_settled = false;
}

/* Nobody saw anything in the wrong order since boot, and both drivers have been restarted so often. */
static void say(struct self *self, const char *what, uint32_t one, uint32_t two)
{
    volatile struct show *s = show(self);
    bool ok = self->is_settled && !s->iommu_early && !s->bus_early && !s->iommu_order &&
              !s->bus_order && s->starts[0] == one && s->starts[1] == two &&
              s->gone[0] + 1 >= one && s->bus_open[0] && s->bus_open[1] && s->iommu_open[0] &&
              s->iommu_open[1];

    printf("gates: %s: %s\n", what, ok ? "ok" : "FAILED");
    if (!ok) {
        printf("    settled %u early %u %u order %u %u starts %u %u gone %u %u\n", self->is_settled,
               s->iommu_early, s->bus_early, s->iommu_order, s->bus_order, s->starts[0],
               s->starts[1], s->gone[0], s->gone[1]);
    }
    s->starts[0] = s->starts[1] = s->gone[0] = s->gone[1] = 0;
}

static void kill(struct self *self, uint32_t which)
{
    (void)supervisor_kill(self, self->domain[which]);
}

static void kill_both(struct self *self)
{
    kill(self, 0);
    kill(self, 1);
    settle(self);
}

/* ---- the gates misbehave ---- */

static void test_gates(struct self *self)
{
    volatile struct show *s = show(self);

    settle(self);
    say(self, "start", 1, 1);
    s->delay_ns = 5 * MS;
    for (uint32_t i = 0; i < 10; i++) {
        uint64_t used = info(self, self->domain[0]).used;

        kill(self, 0);
        for (uint32_t k = 0; k < 4; k++) { /* the IOMMU closes, then the bus */
            sleep(2 * MS);
            struct domain_info d = info(self, self->domain[0]);
            self->is_settled = self->is_settled && d.state == STOPPING && d.used == used;
        }
        settle(self);
    }
    say(self, "slow", 10, 0);
    kill_both(self);
    say(self, "two at once", 1, 1);
    s->iommu_deaf = 1;
    (void)supervisor_kill(self, self->iommu);
    sleep(20 * MS);
    kill_both(self);
    say(self, "deaf IOMMU", 1, 1);
    s->iommu_crash = 2;
    kill_both(self);
    say(self, "IOMMU dies with orders in hand", 1, 1);
    s->bus_crash = 3;
    kill_both(self);
    say(self, "bus dies with orders in hand", 1, 1);
    (void)supervisor_kill(self, self->iommu);
    settle(self);
    say(self, "IOMMU dies, drivers go on", 0, 0);
}

/* ---- the primary dies ---- */

static void test_kills(struct self *self)
{
    uint32_t one = 0, two = 0;

    show(self)->delay_ns = MS / 2;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        while (supervisor_fail(self, SUPERVISOR_FAILURE_KILL, 1000 + i * 1327171 % 2500000) ==
               TESS_AGAIN) {
            sleep(MS);
        }
        kill(self, i % 2);
        if (i % 3 == 0) {
            kill(self, 1 - i % 2);
        }
        settle(self);
        sleep(3 * MS);
    }
    one = show(self)->starts[0];
    two = show(self)->starts[1];
    self->is_settled = self->is_settled && one >= ROUNDS / 2 && two >= ROUNDS / 2;
    say(self, "primary dies meanwhile", one, two);
}

/* ---- reports ---- */

static void report(struct self *self, uint32_t function, uint64_t address, uint32_t times)
{
    volatile struct show *s = show(self);

    s->fault_function = function;
    s->fault_address = address;
    s->fault = times;
    for (uint32_t i = 0; i < 100 && s->fault; i++) {
        sleep(MS);
    }
    settle(self);
}

static void test_reports(struct self *self)
{
    struct domain_info before = info(self, self->domain[0]), after;

    report(self, 0, 0x4000, 1);
    after = info(self, self->domain[0]);
    self->is_settled = self->is_settled && after.failures == before.failures + 1 &&
                       after.why == FAILURE_DMA && after.detail[0] == 0x4000 &&
                       after.detail[1] == 0x10;
    say(self, "a wild access restarts the driver", 1, 0);
    report(self, 2, 0x4000, 40);
    report(self, 0xffffffff, ~0ull, 1000);
    say(self, "nonsense harms nobody", 0, 0);
    (void)supervisor_stop(self, self->domain[0]);
    sleep(20 * MS);
    show(self)->fault_function = 0;
    show(self)->fault = 1000;
    sleep(200 * MS);
    (void)supervisor_start(self, self->domain[0]);
    settle(self);
    after = info(self, self->domain[0]);
    self->is_settled = self->is_settled && after.failures == before.failures + 1;
    say(self, "what was closed is not blamed", 1, 0);
}

/* ---- the IOMMU is given up ---- */

static bool is_kept(struct self *self, uint32_t which, uint64_t used)
{
    struct domain_info i = info(self, self->domain[which]);

    return i.state == PARKED && i.used == used && !show(self)->gone[which];
}

static void expect(struct self *self, bool ok, const char *what)
{
    printf("gates: %s: %s\n", what, ok && self->is_settled ? "ok" : "FAILED");
}

static void test_parked(struct self *self)
{
    volatile struct show *s = show(self);
    uint64_t one, two;

    settle(self);
    s->gone[0] = s->gone[1] = 0;
    one = info(self, self->domain[0]).used;
    two = info(self, self->domain[1]).used;
    s->iommu_deaf = 10;
    (void)supervisor_kill(self, self->iommu);
    sleep(20 * MS);
    kill(self, 0);
    sleep(500 * MS);
    expect(self, info(self, self->iommu).state == PARKED && is_kept(self, 0, one),
           "driver parked, nothing of it used again");
    expect(self, info(self, self->domain[1]).state == RUNNING, "the other one runs on");
    kill(self, 1);
    sleep(MS);
    expect(self, is_kept(self, 1, two), "and is parked when it dies");
    (void)supervisor_start(self, self->domain[1]);
    sleep(MS);
    expect(self, is_kept(self, 1, two), "it cannot be started");
    s->iommu_deaf = 0;
    (void)supervisor_start(self, self->iommu);
    (void)supervisor_start(self, self->domain[0]);
    (void)supervisor_start(self, self->domain[1]);
    settle(self);
    expect(self, s->starts[0] == 2 && s->starts[1] == 2 && s->gone[0] && s->gone[1],
           "but with its IOMMU it can");
}

int run(struct self *self)
{
    self->is_settled = supervisor_find(self, "one", &self->domain[0]) == TESS_OK &&
                       supervisor_find(self, "two", &self->domain[1]) == TESS_OK &&
                       supervisor_find(self, "iommu", &self->iommu) == TESS_OK;
    if (IS_PARKED) {
        test_parked(self);
        return 0;
    }
    test_gates(self);
    test_reports(self);
    test_kills(self);
    return 0;
}
