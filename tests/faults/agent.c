/*
 * Carries out a plan of faults, one after the other, and says what it saw, by mail (agent.h):
 *     B NUMBER                 it begins
 *     R NUMBER KEY=VALUE ...   it is over, the driver is fresh again (docs/faults.md explains the keys)
 *     end | dead               the plan is carried out | what the last fault has left does not go on
 *     golden, golden end ...   around the time in which nothing is injected
 *     T US COMPLETED, K US     for the plot: completed so far, a kill
 * All times are of the virtual clock.
 */
#include <stdarg.h>
#include <stdio.h>

#include <comp/sleep.h>

#include "FaultAgent.h"
#include "agent.h"

#define STEP_NS   200000u  /* between two looks, at first */
#define STEPS_NS  5000000u /* and when nothing happens */
#define LONGEST_S 12u
#define RUNNING   2u /* domain_state of idl/supervisor.idl */

struct self {
    uint32_t driver;
    uint64_t limit; /* ticks without a completion */
};

/* What is compared. */
struct seen {
    uint64_t tick, completed, failed, wrong, stale, rounds, bystander_wrong;
    struct supervisor_info supervisor;
    struct domain_info driver;
};

/* How a fault went. */
struct course {
    struct seen before, after;
    uint64_t done_at; /* tick at which it was carried out */
    uint64_t
        stopped; /* ns: when the driver was first stopped, 0: never; started again; the first completion after that */
    uint64_t started, resumed;
    uint64_t gap;             /* ticks: longest time between two completions */
    uint64_t watched, during; /* ticks that it was watched, completions meanwhile */
    bool is_stuck, is_forced, is_dead, was_old_word_wrong;
};

/* ---- mail ---- */

static uint8_t mail[2 * AGENT_MAIL_BYTES] __attribute__((aligned(AGENT_MAIL_BYTES)));

static void say(const char *format, ...)
{
    char text[320];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (const char *c = text; *c; c++) {
        register uint8_t *to __asm__("x9") = mail + (uint8_t)*c + AGENT_STORE_OFFSET;
        __asm__ volatile(".inst %1" : : "r"(to), "i"(AGENT_STORE | 9 << 5) : "memory");
    }
}

/* ---- looking ---- */

/* Calls of a supervisor that died with them in hand give GONE. */
#define PERSIST(call)                                                                              \
    do {                                                                                           \
        for (unsigned i_ = 0; i_ < 100 && (call) != TESS_OK; i_++) {                               \
            comp_sleep_until(tess_deadline_ns(10000000));                                          \
        }                                                                                          \
    } while (0)

static void look(struct self *self, struct seen *s)
{
    PERSIST(supervisor_info(self, &s->supervisor));
    PERSIST(supervisor_domain(self, self->driver, &s->driver));
    s->completed = load(self)->completed;
    s->failed = load(self)->failed;
    s->wrong = load(self)->wrong;
    s->stale = load(self)->stale;
    s->rounds = bystander(self)->rounds;
    s->bystander_wrong = bystander(self)->wrong;
    s->tick = tess_now();
}

/* Sleeps longer from time to time. */
static void sleep_step(uint64_t *step)
{
    comp_sleep_until(tess_deadline_ns(*step));
    *step = *step * 5 / 4 < STEPS_NS ? *step * 5 / 4 : STEPS_NS;
}

/* Sleeps until there are so many completions; false: there was none for too long. */
static bool wait_completed(struct self *self, uint64_t number)
{
    uint64_t last = load(self)->completed, since = tess_now(), step = STEP_NS;

    while (load(self)->completed < number) {
        sleep_step(&step);
        if (load(self)->completed != last) {
            last = load(self)->completed;
            since = tess_now();
        } else if (tess_now() - since > self->limit) {
            return false;
        }
    }
    return true;
}

/* ---- one fault ---- */

static void carry_out(struct self *self, const struct agent_fault *f, struct course *c)
{
    uint32_t old = (uint32_t)f->old;

    c->done_at = tess_now();
    switch (f->kind) {
    case AGENT_POKE:
        PERSIST(supervisor_poke(self, self->driver, f->address, (uint32_t)f->new, &old));
        c->was_old_word_wrong = old != f->old;
        break;
    case AGENT_KILL_TWICE:
        (void)supervisor_kill(self, self->driver);
        comp_sleep_until(tess_deadline_ns(f->extra));
        (void)supervisor_kill(self, self->driver);
        break;
    case AGENT_KILL:
        (void)supervisor_kill(self, self->driver);
        break;
    case AGENT_SUPERVISOR:
        (void)supervisor_fail(self, (enum supervisor_failure)f->extra, 0);
        break;
    case AGENT_COMMAND:
        if (rogue_connected()) {
            rogue(self)->how = f->extra;
        }
        break;
    default:
        break;
    }
}

