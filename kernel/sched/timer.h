/*
 * Timers of one CPU: a leftist heap ordered by time, intrusive, O(log n) for every operation.
 * rank = length of the right spine; rank(left) >= rank(right) at every node, so a right spine of n nodes' heap has at
 * most log2(n + 1) of them.
 */
#ifndef KERNEL_SCHED_TIMER_H
#define KERNEL_SCHED_TIMER_H

#include "../types.h"

#define TIMER_RANK_MAX 40 /* 2^40 timers do not fit into 64 GiB */

enum timer_kind {
    TIMER_OFF = 0, /* in no heap */
    TIMER_THREAD,  /* deadline of a waiting thread */
    TIMER_BUDGET,  /* replenishment */
};

struct timer {
    struct timer *parent, *left, *right;
    uint64_t time;
    uint32_t rank; /* of a leaf: 1 */
    uint32_t kind; /* enum timer_kind */
};

void timer_insert(struct timer **root, struct timer *t, uint64_t time, enum timer_kind kind);
/* Take t out, wherever it is; nothing happens when it is in no heap. */
void timer_remove(struct timer **root, struct timer *t);
/* Order, ranks and links around t hold. */
bool timer_ok(const struct timer *t);

#endif
