/* The supervisor's test, from inside: makes domains fail, and the supervisor, and looks whether all goes on. */
#include "../wire.h"
#include "parts.h"

#include <comp/comp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tess/error.h>
#include <tess/invoke.h>
#include <tess/start.h>

#define MS 1000000ull

static unsigned passed, failed;

void tess_print(const char *text, uint64_t bytes)
{
    while (bytes) {
        uint64_t taken = 0, part = bytes < TESS_CONSOLE_MAX ? bytes : TESS_CONSOLE_MAX;

        if (tess_machine_write(DRIVER_SLOT_MACHINE, text, part, &taken) || !taken) {
            return;
        }
        text += taken;
        bytes -= taken;
    }
}

static void check(int ok, const char *what)
{
    passed += !!ok;
    failed += !ok;
    if (!ok) {
        printf("FAIL %s\n", what);
    }
}

/* ---- calls ---- */

static struct tess_msg part_call(enum part part, enum part_method method, uint64_t argument,
                                 uint64_t within_ns)
{
    uint64_t deadline = within_ns ? tess_deadline_ns(within_ns) : 0;

    return tess_call_1(DRIVER_SLOT_PART + part, tess_tag(method, 1, 0), deadline, argument);
}

/* Its generation; 0: it did not answer in 2 s. */
static uint64_t generation(enum part part)
{
    struct tess_msg m = part_call(part, PART_GENERATION, 0, 2000 * MS);

    return m.tag & TESS_TAG_ERROR ? 0 : m.w[0];
}

static enum tess_err control(uint64_t method, uint64_t argument)
{
    struct tess_msg m = tess_call_1(DRIVER_SLOT_CONTROL, tess_tag(method, 1, 0),
                                    tess_deadline_ns(2000 * MS), argument);

    return tess_answer(m.tag);
}

static void sleep_ns(uint64_t ns)
{
    (void)tess_recv(COMP_SLOT_NOTE, tess_deadline_ns(ns));
}

/* Make the supervisor fail. */
static enum tess_err fail(enum supervisor_failure how, uint64_t after_ns)
{
    enum tess_err err = TESS_AGAIN;

    for (unsigned i = 0; i < 100 && err == TESS_AGAIN; i++) { /* the standby may not be there yet */
        err = tess_answer(tess_call_2(DRIVER_SLOT_CONTROL, tess_tag(SUPERVISOR_FAIL, 2, 0),
                                      tess_deadline_ns(2000 * MS), how, after_ns)
                              .tag);
        if (err == TESS_AGAIN) {
            sleep_ns(MS);
        }
    }
    return err;
}

static struct domain_info domain_info(enum part part)
{
    struct domain_info i;
    enum tess_err err = control(SUPERVISOR_DOMAIN, part);

    memcpy(&i, &tess_ipc_buffer()->word[TESS_MSG_REGS], sizeof i);
    check(err == TESS_OK, "the supervisor describes a domain");
    return i;
}

static struct supervisor_info supervisor_info(void)
{
    struct supervisor_info i = { .domains = 0 };
    struct tess_msg m = tess_call_0(DRIVER_SLOT_CONTROL, tess_tag(SUPERVISOR_INFO, 0, 0),
                                    tess_deadline_ns(2000 * MS));

    if (!tess_answer(m.tag)) {
        memcpy(&i, &tess_ipc_buffer()->word[TESS_MSG_REGS], sizeof i);
    }
    return i;
}

static uint64_t us_since(uint64_t then)
{
    return tess_ns_of_ticks(tess_now() - then) / 1000;
}

/* ---- tests ---- */

static void test_start(void)
{
    for (enum part p = PART_ECHO; p < PARTS; p++) {
        check(generation(p) == 1, "every domain has been started");
    }
    check(strcmp((char *)domain_info(PART_ECHO).name, "echo") == 0, "a domain has its name");
}

static void test_restart(void)
{
    uint64_t used = domain_info(PART_ECHO).used;
    uint64_t began = tess_now(), rounds = 10000;

    for (uint64_t i = 0; i < rounds; i++) {
        if (control(SUPERVISOR_RESTART, PART_ECHO) != TESS_OK) {
            check(0, "10000 restarts");
            return;
        }
    }
    uint64_t us = us_since(began);
    struct tess_msg m = part_call(PART_ECHO, PART_GENERATION, 0, 100 * MS);

    check(m.w[0] == rounds + 1, "10000 restarts in a row");
    check(m.w[1] > 1, "kept memory outlives the domain");
    check(domain_info(PART_ECHO).used == used, "restarts lose no memory");
    printf("restart on request: %u us each\n", (unsigned)(us / rounds));
}

