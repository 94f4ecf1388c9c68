/* Kernel objects and messages; see native.h. */
#include "native.h"

#include <comp/layout.h>
#include <string.h>
#include <tess/time.h>

#define THREADS_MAX   4096u
#define CHUNK_BYTES   65536u /* of page tables, donated at once */
#define OBJECTS_SHARE 12u /* of the memory is for kernel objects and tables: one part in so many */
#define OBJECTS_LEAST (4ull << 20)
#define SLICE_NS      10000000u

struct native_space {
    tess_cap vspace, window;
    uint32_t next_free; /* index + 1 */
};

static struct {
    tess_cap objects; /* untyped */
    tess_cap frame;   /* the window */
    tess_cap endpoint;
    uint64_t first_slot, next_slot, end_slot;
    uint64_t priority;
    struct native thread[THREADS_MAX];
    struct native_space space[THREADS_MAX];
    uint32_t threads, spaces;         /* made */
    uint32_t free_thread, free_space; /* index + 1; 0: none */
} native;

static tess_cap new_slot(void)
{
    return native.next_slot < native.end_slot ? native.next_slot++ : 0;
}

/* A new kernel object; 0: no memory or no slot. */
static tess_cap make(enum tess_type type, uint64_t size)
{
    tess_cap slot = new_slot();

    if (slot && tess_untyped_retype(native.objects, type, size, 0, slot, 1, TESS_OFFSET_NEXT)) {
        native.next_slot--;
        return 0;
    }
    return slot;
}

static bool donate(tess_cap vspace)
{
    tess_cap slot = new_slot();

    return slot && !tess_vspace_donate(vspace, native.objects, CHUNK_BYTES, 0, slot);
}

static enum tess_err map_window(uint64_t bytes)
{
    enum tess_err err;

    native.frame = new_slot();
    err = tess_untyped_retype(native.frame - 1, TESS_TYPE_frame, bytes, 0, native.frame, 1,
                              TESS_OFFSET_NEXT);
    while (!err) {
        uint64_t pages;

        err = tess_frame_map(native.frame, COMP_SLOT_VSPACE, WINDOW_AT,
                             TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_NORMAL, &pages);
        if (err != TESS_NOMEM) {
            break;
        }
        err = donate(COMP_SLOT_VSPACE) ? TESS_OK : TESS_NOMEM;
    }
    return err;
}

/* ---- the alarm ---- */

/*
 * A thread of the personality's own waits for the next time, so that the event loop receives without a deadline, which is the kernel's
 * short path.  `due` is written by both sides:
 *
 *     event loop: an earlier time --> due = it, signal        alarm: due has come --> due = NEVER, signal the component
 *
 * A time that was taken back still comes; the loop finds nothing to do then.  Is `due` overwritten with NEVER by an alarm for a time
 * before, the loop, which that wakes, sets it again.
 */
#define NEVER       UINT64_MAX
#define ALARM_STACK 1024u

static struct {
    volatile uint64_t due; /* ticks */
    tess_cap wake;         /* its notification */
    tess_cap ring;         /* the component's, with the bit NATIVE_ALARM */
    uint8_t stack[ALARM_STACK] __attribute__((aligned(16)));
} alarm = { .due = NEVER };

static _Noreturn void alarm_thread(void)
{
    for (;;) {
        uint64_t due = __atomic_load_n(&alarm.due, __ATOMIC_ACQUIRE);
        enum tess_err err;

        (void)tess_wait(alarm.wake, due == NEVER ? 0 : due, &err);
        if (err == TESS_TIMEOUT) {
            __atomic_store_n(&alarm.due, NEVER, __ATOMIC_RELEASE);
            (void)tess_signal(alarm.ring);
        }
    }
}

