/* What holds for memory: who lives where, and what address spaces map. */
#include "audit.h"
#include "../arch.h"
#include "../vm/stage2.h"
#include "../vm/vgic.h"

#define ENTRIES      512u
#define LEVELS       4u
#define PAGES_WALKED 32768u /* larger address spaces are walked only when everything is asked for */
#define PAGES_LOOKED 64u    /* of one frame, spread evenly */

/* ---- who lives where ---- */

word_t cap_extent(const struct cap *c, word_t *base)
{
    *base = c->object - arch_direct_base();
    switch (c->type == TESS_TYPE_zombie ? c->rights : c->type) {
    case TESS_TYPE_untyped:
    case TESS_TYPE_frame:
    case TESS_TYPE_tables:
        *base = c->object;
        return c->size;
    case TESS_TYPE_cnode:
        return sizeof(struct cnode) +
               (word_t)((const struct cnode *)c->object)->box.count * TESS_SLOT_BYTES;
    case TESS_TYPE_vspace:
        return TESS_SIZE_vspace;
    case TESS_TYPE_thread:
        return TESS_SIZE_thread;
    case TESS_TYPE_endpoint:
        return TESS_SIZE_endpoint;
    case TESS_TYPE_reply:
        return TESS_SIZE_reply;
    case TESS_TYPE_notification:
        return TESS_SIZE_notification;
    case TESS_TYPE_budget:
        return TESS_SIZE_budget;
    case TESS_TYPE_vcpu:
        return TESS_SIZE_vcpu;
    default:
        return 0;
    }
}

void audit_untyped_child(const struct cap *parent, const struct cap *c)
{
    word_t base, bytes = cap_extent(c, &base);

    HOLDS(bytes == 0 || (base >= parent->object && bytes <= parent->used &&
                         base - parent->object <= parent->used - bytes),
          "what is made of untyped memory lies in its used part", c, base, bytes);
    if (parent->flags & CAP_DEVICE) {
        HOLDS((c->type == TESS_TYPE_untyped || c->type == TESS_TYPE_frame) && c->flags & CAP_DEVICE,
              "device memory is never under a kernel object", c, c->type, c->object);
    }
}

void audit_frame(const struct cap *f)
{
    const struct cap *parent = cap_at(f->parent);

    HOLDS(frame_ok(f), "frame_ok", f, f->object, f->size);
    if (parent && parent->type == TESS_TYPE_frame) {
        HOLDS(f->object >= parent->object && f->size <= parent->size &&
                  f->object - parent->object <= parent->size - f->size,
              "a derived frame lies in its source", f, f->object, f->size);
        HOLDS((f->rights & ~parent->rights) == 0 && f->flags == parent->flags,
              "a derived frame has no more rights than its source", f, f->rights, parent->rights);
    }
    audit.mapped_caps += f->vspace != 0;
}

void extent_add(const struct cap *c)
{
    word_t base, bytes = cap_extent(c, &base);

    if (c->type == TESS_TYPE_untyped || bytes == 0 || audit.extent_count == AUDIT_MAX) {
        return;
    }
    audit.extent[audit.extent_count++] =
        (struct extent){ base, base + bytes, c->type == TESS_TYPE_frame || c->flags & CAP_WINDOW };
}

/* Restore the heap order below i among the first n: the largest base on top. */
static void sift(struct extent *e, uint32_t i, uint32_t n)
{
    struct extent moving = e[i];

    for (uint32_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        LOOP_BOUND(32);
        child += child + 1 < n && e[child].base < e[child + 1].base;
        if (e[child].base <= moving.base) {
            break;
        }
        e[i] = e[child];
        i = child;
    }
    e[i] = moving;
}

static void sort_by_base(struct extent *e, uint32_t n)
{
    for (uint32_t i = n / 2; i > 0; i--) {
        LOOP_BOUND(AUDIT_MAX);
        sift(e, i - 1, n);
    }
    for (uint32_t last = n; last > 1; last--) {
        LOOP_BOUND(AUDIT_MAX);
        struct extent top = e[0];
        e[0] = e[last - 1];
        e[last - 1] = top;
        sift(e, 0, last - 1);
    }
}

/* In ascending order only the highest ends so far matter. */
void audit_extents(void)
{
    struct extent *e = audit.extent;
    word_t objects_end = 0, frames_end = 0;

    sort_by_base(e, audit.extent_count);
    for (uint32_t i = 0; i < audit.extent_count; i++) {
        LOOP_BOUND(AUDIT_MAX);
        HOLDS(e[i].base >= objects_end, "kernel objects do not overlap", e[i].base, e[i].end,
              objects_end);
        HOLDS(e[i].frame || e[i].base >= frames_end, "no kernel object lies in a frame", e[i].base,
              e[i].end, frames_end);
        if (e[i].frame) {
            frames_end = e[i].end > frames_end ? e[i].end : frames_end;
        } else {
            objects_end = e[i].end;
        }
    }
}

