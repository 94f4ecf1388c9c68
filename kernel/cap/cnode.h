/*
 * CNodes, and the life and death of capabilities.
 *
 * Containers (CNodes and threads) hold capabilities.  When the last capability to a container is deleted, what it
 * holds must be deleted first, and that may be containers again, or the container itself.  There is no recursion and
 * no long step: the node of the last capability moves from its slot into the container's own memory and becomes a
 * zombie there (so the slot is free at once, while the untyped memory under the container is not), and the container
 * joins the list of the dying:
 *
 *      slot: last capability --cap_delete_step--> zombie node inside the container, container on the dying list
 *      first of the dying list: delete one capability it holds ... until empty; then its zombie node is unlinked
 *
 * Every delete works on this list until it is empty, and a revoke that meets a zombie until that one is gone.
 */
#ifndef KERNEL_CAP_CNODE_H
#define KERNEL_CAP_CNODE_H

#include "cap.h"

struct container {
    struct cap *slots;
    uint32_t count;
    uint32_t scan;          /* dying: slots below are empty */
    struct container *next; /* in the dying list */
    struct cap *zombie;     /* where its node lives while it is dying */
};

struct cnode {
    uint32_t refs;
    uint32_t spare;
    struct container box;
    uint64_t pad[3];
    struct cap zombie;
    struct cap slot[];
};
_Static_assert(sizeof(struct cnode) == 2 * TESS_SLOT_BYTES, "a CNode takes two slots for itself");

/* Two of a kind make no sense for memory with a watermark, table memory and zombies. */
ALWAYS_INLINE bool cap_copyable(const struct cap *c)
{
    return c->type != TESS_TYPE_untyped && c->type != TESS_TYPE_tables &&
           c->type != TESS_TYPE_zombie;
}

/* Fill the empty slot `to` with a capability like the copyable `from`, at most these rights, this badge; from's child. */
void cap_copy(struct cap *from, struct cap *to, unsigned rights, word_t badge);
/* Fill an empty slot with a new capability to an object, as parent's child (NULL: a root).  size: frame, untyped,
 * tables; else 0. */
void cap_make(struct cap *parent, struct cap *to, enum tess_type type, word_t object, word_t size,
              unsigned flags);
/* Delete; an empty slot is fine.  K_PREEMPTED: an interrupt is pending, call again. */
enum tess_err cap_delete(struct cap *c);
enum tess_err cap_revoke(struct cap *c);
/* One bounded step of deleting c; true when c is empty. */
bool cap_delete_step(struct cap *c);
/* Count of capabilities to c's object, or NULL if its kind is not counted. */
uint32_t *cap_refs(const struct cap *c);
bool cap_ok(const struct cap *c);

#endif
