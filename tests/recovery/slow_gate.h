/*
 * A gate without hardware: takes its time, watches meanwhile that nothing of the driver comes back, and misbehaves on command.
 * Before it: GATE, the words ORDERS(self), ANSWERS(self), OPEN, EARLY, DEAF, CRASH of struct show, and answered().
 */
#ifndef RECOVERY_SLOW_GATE_H
#define RECOVERY_SLOW_GATE_H

#include <comp/sleep.h>
#include <tess/time.h>

#define FUNCTIONS 2u
#define STEP_NS   50000u

struct self {
    bool is_deaf;
    struct work {
        uint32_t order; /* in hand; 0: none */
        uint32_t starts, gone;
        uint64_t due;
    } work[FUNCTIONS];
};

static void take(struct self *self, uint32_t i, uint32_t order)
{
    struct work *w = &self->work[i];

    if (show(self)->CRASH) {
        show(self)->CRASH--;
        __builtin_trap();
    }
    *w = (struct work){ order, show(self)->starts[i], show(self)->gone[i],
                        tess_deadline_ns(show(self)->delay_ns) };
    check_order(self, i, order % 2);
}

static void finish(struct self *self, uint32_t i)
{
    struct work *w = &self->work[i];

    bool is_open = w->order % 2;

    if (w->starts != show(self)->starts[i] || (!is_open && w->gone != show(self)->gone[i])) {
        show(self)->EARLY++;
    }
    show(self)->OPEN[i] = is_open;
    ANSWERS(self)->done[i] = w->order;
    w->order = 0;
    answered(self);
}

static void look(struct self *self)
{
    for (uint32_t i = 0; i < FUNCTIONS && i < ORDERS(self)->count; i++) {
        uint32_t order = ORDERS(self)->function[i].order;

        if (self->is_deaf || order == ANSWERS(self)->done[i]) {
            continue;
        }
        if (self->work[i].order != order) {
            take(self, i, order);
        } else if (tess_now() >= self->work[i].due) {
            finish(self, i);
        }
    }
}

/* The loop finds what there is. */
static void handle(struct self *self)
{
    (void)self;
}

static void start(struct self *self)
{
    self->is_deaf = show(self)->DEAF != 0;
    show(self)->DEAF -= self->is_deaf;
}

#endif