static bool alarm_start(uint64_t priority)
{
    tess_cap thread = make(TESS_TYPE_thread, 0), budget = make(TESS_TYPE_budget, 0);
    uint64_t slice = tess_ticks_of_ns(SLICE_NS);
    struct tess_regs regs = { .pc = (uint64_t)alarm_thread,
                              .sp = (uint64_t)(alarm.stack + ALARM_STACK) };

    alarm.wake = make(TESS_TYPE_notification, 0);
    alarm.ring = new_slot();
    return thread && budget && alarm.wake && alarm.ring &&
           !tess_cnode_mint(COMP_SLOT_CNODE, 0, COMP_SLOT_NOTE, alarm.ring, TESS_RIGHT_SEND,
                            NATIVE_ALARM) &&
           !tess_thread_configure(thread, COMP_SLOT_CNODE, COMP_SLOT_VSPACE, 0, 0, 0, 0) &&
           !tess_thread_set_priority(thread, priority, priority) &&
           !tess_budget_configure(budget, COMP_SLOT_CPU, slice, slice) &&
           !tess_budget_bind(budget, thread) && !tess_thread_write_regs(thread, &regs) &&
           !tess_thread_resume(thread);
}

void native_alarm(uint64_t ticks)
{
    if (ticks < alarm.due) {
        __atomic_store_n(&alarm.due, ticks, __ATOMIC_RELEASE);
        (void)tess_signal(alarm.wake);
    }
}

enum tess_err native_start(const struct native_config *config, uint64_t *window)
{
    uint64_t objects = config->bytes / OBJECTS_SHARE;
    enum tess_err err;

    objects = (objects > OBJECTS_LEAST ? objects : OBJECTS_LEAST) & ~(uint64_t)(CHUNK_BYTES - 1);
    if (config->bytes < 2 * objects) {
        return TESS_NOMEM;
    }
    native.objects = config->memory;
    native.first_slot = native.next_slot = config->first_slot;
    native.end_slot = config->end_slot;
    native.priority = config->priority;
    err = tess_untyped_split(config->memory, objects, 0, new_slot());
    *window = config->bytes - objects;
    err = err ? err : map_window(*window);
    native.endpoint = err ? 0 : make(TESS_TYPE_endpoint, 0);
    return err ? err : native.endpoint && alarm_start(config->own_priority) ? TESS_OK : TESS_NOMEM;
}

/* ---- threads ---- */

static bool make_thread(struct native *n)
{
    n->thread = make(TESS_TYPE_thread, 0);
    n->budget = make(TESS_TYPE_budget, 0);
    n->reply = make(TESS_TYPE_reply, 0);
    n->fault = new_slot();
    if (!n->thread || !n->budget || !n->reply || !n->fault) {
        return false;
    }
    uint64_t slice = tess_ticks_of_ns(SLICE_NS);

    return !tess_cnode_mint(COMP_SLOT_CNODE, 0, native.endpoint, n->fault, TESS_RIGHT_SEND,
                            n->number) &&
           !tess_thread_set_priority(n->thread, native.priority, native.priority) &&
           !tess_budget_configure(n->budget, COMP_SLOT_CPU, slice, slice) &&
           !tess_budget_bind(n->budget, n->thread);
}

struct native *native_new(void *owner)
{
    struct native *n;

    if (native.free_thread) {
        n = &native.thread[native.free_thread - 1];
        native.free_thread = n->next_free;
    } else {
        if (native.threads + 1 == THREADS_MAX) {
            return NULL;
        }
        n = &native.thread[native.threads];
        n->number = native.threads + 1;
        if (!make_thread(n)) {
            return NULL;
        }
        native.threads++;
    }
    n->owner = owner;
    return n;
}

void native_free(struct native *n)
{
    (void)tess_thread_suspend(n->thread);
    n->owner = NULL;
    n->next_free = native.free_thread;
    native.free_thread = n->number;
}

void *native_owner(uint64_t badge)
{
    return badge - 1 < native.threads ? native.thread[badge - 1].owner : NULL;
}

enum tess_err native_use_space(struct native *n, struct native_space *s)
{
    if (n->space_is == s) {
        return TESS_OK;
    }
    enum tess_err err =
        tess_thread_configure(n->thread, 0, s->vspace, n->fault, 0, 0, TESS_THREAD_FOREIGN);

    n->space_is = err ? NULL : s;
    return err;
}

enum tess_err native_run(struct native *n, const struct tess_regs *regs)
{
    enum tess_err err = tess_thread_write_regs(n->thread, regs);

    return err ? err : tess_thread_resume(n->thread);
}

void native_stop(struct native *n)
{
    (void)tess_thread_suspend(n->thread);
}

