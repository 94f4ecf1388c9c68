/*
 * Untyped memory: carve objects out of it.
 *
 *      object                used          zeroed                 object + size
 *        | given out ......... | known zero ... | unknown .............. |
 *
 * Zeroing covers what an explicit offset skips, too: what lies below `zeroed` is known without exception.  It runs ahead of the
 * watermark page by page and is kept when a call is preempted, so a retype of any size has O(1) steps; nobody can see it.  Untyped
 * memory made of it is not cleared here: it knows of itself what was known before, and clears the rest when it is used.  When the last
 * child is gone the whole range is free again (and unknown).
 */
#include "../cap/cnode.h"
#include "../cap/derivation.h"
#include "../cap/invoke.h"
#include "../ipc/ipc.h"
#include "../vm/vcpu.h"
#include "mem.h"

struct carve {
    struct cap *ut;
    word_t at;    /* offset of the first object */
    word_t bytes; /* of one object */
    word_t count;
};

static const struct {
    uint16_t bytes, align;
    bool ram_only;
} kinds[TESS_TYPE_COUNT] = {
#define OBJECT(name, number, bytes, align, text) [number] = { bytes, align, true },
#include "../../abi/objects.def"
#undef OBJECT
};

/* Bytes of one object of this type; 0: cannot be made so. */
static word_t object_bytes(word_t type, word_t size)
{
    switch (type) {
    case TESS_TYPE_untyped:
    case TESS_TYPE_frame:
        return size % TESS_PAGE == 0 ? size : 0;
    case TESS_TYPE_cnode:
        return size >= 2 && size <= TESS_CNODE_MAX ? sizeof(struct cnode) + size * TESS_SLOT_BYTES
                                                   : 0;
    default:
        return type < TESS_TYPE_COUNT ? kinds[type].bytes : 0;
    }
}

/* Would count objects of `bytes` fit, at `offset` or the next free place?  Changes nothing. */
static enum tess_err carve_check(struct cap *ut, word_t bytes, word_t align, word_t count,
                                 word_t offset, struct carve *out)
{
    word_t used = ut->child == 0 ? 0 : ut->used;
    word_t at = (used + align - 1) & ~(align - 1); /* used <= size < 2^48 */

    if (offset != TESS_OFFSET_NEXT) {
        if (offset % align != 0 || offset < used || offset >= ut->size) {
            return TESS_RANGE;
        }
        at = offset;
    }
    if (at > ut->size || count > (ut->size - at) / bytes) {
        return TESS_NOMEM;
    }
    *out = (struct carve){ ut, at, bytes, count };
    return TESS_OK;
}

/* Everything made from it is gone: start anew, knowing nothing of what is in it. */
static void reset(struct cap *ut)
{
    if (ut->child == 0 && ut->used != 0) {
        ut->used = 0;
        ut->zeroed = 0;
    }
}

/* Make the memory zero, unless untyped memory will do that itself; false: an interrupt is pending, come back. */
static bool carve_prepare(const struct carve *c, enum tess_type type)
{
    struct cap *ut = c->ut;
    word_t end = type == TESS_TYPE_untyped ? c->at : c->at + c->bytes * c->count;

    reset(ut);
    if (ut->flags & CAP_DEVICE) {
        return true;
    }
    while (ut->zeroed < end) {
        LOOP_BOUND(1 << 24);
        arch_zero_page((void *)(arch_direct_base() + ut->object + ut->zeroed));
        ut->zeroed += TESS_PAGE;
        if (ut->zeroed < end && arch_irq_pending()) {
            return false;
        }
    }
    return true;
}

void thread_create(struct thread *t)
{
    struct cpu *cpu = cpu_boot;

    t->cpu = cpu;
    t->state = TESS_THREAD_SUSPENDED;
    t->space = &vspace_none;
    t->id = ++cpu->next_thread_id;
    for (unsigned i = 0; i < THREAD_SLOTS; i++) {
        LOOP_BOUND(THREAD_SLOTS);
        t->slot[i].holder = (uint8_t)(HOLDER_THREAD + i);
    }
    arch_thread_init(t);
}

void cnode_create(struct cnode *n, uint32_t slots)
{
    n->box.slots = n->slot;
    n->box.count = slots;
}

/* One object at offset `at`, its capability in slot `to`. */
static void create(const struct carve *c, word_t at, enum tess_type type, word_t size,
                   struct cap *to)
{
    struct cap *ut = c->ut;
    bool memory = type == TESS_TYPE_frame || type == TESS_TYPE_untyped;
    word_t object = ut->object + at + (memory ? 0 : arch_direct_base());

