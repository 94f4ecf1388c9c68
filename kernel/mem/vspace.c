/*
 * Address spaces: tables, mappings, hardware numbers (ASIDs).
 *
 * Tables come from a list of zeroed pages that `donate` fills; they go back only when the space is emptied, which
 * happens when it dies or when any of its tables capabilities goes.  A frame is mapped as a whole, in steps of at
 * most one table; frame->map_done says how far it is, so that a step is the unit of preemption, and a map that runs
 * out of tables can go on after a donation.
 */
#include "../cap/cnode.h"
#include "../cap/invoke.h"
#include "../sched/cpu.h"
#include "../vm/stage2.h"
#include "mem.h"

#define LEVELS     4
#define STEP_PAGES 64u /* entries written in one step */
#define DONATE_MAX (64 * TESS_PAGE)

struct vspace vspace_none;

static struct vspace *asid_owner[ASID_COUNT];
static uint32_t asid_next = 1;

static word_t *table_at(word_t paddr)
{
    return (word_t *)(arch_direct_base() + paddr);
}

static unsigned level_shift(unsigned level)
{
    return 12 + 9 * (LEVELS - 1 - level);
}

static word_t *entry_of(word_t table, word_t va, unsigned level)
{
    return &table_at(table)[va >> level_shift(level) & 511];
}

/* ---- ASIDs; a guest's number (VMID) is one of them, too: the hardware keeps the two apart ---- */

/* The hardware forgets v. */
static void deactivate(struct vspace *v)
{
    struct cpu *cpu = cpu_boot;

    if (v->asid == 0) {
        return;
    }
    if (cpu->space_word == v->switch_word) {
        cpu->space_word = cpu->space_none;
        arch_space_load(cpu->space_none);
    }
    space_forget(v);
    v->switch_word = 0;
    asid_owner[v->asid] = NULL;
    v->asid = 0;
}

static void next_asid(void)
{
    asid_next = asid_next + 1 < ASID_COUNT ? asid_next + 1 : 1;
}

bool vspace_activate(struct vspace *v)
{
    if (v->switch_word != 0) {
        return true;
    }
    if (v->root == 0 || (v->guest && guest_root(v) == 0)) {
        return false;
    }
    struct vspace *victim = asid_owner[asid_next];

    if (victim != NULL &&
        victim->switch_word == cpu_boot->space_word) { /* in use: the one after it is not */
        next_asid();
        victim = asid_owner[asid_next];
    }
    if (victim != NULL) {
        deactivate(victim);
    }
    v->asid = asid_next;
    asid_owner[asid_next] = v;
    v->switch_word = space_word(v);
    next_asid();
    return true;
}

/* ---- tables ---- */

void vspace_add_table(struct vspace *v, word_t paddr)
{
    *table_at(paddr) = v->free_tables;
    v->free_tables = paddr;
    v->free_count++;
}

/* 0: none left. */
static word_t take_table(struct vspace *v)
{
    word_t t = v->free_tables;

    if (t != 0) {
        v->free_tables = *table_at(t);
        *table_at(t) = 0;
        v->free_count--;
    }
    return t;
}

/*
 * The entry for va at `level`, making the tables above it.  If a leaf is in the way, or a table where `level` wants a
 * leaf, *level says where the walk ended.  NULL: out of tables.
 */
static word_t *walk_make(struct vspace *v, word_t va, unsigned *level)
{
    if (v->root == 0) {
        v->root = take_table(v);
        if (v->root == 0) {
            return NULL;
        }
    }
    word_t table = v->root;

#pragma GCC unroll 4
    for (unsigned l = 0; l < LEVELS; l++) {
        LOOP_BOUND(LEVELS);
        word_t *e = entry_of(table, va, l);
        if (l == LEVELS - 1 || arch_pte_is_leaf(*e, l) ||
            (l == *level && !arch_pte_is_table(*e, l))) {
            *level = l;
            return e;
        }
        if (!arch_pte_is_table(*e, l)) {
            word_t below = take_table(v);
            if (below == 0) {
                return NULL;
            }
            arch_pte_write(e, arch_pte_table(below));
        }
        table = arch_pte_paddr(*e);
    }
    return NULL; /* not reached: the last level is a leaf or empty */
}

