/*
 * Untyped memory: what retype, split and donate take out of it lies inside it, beyond everything taken before, does not
 * overlap, and was zeroed; the watermark only grows while anything made from it lives; a refusal changes nothing.
 */
#define VERIFY_LOOPS_NEST
#define VERIFY_DIRECT_BASE 0ull /* objects are made in `arena` */
#define POOL_CAPS          4
#include "pool.h"
#include "stand_in.h"
#include "ipc/ipc.h"
#include "mem/mem.h"

SPEC_BEGIN

struct vspace vspace_none;
static struct cpu cpu;
struct cpu *const cpu_boot = &cpu;

static struct cap ut;
static struct cap slots[2];       /* where capabilities go */
static word_t made_at[2], made_n; /* what was made, in order */
static bool made_device;
static word_t zero_next; /* the physical address that must be zeroed next */

void arch_zero_page(void *page)
{
    CHECK((word_t)page == zero_next, "zeroing goes on where it stopped");
    zero_next += TESS_PAGE;
}

void arch_thread_init(struct thread *t)
{
    (void)t;
}

SPEC_END
#define cap_make  kernel_cap_make
#define arg_slot  kernel_arg_slot
#define arg_empty kernel_arg_empty
#include "cap/cnode.h"
#include "cap/invoke.h"
#undef cap_make
#undef arg_slot
#undef arg_empty
SPEC_BEGIN

static void cap_make(struct cap *parent, struct cap *to, enum tess_type type, word_t object,
                     word_t size, unsigned flags)
{
    CHECK(to->type == TESS_TYPE_null && to->parent == 0, "a capability goes into an empty slot");
    to->type = (uint8_t)type;
    to->object = object;
    to->size = size;
    to->flags = (uint8_t)flags;
    to->used = 0;
    to->zeroed = 0;
    to->parent = parent == &ut ? 1 : 2;
    if (made_n < 2) {
        made_at[made_n] = object;
    }
    made_n++;
}

static struct cap *arg_slot(struct invocation *inv, word_t cnode, word_t index, enum tess_err *err)
{
    (void)inv, (void)cnode;
    if (index < 2) {
        return &slots[index];
    }
    *err = TESS_RANGE;
    return NULL;
}

static struct cap *arg_empty(struct invocation *inv, word_t cnode, word_t index, enum tess_err *err)
{
    struct cap *c = arg_slot(inv, cnode, index, err);
    if (c != NULL && c->type != TESS_TYPE_null) {
        *err = TESS_EXISTS;
        return NULL;
    }
    return c;
}

SPEC_END
#include "../../kernel/mem/untyped.c"
SPEC_BEGIN

static struct cap before;

static word_t free_from(void)
{
    return before.child == 0 ? 0 : before.used;
}

static void ut_any(void)
{
    struct cap any;
    ut = any;
    ut.type = TESS_TYPE_untyped;
    ut.parent = any_bool() ? 1 : 0;
    ASSUME(untyped_ok(&ut) && ut.size <= 1ull << 48 && ut.object <= 1ull << 48);
    ASSUME(ut.child == 0 || ut.used > 0);
    before = ut;
    zero_next = ut.object + (ut.child == 0 && ut.used != 0 ? 0 : ut.zeroed);
    for (unsigned i = 0; i < 2; i++) {
        slots[i].type = any_bool() ? TESS_TYPE_null : TESS_TYPE_frame;
    }
}

static bool unchanged(void)
{
    return ut.object == before.object && ut.size == before.size && ut.used == before.used &&
           ut.zeroed == before.zeroed && ut.child == before.child && ut.flags == before.flags &&
           made_n == 0;
}

PROOF(untyped_object_bytes, 1)
{
    word_t type = any_u64(), size = any_u64(), bytes = object_bytes(type, size);
    bool memory = type == TESS_TYPE_frame || type == TESS_TYPE_untyped;
    if (bytes != 0) {
        CHECK(type < TESS_TYPE_COUNT, "a type that exists");
        CHECK(memory ? bytes == size && size % TESS_PAGE == 0
                     : bytes <= 2 * TESS_SLOT_BYTES + (word_t)TESS_CNODE_MAX * TESS_SLOT_BYTES,
              "whole pages, or the object's size");
        word_t align = kinds[type].align;
        CHECK(align >= 64 && (align & (align - 1)) == 0, "a power of two");
        CHECK(type != TESS_TYPE_irq && type != TESS_TYPE_irq_control && type != TESS_TYPE_cpu &&
                  type != TESS_TYPE_trace && type != TESS_TYPE_machine &&
                  type != TESS_TYPE_zombie && type != TESS_TYPE_tables && type != TESS_TYPE_null,
              "not what only the kernel makes");
        REACHED(can be made);
    } else {
        REACHED(cannot be made);
    }
}

