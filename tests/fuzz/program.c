/*
 * Random user programs, and random guests where the kernel has any.  Victims execute pages of random instructions, each in
 * an address space that has nothing but its code and a page of data; whatever they do must end in a fault message or in nothing, never in a kernel panic or in
 * somebody else's registers or memory.  The guardian is the fault handler: at each fault, and when nothing happens for
 * a while, the victim gets a new program.
 *
 * Command line: programs=N, seed=S.
 */
#include "program.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <tess/tess.h>
#include <tessera/vcpu.h>

#include "canary.h"
#include "options.h"
#include "random.h"

#define VICTIMS      6u
#define GUESTS       2u   /* the last victims have virtual CPUs */
#define EXITS        100u /* of a guest, answered by ADVANCE, until it gets a new program */
#define MEMORY_BYTES 0x100000u
#define SLOTS        64u     /* of each victim's objects in the root's CNode */
#define PATIENCE_NS  200000u /* a victim that does nothing for so long is taken out of it */
#define GUEST_NS     800000u /* likewise with guests, in the time of the machine below (fuzz.sh) */
#define LIFE         500u    /* programs until all objects of the victims are made anew */
#define FAULTS       10u
#define EL1H         5u
#define VECTORS      0x800u /* of the code page: a guest's exceptions */

struct victim {
    tess_cap thread, cnode, vspace, budget, vcpu; /* vcpu 0: not a guest */
    unsigned exits;
};

static struct tess_env env;
static struct tess_slots slots;
static struct tess_pool pool;
static uint32_t slot_link[TESS_ROOT_CNODE_SLOTS];
static struct canary canary[2];
static uint64_t seed, programs, exits, silent, refused, by_fault[FAULTS];
static struct tess_thread metronome;
static tess_cap
    tick; /* signalled by the metronome, delivered where the guardian waits for faults */
static unsigned passed, failed;
static bool guests;

static tess_cap memory, first_slot, next_slot, handler, badged[VICTIMS];
static struct victim victim[VICTIMS];
/* One page of code and one of data for each victim: the guardian's, mapped for the victim through derived frames. */
static uint8_t *page[VICTIMS];
static tess_cap page_frame[VICTIMS], code_frame[VICTIMS], data_frame[VICTIMS];

static const char *const fault_name[FAULTS] = {
#define FAULT(name, number, words, text) [number] = #name,
#include <faults.def>
#undef FAULT
};

static void check(bool ok, const char *what)
{
    printf("%s: %s\n", ok ? "pass" : "FAIL", what);
    passed += ok;
    failed += !ok;
}

static void must(enum tess_err err, const char *what)
{
    if (err) {
        if (refused++ < 10) {
            printf("FAIL: guardian: %s: %s\n", what, tess_strerror(err));
        }
    }
}

static tess_cap make(enum tess_type type, uint64_t size)
{
    must(tess_untyped_retype(memory, type, size, 0, next_slot, 1, TESS_OFFSET_NEXT), "retype");
    return next_slot++;
}

/* So that the guardian can wait without a deadline of its own: faults reach it on the direct path then. */
static void metronome_main(void *argument)
{
    (void)argument;
    for (;;) {
        (void)tess_recv(env.sleep, tess_deadline_ns(guests ? GUEST_NS : PATIENCE_NS));
        (void)tess_signal(tick);
    }
}

static void start_metronome(void)
{
    struct tess_thread_config config = { .priority = 200, .name = "metronome" };

    must(tess_alloc(&env, TESS_TYPE_notification, 0, &tick), "notification");
    must(tess_thread_bind_notification(TESS_ROOT_THREAD, tick), "bind notification");
    must(tess_thread_create(&env, &metronome, &config), "metronome");
    must(tess_thread_run(&env, &metronome, metronome_main, NULL), "metronome");
}