/* The page entry for va if all tables above it exist; else NULL. */
ALWAYS_INLINE word_t *walk_to_page(const struct vspace *v, word_t va)
{
    word_t table = v->root;

    if (table == 0) {
        return NULL;
    }
#pragma GCC unroll 4
    for (unsigned l = 0; l < LEVELS - 1; l++) {
        LOOP_BOUND(LEVELS);
        word_t e = *entry_of(table, va, l);
        if (!arch_pte_is_table(e, l)) {
            return NULL;
        }
        table = arch_pte_paddr(e);
    }
    return entry_of(table, va, LEVELS - 1);
}

/* The leaf that maps va, and its level; NULL: none. */
static word_t *walk_find(const struct vspace *v, word_t va, unsigned *level)
{
    word_t table = v->root;

#pragma GCC unroll 4
    for (unsigned l = 0; table != 0 && l < LEVELS; l++) {
        LOOP_BOUND(LEVELS);
        word_t *e = entry_of(table, va, l);
        if (arch_pte_is_leaf(*e, l)) {
            *level = l;
            return e;
        }
        table = arch_pte_is_table(*e, l) ? arch_pte_paddr(*e) : 0;
    }
    return NULL;
}

bool vspace_map_page(struct vspace *v, word_t vaddr, word_t paddr, unsigned rights, unsigned attr)
{
    unsigned level = LEVELS - 1;
    word_t *e = walk_make(v, vaddr, &level);

    word_t leaf = space_leaf(v, paddr, level, rights, attr);
    if (e == NULL || (*e != 0 && *e != leaf)) {
        return false;
    }
    arch_pte_write(e, leaf);
    arch_tlb_publish();
    return true;
}

/* ---- frames ---- */

static void mapped_insert(struct vspace *v, struct cap *c)
{
    struct cap **head = c->type == TESS_TYPE_frame ? &v->mapped : &v->tables;

    c->vspace = ptr_link(v);
    c->map_prev = 0;
    c->map_next = *head ? ptr_link(*head) : 0;
    if (*head) {
        (*head)->map_prev = ptr_link(c);
    }
    *head = c;
    v->mapped_count += c->type == TESS_TYPE_frame;
}

static void mapped_remove(struct cap *c)
{
    struct vspace *v = link_ptr(c->vspace);
    struct cap **head = c->type == TESS_TYPE_frame ? &v->mapped : &v->tables;
    struct cap *next = cap_at(c->map_next), *prev = cap_at(c->map_prev);

    if (prev) {
        prev->map_next = c->map_next;
    } else {
        *head = next;
    }
    if (next) {
        next->map_prev = c->map_prev;
    }
    c->vspace = c->map_next = c->map_prev = 0;
    c->map_done = 0;
    v->mapped_count -= c->type == TESS_TYPE_frame;
}

/* The largest block that va, pa and the rest allow. */
static unsigned leaf_level(word_t va, word_t pa, word_t pages)
{
    for (unsigned l = 1; pages >= 512 && l < LEVELS - 1; l++) {
        LOOP_BOUND(LEVELS);
        word_t mask = ((word_t)1 << level_shift(l)) - 1;
        if (((va | pa) & mask) == 0 && pages >= (mask + 1) / TESS_PAGE) {
            return l;
        }
    }
    return LEVELS - 1;
}

/* Map the next part of f: one block, or up to STEP_PAGES pages of one table.  Out of tables: NOMEM. */
static enum tess_err frame_map_step(struct vspace *v, struct cap *f)
{
    word_t done = f->map_done, pages = f->size / TESS_PAGE - done;
    word_t va = f->vaddr + done * TESS_PAGE, pa = f->object + done * TESS_PAGE;
    unsigned level = leaf_level(va, pa, pages);
    word_t *e = walk_make(v, va, &level);

    if (e == NULL) {
        return TESS_NOMEM;
    }
    word_t leaf = space_leaf(v, pa, level, f->map_rights, f->map_attr);
    if (unlikely(level < LEVELS - 1)) {
        if (arch_pte_is_leaf(*e, level)) {
            return TESS_EXISTS;
        }
        arch_pte_write(e, leaf);
        f->map_done += 1u << (level_shift(level) - 12);
        return TESS_OK;
    }
    unsigned room = 512 - (unsigned)(va / TESS_PAGE & 511), n = 0;
    unsigned most = pages < STEP_PAGES ? (unsigned)pages : STEP_PAGES;