/* Until it is clear what comes of it: the driver has failed and its successor works, or nothing happens, or nothing goes on. */
static void watch(struct self *self, struct course *c)
{
    const struct seen *b = &c->before;
    uint64_t last = b->completed, since = tess_now(), fresh = 0, step = STEP_NS;

    for (;;) {
        struct domain_info d = { 0 };
        uint64_t now, completed;

        sleep_step(&step);
        PERSIST(supervisor_domain(self, self->driver, &d));
        now = tess_now();
        completed = load(self)->completed;
        if (completed != last) {
            last = completed;
            since = now;
        }
        if (d.generation == b->driver.generation || d.state != RUNNING) {
            fresh = completed;
        }
        if (d.failures != b->driver.failures && completed - fresh >= SETTLED) {
            return;
        }
        if (d.failures == b->driver.failures && completed - b->completed >= ENOUGH &&
            now - c->done_at >= tess_ticks_of_ns(LEAST_US * 1000)) {
            return;
        }
        c->is_stuck = now - since > self->limit ||
                      now - c->done_at > tess_ticks_of_ns(LONGEST_S * 1000000000ull);
        if (c->is_stuck) {
            return;
        }
    }
}

static bool verify(struct self *self)
{
    uint64_t order = load(self)->orders + 1, last = load(self)->completed, since = tess_now(),
             step = STEP_NS;

    load(self)->orders = order;
    while (load(self)->verified != order) {
        sleep_step(&step);
        if (load(self)->completed != last) {
            last = load(self)->completed;
            since = tess_now();
        } else if (tess_now() - since > self->limit) {
            return false;
        }
    }
    return true;
}

/* By hand: what nobody noticed ends here. */
static bool restart(struct self *self)
{
    PERSIST(supervisor_restart(self, self->driver));
    return wait_completed(self, load(self)->completed + SETTLED);
}

static void finish(struct self *self, struct course *c)
{
    uint64_t rounds;

    if (c->is_stuck || !verify(self)) {
        c->is_forced = true;
        c->is_dead = !restart(self) || !verify(self);
    }
    look(self, &c->after);
    c->is_dead =
        c->is_dead ||
        !restart(self); /* the next fault meets a driver that nobody has an opinion about */
    rounds = bystander(self)->rounds;
    for (unsigned i = 0; i < 100 && bystander(self)->rounds == rounds; i++) {
        comp_sleep_until(tess_deadline_ns(1000000));
    }
    c->is_dead |= bystander(self)->rounds == rounds;
}

/* When the driver was stopped and started, from the supervisor's log; when the load went on. */
static void times(struct self *self, struct course *c)
{
    uint64_t from = c->before.supervisor.events, to = c->after.supervisor.events;

    for (uint64_t i = from; i < to; i++) {
        struct log_info e = { 0 };

        if (supervisor_entry(self, i, &e) != TESS_OK || e.domain != self->driver) {
            continue;
        }
        if (e.event == 1 && !c->stopped) {
            c->stopped = e.time_ns;
        }
        if (e.event == 0 && c->stopped) {
            c->started = e.time_ns;
        }
    }
    uint64_t end = load(self)->completed, n = end - c->before.completed, previous = c->done_at;

    n = n < 1000 ? n : 1000;
    for (uint64_t i = end - n; i < end; i++) {
        uint64_t at = load(self)->at[i % 1024];

        if (c->started && !c->resumed && tess_ns_of_ticks(at) > c->started) {
            c->resumed = tess_ns_of_ticks(at);
        }
        if (n < 1000 && at > previous && at - previous > c->gap) {
            c->gap = at - previous;
        }
        previous = at > previous ? at : previous;
    }
}

static unsigned long long us(uint64_t from_ns, uint64_t to_ns)
{
    return from_ns && to_ns > from_ns ? (to_ns - from_ns) / 1000 : 0;
}

