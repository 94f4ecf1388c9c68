/* Fibers, wait queues, locks; see wait.h and fiber.h. */
#include "fiber.h"

#include <assert.h>
#include <tess/time.h>

#include "../mm/frames.h"
#include "task.h"

#define CANARY   0x5eedf1beu
#define IDLE_MAX 64u /* fibers that are kept for the next ones who wait */

struct fiber *fiber_now;
struct task *current;
uint64_t fiber_counted;
struct list fibers_ready = { &fibers_ready, &fibers_ready };
unsigned fibers_made, fibers_idle;
static struct list idle = { &idle, &idle };
static struct fiber first;

struct fiber *fiber_running(void)
{
    return fiber_now;
}

void fiber_start_first(void)
{
    first.canary = CANARY;
    list_init(&first.link);
    fiber_now = &first;
}

static void begin(void)
{
    struct fiber *f = fiber_now;

    if (f->work) {
        f->work(f->argument);
        f->work = NULL;
    }
    event_loop();
}

/* The fiber's struct lies at the low end of its stack, where an overflow meets the canary first. */
static struct fiber *fiber_new(void (*work)(void *argument), void *argument)
{
    struct page *p = page_alloc_range(FIBER_STACK / PAGE_SIZE);

    if (!p) {
        return NULL;
    }
    struct fiber *f = page_data(p);
    uint64_t *frame = (uint64_t *)((char *)f + FIBER_STACK - 96);

    fibers_made++;
    *f = (struct fiber){ .sp = frame, .canary = CANARY, .work = work, .argument = argument };
    list_init(&f->link);
    for (unsigned i = 0; i < 12; i++) {
        frame[i] = 0;
    }
    frame[11] = (uint64_t)begin; /* x30 */
    return f;
}

static void switch_to(struct fiber *to)
{
    struct fiber *from = fiber_now;

    assert(from->canary == CANARY && to->canary == CANARY);
    uint64_t now = tess_now();

    if (current) {
        current->system_ticks += now - fiber_counted;
    }
    fiber_counted = now;
    from->task = current;
    fiber_now = to;
    current = to->task;
    fiber_switch(&from->sp, to->sp);
}

static struct fiber *first_of(struct list *list)
{
    struct fiber *f = CONTAINER(list->next, struct fiber, link);

    list_remove(&f->link);
    return f;
}

/* An idle fiber stands in the loop and holds nothing: its stack is all there is of it. */
static void fiber_free_one(void)
{
    struct fiber *f = first_of(&idle);

    if (f == &first) { /* its stack is the component's */
        list_append(&idle, &f->link);
        f = first_of(&idle);
    }
    fibers_idle--;
    fibers_made--;
    page_free_range(page_of(f));
}

bool fiber_give_way(void)
{
    if (list_is_empty(&fibers_ready)) {
        return false;
    }
    if (fibers_idle >= IDLE_MAX) {
        fiber_free_one();
    }
    fibers_idle++;
    list_append(&idle, &fiber_now->link);
    switch_to(first_of(&fibers_ready));
    return true;
}

/* Somebody else runs until this fiber is ready again. */
static void fiber_suspend(void)
{
    struct fiber *next;

    if (!list_is_empty(&fibers_ready)) {
        next = first_of(&fibers_ready);
    } else if (!list_is_empty(&idle)) {
        next = first_of(&idle);
        fibers_idle--;
    } else {
        next = fiber_new(NULL, NULL);
    }
    assert(next); /* the reserve of page_alloc_range is for this */
    if (next != fiber_now) {
        switch_to(next);
    }
}

void fiber_wake(struct fiber *f)
{
    f->is_woken = true;
    if (f->is_sleeping) {
        f->is_sleeping = false;
        list_append(&fibers_ready, &f->link);
    }
}

void fiber_interrupt(struct fiber *f)
{
    if (f->is_sleeping) {
        f->is_sleeping = false;
        list_append(&fibers_ready, &f->link);
    }
}

struct sleep_timer {
    struct timer timer;
    struct fiber *fiber;
    bool is_over;
};

