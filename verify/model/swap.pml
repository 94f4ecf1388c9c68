/*
 * A swap: one domain with two images, of which the second one may be bad, its client, and a primary supervisor that may die at
 * any step (servers/supervisor/swap.c, lib/comp/quiet.c; names as there).  The standby goes on from the record and the page.
 *
 *     client    calls that change what the server keeps; a call waits in the queue or is being served
 *     signals   bits of the server's notification, which outlives it
 *
 * Checked:
 *   - nobody is being served when a thread is stopped, so no caller gets GONE
 *   - nothing is built while something of the image before is there
 *   - when nothing is left to do, the server runs, takes calls, and is not the bad image
 *   - then it keeps what all answered calls have made of it, and every signal has been handled once
 * Each -DBUG_X must be found.
 */
#ifndef SWAPS
#define SWAPS 2
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 2
#endif
#ifndef CALLS
#define CALLS 3
#endif
#ifndef SIGNALS
#define SIGNALS 2
#endif
#define SPOILT 100 /* what a bad image makes of kept memory */

mtype:state = { RUNNING, STOPPING, BACKOFF, STARTING };
mtype:swap = { NONE, QUIETING, TRIAL, BACK };
/* of the domain's thread; QUIET: comp_pulse.state says so */
mtype:thread = { NO_THREAD, INIT, SERVING, QUIET, FAILED };
mtype:call = { IDLE, QUEUED, SERVED };

/* domain_record; a change is one step, because record_repair takes back half of one */
mtype:state state = RUNNING;
mtype:swap swap = NONE;
bit image, other;

/* comp_pulse */
bool quiet, is_restore;
bool held; /* a signal that came while it was quiet */

mtype:thread thread = SERVING;
bool in_hand; /* a signal was received and not noted or handled yet */
byte kept, copy, answered;
bool pending; /* in the notification */
byte sent, handled;
mtype:call call = IDLE;
bool bad;
bool busy; /* the supervisor, primary or standby, works: the domain is less urgent and does not run */
byte swaps = SWAPS, takeovers = TAKEOVERS;

#define MAY_DIE                                                                                    \
    if                                                                                             \
    :: takeovers > 0 -> takeovers--; goto died                                                     \
    :: true                                                                                        \
    fi

/* The death sequence of one domain (supervisor.pml has its steps). */
inline stop() {
    d_step {
        assert(call != SERVED);
        thread = NO_THREAD;
        in_hand = false
    }
    MAY_DIE;
    state = BACKOFF
}

/* Is it told to be quiet, and waits?  Then no signal is in its hand. */
#ifdef BUG_STOP_EARLY
#define IS_QUIET (quiet && thread == QUIET)
#else
#define IS_QUIET (quiet && thread == QUIET && !in_hand)
#endif

active proctype supervisor() {
    if
    :: bad = true
    :: bad = false
    fi;
    goto primary;

died: /* service_resume: a start that was cut short is begun anew */
    if
    :: state == STARTING -> state = STOPPING
    :: else
    fi;

primary:
    do
    :: d_step { busy && state != STOPPING -> busy = false } /* it waits */
    :: atomic { swaps > 0 && state == RUNNING && swap == NONE -> busy = true };
        d_step { swaps--; swap = QUIETING; other = 1 - image };
        MAY_DIE;
        quiet = true
    :: atomic { state == RUNNING && swap == QUIETING -> busy = true };
        if
        :: IS_QUIET ->
            d_step {
                image = other;
                other = 1 - image;
                swap = TRIAL;
                state = STOPPING
            }
        :: quiet = true /* once more */
        :: !IS_QUIET -> /* too late */
            swap = NONE;
            MAY_DIE;
            quiet = false
        fi
    :: atomic { state == STOPPING -> busy = true };
        MAY_DIE;
        stop()
    :: atomic { state == BACKOFF -> busy = true };
        state = STARTING;
        MAY_DIE;
        d_step {
            assert(thread == NO_THREAD);
#ifdef BUG_SERVE_IN_TRIAL
            quiet = false;
#else
            quiet = swap == TRIAL || swap == BACK;
#endif
#ifndef BUG_NO_RESTORE
            is_restore = swap == BACK
#endif
        }
        MAY_DIE;
        thread = INIT;
        MAY_DIE;
        state = RUNNING
    :: atomic { state == RUNNING && (swap == TRIAL || swap == BACK) -> busy = true };
        if
        :: thread == QUIET -> /* it works */
#ifdef BUG_GO_FIRST
            quiet = false;
            MAY_DIE;
            swap = NONE
#else
            swap = NONE;
            MAY_DIE;
            quiet = false
#endif
        :: thread == INIT -> skip
        :: swap == TRIAL && (thread == FAILED || thread == INIT) -> /* a fault, or too late */
            MAY_DIE;
            d_step { image = other; swap = BACK; state = STOPPING }
#ifdef BUG_SERVE_IN_TRIAL
        :: thread == SERVING -> swap = NONE
        :: swap == TRIAL && thread == SERVING -> d_step { image = other; swap = BACK; state = STOPPING }
#endif
#ifdef BUG_GO_FIRST
        :: swap == TRIAL && thread == SERVING -> d_step { image = other; swap = BACK; state = STOPPING }
#endif
        fi
#ifndef BUG_NO_SECOND_LOOK
    :: state == RUNNING && swap == NONE && quiet -> quiet = false
#endif
    :: atomic { state == RUNNING && swap == NONE && thread == SERVING && !quiet && call == IDLE &&
                !pending && !held && !in_hand ->
           assert(kept == answered && handled == sent);
           assert(!(bad && image == 1)) }
    :: d_step { swaps == 0 && state == RUNNING && swap == NONE && !quiet && thread == SERVING -> busy = false };
        break
    od;
    /* What is left must come to its end without a supervisor. */
    (call == IDLE && !pending && !in_hand && answered == CALLS && sent == SIGNALS);
    assert(kept == answered && handled == sent && !held)
}

/* The domain's only thread, whatever its image. */
active proctype domain() {
end_domain:
    do
    :: d_step { !busy && thread == INIT ->
           if
           :: is_restore -> kept = copy
           :: else
           fi;
           if
           :: image == 1 && bad -> kept = SPOILT; thread = FAILED
           :: else ->
               if
               :: quiet -> thread = QUIET
               :: else -> thread = SERVING
               fi
           fi }
    :: d_step { !busy && thread == SERVING && quiet && call != SERVED && !in_hand ->
           copy = kept;
           held = false;
           thread = QUIET }
    :: d_step { !busy && thread == SERVING && call == QUEUED && !in_hand -> call = SERVED }
    :: d_step { !busy && thread == SERVING && call == SERVED -> kept++; answered++; call = IDLE }
    :: d_step { !busy && (thread == SERVING || thread == QUIET) && pending && !in_hand && call != SERVED ->
           pending = false;
           in_hand = true }
    :: d_step { !busy && thread == SERVING && in_hand -> in_hand = false; handled++ }
    :: d_step { !busy && thread == QUIET && in_hand -> in_hand = false; held = true }
    :: d_step { !busy && thread == QUIET && !quiet && !in_hand ->
           thread = SERVING;
           if
           :: held -> held = false; handled++
           :: else
           fi }
    od
}

active proctype client() {
    byte calls;

end_client:
    do
    :: d_step { call == IDLE && calls < CALLS -> call = QUEUED; calls++ }
    :: d_step { sent < SIGNALS && !pending && !in_hand && !held -> pending = true; sent++ }
    od
}