    if (type == TESS_TYPE_thread) {
        thread_create((struct thread *)object);
    } else if (type == TESS_TYPE_cnode) {
        cnode_create((struct cnode *)object, (uint32_t)size);
    } else if (type == TESS_TYPE_vcpu) {
        vcpu_create((struct vcpu *)object);
    }
    cap_make(ut, to, type, object, memory ? size : 0, ut->flags & CAP_DEVICE);
    if (type == TESS_TYPE_untyped && ut->zeroed > at) {
        to->zeroed = ut->zeroed - at < size ? ut->zeroed - at : size;
    }
}

static enum tess_err retype(struct invocation *inv)
{
    word_t type = inv->arg[0], size = inv->arg[1], first = inv->arg[3], count = inv->arg[4];
    struct cap *ut = inv->cap;
    word_t bytes = object_bytes(type, size);
    bool memory = type == TESS_TYPE_frame || type == TESS_TYPE_untyped;
    enum tess_err err = TESS_OK;
    struct carve c;

    if (bytes == 0 || count == 0 || count > TESS_RETYPE_MAX ||
        ((ut->flags & CAP_DEVICE) && !memory)) {
        return TESS_ARG;
    }
    struct cap *slots = arg_slot(inv, inv->arg[2], first, &err);
    if (slots == NULL ||
        (count > 1 && arg_slot(inv, inv->arg[2], first + count - 1, &err) == NULL)) {
        return err;
    }
    for (word_t i = 0; i < count; i++) {
        LOOP_BOUND(TESS_RETYPE_MAX);
        if (slots[i].type != TESS_TYPE_null) {
            return TESS_EXISTS;
        }
    }
    err = carve_check(ut, bytes, kinds[type].align, count, inv->arg[5], &c);
    if (err != TESS_OK) {
        return err;
    }
    if (!carve_prepare(&c, (enum tess_type)type)) {
        return K_PREEMPTED;
    }
    /* ---- commit ---- */
    for (word_t i = 0; i < count; i++) {
        LOOP_BOUND(TESS_RETYPE_MAX);
        create(&c, c.at + i * bytes, (enum tess_type)type, size, &slots[i]);
    }
    ut->used = c.at + bytes * count;
    ut->zeroed = ut->zeroed > ut->used ? ut->zeroed : ut->used;
    return TESS_OK;
}

static enum tess_err split(struct invocation *inv)
{
    struct cap *ut = inv->cap;
    word_t at = inv->arg[0];
    enum tess_err err = TESS_OK;
    struct cap *to = arg_empty(inv, inv->arg[1], inv->arg[2], &err);

    if (to == NULL) {
        return err;
    }
    if (at % TESS_PAGE != 0 || at == 0 || at >= ut->size || at < (ut->child == 0 ? 0 : ut->used)) {
        return TESS_RANGE;
    }
    reset(ut);
    cap_make(cap_at(ut->parent), to, TESS_TYPE_untyped, ut->object + at, ut->size - at, ut->flags);
    to->used = 0;
    to->zeroed = ut->zeroed > at ? ut->zeroed - at : 0;
    ut->size = at;
    if (ut->zeroed > at) {
        ut->zeroed = at;
    }
    return TESS_OK;
}

enum tess_err untyped_invoke(struct invocation *inv)
{
    struct cap *ut = inv->cap;

    switch (inv->label) {
    case TESS_LABEL_untyped_retype:
        return retype(inv);
    case TESS_LABEL_untyped_split:
        return split(inv);
    default: /* info */
        inv->result[0] = ut->object;
        inv->result[1] = ut->size;
        inv->result[2] = ut->child == 0 ? 0 : ut->used;
        inv->result[3] = ut->flags & CAP_DEVICE;
        return TESS_OK;
    }
}

enum tess_err untyped_take_pages(struct cap *ut, word_t pages, word_t *paddr)
{
    struct carve c;

    if (ut->flags & CAP_DEVICE) {
        return TESS_ARG;
    }
    enum tess_err err = carve_check(ut, TESS_PAGE, TESS_PAGE, pages, TESS_OFFSET_NEXT, &c);
    if (err != TESS_OK) {
        return err;
    }
    if (!carve_prepare(&c, TESS_TYPE_frame)) {
        return K_PREEMPTED;
    }
    ut->used = c.at + TESS_PAGE * pages;
    *paddr = ut->object + c.at;
    return TESS_OK;
}

bool untyped_ok(const struct cap *ut)
{
    return ut->object % TESS_PAGE == 0 && ut->size % TESS_PAGE == 0 && ut->size > 0 &&
           ut->used <= ut->size && ut->zeroed % TESS_PAGE == 0 && ut->zeroed <= ut->size &&
           ((ut->flags & CAP_DEVICE) || ut->used <= ut->zeroed);
}