    most = most < room ? most : room;
    while (n < most && e[n] == 0) {
        LOOP_BOUND(STEP_PAGES);
        arch_pte_write(&e[n], leaf);
        leaf += TESS_PAGE;
        n++;
    }
    f->map_done += n;
    return n == most ? TESS_OK : TESS_EXISTS;
}

bool frame_unmap_step(struct cap *f)
{
    struct vspace *v = link_ptr(f->vspace);

    if (v->root == 0) { /* being emptied: the tables are gone already */
        mapped_remove(f);
        return true;
    }
    if (f->map_done > 0) {
        word_t va = f->vaddr + (word_t)(f->map_done - 1) * TESS_PAGE;
        unsigned level, n = 1;
        word_t *e = walk_find(v, va, &level);

        ASSERT(e != NULL);
        if (level < LEVELS - 1) {
            arch_pte_write(e, 0);
            drop_range(v, va, 1);
            n = 1u << (level_shift(level) - 12);
        } else { /* down to the start of the table, of the frame, or of the step */
            unsigned room = (unsigned)(va / TESS_PAGE & 511) + 1;
            unsigned most = f->map_done < STEP_PAGES ? f->map_done : STEP_PAGES;
            most = most < room ? most : room;
            for (n = 0; n < most; n++) {
                LOOP_BOUND(STEP_PAGES);
                arch_pte_write(e - n, 0);
            }
            drop_range(v, va - (word_t)(n - 1) * TESS_PAGE, n);
        }
        arch_tlb_sync();
        f->map_done -= n;
    }
    if (f->map_done == 0) {
        mapped_remove(f);
        return true;
    }
    return false;
}

/* Rights and attributes that this capability can be mapped with. */
static enum tess_err map_check(const struct vspace *v, const struct cap *f, word_t vaddr,
                               word_t rights, word_t attr)
{
    word_t top = space_top(v);
    bool device = f->flags & CAP_DEVICE;

    if (rights == 0 || (rights & ~(word_t)7) != 0 || (rights & TESS_RIGHT_READ) == 0 ||
        attr > TESS_ATTR_NOCACHE || device != (attr == TESS_ATTR_DEVICE)) {
        return TESS_ARG;
    }
    if ((rights & ~(word_t)f->rights) != 0) {
        return TESS_RIGHTS;
    }
    if (vaddr % TESS_PAGE != 0 || vaddr >= top || f->size > top - vaddr) {
        return TESS_RANGE;
    }
    return TESS_OK;
}

/* Finish what a preempted deletion left behind; K_PREEMPTED: not yet. */
static enum tess_err finish_emptying(struct vspace *v)
{
    while (v->emptying) {
        LOOP_BOUND(1 << 30);
        (void)vspace_empty_step(v);
        if (arch_irq_pending()) {
            return K_PREEMPTED;
        }
    }
    return TESS_OK;
}

/* The address is in use: take back what has been mapped. */
static enum tess_err map_undo(struct cap *f)
{
    while (!frame_unmap_step(f)) {
        LOOP_BOUND(1 << 24);
        if (arch_irq_pending()) {
            return K_PREEMPTED;
        }
    }
    return TESS_EXISTS;
}

#define UNDOING 1u /* *progress: a repetition goes on taking back */

/* After map_check. */
static __attribute__((noinline)) enum tess_err frame_map(struct vspace *v, struct cap *f,
                                                         word_t vaddr, word_t rights, word_t attr,
                                                         word_t *progress)
{
    enum tess_err err;

    if (unlikely(v->emptying) && (err = finish_emptying(v)) != TESS_OK) {
        return err;
    }
    if (f->vspace == 0) {
        if (*progress == UNDOING) {
            return TESS_EXISTS;
        }
        f->vaddr = vaddr;
        f->map_rights = (uint8_t)rights;
        f->map_attr = (uint8_t)attr;
        mapped_insert(v, f);
    } else if (link_ptr(f->vspace) != v || f->vaddr != vaddr || f->map_rights != rights ||
               f->map_attr != attr || f->map_done == f->size / TESS_PAGE) {
        return TESS_STATE;
    } else if (*progress == UNDOING) {
        return map_undo(f);
    }
    do {
        LOOP_BOUND(1 << 24);
        err = frame_map_step(v, f);
        if (f->map_done == f->size / TESS_PAGE) {
            break;
        }
        if (err == TESS_OK && arch_irq_pending()) {
            err = K_PREEMPTED;
        }
    } while (err == TESS_OK);
    arch_tlb_publish();
    if (f->map_done == 0) { /* nothing done: nothing changed */
        mapped_remove(f);
    } else if (err == TESS_EXISTS) {
        *progress = UNDOING;
        return map_undo(f);
    }
    return err;
}

