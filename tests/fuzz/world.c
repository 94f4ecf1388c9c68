#include "world.h"

#include <stdio.h>
#include <tessera/vcpu.h>

#include "platform.h"
#include "program.h"
#include "random.h"

#define PERIOD    625000u     /* ticks: 10 ms at the 62.5 MHz of QEMU */
#define BLOCK     0x200000ull /* what one entry of the last level but one maps */
#define BIG_BYTES (BLOCK + 2 * TESS_PAGE)

static void refuse(struct world *w, const char *step, enum tess_err err)
{
    if (err) {
        w->refused++;
        w->refused_error = err;
        w->refused_step = step;
    }
}

/* ---- once ---- */

/* A frame of the program's text and constants, for workers. */
static void copy_program(struct world *w)
{
    uint64_t bytes = (platform_program_bytes() + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1);
    tess_cap frame;
    void *copy;
    enum tess_err err = tess_alloc_memory(w->env, bytes, &frame, &copy);

    refuse(w, "frame for the program", err);
    if (err) {
        return;
    }
    platform_program_copy(copy, platform_program_bytes());
    w->text_address = tess_bootinfo->image_first;
    for (unsigned i = 0; i < WORLD_SPACES; i++) {
        (void)tess_slot_alloc(w->env->slots, &w->text_mapped[i]);
        refuse(w, "derive the program",
               tess_frame_derive(frame, 0, bytes, 0, w->text_mapped[i],
                                 TESS_RIGHT_READ | TESS_RIGHT_EXEC));
    }
}

static void take_device(struct world *w)
{
    /* The QEMU board's second flash bank: memory that is there and that nobody uses. */
    for (unsigned i = 0; i < tess_bootinfo->untyped_count && !w->device; i++) {
        if (tess_bootinfo->untyped[i].device && tess_bootinfo->untyped[i].bytes >= 16 * TESS_PAGE) {
            uint64_t slot;
            if (!tess_slot_alloc(w->env->slots, &slot) &&
                !tess_untyped_retype(TESS_ROOT_UNTYPED + i, TESS_TYPE_untyped, 16 * TESS_PAGE, 0,
                                     slot, 1, TESS_OFFSET_NEXT)) {
                w->device = slot;
            }
        }
    }
}

static void prepare_guests(struct world *w)
{
    for (unsigned i = 0; i < WORLD_GUESTS; i++) {
        tess_cap frame;
        void *at = NULL;
        refuse(w, "guest's memory", tess_alloc_memory(w->env, 2 * TESS_PAGE, &frame, &at));
        w->guest_code[i] = platform_pointer(at);
        (void)tess_slot_alloc(w->env->slots, &w->guest_mapped[i]);
        refuse(w, "derive the guest's memory",
               tess_frame_derive(frame, 0, 2 * TESS_PAGE, 0, w->guest_mapped[i], TESS_RIGHT_ALL));
    }
}

void world_prepare(struct world *w, struct tess_env *env, uint64_t seed)
{
    w->env = env;
    w->random = seed;
    for (unsigned i = 0; i < WORKER_COUNT; i++) {
        void *at = NULL;
        refuse(w, "worker's memory",
               tess_alloc_memory(env, WORKER_BYTES, &w->worker_frame[i], &at));
        w->worker[i] = platform_pointer(at);
        (void)tess_slot_alloc(env->slots, &w->worker_mapped[i]);
        refuse(w, "derive the worker's memory",
               tess_frame_derive(w->worker_frame[i], 0, WORKER_BYTES, 0, w->worker_mapped[i],
                                 TESS_RIGHT_READ | TESS_RIGHT_WRITE));
    }
    copy_program(w);
    prepare_guests(w);
    refuse(w, "the world's memory", tess_alloc(env, TESS_TYPE_untyped, WORLD_BYTES, &w->memory));
    take_device(w);
    refuse(w, "the world's slots", tess_slot_alloc_range(env->slots, WORLD_SLOTS, &w->first));
}

