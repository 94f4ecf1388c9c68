#include <stdio.h>

#include <comp/sleep.h>

#include "Host.h"

struct self {
    uint32_t domain[PLUG_COUNT];
};

/* The kind that answers in the slot; 10 + error if none does. */
static uint32_t ask(struct self *self, uint32_t i)
{
    uint32_t kind = 0, times = 0;
    enum tess_err err = plug_who(self, i, &kind, &times);

    return err ? 10 + err : kind;
}

static uint32_t times(struct self *self, uint32_t i)
{
    uint32_t kind = 0, count = 0;

    (void)plug_who(self, i, &kind, &count);
    return count;
}

static void say(struct self *self, const char *what)
{
    printf("host: %s:", what);
    for (uint32_t i = 0; i < PLUG_COUNT; i++) {
        uint32_t kind = ask(self, i);

        printf(kind == 10 + TESS_GONE ? " -" : " %u", kind);
    }
    printf("\n");
}

static void stop_all(struct self *self)
{
    for (uint32_t i = 0; i < PLUG_COUNT; i++) {
        if (supervisor_stop(self, self->domain[i])) {
            printf("host: slot %u cannot be stopped\n", i);
        }
    }
}

static void start_all(struct self *self, uint32_t first)
{
    for (uint32_t i = 0; i < PLUG_COUNT; i++) {
        if (supervisor_start_as(self, self->domain[i], (i + first) % 2)) {
            printf("host: slot %u cannot be started\n", i);
        }
    }
}

int run(struct self *self)
{
    char name[32];

    for (uint32_t i = 0; i < PLUG_COUNT; i++) {
        snprintf(name, sizeof name, "plugin%u", i);
        (void)supervisor_find(self, name, &self->domain[i]);
    }
    say(self, "at boot");
    start_all(self, 0);
    say(self, "started");
    printf("host: third kind: %s\n",
           supervisor_start_as(self, self->domain[0], 2) == TESS_RANGE ? "none" : "some");
    stop_all(self);
    say(self, "stopped");
    start_all(self, 1);
    say(self, "the other way round");
    stop_all(self);
    for (uint32_t i = 0; i < PLUG_COUNT; i++) {
        (void)supervisor_start(self, self->domain[i]);
    }
    say(self, "as before");
    for (uint32_t i = 0; i < PLUG_COUNT; i += 2) {
        (void)supervisor_swap(self, self->domain[i], 0);
    }
    comp_sleep_until(tess_deadline_ns(5000000));
    say(self, "half of them replaced");
    printf("host: starts seen by slots 0 and 1: %u %u\n", times(self, 0), times(self, 1));
    return 0;
}
