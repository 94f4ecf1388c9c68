/*
 * A worker: a thread that does random system calls for ever.  It runs in an address space of its own world, where the
 * program's text and constants are mapped read-only, at their addresses, and one struct worker for each worker; it has
 * no other memory.  It counts what it did there, and the guardian reads that.
 */
#ifndef FUZZ_WORKER_H
#define FUZZ_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <tessera/cap.h>
#include <tessera/error.h>
#include <tessera/msg.h>

/* What is counted: system calls first, then invocations. */
enum fuzz_op {
#define SYSCALL(name, number, args, text) OP_SYS_##name,
#include <syscalls.def>
#undef SYSCALL
#define INVOKE(object, verb, number, words, results, args, text) OP_##object##_##verb,
#include <invocations.def>
#undef INVOKE
    OP_COUNT
};
#define OP_INVOKE   TESS_SYS_COUNT /* first invocation */
#define FUZZ_ERRORS 16u

/* Slots of a worker's CNode: those of type t are wanted at t * SLOTS_A_TYPE and following. */
#define SLOTS_A_TYPE 32u
#define FUZZ_SLOTS   544u

#define WORKER_STRIDE 0x10000u /* from one struct worker to the next */
#define WORKER_BASE   0x20000000ull
#define WORKER_BYTES  0x8000u
#define WORKER_COUNT  12u /* the last WORKER_SPARE run when a worker starts them */
#define WORKER_SPARE  4u
#define PLAY_BASE     0x30000000ull /* where frames are mapped at random */
#define GUEST_CODE    0x10000000ull /* a page of guests: program.h; the next one is theirs to write */
#define GUEST_VECTORS 0x800u

enum personality { CLIENT, SERVER, INVOKER, MIXED, PERSONALITIES };

struct worker {
    uint32_t busy; /* a thread runs on this struct: svc.S */
    uint32_t personality;
    uint64_t random; /* state of its random numbers */
    uint64_t calls;  /* finished and unfinished */
    uint64_t failures;
    uint64_t failure[4]; /* what the last one was: code, operation, value, value */
    uint64_t op;         /* what it does just now: for reports */
    uint64_t now;        /* ticks */
    uint32_t foreign;
    uint32_t serving; /* it owes an answer, as far as it knows: 1, or 2 when a fault waits */
    uint32_t type;    /* while arguments are made: of the object they are about */
    uint32_t fresh;   /* slot of an address space that it may just have made; 0: none */
    uint32_t cover[OP_COUNT][FUZZ_ERRORS];
    uint8_t room[0x3000 - 12 * 8 - OP_COUNT * FUZZ_ERRORS * 4];
    struct tess_ipc_buffer ipc; /* at offset WORKER_IPC */
    uint8_t stack[WORKER_BYTES - 0x3000 - sizeof(struct tess_ipc_buffer)];
};
#define WORKER_IPC 0x3000u
_Static_assert(sizeof(struct worker) == WORKER_BYTES, "svc.S knows the size");

enum failure { FAIL_KEPT = 1, FAIL_LEAK };

/* Address of worker i in every address space of workers. */
static inline uint64_t worker_address(unsigned i)
{
    return WORKER_BASE + (uint64_t)i * WORKER_STRIDE;
}

/* Registers of one system call: in and out. */
struct svc_registers {
    uint64_t x[18];    /* x0..x17 */
    uint64_t kept[11]; /* x19..x29 behind the call */
};

/* svc.S: svc #number with these registers; x19..x29 are given the pattern. */
void fuzz_svc(uint64_t number, struct svc_registers *r, uint64_t pattern);
#define FUZZ_SVC_NUMBERS                                                                           \
    14u /* number: 0 .. 13; those from TESS_SYS_COUNT on are not system calls */

/* svc.S: where workers begin; x0 = struct worker.  If a thread runs there already: as worker_spin. */
void worker_entry(void);
/* svc.S: a few entries into the kernel, then a fault; needs no memory. */
void worker_spin(void);
/* The next system call: its number and registers. */
unsigned worker_next(struct worker *w, struct svc_registers *r);
/* It is over: look at what came back, count it. */
void worker_done(struct worker *w, unsigned number, const struct svc_registers *r,
                 uint64_t pattern);

/* What worker_entry calls. */
_Noreturn void worker_main(struct worker *w);

/* The arguments of an invocation are made by a pattern, one letter a word: worker.c.  NULL: there is none. */
const char *worker_pattern(enum fuzz_op op);

#endif
