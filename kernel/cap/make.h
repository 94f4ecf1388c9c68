/* Making capabilities, inline: for cnode.c, and for the invocations that must not cost a call more. */
#ifndef KERNEL_CAP_MAKE_H
#define KERNEL_CAP_MAKE_H

#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "../vm/vcpu.h"
#include "cnode.h"
#include "derivation.h"

/* Count of capabilities to c's object, or NULL if its kind is not counted. */
ALWAYS_INLINE uint32_t *refs_of(const struct cap *c)
{
    switch (c->type) {
    case TESS_TYPE_cnode:
        return &((struct cnode *)c->object)->refs;
    case TESS_TYPE_vspace:
        return &((struct vspace *)c->object)->refs;
    case TESS_TYPE_thread:
        return &((struct thread *)c->object)->refs;
    case TESS_TYPE_endpoint:
        return &((struct endpoint *)c->object)->refs;
    case TESS_TYPE_reply:
        return &((struct reply *)c->object)->refs;
    case TESS_TYPE_notification:
        return &((struct notification *)c->object)->refs;
    case TESS_TYPE_budget:
        return &((struct budget *)c->object)->refs;
    case TESS_TYPE_vcpu:
        return &((struct vcpu *)c->object)->refs;
    case TESS_TYPE_irq:
        return &irq_lines[c->object].refs;
    default:
        return NULL;
    }
}

/* Everything but the tree links and the holder. */
ALWAYS_INLINE void fill(struct cap *to, unsigned type, unsigned rights, unsigned flags,
                        word_t object, word_t badge, word_t size)
{
    to->object = object;
    to->type = (uint8_t)type;
    to->rights = (uint8_t)rights;
    to->flags = (uint8_t)flags;
    to->map_done = 0;
    to->badge = badge;
    to->size = size;
    to->zeroed = to->rest = 0;
    uint32_t *refs = refs_of(to);
    if (refs != NULL) {
        ++*refs;
    }
}

/* cap_copy (cnode.h). */
ALWAYS_INLINE void cap_copy_inline(struct cap *from, struct cap *to, unsigned rights, word_t badge)
{
    bool badged = from->type == TESS_TYPE_endpoint || from->type == TESS_TYPE_notification;

    fill(to, from->type, from->rights & rights, from->flags, from->object, badged ? badge : 0,
         from->size);
    derivation_insert(from, to);
}

#endif
