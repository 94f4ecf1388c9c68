/*
 * Threads in the own address space, with stack, IPC buffer and thread-local storage.
 *
 * Memory of one thread, one frame, lowest address first:  stack | thread-local storage | IPC buffer;
 * the page below the stack stays unmapped, so that an overflow is a page fault.
 */
#ifndef TESS_THREAD_H
#define TESS_THREAD_H

#include <tess/env.h>
#include <tess/ipc.h>

#define TESS_STACK_DEFAULT 16384u

struct tess_thread_config {
    uint64_t priority;
    uint64_t ceiling;     /* 0: as priority */
    tess_cap fault;       /* endpoint that gets its faults; 0: a fault suspends it */
    uint64_t stack_bytes; /* 0: TESS_STACK_DEFAULT */
    uint64_t budget;      /* ticks per period; 0: the whole CPU */
    uint64_t period;      /* ticks; 0: 10 ms */
    int passive;          /* runs on its callers' budgets: see tess_thread_run() */
    uint64_t flags;       /* TESS_THREAD_FOREIGN */
    const char *name;     /* may be NULL */
};

struct tess_thread {
    tess_cap tcb;
    tess_cap budget;
    tess_cap frame;
    uint64_t base;  /* lowest address of its memory */
    uint64_t bytes; /* of its memory */
    uint64_t stack_top;
    uint64_t tls; /* TPIDR_EL0 */
    struct tess_ipc_buffer *ipc;
    void (*main)(void *argument);
    void *argument;
    int passive;
};

/* Make a thread; it does not run yet.  On an error everything made so far is deleted.  NOMEM, ARG (priority). */
enum tess_err tess_thread_create(struct tess_env *env, struct tess_thread *t,
                                 const struct tess_thread_config *config);

/*
 * Run main(argument) in it; when main returns, the thread suspends itself.  t must live as long as the thread.
 * A passive thread runs on a budget of its own until it waits in its first receive, then loses it; the call
 * returns after that.  STATE: it stopped before it received anything.
 */
enum tess_err tess_thread_run(struct tess_env *env, struct tess_thread *t,
                              void (*main)(void *argument), void *argument);

/* Delete the thread and its memory.  Not for the calling thread. */
void tess_thread_destroy(struct tess_env *env, struct tess_thread *t);

#endif
