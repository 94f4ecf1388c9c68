/* Kills the driver and the reader in turn while somebody types, until all has arrived. */
#include <stdio.h>

#include <comp/sleep.h>

#include "TypedKiller.h"

#define BYTES   (LINES * 10u)
#define PATIENT 2000u /* kills, after which what has not arrived will not */

struct self {
    uint64_t random;
};

/* Up to 8 ms. */
static uint64_t pause(struct self *self)
{
    self->random = self->random * 6364136223846793005ull + 1442695040888963407ull;
    return (self->random >> 40) % 8000000;
}

static void find(struct self *self, const char *name, uint32_t *domain)
{
    if (supervisor_find(self, name, domain) != TESS_OK) {
        printf("killer: FAILED to find %s\n", name);
    }
}

static int run(struct self *self)
{
    uint32_t victim[2] = { 0 }, kills = 0;
    volatile struct typing *t = typing(self);

    find(self, DRIVER, &victim[0]);
    find(self, READER, &victim[1]);
    while (kills < KILLS || (t->done < BYTES && kills < PATIENT)) {
        if (supervisor_kill(self, victim[kills++ % 2]) != TESS_OK) {
            printf("killer: FAILED to kill\n");
        }
        comp_sleep_until(tess_deadline_ns(pause(self)));
    }
    comp_sleep_until(tess_deadline_ns(300000000));
    printf("killer: %u kills, %llu bytes, %llu wrong, %llu gaps\n", (unsigned)kills,
           (unsigned long long)t->done, (unsigned long long)t->wrong, (unsigned long long)t->gaps);
    printf("killer: %s\n", t->done != BYTES || t->wrong || t->gaps ? "FAILED" : "ok");
    return 0;
}
