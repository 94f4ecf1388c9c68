/* Capabilities: make, copy, delete, revoke; see cnode.h for how containers die. */
#include "cnode.h"

#include "../trace.h"
#include "derivation.h"
#include "make.h"

#define SCAN_STEP 64 /* empty slots of a dying container skipped in one step */

static struct container *dying_first, *dying_last;

uint32_t *cap_refs(const struct cap *c)
{
    return refs_of(c);
}

void cap_copy(struct cap *from, struct cap *to, unsigned rights, word_t badge)
{
    cap_copy_inline(from, to, rights, badge);
}

void cap_make(struct cap *parent, struct cap *to, enum tess_type type, word_t object, word_t size,
              unsigned flags)
{
    fill(to, type, TESS_RIGHT_ALL, flags, object, 0, size);
    derivation_insert(parent, to);
}

/* The capability in a thread's or interrupt line's slot is going: what was derived from it must not stay. */
static void leave_holder(struct cap *c)
{
    if (c->holder == HOLDER_IRQ) {
        irq_unbind((uint32_t)(((word_t)c - (word_t)irq_lines) / sizeof(struct irq_line)));
        return;
    }
    unsigned i = c->holder - HOLDER_THREAD;
    struct thread *t = (struct thread *)((char *)(c - i) - offsetof(struct thread, slot));
    struct cpu *cpu = t->cpu;

    switch (i) {
    case THREAD_CNODE:
        t->slots = NULL;
        t->slot_count = 0;
        break;
    case THREAD_VSPACE:
        t->vspace = NULL;
        thread_update_space(t);
        if (t == cpu->current) {
            cpu->space_word = cpu->space_none;
            arch_space_load(cpu->space_none);
        }
        break;
    case THREAD_BUFFER:
        t->buffer = NULL;
        break;
    case THREAD_BUDGET:
        if (((struct budget *)c->object)->owner == t) {
            budget_unbind((struct budget *)c->object);
        }
        break;
    case THREAD_NOTIFICATION:
        if (t->bound != NULL) {
            t->bound->bound = NULL;
            t->bound = NULL;
        }
        break;
    case THREAD_VCPU:
        vcpu_unbind(t);
        break;
    default: /* fault handlers: looked at when needed */
        break;
    }
}

/* The last capability c to a container: its node moves into the container, which begins to die. */
static void container_dies(struct cap *c)
{
    struct container *box;
    struct cap *node;

    if (c->type == TESS_TYPE_thread) {
        struct thread *t = (struct thread *)c->object;
        thread_stop(t);
        box = &t->box;
        box->slots = t->slot;
        box->count = THREAD_SLOTS;
        node = &t->zombie;
    } else {
        struct cnode *n = (struct cnode *)c->object;
        box = &n->box;
        node = &n->zombie;
    }
    fill(node, TESS_TYPE_zombie, c->type, 0, c->object, 0, 0);
    derivation_replace(c, node);
    c->type = TESS_TYPE_null;
    box->scan = 0;
    box->next = NULL;
    box->zombie = node;
    if (dying_first == NULL) {
        dying_first = box;
    } else {
        dying_last->next = box;
    }
    dying_last = box;
}

/* Destroy the object behind its last capability, one step; true when done. */
static bool object_empty_step(struct cap *c)
{
    switch (c->type) {
    case TESS_TYPE_endpoint:
        return endpoint_empty_step((struct endpoint *)c->object);
    case TESS_TYPE_notification:
        return notification_empty_step((struct notification *)c->object);
    case TESS_TYPE_reply:
        reply_drop((struct reply *)c->object);
        return true;
    case TESS_TYPE_budget:
        budget_destroy((struct budget *)c->object);
        return true;
    case TESS_TYPE_vspace:
        return vspace_empty_step((struct vspace *)c->object);
    default:
        return true;
    }
}

