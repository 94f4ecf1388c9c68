/*
 * Address spaces: a hardware number has one user; nothing is mapped with a right that its capability lacks; entries lie
 * inside their table; the list of mapped capabilities is linked both ways; free tables are counted.
 */
#define VERIFY_LOOPS_NEST
#define VERIFY_DIRECT_BASE 0ull
#define POOL_CAPS          4
#define POOL_OTHER
#include "pool.h"
#include "stand_in.h"
#include "ipc/ipc.h"
#include "mem/mem.h"
#undef ASID_COUNT
#define ASID_COUNT 4u

SPEC_BEGIN

static struct cpu cpu;
struct cpu *const cpu_boot = &cpu;
static struct vspace space_1, space_2, space_3, space_4;

static inline void *pool_other(void)
{
    return &space_1;
}

static struct vspace *space_no(uint32_t i)
{
    return i == 1 ? &space_1 : i == 2 ? &space_2 : i == 3 ? &space_3 : i == 4 ? &space_4 : NULL;
}

/* ---- the architecture's part ---- */

static word_t flushed; /* the number whose translations were dropped last */

void arch_tlb_asid(word_t asid)
{
    flushed = asid;
}

void arch_tlb_sync(void)
{
}

word_t arch_space_word(word_t root, word_t asid)
{
    return asid << 48 | root;
}

/* ---- and for guests ---- */

word_t arch_guest_word(word_t level1, word_t vmid)
{
    return vmid << 48 | level1;
}

void arch_guest_flush(word_t guest_word, bool dies)
{
    CHECK(dies, "the number is given back for good");
    flushed = guest_word >> 48;
}

bool arch_pte_is_table(word_t pte, unsigned level)
{
    (void)level;
    return pte & 1;
}

word_t arch_pte_paddr(word_t pte)
{
    return pte & (~(~0ull << 48) & ~(word_t)(TESS_PAGE - 1));
}

SPEC_END
#include "../../kernel/mem/vspace.c"
SPEC_BEGIN

/* ---- hardware numbers ---- */

static bool space_ok(const struct vspace *v)
{
    return v->asid < ASID_COUNT && vspace_ok(v) &&
           (v->asid == 0 || v->switch_word == space_word(v));
}

static bool owner_ok(uint32_t asid)
{
    const struct vspace *v = asid_owner[asid];
    return v == NULL || v->asid == asid;
}

/* The root of guests' spaces: the hardware begins where its one entry says. */
static word_t level_0[1];

static bool has_root(const struct vspace *v)
{
    return v->root != 0 && (!v->guest || guest_root(v) != 0);
}

static void space_any(struct vspace *v)
{
    struct vspace any;
    *v = any;
    v->mapped = v->tables = v->window = NULL;
    v->root &= ~(~0ull << 48) & ~(word_t)(TESS_PAGE - 1);
    v->guest = any_bool();
    if (v->guest) {
        v->root = any_bool() ? (word_t)level_0 : 0;
        ASSUME(v->asid == 0 || v->root != 0);
    }
}

PROOF(vspace_activate_any, 5)
{
    level_0[0] = any_u64();
    space_any(&space_1);
    space_any(&space_2);
    space_any(&space_3);
    space_any(&space_4);
    asid_owner[1] = space_no(any_below(5));
    asid_owner[2] = space_no(any_below(5));
    asid_owner[3] = space_no(any_below(5));
    asid_next = 1 + any_below(ASID_COUNT - 1);
    ASSUME(space_ok(&space_1) && space_ok(&space_2) && space_ok(&space_3) && space_ok(&space_4));
    ASSUME(owner_ok(1) && owner_ok(2) && owner_ok(3));
    struct vspace *w = space_no(1 + any_below(4)); /* any space; the one activated is the first */
    cpu.space_none = 1;
    /* a guest's space is not the CPU's: its word is loaded behind the kernel's back */
    cpu.space_word = any_bool() && !space_2.guest ? space_2.switch_word : cpu.space_none;
    word_t had = space_1.asid, loaded = cpu.space_word, other = w->asid;
    bool ok = vspace_activate(&space_1);
    CHECK(ok == (space_1.switch_word != 0) && ok == (has_root(&space_1) || had != 0),
          "it can be switched to iff it has a root");
    CHECK(space_ok(w) && owner_ok(1 + any_below(ASID_COUNT - 1)),
          "a number has one user, a user one number");
    CHECK(asid_next > 0 && asid_next < ASID_COUNT, "the next number is one");
    CHECK(w == &space_1 || other == 0 || w->asid == other || (w->asid == 0 && flushed == other),
          "whoever lost its number has no translations left");
    CHECK(loaded == 0 || cpu.space_word == loaded, "the space that is loaded keeps its number");
    if (ok && space_1.guest && had == 0) {
        REACHED(a guest got a number);
    } else if (!ok) {
        REACHED(no root);
    } else if (had == 0 && w != &space_1 && other != 0 && w->asid == 0) {
        REACHED(a number was taken from another);
    } else if (had == 0) {
        REACHED(a number was free);
    }
}

/* ---- rights ---- */

static struct cap f;

static void frame_any(void)
{
    struct cap any;
    f = any;
    f.type = TESS_TYPE_frame;
    ASSUME(frame_ok(&f));
}

