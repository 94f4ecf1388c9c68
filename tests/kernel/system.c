/* Trace ring, machine, emergency console. */
#include <tessera/trace.h>
#include "test.h"

static const volatile struct tess_trace_ring *ring;
static tess_cap ring_frame;

static void open_ring(void)
{
    void *p;

    ring_frame = copy(TESS_ROOT_TRACE_RING, TESS_RIGHT_READ);
    OK(tess_map(&env, ring_frame, sizeof *ring, TESS_RIGHT_READ, TESS_ATTR_NORMAL, &p));
    ring = p;
}

static bool recorded(uint64_t from, enum tess_trace kind)
{
    for (uint64_t i = from; i < ring->count; i++) {
        if (ring->event[i % TESS_TRACE_EVENTS].kind == kind) {
            return true;
        }
    }
    return false;
}

TEST("trace.start records, trace.stop ends it and says how much")
{
    uint64_t events = 0, before;

    open_ring();
    OK(tess_trace_start(TESS_ROOT_TRACE, 0));
    before = ring->count;
    EQ(ring->on != 0, 1);
    tess_nop();
    tess_nop();
    OK(tess_trace_stop(TESS_ROOT_TRACE, &events));
    TRUE(ring->count > before);
    EQ(ring->on, 0);
    before = ring->count;
    tess_nop();
    tess_nop();
    EQ(ring->count, before);
    TRUE(events >= 2);
    drop(ring_frame);
}

TEST("while tracing, system calls do the same as without")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, echo_server, ep);
    OK(tess_trace_start(TESS_ROOT_TRACE, 0));
    for (uint64_t i = 0; i < 100; i++) {
        struct tess_msg m = tess_call_1(ep, tess_tag(i, 1, 0), 0, i);

        EQ(tess_tag_label(m.tag), i + 1);
        EQ(m.w[0], i);
    }
    OK(tess_trace_stop(TESS_ROOT_TRACE, NULL));
}

TEST("messages, replies, switches, signals, faults and invocations leave their events")
{
    tess_cap ep = make(TESS_TYPE_endpoint), n = mint(make(TESS_TYPE_notification), 15, 1);
    uint64_t from;

    open_ring();
    spawn(HIGH, echo_server, ep);
    OK(tess_trace_start(TESS_ROOT_TRACE, 0));
    from = ring->count;
    (void)tess_call_0(ep, tess_tag(0, 0, 0), 0);
    OK(tess_signal(n));
    sleep_us(100);
    OK(tess_trace_stop(TESS_ROOT_TRACE, NULL));
    TRUE(recorded(from, TESS_TRACE_syscall));
    TRUE(recorded(from, TESS_TRACE_ipc));
    TRUE(recorded(from, TESS_TRACE_reply));
    TRUE(recorded(from, TESS_TRACE_switch));
    TRUE(recorded(from, TESS_TRACE_signal));
    TRUE(recorded(from, TESS_TRACE_invoke));
    TRUE(recorded(from, TESS_TRACE_timer));
    drop(ring_frame);
}

TEST("a mask selects the events that are recorded")
{
    uint64_t from;

    open_ring();
    OK(tess_trace_start(TESS_ROOT_TRACE, 1u << TESS_TRACE_switch));
    from = ring->count;
    sleep_us(100);
    tess_nop();
    OK(tess_trace_stop(TESS_ROOT_TRACE, NULL));
    TRUE(recorded(from, TESS_TRACE_switch));
    TRUE(!recorded(from, TESS_TRACE_syscall));
    drop(ring_frame);
}

TEST("event times do not go backwards, and the ring wraps without losing its count")
{
    uint64_t events = 0;

    open_ring();
    OK(tess_trace_start(TESS_ROOT_TRACE, 0));
    for (unsigned i = 0; i < 2 * TESS_TRACE_EVENTS; i++) {
        tess_nop();
    }
    OK(tess_trace_stop(TESS_ROOT_TRACE, &events));
    TRUE(ring->count >= 2 * TESS_TRACE_EVENTS);
    for (uint64_t i = ring->count - TESS_TRACE_EVENTS + 1; i < ring->count; i++) {
        TRUE(ring->event[i % TESS_TRACE_EVENTS].time >=
             ring->event[(i - 1) % TESS_TRACE_EVENTS].time);
    }
    drop(ring_frame);
}

TEST("the trace ring cannot be mapped writable")
{
    tess_cap frame = copy(TESS_ROOT_TRACE_RING, TESS_RIGHT_ALL);

    ERR(tess_frame_map(frame, env.vspace, spare, TESS_RIGHT_READ | TESS_RIGHT_WRITE, 0, NULL),
        RIGHTS);
    drop(frame);
}

TEST("machine.write takes 1 to 56 bytes")
{
    uint64_t taken = 0;

    OK(tess_machine_write(TESS_ROOT_MACHINE, "\n", 1, &taken));
    EQ(taken, 1);
    ERR(tess_machine_write(TESS_ROOT_MACHINE, "", 0, NULL), ARG);
    ERR(tess_machine_write(TESS_ROOT_MACHINE, "", 57, NULL), ARG);
    ERR(tess_machine_write(TESS_ROOT_MACHINE, "", ~0ull, NULL), ARG);
}

TEST("machine.check says whether the kernel can check itself")
{
    uint64_t checked = 9;

    OK(tess_machine_check(TESS_ROOT_MACHINE, &checked));
    EQ(checked, tess_bootinfo->debug_kernel);
}

TEST("the machine's capability can be copied and its copy used")
{
    tess_cap machine = copy(TESS_ROOT_MACHINE, TESS_RIGHT_ALL);

    OK(tess_machine_check(machine, NULL));
    drop(machine);
}

TEST("invocations of one object are refused on another")
{
    EQ(tess_answer(TESS_INVOKE(machine, check, 0, TESS_ROOT_TRACE).tag), TESS_CALL);
    EQ(tess_answer(TESS_INVOKE(trace, stop, 0, TESS_ROOT_MACHINE).tag), TESS_CALL);
    EQ(tess_answer(TESS_INVOKE(thread, resume, 0, TESS_ROOT_CNODE).tag), TESS_CALL);
    EQ(tess_answer(TESS_INVOKE(untyped, info, 0, TESS_ROOT_CPU).tag), TESS_CALL);
    EQ(tess_answer(TESS_INVOKE(frame, unmap, 0, TESS_ROOT_IRQ_CONTROL).tag), TESS_CALL);
}

TEST("a notification has no invocations")
{
    tess_cap n = make(TESS_TYPE_notification);

    EQ(tess_answer(tess_call_0(n, tess_tag(0, 0, 0), 0).tag), TESS_CALL);
    EQ(tess_answer(tess_call_0(n, tess_tag(TESS_LABEL_irq_ack, 0, 0), 0).tag), TESS_CALL);
}

TEST("every error has a name and a text, other numbers have neither")
{
    EQ(tess_strerror(TESS_GONE)[0], 'G');
    EQ(tess_strerror((enum tess_err)99)[0], '?');
    EQ(tess_error_text(TESS_OK)[0], 's');
    EQ(tess_error_text((enum tess_err)99)[0], 'u');
}
