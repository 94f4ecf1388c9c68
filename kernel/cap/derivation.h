/*
 * The derivation tree: who was made from whom.
 *
 *      parent ---child--> first <--next/prev--> second <--> third          prev of the first child is 0
 *         ^----parent------'---------'------------'                        roots: parent 0, list head derivation_roots
 *
 * copy, mint, derive, retype: derivation_insert(child of the source).
 * delete of an inner node: derivation_lift its children one by one, then derivation_unlink.
 * revoke of T: while T has a first child c: if c has a child, lift that to T; else delete c.  Every node is lifted
 * at most once per revoke, each step is O(1) and leaves a tree, hence revoke is preemptible between any two steps.
 */
#ifndef KERNEL_CAP_DERIVATION_H
#define KERNEL_CAP_DERIVATION_H

#include "cap.h"

extern link_t derivation_roots;

/* Where the link to the first child of `parent` (NULL: the first root) is stored. */
ALWAYS_INLINE link_t *derivation_first(struct cap *parent)
{
    return parent ? &parent->child : &derivation_roots;
}

/* Make the full, unlinked slot c the first child of parent (NULL: a root). */
ALWAYS_INLINE void derivation_insert(struct cap *parent, struct cap *c)
{
    link_t *head = derivation_first(parent), first = *head, me = ptr_link(c);
    struct cap *next = cap_at(first);

    c->parent = parent ? ptr_link(parent) : 0;
    c->child = 0;
    c->next = first;
    c->prev = 0;
    if (next) {
        next->prev = me;
    }
    *head = me;
}

/* Take the childless slot c out of the tree. */
void derivation_unlink(struct cap *c);
/* Move c from its parent to its grandparent (which may be the root list).  c has a parent. */
void derivation_lift(struct cap *c);
/* The slot `to` takes the place of the childless slot `from`, which leaves the tree. */
void derivation_replace(struct cap *from, struct cap *to);
/* Local shape of the tree around c is right: the invariant of every operation above. */
bool derivation_ok(const struct cap *c);

#endif
