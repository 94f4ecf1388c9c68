/*
 * Waiting.  System calls are ordinary C that may wait: each one runs on a *fiber*, a stack of its own, and waiting gives the
 * processor to another fiber (docs/decisions/028-fibers.md).  Fibers are not preempted: between two waits nothing else of the
 * personality runs, so only what is held across a wait needs a lock (struct lock).
 *
 * What can wait: wait_on, fiber_sleep, lock_take, everything that touches user memory (it may have to be read from a disk), and
 * what calls these.  What cannot: wakers, timers, completions of requests; they run on the fiber of the event loop.
 */
#ifndef LINUX_TASK_WAIT_H
#define LINUX_TASK_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/list.h"

struct fiber;
struct task;

#define TIME_NEVER UINT64_MAX /* a deadline that does not come; deadlines are in ns of now_ns() */

#define WAIT_INTERRUPTIBLE 0u
#define WAIT_UNINTERRUPTIBLE                                                                       \
    1u /* signals do not end it, but the death of the process does not hurry it either: short waits only */
#define WAIT_KILLABLE 2u /* only a fatal signal ends it */
#define WAIT_STOPPED  3u /* only a fatal signal, while the process is stopped */

/* Who wants to know of something that happens.  wake is called once for each wake of the queue, on any fiber; it must not wait. */
struct waiter {
    struct list link;
    void (*wake)(struct waiter *w,
                 uint32_t events); /* events: EPOLL* bits that have become true; 0: unknown */
    struct fiber *fiber;           /* what waiter_init sets: to be woken */
};

struct wait_queue {
    struct list waiters;
};

void wait_queue_init(struct wait_queue *q);
/* w wakes the running fiber (fiber_wake), and is in no queue. */
void waiter_init(struct waiter *w);
/* One waiter, one queue. */
void waiter_add(struct wait_queue *q, struct waiter *w);
void waiter_remove(struct waiter *w);

/* Wake all waiters of a queue, or the first `count` of those that are there; says how many. */
unsigned wake_all(struct wait_queue *q, uint32_t events);
unsigned wake_some(struct wait_queue *q, uint32_t events, unsigned count);

/*
 * Sleep until fiber_wake (also if that came since the last sleep ended: it is latched), a signal as the mode says, or the deadline.
 * 0 woken; -ERESTARTSYS a signal is pending (return that from the system call: the dispatcher restarts it or makes it EINTR);
 * -ETIMEDOUT.
 */
int fiber_sleep(uint64_t deadline, unsigned mode);
void fiber_wake(struct fiber *f);
struct fiber *fiber_running(void);

/* Put a waiter into q, sleep, remove it: `while (!condition) if ((err = wait_on(...))) return err;`  Results as fiber_sleep. */
int wait_on(struct wait_queue *q, uint64_t deadline, unsigned mode);

/* Sleep for so long, which no signal ends; others have their turn, however short it is. */
void fiber_pause(uint64_t ns);

/* A piece of the personality's own work, on a fiber without a task (current is NULL): write-back, the reaper. */
void fiber_start(void (*work)(void *argument), void *argument);

/* Mutual exclusion over waits; first come, first served.  Uninterruptible: what is done under it must end. */
struct lock {
    struct fiber *owner;
    struct wait_queue queue;
};
void lock_init(struct lock *l);
void lock_take(struct lock *l);
void lock_drop(struct lock *l);

/* ---- time ---- */

uint64_t now_ns(void);      /* CLOCK_MONOTONIC */
uint64_t now_real_ns(void); /* CLOCK_REALTIME: since 1970 */

/* Calls fire at a time, from the event loop: it must not wait.  Zeroed: not set. */
struct timer {
    uint64_t deadline; /* ns; while set */
    uint32_t place;    /* in the heap, from 1; 0: not set */
    void (*fire)(struct timer *t);
};
/* Set it (anew); TIME_NEVER: cancel.  -ENOMEM. */
int timer_set(struct timer *t, uint64_t deadline);
void timer_cancel(struct timer *t);

#endif
