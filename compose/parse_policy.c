/* Budgets and restart policy of an instance; a component's are the defaults of its instances. */
#include <string.h>

#include "parse.h"

#define SECOND 1000000000ull

const struct policy policy_default = {
    .cpu_ns = 10 * 1000 * 1000,
    .period_ns = 10 * 1000 * 1000,
    .mem = 1 << 20,
    .stack = 16 << 10,
    .heap = 32 << 10,
    .heartbeat_ns = 100 * 1000 * 1000,
    .window_ns = 10 * SECOND,
    .backoff_min_ns = 1000 * 1000,
    .backoff_max_ns = SECOND,
    .prio = 100,
    .caps = 64,
    .restart_max = 10,
    .restarts = true,
};

#define SIZE_MAX_BYTES (1ull << 40)

/* Note that the field is set here; a second time is an error. */
static struct policy *set(struct policy *policy, enum policy_field field, const struct where *where)
{
    if (policy->set & 1u << field) {
        error_at(where, "this is set twice");
        note_at(&policy->where[field], "the first time was here");
    }
    policy->set |= 1u << field;
    policy->where[field] = *where;
    return policy;
}

/* cpu 2ms / 10ms | cpu passive */
static void parse_cpu(struct parser *p, void *to, const struct where *where)
{
    struct policy *policy = set(to, POLICY_CPU, where);
    struct where budget = peek(p)->where;

    if (peek(p)->kind == TOKEN_NAME) {
        static const char *const words[] = { "passive", NULL };

        if (!accept_word(p, "passive")) {
            fail_word(p, "\"passive\" or a time", words);
        }
        policy->is_passive = true;
        return;
    }
    policy->is_passive = false;
    policy->cpu_ns = expect_number(p, "the budget", UNIT_TIME, 10000, 10 * SECOND);
    expect(p, '/');
    policy->period_ns = expect_number(p, "the period", UNIT_TIME, 100000, 10 * SECOND);
    if (!p->broken && policy->cpu_ns > policy->period_ns) {
        error_at(&budget, "the budget is longer than the period");
    }
}

static void parse_prio(struct parser *p, void *to, const struct where *where)
{
    set(to, POLICY_PRIO, where)->prio =
        (uint32_t)expect_number(p, "the priority", UNIT_NONE, 1, 250);
}

static void parse_mem(struct parser *p, void *to, const struct where *where)
{
    set(to, POLICY_MEM, where)->mem =
        expect_number(p, "the memory", UNIT_SIZE, 64 << 10, SIZE_MAX_BYTES);
}

static void parse_caps(struct parser *p, void *to, const struct where *where)
{
    set(to, POLICY_CAPS, where)->caps =
        (uint32_t)expect_number(p, "the number of capabilities", UNIT_NONE, 16, 4096);
}

static void parse_stack(struct parser *p, void *to, const struct where *where)
{
    set(to, POLICY_STACK, where)->stack =
        expect_number(p, "the stack", UNIT_SIZE, 4 << 10, 64 << 20);
}

static void parse_heap(struct parser *p, void *to, const struct where *where)
{
    set(to, POLICY_HEAP, where)->heap = expect_number(p, "the heap", UNIT_SIZE, 0, SIZE_MAX_BYTES);
}

static void parse_heartbeat(struct parser *p, void *to, const struct where *where)
{
    struct policy *policy = set(to, POLICY_HEARTBEAT, where);

    policy->heartbeat_ns = 0;
    if (!accept_word(p, "off")) {
        policy->heartbeat_ns = expect_number(p, "the heartbeat", UNIT_TIME, 1000000, 3600 * SECOND);
    }
}

/* max 5 in 60s */
static void parse_restart_max(struct parser *p, struct policy *policy)
{
    policy->restart_max =
        (uint32_t)expect_number(p, "the number of restarts", UNIT_NONE, 1, 1000000);
    if (!accept_word(p, "in")) {
        fail(p, "expected \"in TIME\"");
    }
    policy->window_ns =
        expect_number(p, "the time of the restarts", UNIT_TIME, 1000000, 86400 * SECOND);
}

/* backoff 10ms .. 1s */
static void parse_backoff(struct parser *p, struct policy *policy)
{
    struct where where = peek(p)->where;

    policy->backoff_min_ns =
        expect_number(p, "the first backoff", UNIT_TIME, 100000, 3600 * SECOND);
    expect(p, PUNCT_RANGE);
    policy->backoff_max_ns =
        expect_number(p, "the longest backoff", UNIT_TIME, 100000, 3600 * SECOND);
    if (!p->broken && policy->backoff_min_ns > policy->backoff_max_ns) {
        error_at(&where, "the first backoff is longer than the longest");
    }
}

/* restart alone | with NAME | never [max N in T] [backoff A .. B] */
static void parse_restart(struct parser *p, void *to, const struct where *where)
{
    static const char *const words[] = { "alone", "with", "never", NULL };
    struct policy *policy = set(to, POLICY_RESTART, where);

    policy->restarts = true;
    policy->restart_with = NULL;
    if (accept_word(p, "never")) {
        policy->restarts = false;
        return;
    }
    if (accept_word(p, "with")) {
        policy->restart_with = expect_name(p, "the name of an instance", &policy->restart_where);
    } else if (!accept_word(p, "alone")) {
        fail_word(p, "\"alone\", \"with\" or \"never\"", words);
    }
    if (accept_word(p, "max")) {
        parse_restart_max(p, policy);
    }
    if (accept_word(p, "backoff")) {
        parse_backoff(p, policy);
    }
}

const struct statement policy_statements[] = {
    { "cpu", parse_cpu, "cpu BUDGET / PERIOD; cpu passive;",
      "processor time, default 10ms / 10ms, a time slice; passive: its callers'", 1 },
    { "prio", parse_prio, "prio N;", "priority, 1 .. 250, default 100", 1 },
    { "mem", parse_mem, "mem SIZE;", "memory for all that it consists of, default 1MiB", 1 },
    { "caps", parse_caps, "caps N;", "slots for capabilities, default 64", 1 },
    { "stack", parse_stack, "stack SIZE;", "of its thread, default 16KiB", 1 },
    { "heap", parse_heap, "heap SIZE;", "for malloc, default 32KiB", 1 },
    { "restart", parse_restart,
      "restart alone [max N in TIME] [backoff TIME .. TIME]; restart with NAME ...; restart "
      "never;",
      "what happens when it fails, default alone max 10 in 10s backoff 1ms .. 1s", 1 },
    { "heartbeat", parse_heartbeat, "heartbeat TIME; heartbeat off;",
      "time between two signs of life, default 100ms", 1 },
    { 0 },
};

bool parse_policy(struct parser *p, struct policy *policy)
{
    for (const struct statement *s = policy_statements; s->word; s++) {
        if (at_word(p, s->word)) {
            statement(p, policy_statements, policy, 1, "a setting");
            return true;
        }
    }
    return false;
}
