#include "domain.h"

#include "build.h"

#include <comp/layout.h>
#include <tess/invoke.h>
#include <tess/time.h>
#include <tessera/bootinfo.h>

#define DONATE_MAX 0x40000u /* bytes of one vspace.donate */
#define DONATIONS  4u
#define KERNEL_PART                                                                                \
    (TESS_SIZE_thread + TESS_SIZE_budget + TESS_SIZE_vspace + 2 * TESS_SLOT_BYTES) /* and a CNode */

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

        if (whole_pages(s->file_bytes) > WINDOW_BYTES) {
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
    plan->bytes += tables.pages * TESS_PAGE + whole_pages(KERNEL_PART + m->slots * TESS_SLOT_BYTES);
    return tables.pages > DONATIONS * DONATE_MAX / TESS_PAGE ? "it maps too much" : 0;
}

/* ---- start ---- */

/* A start in progress. */
struct start {
    struct build b;
    uint32_t domain;
    const struct dist_domain *m;
};

static struct start start_of(uint32_t domain)
{
    return (struct start){ { domain_slot(domain, 0), TESS_OK }, domain, &sup.dist.domain[domain] };
}

static tess_cap slot(const struct start *s, unsigned i)
{
    return s->b.slots + i;
}

/* Put a capability into a slot of the domain's CNode. */
static void give(struct start *s, tess_cap from, uint64_t to, uint64_t rights, uint64_t badge)
{
    tess_cap cnode = slot(s, DOM_CNODE);

    s->b.err = s->b.err ? s->b.err
               : badge  ? tess_cnode_mint(cnode, 0, from, to, rights, badge)
                        : tess_cnode_copy(cnode, 0, from, to, rights);
}

static void load(struct build *b, const struct image *image)
{
    for (uint32_t i = 0; i < image->count; i++) {
        const struct image_segment *s = &image->segment[i];
        unsigned file = DOM_SEGMENT + 2 * i;
        uint64_t part = whole_pages(s->file_bytes);

        if (part) {
            make_filled(b, s, part, file);
        }
        if (part < s->bytes) {
            make_mapped(b, s->bytes - part, file + 1, s->at + part, s->rights);
        }
    }
}

static void donate_tables(struct start *s, uint64_t pages)
{
    uint64_t bytes = pages * TESS_PAGE;

    for (unsigned i = 0; bytes && !s->b.err; i++) {
        uint64_t part = bytes < DONATE_MAX ? bytes : DONATE_MAX;

        s->b.err = tess_vspace_donate(slot(s, DOM_VSPACE), slot(s, DOM_UNTYPED), part, 0,
                                      slot(s, DOM_TABLES + i));
        bytes -= part;
    }
}

static void build_memory(struct start *s, const struct domain_plan *plan)
{
    const struct dist_domain *m = s->m;
    tess_cap pulse = object_slot(m->pulse, OBJ_CAP);

    donate_tables(s, plan->tables);
    load(&s->b, &plan->image);
    make_mapped(&s->b, m->stack, DOM_STACK, COMP_STACK_END - m->stack, RW);
    make_mapped(&s->b, TESS_PAGE, DOM_IPC, COMP_IPC_AT, RW);
    map(&s->b, pulse, COMP_PULSE_AT, RW, TESS_ATTR_NORMAL);
    for (uint32_t i = m->map_first; i < m->map_first + m->map_count; i++) {
        const struct dist_map *d = &sup.dist.map[i];
        map(&s->b, map_slot(i), d->address, d->rights, d->attributes);
    }
    if (m->spare) {
        struct tess_untyped_info all = { .bytes = m->mem }; /* more, if it gets the rest */

        (void)tess_untyped_info(slot(s, DOM_UNTYPED), &all);
        make(&s->b, TESS_TYPE_untyped, m->spare + all.bytes - m->mem, DOM_SPARE);
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
    case DIST_ENDPOINT:
        /* one that no domain receives on by itself belongs to a connector, and is always there */
        return o->domain != DIST_NONE && record(o->domain)->closed &&
                       record(o->domain)->state != DOMAIN_STARTING
                   ? 0
                   : object_slot(g->object, OBJ_CAP);
    default:
        return object_slot(g->object, OBJ_CAP);
    }
}