/* Division by any number is out of a solver's reach: one proof for each kind of size. */
static void carve(word_t bytes, word_t align)
{
    ut_any();
    word_t count = 1 + any_below(TESS_RETYPE_MAX), offset = any_u64();
    struct carve c;
    enum tess_err err = carve_check(&ut, bytes, align, count, offset, &c);
    CHECK(unchanged(), "checking changes nothing");
    if (err == TESS_OK) {
        CHECK(c.at >= free_from(), "beyond all that is given out");
        CHECK(c.at <= ut.size && c.bytes == bytes && c.count == count &&
                  bytes * count <= ut.size - c.at,
              "inside");
        CHECK(c.at % align == 0, "aligned");
        CHECK(offset == TESS_OFFSET_NEXT || c.at == offset, "where it was asked for");
    } else {
        REACHED(refused);
    }
    if (bytes < 1ull << 48 && err == TESS_OK) {
        REACHED(fits);
    }
}

PROOF(untyped_carve_small, 4)
{
    carve(64, 64);
}

PROOF(untyped_carve_thread, 4)
{
    carve(TESS_SIZE_thread, 64);
}

PROOF(untyped_carve_page, 4)
{
    carve(TESS_PAGE, TESS_PAGE);
}

PROOF(untyped_carve_gigabyte, 4)
{
    carve(1ull << 30, TESS_PAGE);
}

PROOF(untyped_carve_huge, 4)
{
    ut_any();
    struct carve c;
    word_t bytes = ~(word_t)(TESS_PAGE - 1); /* times two it would wrap */
    CHECK(carve_check(&ut, bytes, TESS_PAGE, 1 + any_below(TESS_RETYPE_MAX), any_u64(), &c) !=
                  TESS_OK &&
              unchanged(),
          "what is larger than all memory never fits");
    REACHED(refused);
}

PROOF(untyped_carve_prepare, 4)
{
    ut_any();
    struct carve c = { &ut, any_u64(), any_u64(), 1 + any_below(2) };
    ASSUME(c.at >= free_from() && c.at <= ut.size && c.bytes > 0 &&
           c.bytes <= (ut.size - c.at) / c.count);
    enum tess_type type = any_bool() ? TESS_TYPE_untyped : TESS_TYPE_frame;
    word_t end = type == TESS_TYPE_untyped ? c.at : c.at + c.bytes * c.count;
    word_t known = zero_next - ut.object;
    ASSUME(end <= known ||
           end - known <= 2 * TESS_PAGE); /* at most two pages to zero: each turn is the same */
    bool done = carve_prepare(&c, type);
    CHECK(untyped_ok(&ut), "untyped_ok");
    CHECK(ut.used == free_from() && ut.size == before.size, "nothing is given out yet");
    if (done) {
        CHECK((ut.flags & CAP_DEVICE) || ut.zeroed >= end, "everything up to the end is zero");
        CHECK((ut.flags & CAP_DEVICE) || zero_next == ut.object + ut.zeroed,
              "because it was zeroed");
        CHECK(!(ut.flags & CAP_DEVICE) || zero_next == ut.object + known,
              "device memory is never touched");
        REACHED(done);
    } else {
        CHECK(zero_next == ut.object + ut.zeroed, "what was zeroed is known");
        REACHED(preempted);
    }
}

static word_t arg[8];

static enum tess_err invoke_ut(unsigned label)
{
    struct invocation inv = { .cpu = &cpu, .cap = &ut, .arg = arg, .result = arg, .label = label };
    return untyped_invoke(&inv);
}

PROOF_LONG(untyped_retype_memory, 4)
{
    ut_any();
    arg[0] = any_bool() ? TESS_TYPE_frame : TESS_TYPE_untyped;
    arg[1] = any_u64();
    arg[3] = any_u64();
    arg[4] = any_u64();
    arg[5] = any_u64();
    ASSUME(arg[1] <= TESS_PAGE && (ut.child == 0 || ut.zeroed - ut.used <= TESS_PAGE));
    ASSUME(arg[5] == TESS_OFFSET_NEXT); /* other offsets: carve() */
    ASSUME(ut.child != 0 || ut.used != 0 || ut.zeroed <= TESS_PAGE);
    word_t size = arg[1], count = arg[4];
    enum tess_err err = invoke_ut(TESS_LABEL_untyped_retype);
    CHECK(untyped_ok(&ut), "untyped_ok");
    if (err == TESS_OK) {
        CHECK(made_n == count && made_at[0] >= ut.object + free_from(),
              "beyond all that is given out");
        CHECK(count == 1 || made_at[1] >= made_at[0] + size, "they do not overlap");
        CHECK(made_at[count - 1] + size <= ut.object + ut.used && ut.used <= ut.size,
              "inside, below the watermark");
        CHECK(ut.used > free_from(), "the watermark grew");
        CHECK(slots[arg[3]].size == size &&
                  (slots[arg[3]].flags & CAP_DEVICE) == (ut.flags & CAP_DEVICE),
              "device memory stays device memory");
        for (unsigned i = 0; i < count; i++) {
            const struct cap *new = &slots[arg[3] + i];
            CHECK((new->flags &CAP_DEVICE) || new->object + new->zeroed <= zero_next ||
                      new->zeroed == 0,
                  "it takes for zero only what is zero");
        }
        if (count == 2) {
            REACHED(two);
        } else {
            REACHED(one);
        }
    } else if (err == K_PREEMPTED) {
        CHECK(made_n == 0 && ut.used == free_from(), "nothing is given out yet");
        REACHED(preempted);
    } else {
        CHECK(unchanged(), "a refusal changes nothing");
        REACHED(refused);
    }
}