/* Once: pages, slots, memory. */
static void prepare(void)
{
    must(tess_alloc(&env, TESS_TYPE_untyped, MEMORY_BYTES, &memory), "memory");
    must(tess_alloc(&env, TESS_TYPE_endpoint, 0, &handler), "fault handler");
    must(tess_slot_alloc_range(&slots, SLOTS * VICTIMS, &first_slot), "slots");
    for (unsigned i = 0; i < VICTIMS; i++) {
        void *at = NULL;
        must(tess_alloc_memory(&env, 2 * TESS_PAGE, &page_frame[i], &at), "pages");
        page[i] = at;
        must(tess_slot_alloc(&slots, &code_frame[i]), "slot");
        must(tess_slot_alloc(&slots, &data_frame[i]), "slot");
        must(tess_slot_alloc(&slots, &badged[i]), "slot");
        must(tess_cnode_mint(TESS_ROOT_CNODE, 0, handler, badged[i], TESS_RIGHT_ALL, i + 1),
             "mint");
        must(tess_frame_derive(page_frame[i], 0, TESS_PAGE, 0, code_frame[i],
                               TESS_RIGHT_READ | TESS_RIGHT_EXEC),
             "code");
        must(tess_frame_derive(page_frame[i], TESS_PAGE, TESS_PAGE, 0, data_frame[i],
                               TESS_RIGHT_READ | TESS_RIGHT_WRITE),
             "data");
    }
}

/* A victim's CNode has some objects, so that its system calls find something. */
static void give_objects(const struct victim *v, unsigned i)
{
    static const uint8_t type[] = { TESS_TYPE_endpoint, TESS_TYPE_notification, TESS_TYPE_reply,
                                    TESS_TYPE_endpoint, TESS_TYPE_notification };

    for (unsigned n = 0; n < sizeof type; n++) {
        must(tess_cnode_copy(v->cnode, 0, make(type[n], 0), n + 1, TESS_RIGHT_ALL), "copy");
    }
    must(tess_cnode_move(v->cnode, 0, make(TESS_TYPE_untyped, 4 * TESS_PAGE), 6), "move");
    must(tess_cnode_copy(v->cnode, 0, v->vspace, 7, TESS_RIGHT_ALL), "copy");
    must(tess_cnode_copy(v->cnode, 0, make(TESS_TYPE_frame, TESS_PAGE), 8, TESS_RIGHT_ALL), "copy");
    must(tess_cnode_copy(v->cnode, 0, victim[(i + 1) % VICTIMS].thread, 9, TESS_RIGHT_ALL), "copy");
}

/* Does this kernel have guests?  Needs memory and slots that nothing is made of yet. */
static bool has_guests(void)
{
    next_slot = first_slot;
    tess_cap vcpu = make(TESS_TYPE_vcpu, 0);
    enum tess_err err = tess_vcpu_bind(vcpu, make(TESS_TYPE_thread, 0));

    must(err == TESS_STATE ? TESS_OK : err, "bind a vCPU");
    return err == TESS_OK;
}

/* Every exception inside the guest is an exit; answered, the guest goes on behind the instruction. */
static void write_vectors(uint32_t *at)
{
    static const uint32_t code[] = {
        0xd4000002u, /* hvc #0 */
        0xd538403eu, /* mrs x30, elr_el1 */
        0x910013deu, /* add x30, x30, #4 */
        0xd518403eu, /* msr elr_el1, x30 */
        0xd69f03e0u, /* eret */
    };

    for (unsigned v = 0; v < 16; v++) {
        memcpy(&at[v * 32], code, sizeof code);
    }
}

/* Registers that the last program left in the virtual CPU: to their reset values, or to anything. */
static void prepare_guest(const struct victim *v, uint64_t *random)
{
    static const uint64_t reset[] = {
#define VCPU_STATE(name, number, value, text)    [number] = (value),
#define VCPU_REG(name, number, reg, value, text) VCPU_STATE(name, number, value, text)
#include <vcpu.def>
#undef VCPU_REG
#undef VCPU_STATE
    };
    bool wild = random_chance(random, 15);

    for (unsigned n = 0; n < TESS_VCPU_LR_END && random_chance(random, 99); n++) {
        uint64_t value = n < sizeof reset / sizeof *reset ? reset[n] : 0;
        must(tess_vcpu_write(v->vcpu, n, wild ? random_next(random) : value), "write vCPU");
    }
    if (!wild) {
        must(tess_vcpu_write(v->vcpu, TESS_VCPU_vbar, PROGRAM_CODE + VECTORS), "write vCPU");
        must(tess_vcpu_write(v->vcpu, TESS_VCPU_cpacr, random_chance(random, 80) ? 3u << 20 : 0),
             "write vCPU");
        must(tess_vcpu_write(v->vcpu, TESS_VCPU_vtimer,
                             TESS_VCPU_VTIMER_ON | random_below(random, 256) << 16 | 27),
             "write vCPU");
    }
    for (uint64_t n = random_below(random, 6); n > 0; n--) {
        enum tess_err err =
            tess_vcpu_inject(v->vcpu, random_below(random, 1020), random_below(random, 256), 0);
        must(err == TESS_AGAIN ? TESS_OK : err, "inject");
    }
}