static void sleep_is_over(struct timer *t)
{
    struct sleep_timer *s = CONTAINER(t, struct sleep_timer, timer);

    s->is_over = true;
    fiber_interrupt(s->fiber);
}

static bool must_end(unsigned mode)
{
    return current && (mode == WAIT_INTERRUPTIBLE     ? signal_is_pending(current)
                       : mode != WAIT_UNINTERRUPTIBLE ? signal_is_fatal_pending(current)
                                                      : false);
}

/* gives_way: others run once also if the deadline is over by now. */
static int sleep_until(uint64_t deadline, unsigned mode, bool gives_way)
{
    struct fiber *f = fiber_now;
    struct sleep_timer timer = { .timer.fire = sleep_is_over, .fiber = f };

    while (!f->is_woken) {
        if (must_end(mode)) {
            timer_cancel(&timer.timer);
            return -ERESTARTSYS;
        }
        if (timer.is_over || (!gives_way && deadline != TIME_NEVER && deadline <= now_ns())) {
            timer_cancel(&timer.timer);
            return -ETIMEDOUT;
        }
        if (deadline != TIME_NEVER && !timer.timer.place && timer_set(&timer.timer, deadline)) {
            return -ENOMEM;
        }
        if (current) {
            task_will_wait(current);
            current->wait_mode = mode;
        }
        f->is_sleeping = true;
        fiber_suspend();
    }
    f->is_woken = false;
    timer_cancel(&timer.timer);
    return 0;
}

int fiber_sleep(uint64_t deadline, unsigned mode)
{
    return sleep_until(deadline, mode, false);
}

void fiber_start(void (*work)(void *argument), void *argument)
{
    struct fiber *f = fiber_new(work, argument);

    assert(f); /* only at the start of the personality */
    list_append(&fibers_ready, &f->link);
}

/* ---- wait queues ---- */

void wait_queue_init(struct wait_queue *q)
{
    list_init(&q->waiters);
}

static void wake_fiber(struct waiter *w, uint32_t events)
{
    (void)events;
    fiber_wake(w->fiber);
}

void waiter_init(struct waiter *w)
{
    list_init(&w->link);
    w->wake = wake_fiber;
    w->fiber = fiber_now;
}

void waiter_add(struct wait_queue *q, struct waiter *w)
{
    list_append(&q->waiters, &w->link);
}

void waiter_remove(struct waiter *w)
{
    list_remove(&w->link);
}

unsigned wake_some(struct wait_queue *q, uint32_t events, unsigned count)
{
    unsigned woken = 0;

    LIST_FOR(l, &q->waiters)
    {
        struct waiter *w = CONTAINER(l, struct waiter, link);

        if (woken == count) {
            break;
        }
        woken++;
        w->wake(w, events);
    }
    return woken;
}

unsigned wake_all(struct wait_queue *q, uint32_t events)
{
    return list_is_empty(&q->waiters) ? 0 : wake_some(q, events, UINT32_MAX);
}

int wait_on(struct wait_queue *q, uint64_t deadline, unsigned mode)
{
    struct waiter w;
    int err;

    waiter_init(&w);
    waiter_add(q, &w);
    err = fiber_sleep(deadline, mode);
    waiter_remove(&w);
    return err;
}

void fiber_pause(uint64_t ns)
{
    uint64_t until = now_ns() + ns;

    while (sleep_until(until, WAIT_UNINTERRUPTIBLE, true) == 0) {
    }
}

/* ---- locks ---- */

void lock_init(struct lock *l)
{
    l->owner = NULL;
    wait_queue_init(&l->queue);
}

void lock_take(struct lock *l)
{
    while (l->owner) {
        assert(l->owner != fiber_now);
        (void)wait_on(&l->queue, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
    }
    l->owner = fiber_now;
}

void lock_drop(struct lock *l)
{
    l->owner = NULL;
    if (!list_is_empty(&l->queue.waiters)) {
        wake_some(&l->queue, 0, 1);
    }
}
