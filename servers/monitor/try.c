/* Two things to try: what a call costs in ticks, and what a fault looks like to its handler. */
#include "arena.h"
#include "monitor.h"
#include "say.h"
#include "uart.h"

#define PING_DEFAULT 10000
#define PING_MAX     10000000
#define ANSWER_NS    1000000000        /* how long a fault message may take */
#define BAD_ADDRESS  0x123456789000ull /* a user address where nothing is mapped */

typedef unsigned long long ull;

static struct arena arena;
static tess_cap endpoint;

static void echo_main(void *argument)
{
    struct tess_msg m = tess_recv(endpoint, 0);

    (void)argument;
    while (!tess_msg_err(m.tag)) {
        m = tess_reply_recv_0(endpoint, m.tag, 0, 0);
    }
}

/* A thread in the empty arena; endpoint is made too. */
static enum tess_err start(struct tess_thread *t, void (*main)(void *argument),
                           struct tess_thread_config config)
{
    enum tess_err err = tess_alloc(&arena.env, TESS_TYPE_endpoint, 0, &endpoint);

    config.priority = TESS_ROOT_PRIO;
    config.fault = config.passive ? 0 : endpoint;
    if (!err) {
        err = tess_thread_create(&arena.env, t, &config);
    }
    return err ? err : tess_thread_run(&arena.env, t, main, NULL);
}

void command_ping(int count, char **word)
{
    uint64_t calls = PING_DEFAULT, done = 0, least = UINT64_MAX, most = 0, begin, end;
    struct tess_thread t;
    enum tess_err err;

    if ((count > 1 && !number(word[1], 1, PING_MAX, &calls)) || !arena_open(&arena)) {
        return;
    }
    err = start(&t, echo_main, (struct tess_thread_config){ .name = "echo", .passive = 1 });
    begin = end = tess_now();
    while (!err && done < calls && !(done % 1024 == 1023 && uart_interrupted())) {
        uint64_t before = end, ticks;

        err = tess_msg_err(tess_call_0(endpoint, tess_tag(0, 0, 0), 0).tag);
        end = tess_now();
        ticks = end - before;
        least = ticks < least ? ticks : least;
        most = ticks > most ? ticks : most;
        done++;
    }
    arena_close(&arena);
    if (err) {
        fail("call", err);
        return;
    }
    say("%llu calls and replies in %llu ticks: %llu ns each, least %llu, most %llu ticks\n",
        (ull)done, (ull)(end - begin), (ull)(tess_ns_of_ticks(end - begin) / done), (ull)least,
        (ull)most);
}

static void fault_main(void *argument)
{
    (void)argument;
    (void)*(volatile uint64_t *)BAD_ADDRESS;
}

void command_fault(int count, char **word)
{
    struct tess_thread t;
    struct tess_msg m;
    enum tess_err err;

    (void)count;
    (void)word;
    if (!arena_open(&arena)) {
        return;
    }
    err = start(&t, fault_main, (struct tess_thread_config){ .name = "faulty" });
    if (!err) {
        m = tess_recv(endpoint, tess_deadline_ns(ANSWER_NS));
        err = tess_msg_err(m.tag);
    }
    if (err) {
        arena_close(&arena);
        fail("no fault message", err);
        return;
    }
    say("fault       %s (%llu), %u words\n", name_of_fault(tess_tag_label(m.tag)),
        (ull)tess_tag_label(m.tag), tess_tag_len(m.tag));
    say("address     %#llx\nsyndrome    %#llx\npc          %#llx, the load in fault_main is at "
        "%#llx "
        "or just behind\n",
        (ull)m.w[0], (ull)m.w[1], (ull)m.w[2], (ull)fault_main);
    err = tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, (struct tess_words){ { 0 } });
    say("answer      stop: %s\n", tess_strerror(err));
    arena_close(&arena);
}