/* ---- a world ---- */

/* One object of the world's memory; 0 when there is no room. */
static tess_cap make(struct world *w, enum tess_type type, uint64_t size)
{
    if (w->next == w->first + WORLD_SLOTS) {
        return 0;
    }
    enum tess_err err = tess_untyped_retype(w->memory, type, size, 0, w->next, 1, TESS_OFFSET_NEXT);

    if (err) {
        return 0;
    }
    return w->next++;
}

/* A frame that can be mapped by a block, first because that must be aligned; given to a worker or two. */
static void make_big(struct world *w)
{
    struct tess_untyped_info info = { 0 };

    refuse(w, "describe memory", tess_untyped_info(w->memory, &info));
    w->big = w->next++;
    refuse(w, "big frame",
           tess_untyped_retype(w->memory, TESS_TYPE_frame, BIG_BYTES, 0, w->big, 1,
                               -info.paddr & (BLOCK - 1)));
}

static void build_spaces(struct world *w)
{
    for (unsigned s = 0; s < WORLD_SPACES; s++) {
        w->space[s] = make(w, TESS_TYPE_vspace, 0);
        refuse(w, "donate",
               tess_vspace_donate(w->space[s], w->memory, 24 * TESS_PAGE, 0, w->next++));
        refuse(w, "map the program",
               tess_frame_map(w->text_mapped[s], w->space[s], w->text_address,
                              TESS_RIGHT_READ | TESS_RIGHT_EXEC, TESS_ATTR_NORMAL, NULL));
    }
    for (unsigned i = 0; i < WORKER_COUNT; i++) {
        refuse(w, "map the worker's memory",
               tess_frame_map(w->worker_mapped[i], w->space[i % WORLD_SPACES], worker_address(i),
                              TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_NORMAL, NULL));
    }
}

static uint64_t pool_size(struct world *w, enum tess_type type)
{
    static const uint8_t pages[] = { 1, 1, 1, 2, 3, 8, 33 };

    switch (type) {
    case TESS_TYPE_frame:
        return pages[random_below(&w->random, sizeof pages)] * TESS_PAGE;
    case TESS_TYPE_untyped:
        return (4 + random_below(&w->random, 28)) * TESS_PAGE;
    case TESS_TYPE_cnode:
        return 2 + random_below(&w->random, 64);
    default:
        return 0;
    }
}

/* Give the member to worker i, in a slot for its type: a copy or, of untyped memory, itself. */
static void hand_out(struct world *w, struct member *m, unsigned i)
{
    uint64_t *r = &w->random;
    tess_cap to = w->running[i].cnode;
    uint64_t place = m->place;
    uint64_t rights = random_chance(r, 70) ? TESS_RIGHT_ALL : random_below(r, 16);

    enum tess_err err = TESS_EXISTS;

    for (unsigned n = 0; n < 8 && err == TESS_EXISTS; n++) {
        uint64_t slot = m->type * SLOTS_A_TYPE + (place + n) % 8;
        if (m->type == TESS_TYPE_untyped) {
            err = tess_cnode_move(to, 0, m->cap, slot);
        } else if ((m->type == TESS_TYPE_endpoint || m->type == TESS_TYPE_notification) &&
                   random_chance(r, 60)) {
            err = tess_cnode_mint(to, 0, m->cap, slot, rights, 1ull << random_below(r, 60));
        } else {
            err = tess_cnode_copy(to, 0, m->cap, slot, rights);
        }
    }
}

static void hand_round(struct world *w, struct member *m)
{
    for (unsigned i = 0; i < WORLD_RUNNING; i++) {
        if (random_chance(&w->random, 80)) {
            hand_out(w, m, i);
        }
    }
}

