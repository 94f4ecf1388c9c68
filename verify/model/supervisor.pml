/*
 * The supervisor: the death sequence of two domains, with faults at any step, the death of the primary at any step, and the
 * standby that goes on from the records (servers/supervisor/service.c, domain.c, main.c; names as there).
 *
 *     domain 0 is a server, domain 1 its client; they restart together (one restart_set, one group)
 *     caller   another client of domain 0, which never dies; its call waits in the queue or is being served
 *
 * What the kernel holds of a domain is a few bits; they survive the primary.  A change of a record is one step, because
 * record_repair takes back half of one.  An incarnation dies only while the other one is there (two deaths at once are
 * the watchdog's business, not this model's).
 *
 * Checked:
 *   - nothing is built while anything of the generation before can still run, interrupt, do DMA, or use the memory
 *   - when nothing is left to do, who waits for a domain waits for one that runs, or has been told
 *   - domains that restart together do: none of them has one that died before as its companion
 *   - restarts end: a domain is parked, at the latest, after as many starts as its policy allows
 * Each -DBUG_X must be found.
 */
#define DOMAINS     2

/* Failures forgiven before the group is restarted, and again after that. */
#ifndef RESTART_MAX
#define RESTART_MAX 1
#endif
#ifndef FAULTS
#define FAULTS 4
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 2
#endif

/* enum domain_state; DOMAIN_DOWN is as PARKED here */
mtype:state = { BACKOFF, STARTING, RUNNING, STOPPING, PARKED };
/* of a domain's thread */
mtype:thread = { NO_THREAD, RUNS, SUSPENDED };
/* of the caller */
mtype:call = { IDLE, QUEUED, SERVED };

/* enum stop_step, without STOP_DEVICE, which is as STOP_DMA; that they wait for gates is in gates.pml */
#ifdef BUG_REVOKE_EARLY
#define STOP_SUSPEND   0
#define STOP_REVOKE    1
#define STOP_INTERRUPT 2
#define STOP_DMA       3
#define STOP_RELEASE   4
#else
#define STOP_SUSPEND   0
#define STOP_INTERRUPT 1
#define STOP_DMA       2
#define STOP_RELEASE   3
#define STOP_REVOKE    4
#endif
#define STOP_STEPS 5

typedef domain_record {
    mtype:state state = BACKOFF;
    mtype:state goal = BACKOFF;
    byte step;
    byte debt;
    bool escalated;
};
domain_record record[DOMAINS];
byte busy, poison; /* 1 + a domain */

/* What there is of a domain in the kernel. */
typedef kernel_part {
    mtype:thread thread = NO_THREAD;
    bool lines, dma, memory, endpoint;
};
kernel_part kernel[DOMAINS];
bool fault[DOMAINS]; /* its fault message is on its way */
mtype:call call = IDLE;

byte takeovers = TAKEOVERS, faults = FAULTS;
bool standby = true;
byte starts[DOMAINS];
bool owes[DOMAINS]; /* its companion was stopped and it was not yet */

/* ---- the kernel's side of the death sequence ---- */

inline stop_step(d) {
    d_step {
        if
        :: record[d].step == STOP_SUSPEND ->
            if
            :: kernel[d].thread == RUNS -> kernel[d].thread = SUSPENDED
            :: else
            fi
        :: record[d].step == STOP_INTERRUPT -> kernel[d].lines = false
        :: record[d].step == STOP_DMA -> kernel[d].dma = false
        :: record[d].step == STOP_RELEASE ->
            kernel[d].thread = NO_THREAD;
            fault[d] = false; /* who waits in a fault is gone, too */
#ifndef BUG_NO_RELEASE
            if
            :: d == 0 && call == SERVED -> call = IDLE /* GONE */
            :: else
            fi
#endif
        :: record[d].step == STOP_REVOKE ->
            assert(kernel[d].thread != RUNS && !kernel[d].lines && !kernel[d].dma);
            kernel[d].memory = false
        fi
    }
}

inline domain_close(d) {
    d_step {
        kernel[d].endpoint = false;
        if
        :: d == 0 && call == QUEUED -> call = IDLE /* GONE */
        :: else
        fi
    }
}

/* ---- service.c; a primary may die at each MAY_DIE, which are between any two steps that the other one sees ---- */

#define MAY_DIE                                                                                    \
    if                                                                                             \
    :: takeovers > 0 && standby -> takeovers--; goto died                                          \
    :: true                                                                                        \
    fi

inline stop_finish(d) {
    do
    :: record[d].step < STOP_STEPS ->
        MAY_DIE;
        stop_step(d);
        MAY_DIE;
        record[d].step++
    :: else -> break
    od;
    record[d].state = record[d].goal;
    if
    :: record[d].state == PARKED ->
        MAY_DIE;
        domain_close(d)
    :: else
    fi
}

inline stop_mark(d, to) {
    MAY_DIE;
    d_step {
        if
        :: together && record[1 - d].state == RUNNING -> owes[1 - d] = true
        :: else
        fi;
#ifdef BUG_NO_JOURNAL
        record[d].state = to; /* what will be, before it is so */
        record[d].goal = to;
#else
        record[d].state = STOPPING;
        record[d].goal = to;
#endif
        record[d].step = 0;
        owes[d] = false
    }
}

/*
 * The domain and its companions.  The records of all say STOPPING before anything is done, that of the one that failed
 * last: if the primary dies before, the failure is found again, and with it all that has to be done.  (One by one, the
 * death of the primary after the first leaves the second running beside a new incarnation of its companion: BUG_ONE_BY_ONE.)
 */
