/*
 * A canary: a thread that does nothing but look whether its registers (general, floating point, thread pointer) and its
 * memory are what it left there.  Nobody has a capability for it.
 */
#ifndef FUZZ_CANARY_H
#define FUZZ_CANARY_H

#include <tess/tess.h>

#define CANARY_WORDS 64u

struct canary {
    struct tess_thread thread;
    uint64_t rounds;
    uint64_t failures;
    uint64_t failure[2]; /* the last one: round, number of registers or words */
    uint64_t memory[CANARY_WORDS];
};

/* Make a canary of that priority and let it run. */
enum tess_err canary_start(struct canary *c, struct tess_env *env, uint64_t priority);

/* canary_round.S: fill all registers, wait, count those that changed. */
uint64_t canary_round(uint64_t pattern, uint64_t spins);

#endif
