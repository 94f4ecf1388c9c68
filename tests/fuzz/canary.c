#include "canary.h"

static void fail(struct canary *c, uint64_t what)
{
    c->failures++;
    c->failure[0] = c->rounds;
    c->failure[1] = what;
}

static void canary_main(void *argument)
{
    struct canary *c = argument;
    uint64_t tls = (uint64_t)__builtin_thread_pointer(), before = tess_now();

    for (;; c->rounds++) {
        for (unsigned i = 0; i < CANARY_WORDS; i++) {
            c->memory[i] = c->rounds * CANARY_WORDS + i;
        }
        uint64_t wrong = canary_round(c->rounds << 8, 300);
        for (unsigned i = 0; i < CANARY_WORDS; i++) {
            wrong += c->memory[i] != c->rounds * CANARY_WORDS + i;
        }
        uint64_t now = tess_now();
        if (wrong || (uint64_t)__builtin_thread_pointer() != tls || now < before) {
            fail(c, wrong);
        }
        before = now;
        if (c->rounds % 16 == 15) {
            (void)tess_recv(0, 0); /* fails: the slot is empty */
            tess_yield();
        }
    }
}

enum tess_err canary_start(struct canary *c, struct tess_env *env, uint64_t priority)
{
    /* A tenth of the processor, so that the others get on. */
    uint64_t period = tess_ticks_of_ns(2000000);
    struct tess_thread_config config = {
        .priority = priority, .budget = period / 10, .period = period, .name = "canary"
    };
    enum tess_err err = tess_thread_create(env, &c->thread, &config);

    return err ? err : tess_thread_run(env, &c->thread, canary_main, c);
}
