/* The derivation tree; see derivation.h for the shape. */
#include "derivation.h"

link_t derivation_roots;

/* Out of the list of its siblings; its own links to parent and children stay. */
static void sibling_remove(struct cap *c)
{
    struct cap *next = cap_at(c->next), *prev = cap_at(c->prev);

    if (prev) {
        prev->next = c->next;
    } else {
        *derivation_first(cap_at(c->parent)) = c->next;
    }
    if (next) {
        next->prev = c->prev;
    }
}

void derivation_unlink(struct cap *c)
{
    ASSERT(c->child == 0);
    sibling_remove(c);
    c->parent = c->next = c->prev = 0;
}

void derivation_lift(struct cap *c)
{
    struct cap *parent = cap_at(c->parent);
    struct cap *up = cap_at(parent->parent);
    link_t below = c->child;

    sibling_remove(c);
    derivation_insert(up, c);
    c->child = below;
}

void derivation_replace(struct cap *from, struct cap *to)
{
    struct cap *next = cap_at(from->next), *prev = cap_at(from->prev);
    link_t me = ptr_link(to);

    ASSERT(from->child == 0);
    to->parent = from->parent;
    to->child = 0;
    to->next = from->next;
    to->prev = from->prev;
    if (prev) {
        prev->next = me;
    } else {
        *derivation_first(cap_at(from->parent)) = me;
    }
    if (next) {
        next->prev = me;
    }
    from->parent = from->next = from->prev = 0;
}

bool derivation_ok(const struct cap *c)
{
    link_t me = ptr_link(c);

    if (c->type == TESS_TYPE_null) {
        return c->parent == 0 && c->child == 0 && c->next == 0 && c->prev == 0;
    }
    const struct cap *parent = cap_at(c->parent), *child = cap_at(c->child);
    const struct cap *next = cap_at(c->next), *prev = cap_at(c->prev);
    link_t first = parent ? parent->child : derivation_roots;

    return (!parent || parent->type != TESS_TYPE_null) && (prev ? prev->next == me : first == me) &&
           (!prev || prev->parent == c->parent) && (!next || next->prev == me) &&
           (!next || next->parent == c->parent) && (!child || child->parent == me) &&
           (!child || child->prev == 0) && c->parent != me && c->next != me && c->prev != me;
}
