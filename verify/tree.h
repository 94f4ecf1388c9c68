/*
 * The derivation tree as a whole, over the pool: the kernel's local predicate derivation_ok() at every slot, and what
 * no local predicate can say, that following parents or previous siblings ends.  The latter is a pair of ghost ranks:
 * depth grows from parent to child, order grows from sibling to sibling.  A proof has to show ranks for the new tree.
 * Since ancestors follow from parents, "who descends from whom" is stated by the parent of any slot x.
 */
#ifndef VERIFY_TREE_H
#define VERIFY_TREE_H

#include "pool.h"
#include "cap/derivation.h"

#define X(i) static int32_t depth_##i, order_##i;
POOL_EACH(X)
#undef X

static inline int32_t *tree_depth(link_t l)
{
    switch (l) {
#define X(i)                                                                                       \
    case i:                                                                                        \
        return &depth_##i;
        POOL_EACH(X)
#undef X
    }
    return NULL;
}

static inline int32_t *tree_order(link_t l)
{
    switch (l) {
#define X(i)                                                                                       \
    case i:                                                                                        \
        return &order_##i;
        POOL_EACH(X)
#undef X
    }
    return NULL;
}

static inline bool tree_empty(const struct cap *c)
{
    return c->type == TESS_TYPE_null;
}

/* The invariant at one slot.  An empty one is in no place of the tree. */
static inline bool tree_node_ok(link_t l)
{
    const struct cap *c = pool_cap(l);
    if (tree_empty(c)) {
        return derivation_ok(c) && derivation_roots != l;
    }
    return derivation_ok(c) && (c->parent == 0 || *tree_depth(c->parent) < *tree_depth(l)) &&
           (c->prev == 0 || *tree_order(c->prev) < *tree_order(l));
}

/* And of the list of roots. */
static inline bool tree_roots_ok(void)
{
    return derivation_roots == 0 ||
           (!tree_empty(pool_cap(derivation_roots)) && pool_cap(derivation_roots)->parent == 0 &&
            pool_cap(derivation_roots)->prev == 0);
}

/* Any tree on the pool's slots, some of them empty. */
static inline void tree_any(void)
{
    derivation_roots = any_u32();
    ASSUME(pool_link_ok(derivation_roots));
    pool_any();
#define X(i)                                                                                       \
    depth_##i = (int32_t)any_u16();                                                                \
    order_##i = (int32_t)any_u16();
    POOL_EACH(X)
#undef X
#define X(i) ASSUME(tree_node_ok(i));
    POOL_EACH(X)
#undef X
    ASSUME(tree_roots_ok());
}

/* Ghost ranks for a slot that became the first child of p (0: a root). */
static inline void tree_rank_first(link_t c)
{
    const struct cap *n = pool_cap(c);
    if (n->next != 0) {
        *tree_order(c) = *tree_order(n->next) - 1;
    }
}

/* A slot of the pool. */
static inline link_t any_slot(void)
{
    return 1 + any_below(POOL_CAPS);
}

#endif
