/*
 * Pairs of threads in the background.  The client of a pair calls its server a number of times, then sleeps; the
 * server has no processor time of its own and runs on what the client lends it with each call.
 */
#include "arena.h"
#include "monitor.h"
#include "say.h"

#include <stdio.h>

#define PAIRS_MAX     8
#define DEMO_PRIORITY 100
#define BURST         1000     /* calls between two rests */
#define REST_NS       50000000 /* 50 ms */
#define WATCH_NS      200000000

typedef unsigned long long ull;

struct pair {
    tess_cap endpoint;
    struct tess_thread client, server;
    volatile uint64_t calls;    /* written by the client */
    volatile uint64_t answered; /* by the server */
};

static struct arena arena;
static struct pair pairs[PAIRS_MAX];
static unsigned pair_count;

static void server_main(void *argument)
{
    struct pair *p = argument;
    struct tess_msg m = tess_recv(p->endpoint, 0);

    while (!tess_msg_err(m.tag)) {
        p->answered++;
        m = tess_reply_recv(p->endpoint, tess_tag(0, 1, 0), 0, 0,
                            (struct tess_words){ { m.w[0] + 1 } });
    }
}

static void client_main(void *argument)
{
    struct pair *p = argument;

    for (;;) {
        for (unsigned i = 0; i < BURST; i++) {
            struct tess_msg m =
                tess_call(p->endpoint, tess_tag(0, 1, 0), 0, (struct tess_words){ { p->calls } });

            if (tess_msg_err(m.tag) || m.w[0] != p->calls + 1) {
                return; /* the thread list then shows it suspended */
            }
            p->calls++;
        }
        tess_sleep_until(&arena.env, tess_deadline_ns(REST_NS));
    }
}

static enum tess_err pair_start(struct pair *p, unsigned i)
{
    char client[16], server[16];
    struct tess_thread_config c = { .priority = DEMO_PRIORITY, .name = client };
    struct tess_thread_config s = { .priority = DEMO_PRIORITY + 1, .name = server, .passive = 1 };
    enum tess_err err = tess_alloc(&arena.env, TESS_TYPE_endpoint, 0, &p->endpoint);

    snprintf(client, sizeof client, "client %u", i);
    snprintf(server, sizeof server, "server %u", i);
    if (!err) {
        err = tess_thread_create(&arena.env, &p->server, &s);
    }
    if (!err) {
        err = tess_thread_run(&arena.env, &p->server, server_main, p);
    }
    if (!err) {
        err = tess_thread_create(&arena.env, &p->client, &c);
    }
    return err ? err : tess_thread_run(&arena.env, &p->client, client_main, p);
}

static void end_all(void)
{
    arena_close(&arena);
    pair_count = 0;
}

static void show_thread(const char *name, tess_cap tcb, tess_cap budget, uint64_t messages)
{
    struct tess_thread_info info;
    uint64_t consumed = 0;
    enum tess_err err = tess_thread_info(tcb, &info);

    if (!err && budget) {
        err = tess_budget_consumed(budget, &consumed, NULL);
    }
    if (err) {
        fail(name, err);
        return;
    }
    say("%-9s %-10s %8llu   %-6s %12llu %12llu\n", name, name_of_state(info.state),
        (ull)info.priority, info.has_budget ? "yes" : "no",
        (ull)(tess_ns_of_ticks(consumed) / 1000), (ull)messages);
}

void command_threads(int count, char **word)
{
    (void)count;
    (void)word;
    say("thread    state      priority   budget     microsec     messages\n");
    show_thread("monitor", TESS_ROOT_THREAD, TESS_ROOT_BUDGET, 0);
    for (unsigned i = 0; i < pair_count; i++) {
        char name[16];

        snprintf(name, sizeof name, "client %u", i);
        show_thread(name, pairs[i].client.tcb, pairs[i].client.budget, pairs[i].calls);
        snprintf(name, sizeof name, "server %u", i);
        show_thread(name, pairs[i].server.tcb, pairs[i].server.budget, pairs[i].answered);
    }
}

void command_spawn(int count, char **word)
{
    uint64_t wanted;
    enum tess_err err = TESS_OK;

    if (count != 2) {
        say("spawn N, N = 1 to %d\n", PAIRS_MAX);
        return;
    }
    if (!number(word[1], 1, PAIRS_MAX, &wanted)) {
        return;
    }
    end_all();
    if (!arena_open(&arena)) {
        return;
    }
    arena.env.sleep = 0;
    err = tess_alloc(&arena.env, TESS_TYPE_notification, 0, &arena.env.sleep);
    while (!err && pair_count < wanted) {
        pairs[pair_count] = (struct pair){ 0 };
        err = pair_start(&pairs[pair_count], pair_count);
        pair_count += !err;
    }
    if (err) {
        end_all();
        fail("cannot start the threads", err);
        return;
    }
    tess_sleep_until(&env, tess_deadline_ns(WATCH_NS));
    say("%llu pairs run in the background; threads shows them, kill ends them\n", (ull)wanted);
    command_threads(0, NULL);
}

void command_kill(int count, char **word)
{
    unsigned had = pair_count;

    (void)count;
    (void)word;
    end_all();
    say("%u pairs ended\n", had);
}