PROOF(vspace_map_check, 1)
{
    frame_any();
    word_t va = any_u64(), rights = any_u64(), attr = any_u64();
    space_1.guest = any_bool();
    word_t top = space_1.guest ? TESS_GUEST_TOP : TESS_USER_TOP;
    enum tess_err err = map_check(&space_1, &f, va, rights, attr);
    if (err == TESS_OK) {
        CHECK((rights & ~(word_t)f.rights) == 0, "never a right that the capability lacks");
        CHECK(va % TESS_PAGE == 0 && va < top && f.size <= top - va,
              "below the top of the address space");
        CHECK(((f.flags & CAP_DEVICE) != 0) == (attr == TESS_ATTR_DEVICE),
              "device memory is mapped as such, RAM is not");
        f.vspace = 1;
        f.vaddr = va;
        f.map_rights = (uint8_t)rights;
        f.map_attr = (uint8_t)attr;
        f.map_done = 1;
        CHECK(frame_ok(&f), "frame_ok of what it would become");
        REACHED(allowed);
    } else {
        REACHED(refused);
    }
}

PROOF(vspace_leaf_level, 5)
{
    word_t va = any_u64() & ~(word_t)(TESS_PAGE - 1), pa = any_u64() & ~(word_t)(TESS_PAGE - 1),
           pages = any_u64();
    ASSUME(pages > 0 && pages < 1ull << 40);
    unsigned level = leaf_level(va, pa, pages);
    CHECK(level >= 1 && level < LEVELS, "a level that has leaves");
    word_t block = (word_t)1 << level_shift(level);
    CHECK(va % block == 0 && pa % block == 0 && block / TESS_PAGE <= pages,
          "the block is aligned and not too large");
    if (level == LEVELS - 1) {
        REACHED(a page);
    } else {
        REACHED(a block);
    }
}

/* ---- tables ---- */

static word_t table[512], page_1[512], page_2[512];

PROOF(vspace_entry_inside, 1)
{
    word_t va = any_u64();
    unsigned level = any_below(LEVELS);
    word_t *e = entry_of((word_t)table, va, level);
    word_t i = (word_t)(e - table);
    CHECK(i < 512, "the entry is in the table");
    CHECK(i == (va >> (12 + 9 * (3 - level)) & 511), "and is the one of the address");
    REACHED(end);
}

PROOF(vspace_tables_list, 1)
{
    struct vspace *v = &space_1;
    vspace_add_table(v, (word_t)page_1);
    vspace_add_table(v, (word_t)page_2);
    CHECK(v->free_count == 2, "two are free");
    word_t a = take_table(v), b = take_table(v), none = take_table(v);
    CHECK(a == (word_t)page_2 && b == (word_t)page_1 && none == 0, "each is given out once");
    CHECK(page_1[0] == 0 && page_2[0] == 0, "and all zero");
    CHECK(v->free_count == 0 && v->free_tables == 0, "none are free");
    REACHED(end);
}

/* ---- the list of mapped frames ---- */

static struct vspace *const v = &space_1;

#define X(i) static uint16_t order_##i; /* ghost: grows along the list */
POOL_EACH(X)
#undef X

static uint16_t order(link_t l)
{
    return l == 1 ? order_1 : l == 2 ? order_2 : l == 3 ? order_3 : order_4;
}

static bool listed_ok(link_t l)
{
    const struct cap *c = pool_cap(l);
    if (c->vspace == 0) {
        return v->mapped != c && c->map_next == 0 && c->map_prev == 0;
    }
    return c->vspace == POOL_OTHER_LINK && (c->map_prev == 0) == (v->mapped == c) &&
           (c->map_next == 0 || order(c->map_next) > order(l)) &&
           (c->map_next == 0 ||
            (pool_cap(c->map_next)->map_prev == l && pool_cap(c->map_next)->vspace != 0)) &&
           (c->map_prev == 0 ||
            (pool_cap(c->map_prev)->map_next == l && pool_cap(c->map_prev)->vspace != 0));
}

static void list_any(void)
{
    pool_any();
#define X(i)                                                                                       \
    cap_##i.type = TESS_TYPE_frame;                                                                \
    ASSUME(pool_link_ok(cap_##i.map_next) && pool_link_ok(cap_##i.map_prev));                      \
    ASSUME(cap_##i.vspace == 0 || cap_##i.vspace == POOL_OTHER_LINK);
    POOL_EACH(X)
#undef X
    order_1 = 1 + any_u16() / 2;
    order_2 = 1 + any_u16() / 2;
    order_3 = 1 + any_u16() / 2;
    order_4 = 1 + any_u16() / 2;
    v->mapped = any_bool() ? NULL : pool_cap(1 + any_below(POOL_CAPS));
    v->mapped_count = 4;
#define X(i) ASSUME(listed_ok(i));
    POOL_EACH(X)
#undef X
}

PROOF(vspace_mapped_insert, 1)
{
    list_any();
    link_t x = 1 + any_below(POOL_CAPS);
    ASSUME(cap_1.vspace == 0);
    bool in = pool_cap(x)->vspace != 0;
    order_1 = 0;
    mapped_insert(v, &cap_1);
    CHECK(listed_ok(x), "the list is linked both ways");
    CHECK((pool_cap(x)->vspace != 0) == (in || x == 1) && v->mapped_count == 5, "one came");
    REACHED(end);
}

PROOF(vspace_mapped_remove, 1)
{
    list_any();
    link_t x = 1 + any_below(POOL_CAPS);
    ASSUME(cap_1.vspace != 0);
    bool in = pool_cap(x)->vspace != 0, middle = cap_1.map_next != 0 && cap_1.map_prev != 0;
    cap_1.vspace = POOL_OTHER_LINK;
    mapped_remove(&cap_1);
    CHECK(listed_ok(x), "the list is linked both ways");
    CHECK((pool_cap(x)->vspace != 0) == (in && x != 1) && v->mapped_count == 3, "one went");
    if (middle) {
        REACHED(from the middle);
    } else {
        REACHED(from an end);
    }
}

SPEC_END