static void build(void)
{
    uint64_t period = tess_ticks_of_ns(1000000);

    must(tess_cnode_revoke(TESS_ROOT_CNODE, memory), "revoke");
    next_slot = first_slot;
    for (unsigned i = 0; i < VICTIMS; i++) {
        struct victim *v = &victim[i];
        v->thread = make(TESS_TYPE_thread, 0);
        v->cnode = make(TESS_TYPE_cnode, 16);
        v->vspace = make(TESS_TYPE_vspace, 0);
        v->budget = make(TESS_TYPE_budget, 0);
        v->vcpu = guests && i >= VICTIMS - GUESTS ? make(TESS_TYPE_vcpu, 0) : 0;
        if (v->vcpu) {
            must(tess_vspace_guest(v->vspace), "guest");
        }
        must(tess_vspace_donate(v->vspace, memory, 12 * TESS_PAGE, 0, next_slot++), "donate");
        must(tess_frame_map(code_frame[i], v->vspace, PROGRAM_CODE,
                            TESS_RIGHT_READ | TESS_RIGHT_EXEC, 0, NULL),
             "map");
        must(tess_frame_map(data_frame[i], v->vspace, PROGRAM_DATA,
                            TESS_RIGHT_READ | TESS_RIGHT_WRITE, 0, NULL),
             "map");
        must(tess_budget_configure(v->budget, TESS_ROOT_CPU, period, period), "budget");
        must(tess_budget_bind(v->budget, v->thread), "bind");
        must(tess_thread_set_priority(v->thread, 40, 41), "priority");
    }
    for (unsigned i = 0; i < VICTIMS; i++) {
        give_objects(&victim[i], i);
        /* Every second one foreign: its svc instructions go to the handler. */
        must(tess_thread_configure(victim[i].thread, victim[i].cnode, victim[i].vspace, badged[i],
                                   page_frame[i], TESS_PAGE, i & 1 ? TESS_THREAD_FOREIGN : 0),
             "configure");
        if (victim[i].vcpu) {
            uint64_t version; /* of GICv2: two pages behind the data, which programs know */
            must(tess_vcpu_bind(victim[i].vcpu, victim[i].thread), "bind a vCPU");
            must(tess_vcpu_interface(victim[i].vcpu, PROGRAM_GICC, &version),
                 "virtual CPU interface");
        }
    }
}

/* The victim's next program; it is not running. */
static void next_program(unsigned i, struct tess_regs *regs)
{
    uint64_t random = seed << 32 ^ programs;

    programs++;
    program_write((uint32_t *)page[i], &random);
    program_registers(regs, &random);
    victim[i].exits = 0;
    if (victim[i].vcpu) {
        if (random_chance(&random, 70)) {
            regs->pstate = (regs->pstate & ~15ull) | EL1H;
        }
        write_vectors((uint32_t *)(page[i] + VECTORS));
        prepare_guest(&victim[i], &random);
    }
    memset(page[i] + TESS_PAGE, (int)programs, TESS_PAGE / 4);
}

/* By the thread capability: suspended, all registers set, resumed. */
static void restart(unsigned i)
{
    struct tess_regs regs;

    must(tess_thread_suspend(victim[i].thread), "suspend");
    next_program(i, &regs);
    must(tess_thread_write_regs(victim[i].thread, &regs), "write registers");
    must(tess_thread_resume(victim[i].thread), "resume");
}

/* By the reply to its fault, which sets all registers. */
static void answer(unsigned i)
{
    struct tess_regs regs;

    next_program(i, &regs);
    tess_ipc_put(&regs, TESS_REGS_WORDS);
    must(tess_reply(tess_tag(TESS_FAULT_REGS, TESS_MSG_REGS + TESS_REGS_WORDS, 0), 0,
                    (struct tess_words){ { 0 } }),
         "reply");
}

/* A guest's exit: mostly it goes on behind the instruction, with any value; false: it gets a new program. */
static bool advance(unsigned i)
{
    uint64_t random = seed << 32 ^ programs << 8 ^ victim[i].exits;

    if (victim[i].exits++ == EXITS || random_chance(&random, 3)) {
        return false;
    }
    if (random_chance(&random, 5)) { /* it is taken out of the CPU */
        uint64_t value;
        must(tess_vcpu_read(victim[i].vcpu, random_below(&random, TESS_VCPU_LR_END), &value),
             "read vCPU");
    }
    must(tess_reply(
             tess_tag(random_chance(&random, 95) ? TESS_FAULT_ADVANCE : TESS_FAULT_RESUME, 1, 0), 0,
             (struct tess_words){ { random_next(&random) } }),
         "reply");
    exits++;
    return true;
}

