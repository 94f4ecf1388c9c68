/*
 * What workers do next: a system call with its arguments.  This code has no global variables and makes no system call: it
 * runs in workers and in the host fuzzer.
 */
#include "worker.h"

#include <tessera/vcpu.h>

#include "platform.h"
#include "random.h"

/* ---- numbers ---- */

#define PICK(w, array) ((array)[random_below(&(w)->random, sizeof(array) / sizeof(array)[0])])

/*
 * Addresses of the kernel, as arguments.  No other number that a worker makes lies there, hence what comes out of a
 * system call and does is a leak; as a pc it may come back some instructions lower, because a fault is forgotten by
 * going back to the svc.
 */
#define KERNEL_MARK 0xabcu
static const uint64_t kernel_addresses[] = { 0xffff000040000abcull, 0xffff800000000abcull,
                                             0xffff900000000abcull };

static uint64_t any_word(struct worker *w)
{
    static const uint64_t special[] = { 0,
                                        1,
                                        2,
                                        3,
                                        4,
                                        7,
                                        8,
                                        63,
                                        64,
                                        65,
                                        255,
                                        256,
                                        4095,
                                        4096,
                                        4097,
                                        TESS_USER_TOP,
                                        TESS_USER_TOP - 4096,
                                        ~0ull,
                                        ~0ull - 4095 };
    uint64_t *r = &w->random;

    switch (random_below(r, 8)) {
    case 0:
    case 1:
        return PICK(w, special);
    case 2:
        return (1ull << random_below(r, 63)) + random_below(r, 3) - 1;
    case 3:
        return random_below(r, 1024) * TESS_PAGE;
    case 4:
        return random_next(r) >> (2 + random_below(r, 60));
    case 5:
        return PICK(w, kernel_addresses);
    default:
        return random_below(r, 64);
    }
}

/* Slots from t * SLOTS_A_TYPE on hold capabilities of type t, mostly, and the first of them more than the last. */
static uint64_t pick_slot(struct worker *w, unsigned type)
{
    uint64_t *r = &w->random;
    unsigned chance = (unsigned)random_below(r, 100);

    if (chance < 35) { /* where everybody has the same object */
        return type * SLOTS_A_TYPE + random_below(r, 2);
    }
    if (chance < 75) {
        return type * SLOTS_A_TYPE + random_below(r, 8);
    }
    if (chance < 93) {
        return type * SLOTS_A_TYPE + random_below(r, SLOTS_A_TYPE);
    }
    return chance < 98 ? random_below(r, FUZZ_SLOTS) : any_word(w);
}

/* What is deleted, moved, revoked: seldom what everybody needs. */
static uint64_t pick_victim(struct worker *w, unsigned type)
{
    uint64_t *r = &w->random;

    return random_chance(r, 85) ? type * SLOTS_A_TYPE + 4 + random_below(r, SLOTS_A_TYPE - 4)
                                : pick_slot(w, type);
}

/* A slot that is empty, perhaps. */
static uint64_t pick_free(struct worker *w, unsigned type)
{
    uint64_t *r = &w->random;

    if (type == TESS_TYPE_irq || type == TESS_TYPE_tables) { /* only workers make these */
        return type * SLOTS_A_TYPE + random_below(r, 8);
    }
    return random_chance(r, 90) ? type * SLOTS_A_TYPE + 8 + random_below(r, SLOTS_A_TYPE - 8)
                                : random_below(r, FUZZ_SLOTS + 2);
}

static uint64_t pick_or_none(struct worker *w, unsigned type, unsigned percent_none)
{
    return random_chance(&w->random, percent_none) ? 0 : pick_slot(w, type);
}

static unsigned any_type(struct worker *w)
{
    static const uint8_t often[] = { TESS_TYPE_untyped, TESS_TYPE_cnode,        TESS_TYPE_frame,
                                     TESS_TYPE_vspace,  TESS_TYPE_thread,       TESS_TYPE_endpoint,
                                     TESS_TYPE_reply,   TESS_TYPE_notification, TESS_TYPE_budget,
                                     TESS_TYPE_vcpu };

    return random_chance(&w->random, 90) ? PICK(w, often) : (unsigned)random_below(&w->random, 20);
}

static uint64_t any_size(struct worker *w)
{
    uint64_t *r = &w->random;

    if (random_chance(r, 8)) {
        return any_word(w);
    }
    switch (w->type) {
    case TESS_TYPE_frame:
        return (1 + random_below(r, 4)) * TESS_PAGE;
    case TESS_TYPE_untyped:
        return (1 + random_below(r, 6)) * TESS_PAGE;
    case TESS_TYPE_cnode:
        return 1 + random_below(r, 70);
    default:
        return 0;
    }
}