static bool fill_member(struct world *w, struct member *m, enum tess_type type)
{
    m->type = type;
    m->cap = make(w, type, pool_size(w, type));
    if (m->cap && type == TESS_TYPE_budget) {
        (void)tess_budget_configure(m->cap, TESS_ROOT_CPU, PERIOD / 8, PERIOD / 4);
    }
    if (m->cap && type == TESS_TYPE_thread) {
        (void)tess_thread_set_priority(m->cap, 1 + random_below(&w->random, 60), WORKER_CEILING);
        (void)tess_thread_configure(m->cap,
                                    w->running[random_below(&w->random, WORLD_RUNNING)].cnode,
                                    w->space[random_below(&w->random, WORLD_SPACES)], 0, 0, 0, 0);
    }
    if (m->cap && type == TESS_TYPE_vspace && w->next < w->first + WORLD_SLOTS &&
        random_chance(&w->random, 60)) {
        (void)tess_vspace_donate(m->cap, w->memory, 8 * TESS_PAGE, 0, w->next++);
    }
    return m->cap != 0;
}

/* Places 0 .. 2 of these types are for the workers' own and each other's. */
static unsigned first_place(enum tess_type type)
{
    return type == TESS_TYPE_thread || type == TESS_TYPE_cnode || type == TESS_TYPE_vspace ||
                   type == TESS_TYPE_budget
               ? 3
               : 0;
}

static const uint8_t pool_plan[][2] = {
    { TESS_TYPE_untyped, 16 }, { TESS_TYPE_cnode, 4 },        { TESS_TYPE_frame, 16 },
    { TESS_TYPE_vspace, 3 },   { TESS_TYPE_thread, 5 },       { TESS_TYPE_endpoint, 8 },
    { TESS_TYPE_reply, 8 },    { TESS_TYPE_notification, 8 }, { TESS_TYPE_budget, 6 },
    { TESS_TYPE_vcpu, 4 },
};

static void build_pool(struct world *w)
{
    w->pool_count = 0;
    for (unsigned p = 0; p < sizeof pool_plan / sizeof pool_plan[0]; p++) {
        for (unsigned n = 0; n < pool_plan[p][1] && w->pool_count < WORLD_OBJECTS; n++) {
            struct member *m = &w->pool[w->pool_count++];
            m->place = (uint8_t)((first_place(pool_plan[p][0]) + n) % 8);
            if (fill_member(w, m, pool_plan[p][0])) {
                hand_round(w, m);
            }
        }
    }
}

/* What cannot be made of untyped memory: rights to lines, to the CPU, to the trace; and the worker's own objects. */
static void hand_rest(struct world *w, unsigned i)
{
    tess_cap to = w->running[i].cnode;

    static const struct member rest[] = {
        { TESS_ROOT_IRQ_CONTROL, TESS_TYPE_irq_control, 0 },
        { TESS_ROOT_CPU, TESS_TYPE_cpu, 0 },
        { TESS_ROOT_TRACE, TESS_TYPE_trace, 0 },
    };

    for (unsigned n = 0; n < 5 * sizeof rest / sizeof rest[0]; n++) {
        struct member m = rest[n / 5];
        m.place = (uint8_t)(n % 5);
        hand_out(w, &m, i);
    }
    (void)tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, 32 + random_below(&w->random, 32), 1, to,
                               TESS_TYPE_irq * SLOTS_A_TYPE + random_below(&w->random, 8));
    (void)tess_cnode_copy(to, 0, TESS_ROOT_TRACE_RING, TESS_TYPE_frame * SLOTS_A_TYPE + 9,
                          TESS_RIGHT_ALL);
    for (unsigned n = 0; n < 3; n++) {
        unsigned other = (unsigned)random_below(&w->random, WORLD_RUNNING);
        struct member m = { w->running[other].thread, TESS_TYPE_thread, (uint8_t)n };
        hand_out(w, &m, i);
        m = (struct member){ w->running[n ? other : i].cnode, TESS_TYPE_cnode, (uint8_t)n };
        hand_out(w, &m, i);
        m = (struct member){ w->running[other].budget, TESS_TYPE_budget, (uint8_t)n };
        hand_out(w, &m, i);
        m = (struct member){ w->space[random_below(&w->random, WORLD_SPACES)], TESS_TYPE_vspace,
                             (uint8_t)n };
        hand_out(w, &m, i);
    }
}

