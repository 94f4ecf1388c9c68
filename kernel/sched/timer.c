/* Leftist heap; see timer.h.  Merging walks down two right spines and repairs ranks on the way back up. */
#include "timer.h"

static uint32_t rank(const struct timer *t)
{
    return t ? t->rank : 0;
}

/* Put the deeper child left, set the rank; true if the rank changed. */
static bool repair(struct timer *t)
{
    uint32_t old = t->rank;

    if (rank(t->left) < rank(t->right)) {
        struct timer *swap = t->left;
        t->left = t->right;
        t->right = swap;
    }
    t->rank = rank(t->right) + 1;
    return t->rank != old;
}

/* Merge two heaps; the parent of the result is NULL. */
static struct timer *merge(struct timer *a, struct timer *b)
{
    struct timer *spine = NULL; /* lowest node merged so far */

    if (a == NULL || b == NULL) {
        return a ? a : b;
    }
    while (
        b !=
        NULL) { /* invariant: a's tree hangs below spine on the right, b is to be merged into it */
        LOOP_BOUND(2 * TIMER_RANK_MAX + 1);
        if (a == NULL || b->time < a->time) {
            struct timer *swap = a;
            a = b;
            b = swap;
        }
        a->parent = spine;
        if (spine) {
            spine->right = a;
        }
        spine = a;
        a = spine->right;
    }
    while (spine->parent != NULL) {
        LOOP_BOUND(2 * TIMER_RANK_MAX + 1);
        repair(spine);
        spine = spine->parent;
    }
    repair(spine);
    return spine;
}

void timer_insert(struct timer **root, struct timer *t, uint64_t time, enum timer_kind kind)
{
    t->parent = t->left = t->right = NULL;
    t->time = time;
    t->rank = 1;
    t->kind = kind;
    *root = merge(*root, t);
}

void timer_remove(struct timer **root, struct timer *t)
{
    if (t->kind == TIMER_OFF) {
        return;
    }
    struct timer *parent = t->parent;

    if (t->left) {
        t->left->parent = NULL;
    }
    if (t->right) {
        t->right->parent = NULL;
    }
    struct timer *below = merge(t->left, t->right);

    if (below) {
        below->parent = parent;
    }
    if (parent == NULL) {
        *root = below;
    } else {
        if (parent->left == t) {
            parent->left = below;
        } else {
            parent->right = below;
        }
        /* A rank that drops makes its node a right child: at most rank-many steps up. */
        while (parent != NULL && repair(parent)) {
            LOOP_BOUND(TIMER_RANK_MAX + 1);
            parent = parent->parent;
        }
    }
    t->parent = t->left = t->right = NULL;
    t->kind = TIMER_OFF;
}

bool timer_ok(const struct timer *t)
{
    if (t->kind == TIMER_OFF) {
        return true;
    }
    return rank(t->left) >= rank(t->right) && t->rank == rank(t->right) + 1 &&
           (!t->left || (t->left->parent == t && t->left->time >= t->time)) &&
           (!t->right || (t->right->parent == t && t->right->time >= t->time));
}