/* A crash, seen by the one whose call it was. */
static void test_crash(void)
{
    uint64_t worst = 0, sum = 0, gone_worst = 0, rounds = 100;
    int ok = 1;

    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t old = generation(PART_ECHO), began = tess_now();
        struct tess_msg m = part_call(PART_ECHO, PART_CRASH, 0, 0);
        uint64_t gone = us_since(began);

        ok = ok && m.tag & TESS_TAG_ERROR && tess_msg_err(m.tag) == TESS_GONE && gone < 1000;
        ok = ok && generation(PART_ECHO) == old + 1;
        uint64_t us = us_since(began);
        worst = us > worst ? us : worst;
        gone_worst = gone > gone_worst ? gone : gone_worst;
        sum += us;
    }
    check(ok, "a caller in service gets GONE now, and the next call the next generation");
    check(worst < 5000, "from a crash to the first reply in less than 5 ms");
    printf("crash to GONE: worst %u us; to reply: mean %u us, worst %u us\n", (unsigned)gone_worst,
           (unsigned)(sum / rounds), (unsigned)worst);
}

static void test_kills(void)
{
    uint64_t used = domain_info(PART_RIGHT).used, worst = 0;
    int ok = 1;

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t began = tess_now();
        ok = ok && control(SUPERVISOR_KILL, PART_LEFT) == TESS_OK && generation(PART_LEFT) == i + 2;
        uint64_t us = us_since(began);
        worst = us > worst ? us : worst;
    }
    check(ok, "1000 kills");
    check(worst < 5000, "from a kill to the first reply in less than 5 ms");
    check(generation(PART_RIGHT) == 1001, "what restarts together restarts together");
    check(domain_info(PART_RIGHT).used == used, "kills lose no memory");
    printf("kill to reply: worst %u us\n", (unsigned)worst);
}

static void test_hang(void)
{
    static const enum part_method how[] = { PART_LOOP, PART_SLEEP };

    for (unsigned i = 0; i < 2; i++) {
        uint64_t old = generation(PART_ECHO), began = tess_now();
        struct tess_msg m = part_call(PART_ECHO, how[i], 0, 1000 * MS);
        uint64_t us = us_since(began);

        check(tess_msg_err(m.tag) == TESS_GONE && us <= 301000, "a hang is noticed within 300 ms");
        check(generation(PART_ECHO) == old + 1, "who hangs is restarted");
        printf("hang %u: verdict after %u us\n", i, (unsigned)us);
    }
}

static void test_innocent(void)
{
    uint64_t left = generation(PART_LEFT), starved = supervisor_info().starved;

    (void)part_call(PART_HOG, PART_BUSY, 600 * MS, 0);
    check(generation(PART_LEFT) == left, "who gets no time is not restarted");
    check(supervisor_info().starved > starved, "who gets no time is reported");
    check(generation(PART_HOG) == 1, "who has no heartbeat is not judged");
}

static void test_deadlock(void)
{
    uint64_t began = tess_now();

    (void)part_call(PART_ONE, PART_CALL, 0, 1500 * MS);
    check(us_since(began) < 1000000, "a circle of calls is broken");
    check(generation(PART_ONE) == 1 && generation(PART_TWO) == 2,
          "who waits to be received is restarted");
}

static void test_park(void)
{
    for (unsigned i = 0; i < 4; i++) {
        (void)part_call(PART_FRAGILE, PART_CRASH, 0, 1000 * MS);
    }
    check(domain_info(PART_FRAGILE).state == 5, "who fails too often is parked");
    check(tess_msg_err(part_call(PART_FRAGILE, PART_GENERATION, 0, MS).tag) == TESS_CAP,
          "who calls a parked one does not wait");
    check(control(SUPERVISOR_START, PART_FRAGILE) == TESS_OK, "a parked one can be started");
    check(generation(PART_FRAGILE) == 5, "and its clients reach it again");
    check(control(SUPERVISOR_START, PART_FRAGILE) == TESS_STATE, "a running one cannot be started");
    (void)part_call(PART_NEVER, PART_CRASH, 0, 1000 * MS);
    check(domain_info(PART_NEVER).state == 5, "what is never restarted is parked");
    check(control(SUPERVISOR_STOP, PART_RIGHT) == TESS_OK && domain_info(PART_RIGHT).state == 0,
          "a domain can be stopped");
    check(control(SUPERVISOR_START, PART_RIGHT) == TESS_OK && generation(PART_RIGHT),
          "and started again");
}