static void report(struct self *self, const struct agent_fault *f, struct course *c)
{
    const struct seen *b = &c->before, *a = &c->after;
    uint64_t done_ns = tess_ns_of_ticks(c->done_at);
    uint32_t failures = a->driver.failures - b->driver.failures;

    times(self, c);
    say("R %llu why=%u failures=%u others=%llu noticed=%llu recovery=%llu gap=%llu",
        (unsigned long long)f->number, failures ? (unsigned)a->driver.why : 0u, (unsigned)failures,
        (unsigned long long)(a->supervisor.failures - b->supervisor.failures - failures),
        us(done_ns, c->stopped), us(c->stopped, c->resumed),
        (unsigned long long)tess_ns_of_ticks(c->gap) / 1000);
    say(" from=%llu to=%llu done=%llu window=%llu failed=%llu wrong=%llu stale=%llu strikes=%llu "
        "takeovers=%llu",
        (unsigned long long)b->completed, (unsigned long long)a->completed,
        (unsigned long long)c->during, (unsigned long long)tess_ns_of_ticks(c->watched) / 1000,
        (unsigned long long)(a->failed - b->failed), (unsigned long long)(a->wrong - b->wrong),
        (unsigned long long)(a->stale - b->stale),
        (unsigned long long)(a->supervisor.strikes - b->supervisor.strikes),
        (unsigned long long)(a->supervisor.takeovers - b->supervisor.takeovers));
    say(" error=%llu", (unsigned long long)load(self)->error);
    say(" bystander=%llu old=%u stuck=%u forced=%u dead=%u at=%llu\n",
        (unsigned long long)(a->bystander_wrong - b->bystander_wrong),
        (unsigned)c->was_old_word_wrong, (unsigned)c->is_stuck, (unsigned)c->is_forced,
        (unsigned)c->is_dead, (unsigned long long)done_ns);
}

/* What is lost is lost; the next fault meets contents that are right again. */
static bool is_mended(struct self *self, const struct course *c)
{
    uint64_t failed;

    if (c->after.failed == c->before.failed) {
        return true;
    }
    (void)wait_completed(self, load(self)->completed + 100);
    failed = load(self)->failed;
    return verify(self) && load(self)->failed == failed;
}

/* False: it has left something behind, and the plan cannot go on in this machine. */
static bool one(struct self *self, const struct agent_fault *f)
{
    struct course c = { 0 };

    say("B %llu\n", (unsigned long long)f->number);
    comp_sleep_until(tess_deadline_ns(f->delay));
    look(self, &c.before);
    carry_out(self, f, &c);
    watch(self, &c);
    c.watched = tess_now() - c.done_at;
    c.during = load(self)->completed - c.before.completed;
    if (rogue_connected()) {
        rogue(self)->how = 0;
    }
    finish(self, &c);
    report(self, f, &c);
    return !c.is_dead && c.after.wrong == c.before.wrong && c.after.stale == c.before.stale &&
           c.after.bystander_wrong == c.before.bystander_wrong && is_mended(self, &c);
}

/* ---- the plan ---- */

static uint64_t plan_word(struct self *self, uint64_t offset)
{
    return *(volatile uint64_t *)(plan(self) + offset);
}

static void golden(struct self *self, uint64_t ns)
{
    uint64_t start = tess_now(), completed = load(self)->completed;

    say("golden\n");
    comp_sleep_until(tess_deadline_ns(ns));
    completed = load(self)->completed - completed;
    say("golden end\n");
    say("G done=%llu window=%llu\n", (unsigned long long)completed,
        us(tess_ns_of_ticks(start), tess_ns_of_ticks(tess_now())));
}

/* The first kill after half a second. */
static void plot(struct self *self, uint64_t kills)
{
    uint64_t start = tess_now(), completed = load(self)->completed,
             step = tess_ticks_of_ns(10000000);

    for (uint64_t i = 0; i <= 100 * kills; i++) {
        comp_sleep_until(start + i * step);
        say("T %llu %llu\n", us(tess_ns_of_ticks(start), tess_ns_of_ticks(tess_now())),
            (unsigned long long)(load(self)->completed - completed));
        if (i % 100 == 50) {
            say("K %llu\n", us(tess_ns_of_ticks(start), tess_ns_of_ticks(tess_now())));
            (void)supervisor_kill(self, self->driver);
        }
    }
}

static int run(struct self *self)
{
    uint64_t count = plan_word(self, __builtin_offsetof(struct agent_plan, count));

    self->limit = tess_ticks_of_ns(PATIENCE_MS * 1000000);
    if (plan_word(self, 0) != AGENT_PLAN_MAGIC || count > AGENT_PLAN_MOST ||
        supervisor_find(self, DRIVER, &self->driver) != TESS_OK ||
        !wait_completed(self, SETTLED * 5) || !verify(self)) {
        say("no plan, no driver, or no load\n");
        return 1;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct agent_fault f;

        for (uint64_t k = 0; k < sizeof f / 8; k++) {
            ((uint64_t *)&f)[k] = plan_word(self, __builtin_offsetof(struct agent_plan, fault) +
                                                      i * sizeof f + k * 8);
        }
        if (f.kind == AGENT_GOLDEN) {
            golden(self, f.delay);
        } else if (f.kind == AGENT_PLOT) {
            plot(self, f.extra);
        } else if (!one(self, &f)) {
            say("dead\n");
            return 0;
        }
    }
    say("end\n");
    return 0;
}