/* ---- what an address space maps ---- */

static const struct vspace *boot_space; /* the root thread's: the first one ever seen */

static const word_t *table_at(word_t paddr)
{
    return (const word_t *)(arch_direct_base() + paddr);
}

static word_t level_bytes(unsigned level)
{
    return (word_t)TESS_PAGE << 9 * (LEVELS - 1 - level);
}

static unsigned rights_of(const struct vspace *v, word_t pte)
{
    return v->guest ? arch_guest_rights(pte) : arch_pte_rights(pte);
}

/* The leaf that translates vaddr, 0 if none; *level: where it was found. */
static word_t leaf_of(const struct vspace *v, word_t vaddr, unsigned *level)
{
    word_t table = v->root;

    for (*level = 0; table != 0 && *level < LEVELS; ++*level) {
        LOOP_BOUND(LEVELS);
        word_t pte = table_at(table)[vaddr / level_bytes(*level) % ENTRIES];
        if (arch_pte_is_leaf(pte, *level)) {
            return pte;
        }
        table = arch_pte_is_table(pte, *level) ? arch_pte_paddr(pte) : 0;
    }
    return 0;
}

/* Pages that the capability says are mapped are, there, and with no more rights than it has. */
static void audit_mapping(const struct vspace *v, const struct cap *f, bool whole)
{
    word_t pages = f->map_done;
    word_t step = audit.thorough || pages <= PAGES_LOOKED ? 1 : pages / PAGES_LOOKED;

    HOLDS(pages <= f->size / TESS_PAGE, "a frame maps no more than it has", f, pages, f->size);
    for (word_t i = audit.round % step; i < pages; i += step) {
        LOOP_BOUND(1 << 24);
        unsigned level;
        word_t vaddr = f->vaddr + i * TESS_PAGE, pte = leaf_of(v, vaddr, &level);
        if (pte == 0 && !whole) {
            continue;
        }
        HOLDS(pte != 0, "a mapped page is in the tables", f, vaddr, i);
        word_t paddr = arch_pte_paddr(pte) + vaddr % level_bytes(level);
        HOLDS(paddr == f->object + i * TESS_PAGE, "an address maps the frame's page", f, vaddr,
              paddr);
        HOLDS((rights_of(v, pte) & ~f->rights) == 0,
              "a mapping has no right that its capability lacks", f, pte, f->rights);
    }
    audit.cost += (pages / step) / 8;
}

/* The table page belongs to one of the tables capabilities of v. */
static bool donated(const struct vspace *v, word_t paddr)
{
    for (const struct cap *c = v->tables; c != NULL; c = cap_at(c->map_next)) {
        LOOP_BOUND(1 << 24);
        if (paddr - c->object < c->size && !(c->flags & CAP_WINDOW)) {
            return true;
        }
    }
    return false;
}

struct walk {
    word_t pages;  /* mapped */
    word_t tables; /* in the tree, with the root */
};

/* From entry `at`: most are empty, whatever the format; eight at a time. */
static unsigned skip_empty(const word_t *table, unsigned at)
{
    const word_t *e = &table[at];

    while (at + 8 <= ENTRIES && (e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]) == 0) {
        LOOP_BOUND(ENTRIES / 8);
        at += 8;
        e += 8;
    }
    return at;
}

/* All tables of v, without recursion: a cursor per level. */
static void walk_tables(const struct vspace *v, struct walk *w)
{
    word_t table[LEVELS] = { v->root };
    unsigned at[LEVELS] = { 0 }, level = 0;

    while (true) {
        LOOP_BOUND(1 << 28);
        at[level] = skip_empty(table_at(table[level]), at[level]);
        if (at[level] == ENTRIES) {
            if (level == 0) {
                break;
            }
            level--;
            continue;
        }
        word_t pte = table_at(table[level])[at[level]++];
        if (level == LEVELS - 1 && arch_pte_is_marked(pte)) {
            const struct cap *window = v->window;
            HOLDS(window != NULL && arch_pte_paddr(pte) - window->object < window->size &&
                      (rights_of(v, pte) & ~window->rights) == 0,
                  "a marked page is one of the window, with no more rights", v, pte, window);
        } else if (v->guest && level == LEVELS - 1 && vgic_is_interface(arch_pte_paddr(pte))) {
            /* no frame's: the guest's virtual CPU interface */
        } else if (arch_pte_is_leaf(pte, level)) {
            w->pages += level_bytes(level) / TESS_PAGE;
        } else if (arch_pte_is_table(pte, level)) {
            table[++level] = arch_pte_paddr(pte);
            at[level] = 0;
            w->tables++;
        }
    }
    audit.cost += w->tables * ENTRIES / 32;
}

