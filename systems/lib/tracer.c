/* Prints what is new in the traces of all domains, merged by time: one line an event, a call inside a call indented. */
#include <stdio.h>

#include "Tracer.h"

#define RINGS  16u /* domains that are traced */
#define NESTED 16u

struct self {
    uint64_t next[RINGS]; /* event that was not printed yet */
    uint64_t first_tick;
    uint32_t depth;
};

/* The rings of the table, each once; the number of the one that holds the oldest event that is new. */
static bool oldest(struct self *self, struct comp_trace_event *event, uint32_t *ring)
{
    const struct comp_trace_ring *seen = NULL;
    uint32_t number = 0;
    bool found = false;

    for (const struct comp_traced *t = trace(self); t->ring && number < RINGS; t++) {
        struct comp_trace_event e;

        if (t->ring == seen) {
            continue;
        }
        seen = t->ring;
        /* what was overwritten before it was read is lost */
        while (self->next[number] < __atomic_load_n(&t->ring->count, __ATOMIC_RELAXED) &&
               !comp_trace_read(t->ring, self->next[number], &e)) {
            self->next[number]++;
        }
        if (comp_trace_read(t->ring, self->next[number], &e) && (!found || e.tick < event->tick)) {
            *event = e;
            *ring = number;
            found = true;
        }
        number++;
    }
    return found;
}

static const struct comp_traced *find(struct self *self, uint32_t connection)
{
    const struct comp_traced *t = trace(self);

    while (t->ring && t->connection != connection) {
        t++;
    }
    return t->ring ? t : NULL;
}

/* The numbers in an event are its client's: they may be anything. */
static const char *method_name(const struct comp_traced *t, uint32_t method)
{
    uint32_t i = 0;

    while (t->methods[i] && i < method) {
        i++;
    }
    return t->methods[i] ? t->methods[i] : "?";
}

static void print_event(struct self *self, const struct comp_trace_event *event)
{
    const struct comp_traced *t = find(self, event->connection);

    if (!t) {
        return;
    }
    self->first_tick = self->first_tick ? self->first_tick : event->tick;
    if (TICKS) {
        printf("%8llu ", (unsigned long long)(event->tick - self->first_tick));
    }
    self->depth -= event->kind == COMP_TRACE_END && self->depth;
    printf("%*s%s %s %s", (int)(2 * self->depth), "", event->kind == COMP_TRACE_BEGIN ? ">" : "<",
           t->name, method_name(t, event->method));
    if (event->kind == COMP_TRACE_END) {
        printf(" = %d", event->err);
    }
    printf("\n");
    self->depth += event->kind == COMP_TRACE_BEGIN && self->depth < NESTED;
}

static enum tess_err tracing_print(struct self *self, uint32_t *events)
{
    struct comp_trace_event event;
    uint32_t ring;

    *events = 0;
    while (oldest(self, &event, &ring)) {
        self->next[ring]++;
        print_event(self, &event);
        ++*events;
    }
    return TESS_OK;
}