/* The common case, one page into tables that exist; false: not so simple, nothing has changed.  After map_check. */
static bool map_page_directly(struct vspace *v, struct cap *f, word_t vaddr, word_t rights,
                              word_t attr)
{
    if (f->size != TESS_PAGE || f->vspace != 0 || v->emptying) {
        return false;
    }
    word_t *e = walk_to_page(v, vaddr);
    if (e == NULL || *e != 0) {
        return false;
    }
    arch_pte_write(e, space_leaf(v, f->object, LEVELS - 1, (unsigned)rights, (unsigned)attr));
    f->vaddr = vaddr;
    f->map_rights = (uint8_t)rights;
    f->map_attr = (uint8_t)attr;
    mapped_insert(v, f);
    f->map_done = 1;
    arch_tlb_publish();
    return true;
}

static enum tess_err frame_unmap(struct cap *f)
{
    if (f->vspace == 0) {
        return TESS_STATE;
    }
    if (f->size == TESS_PAGE) {
        struct vspace *v = link_ptr(f->vspace);
        word_t *e = walk_to_page(v, f->vaddr);
        if (e != NULL) {
            arch_pte_write(e, 0);
            drop_range(v, f->vaddr, 1);
            arch_tlb_sync();
            mapped_remove(f);
            return TESS_OK;
        }
    }
    while (!frame_unmap_step(f)) {
        LOOP_BOUND(1 << 24);
        if (arch_irq_pending()) {
            return K_PREEMPTED;
        }
    }
    return TESS_OK;
}

/* *progress: pages done; 0 at first, kept for the repetition when K_PREEMPTED. */
static enum tess_err frame_protect(struct cap *f, word_t rights, word_t *progress)
{
    if (f->vspace == 0 || f->map_done < f->size / TESS_PAGE) {
        return TESS_STATE;
    }
    enum tess_err err = map_check(link_ptr(f->vspace), f, f->vaddr, rights, f->map_attr);
    if (err != TESS_OK) {
        return err;
    }
    struct vspace *v = link_ptr(f->vspace);

    if (f->map_rights != rights) { /* the first time, or somebody else protected in between */
        f->map_rights = (uint8_t)rights;
        *progress = 0;
    }
    while (*progress < f->map_done) {
        LOOP_BOUND(1 << 24);
        word_t va = f->vaddr + *progress * TESS_PAGE, left = f->map_done - *progress;
        unsigned level, n = 1;
        word_t *e = walk_find(v, va, &level);

        if (e == NULL) { /* being emptied */
            break;
        }
        if (level < LEVELS - 1) {
            word_t first = va & ~(((word_t)1 << level_shift(level)) - 1);
            word_t pa = f->object + (first - f->vaddr);
            arch_pte_write(e, space_leaf(v, pa, level, (unsigned)rights, f->map_attr));
            drop_range(v, va, 1);
            *progress += 1u << (level_shift(level) - 12);
        } else {
            word_t leaf = space_leaf(v, f->object + *progress * TESS_PAGE, level, (unsigned)rights,
                                     f->map_attr);
            unsigned room = 512 - (unsigned)(va / TESS_PAGE & 511);
            unsigned most = left < STEP_PAGES ? (unsigned)left : STEP_PAGES;
            most = most < room ? most : room;
            for (n = 0; n < most; n++) {
                LOOP_BOUND(STEP_PAGES);
                arch_pte_write(&e[n], leaf + (word_t)n * TESS_PAGE);
            }
            drop_range(v, va, n);
            *progress += n;
        }
        if (*progress < f->map_done && arch_irq_pending()) {
            arch_tlb_sync();
            return K_PREEMPTED;
        }
    }
    arch_tlb_sync();
    return TESS_OK;
}

static enum tess_err frame_derive(struct invocation *inv)
{
    struct cap *f = inv->cap;
    word_t offset = inv->arg[0], bytes = inv->arg[1], rights = inv->arg[4];
    enum tess_err err = TESS_OK;
    struct cap *to = arg_empty(inv, inv->arg[2], inv->arg[3], &err);