/* Objects are made in this. */
static union {
    struct thread thread;
    struct cnode cnode;
    uint8_t page[TESS_PAGE];
} arena;

PROOF_LONG(untyped_thread_create, 8)
{
    struct thread *t = &arena.thread; /* zeroed */
    thread_create(t);
    CHECK(t->state == TESS_THREAD_SUSPENDED && t->cpu == &cpu && t->space == &vspace_none,
          "a new thread");
    unsigned i = any_below(THREAD_SLOTS);
    CHECK(t->slot[i].holder == HOLDER_THREAD + i && t->slot[i].type == TESS_TYPE_null,
          "its slots know their place");
    REACHED(made);
}

PROOF_LONG(untyped_cnode_create, 1)
{
    struct cnode *n = &arena.cnode; /* zeroed */
    word_t slots_wanted = any_u64(), bytes = object_bytes(TESS_TYPE_cnode, slots_wanted);
    ASSUME(bytes != 0);
    cnode_create(n, (uint32_t)slots_wanted);
    CHECK(n->box.slots == n->slot && n->box.count == slots_wanted, "it knows its slots");
    CHECK(sizeof(*n) + (uint64_t)n->box.count * TESS_SLOT_BYTES == bytes,
          "and they are in the memory given out for it");
    REACHED(made);
}

PROOF_LONG(untyped_retype_device, 4)
{
    ut_any();
    ut.flags = CAP_DEVICE;
    before.flags = CAP_DEVICE;
    arg[0] = any_u64();
    arg[1] = any_u64();
    arg[3] = any_u64();
    arg[4] = any_u64();
    ASSUME(arg[0] != TESS_TYPE_frame && arg[0] != TESS_TYPE_untyped);
    CHECK(invoke_ut(TESS_LABEL_untyped_retype) == TESS_ARG && unchanged(),
          "no kernel object in device memory");
    REACHED(refused);
}

PROOF(untyped_split_any, 4)
{
    ut_any();
    word_t at = any_u64(), i = any_u64();
    arg[0] = at;
    arg[2] = i;
    pool_any();
    enum tess_err err = invoke_ut(TESS_LABEL_untyped_split);
    CHECK(untyped_ok(&ut), "untyped_ok");
    if (err == TESS_OK) {
        const struct cap *up = &slots[i];
        CHECK(untyped_ok(up), "untyped_ok of the upper part");
        CHECK(up->object == ut.object + ut.size && ut.size + up->size == before.size &&
                  ut.object == before.object,
              "the parts make the whole");
        CHECK(up->object >= before.object + free_from(),
              "what was given out stays in the lower part");
        CHECK(up->used == 0 && up->parent == 2,
              "nothing is made of the upper part, and it is the lower one's sibling");
        CHECK((up->flags & CAP_DEVICE) == (before.flags & CAP_DEVICE),
              "device memory stays device memory");
        CHECK(up->object + up->zeroed <= before.object + before.zeroed || up->zeroed == 0,
              "it knows no zero too many");
        REACHED(split);
    } else {
        CHECK(unchanged(), "a refusal changes nothing");
        REACHED(refused);
    }
}

PROOF(untyped_take_pages_any, 4)
{
    ut_any();
    word_t pages = 1 + any_below(2), paddr = 0;
    ASSUME(ut.child != 0 ? ut.zeroed - ut.used <= TESS_PAGE : ut.zeroed <= TESS_PAGE);
    enum tess_err err = untyped_take_pages(&ut, pages, &paddr);
    CHECK(untyped_ok(&ut), "untyped_ok");
    if (err == TESS_OK) {
        CHECK((ut.flags & CAP_DEVICE) == 0, "no tables in device memory");
        CHECK(paddr >= ut.object + free_from() && paddr % TESS_PAGE == 0,
              "beyond all that is given out");
        CHECK(paddr + pages * TESS_PAGE == ut.object + ut.used && ut.used <= ut.zeroed,
              "inside, and zero");
        REACHED(taken);
    } else if (err == K_PREEMPTED) {
        REACHED(preempted);
    } else {
        CHECK(unchanged(), "a refusal changes nothing");
        REACHED(refused);
    }
}

SPEC_END