void native_kick(struct native *n)
{
    (void)tess_thread_kick(n->thread);
}

void native_read_regs(struct native *n, struct tess_regs *out)
{
    (void)tess_thread_read_regs(n->thread, out);
}

void native_read_fp(struct native *n, uint64_t *to)
{
    (void)tess_thread_fpu_read(n->thread, 0, to);
    (void)tess_thread_fpu_read(n->thread, 1, to + 32);
}

void native_write_fp(struct native *n, const uint64_t *from)
{
    uint64_t low[TESS_FPU_WORDS];

    memcpy(low, from, 32 * 8);
    low[32] = from[64];
    low[33] = from[65];
    (void)tess_thread_fpu_write(n->thread, 0, low);
    (void)tess_thread_fpu_write(n->thread, 1, from + 32);
}

uint64_t native_consumed(struct native *n)
{
    uint64_t ticks = 0;

    (void)tess_budget_consumed(n->budget, &ticks, NULL);
    return tess_ns_of_ticks(ticks);
}

/* ---- address spaces ---- */

struct native_space *native_space_new(void)
{
    struct native_space *s;

    if (native.free_space) {
        s = &native.space[native.free_space - 1];
        native.free_space = s->next_free;
        return s;
    }
    if (native.spaces == THREADS_MAX) {
        return NULL;
    }
    s = &native.space[native.spaces];
    s->vspace = make(TESS_TYPE_vspace, 0);
    s->window = new_slot();
    if (!s->vspace || !s->window || tess_vspace_window(s->vspace, native.frame, 0, s->window) ||
        !donate(s->vspace)) {
        return NULL;
    }
    native.spaces++;
    return s;
}

void native_space_free(struct native_space *s)
{
    s->next_free = native.free_space;
    native.free_space = (uint32_t)(s - native.space) + 1;
}

bool native_pages(struct native_space *s, const struct tess_run *run, unsigned count)
{
    while (count) {
        uint64_t done;
        enum tess_err err = tess_vspace_pages(s->vspace, run, count, &done);

        if (err && (err != TESS_NOMEM || !donate(s->vspace))) {
            return false;
        }
        run += done;
        count -= (unsigned)done;
    }
    return true;
}

/* ---- what is taken ---- */

void native_taken(struct native_taken *out)
{
    struct tess_untyped_info info = { 0 };

    (void)tess_untyped_info(native.objects, &info);
    *out = (struct native_taken){
        .objects = info.used,
        .objects_all = info.bytes,
        .slots = native.next_slot - native.first_slot,
        .slots_all = native.end_slot - native.first_slot,
        .threads = native.threads,
        .spaces = native.spaces,
    };
    for (uint32_t at = native.free_thread; at; at = native.thread[at - 1].next_free) {
        out->threads_free++;
    }
    for (uint32_t at = native.free_space; at; at = native.space[at - 1].next_free) {
        out->spaces_free++;
    }
}

/* ---- messages ---- */

void native_defer(struct native *n)
{
    (void)tess_reply_defer(n->reply);
}

#define TAG_VALUE ((uint64_t)TESS_FAULT_RESUME << TESS_TAG_LABEL_SHIFT | 1)
#define TAG_REGS                                                                                   \
    ((uint64_t)TESS_FAULT_REGS << TESS_TAG_LABEL_SHIFT | (TESS_MSG_REGS + TESS_REGS_WORDS))

void native_answer(const struct native_answer *a)
{
    if (a->kind == ANSWER_REGS) {
        tess_ipc_put(a->regs, TESS_REGS_WORDS);
        (void)tess_reply_0(TAG_REGS, a->reply);
    } else if (a->kind == ANSWER_VALUE) {
        (void)tess_reply_1(TAG_VALUE, a->reply, a->value);
    }
}

struct tess_msg native_next(const struct native_answer *a)
{
    switch (a->kind) {
    case ANSWER_VALUE:
        return tess_reply_recv_1(native.endpoint, TAG_VALUE, 0, a->reply, a->value);
    case ANSWER_REGS:
        tess_ipc_put(a->regs, TESS_REGS_WORDS);
        return tess_reply_recv_0(native.endpoint, TAG_REGS, 0, a->reply);
    default:
        return tess_recv(native.endpoint, 0);
    }
}
