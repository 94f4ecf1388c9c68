/*
 * The world of the workers: everything in it is made of one piece of untyped memory, so that revoking that ends it.
 * What survives a world belongs to the guardian and is never given away: the memory of struct worker and the pages of
 * the program.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdbool.h>
#include <tess/tess.h>

#include "worker.h"

#define WORLD_BYTES    0xa00000u
#define WORLD_SPACES   3u
#define WORLD_RUNNING  (WORKER_COUNT - WORKER_SPARE)
#define WORLD_GUESTS   2u
#define WORLD_OBJECTS  76u /* the pool that all workers get capabilities of */
#define GUARDIAN_PRIO  254u
#define WORKER_CEILING 120u

struct world {
    struct tess_env *env;
    uint64_t random;
    tess_cap memory;  /* untyped: all of a world */
    tess_cap device;  /* untyped: device memory of a world; 0: none to be had */
    tess_cap big;     /* frame of more than a block */
    tess_cap first;   /* slots first .. first + WORLD_SLOTS - 1 of the root's CNode */
    tess_cap next;    /* not used yet */
    uint64_t refused; /* a step of building a world was not done */
    enum tess_err refused_error;
    const char *refused_step;
    struct worker *worker[WORKER_COUNT]; /* as the guardian sees them */
    tess_cap worker_frame[WORKER_COUNT]; /* source of what is mapped for the worker */
    tess_cap worker_mapped[WORKER_COUNT];
    tess_cap text_mapped[WORLD_SPACES];
    uint32_t *guest_code[WORLD_GUESTS]; /* as the guardian sees it */
    tess_cap guest_mapped[WORLD_GUESTS];
    bool guests; /* the kernel has any */
    uint64_t text_address;
    /* of the present world: */
    tess_cap space[WORLD_SPACES];
    struct running {
        tess_cap thread, cnode, budget;
        uint64_t calls;  /* at the last look */
        unsigned stalls; /* looks at which nothing had happened */
    } running[WORLD_RUNNING];
    struct guest {
        tess_cap thread, vspace, vcpu, budget;
    } guest[WORLD_GUESTS];
    struct member {
        tess_cap cap;
        uint8_t type;
        uint8_t place; /* in all CNodes, if it is free */
    } pool[WORLD_OBJECTS];
    unsigned pool_count;
};

#define WORLD_SLOTS 1024u

/* Once: memory for workers, pages of the program. */
void world_prepare(struct world *w, struct tess_env *env, uint64_t seed);
/* Make a new world and let it run. */
void world_build(struct world *w);
/* End it; the error of the revoke. */
enum tess_err world_end(struct world *w);
/* Wake the workers that do not get on; false: the world is used up. */
bool world_nudge(struct world *w);
/* Destroy and replace some members of the pool; false: out of memory. */
bool world_disturb(struct world *w);
/* System calls of all workers so far. */
uint64_t world_calls(const struct world *w);

#endif
