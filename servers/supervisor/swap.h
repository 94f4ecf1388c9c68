/* Another alternative takes the place of a domain that runs: one state machine, in swap.c. */
#ifndef SUPERVISOR_SWAP_H
#define SUPERVISOR_SWAP_H

#include "service.h"

/*
 * On request: begin.  How it ends is seen in the record and the log.  STATE: the domain does not run, is being swapped
 * already, or cannot be.
 */
enum tess_err swap_begin(uint32_t domain, uint32_t image);

/* One look at a domain that runs; the tick of the next, or `until` if that is earlier. */
uint64_t swap_look(uint32_t domain, uint64_t until);

/* What is on trial has failed: stop it, the one before takes its place again.  Nobody was served, so it is not counted. */
void swap_back(uint32_t domain, struct stop *how);

/* In an open record: what becomes of a swap when the domain is stopped; what is due when it is started. */
void swap_leave(struct domain_record *r, enum failure why);
void swap_started(struct domain_record *r);

#endif
