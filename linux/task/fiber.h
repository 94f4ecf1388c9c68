/*
 * Fibers and the event loop they share.
 *
 *     loop ---- a call that does not wait: handled and answered on the same stack ----> loop
 *      |
 *      | it waits: fiber_sleep                       woken: fiber_wake
 *      v                                                |
 *   [sleeps, its caller deferred] -------------------> [ready] -- the loop finds it --> goes on, answers, is the loop
 *
 * At any moment one fiber runs; the others sleep, are ready, or are idle: they stand in the loop where it gave way to a ready one.
 */
#ifndef LINUX_TASK_FIBER_H
#define LINUX_TASK_FIBER_H

#include "wait.h"

#define FIBER_STACK 16384u

struct fiber {
    void *sp;
    struct list link; /* ready or idle */
    struct task *task;
    uint32_t canary;
    bool is_sleeping, is_woken;
    void (*work)(void *argument); /* what a new fiber begins with; NULL: the loop */
    void *argument;
};

extern struct fiber *fiber_now;
extern struct list fibers_ready;
/* How many there are, the first not counted, and how many of them are idle. */
extern unsigned fibers_made, fibers_idle;
/* The tick from which on the personality's time has not been counted for anybody. */
extern uint64_t fiber_counted;

/*
 * Whoever is answered by the receive of the event loop runs at once.  Set: the next answer is given before it, and whom it is for stands
 * behind the others of its priority: somebody was answered already who has woken it and is to run on, as under Linux, or it yields.
 */
extern bool answer_first;

void fiber_switch(void **save, void *to);

/* Make the running stack the first fiber. */
void fiber_start_first(void);
/* Let a ready fiber run, if there is one; the running one is idle meanwhile.  False: there is none. */
bool fiber_give_way(void);
/* Let a sleeping fiber look whether it has to go on sleeping: a signal came. */
void fiber_interrupt(struct fiber *f);
/* What an idle or new fiber does: the event loop (dispatch.c); does not return. */
_Noreturn void event_loop(void);
/* The running task's call will wait: its caller is put aside (dispatch.c). */
void task_will_wait(struct task *t);

#endif