    if (to == NULL) {
        return err;
    }
    if (offset % TESS_PAGE != 0 || bytes % TESS_PAGE != 0 || bytes == 0 || offset >= f->size ||
        bytes > f->size - offset) {
        return TESS_RANGE;
    }
    if (rights > TESS_RIGHT_ALL) {
        return TESS_ARG;
    }
    cap_copy(f, to, (unsigned)rights, 0);
    to->object = f->object + offset;
    to->size = bytes;
    return TESS_OK;
}

enum tess_err frame_invoke(struct invocation *inv)
{
    struct cap *f = inv->cap;
    enum tess_err err = TESS_OK;
    struct cap *v;

    switch (inv->label) {
    case TESS_LABEL_frame_map:
        v = arg_cap(inv, inv->arg[0], TESS_TYPE_vspace, &err);
        if (v == NULL) {
            return err;
        }
        err = map_check((struct vspace *)v->object, f, inv->arg[1], inv->arg[2], inv->arg[3]);
        if (err != TESS_OK) {
            return err;
        }
        if (likely(map_page_directly((struct vspace *)v->object, f, inv->arg[1], inv->arg[2],
                                     inv->arg[3]))) {
            inv->result[0] = 1;
            return TESS_OK;
        }
        err = frame_map((struct vspace *)v->object, f, inv->arg[1], inv->arg[2], inv->arg[3],
                        &inv->self->progress);
        if (err != K_PREEMPTED) {
            inv->result[0] = f->vspace != 0 ? f->map_done : 0;
        }
        return err;
    case TESS_LABEL_frame_protect:
        return frame_protect(f, inv->arg[0], &inv->self->progress);
    case TESS_LABEL_frame_unmap:
        return frame_unmap(f);
    case TESS_LABEL_frame_derive:
        return frame_derive(inv);
    default: /* address */
        if ((f->rights & TESS_RIGHT_PHYS) == 0) {
            return TESS_RIGHTS;
        }
        inv->result[0] = f->object;
        inv->result[1] = f->size;
        return TESS_OK;
    }
}

bool frame_ok(const struct cap *f)
{
    if (f->object % TESS_PAGE != 0 || f->size % TESS_PAGE != 0 || f->size == 0) {
        return false;
    }
    if (f->vspace == 0) {
        return f->map_done == 0;
    }
    return f->map_done > 0 && f->map_done <= f->size / TESS_PAGE &&
           (f->map_rights & ~f->rights) == 0 && f->vaddr % TESS_PAGE == 0 &&
           f->vaddr < TESS_USER_TOP && f->size <= TESS_USER_TOP - f->vaddr;
}

/* ---- vspace ---- */

bool vspace_empty_step(struct vspace *v)
{
    v->emptying = true;
    deactivate(v);
    v->root = v->free_tables = v->free_count = 0;
    v->window = NULL;
    if (v->mapped != NULL) {
        mapped_remove(v->mapped);
    } else if (v->tables != NULL) {
        mapped_remove(v->tables);
    }
    v->emptying = v->mapped != NULL || v->tables != NULL;
    return !v->emptying;
}

bool tables_drop_step(struct cap *tables)
{
    return vspace_empty_step(link_ptr(tables->vspace));
}

static enum tess_err donate(struct invocation *inv, struct vspace *v)
{
    word_t bytes = inv->arg[1], paddr;
    enum tess_err err = TESS_OK;
    struct cap *ut = arg_cap(inv, inv->arg[0], TESS_TYPE_untyped, &err);

    if (ut == NULL) {
        return err;
    }
    struct cap *to = arg_empty(inv, inv->arg[2], inv->arg[3], &err);
    if (to == NULL) {
        return err;
    }
    if (bytes == 0 || bytes % TESS_PAGE != 0 || bytes > DONATE_MAX) {
        return TESS_RANGE;
    }
    err = finish_emptying(v);
    if (err != TESS_OK) {
        return err;
    }
    err = untyped_take_pages(ut, bytes / TESS_PAGE, &paddr);
    if (err != TESS_OK) {
        return err;
    }
    /* ---- commit ---- */
    cap_make(ut, to, TESS_TYPE_tables, paddr, bytes, 0);
    mapped_insert(v, to);
    for (word_t p = 0; p < bytes; p += TESS_PAGE) {
        LOOP_BOUND(DONATE_MAX / TESS_PAGE);
        vspace_add_table(v, paddr + bytes - TESS_PAGE - p);
    }
    return TESS_OK;
}