/* Endpoint of the pool that gets the faults; 0: nobody. */
static tess_cap any_handler(struct world *w)
{
    const struct member *m = &w->pool[random_below(&w->random, w->pool_count)];

    return m->type == TESS_TYPE_endpoint ? m->cap : 0;
}

/* ---- guests ---- */

/* A new program; its thread is suspended, and has a virtual CPU where there are any. */
static void start_guest(struct world *w, unsigned i)
{
    struct guest *g = &w->guest[i];
    uint32_t *code = w->guest_code[i];
    struct tess_regs regs;

    (void)tess_thread_suspend(g->thread);
    (void)tess_thread_configure(g->thread, 0, g->vspace, any_handler(w), 0, 0, 0);
    enum tess_err err = tess_vcpu_bind(g->vcpu, g->thread);
    w->guests = w->guests || !err;
    program_write(code, &w->random);
    for (unsigned v = 0; v < 16; v++) {                 /* every exception inside it is an exit */
        code[GUEST_VECTORS / 4 + v * 32] = 0xd4000002u; /* hvc #0 */
        code[GUEST_VECTORS / 4 + v * 32 + 1] = 0xd69f03e0u; /* eret */
    }
    program_registers(&regs, &w->random);
    for (unsigned n = 0; n < 31; n++) { /* which workers see: no addresses of the kernel */
        regs.x[n] >>= 2;
    }
    regs.pc = GUEST_CODE;
    regs.pstate = random_chance(&w->random, 70) ? 5 : regs.pstate;
    (void)tess_thread_write_regs(g->thread, &regs);
    (void)tess_vcpu_write(g->vcpu, TESS_VCPU_vbar, GUEST_CODE + GUEST_VECTORS);
    (void)tess_vcpu_write(g->vcpu, TESS_VCPU_sctlr, 0x30d00800);
    (void)tess_thread_resume(g->thread);
}

static void build_guest(struct world *w, unsigned i)
{
    struct guest *g = &w->guest[i];

    g->thread = make(w, TESS_TYPE_thread, 0);
    g->vspace = make(w, TESS_TYPE_vspace, 0);
    g->vcpu = make(w, TESS_TYPE_vcpu, 0);
    g->budget = make(w, TESS_TYPE_budget, 0);
    refuse(w, "guest", tess_vspace_guest(g->vspace));
    refuse(w, "donate", tess_vspace_donate(g->vspace, w->memory, 8 * TESS_PAGE, 0, w->next++));
    refuse(w, "map the guest's memory",
           tess_frame_map(w->guest_mapped[i], g->vspace, GUEST_CODE,
                          TESS_RIGHT_READ | TESS_RIGHT_WRITE | TESS_RIGHT_EXEC, TESS_ATTR_NORMAL,
                          NULL));
    (void)tess_thread_set_priority(g->thread, 10 + random_below(&w->random, 60), WORKER_CEILING);
    (void)tess_budget_configure(g->budget, TESS_ROOT_CPU, PERIOD / 64, PERIOD / 8);
    (void)tess_budget_bind(g->budget, g->thread);
    start_guest(w, i);
}

/* What workers may do to a guest: all of it. */
static void hand_guests(struct world *w, unsigned i)
{
    const struct guest *g = &w->guest[random_below(&w->random, WORLD_GUESTS)];

    hand_out(w, &(struct member){ g->thread, TESS_TYPE_thread, 6 }, i);
    hand_out(w, &(struct member){ g->vspace, TESS_TYPE_vspace, 6 }, i);
    hand_out(w, &(struct member){ g->vcpu, TESS_TYPE_vcpu, 0 }, i);
}

/* Every fourth worker is a passive server: once it waits, it loses its processor time (world_nudge). */
static bool is_passive(unsigned i)
{
    return i % 4 == 1;
}