static uint64_t us_of_crash(enum part part)
{
    uint64_t began = tess_now();

    (void)part_call(part, PART_CRASH, 0, 1000 * MS);
    (void)generation(part);
    return us_since(began);
}

static void test_group(void)
{
    uint64_t first = us_of_crash(PART_MEMBER), second = us_of_crash(PART_MEMBER);

    check(first >= 1000 && first < 2000 && second >= 2000 && second < 3000,
          "the backoff doubles with each failure");
    check(generation(PART_FELLOW) == 1, "a group has nothing to do with two failures");
    (void)us_of_crash(PART_MEMBER);
    check(generation(PART_FELLOW) == 2 && generation(PART_MEMBER) == 4,
          "the third failure restarts the group");
    for (unsigned i = 0; i < 3; i++) {
        (void)part_call(PART_MEMBER, PART_CRASH, 0, 1000 * MS);
    }
    check(domain_info(PART_MEMBER).state == 5 && generation(PART_FELLOW) == 2,
          "a group is restarted once, then the member is parked");
}

/* Every domain holds what the distribution grants, and nothing else. */
static void test_audit(void)
{
    static const unsigned more[PARTS] = {
        [PART_DRIVER] = 3 + PARTS - 1, [PART_ECHO] = 3 + 1, [PART_ONE] = 1, [PART_TWO] = 1
    };
    int ok = 1;

    for (unsigned p = 0; p < PARTS; p++) {
        unsigned count = 0;

        for (uint64_t slot = 1; slot < 64; slot++) {
            struct tess_msg m =
                tess_call_2(DRIVER_SLOT_LOOK, tess_tag(SUPERVISOR_CAPABILITY, 2, 0), 0, p, slot);
            ok = ok && tess_tag_len(m.tag) == 5;
            count += m.w[0] != TESS_TYPE_null;
        }
        ok = ok && count == 3 + more[p];
    }
    check(ok, "every domain holds what it is granted, and nothing else");
}

static void test_passive(void)
{
    sleep_ns(10 * MS);
    uint64_t cpu = domain_info(PART_PASSIVE).cpu_ns;

    (void)part_call(PART_PASSIVE, PART_BUSY, 5 * MS, 0);
    check(domain_info(PART_PASSIVE).cpu_ns == cpu, "a passive domain runs on its callers' time");
    (void)part_call(PART_PASSIVE, PART_CRASH, 0, 1000 * MS);
    check(generation(PART_PASSIVE) == 2, "a passive domain is restarted");
}

static void test_strikes(void)
{
    uint64_t old = generation(PART_LEFT), echo = generation(PART_ECHO);

    comp_pulse->watch[PART_LEFT].timeouts += 2;
    comp_attention();
    check(generation(PART_LEFT) == old, "two strikes are forgiven");
    comp_pulse->watch[PART_LEFT].strikes += 1;
    comp_pulse->watch[PART_ECHO].strikes += 100;
    comp_attention();
    check(generation(PART_LEFT) == old + 1, "the third strike restarts");
    check(generation(PART_ECHO) == echo, "where strikes are only counted nothing happens");
    comp_pulse->watch[PART_LEFT].since = tess_now();
    sleep_ns(500 * MS);
    comp_pulse->watch[PART_LEFT].since = 0;
    check(generation(PART_LEFT) == old + 2, "a call in flight too long is a strike");
}

static void test_supervisor(enum supervisor_failure how, const char *what)
{
    struct supervisor_info before = supervisor_info();
    uint64_t echo = generation(PART_ECHO), began = tess_now();
    enum tess_err err = fail(how, 0);
    struct supervisor_info after = supervisor_info();
    uint64_t us = us_since(began);

    check(err == TESS_GONE, "who called the supervisor that died gets GONE");
    check(after.domains == PARTS && us < 1000000, what);
    check(after.takeovers == before.takeovers + 1 && after.primary != before.primary,
          "the standby took over");
    check(generation(PART_ECHO) == echo, "the domains notice nothing");
    (void)part_call(PART_ECHO, PART_CRASH, 0, 1000 * MS);
    check(generation(PART_ECHO) == echo + 1, "and are healed as before");
    printf("takeover: %u us\n", (unsigned)us);
}

