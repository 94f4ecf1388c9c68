/* Why the supervisor has stopped a domain: `why` of domain_info in idl/supervisor.idl. */
#ifndef IDL_FAILURE_H
#define IDL_FAILURE_H

/* Why a domain was stopped.  1 .. 15 are enum tess_fault. */
enum failure {
    FAILURE_NONE,
    FAILURE_STOPPED = 16, /* its thread was suspended, not by the supervisor */
    FAILURE_HANG,         /* answers no pings, though it had time */
    FAILURE_DEADLOCK,     /* waits in a circle of calls */
    FAILURE_LATE,         /* passive, and has not received anything in time */
    FAILURE_STRIKES,      /* blamed too often by those it is connected to; detail: connection */
    FAILURE_START,        /* could not be built; detail: enum tess_err */
    FAILURE_RECORD,       /* its record was damaged */
    FAILURE_DMA,          /* its device wanted memory that is not its own; detail: address, event */
    FAILURE_GATE,         /* an order was not carried out in time; detail: function */
    FAILURE_KILLED,       /* on request, as if it had failed */
    FAILURE_COMPANION,    /* one that it restarts with has failed; detail: that domain */
    FAILURE_REQUEST,      /* restart or stop on request: no failure */
    FAILURE_SWAP,         /* another alternative takes its place: no failure */
};

#endif
