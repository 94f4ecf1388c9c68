/*
 * A driver whose device is behind an IOMMU and on a bus: the asynchronous steps of its start and of its death sequence
 * (servers/supervisor/service.c, gate.c; names as there), while driver, gates and primary supervisor die at any step.
 *
 *     supervisor   one domain, from its record; a primary that dies is followed by one that goes on from the record
 *     iommu, bus   carry out the order that they find, then answer; they may die between any two steps, GATE_DEATHS times in
 *                  all; one that dies once more is parked
 *     device       does what a driver has told it, as long as the bus lets it and the IOMMU translates; an access begun is
 *                  in flight until it is over, or until the IOMMU's invalidation is complete
 *
 * Checked:
 *   - callers are released, memory is revoked and the next generation built only when nothing of the device is in flight and
 *     it has forgotten what the last one told it
 *   - while a driver runs its device is open
 *   - in the end the driver runs, or is parked (an invalid end state: somebody waits for ever); parked because of its gate, it
 *     is as it was when it was suspended
 * Each -DBUG_X must be found.
 */
#ifndef DEATHS
#define DEATHS 2 /* of the driver */
#endif
#ifndef GATE_DEATHS
#define GATE_DEATHS 2
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 1
#endif

#define IOMMU 0
#define BUS   1

mtype:state = { BACKOFF, OPENING, RUNNING, STOPPING, PARKED };
/* enum stop_step, without STOP_INTERRUPT */
#define STOP_SUSPEND 0
#define STOP_DMA     1
#define STOP_DEVICE  2
#define STOP_RELEASE 3
#define STOP_REVOKE  4
#define STOP_STEPS   5

mtype:state state = BACKOFF; /* the record */
byte step;
byte order[2], done[2]; /* the pages; they count modulo 4, which is enough to tell the parity */
bool parked[2];         /* the gate has been given up */

bool runs, exists;                /* the driver: its thread, its memory */
bool told, master, reach, flying; /* the device: has been told to, may by the bus, may by the IOMMU, access in flight */

byte deaths = DEATHS, gate_deaths = GATE_DEATHS, takeovers = TAKEOVERS;
bool dies;  /* the driver has died, and the primary does not know yet */
bool moved = true; /* something has come that the primary waits for */

/* ---- supervisor ---- */

#define MAY_DIE                                                                                    \
    if                                                                                             \
    :: takeovers > 0 -> takeovers--; goto died                                                     \
    :: true                                                                                        \
    fi

/* Give the order, unless it is given; `answered` is what gate_turn finds. */
inline gate_turn(gate, open) {
    d_step {
        if
        :: order[gate] % 2 != open -> order[gate] = (order[gate] + 1) % 4
        :: else
        fi;
        answered = done[gate] == order[gate]
    }
}

#define QUIET (!flying && !told)

inline stop_step() {
    answered = true;
    if
    :: step == STOP_SUSPEND -> runs = false
    :: step == STOP_DMA ->
        gate_turn(IOMMU, 0);
#ifdef BUG_NO_WAIT
        answered = true
#endif
    :: step == STOP_DEVICE ->
        gate_turn(BUS, 0);
#ifdef BUG_NO_RESET
        answered = true
#endif
    :: step == STOP_RELEASE -> assert(QUIET)
    :: step == STOP_REVOKE ->
        assert(QUIET);
        exists = false
    fi
}

inline stop_finish() {
    do
    :: step < STOP_STEPS ->
        stop_step();
        MAY_DIE;
        if
#ifdef BUG_PARKED_GOES_ON
        :: !answered && parked[step - STOP_DMA] -> step++
#else
        :: !answered && parked[step - STOP_DMA] -> state = PARKED; break
#endif
        :: !answered && !parked[step - STOP_DMA] -> break /* service_run comes back */
#ifdef BUG_STEP_EARLY
        :: answered -> step++;
            if
            :: step == STOP_DMA -> gate_turn(IOMMU, 0); step++
            :: else
            fi
#else
        :: answered -> step++
#endif
        fi
    :: step == STOP_STEPS -> state = BACKOFF; break
    od
}