static void test_standby(enum supervisor_failure how)
{
    struct supervisor_info before = supervisor_info();

    check(fail(how, 0) == TESS_OK, "the standby is made to fail");
    sleep_ns(900 * MS);
    check(supervisor_info().rebuilt == before.rebuilt + 1, "a standby that fails is built anew");
    check(supervisor_info().takeovers == before.takeovers, "and does not take over");
}

/* Both die: the last resort.  The caller waits until they are back. */
static void test_both(void)
{
    uint64_t echo = generation(PART_ECHO), began = tess_now();

    check(fail(SUPERVISOR_FAILURE_BOTH, 0) == TESS_GONE, "both incarnations die at once");
    check(supervisor_info().domains == PARTS, "and are built anew");
    check(us_since(began) < 1000000, "in 1 s");
    check(generation(PART_ECHO) == echo, "the domains notice nothing of that");
    printf("both: %u us\n", (unsigned)us_since(began));
}

/*
 * The primary dies at any instruction of its work: while it stops or starts domains, or nothing.  Whatever was asked of it
 * is done or not; afterwards all domains run, and nothing is lost.
 */
static void test_any_time(void)
{
    uint64_t used = domain_info(PART_ECHO).used, takeovers = supervisor_info().takeovers;
    uint64_t random = 88172645463325252u, rounds = 300;
    int ok = 1;

    for (uint64_t i = 0; i < rounds && ok; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        enum tess_err err = fail(SUPERVISOR_FAILURE_KILL, random % 150000);
        ok = ok &&
             (err == TESS_OK || err == TESS_GONE); /* the time may be shorter than the answer */
        (void)control(SUPERVISOR_RESTART, PART_ECHO);
        (void)control(i % 2 ? SUPERVISOR_KILL : SUPERVISOR_RESTART, PART_LEFT);
        if (i % 4 == 0) {
            (void)control(SUPERVISOR_STOP, PART_FRAGILE);
            (void)control(SUPERVISOR_START, PART_FRAGILE);
        }
        ok = ok && generation(PART_ECHO) && generation(PART_LEFT) && generation(PART_RIGHT);
        for (unsigned n = 0; n < 100 && generation(PART_FRAGILE) == 0; n++) {
            (void)control(SUPERVISOR_START, PART_FRAGILE); /* not asked for, or not done yet */
        }
        ok = ok && generation(PART_FRAGILE);
        sleep_ns(MS / 5);
    }
    sleep_ns(10 * MS);
    check(ok, "the primary can die at any time");
    check(supervisor_info().takeovers == takeovers + rounds, "and has done so");
    check(domain_info(PART_ECHO).used == used, "and no memory is lost");
    check(generation(PART_TWO) == 2, "nor a domain that had nothing to do with it");
}

/* Who wants attention all the time gets no more than its share of the supervisor. */
static void test_flood(void)
{
    uint64_t began = tess_now(), signals = 0;

    while (us_since(began) < 1000000) {
        signals += tess_signal(COMP_SLOT_SUPERVISOR) == TESS_OK;
    }
    check(signals > 500 && signals < 2000, "a flood of signals is stopped");
    sleep_ns(200 * MS);
    check(tess_signal(COMP_SLOT_SUPERVISOR) == TESS_OK, "and forgiven");
}