/* Bring the thread of worker i to its beginning, with everything it needs. */
static void start(struct world *w, unsigned i)
{
    struct running *r = &w->running[i];
    uint64_t handler = any_handler(w);

    for (unsigned n = 0; !handler && w->worker[i]->foreign && n < 200; n++) {
        handler = any_handler(w);
    }
    (void)tess_thread_suspend(r->thread);
    (void)tess_thread_configure(r->thread, r->cnode, w->space[i % WORLD_SPACES], handler,
                                w->worker_frame[i], WORKER_IPC, w->worker[i]->foreign);
    (void)tess_thread_set_priority(r->thread, 10 + random_below(&w->random, 60), WORKER_CEILING);
    if (is_passive(i) || random_chance(&w->random, 85)) {
        static const uint32_t amount[] = { PERIOD / 16, PERIOD / 16, PERIOD / 64, 2000 };
        (void)tess_budget_configure(r->budget, TESS_ROOT_CPU, amount[random_below(&w->random, 4)],
                                    PERIOD / 16);
        (void)tess_budget_bind(r->budget, r->thread);
    }
    w->worker[i]->busy = 0;
    w->worker[i]->serving = 0;
    (void)tess_thread_start(r->thread, (uint64_t)worker_entry, worker_address(i) + WORKER_BYTES,
                            worker_address(i), worker_address(i) + WORKER_IPC);
}

static void worker_reset(struct world *w, unsigned i)
{
    struct worker *k = w->worker[i];
    uint64_t *r = &w->random;

    k->busy = 0;
    k->random = random_next(r);
    k->personality = i % 4 < 2    ? SERVER
                     : i % 4 == 2 ? CLIENT
                                  : (uint32_t)random_below(r, PERSONALITIES);
    k->foreign = i < WORLD_RUNNING && random_chance(r, 10);
}

void world_build(struct world *w)
{
    w->next = w->first;
    make_big(w);
    build_spaces(w);
    for (unsigned i = 0; i < WORLD_RUNNING; i++) {
        struct running *r = &w->running[i];
        r->thread = make(w, TESS_TYPE_thread, 0);
        r->cnode = make(w, TESS_TYPE_cnode, FUZZ_SLOTS);
        r->budget = make(w, TESS_TYPE_budget, 0);
        r->stalls = 0;
        refuse(w, "worker's objects", r->thread && r->cnode && r->budget ? TESS_OK : TESS_NOMEM);
    }
    hand_round(w, &(struct member){ w->big, TESS_TYPE_frame, 1 });
    build_pool(w);
    for (unsigned i = 0; i < WORKER_COUNT; i++) {
        worker_reset(w, i);
    }
    for (unsigned i = 0; i < WORLD_GUESTS; i++) {
        build_guest(w, i);
    }
    for (unsigned i = 0; i < WORLD_RUNNING; i++) {
        hand_rest(w, i);
        hand_guests(w, i);
        start(w, i);
    }
    if (w->device) {
        struct member m = { w->next++, TESS_TYPE_frame, 7 };
        refuse(w, "device frame",
               tess_untyped_retype(w->device, TESS_TYPE_frame, TESS_PAGE, 0, m.cap, 1,
                                   TESS_OFFSET_NEXT));
        hand_round(w, &m);
        m = (struct member){ w->next++, TESS_TYPE_untyped, 7 };
        refuse(w, "device memory",
               tess_untyped_retype(w->device, TESS_TYPE_untyped, 4 * TESS_PAGE, 0, m.cap, 1,
                                   TESS_OFFSET_NEXT));
        hand_out(w, &m, (unsigned)random_below(&w->random, WORLD_RUNNING));
    }
}

enum tess_err world_end(struct world *w)
{
    enum tess_err err = tess_cnode_revoke(TESS_ROOT_CNODE, w->memory);