static void give_grant(struct start *s, const struct dist_grant *g)
{
    uint64_t rights, badge;
    tess_cap from = grant_source(g, &rights, &badge);

    if (from) {
        give(s, from, g->slot, rights, badge);
    }
}

static void build_names(struct start *s)
{
    const struct dist_domain *m = s->m;

    give(s, object_slot(m->endpoint, OBJ_CAP), COMP_SLOT_ENDPOINT, TESS_RIGHT_RECV, 0);
    give(s, SLOT_NOTE, COMP_SLOT_SUPERVISOR, TESS_RIGHT_SEND, ATTENTION_BIT(s->domain));
    give(s, object_slot(m->notification, OBJ_CAP), COMP_SLOT_NOTE,
         TESS_RIGHT_SEND | TESS_RIGHT_RECV, 0);
    for (uint32_t i = m->grant_first; i < m->grant_first + m->grant_count; i++) {
        give_grant(s, &sup.dist.grant[i]);
    }
    if (!m->spare || s->b.err) {
        return;
    }
    /* Untyped memory has one capability: it moves. */
    s->b.err = tess_cnode_move(slot(s, DOM_CNODE), 0, slot(s, DOM_SPARE), COMP_SLOT_UNTYPED);
    give(s, slot(s, DOM_CNODE), COMP_SLOT_CNODE, TESS_RIGHT_ALL, 0);
    give(s, slot(s, DOM_VSPACE), COMP_SLOT_VSPACE, TESS_RIGHT_ALL, 0);
    if (m->flags & DIST_CPU) {
        give(s, TESS_ROOT_CPU, COMP_SLOT_CPU, TESS_RIGHT_ALL, 0);
    }
}

static enum tess_err configure_thread(struct start *s)
{
    const struct dist_domain *m = s->m;
    tess_cap thread = slot(s, DOM_THREAD), budget = slot(s, DOM_BUDGET);
    uint64_t ticks = tess_ticks_of_ns(m->budget_ns), period = tess_ticks_of_ns(m->period_ns);
    enum tess_err err = tess_thread_configure(thread, slot(s, DOM_CNODE), slot(s, DOM_VSPACE),
                                              slot(s, DOM_FAULT), slot(s, DOM_IPC), 0, 0);

    err = err ? err : tess_thread_set_priority(thread, m->prio, m->prio);
    err = err ? err : tess_budget_configure(budget, TESS_ROOT_CPU, ticks, period);
    err = err ? err : tess_budget_bind(budget, thread);
    err = err ? err : tess_thread_bind_notification(thread, object_slot(m->notification, OBJ_CAP));
    return err ? err : tess_thread_name(thread, m->name);
}

static void build_thread(struct start *s)
{
    s->b.err = s->b.err ? s->b.err : configure_thread(s);
    for (uint32_t i = 0; i < sup.lines && !s->b.err; i++) {
        uint32_t o = sup.line[i];

        if (sup.dist.object[o].domain == s->domain) {
            s->b.err = tess_irq_bind(object_slot(o, OBJ_CAP), object_slot(o, OBJ_AUX));
        }
    }
}