/* Nothing happened for a while: force somebody out of whatever it does. */
static void nothing_happens(unsigned turn)
{
    silent++;
    if (turn & 1) {
        (void)tess_thread_kick(victim[turn / 2 % VICTIMS].thread);
    } else {
        restart(turn / 2 % VICTIMS);
    }
}

static void life(uint64_t until)
{
    uint64_t end = programs + LIFE < until ? programs + LIFE : until;

    build();
    for (unsigned i = 0; i < VICTIMS; i++) {
        restart(i);
    }
    for (unsigned turn = 0; programs < end && refused < 20; turn++) {
        struct tess_msg m =
            tess_recv(handler, turn % 8 ? 0 : tess_deadline_ns(guests ? GUEST_NS : PATIENCE_NS));
        if (m.tag & (TESS_TAG_ERROR | TESS_TAG_SIGNAL)) {
            nothing_happens(turn);
            continue;
        }
        if (!(m.tag & TESS_TAG_FAULT)) {
            continue;
        }
        uint64_t kind = tess_tag_label(m.tag);
        unsigned i = (unsigned)(m.badge - 1) % VICTIMS;
        by_fault[kind < FAULTS ? kind : 0]++;
        if (kind == TESS_FAULT_guest && advance(i)) {
            continue;
        }
        if (kind == TESS_FAULT_syscall && turn % 4) {
            (void)tess_reply(tess_tag(TESS_FAULT_RESUME, 1, 0), 0,
                             (struct tess_words){ { programs } });
        } else if (turn % 3) {
            answer(i);
        } else {
            restart(i);
        }
    }
}

static void report(void)
{
    unsigned missing = 0;

    for (unsigned f = 1; f < FAULTS; f++) {
        printf("fault %-10s %9" PRIu64 "\n", fault_name[f], by_fault[f]);
        /* budget: no timeout handler here; hardware: the machine has no errors */
        missing += by_fault[f] == 0 && f != TESS_FAULT_budget && f != TESS_FAULT_hardware &&
                   (f != TESS_FAULT_guest || guests);
    }
    printf("silent %" PRIu64 ", exits of guests that went on %" PRIu64 "\n", silent, exits);
    check(programs < 20000 || missing == 0, "every kind of fault that a program can cause happens");
}

int main(void)
{
    uint64_t checked;
    enum tess_err err = tess_env_init_root(&env, &slots, &pool, slot_link, tess_bootinfo);

    if (err) {
        printf("FAIL: no environment: %s\n", tess_strerror(err));
        return 1;
    }
    uint64_t until = option(&env, "programs", 20000), step = until / 10 + 1;

    seed = option(&env, "seed", 1);
    printf("programs: seed %" PRIu64 ", %" PRIu64 " programs, %s kernel, EL%" PRIu64 "\n", seed,
           until, tess_bootinfo->debug_kernel ? "debug" : "release", tess_bootinfo->el);
    prepare();
    guests = has_guests();
    start_metronome();
    must(canary_start(&canary[0], &env, 40), "canary");
    must(canary_start(&canary[1], &env, 41), "canary");
    for (uint64_t next = step; programs < until && refused < 20;) {
        life(until);
        if (programs >= next) {
            printf("programs %" PRIu64 ", canary rounds %" PRIu64 "\n", programs, canary[0].rounds);
            next += step;
        }
    }
    report();
    check(tess_machine_check(TESS_ROOT_MACHINE, &checked) == TESS_OK,
          "the kernel's invariants hold at the end");
    check(refused == 0, "the guardian got all it asked for");
    for (unsigned i = 0; i < 2; i++) {
        printf("canary %u: rounds %" PRIu64 ", failures %" PRIu64 "\n", i, canary[i].rounds,
               canary[i].failures);
        check(canary[i].rounds > 0 && canary[i].failures == 0, "the canary is unharmed");
    }
    uint64_t failures = refused + canary[0].failures + canary[1].failures;
    printf("programs %" PRIu64 ", failures %" PRIu64 "\n", programs, failures);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