    if (!err && w->device) {
        err = tess_cnode_revoke(TESS_ROOT_CNODE, w->device);
    }
    /* The program's and the workers' pages are mapped nowhere now: their address spaces are gone. */
    return err;
}

uint64_t world_calls(const struct world *w)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < WORKER_COUNT; i++) {
        sum += w->worker[i]->calls;
    }
    return sum;
}

/* It waits for a message: what it runs on from now on comes with that. */
static bool waits_passively(struct world *w, unsigned i)
{
    struct tess_thread_info info;

    if (!is_passive(i) || tess_thread_info(w->running[i].thread, &info) ||
        info.state != TESS_THREAD_RECV) {
        return false;
    }
    (void)tess_budget_unbind(w->running[i].budget);
    return true;
}

bool world_nudge(struct world *w)
{
    unsigned alive = 0;

    for (unsigned i = 0; i < WORLD_RUNNING; i++) {
        struct running *r = &w->running[i];
        uint64_t calls = w->worker[i]->calls;
        bool waits = waits_passively(w, i);
        if (calls != r->calls || waits) {
            r->calls = calls;
            r->stalls = 0;
        } else if (r->stalls < 4) {
            r->stalls++;
            start(w, i);
        }
        alive += r->stalls < 4;
    }
    for (unsigned i = 0; i < WORLD_GUESTS; i++) {
        if (random_chance(&w->random, 50)) {
            start_guest(w, i);
        }
    }
    return alive > WORLD_RUNNING / 2;
}

/* What a worker runs on is destroyed, whatever it does at that moment, and replaced. */
static bool kill_worker(struct world *w, unsigned i)
{
    struct running *r = &w->running[i];
    struct {
        tess_cap *cap;
        enum tess_type type;
        uint64_t size;
    } part[] = { { &r->thread, TESS_TYPE_thread, 0 },
                 { &r->cnode, TESS_TYPE_cnode, FUZZ_SLOTS },
                 { &r->budget, TESS_TYPE_budget, 0 } };
    bool done = true;

    for (unsigned n = 0; n < sizeof part / sizeof part[0] && done; n++) {
        if (random_chance(&w->random, n == 0 ? 80 : 30)) {
            (void)tess_cnode_revoke(TESS_ROOT_CNODE, *part[n].cap);
            (void)tess_cnode_delete(TESS_ROOT_CNODE, *part[n].cap);
            *part[n].cap = make(w, part[n].type, part[n].size);
            done = *part[n].cap != 0;
        }
    }
    for (unsigned n = 0; n < w->pool_count && done; n++) {
        hand_out(w, &w->pool[n], i);
    }
    if (done) {
        hand_rest(w, i);
        hand_guests(w, i);
        start(w, i);
    }
    return done;
}

static bool disturb_one(struct world *w)
{
    uint64_t *r = &w->random;
    struct member *m = &w->pool[random_below(r, w->pool_count)];
    bool done = true;

    switch (random_below(r, 5)) {
    case 0: /* all copies go */
        (void)tess_cnode_revoke(TESS_ROOT_CNODE, m->cap);
        hand_round(w, m);
        break;
    case 1: /* the object dies once the workers' copies do, or at once */
        if (random_chance(r, 50)) {
            (void)tess_cnode_revoke(TESS_ROOT_CNODE, m->cap);
        }
        (void)tess_cnode_delete(TESS_ROOT_CNODE, m->cap);
        done = fill_member(w, m, m->type);
        if (done) {
            hand_round(w, m);
        }
        break;
    case 3:
        return kill_worker(w, (unsigned)random_below(r, WORLD_RUNNING));
    case 2: /* more of it */
        hand_round(w, m);
        break;
    default:
        hand_rest(w, (unsigned)random_below(r, WORLD_RUNNING));
        break;
    }
    return done;
}

bool world_disturb(struct world *w)
{
    bool done = true;

    for (unsigned n = 0; n < 4 && done; n++) {
        done = disturb_one(w);
    }
    return done;
}