/* Where frames are mapped: few places near each other, so that they meet, and the borders of the address space. */
static uint64_t any_address(struct worker *w)
{
    uint64_t *r = &w->random;
    static const uint64_t far[] = { 0,
                                    0x1000,
                                    TESS_USER_TOP - 0x1000,
                                    TESS_USER_TOP - 0x2000,
                                    TESS_USER_TOP,
                                    0x7fffffe000ull,
                                    0x3ffff000ull,
                                    0x40000000ull };

    switch (random_below(r, 10)) {
    case 0:
        return PICK(w, far);
    case 1:
        return any_word(w);
    case 2:
        return PLAY_BASE + random_below(r, 0x8000) * TESS_PAGE;
    case 3:
        return worker_address((unsigned)random_below(r, WORKER_COUNT)) + 2 * TESS_PAGE;
    case 4:
    case 5: /* where a block fits */
        return PLAY_BASE + (8 + random_below(r, 8)) * 0x200000;
    default:
        return PLAY_BASE + random_below(r, 64) * TESS_PAGE;
    }
}

static uint64_t any_ticks(struct worker *w)
{
    static const uint64_t some[] = { 1000, 2000, 5000, 20000, 62500, 125000, 999, 0 };

    return random_chance(&w->random, 90) ? PICK(w, some) : any_word(w);
}

static uint64_t any_deadline(struct worker *w)
{
    uint64_t *r = &w->random;
    unsigned chance = (unsigned)random_below(r, 100);

    if (chance < 20) {
        return 0;
    }
    return chance < 95 ? w->now + random_below(r, 20000) : any_word(w);
}

static uint64_t any_pc(struct worker *w)
{
    unsigned chance = (unsigned)random_below(&w->random, 100);

    if (chance < 45) {
        return (uint64_t)worker_entry;
    }
    return chance < 80 ? (uint64_t)worker_spin : any_word(w);
}

/* Bits that mean something in the registers of a virtual CPU; no address of the kernel, which would come out again cut. */
static uint64_t any_guest_word(struct worker *w)
{
    static const uint64_t some[] = { 0,
                                     1,
                                     3,
                                     3u << 20,
                                     0x30d00800,
                                     GUEST_CODE + GUEST_VECTORS,
                                     TESS_VCPU_VTIMER_ON | 0xa0ull << 16 | 27,
                                     TESS_LR_PENDING | TESS_LR_GROUP1 | 0x80ull << 48 | 33,
                                     TESS_LR_ACTIVE | TESS_LR_GROUP1 | 34,
                                     0x4c9f9d1fe0ull };

    return random_chance(&w->random, 60) ? PICK(w, some) : random_next(&w->random) >> 2;
}

/* ---- arguments of invocations: one letter each ---- */

static const char *const patterns[OP_COUNT] = {
    [OP_untyped_retype] = "Tzcnmo",
    [OP_untyped_split] = "jcU",
    [OP_untyped_info] = "",
    [OP_cnode_copy] = "csdr",
    [OP_cnode_mint] = "csdrb",
    [OP_cnode_move] = "cSd",
    [OP_cnode_delete] = "S",
    [OP_cnode_revoke] = "S",
    [OP_cnode_read] = "s",
    [OP_frame_map] = "vaMA",
    [OP_frame_protect] = "MO",
    [OP_frame_unmap] = "",
    [OP_frame_derive] = "ppcDr",
    [OP_frame_address] = "",
    [OP_vspace_donate] = "upcL",
    [OP_vspace_map_vector] = "kMA",
    [OP_vspace_unmap_vector] = "k",
    [OP_vspace_protect_vector] = "kM",
    [OP_vspace_window] = "FcL",
    [OP_vspace_pages] = "k",
    [OP_vspace_guest] = "",
    [OP_vspace_info] = "",
    [OP_thread_configure] = "CVEFgf",
    [OP_thread_resume] = "",
    [OP_thread_suspend] = "",
    [OP_thread_start] = "xyyl",
    [OP_thread_read_regs] = "",
    [OP_thread_write_regs] = "",
    [OP_thread_set_priority] = "qq",
    [OP_thread_kick] = "",
    [OP_thread_bind_notification] = "N",
    [OP_thread_set_timeout_handler] = "E",
    [OP_thread_name] = "ww",
    [OP_thread_info] = "",
    [OP_thread_fpu_read] = "h",
    [OP_thread_fpu_write] = "h",
    [OP_cnode_cancel_badge] = "Bb",
    [OP_reply_defer] = "",
    [OP_budget_configure] = "Ptt",
    [OP_budget_bind] = "H",
    [OP_budget_unbind] = "",
    [OP_budget_consumed] = "",
    [OP_vcpu_bind] = "H",
    [OP_vcpu_read] = "R",
    [OP_vcpu_write] = "RG",
    [OP_vcpu_inject] = "QZX",
    [OP_vcpu_join] = "W",
    [OP_vcpu_interface] = "a",
    [OP_irq_bind] = "N",
    [OP_irq_ack] = "",
    [OP_irq_mask] = "h",
    [OP_irq_unbind] = "",
    [OP_irq_control_get] = "ihcI",
    [OP_trace_start] = "w",
    [OP_trace_stop] = "",
    [OP_machine_power_off] = "",
    [OP_machine_reset] = "",
    [OP_machine_write] = "h",
    [OP_machine_check] = "",
};

