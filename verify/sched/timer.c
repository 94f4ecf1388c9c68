/*
 * The timer heap: insertion and removal of any timer keep order, ranks and links, and change the membership of no other.
 * Any leftist heap on up to five timers.  Timers differ only by name, so the one inserted or removed is timer_1.
 */
#define VERIFY_LOOPS_NEST
#include "verify.h"
#include "stand_in.h"
#include "../../kernel/sched/timer.c"

#define TIMERS  5u
#define EACH(X) X(1) X(2) X(3) X(4) X(5)

#define X(n) static struct timer timer_##n;
EACH(X)
#undef X
#define X(n) static uint16_t depth_##n; /* ghost: grows from parent to child */
EACH(X)
#undef X
static struct timer *root;

static struct timer *timer_no(uint32_t i)
{
    switch (i) {
#define X(n)                                                                                       \
    case n:                                                                                        \
        return &timer_##n;
        EACH(X)
#undef X
    default:
        return NULL;
    }
}

static uint16_t depth(const struct timer *t)
{
#define X(n)                                                                                       \
    if (t == &timer_##n) {                                                                         \
        return depth_##n;                                                                          \
    }
    EACH(X)
#undef X
    return 0;
}

/* Everything but that parents end at the root. */
static bool node_ok(const struct timer *t)
{
    if (t->kind == TIMER_OFF) {
        return t != root;
    }
    return timer_ok(t) && (t == root) == (t->parent == NULL) &&
           (t->parent == NULL || (t->parent->kind != TIMER_OFF && t->parent->time <= t->time &&
                                  (t->parent->left == t) != (t->parent->right == t))) &&
           (t->left == NULL || t->left->kind != TIMER_OFF) &&
           (t->right == NULL || t->right->kind != TIMER_OFF);
}

/* Parents end at the root: at most four steps among five timers. */
static bool under_root(const struct timer *t)
{
    t = t->parent ? t->parent : t;
    t = t->parent ? t->parent : t;
    t = t->parent ? t->parent : t;
    t = t->parent ? t->parent : t;
    return t == root;
}

static void any_heap(void)
{
#define X(n)                                                                                       \
    timer_##n.parent = timer_no(any_below(TIMERS + 1));                                            \
    timer_##n.left = timer_no(any_below(TIMERS + 1));                                              \
    timer_##n.right = timer_no(any_below(TIMERS + 1));                                             \
    timer_##n.time = any_u64();                                                                    \
    timer_##n.rank = any_u32();                                                                    \
    timer_##n.kind = any_below(TIMER_BUDGET + 1);                                                  \
    depth_##n = any_u16();
    EACH(X)
#undef X
    root = timer_no(any_below(TIMERS + 1));
#define X(n)                                                                                       \
    ASSUME(node_ok(&timer_##n));                                                                   \
    ASSUME(timer_##n.kind == TIMER_OFF || timer_##n.parent == NULL ||                              \
           depth(timer_##n.parent) < depth_##n);
    EACH(X)
#undef X
    ASSUME(root == NULL || root->kind != TIMER_OFF);
}

static struct timer *t = &timer_1;

static void insert_it(void)
{
    struct timer *w = timer_no(1 + any_below(TIMERS));
    uint32_t kind_before = w->kind;
    uint64_t time_before = w->time, time = any_u64();
    timer_insert(&root, t, time, TIMER_THREAD);
    CHECK(root != NULL && root->kind != TIMER_OFF && node_ok(w), "order, ranks and links hold");
    CHECK(w->kind == TIMER_OFF || under_root(w), "every timer that is on is in the heap");
    CHECK(t->kind == TIMER_THREAD && t->time == time, "the timer is in it with its time");
    CHECK(w == t || (w->kind == kind_before && w->time == time_before),
          "no other timer came, went or changed");
    CHECK(w->kind == TIMER_OFF || root->time <= w->time, "the root is the earliest");
}

PROOF(timer_insert_first, 5)
{
    any_heap();
    ASSUME(root == NULL && t->kind == TIMER_OFF);
    insert_it();
    REACHED(end);
}

PROOF_SLOW(timer_insert_further, 5)
{
    any_heap();
    ASSUME(root == &timer_2 && t->kind == TIMER_OFF);
    insert_it();
    if (root == t) {
        REACHED(the earliest);
    } else {
        REACHED(a later one);
    }
}

static void remove_it(void)
{
    struct timer *w = timer_no(1 + any_below(TIMERS));
    uint32_t kind_before = w->kind;
    uint64_t time_before = w->time;
    bool inner = t->left != NULL && t->right != NULL;
    timer_remove(&root, t);
    CHECK(root == NULL || root->kind != TIMER_OFF, "a root");
    CHECK(node_ok(w), "order, ranks and links hold");
    CHECK(w->kind == TIMER_OFF || under_root(w), "every timer that is on is in the heap");
    CHECK(t->kind == TIMER_OFF, "the timer is not in it");
    CHECK(w == t || (w->kind == kind_before && w->time == time_before),
          "no other timer came, went or changed");
    CHECK(w->kind == TIMER_OFF || root->time <= w->time, "the root is the earliest");
    if (inner) {
        REACHED(an inner node);
    } else {
        REACHED(a node with one child or none);
    }
}

PROOF_SLOW(timer_remove_first, 5)
{
    any_heap();
    ASSUME(root == t && t->kind != TIMER_OFF);
    ASSUME((t->left == NULL || t->left == &timer_2) && (t->right == NULL || t->right == &timer_3));
    remove_it();
}

PROOF_SLOW(timer_remove_later, 5)
{
    any_heap();
    ASSUME(root == &timer_2 && t->kind != TIMER_OFF);
    ASSUME((t->left == NULL || t->left == &timer_3) && (t->right == NULL || t->right == &timer_4));
    remove_it();
}

PROOF(timer_remove_off, 5)
{
    any_heap();
    ASSUME(t->kind == TIMER_OFF);
    struct timer *w = timer_no(1 + any_below(TIMERS)), *before = root;
    struct timer copy = *w;
    timer_remove(&root, t);
    CHECK(root == before && w->parent == copy.parent && w->left == copy.left &&
              w->right == copy.right && w->time == copy.time && w->rank == copy.rank &&
              w->kind == copy.kind,
          "nothing changed");
    REACHED(end);
}
