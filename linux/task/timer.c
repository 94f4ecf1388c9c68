/* Timers: a binary heap of pointers, ordered by deadline; and what time it is. */
#include <tess/time.h>

#include "../mm/mm.h"
#include "clock.h"
#include "task.h"
#include "wait.h"

static struct timer **heap; /* [1 .. count] */
static uint32_t count, room;
static bool is_changed;
static uint64_t real_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */

uint64_t now_ns(void)
{
    return tess_ns_of_ticks(tess_now());
}

uint64_t now_real_ns(void)
{
    return now_ns() + real_offset_ns;
}

void clock_set_real(uint64_t ns)
{
    real_offset_ns = ns - now_ns();
}

uint64_t clock_real_offset(void)
{
    return real_offset_ns;
}

static void put(uint32_t i, struct timer *t)
{
    heap[i] = t;
    t->place = i;
}

static void up(uint32_t i, struct timer *t)
{
    for (; i > 1 && t->deadline < heap[i / 2]->deadline; i /= 2) {
        put(i, heap[i / 2]);
    }
    put(i, t);
}

static void down(uint32_t i, struct timer *t)
{
    for (uint32_t c; (c = 2 * i) <= count; i = c) {
        c += c < count && heap[c + 1]->deadline < heap[c]->deadline;
        if (heap[c]->deadline >= t->deadline) {
            break;
        }
        put(i, heap[c]);
    }
    put(i, t);
}

void timer_cancel(struct timer *t)
{
    uint32_t i = t->place;

    if (!i) {
        return;
    }
    struct timer *last = heap[count--];

    t->place = 0;
    if (last != t) {
        if (i > 1 && last->deadline < heap[i / 2]->deadline) {
            up(i, last);
        } else {
            down(i, last);
        }
    }
}

static int grow(void)
{
    uint32_t more = room ? 2 * room : 128;
    struct timer **bigger = heap_alloc(more * sizeof(struct timer *));

    if (!bigger) {
        return -ENOMEM;
    }
    for (uint32_t i = 1; i <= count; i++) {
        bigger[i] = heap[i];
    }
    heap_free(heap);
    heap = bigger;
    room = more;
    return 0;
}

int timer_set(struct timer *t, uint64_t deadline)
{
    timer_cancel(t);
    if (deadline == TIME_NEVER) {
        return 0;
    }
    if (count + 1 >= room && grow()) {
        return -ENOMEM;
    }
    t->deadline = deadline;
    up(++count, t);
    is_changed = true;
    return 0;
}

uint64_t timers_next(void)
{
    return count ? heap[1]->deadline : TIME_NEVER;
}

bool timers_changed(void)
{
    bool was = is_changed;

    is_changed = false;
    return was && count;
}

void timers_fire(void)
{
    uint64_t now = now_ns();

    is_changed = true;

    while (count && heap[1]->deadline <= now) {
        struct timer *t = heap[1];

        timer_cancel(t);
        t->fire(t);
    }
}