const char *worker_pattern(enum fuzz_op op)
{
    return patterns[op];
}

static uint64_t argument(struct worker *w, char kind)
{
    uint64_t *r = &w->random;

    if (random_chance(r, 2)) {
        return any_word(w);
    }
    switch (kind) {
    case 'T': /* type to make */
        return w->type = any_type(w);
    case 'z': /* its size */
        return any_size(w);
    case 'c': /* a CNode, or the own one */
        return pick_or_none(w, TESS_TYPE_cnode, 70);
    case 's': /* a capability of any type: its slot */
        w->type = any_type(w);
        return pick_slot(w, w->type);
    case 'S': /* likewise, to be lost */
        w->type = any_type(w);
        return pick_victim(w, w->type);
    case 'd': /* where one of that type goes */
        return pick_free(w, w->type);
    case 'n': {
        uint64_t slot = pick_free(w, w->type);

        w->fresh = w->type == TESS_TYPE_vspace ? (uint32_t)slot : w->fresh;
        return slot;
    }
    case 'm': /* how many */
        return random_chance(r, 80) ? 1 : random_below(r, 12);
    case 'o': /* offset */
        return random_chance(r, 85) ? TESS_OFFSET_NEXT : any_word(w);
    case 'p': /* bytes, whole pages */
        return random_chance(r, 90) ? random_below(r, 6) * TESS_PAGE : any_word(w);
    case 'r': /* rights */
        return random_chance(r, 60) ? TESS_RIGHT_ALL : random_below(r, 20);
    case 'M': /* rights of a mapping */
        return random_chance(r, 85) ? TESS_RIGHT_READ | random_below(r, 8) : random_below(r, 20);
    case 'j': /* bytes, whole pages, more of them */
        return random_below(r, 32) * TESS_PAGE;
    case 'b': /* badge */
        return random_chance(r, 30) ? 0 : 1ull << random_below(r, 63);
    case 'a':
        return any_address(w);
    case 'A': /* memory attributes */
        return random_chance(r, 70) ? 0 : random_below(r, 4);
    case 'k': /* length of a vector */
        return random_chance(r, 90) ? random_below(r, 6) : any_word(w);
    case 'g': /* offset of an IPC buffer */
        return random_chance(r, 90) ? random_below(r, 4) * 1024 : any_word(w);
    case 'f': /* flags of thread.configure */
        return random_chance(r, 85) ? 0 : random_below(r, 4);
    case 'x':
        return any_pc(w);
    case 'y': /* stack and argument: one of the workers that nobody runs yet */
        return worker_address(WORKER_COUNT - 1 - (unsigned)random_below(r, WORKER_SPARE));
    case 'l':
        return any_word(w);
    case 'q': /* priority */
        return random_chance(r, 90) ? 1 + random_below(r, 120) : any_word(w);
    case 't':
        return any_ticks(w);
    case 'h':
        return random_below(r, 3);
    case 'i': /* interrupt line */
        return random_chance(r, 80) ? 32 + random_below(r, 32) : random_below(r, 300);
    case 'C':
        return pick_or_none(w, TESS_TYPE_cnode, 20);
    case 'V':
        return pick_or_none(w, TESS_TYPE_vspace, 15);
    case 'v':
        return pick_slot(w, TESS_TYPE_vspace);
    case 'O': /* where the kernel notes how far it is */
        return random_chance(r, 95) ? 0 : any_word(w);
    case 'B':
        return pick_slot(w, TESS_TYPE_endpoint);
    case 'E':
        return pick_or_none(w, TESS_TYPE_endpoint, 15);
    case 'F':
        return pick_or_none(w, TESS_TYPE_frame, 15);
    case 'N':
        return pick_or_none(w, TESS_TYPE_notification, 15);
    case 'H':
        return pick_slot(w, TESS_TYPE_thread);
    case 'P':
        return pick_slot(w, TESS_TYPE_cpu);
    case 'u':
        return pick_slot(w, TESS_TYPE_untyped);
    case 'U': /* free slots for objects of a type */
        return pick_free(w, TESS_TYPE_untyped);
    case 'D':
        return pick_free(w, TESS_TYPE_frame);
    case 'L':
        return pick_free(w, TESS_TYPE_tables);
    case 'I':
        return pick_free(w, TESS_TYPE_irq);
    case 'W':
        return pick_slot(w, TESS_TYPE_vcpu);
    case 'X': /* an interrupt line, or none */
        return random_chance(r, 50) ? 0 : pick_or_none(w, TESS_TYPE_irq, 20);
    case 'R': /* register of a virtual CPU */
        return random_below(r, TESS_VCPU_LR_END + 2);
    case 'G': /* its value */
        return any_guest_word(w);
    case 'Q': /* virtual interrupt */
        return random_chance(r, 70) ? 16 + random_below(r, 40) : random_below(r, 1100);
    case 'Z': /* its priority */
        return random_below(r, 270);
    default:
        return any_word(w);
    }
}