inline stop_together(d, to) {
    if
    :: record[1 - d].state == RUNNING || record[1 - d].state == BACKOFF ->
#ifdef BUG_ONE_BY_ONE
        if
        :: d == 1 -> /* the one started last is stopped first */
            stop_mark(1, to);
            stop_finish(1);
            stop_mark(0, BACKOFF);
            stop_finish(0)
        :: else ->
            stop_mark(1, BACKOFF);
            stop_finish(1);
            stop_mark(0, to);
            stop_finish(0)
        fi
#else
        stop_mark((1 - d), BACKOFF);
        stop_mark(d, to);
        stop_finish(1);
        stop_finish(0)
#endif
    :: else ->
        stop_mark(d, to);
        stop_finish(d)
    fi
}

inline service_fail(d) {
    MAY_DIE;
    d_step { /* decide */
        record[d].debt++;
        parks = false;
        if
        :: record[d].debt <= RESTART_MAX
#ifndef BUG_NO_LIMIT
        :: record[d].debt > RESTART_MAX && !record[d].escalated ->
            record[d].escalated = true;
            record[d].debt = 0
        :: record[d].debt > RESTART_MAX && record[d].escalated -> parks = true
#else
        :: record[d].debt > RESTART_MAX -> record[d].debt = 0
#endif
        fi
    }
    if
    :: parks ->
        stop_mark(d, PARKED);
        stop_finish(d)
    :: else ->
        together = true;
        stop_together(d, BACKOFF);
        together = false
    fi
}

inline start(d) {
    d_step { record[d].state = STARTING; starts[d]++ }
    MAY_DIE;
    d_step {
        busy = d + 1;
        /* domain_start: from empty memory */
        assert(kernel[d].thread == NO_THREAD && !kernel[d].memory);
        assert(!kernel[d].lines && !kernel[d].dma);
        assert(d != 0 || call != SERVED); /* nobody waits for the generation before */
        kernel[d].memory = true;
        kernel[d].endpoint = true
    }
#ifdef KILLER
    if
    :: d == 0 && standby -> goto died /* building domain 0 kills whoever does it */
    :: else
    fi;
#endif
    MAY_DIE;
    d_step { kernel[d].lines = true; kernel[d].dma = true }
    MAY_DIE;
    kernel[d].thread = RUNS;
    MAY_DIE;
    d_step { busy = 0; record[d].state = RUNNING }
}

inline resume(d) {
    MAY_DIE;
    if
    :: record[d].state == STARTING ->
        if
#ifndef BUG_NO_POISON
        :: poison == d + 1 -> stop_mark(d, PARKED)
        :: poison != d + 1 -> stop_mark(d, BACKOFF)
#else
        :: true -> stop_mark(d, BACKOFF)
#endif
        fi;
        stop_finish(d)
    :: record[d].state == STOPPING -> stop_finish(d)
    :: record[d].state == PARKED ->
#ifndef BUG_NO_CLOSE_AGAIN
        domain_close(d)
#else
        skip
#endif
    :: record[d].state == RUNNING && kernel[d].thread != RUNS && !fault[d] -> service_fail(d)
    :: else
    fi
}

active proctype supervisor() {
    bool parks, together;
    byte was_busy;

    goto primary;

died: /* the standby takes over, and first builds a new standby */
    skip;
    d_step {
        standby = false;
        parks = false;
        together = false;
        was_busy = 0
    }
    standby = true;
    was_busy = busy;
    resume(0);
    resume(1);
    d_step { poison = was_busy; busy = 0; was_busy = 0 }

primary:
    do
    :: fault[0] ->
        MAY_DIE;
        d_step { fault[0] = false; kernel[0].thread = SUSPENDED } /* answered with STOP */
        if
        :: record[0].state == RUNNING -> service_fail(0)
        :: else
        fi
    :: fault[1] ->
        MAY_DIE;
        d_step { fault[1] = false; kernel[1].thread = SUSPENDED }
        if
        :: record[1].state == RUNNING -> service_fail(1)
        :: else
        fi
    :: record[0].state == BACKOFF -> start(0)
    :: record[1].state == BACKOFF -> start(1)
    :: atomic { !fault[0] && !fault[1] && record[0].state != BACKOFF && record[1].state != BACKOFF ->
           /* nothing is left to do */
           assert(record[0].state == RUNNING || record[0].state == PARKED);
           assert(record[1].state == RUNNING || record[1].state == PARKED);
           assert(record[0].state != RUNNING || kernel[0].thread == RUNS);
           assert(record[1].state != RUNNING || kernel[1].thread == RUNS);
           assert(record[0].state != PARKED || call == IDLE);
           assert(record[0].state != RUNNING || !owes[0]);
           assert(record[1].state != RUNNING || !owes[1]) }
end_idle:
        (fault[0] || fault[1])
    od
}

/* A domain that runs does so until it faults, or as long as it likes. */
active [DOMAINS] proctype domain() {
    byte self = _pid - 1;

end_domain:
    do
    :: d_step { kernel[self].thread == RUNS && !fault[self] && faults > 0 -> faults--; fault[self] = true }
    :: d_step { self == 0 && kernel[0].thread == RUNS && !fault[0] && call == QUEUED -> call = SERVED }
    :: d_step { self == 0 && kernel[0].thread == RUNS && !fault[0] && call == SERVED -> call = IDLE }
    od
}

active proctype caller() {
end_caller:
    do
    :: d_step { call == IDLE && kernel[0].endpoint -> call = QUEUED }
    od
}

/* Initial starts, one for each forgiven failure of either domain before and after the escalation, and the starts cut short. */
#define STARTS_MAX (1 + 2 * DOMAINS * (RESTART_MAX + 1) + TAKEOVERS)

active proctype limit() {
end_limit:
    d_step { starts[0] > STARTS_MAX || starts[1] > STARTS_MAX -> assert(false) }
}