/* What must be gone before the node leaves the tree; true when it is. */
ALWAYS_INLINE bool release_step(struct cap *c, const uint32_t *refs)
{
    if (c->type == TESS_TYPE_frame) {
        return c->vspace == 0 || frame_unmap_step(c);
    }
    if (c->type == TESS_TYPE_tables) {
        return c->vspace == 0 || tables_drop_step(c);
    }
    return refs == NULL || *refs > 1 || object_empty_step(c);
}

/* Of any capability whose object holds nothing, or is a container. */
static bool delete_step(struct cap *c)
{
    if (c->type == TESS_TYPE_null) {
        return true;
    }
    if (c->child != 0) {
        derivation_lift(cap_at(c->child));
        return false;
    }
    if (unlikely(c->holder != HOLDER_CNODE)) {
        leave_holder(c);
    }
    uint32_t *refs = refs_of(c);
    if ((c->type == TESS_TYPE_cnode || c->type == TESS_TYPE_thread) && *refs == 1) {
        container_dies(c);
        return true;
    }
    if (!release_step(c, refs)) {
        return false;
    }
    if (refs != NULL) {
        --*refs;
    }
    derivation_unlink(c);
    c->type = TESS_TYPE_null;
    return true;
}

bool cap_delete_step(struct cap *c)
{
    if (unlikely(c->type == TESS_TYPE_irq)) {
        struct irq_line *l = &irq_lines[c->object];
        if (l->refs == 1 &&
            l->slot.type != TESS_TYPE_null) { /* first the notification that the line holds */
            (void)delete_step(&l->slot);
            return false;
        }
    }
    return delete_step(c);
}

/* One step on the first dying container. */
static void dying_step(void)
{
    struct container *box = dying_first;

    for (unsigned i = 0; i < SCAN_STEP && box->scan < box->count; i++) {
        LOOP_BOUND(SCAN_STEP);
        if (box->slots[box->scan].type != TESS_TYPE_null) {
            (void)cap_delete_step(&box->slots[box->scan]);
            return;
        }
        box->scan++;
    }
    if (box->scan == box->count) {
        struct cap *node = box->zombie;
        dying_first = box->next;
        derivation_unlink(node);
        node->type = TESS_TYPE_null;
    }
}

static enum tess_err finish_dying(void)
{
    while (dying_first != NULL) {
        LOOP_BOUND(1 << 30);
        dying_step();
        if (arch_irq_pending()) {
            return K_PREEMPTED;
        }
    }
    return TESS_OK;
}

enum tess_err cap_delete(struct cap *c)
{
    while (!cap_delete_step(c)) {
        LOOP_BOUND(1 << 30);
        if (arch_irq_pending()) {
            return K_PREEMPTED;
        }
    }
    return likely(dying_first == NULL) ? TESS_OK : finish_dying();
}

/* See derivation.h: every descendant is lifted at most once, then deleted. */
static void revoke_step(struct cap *c)
{
    struct cap *child = cap_at(c->child);

    if (child->child != 0) {
        derivation_lift(cap_at(child->child));
    } else if (child->type == TESS_TYPE_zombie) {
        dying_step();
    } else {
        (void)cap_delete_step(child);
    }
}

enum tess_err cap_revoke(struct cap *c)
{
    trace(cpu_boot, TESS_TRACE_revoke, ptr_link(c), c->type);
    while (c->child != 0) {
        LOOP_BOUND(1 << 30);
        revoke_step(c);
        if (arch_irq_pending()) {
            return K_PREEMPTED;
        }
    }
    return finish_dying();
}

bool cap_ok(const struct cap *c)
{
    if (c->type == TESS_TYPE_null) {
        return derivation_ok(c);
    }
    const uint32_t *refs = refs_of(c);

    return c->type < TESS_TYPE_COUNT && derivation_ok(c) && (refs == NULL || *refs > 0) &&
           (c->type != TESS_TYPE_untyped || untyped_ok(c)) &&
           (c->type != TESS_TYPE_frame || frame_ok(c));
}
