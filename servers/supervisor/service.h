/* The life of a domain, as the supervisor leads it: one state machine, in service.c. */
#ifndef SUPERVISOR_SERVICE_H
#define SUPERVISOR_SERVICE_H

#include "supervisor.h"

#include <tessera/error.h>

/* First record of every domain: to be started now. */
void service_init(struct region *r, uint32_t domain);

/* The domain has failed (only RUNNING ones can): stop it and what restarts with it, decide what comes next. */
void service_fail(uint32_t domain, enum failure why, uint64_t detail0, uint64_t detail1);

/* On request: stop and start again at once, with those that restart with it; not counted.  From any state. */
void service_restart(uint32_t domain);

/* On request: stop for good; start again, with that alternative.  STATE: it is (not) stopped already. */
enum tess_err service_stop(uint32_t domain);
enum tess_err service_start(uint32_t domain, uint32_t image);

/* Start what is due, look at swaps in progress.  The tick at which the next is, or `until` if that is earlier. */
uint64_t service_run(uint64_t until);

/* After the death of a primary: make the records valid, finish what was begun, find what crashed meanwhile. */
void service_resume(void);

/* ---- for swap.c ---- */

/* How a domain is to be stopped. */
struct stop {
    enum domain_state goal;
    enum failure why;
    uint64_t detail[2];
    uint64_t now;
    uint64_t due; /* goal BACKOFF */
};

/* The record says that the domain is being stopped. */
void stop_mark(uint32_t domain, const struct stop *how);
/* STOPPING from its step on, and what comes then; it is STOPPING still if a gate has to answer first. */
void stop_finish(uint32_t domain);
#endif
