/*
 * The personality's narrow border to the kernel: threads, address spaces, answers.  Everything here is recycled: objects are made
 * once, used by one process after the other, and never given back.
 */
#ifndef LINUX_TASK_NATIVE_H
#define LINUX_TASK_NATIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <tess/invoke.h>
#include <tessera/msg.h>

#define WINDOW_AT 0x1000000000ull /* where the personality sees its window */

/* What the component gives: slots first .. end - 1 of its CNode are free, memory is untyped memory of that many bytes. */
struct native_config {
    tess_cap memory;
    uint64_t bytes;
    uint64_t first_slot, end_slot;
    uint64_t priority; /* of the programs; below the personality's own */
    uint64_t own_priority;
};

/* Once, first.  The window's bytes in *window.  TESS_NOMEM when memory or slots do not suffice for anything. */
enum tess_err native_start(const struct native_config *config, uint64_t *window);

/* ---- threads ---- */

/* Kernel objects of one foreign thread; number: the badge of its messages, from 1. */
struct native {
    tess_cap thread, budget, reply, fault;
    uint32_t number;
    uint32_t next_free;
    void *space_is; /* configured with; NULL: none */
    void *owner;    /* the task */
};

struct native_space;

/* A suspended thread; NULL: no memory or slots. */
struct native *native_new(void *owner);
/* It is stopped at once, whatever it does. */
void native_free(struct native *n);
/* Whose message it is; NULL: nobody's. */
void *native_owner(uint64_t badge);
/* Give it an address space; the thread is suspended. */
enum tess_err native_use_space(struct native *n, struct native_space *s);
/* Stop it, whatever it waits for; native_run lets it begin anew. */
void native_stop(struct native *n);
/* Begin to run with these registers. */
enum tess_err native_run(struct native *n, const struct tess_regs *regs);
/* Force it out of user code: a message TESS_FAULT_kick comes. */
void native_kick(struct native *n);
/* Registers of a thread that waits for an answer, or is suspended. */
void native_read_regs(struct native *n, struct tess_regs *out);
/* v0 .. v31 (low word first), FPSR, FPCR: 66 words. */
#define NATIVE_FP_WORDS 66u
void native_read_fp(struct native *n, uint64_t *to);
void native_write_fp(struct native *n, const uint64_t *from);
/* Nanoseconds that it has run. */
uint64_t native_consumed(struct native *n);

/* ---- the alarm ---- */

/* The bit of the component's notification that says: a time has come. */
#define NATIVE_ALARM (1ull << 63)
/* It shall come at that time, in ticks, or before; times that were asked for earlier still come. */
void native_alarm(uint64_t ticks);

/* ---- address spaces ---- */

/* Empty; NULL: no memory. */
struct native_space *native_space_new(void);
/* All of its pages must have been unmapped. */
void native_space_free(struct native_space *s);
/* tess_vspace_pages until all runs are done; tables are donated as they are missed.  false: no memory for tables. */
bool native_pages(struct native_space *s, const struct tess_run *run, unsigned count);

/* ---- what is taken ---- */

struct native_taken {
    uint64_t objects, objects_all; /* bytes of kernel objects and tables; of the memory for them */
    uint64_t slots, slots_all;
    uint32_t threads, threads_free; /* made; of these in no use */
    uint32_t spaces, spaces_free;
};
void native_taken(struct native_taken *out);

/* ---- messages ---- */

/* Which answer a caller gets, and how. */
struct native_answer {
    enum { ANSWER_NONE, ANSWER_VALUE, ANSWER_REGS } kind;
    tess_cap reply; /* a Reply object that holds the caller, or 0: the one that was received last */
    uint64_t value;
    const struct tess_regs *regs;
};

/* Put off the caller that was received last. */
void native_defer(struct native *n);
/* Answer, and go on. */
void native_answer(const struct native_answer *a);
/* Answer and receive: a message or signal. */
struct tess_msg native_next(const struct native_answer *a);

#endif