static const uint8_t object_of[OP_COUNT] = {
#define INVOKE(object, verb, number, words, results, args, text)                                   \
    [OP_##object##_##verb] = TESS_TYPE_##object,
#include <invocations.def>
#undef INVOKE
};

static const uint8_t words_of[OP_COUNT] = {
#define INVOKE(object, verb, number, words, results, args, text) [OP_##object##_##verb] = words,
#include <invocations.def>
#undef INVOKE
};

static const uint8_t label_of[OP_COUNT] = {
#define INVOKE(object, verb, number, words, results, args, text) [OP_##object##_##verb] = number,
#include <invocations.def>
#undef INVOKE
};

/* ---- the IPC buffer ---- */

/* Registers that let a thread go on somewhere: where nothing is needed, or as a worker. */
static unsigned put_registers(struct worker *w, uint64_t *word)
{
    struct tess_regs regs = { 0 };

    regs.x[0] = argument(w, 'y');
    regs.sp = regs.x[0] + WORKER_BYTES;
    regs.pc = any_pc(w);
    regs.pstate = any_word(w);
    for (unsigned i = 0; i < TESS_REGS_WORDS; i++) {
        word[i] = ((const uint64_t *)&regs)[i];
    }
    return TESS_REGS_WORDS;
}

/* A run of pages of a window: mostly one that a small frame has. */
static void put_run(struct worker *w, uint64_t *word)
{
    uint64_t *r = &w->random;
    uint64_t op =
        random_chance(r, 75) ? TESS_RIGHT_READ | random_below(r, 16) : random_below(r, 20);
    uint64_t pages = random_chance(r, 80) ? random_below(r, 4) : random_below(r, 70);

    word[0] = (any_address(w) & -(uint64_t)TESS_PAGE) | (random_chance(r, 15) ? 0 : op);
    word[1] = random_chance(r, 95) ? random_below(r, 4) * TESS_PAGE | pages : any_word(w);
}

/* What follows the registers of an invocation; returns the words. */
static unsigned put_tail(struct worker *w, enum fuzz_op op, uint64_t count)
{
    uint64_t *word = &w->ipc.word[TESS_MSG_REGS];
    unsigned n = count > TESS_VECTOR_MAX ? TESS_VECTOR_MAX : (unsigned)count;

    switch (op) {
    case OP_vspace_map_vector:
        for (unsigned i = 0; i < n; i++) {
            word[2 * i] = pick_slot(w, TESS_TYPE_frame);
            word[2 * i + 1] = any_address(w);
        }
        return TESS_MSG_REGS + 2 * n;
    case OP_vspace_pages:
        for (unsigned i = 0; i < n; i++) {
            put_run(w, &word[2 * i]);
        }
        return TESS_MSG_REGS + 2 * n;
    case OP_vspace_unmap_vector:
    case OP_vspace_protect_vector:
        for (unsigned i = 0; i < n; i++) {
            word[i] = pick_slot(w, TESS_TYPE_frame);
        }
        return TESS_MSG_REGS + n;
    case OP_thread_write_regs:
        return TESS_MSG_REGS + put_registers(w, word);
    case OP_thread_fpu_write:
        return TESS_MSG_REGS + TESS_FPU_WORDS;
    default:
        return 0;
    }
}

static void put_capabilities(struct worker *w)
{
    for (unsigned i = 0; i < TESS_MSG_CAPS; i++) {
        w->ipc.cap[i] = pick_slot(w, any_type(w));
    }
    w->ipc.recv_slot = random_chance(&w->random, 80) ? pick_free(w, any_type(w)) : 0;
}

/* ---- system calls ---- */

static void make_invocation(struct worker *w, enum fuzz_op op, struct svc_registers *r)
{
    bool is_fresh = w->fresh != 0 && random_chance(&w->random, 50);

    op = is_fresh ? OP_vspace_guest : op; /* before anything is put into it */
    const char *p = patterns[op];
    unsigned words = 0,
             caps = random_chance(&w->random, 3) ? (unsigned)random_below(&w->random, 8) : 0;

    for (; p[words] != 0; words++) {
        r->x[10 + words] = argument(w, p[words]);
    }
    words = words < words_of[op] ? words_of[op] : words;
    unsigned tail = put_tail(w, op, r->x[10]);

    words = tail ? tail : words;
    if (random_chance(&w->random, 2)) {
        words = (unsigned)random_below(&w->random, 128);
    }
    r->x[0] = is_fresh ? w->fresh : pick_slot(w, object_of[op]);
    w->fresh = is_fresh ? 0 : w->fresh;
    r->x[1] = tess_tag(label_of[op], words, caps);
    r->x[2] = random_chance(&w->random, 90) ? 0 : any_deadline(w);
    w->op = op;
}

/* A message: mostly short, mostly without capabilities. */
static void put_message(struct worker *w, struct svc_registers *r)
{
    uint64_t *rnd = &w->random;
    unsigned words = (unsigned)random_below(rnd, random_chance(rnd, 80) ? 9 : 70);
    unsigned caps = random_chance(rnd, 70) ? 0 : (unsigned)random_below(rnd, 6);

    for (unsigned i = 0; i < TESS_MSG_REGS; i++) {
        r->x[10 + i] = random_next(rnd) >> 1;
    }
    if (caps) {
        put_capabilities(w);
    }
    r->x[1] = tess_tag(0x100 + random_below(rnd, 0x100), words, caps);
    if (random_chance(rnd, 1)) {
        r->x[1] = random_next(rnd);
    }
}

/* An answer to a fault says how to go on. */
static void put_answer(struct worker *w, struct svc_registers *r)
{
    if (w->serving == 2 && random_chance(&w->random, 95)) {
        static const uint8_t label[] = { TESS_FAULT_RESUME,
                                         TESS_FAULT_RESUME,
                                         TESS_FAULT_RESUME,
                                         TESS_FAULT_REGS,
                                         TESS_FAULT_STOP,
                                         TESS_FAULT_ADVANCE,
                                         4 };
        uint64_t how = PICK(w, label);

        unsigned words = 1;
        if (how == TESS_FAULT_REGS) {
            words = TESS_MSG_REGS + put_registers(w, &w->ipc.word[TESS_MSG_REGS]);
        }
        r->x[1] = tess_tag(how, words, 0);
    }
    w->serving = 0;
}

static uint64_t pick_waitable(struct worker *w)
{
    return pick_slot(w,
                     random_chance(&w->random, 75) ? TESS_TYPE_endpoint : TESS_TYPE_notification);
}

/* One system call that is not an invocation, by purpose. */
static void make_call(struct worker *w, unsigned number, struct svc_registers *r)
{
    put_message(w, r);
    r->x[0] = pick_slot(w, TESS_TYPE_endpoint);
    r->x[2] = any_deadline(w);
    switch (number) {
    case TESS_SYS_reply_recv:
    case TESS_SYS_reply:
        put_answer(w, r);
        r->x[3] = pick_or_none(w, TESS_TYPE_reply, 70);
        break;
    case TESS_SYS_recv:
    case TESS_SYS_try_recv:
        r->x[0] = pick_waitable(w);
        break;
    case TESS_SYS_ack_recv:
        r->x[0] = pick_waitable(w);
        r->x[3] = pick_slot(w, TESS_TYPE_irq);
        break;
    case TESS_SYS_signal:
        r->x[0] = pick_slot(w, TESS_TYPE_notification);
        break;
    default:
        break;
    }
    bool receives =
        number == TESS_SYS_recv || number == TESS_SYS_reply_recv || number == TESS_SYS_ack_recv;

    if (random_chance(&w->random, receives ? 70 : 30)) {
        r->x[2] = 0;
    }
    w->op = number;
}

/* ---- what kind of worker it is ---- */

static unsigned pick_call(struct worker *w)
{
    static const uint8_t clients[] = { TESS_SYS_call, TESS_SYS_call,     TESS_SYS_call,
                                       TESS_SYS_send, TESS_SYS_try_send, TESS_SYS_signal,
                                       TESS_SYS_recv };
    static const uint8_t servers[] = { TESS_SYS_recv,    TESS_SYS_recv,       TESS_SYS_recv,
                                       TESS_SYS_call,    TESS_SYS_reply_recv, TESS_SYS_try_recv,
                                       TESS_SYS_ack_recv };
    static const uint8_t answers[] = { TESS_SYS_reply_recv, TESS_SYS_reply_recv, TESS_SYS_reply };

    if (w->serving && random_chance(&w->random, 85)) {
        return PICK(w, answers);
    }
    switch (w->personality) {
    case CLIENT:
        return PICK(w, clients);
    case SERVER:
        return PICK(w, servers);
    default:
        return (unsigned)random_below(&w->random, TESS_SYS_COUNT);
    }
}

/* In percent: how much of what it does are invocations. */
static const uint8_t invocations[PERSONALITIES] = {
    [CLIENT] = 20, [SERVER] = 12, [INVOKER] = 95, [MIXED] = 60
};

unsigned worker_next(struct worker *w, struct svc_registers *r)
{
    unsigned number = TESS_SYS_call;

    *r = (struct svc_registers){ 0 };
    w->calls++;
    if (w->serving && random_chance(&w->random, 10)) {
        make_invocation(w, OP_reply_defer, r);
    } else if (random_chance(&w->random, invocations[w->personality % PERSONALITIES])) {
        make_invocation(w, OP_INVOKE + (unsigned)random_below(&w->random, OP_COUNT - OP_INVOKE), r);
    } else if (random_below(&w->random, 3000) == 0) {
        number =
            TESS_SYS_COUNT + (unsigned)random_below(&w->random, FUZZ_SVC_NUMBERS - TESS_SYS_COUNT);
        make_call(w, number, r);
    } else {
        number = pick_call(w);
        make_call(w, number, r);
    }
    return number;
}

/* The error that a tag stands for; FUZZ_ERRORS - 1: an invocation went to an endpoint, and a worker answered. */
static unsigned error_of(uint64_t op, uint64_t tag)
{
    uint64_t label = tess_tag_label(tag);

    if (tag & (TESS_TAG_SIGNAL | TESS_TAG_FAULT)) {
        return 0;
    }
    if (label >= FUZZ_ERRORS - 1) { /* no error: a worker's answer */
        return op < OP_INVOKE ? 0 : FUZZ_ERRORS - 1;
    }
    return (unsigned)label;
}

static void fail(struct worker *w, enum failure code, uint64_t a, uint64_t b)
{
    w->failures++;
    w->failure[0] = code;
    w->failure[1] = w->op;
    w->failure[2] = a;
    w->failure[3] = b;
}

void worker_done(struct worker *w, unsigned number, const struct svc_registers *r, uint64_t pattern)
{
    uint64_t tag = r->x[1];

    for (unsigned i = 0; i < 11; i++) {
        if (r->kept[i] != pattern + 19 + i) {
            fail(w, FAIL_KEPT, i + 19, r->kept[i]);
        }
    }
    for (unsigned i = 0; i < 18; i++) { /* a kernel address came out that nobody put in */
        if (platform_kernel_address(r->x[i]) && KERNEL_MARK - (r->x[i] & 0xfff) > 0x40) {
            fail(w, FAIL_LEAK, i, r->x[i]);
        }
    }
    if (number < TESS_SYS_COUNT) {
        w->cover[w->op][error_of(w->op, tag)]++;
    }
    bool received = !(tag & (TESS_TAG_ERROR | TESS_TAG_SIGNAL));
    if (received && (number == TESS_SYS_recv || number == TESS_SYS_try_recv ||
                     number == TESS_SYS_reply_recv || number == TESS_SYS_ack_recv)) {
        w->serving = tag & TESS_TAG_FAULT ? 2 : 1;
    }
}