/* One frame of a vector; bounded by STEP_PAGES pages but for map, which may be K_PREEMPTED. */
static enum tess_err vector_item(struct invocation *inv, struct vspace *v, struct cap *f,
                                 word_t vaddr)
{
    word_t rights = inv->arg[1], progress = 0;
    enum tess_err err;

    if (inv->label == TESS_LABEL_vspace_map_vector) {
        bool repeated = f->vspace != 0 && link_ptr(f->vspace) == v && f->vaddr == vaddr &&
                        f->map_rights == rights && f->map_attr == inv->arg[2] &&
                        f->map_done == f->size / TESS_PAGE;
        err = map_check(v, f, vaddr, rights, inv->arg[2]);
        if (err != TESS_OK || repeated || map_page_directly(v, f, vaddr, rights, inv->arg[2])) {
            return err;
        }
        return frame_map(v, f, vaddr, rights, inv->arg[2], &inv->self->progress);
    }
    if (f->vspace == 0 || link_ptr(f->vspace) != v) {
        return TESS_STATE;
    }
    if (f->size > STEP_PAGES * TESS_PAGE) {
        return TESS_RANGE; /* many small frames is what this is for */
    }
    if (inv->label == TESS_LABEL_vspace_unmap_vector) {
        while (!frame_unmap_step(f)) {
            LOOP_BOUND(4);
        }
        return TESS_OK;
    }
    do {
        LOOP_BOUND(3);
        err = frame_protect(f, rights, &progress);
    } while (err == K_PREEMPTED);
    return err;
}

/* The vector forms: frames named in the buffer, up to the first error, or until an interrupt waits. */
static enum tess_err vector(struct invocation *inv, struct vspace *v)
{
    unsigned stride = inv->label == TESS_LABEL_vspace_map_vector ? 2 : 1;
    const struct tess_ipc_buffer *buffer = inv->self->buffer;
    word_t count = inv->arg[0], done = 0;
    enum tess_err err = TESS_OK;

    if (buffer == NULL || count > TESS_VECTOR_MAX) {
        return TESS_ARG;
    }
    while (done < count) {
        LOOP_BOUND(TESS_VECTOR_MAX);
        const uint64_t *word = &buffer->word[TESS_MSG_REGS + done * stride];
        struct cap *f = arg_cap(inv, word[0], TESS_TYPE_frame, &err);

        if (f != NULL) {
            err = vector_item(inv, v, f, word[stride - 1]);
        }
        if (err != TESS_OK) {
            break;
        }
        done++;
        if (arch_irq_pending()) {
            break;
        }
    }
    if (err != K_PREEMPTED) {
        inv->result[0] = done;
    }
    return err;
}

/* ---- the window: pages of one frame, without a capability each (docs/decisions/027-window-pages.md) ---- */

static enum tess_err window(struct invocation *inv, struct vspace *v)
{
    enum tess_err err = TESS_OK;
    struct cap *f = arg_cap(inv, inv->arg[0], TESS_TYPE_frame, &err);
    struct cap *to = f != NULL ? arg_empty(inv, inv->arg[1], inv->arg[2], &err) : NULL;

    if (to == NULL) {
        return err;
    }
    if (f->flags & CAP_DEVICE || !(f->rights & TESS_RIGHT_READ)) {
        return TESS_ARG;
    }
    err = finish_emptying(v);
    if (err != TESS_OK) {
        return err;
    }
    if (v->window != NULL) {
        return TESS_EXISTS;
    }
    /* ---- commit ---- */
    cap_copy(f, to, f->rights, 0);
    to->type = TESS_TYPE_tables;
    to->flags |= CAP_WINDOW;
    mapped_insert(v, to);
    v->window = to;
    return TESS_OK;
}

/* May this run of pages be what the item says?  Changes nothing. */
static enum tess_err run_check(const struct vspace *v, word_t va, word_t op, word_t offset,
                               word_t pages)
{
    const struct cap *w = v->window;
    word_t top = space_top(v);
    word_t rights = op & 7;

    if (op > 15 || (rights != 0 ? !(rights & TESS_RIGHT_READ) : op != 0)) {
        return TESS_ARG;
    }
    if (rights & ~(word_t)w->rights) {
        return TESS_RIGHTS;
    }
    if (pages > TESS_PAGES_MAX || va >= top || va / TESS_PAGE % 512 + pages > 512 ||
        (op != 0 && op < TESS_PAGES_KEEP &&
         (offset >= w->size || pages > (w->size - offset) / TESS_PAGE))) {
        return TESS_RANGE;
    }
    return TESS_OK;
}

