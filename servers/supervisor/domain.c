#include "domain.h"

#include <comp/layout.h>
#include <tess/invoke.h>
#include <tess/time.h>
#include <tessera/bootinfo.h>

#define RW         (TESS_RIGHT_READ | TESS_RIGHT_WRITE)
#define DONATE_MAX 0x40000u /* bytes of one vspace.donate */
#define DONATIONS  4u
#define KERNEL_PART                                                                                \
    (TESS_SIZE_thread + TESS_SIZE_budget + TESS_SIZE_vspace + 2 * TESS_SLOT_BYTES) /* and a CNode */

#define PAGES_OF(bytes) (((bytes) + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1))

/* ---- plan ---- */

/* Counts page tables for ranges that come in ascending order. */
struct table_count {
    uint64_t pages;
    uint64_t last[3]; /* 1 + number of the last table of 512 GiB, 1 GiB, 2 MiB */
};

static void tables_add(struct table_count *t, uint64_t at, uint64_t bytes)
{
    static const unsigned shift[3] = { 39, 30, 21 };

    for (unsigned i = 0; i < 3; i++) {
        uint64_t first = (at >> shift[i]) + 1, last = ((at + bytes - 1) >> shift[i]) + 1;

        first = first > t->last[i] ? first : t->last[i] + 1;
        if (first <= last) {
            t->pages += last - first + 1;
            t->last[i] = last;
        }
    }
}

uint32_t domain_images(uint32_t domain)
{
    uint32_t count = sup.dist.domain[domain].alternative_count;

    return count ? count : 1;
}

const char *domain_image(uint32_t domain, uint32_t image)
{
    const struct dist_domain *m = &sup.dist.domain[domain];

    return image ? sup.dist.alternative[m->alternative_first + image].image : m->image;
}

const char *domain_image_name(uint32_t domain, uint32_t image)
{
    const struct dist_domain *m = &sup.dist.domain[domain];

    return m->alternative_count ? sup.dist.alternative[m->alternative_first + image].name
                                : m->image;
}

const char *domain_plan(uint32_t domain, uint32_t image, struct domain_plan *plan)
{
    const struct dist_domain *m = &sup.dist.domain[domain];
    uint64_t stack = COMP_STACK_END - m->stack, bytes = 0;
    struct table_count tables = { .pages = 1 };
    const char *what;
    const void *elf =
        module_find(sup.modules, sup.modules_bytes, domain_image(domain, image), &bytes);

    if (!elf) {
        return "there is no such module";
    }
    what = image_read(elf, bytes, COMP_IMAGE_AT, stack - TESS_PAGE, &plan->image);
    if (what) {
        return what;
    }
    plan->bytes = m->stack + TESS_PAGE + m->spare;
    for (uint32_t i = 0; i < plan->image.count; i++) {
        const struct image_segment *s = &plan->image.segment[i];

        if (image_file_part(s) > WINDOW_BYTES) {
            return "a segment is too large";
        }
        tables_add(&tables, s->at, s->bytes);
        plan->bytes += s->bytes;
    }
    tables_add(&tables, stack, m->stack);
    tables_add(&tables, COMP_IPC_AT, 2 * TESS_PAGE);
    for (uint32_t i = 0; i < m->map_count; i++) {
        const struct dist_map *map = &sup.dist.map[m->map_first + i];
        tables_add(&tables, map->address, map->bytes);
    }
    plan->tables = tables.pages;
    plan->bytes += tables.pages * TESS_PAGE + PAGES_OF(KERNEL_PART + m->slots * TESS_SLOT_BYTES);
    return tables.pages > DONATIONS * DONATE_MAX / TESS_PAGE ? "it maps too much" : 0;
}

/* ---- start ---- */

/* A start in progress: after the first error nothing more is done. */
struct build {
    uint32_t domain;
    const struct dist_domain *m;
    enum tess_err err;
};

static tess_cap slot(const struct build *b, unsigned i)
{
    return domain_slot(b->domain, i);
}

static void make(struct build *b, enum tess_type type, uint64_t size, unsigned to)
{
    if (!b->err) {
        b->err = tess_untyped_retype(slot(b, DOM_UNTYPED), type, size, 0, slot(b, to), 1,
                                     TESS_OFFSET_NEXT);
    }
}

static void map(struct build *b, tess_cap frame, uint64_t at, uint64_t rights, uint64_t attributes)
{
    if (!b->err) {
        b->err = tess_frame_map(frame, slot(b, DOM_VSPACE), at, rights, attributes, 0);
    }
}

static void make_mapped(struct build *b, uint64_t bytes, unsigned to, uint64_t at, uint64_t rights)
{
    make(b, TESS_TYPE_frame, bytes, to);
    map(b, slot(b, to), at, rights, TESS_ATTR_NORMAL);
}

