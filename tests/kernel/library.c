/* lib/tess: allocators, helpers, C runtime. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test.h"

TEST("the slot allocator gives each slot once and takes it back once")
{
    static uint32_t link[8];
    struct tess_slots s;
    uint64_t slot[8], extra;

    tess_slots_init(&s, 10, 18, link);
    for (unsigned i = 0; i < 8; i++) {
        OK(tess_slot_alloc(&s, &slot[i]));
        for (unsigned j = 0; j < i; j++) {
            TRUE(slot[i] != slot[j]);
        }
        TRUE(slot[i] >= 10 && slot[i] < 18);
    }
    ERR(tess_slot_alloc(&s, &extra), NOMEM);
    EQ(s.used, 8);
    OK(tess_slot_free(&s, slot[3]));
    ERR(tess_slot_free(&s, slot[3]), STATE);
    ERR(tess_slot_free(&s, 9), RANGE);
    ERR(tess_slot_free(&s, 18), RANGE);
    OK(tess_slot_alloc(&s, &extra));
    EQ(extra, slot[3]);
}

TEST("the slot allocator gives ranges in a row, and says when none is left")
{
    static uint32_t link[16];
    struct tess_slots s;
    uint64_t a, b;

    tess_slots_init(&s, 1, 17, link);
    OK(tess_slot_alloc_range(&s, 10, &a));
    EQ(a, 1);
    ERR(tess_slot_alloc_range(&s, 7, &b), NOMEM);
    OK(tess_slot_alloc_range(&s, 6, &b));
    EQ(b, 11);
    OK(tess_slot_free_range(&s, a, 10));
    EQ(s.used, 6);
    ERR(tess_slot_free(&s, 16 + 1), RANGE);
}

TEST("an allocation that fails gives its slot back")
{
    tess_cap cap;
    uint32_t used = env.slots->used;

    ERR(tess_alloc(&env, TESS_TYPE_frame, 1ull << 40, &cap), NOMEM);
    EQ(env.slots->used, used);
    ERR(tess_alloc(&env, TESS_TYPE_cpu, 0, &cap), ARG);
    EQ(env.slots->used, used);
}

TEST("a thread that cannot be made leaves no slot in use")
{
    struct tess_thread t;
    uint32_t used = env.slots->used;

    ERR(tess_thread_create(
            &env, &t, &(struct tess_thread_config){ .priority = LOW, .stack_bytes = 1ull << 40 }),
        NOMEM);
    EQ(env.slots->used, used);
    ERR(tess_thread_create(&env, &t, &(struct tess_thread_config){ .priority = 999 }), ARG);
    EQ(env.slots->used, used);
}

TEST("a thread is destroyed with its memory")
{
    struct tess_thread t;
    uint32_t used = env.slots->used;
    uint64_t before, after;

    OK(tess_vspace_info(env.vspace, NULL, &before));
    OK(tess_thread_create(&env, &t, &(struct tess_thread_config){ .priority = LOW }));
    OK(tess_thread_run(&env, &t, forever, NULL));
    sleep_us(500);
    tess_thread_destroy(&env, &t);
    OK(tess_vspace_info(env.vspace, NULL, &after));
    EQ(after, before);
    EQ(env.slots->used, used);
}

static void overflow(void *argument)
{
    volatile char space[512];

    space[0] = (char)(uintptr_t)argument;
    if (shared[9] == 0) { /* always */
        overflow((char *)argument + space[0]);
    }
    space[1] = space[0];
}

TEST("a stack that overflows is a page fault below the thread's memory")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t =
        spawn_with(&(struct tess_thread_config){ .priority = HIGH, .fault = ep }, overflow, 0);
    struct tess_msg m = tess_recv(ep, 0);

    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    TRUE(m.w[0] < t->base && m.w[0] >= t->base - 4096);
}

static _Thread_local uint64_t local = 42, local_zero;

static void use_local(void *argument)
{
    (void)argument;
    shared[1] = local;
    shared[2] = local_zero;
    local = local_zero = 7;
    shared[0] = 1;
}

TEST("thread-local variables belong to the thread and start initialised")
{
    local = local_zero = 1000;
    spawn(HIGH, use_local, 0);
    EQ(shared[0], 1);
    EQ(shared[1], 42);
    EQ(shared[2], 0);
    EQ(local, 1000);
    EQ(local_zero, 1000);
}

TEST("each thread has an IPC buffer of its own")
{
    struct tess_thread *t = spawn(LOW, forever, 0);

    TRUE(tess_ipc_buffer() != t->ipc);
    EQ((uint64_t)t->ipc % 1024, 0);
}

TEST("nanoseconds become ticks rounded up, ticks become nanoseconds rounded down")
{
    uint64_t hz = tess_tick_hz();

    EQ(tess_ticks_of_ns(1000000000), hz);
    EQ(tess_ns_of_ticks(hz), 1000000000);
    EQ(tess_ticks_of_ns(0), 0);
    TRUE(tess_ticks_of_ns(1) == 1 || hz > 1000000000);
    EQ(tess_ticks_of_ns(3600000000000ull), 3600 * hz);
    for (uint64_t ns = 1; ns < 1000000000000000ull; ns = ns * 7 + 1) {
        TRUE(tess_ns_of_ticks(tess_ticks_of_ns(ns)) >= ns);
    }
}

TEST("malloc gives memory, free takes it back, and too much is refused")
{
    char *p = malloc(1000), *q = malloc(2000);

    TRUE(p && q && p != q);
    memset(p, 1, 1000);
    memset(q, 2, 2000);
    EQ(p[999], 1);
    free(p);
    free(q);
    EQ((uint64_t)malloc(1u << 30), 0);
    for (int i = 0; i < 1000; i++) {
        p = malloc(10000);
        TRUE(p != NULL);
        free(p);
    }
}

TEST("the C library formats numbers, floating point included")
{
    char text[64];

    snprintf(text, sizeof text, "%d %#llx %.3f", -5, 0x123456789abcdefull, 2.5);
    EQ(strcmp(text, "-5 0x123456789abcdef 2.500"), 0);
}

TEST("memory from tess_alloc_memory is zero, writable, and has a hole behind it")
{
    tess_cap a, b;
    void *p, *q;

    OK(tess_alloc_memory(&env, 5000, &a, &p));
    OK(tess_alloc_memory(&env, 100, &b, &q));
    TRUE((char *)q >= (char *)p + 8192 + 4096);
    for (unsigned i = 0; i < 8192; i++) {
        EQ(((volatile char *)p)[i], 0);
    }
    ((volatile char *)p)[8191] = 1;
}