static void test_control(void)
{
    struct tess_msg m;

    m = tess_call_1(DRIVER_SLOT_LOOK, tess_tag(SUPERVISOR_KILL, 1, 0), 0, PART_ECHO);
    check(tess_answer(m.tag) == TESS_DENIED, "who may only look cannot kill");
    m = tess_call_1(DRIVER_SLOT_LOOK, tess_tag(SUPERVISOR_DOMAIN, 1, 0), 0, PART_ECHO);
    check(tess_answer(m.tag) == TESS_OK, "but look");
    m = tess_call_1(DRIVER_SLOT_CONTROL, tess_tag(99, 1, 0), 0, 0);
    check(tess_answer(m.tag) == TESS_PROTOCOL, "an unknown method is refused");
    m = tess_call_2(DRIVER_SLOT_CONTROL, tess_tag(SUPERVISOR_KILL, 2, 0), 0, PART_ECHO, 0);
    check(tess_answer(m.tag) == TESS_PROTOCOL, "a message of another length is refused");
    check(control(SUPERVISOR_KILL, PARTS) == TESS_RANGE, "an unknown domain is refused");
    m = tess_call_2(DRIVER_SLOT_CONTROL, tess_tag(SUPERVISOR_CAPABILITY, 2, 0), 0, PART_DRIVER,
                    DRIVER_SLOT_PART + PART_ECHO);
    check(!tess_answer(m.tag) && m.w[0] == TESS_TYPE_endpoint && m.w[1] == TESS_RIGHT_SEND &&
              m.w[2] == 1,
          "the capabilities of a domain can be read");
    memcpy(&tess_ipc_buffer()->word[TESS_MSG_REGS], "passive", 8);
    m = tess_call_1(DRIVER_SLOT_CONTROL, tess_tag(SUPERVISOR_FIND, 12, 0), 0, 7);
    check(!tess_answer(m.tag) && m.w[0] == PART_PASSIVE, "a domain is found by name");
}

static enum tess_err control_2(uint64_t method, enum part part, uint64_t argument)
{
    return tess_answer(tess_call_2(DRIVER_SLOT_CONTROL, tess_tag(method, 2, 0),
                                   tess_deadline_ns(2000 * MS), part, argument)
                           .tag);
}

/* The alternative that runs when the swap is over. */
static uint32_t swap_ends(enum part part)
{
    struct domain_info i = domain_info(part);

    for (unsigned n = 0; n < 100 && (i.swap || i.state != 2); n++) {
        sleep_ns(20 * MS);
        i = domain_info(part);
    }
    return i.image;
}

static void test_swap(void)
{
    uint64_t first = generation(PART_ECHO);

    check(!control_2(SUPERVISOR_ALTERNATIVE, PART_ECHO, 1) &&
              !memcmp(&tess_ipc_buffer()->word[TESS_MSG_REGS], "Part", 5),
          "alternatives have names");
    check(control_2(SUPERVISOR_SWAP, PART_ECHO, 2) == TESS_RANGE &&
              control_2(SUPERVISOR_SWAP, PART_LEFT, 0) == TESS_RANGE,
          "there is nothing else to swap to");
    check(control_2(SUPERVISOR_SWAP, PART_ECHO, 1) == TESS_OK && swap_ends(PART_ECHO) == 1 &&
              part_call(PART_ECHO, PART_GENERATION, 0, MS).w[1] == 0,
          "another image takes the place of one that runs");
    check(control_2(SUPERVISOR_SWAP, PART_ECHO, 0) == TESS_OK && swap_ends(PART_ECHO) == 0 &&
              generation(PART_ECHO) == first + 2,
          "and that one its place");
    (void)part_call(PART_ECHO, PART_SLEEP, 0, MS);
    check(control_2(SUPERVISOR_SWAP, PART_ECHO, 1) == TESS_OK &&
              control_2(SUPERVISOR_SWAP, PART_ECHO, 1) == TESS_STATE,
          "one swap at a time");
    check(swap_ends(PART_ECHO) == 0 && generation(PART_ECHO) == first + 3,
          "what fails before it is quiet is restarted as it was");
}

_Noreturn void comp_main(uint64_t number)
{
    comp_pulse->state = COMP_RUNNING;
    check(number == 1, "the driver is not restarted");
    test_start();
    test_control();
    test_audit();
    test_restart();
    test_crash();
    test_kills();
    test_hang();
    test_strikes();
    test_innocent();
    test_deadlock();
    test_group();
    test_park();
    test_swap();
    test_passive();
    test_supervisor(SUPERVISOR_FAILURE_FAULT, "a crash of the supervisor is survived in 1 s");
    test_supervisor(SUPERVISOR_FAILURE_LOOP, "a hang of the supervisor is survived in 1 s");
    test_standby(SUPERVISOR_FAILURE_STANDBY_FAULT);
    test_standby(SUPERVISOR_FAILURE_STANDBY_LOOP);
    test_supervisor(SUPERVISOR_FAILURE_FAULT, "and again");
    test_both();
    test_any_time();
    test_flood();
    printf("%u passed, %u failed\n", passed, failed);
    comp_pulse->state = COMP_FINISHED;
    comp_attention();
    for (;;) {
        sleep_ns(1000 * MS);
    }
}
