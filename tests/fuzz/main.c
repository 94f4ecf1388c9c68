/*
 * The system-call fuzzer.  The guardian (the root thread, more urgent than all workers) builds worlds of random objects
 * and lets workers do random system calls there; see worker.h, world.h.  It sleeps most of the time, looks how far they
 * are, wakes those that wait for ever, destroys and replaces objects under them, and ends a world when it is worn out.
 * In the debug kernel all invariants are verified on the way out of the kernel.
 *
 * Command line: calls=N (at least so many by workers), seed=S.  The same seed does the same on a deterministic machine.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "canary.h"
#include "options.h"
#include "random.h"
#include "world.h"

#define TICK_NS       6000000u /* between two looks */
#define WORLD_CALLS   20000u   /* after so many calls a world is worn out */
#define WORLD_LOOKS   400u     /* or after so many looks */
#define COVER_CALLS   300000u  /* from here on every invocation must have succeeded */
#define PROGRESS_STEP 100000u

static struct tess_env env;
static struct tess_slots slots;
static struct tess_pool pool;
static uint32_t slot_link[TESS_ROOT_CNODE_SLOTS];
static struct world world;
static struct canary canary;
static uint64_t failures, worlds;
static unsigned passed, failed;

static const char *const op_name[OP_COUNT] = {
#define SYSCALL(name, number, args, text) "svc " #name,
#include <syscalls.def>
#undef SYSCALL
#define INVOKE(object, verb, number, words, results, args, text) #object "." #verb,
#include <invocations.def>
#undef INVOKE
};

static void check(bool ok, const char *what)
{
    printf("%s: %s\n", ok ? "pass" : "FAIL", what);
    passed += ok;
    failed += !ok;
}

static uint64_t covered(unsigned op, unsigned error)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < WORKER_COUNT; i++) {
        sum += world.worker[i]->cover[op][error];
    }
    return sum;
}

/* Failures that workers found since the last look. */
static void collect_failures(void)
{
    for (unsigned i = 0; i < WORKER_COUNT; i++) {
        struct worker *k = world.worker[i];
        if (k->failures) {
            printf("FAIL: worker %u: code %" PRIu64 " in %s: %" PRIx64 " %" PRIx64 "\n", i,
                   k->failure[0], k->failure[1] < OP_COUNT ? op_name[k->failure[1]] : "svc",
                   k->failure[2], k->failure[3]);
            failures += k->failures;
            k->failures = 0;
        }
    }
    if (world.refused) {
        printf("FAIL: guardian: %s: %s\n", world.refused_step, tess_strerror(world.refused_error));
        failures += world.refused;
        world.refused = 0;
    }
    if (canary.failures) {
        printf("FAIL: canary: round %" PRIu64 ": %" PRIu64 " registers or words\n",
               canary.failure[0], canary.failure[1]);
        failures += canary.failures;
        canary.failures = 0;
    }
}

static void progress(uint64_t calls, uint64_t step)
{
    static uint64_t next;

    if (calls >= next) {
        printf("calls %" PRIu64 ", worlds %" PRIu64 ", failures %" PRIu64 "\n", calls, worlds,
               failures);
        next = calls - calls % step + step;
    }
}

/* One world from its beginning to its end. */
static void run_world(uint64_t until)
{
    uint64_t begin = world_calls(&world);

    worlds++;
    world_build(&world);
    for (unsigned look = 0; look < WORLD_LOOKS; look++) {
        uint64_t calls = world_calls(&world);
        progress(calls, PROGRESS_STEP);
        if (calls >= until || calls - begin >= WORLD_CALLS || failures > 20) {
            break;
        }
        tess_sleep_until(&env, tess_deadline_ns(TICK_NS));
        collect_failures();
        if (!world_nudge(&world) || !world_disturb(&world)) {
            break;
        }
    }
    enum tess_err err = world_end(&world);
    if (err) {
        printf("FAIL: revoke: %s\n", tess_strerror(err));
        failures++;
    }
    collect_failures();
}