/* The endpoint anew after domain_close(), and the capabilities to it of those who run. */
static void open_endpoint(struct start *s)
{
    uint32_t object = s->m->endpoint;
    tess_cap slot = object_slot(object, OBJ_CAP);

    s->b.err = tess_untyped_retype(object_slot(object, OBJ_AUX), TESS_TYPE_endpoint, 0, 0, slot, 1,
                                   TESS_OFFSET_NEXT);
    if (s->b.err == TESS_EXISTS) {
        s->b.err = TESS_OK; /* a start that was cut short has made it */
    }
    for (uint32_t i = 0; i < sup.dist.grants && !s->b.err; i++) {
        const struct dist_grant *g = &sup.dist.grant[i];

        if (g->object == object && g->domain != s->domain &&
            record(g->domain)->state == DOMAIN_RUNNING) {
            struct start client = start_of(g->domain);
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
    volatile struct comp_pulse *p = &sup.pulse[domain];
    bool trial = r->swap == SWAP_TRIAL || r->swap == SWAP_BACK;

    for (unsigned i = 0; i < TESS_PAGE / 8; i++) {
        if (!trial || r->closed || i * 8 < HANDOVER || i * 8 >= HANDOVER_ENDS) {
            ((volatile uint64_t *)p)[i] = 0;
        }
    }
    p->generation = r->generation;
    p->crashed = r->why == FAILURE_STRIKES ? COMP_STRUCK : r->why && r->why < FAILURE_KILLED;
    p->quiet = trial;
    p->is_restore = r->swap == SWAP_BACK;
}

enum tess_err domain_start(uint32_t domain)
{
    const struct domain_record *r = record(domain);
    struct start s = start_of(domain);
    struct domain_plan plan;

    if (r->image >= domain_images(domain) || domain_plan(domain, r->image, &plan)) {
        return TESS_ARG;
    }
    pulse_clear(domain);
    if (r->closed) {
        open_endpoint(&s);
    }
    /* the small ones first: they share pages */
    make(&s.b, TESS_TYPE_vspace, 0, DOM_VSPACE);
    make(&s.b, TESS_TYPE_thread, 0, DOM_THREAD);
    make(&s.b, TESS_TYPE_budget, 0, DOM_BUDGET);
    make(&s.b, TESS_TYPE_cnode, s.m->slots, DOM_CNODE);
    build_memory(&s, &plan);
    build_names(&s);
    build_thread(&s);
    return s.b.err ? s.b.err
                   : tess_thread_start(slot(&s, DOM_THREAD), plan.image.entry, COMP_STACK_END,
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
enum turn domain_stop_step(uint32_t domain, enum stop_step step)
{
    switch (step) {
    case STOP_SUSPEND:
        /* Threads that it made of spare memory are less urgent than the supervisor, which does not wait before REVOKE. */
        (void)tess_thread_suspend(domain_slot(domain, DOM_THREAD));
        break;
    case STOP_INTERRUPT:
        lines_off(domain);
        break;
    case STOP_DMA:
        return gate_turn(domain, GATE_IOMMU, false);
    case STOP_DEVICE:
        return gate_turn(domain, GATE_BUS, false);
    case STOP_RELEASE:
        (void)tess_cnode_delete(TESS_ROOT_CNODE, domain_slot(domain, DOM_THREAD));
        break;
    case STOP_REVOKE:
        (void)tess_cnode_revoke(TESS_ROOT_CNODE, domain_slot(domain, DOM_UNTYPED));
        break;
    case STOP_STEPS:
        break;
    }
    return TURN_DONE;
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

/* ---- fault injection ---- */

/* Slot and offset of the frame that holds the instruction at that address; 0: there is none. */
static tess_cap text_frame(uint32_t domain, uint64_t address, uint64_t *offset)
{
    struct domain_plan plan;

    if (address % 4 || domain_plan(domain, record(domain)->image, &plan)) {
        return 0;
    }
    for (uint32_t i = 0; i < plan.image.count; i++) {
        const struct image_segment *s = &plan.image.segment[i];

        if ((s->rights & TESS_RIGHT_EXEC) && address >= s->at && address - s->at < s->file_bytes) {
            *offset = address - s->at;
            return domain_slot(domain, DOM_SEGMENT + 2 * i);
        }
    }
    return 0;
}

enum tess_err domain_poke(uint32_t domain, uint64_t address, uint32_t word, uint64_t *old)
{
    uint64_t offset = 0;
    tess_cap frame = text_frame(domain, address, &offset);

    if (record(domain)->state != DOMAIN_RUNNING) {
        return TESS_STATE;
    }
    if (!frame) {
        return TESS_RANGE;
    }
    (void)tess_cnode_delete(TESS_ROOT_CNODE, SLOT_POKE); /* of a primary that died here */
    enum tess_err err =
        tess_frame_derive(frame, offset & ~(uint64_t)(TESS_PAGE - 1), TESS_PAGE, 0, SLOT_POKE, RW);

    err = err ? err : tess_frame_map(SLOT_POKE, own_vspace(), WINDOW_AT, RW, TESS_ATTR_NORMAL, 0);
    if (!err) {
        volatile uint32_t *at = (volatile uint32_t *)(WINDOW_AT + offset % TESS_PAGE);

        *old = *at;
        *at = word;
        caches_agree((uint64_t)at, sizeof word);
    }
    (void)tess_cnode_delete(TESS_ROOT_CNODE, SLOT_POKE);
    return err;
}