inline open_and_start() {
    gate_turn(BUS, 1);
    gate = BUS;
    if
    :: answered -> gate_turn(IOMMU, 1); gate = IOMMU
    :: else
    fi;
    MAY_DIE;
    if
    :: answered ->
        d_step {
            assert(QUIET && !exists && !runs);
            exists = true
        }
        MAY_DIE;
        d_step {
            assert(master && reach);
            runs = true;
            state = RUNNING
        }
    :: !answered && parked[gate] ->
        d_step { state = STOPPING; step = STOP_SUSPEND }
    :: !answered && !parked[gate]
    fi
}

/* A driver that was being built is taken apart first, like one that has died. */
inline resume() {
    if
    :: state == OPENING && exists -> d_step { state = STOPPING; step = STOP_SUSPEND }
    :: else
    fi
}

active proctype supervisor() {
    bool answered;
    byte gate;

    goto primary;
died: /* the standby takes over */
    skip;
    d_step { answered = false; gate = 0; moved = true }
    resume();
primary:
    do
    :: dies ->
        MAY_DIE;
        d_step {
            dies = false;
            if
            :: state == RUNNING -> state = STOPPING; step = STOP_SUSPEND
            :: else
            fi;
            moved = true
        }
    :: moved && state == BACKOFF -> state = OPENING
    :: moved && state == OPENING -> moved = false; open_and_start(); moved = moved || state != OPENING
    :: moved && state == STOPPING -> moved = false; stop_finish(); moved = moved || state != STOPPING
    :: moved && (state == RUNNING || state == PARKED) ->
        moved = false;
end_idle:
        (moved || dies)
    :: !moved && (state == OPENING || state == STOPPING) ->
        (moved || dies) /* for an answer, or for a gate that is given up */
    od
}

/* ---- gates: each look carries out what it finds, whatever its last incarnation has answered ---- */

#ifdef PARKS
#define gives_up true
#else
#define gives_up false
#endif

#define GATE_MAY_DIE                                                                               \
    if                                                                                             \
    :: d_step { gate_deaths > 0 -> gate_deaths-- }; goto started                                   \
    :: gate_deaths == 0 && gives_up -> d_step { parked[self] = true; moved = true }; goto given_up \
    :: true                                                                                        \
    fi

inline carry_out() {
    if
    :: self == IOMMU && now_ % 2 == 1 -> reach = true
    :: self == IOMMU && now_ % 2 == 0 ->
        reach = false;
#ifdef BUG_ANSWER_EARLY
        done[IOMMU] = now_;
        moved = true;
#endif
        GATE_MAY_DIE;
        flying = false /* the invalidation is complete */
    :: self == BUS && now_ % 2 == 1 -> master = true
    :: self == BUS && now_ % 2 == 0 -> d_step { master = false; told = false }
    fi
}

active [2] proctype gate() {
    byte self = _pid - 1, now_;
    bool fresh;

    goto end_gate; /* at boot nothing is ordered */
started:
    skip;
    d_step {
#ifdef BUG_START_CLOSES
        reach = (self == IOMMU -> false : reach); /* begins with empty tables, and believes the old answers */
#else
        fresh = true;
#endif
        now_ = 0
    }
end_gate:
    do
    :: d_step { fresh || done[self] != order[self] -> now_ = order[self] };
        carry_out();
        GATE_MAY_DIE;
        d_step {
            done[self] = now_;
            now_ = 0;
            fresh = false;
#ifndef BUG_NO_SIGNAL
            moved = true
#endif
        }
    :: d_step { !fresh && done[self] == order[self] && gate_deaths > 0 -> gate_deaths-- };
        goto started
    od;
given_up:
    skip
}

/* ---- driver and device ---- */

active proctype driver() {
end_driver:
    do
    :: d_step { runs && !told && !dies -> told = true }
    :: d_step { runs && deaths > 0 && !dies -> deaths--; dies = true }
    od
}

active proctype device() {
end_device:
    do
    :: d_step { told && master && reach && !flying -> flying = true }
    :: d_step { flying -> flying = false }
    :: d_step { runs && !(master && reach) -> assert(false) } /* open until it is suspended, also while a gate restarts */
    od
}
