/*
 * From a number to a slot: whatever number a user gives, the slot is one of its CNode (or of the CNode that it names by a
 * full capability of that type), and never slot 0 where slots are written.
 */
#define POOL_CAPS 1
#include "pool.h"
#include "stand_in.h"
#include "ipc/ipc.h"
#include "mem/mem.h"
#include "../../kernel/cap/invoke.c"

SPEC_BEGIN

#define SLOTS 4u
static struct thread self;
static struct cap own[SLOTS];
static struct { /* a CNode and its slots */
    struct cnode cnode;
    struct cap more[2];
} other;
static struct invocation inv = { .self = &self };

static void slots_any(void)
{
    self.slots = own;
    self.slot_count = any_bool() ? SLOTS : 0; /* 0: no CNode */
    for (unsigned i = 0; i < SLOTS; i++) {
        own[i].type = (uint8_t)any_below(TESS_TYPE_COUNT);
        own[i].object = (word_t)&other.cnode;
    }
    other.cnode.box.count = 2;
}

static bool is_own(const struct cap *c)
{
    return c == &own[0] || c == &own[1] || c == &own[2] || c == &own[3];
}

PROOF(lookup_full_slot, 5)
{
    slots_any();
    word_t slot = any_u64();
    struct cap *c = cap_lookup(&self, slot);
    if (c != NULL) {
        CHECK(slot < self.slot_count && c == &own[slot] && c->type != TESS_TYPE_null,
              "a full slot of its own");
        REACHED(found);
    } else {
        CHECK(slot >= self.slot_count || own[slot].type == TESS_TYPE_null, "or there is none");
        REACHED(not found);
    }
}

PROOF(lookup_of_type, 5)
{
    slots_any();
    enum tess_err err = TESS_OK;
    enum tess_type type = (enum tess_type)(1 + any_below(TESS_TYPE_COUNT - 1));
    struct cap *c = arg_cap(&inv, any_u64(), type, &err);
    CHECK(c == NULL ? err == TESS_CAP : err == TESS_OK && is_own(c) && c->type == type,
          "of the type asked for");
    if (c != NULL) {
        REACHED(found);
    } else {
        REACHED(not found);
    }
}

PROOF(lookup_own_slot, 5)
{
    slots_any();
    enum tess_err err = TESS_OK;
    word_t index = any_u64();
    struct cap *c = arg_slot(&inv, 0, index, &err);
    CHECK(c == NULL ? err == TESS_RANGE : index < self.slot_count && index > 0 && c == &own[index],
          "a slot of its own CNode, not the first");
    if (c != NULL) {
        REACHED(found);
    } else {
        REACHED(not found);
    }
}

PROOF(lookup_named_slot, 5)
{
    slots_any();
    enum tess_err err = TESS_OK;
    word_t cnode = 1 + (word_t)any_u32(), index = any_u64();
    struct cap *c = arg_slot(&inv, cnode, index, &err);
    if (c != NULL) {
        CHECK(cnode < self.slot_count && own[cnode].type == TESS_TYPE_cnode,
              "named by a CNode capability");
        CHECK(index == 1 && c == &other.cnode.slot[1], "a slot of that CNode, not the first");
        REACHED(found);
    } else {
        CHECK(err != TESS_OK, "or an error");
        REACHED(not found);
    }
}

PROOF(lookup_empty_slot, 5)
{
    slots_any();
    enum tess_err err = TESS_OK;
    struct cap *c = arg_empty(&inv, 0, any_u64(), &err);
    CHECK(c == NULL ? err != TESS_OK : is_own(c) && c != &own[0] && c->type == TESS_TYPE_null,
          "an empty slot");
    if (c != NULL) {
        REACHED(found);
    } else {
        REACHED(not found);
    }
}

/* ---- which operation a label means ---- */

static unsigned dispatched; /* type of the object whose operations were entered */

#define ENTERED(object)                                                                            \
    enum tess_err object##_invoke(struct invocation *i)                                            \
    {                                                                                              \
        CHECK(i->cap->type == TESS_TYPE_##object, "operations of an object meet its capability");  \
        dispatched = TESS_TYPE_##object;                                                           \
        return TESS_OK;                                                                            \
    }
ENTERED(untyped)
ENTERED(frame)
ENTERED(vspace)
ENTERED(thread)
ENTERED(reply)
ENTERED(budget)
ENTERED(vcpu)
ENTERED(irq)
ENTERED(irq_control)
ENTERED(trace)
ENTERED(machine)

PROOF(invoke_decode, 5)
{
    static struct cpu cpu;
    slots_any();
    struct cap *c = &own[1];
    word_t tag = any_u64();
    ASSUME(c->type != TESS_TYPE_cnode); /* its operations are in the same file */
    (void)invoke(&cpu, &self, c, tag);
    if (dispatched != 0) {
        CHECK(dispatched == c->type && (table[tess_tag_label(tag)] & 0xff) == c->type,
              "the label is one of the object's");
        CHECK(tess_tag_len(tag) >= (table[tess_tag_label(tag)] >> 8 & 0xff),
              "no argument is missing");
        REACHED(entered);
    } else {
        CHECK((self.regs.x[1] & 0xffff0000) != 0, "or an error is returned");
        REACHED(refused);
    }
}

SPEC_END
