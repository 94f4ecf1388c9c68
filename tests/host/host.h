/* The simulated processor under the host fuzzer. */
#ifndef FUZZ_HOST_H
#define FUZZ_HOST_H

#include <stdint.h>
#include <tess/syscall.h>

#define HOST_ROOT_SLOTS 2048u

extern uint64_t host_steps; /* entries into the kernel */
extern uint64_t
    host_verify; /* from this one on everything is verified after each, to find the one that breaks it */

/* Start the kernel; its first thread is the guardian, which is this program: host_svc(). */
void host_boot(uint64_t seed);
/* Memory of the guardian at an address of its address space. */
void *host_pointer(uint64_t va);

#endif