static void print_table(void)
{
    printf("%-28s %9s %9s\n", "operation", "done", "success");
    for (unsigned op = 0; op < OP_COUNT; op++) {
        uint64_t all = 0;
        for (unsigned e = 0; e < FUZZ_ERRORS; e++) {
            all += covered(op, e);
        }
        printf("%-28s %9" PRIu64 " %9" PRIu64 " ", op_name[op], all, covered(op, 0));
        for (unsigned e = 1; e < FUZZ_ERRORS - 1; e++) {
            if (covered(op, e)) {
                printf(" %s %" PRIu64 "", tess_strerror((enum tess_err)e), covered(op, e));
            }
        }
        printf("\n");
    }
}

static bool machine_op(unsigned op)
{
    return op == OP_machine_power_off || op == OP_machine_reset || op == OP_machine_write ||
           op == OP_machine_check;
}

/* Needs a kernel that has guests. */
static bool guest_op(unsigned op)
{
    return op == OP_vcpu_bind || op == OP_vcpu_inject || op == OP_vcpu_interface ||
           op == OP_vcpu_join;
}

/* What never succeeded was not tested: the workers do not know how to do it. */
static void check_cover(void)
{
    unsigned missing = 0;

    for (unsigned op = 0; op < OP_COUNT; op++) {
        if (!machine_op(op) && !(guest_op(op) && !world.guests) && covered(op, 0) == 0) {
            printf("never successful: %s\n", op_name[op]);
            missing++;
        }
    }
    check(missing == 0, "every system call and invocation succeeds at times");
    missing = 0;
    for (unsigned e = 1; e <= TESS_CALL; e++) {
        uint64_t seen = 0;
        for (unsigned op = 0; op < OP_COUNT; op++) {
            seen += covered(op, e);
        }
        if (!seen) {
            printf("never seen: %s\n", tess_strerror((enum tess_err)e));
            missing++;
        }
    }
    check(missing == 0, "every error of the kernel happens at times");
}

static bool all_patterns(void)
{
    bool ok = true;

    for (unsigned op = OP_INVOKE; op < OP_COUNT; op++) {
        if (worker_pattern(op) == NULL) {
            printf("no pattern of arguments: %s\n", op_name[op]);
            ok = false;
        }
    }
    return ok;
}

/* Everything made of the world's memory is gone: it can be had in one piece. */
static bool memory_is_back(void)
{
    uint64_t slot;

    return !tess_slot_alloc(&slots, &slot) &&
           !tess_untyped_retype(world.memory, TESS_TYPE_untyped, WORLD_BYTES, 0, slot, 1,
                                TESS_OFFSET_NEXT) &&
           !tess_cnode_delete(TESS_ROOT_CNODE, slot);
}

int main(void)
{
    uint64_t checked = 0;
    enum tess_err err = tess_env_init_root(&env, &slots, &pool, slot_link, tess_bootinfo);

    if (err) {
        printf("FAIL: no environment: %s\n", tess_strerror(err));
        return 1;
    }
    uint64_t calls = option(&env, "calls", 100000), seed = option(&env, "seed", 1);

    printf("fuzz: seed %" PRIu64 ", %" PRIu64 " calls, %s kernel, EL%" PRIu64 "\n", seed, calls,
           tess_bootinfo->debug_kernel ? "debug" : "release", tess_bootinfo->el);
    world_prepare(&world, &env, seed);
    err = canary_start(&canary, &env, 40);
    check(err == TESS_OK, "the canary runs");
    check(all_patterns(), "every invocation has a pattern of arguments");
    if (!all_patterns()) {
        return 1;
    }
    collect_failures();
    while (world_calls(&world) < calls && failures <= 20) {
        run_world(calls);
    }
    print_table();
    (void)tess_trace_stop(TESS_ROOT_TRACE, NULL);
    check(tess_machine_check(TESS_ROOT_MACHINE, &checked) == TESS_OK,
          "the kernel's invariants hold at the end");
    check(memory_is_back(), "the memory of the worlds is back");
    check(canary.rounds > 0 && canary.failures == 0, "the canary is unharmed");
    check(failures == 0, "no failure");
    if (calls >= COVER_CALLS) {
        check_cover();
    }
    printf("calls %" PRIu64 ", failures %" PRIu64 "\n", world_calls(&world), failures);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