/* Put a capability into a slot of the domain's CNode. */
static void give(struct build *b, tess_cap from, uint64_t to, uint64_t rights, uint64_t badge)
{
    tess_cap cnode = slot(b, DOM_CNODE);

    if (!b->err) {
        b->err = badge ? tess_cnode_mint(cnode, 0, from, to, rights, badge)
                       : tess_cnode_copy(cnode, 0, from, to, rights);
    }
}

static void copy_words(char *to, const char *from, uint64_t bytes)
{
    uint64_t i = 0, word[2];

    for (; i + 16 <= bytes; i += 16) {
        __builtin_memcpy(word, from + i, 16);
        __builtin_memcpy(to + i, word, 16);
    }
    for (; i < bytes; i++) {
        to[i] = from[i];
    }
}

/* Instructions were written at: make the instruction cache see them. */
static void caches_agree(uint64_t at, uint64_t bytes)
{
    uint64_t ctr;

    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    uint64_t data = 4u << (ctr >> 16 & 15), text = 4u << (ctr & 15);

    for (uint64_t p = at; p < at + bytes; p += data) {
        __asm__ volatile("dc cvau, %0" : : "r"(p) : "memory");
    }
    __asm__ volatile("dsb ish" ::: "memory");
    for (uint64_t p = at; p < at + bytes; p += text) {
        __asm__ volatile("ic ivau, %0" : : "r"(p) : "memory");
    }
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

enum tess_err window_fill(tess_cap vspace, tess_cap frame, const void *from, uint64_t bytes,
                          bool executable)
{
    enum tess_err err = tess_frame_map(frame, vspace, WINDOW_AT, RW, TESS_ATTR_NORMAL, 0);

    if (err) {
        return err;
    }
    copy_words((char *)WINDOW_AT, from, bytes);
    if (executable) {
        caches_agree(WINDOW_AT, bytes);
    }
    return tess_frame_unmap(frame);
}

/* The own address space, whichever incarnation this is. */
static tess_cap own_vspace(void)
{
    return sup.self == SEED ? TESS_ROOT_VSPACE : incarnation_slot(sup.self, INC_VSPACE);
}

static void load(struct build *b, const struct image *image)
{
    for (uint32_t i = 0; i < image->count; i++) {
        const struct image_segment *s = &image->segment[i];
        unsigned file = DOM_SEGMENT + 2 * i;
        uint64_t part = image_file_part(s);

        if (part) {
            make(b, TESS_TYPE_frame, part, file);
            if (!b->err) {
                b->err = window_fill(own_vspace(), slot(b, file), s->file, s->file_bytes,
                                     s->rights & TESS_RIGHT_EXEC);
            }
            map(b, slot(b, file), s->at, s->rights, TESS_ATTR_NORMAL);
        }
        if (part < s->bytes) {
            make_mapped(b, s->bytes - part, file + 1, s->at + part, s->rights);
        }
    }
}

static void donate_tables(struct build *b, uint64_t pages)
{
    uint64_t bytes = pages * TESS_PAGE;

    for (unsigned i = 0; bytes && !b->err; i++) {
        uint64_t part = bytes < DONATE_MAX ? bytes : DONATE_MAX;

        b->err = tess_vspace_donate(slot(b, DOM_VSPACE), slot(b, DOM_UNTYPED), part, 0,
                                    slot(b, DOM_TABLES + i));
        bytes -= part;
    }
}

/* The small ones first: they share pages. */
static void build_objects(struct build *b)
{
    make(b, TESS_TYPE_vspace, 0, DOM_VSPACE);
    make(b, TESS_TYPE_thread, 0, DOM_THREAD);
    make(b, TESS_TYPE_budget, 0, DOM_BUDGET);
    make(b, TESS_TYPE_cnode, b->m->slots, DOM_CNODE);
}

static void build_memory(struct build *b, const struct domain_plan *plan)
{
    const struct dist_domain *m = b->m;
    tess_cap pulse = object_slot(m->pulse, OBJ_CAP);

    donate_tables(b, plan->tables);
    load(b, &plan->image);
    make_mapped(b, m->stack, DOM_STACK, COMP_STACK_END - m->stack, RW);
    make_mapped(b, TESS_PAGE, DOM_IPC, COMP_IPC_AT, RW);
    map(b, pulse, COMP_PULSE_AT, RW, TESS_ATTR_NORMAL);
    for (uint32_t i = m->map_first; i < m->map_first + m->map_count; i++) {
        const struct dist_map *d = &sup.dist.map[i];
        map(b, map_slot(i), d->address, d->rights, d->attributes);
    }
    if (m->spare) {
        make(b, TESS_TYPE_untyped, m->spare, DOM_SPARE);
    }
}

/* The rights and badge with which a grant is given; 0: there is nothing to give at present. */
static tess_cap grant_source(const struct dist_grant *g, uint64_t *rights, uint64_t *badge)
{
    const struct dist_object *o = &sup.dist.object[g->object];

    *rights = g->rights;
    *badge = g->badge;
    switch ((enum dist_kind)o->kind) {
    case DIST_SUPERVISOR:
        *rights = TESS_RIGHT_SEND;
        *badge = BADGE_CONTROL | (uint64_t)g->domain << 32 | (uint32_t)g->badge;
        return SLOT_ENDPOINT;
    case DIST_MACHINE:
        return TESS_ROOT_MACHINE;
    case DIST_ENDPOINT: {
        /* one that no domain receives on by itself belongs to a connector, and is always there */
        uint32_t state = o->domain == DIST_NONE ? DOMAIN_RUNNING : record(o->domain)->state;
        return state == DOMAIN_DOWN || state == DOMAIN_PARKED ? 0 : object_slot(g->object, OBJ_CAP);
    }
    default:
        return object_slot(g->object, OBJ_CAP);
    }
}

static void give_grant(struct build *b, const struct dist_grant *g)
{
    uint64_t rights, badge;
    tess_cap from = grant_source(g, &rights, &badge);

    if (from) {
        give(b, from, g->slot, rights, badge);
    }
}

static void build_names(struct build *b)
{
    const struct dist_domain *m = b->m;

    give(b, object_slot(m->endpoint, OBJ_CAP), COMP_SLOT_ENDPOINT, TESS_RIGHT_RECV, 0);
    give(b, SLOT_NOTE, COMP_SLOT_SUPERVISOR, TESS_RIGHT_SEND, ATTENTION_BIT(b->domain));
    give(b, object_slot(m->notification, OBJ_CAP), COMP_SLOT_NOTE,
         TESS_RIGHT_SEND | TESS_RIGHT_RECV, 0);
    for (uint32_t i = m->grant_first; i < m->grant_first + m->grant_count; i++) {
        give_grant(b, &sup.dist.grant[i]);
    }
    if (!m->spare || b->err) {
        return;
    }
    /* Untyped memory has one capability: it moves. */
    b->err = tess_cnode_move(slot(b, DOM_CNODE), 0, slot(b, DOM_SPARE), COMP_SLOT_UNTYPED);
    give(b, slot(b, DOM_CNODE), COMP_SLOT_CNODE, TESS_RIGHT_ALL, 0);
    give(b, slot(b, DOM_VSPACE), COMP_SLOT_VSPACE, TESS_RIGHT_ALL, 0);
}

static enum tess_err configure_thread(struct build *b)
{
    const struct dist_domain *m = b->m;
    tess_cap thread = slot(b, DOM_THREAD), budget = slot(b, DOM_BUDGET);
    enum tess_err err = tess_thread_configure(thread, slot(b, DOM_CNODE), slot(b, DOM_VSPACE),
                                              slot(b, DOM_FAULT), slot(b, DOM_IPC), 0, 0);

    if (!err) {
        err = tess_thread_set_priority(thread, m->prio, m->prio);
    }
    if (!err) {
        err = tess_budget_configure(budget, TESS_ROOT_CPU, tess_ticks_of_ns(m->budget_ns),
                                    tess_ticks_of_ns(m->period_ns));
    }
    if (!err) {
        err = tess_budget_bind(budget, thread);
    }
    if (!err) {
        err = tess_thread_bind_notification(thread, object_slot(m->notification, OBJ_CAP));
    }
    return err ? err : tess_thread_name(thread, m->name);
}

static void build_thread(struct build *b)
{
    if (!b->err) {
        b->err = configure_thread(b);
    }
    for (uint32_t i = 0; i < sup.lines && !b->err; i++) {
        uint32_t o = sup.line[i];

        if (sup.dist.object[o].domain == b->domain) {
            b->err = tess_irq_bind(object_slot(o, OBJ_CAP), object_slot(o, OBJ_AUX));
        }
    }
}

/* The endpoint anew after domain_close(), and the capabilities to it of those who run. */
static void open_endpoint(struct build *b)
{
    uint32_t object = b->m->endpoint;
    tess_cap slot = object_slot(object, OBJ_CAP);

    b->err = tess_untyped_retype(object_slot(object, OBJ_AUX), TESS_TYPE_endpoint, 0, 0, slot, 1,
                                 TESS_OFFSET_NEXT);
    if (b->err == TESS_EXISTS) {
        b->err = TESS_OK; /* a start that was cut short has made it */
    }
    for (uint32_t i = 0; i < sup.dist.grants && !b->err; i++) {
        const struct dist_grant *g = &sup.dist.grant[i];

        if (g->object == object && g->domain != b->domain &&
            record(g->domain)->state == DOMAIN_RUNNING) {
            struct build client = { .domain = g->domain, .m = &sup.dist.domain[g->domain] };
            give_grant(&client, g); /* its slot may be taken: it has put something else there */
        }
    }
}

#define HANDOVER      __builtin_offsetof(struct comp_pulse, handover)
#define HANDOVER_ENDS (HANDOVER + sizeof(struct comp_handover))

/* In a swap, what the predecessor has handed over stays, and it is quiet until it is seen to work. */
static void pulse_clear(uint32_t domain)
{
    const struct domain_record *r = record(domain);
    volatile uint64_t *word = (volatile uint64_t *)&sup.pulse[domain];
    bool trial = r->swap == SWAP_TRIAL || r->swap == SWAP_BACK;

    for (unsigned i = 0; i < TESS_PAGE / 8; i++) {
        if (!trial || r->closed || i * 8 < HANDOVER || i * 8 >= HANDOVER_ENDS) {
            word[i] = 0;
        }
    }
    sup.pulse[domain].generation = r->generation;
    sup.pulse[domain].crashed = r->why != FAILURE_NONE && r->why < FAILURE_KILLED;
    sup.pulse[domain].quiet = trial;
    sup.pulse[domain].is_restore = r->swap == SWAP_BACK;
}

enum tess_err domain_start(uint32_t domain)
{
    const struct domain_record *r = record(domain);
    struct build b = { .domain = domain, .m = &sup.dist.domain[domain] };
    struct domain_plan plan;

    if (r->image >= domain_images(domain) || domain_plan(domain, r->image, &plan)) {
        return TESS_ARG;
    }
    pulse_clear(domain);
    if (r->closed) {
        open_endpoint(&b);
    }
    build_objects(&b);
    build_memory(&b, &plan);
    build_names(&b);
    build_thread(&b);
    return b.err ? b.err
                 : tess_thread_start(slot(&b, DOM_THREAD), plan.image.entry, COMP_STACK_END,
                                     r->generation, 0);
}

/* ---- quiet ---- */

void domain_quiet(uint32_t domain, bool quiet)
{
    sup.pulse[domain].quiet = quiet;
    (void)tess_signal(domain_slot(domain, DOM_QUIET));
}

bool domain_is_quiet(uint32_t domain)
{
    struct tess_thread_info info;

    return sup.pulse[domain].quiet && sup.pulse[domain].state == COMP_QUIET &&
           !tess_thread_info(domain_slot(domain, DOM_THREAD), &info) &&
           info.state == TESS_THREAD_WAIT;
}

/* ---- stop ---- */

static void lines_off(uint32_t domain)
{
    for (uint32_t i = 0; i < sup.lines; i++) {
        if (sup.dist.object[sup.line[i]].domain == domain) {
            (void)tess_irq_unbind(object_slot(sup.line[i], OBJ_CAP)); /* STATE: was not bound */
        }
    }
}

/* Errors say that a step was done already: slots are empty, nothing is bound. */
void domain_stop_step(uint32_t domain, enum stop_step step)
{
    switch (step) {
    case STOP_SUSPEND:
        /* Threads that it made of spare memory are less urgent than the supervisor, which does not wait before REVOKE. */
        (void)tess_thread_suspend(domain_slot(domain, DOM_THREAD));
        break;
    case STOP_INTERRUPT:
        lines_off(domain);
        break;
    case STOP_DMA:    /* no object of a distribution is a DMA stream yet */
    case STOP_DEVICE: /* nor a device that can be reset */
        break;
    case STOP_RELEASE:
        (void)tess_cnode_delete(TESS_ROOT_CNODE, domain_slot(domain, DOM_THREAD));
        break;
    case STOP_REVOKE:
        (void)tess_cnode_revoke(TESS_ROOT_CNODE, domain_slot(domain, DOM_UNTYPED));
        break;
    case STOP_STEPS:
        break;
    }
}

uint64_t domain_consumed(uint32_t domain)
{
    uint64_t consumed = 0;

    return tess_budget_consumed(domain_slot(domain, DOM_BUDGET), &consumed, 0) ? 0 : consumed;
}

void domain_mute(uint32_t domain, bool mute)
{
    tess_cap cnode = domain_slot(domain, DOM_CNODE);

    if (mute) {
        (void)tess_cnode_delete(cnode, COMP_SLOT_SUPERVISOR);
    } else {
        (void)tess_cnode_mint(cnode, 0, SLOT_NOTE, COMP_SLOT_SUPERVISOR, TESS_RIGHT_SEND,
                              ATTENTION_BIT(domain));
    }
}

void domain_close(uint32_t domain)
{
    (void)tess_cnode_revoke(TESS_ROOT_CNODE,
                            object_slot(sup.dist.domain[domain].endpoint, OBJ_AUX));
}
