/* The measured code: what clients and servers of the benchmark run. */
#ifndef TESTS_BENCH_ROUNDS_H
#define TESTS_BENCH_ROUNDS_H

#include "world.h"

/* Samples of each row; the first ones are not taken (tools/bench/table.awk). */
#define ROUNDS 32u

/* Servers; they never return. */
void serve_main(struct worker *self);   /* answers with what it got, on caps.serve */
void own_main(struct worker *self);     /* on caps.own */
void same_main(struct worker *self);    /* on caps.same */
void long_main(struct worker *self);    /* answers long messages, on caps.words */
void take_main(struct worker *self);    /* takes one capability with each call, on caps.take */
void listen_main(struct worker *self);  /* receives on caps.listen */
void wake_main(struct worker *self);    /* waits for caps.wake */
void driver_main(struct worker *self);  /* serves the clock's interrupts */
void fault_main(struct worker *self);   /* maps caps.page where the client faults */
void foreign_main(struct worker *self); /* answers foreign system calls */
void person_main(
    struct worker *self); /* answers them in every way, and page faults, on its own budget */
void monitor_main(struct worker *self); /* answers the exits of a guest, on caps.exits */

/* Clients; they return when all rounds are done. */
void client_main(struct worker *self); /* everything that one thread can do */
void faulter_main(struct worker *self);
void stranger_main(struct worker *self);   /* a foreign thread: makes no native system call */
void guest_main(struct worker *self);      /* another one, for person_main */
void poker_main(struct worker *self);      /* makes the clock interrupt */
void yield_from_main(struct worker *self); /* two at one priority */
void yield_to_main(struct worker *self);

/* A guest, from beginning to end; nothing where there are none. */
void vm_run(void);

#endif
