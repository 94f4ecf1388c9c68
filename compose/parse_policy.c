/* Budgets and restart policy of an instance; a component's are the defaults of its instances. */
#include <string.h>

#include "parse.h"
#include "passes.h"

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

/* Which members of struct policy belong to which field. */
static const struct member {
    enum policy_field field;
    size_t offset, bytes;
} members[] = {
#define MEMBER(of, name)                                                                           \
    {                                                                                              \
        POLICY_##of, offsetof(struct policy, name), sizeof(policy_default.name)                    \
    }
    MEMBER(CPU, cpu_ns),
    MEMBER(CPU, period_ns),
    MEMBER(CPU, is_passive),
    MEMBER(PRIO, prio),
    MEMBER(MEM, mem),
    MEMBER(CAPS, caps),
    MEMBER(STACK, stack),
    MEMBER(HEAP, heap),
    MEMBER(RESTART, restarts),
    MEMBER(RESTART, restart_max),
    MEMBER(RESTART, window_ns),
    MEMBER(RESTART, backoff_min_ns),
    MEMBER(RESTART, backoff_max_ns),
    MEMBER(HEARTBEAT, heartbeat_ns),
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

bool policy_agrees(const struct policy *a, const struct policy *b, enum policy_field field)
{
    bool agrees = true;

    for (const struct member *m = members; m < members + MEMBERS; m++) {
        agrees &= m->field != field ||
                  memcmp((const char *)a + m->offset, (const char *)b + m->offset, m->bytes) == 0;
    }
    return agrees;
}

void policy_inherit(struct policy *below, const struct policy *above)
{
    uint32_t take = above->set & ~below->set;

    for (const struct member *m = members; m < members + MEMBERS; m++) {
        if (take & 1u << m->field) {
            memcpy((char *)below + m->offset, (const char *)above + m->offset, m->bytes);
            below->where[m->field] = above->where[m->field];
        }
    }
    below->set |= take;
}

/* Note that the field is set here; a second time is an error. */
static struct policy *set(struct parser *p, struct policy *policy, enum policy_field field)
{
    if (policy->set & 1u << field) {
        error_at(p->word, "this is set twice");
        note_at(&policy->where[field], "the first time was here");
    }
    policy->set |= 1u << field;
    policy->where[field] = *p->word;
    return policy;
}

/* Two times, the first of them at most as long as the second. */
static void parse_times(struct parser *p, int between, uint64_t *low, uint64_t *high,
                        uint64_t least, uint64_t most, const char *message)
{
    struct where where = peek(p)->where;

    *low = expect_number(p, "the first time", UNIT_TIME, least, most);
    expect(p, between);
    *high = expect_number(p, "the second time", UNIT_TIME, least, most);
    if (!p->broken && *low > *high) {
        error_at(&where, "%s", message);
    }
}

/* cpu 2ms / 10ms | cpu passive */
static void parse_cpu(struct parser *p, void *to)
{
    struct policy *policy = set(p, to, p->as->which);

    policy->is_passive = peek(p)->kind == TOKEN_NAME;
    if (policy->is_passive) {
        choose(p, "passive", "\"passive\" or a time");
        return;
    }
    parse_times(p, '/', &policy->cpu_ns, &policy->period_ns, 10000, 10 * SECOND,
                "the budget is longer than the period");
    if (!p->broken && policy->period_ns < 100000) {
        error_at(p->word, "the period is at least 100us");
    }
}

static const struct {
    const char *what;
    enum unit unit;
    uint64_t low, high;
    size_t offset, bytes; /* of the field */
} numbers[POLICY_FIELDS] = {
#define NUMBER(field) offsetof(struct policy, field), sizeof(policy_default.field)
    [POLICY_PRIO] = { "the priority", UNIT_NONE, 1, 250, NUMBER(prio) },
    [POLICY_MEM] = { "the memory", UNIT_SIZE, 64 << 10, 1ull << 40, NUMBER(mem) },
    [POLICY_CAPS] = { "the number of capabilities", UNIT_NONE, 16, 65536, NUMBER(caps) },
    [POLICY_STACK] = { "the stack", UNIT_SIZE, 4 << 10, 64 << 20, NUMBER(stack) },
    [POLICY_HEAP] = { "the heap", UNIT_SIZE, 0, 1ull << 40, NUMBER(heap) },
    [POLICY_HEARTBEAT] = { "the heartbeat", UNIT_TIME, 1000000, HOUR, NUMBER(heartbeat_ns) },
};

static void parse_number(struct parser *p, void *to)
{
    void *at = (char *)set(p, to, p->as->which) + numbers[p->as->which].offset;
    uint64_t value = 0;

    if (p->as->which != POLICY_HEARTBEAT || !accept_word(p, "off")) {
        value = expect_number(p, numbers[p->as->which].what, numbers[p->as->which].unit,
                              numbers[p->as->which].low, numbers[p->as->which].high);
    }
    if (numbers[p->as->which].bytes == sizeof(uint32_t)) {
        *(uint32_t *)at = (uint32_t)value;
    } else {
        *(uint64_t *)at = value;
    }
}

/* restart alone | with NAME | never [max N in T] [backoff A .. B] */
static void parse_restart(struct parser *p, void *to)
{
    struct policy *policy = set(p, to, p->as->which);
    uint32_t how = choose(p, "alone with never", NULL);

    policy->restarts = how != 2;
    policy->restart_with = NULL;
    if (how == 1) {
        policy->restart_with = expect_name(p, "the name of an instance", &policy->restart_where);
    }
    if (policy->restarts && accept_word(p, "max")) {
        policy->restart_max =
            (uint32_t)expect_number(p, "the number of restarts", UNIT_NONE, 1, 1000000);
        expect_word(p, "in", "in TIME");
        policy->window_ns =
            expect_number(p, "the time of the restarts", UNIT_TIME, 1000000, 24 * HOUR);
    }
    if (policy->restarts && accept_word(p, "backoff")) {
        parse_times(p, PUNCT_RANGE, &policy->backoff_min_ns, &policy->backoff_max_ns, 100000, HOUR,
                    "the first backoff is longer than the longest");
    }
}

#define POLICY(word, function, of, text, is)                                                       \
    {                                                                                              \
        word, .parse = function, .which = of, .syntax = text, .help = is                           \
    }

const struct statement policy_statements[] = {
    POLICY("cpu", parse_cpu, POLICY_CPU, "cpu BUDGET / PERIOD; cpu passive;",
           "processor time, default 10ms / 10ms, a time slice; passive: its callers'"),
    POLICY("prio", parse_number, POLICY_PRIO, "prio N;", "priority, 1 .. 250, default 100"),
    POLICY("mem", parse_number, POLICY_MEM, "mem SIZE;",
           "memory for all that it consists of, default 1MiB"),
    POLICY("caps", parse_number, POLICY_CAPS, "caps N;", "slots for capabilities, default 64"),
    POLICY("stack", parse_number, POLICY_STACK, "stack SIZE;", "of its thread, default 16KiB"),
    POLICY("heap", parse_number, POLICY_HEAP, "heap SIZE;", "for malloc, default 32KiB"),
    POLICY("restart", parse_restart, POLICY_RESTART,
           "restart alone [max N in TIME] [backoff TIME .. TIME]; restart with NAME ...; restart "
           "never;",
           "what happens when it fails, default alone max 10 in 10s backoff 1ms .. 1s"),
    POLICY("heartbeat", parse_number, POLICY_HEARTBEAT, "heartbeat TIME; heartbeat off;",
           "time between two signs of life, default 100ms"),
    { 0 },
};