/*
 * The boot tables and pages of the root thread have no capabilities: their number only has to stay what it was.
 * Elsewhere both sides agree, except in a space whose emptying was preempted and that is used meanwhile: there the
 * capabilities left in the lists stand for tables and mappings that are gone.
 */
static void audit_excess(const struct vspace *v, word_t pages, word_t tables)
{
    static word_t boot_pages, boot_tables;
    static bool known;

    if (v != boot_space) {
        HOLDS((int64_t)tables <= 0, "every table page is donated, and used once or free", v, tables,
              0);
        HOLDS(tables == 0 ? pages == 0 : (int64_t)pages <= 0,
              "every mapped page is a mapped frame's", v, pages, tables);
        return;
    }
    if (!known) {
        known = true;
        boot_pages = pages;
        boot_tables = tables;
    }
    HOLDS(pages == boot_pages, "every mapped page of the root is a mapped frame's", v, pages,
          boot_pages);
    HOLDS(tables == boot_tables, "every table page of the root is donated and used or free", v,
          tables, boot_tables);
}

static void audit_pages(const struct vspace *v, word_t pages_of_caps, word_t table_pages_of_caps)
{
    struct walk w = { 0, 1 };
    word_t list = v->free_tables, free_count = 0;

    if (pages_of_caps > PAGES_WALKED && !audit.thorough) {
        return;
    }
    walk_tables(v, &w);
    for (; list != 0; list = table_at(list)[0]) {
        LOOP_BOUND(1 << 24);
        HOLDS(list % TESS_PAGE == 0 && free_count < v->free_count,
              "free tables are a list of pages", v, list, free_count);
        HOLDS(v == boot_space || donated(v, list), "a free table is donated", v, list, 0);
        free_count++;
    }
    HOLDS(free_count == v->free_count, "free tables are counted", v, free_count, v->free_count);
    word_t tables = w.tables + free_count - table_pages_of_caps;

    audit_excess(v, w.pages - pages_of_caps, tables);
    bool whole = v == boot_space || tables == 0;

    for (const struct cap *f = v->mapped; f != NULL; f = cap_at(f->map_next)) {
        LOOP_BOUND(1 << 24);
        audit_mapping(v, f, whole);
    }
}

/* Capabilities in one list of v; *pages: how many pages they stand for. */
static word_t audit_list(const struct vspace *v, const struct cap *first, enum tess_type type,
                         word_t *pages)
{
    word_t n = 0;

    for (const struct cap *c = first, *prev = NULL; c != NULL; prev = c, c = cap_at(c->map_next)) {
        LOOP_BOUND(1 << 24);
        HOLDS(c->type == type && cap_at(c->vspace) == (const void *)v,
              "a mapped capability names its space", c, c->type, c->vspace);
        HOLDS(cap_at(c->map_prev) == prev, "mapped capabilities are linked both ways", c,
              c->map_prev, prev);
        if (!(c->flags & CAP_WINDOW)) {
            *pages += type == TESS_TYPE_frame ? c->map_done : c->size / TESS_PAGE;
        }
        n++;
    }
    audit.mapped_listed += n;
    audit.cost += n / 4;
    return n;
}

void audit_vspace(const struct vspace *v, bool pages)
{
    static uint32_t user[ASID_COUNT]; /* audit.round + 1 of the last audit that saw the number */
    word_t mapped = 0, donated_pages = 0;

    if (boot_space == NULL) {
        boot_space = v;
    }
    HOLDS(vspace_ok(v), "vspace_ok", v, v->root, v->asid);
    HOLDS(v->asid < ASID_COUNT, "an address-space number is in range", v, v->asid, 0);
    if (v->asid != 0) {
        HOLDS(user[v->asid] != audit.round + 1, "an address-space number has one user", v, v->asid,
              audit.round);
        user[v->asid] = audit.round + 1;
    }
    HOLDS(v->switch_word == (v->asid && v->root ? space_word(v) : 0),
          "the switch word names the root table and the number", v, v->switch_word, v->asid);
    word_t frames = audit_list(v, v->mapped, TESS_TYPE_frame, &mapped);

    HOLDS(frames == v->mapped_count, "mapped frames are counted", v, frames, v->mapped_count);
    audit_list(v, v->tables, TESS_TYPE_tables, &donated_pages);
    if (!pages || v->root == 0) { /* without a root: dying, or nothing yet */
        return;
    }
    audit_pages(v, mapped, donated_pages);
}
