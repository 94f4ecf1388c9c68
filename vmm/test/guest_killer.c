/* Kills a guest again and again, at any instruction of its life; see parts.adl. */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>
#include <tess/random.h>

#include "GuestKiller.h"

#define SETTLE_NS 50000000u
#define EVEN                                                                                       \
    4u /* who gives the CPU away often waits for the other's time slice: who is ahead changes */

struct self {
    uint64_t random;
    bool is_up;
    uint64_t when;
};

static void up_handle(struct self *self)
{
    self->is_up = true;
    self->when = tess_now();
}

/* The guest has begun; false: it has not within seconds. */
static bool wait_up(struct self *self)
{
    for (unsigned ms = 0; ms < 10000 && !self->is_up; ms++) {
        comp_sleep_until(tess_deadline_ns(1000000));
    }
    return self->is_up;
}

/* Calls so far of the connection whose name begins so; 0: there is none. */
static uint64_t calls(struct self *self, const char *name)
{
    struct connection_info info;

    for (uint32_t i = 0; name[0] && supervisor_connection(self, i, &info) == TESS_OK; i++) {
        if (strncmp((const char *)info.name, name, strlen(name)) == 0) {
            return info.calls;
        }
    }
    return 0;
}

/* Slots of a domain that hold a capability. */
static uint32_t slots(struct self *self, uint32_t domain)
{
    uint64_t badge, object, size;
    uint32_t type = 0, rights, count = 0;

    for (uint32_t slot = 0; supervisor_capability(self, domain, slot, &type, &rights, &badge,
                                                  &object, &size) != TESS_RANGE;
         slot++) {
        count += type != TESS_TYPE_null;
        type = TESS_TYPE_null;
    }
    return count;
}

/* Calls a second of that connection since `when`, of which there had been `had` then. */
static uint64_t rate(struct self *self, const char *name, uint64_t had, uint64_t when)
{
    uint64_t ns = tess_ns_of_ticks(tess_now() - when);

    return ns ? (calls(self, name) - had) * 1000000000 / ns : 0;
}

static int run(struct self *self)
{
    uint64_t had, had_own, when, own, undisturbed, disturbed;
    struct domain_info before = { 0 }, after = { 0 };
    uint32_t victim = 0, had_slots, has_slots;
    uint64_t longest = 0, sum = 0, late = 0;

    self->random = 7;
    if (supervisor_find(self, VICTIM, &victim) != TESS_OK || !wait_up(self) ||
        supervisor_domain(self, victim, &before) != TESS_OK) {
        printf("killer: FAILED to find the guest, or it does not start\n");
        return 1;
    }
    had_slots = slots(self, victim);
    comp_sleep_until(tess_deadline_ns(SETTLE_NS)); /* the other guest begins, too */
    had = calls(self, OTHER);
    had_own = calls(self, OWN);
    when = tess_now();
    comp_sleep_until(tess_deadline_ns(BEFORE_MS * 1000000ull));
    undisturbed = rate(self, OTHER, had, when);
    own = rate(self, OWN, had_own, when);
    had = calls(self, OTHER);
    when = tess_now();
    for (uint32_t i = 0; i < KILLS; i++) {
        comp_sleep_until(tess_deadline_ns(tess_random(&self->random) % (LIFE_MS * 1000000ull)));
        self->is_up = false;
        uint64_t begin = tess_now();
        if (supervisor_kill(self, victim) != TESS_OK || !wait_up(self)) {
            printf("killer: FAILED after %u kills: the guest does not come back\n", (unsigned)i);
            return 1;
        }
        uint64_t us = tess_ns_of_ticks(self->when - begin) / 1000;
        longest = us > longest ? us : longest;
        late += us > MOST_US;
        sum += us;
    }
    disturbed = rate(self, OTHER, had, when);
    (void)supervisor_domain(self, victim, &after);
    has_slots = slots(self, victim);
    printf("killer: requests a second: %lu, of the other %lu; while the guest was killed %lu\n",
           (unsigned long)own, (unsigned long)undisturbed, (unsigned long)disturbed);
    printf(
        "killer: %u kills; from the kill to the guest's first instruction %lu us, at most %lu us\n",
        (unsigned)KILLS, (unsigned long)(sum / KILLS), (unsigned long)longest);
    printf("killer: memory in use %lu KiB before, %lu KiB after; capabilities %u and %u\n",
           (unsigned long)(before.used >> 10), (unsigned long)(after.used >> 10),
           (unsigned)had_slots, (unsigned)has_slots);
    bool is_even = !OWN[0] || (own && own <= EVEN * undisturbed && undisturbed <= EVEN * own);
    uint64_t share = OWN[0] ? (own + undisturbed) / 2 : undisturbed;
    bool is_unhurt = !OTHER[0] || (disturbed && disturbed * 100 >= share * SHARE);
    bool is_whole = before.used == after.used && had_slots == has_slots;
    printf("killer: %s\n", late == 0 && is_whole && is_even && is_unhurt ? "ok" : "FAILED");
    return 0;
}