/* One item of vspace.pages.  *flushed: there are translations to wait for. */
static enum tess_err window_run(struct vspace *v, word_t where, word_t what, bool *flushed)
{
    word_t va = where & -(word_t)TESS_PAGE, op = where % TESS_PAGE;
    word_t offset = what & -(word_t)TESS_PAGE, pages = what % TESS_PAGE + 1;
    bool maps = op != 0 && op < TESS_PAGES_KEEP, present = false;
    unsigned level = LEVELS - 1;
    enum tess_err err = run_check(v, va, op, offset, pages);

    if (err != TESS_OK) {
        return err;
    }
    word_t *e = walk_to_page(v, va);
    if (e == NULL && maps) {
        e = walk_make(v, va, &level);
    }
    if (e == NULL) {
        return maps ? TESS_NOMEM : TESS_OK;
    }
    if (level != LEVELS - 1) {
        return TESS_EXISTS;
    }
    for (word_t n = 0; n < pages; n++) {
        LOOP_BOUND(TESS_PAGES_MAX);
        if (e[n] != 0) {
            if (!arch_pte_is_marked(e[n])) {
                return TESS_EXISTS;
            }
            present = true;
        }
    }
    /* ---- commit ---- */
    word_t bits = arch_pte_mark(space_leaf(v, 0, LEVELS - 1, op & 7, TESS_ATTR_NORMAL));
    if (present) {
        for (word_t n = 0; n < pages; n++) {
            LOOP_BOUND(TESS_PAGES_MAX);
            bool keeps = op > TESS_PAGES_KEEP && e[n] != 0;
            arch_pte_write(&e[n], keeps ? bits + arch_pte_paddr(e[n]) : 0);
        }
        drop_range(v, va, (unsigned)pages);
        *flushed = true;
        if (maps) { /* another page at the same address: break before make (Arm ARM D8.14.1) */
            arch_tlb_sync();
        }
    }
    if (maps) {
        word_t leaf = bits + v->window->object + offset;
        for (word_t n = 0; n < pages; n++) {
            LOOP_BOUND(TESS_PAGES_MAX);
            arch_pte_write(&e[n], leaf + n * TESS_PAGE);
        }
    }
    return TESS_OK;
}

static enum tess_err window_pages(struct invocation *inv, struct vspace *v)
{
    const struct tess_ipc_buffer *buffer = inv->self->buffer;
    word_t count = inv->arg[0], done = 0;
    bool flushed = false;
    enum tess_err err = finish_emptying(v);

    if (err != TESS_OK) {
        return err;
    }
    inv->result[0] = 0;
    if (buffer == NULL || count > TESS_VECTOR_MAX) {
        return TESS_ARG;
    }
    if (v->window == NULL) {
        return TESS_STATE;
    }
    while (done < count) {
        LOOP_BOUND(TESS_VECTOR_MAX);
        const uint64_t *word = &buffer->word[TESS_MSG_REGS + 2 * done];

        err = window_run(v, word[0], word[1], &flushed);
        if (err != TESS_OK) {
            break;
        }
        done++;
        if (arch_irq_pending()) {
            break;
        }
    }
    if (flushed) {
        arch_tlb_sync();
    } else {
        arch_tlb_publish();
    }
    inv->result[0] = done;
    return err;
}

enum tess_err vspace_invoke(struct invocation *inv)
{
    struct vspace *v = (struct vspace *)inv->cap->object;

    switch (inv->label) {
    case TESS_LABEL_vspace_donate:
        return donate(inv, v);
    case TESS_LABEL_vspace_window:
        return window(inv, v);
    case TESS_LABEL_vspace_pages:
        return window_pages(inv, v);
    case TESS_LABEL_vspace_guest:
        return space_make_guest(v);
    case TESS_LABEL_vspace_info:
        inv->result[0] = v->free_count;
        inv->result[1] = v->mapped_count;
        return TESS_OK;
    default:
        return vector(inv, v);
    }
}

bool vspace_ok(const struct vspace *v)
{
    return (v->asid == 0) == (v->switch_word == 0) && (v->asid == 0 || asid_owner[v->asid] == v) &&
           (v->free_tables != 0) == (v->free_count != 0) &&
           (v->window == NULL ||
            (v->window->flags & CAP_WINDOW && v->window->type == TESS_TYPE_tables));
}
