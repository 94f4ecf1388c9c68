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

/* On request: stop for good; start again.  STATE: it is (not) stopped already. */
enum tess_err service_stop(uint32_t domain);
enum tess_err service_start(uint32_t domain);

/* Start what is due.  The tick at which the next is, or `until` if that is earlier. */
uint64_t service_run(uint64_t until);

/* After the death of a primary: make the records valid, finish what was begun, find what crashed meanwhile. */
void service_resume(void);

/* "page fault", ... */
const char *failure_text(uint32_t why);

#endif
