/*
 * A call whose server may die at any step: what the client's stub does and what its caller can rely on (docs/language.md,
 * lib/comp/include/comp/comp.h: comp_again, comp_call_failed; names as there).
 *
 *     client 0   makes CALLS calls of the method under test: -DIDEMPOTENT, -DONCE (once), -DDEDUPE (once ... dedupe);
 *                it may be restarted between two calls
 *     client 1   makes one call that may be executed twice, and has done nothing wrong
 *     server     has a protocol: an incarnation that does not know a client answers RESTARTED until its stub has called what
 *                `recover` names; dies DEATHS times in all, or with -DKILLS whenever it executes the call of client 0
 *
 * The endpoint belongs to the connection: calls queued there stay when the server dies, the one that is being served gets GONE.
 *
 * Checked: `once` is executed at most once, and exactly once if it says OK; so is `dedupe`, though it is issued again;
 * `idempotent` at least once if it says OK; POISON only after two deaths with this call in hand, and then always; who was only
 * queued notices nothing.  Each -DBUG_X must be found.
 */
#define CLIENTS   2
#define CALLS     2
#define TRIES_MAX 6

#ifndef DEATHS
#define DEATHS 3
#endif

mtype = { NONE, OK, GONE, RESTARTED, POISON };
mtype:request = { CALL, RECOVER };

/* Request in the queue of the endpoint, or in hand. */
chan endpoint = [CLIENTS] of { byte, mtype:request, byte }; /* client, what, number */
mtype answer[CLIENTS] = NONE;                               /* what the client that waits gets */
byte killed[CLIENTS];                                       /* servers that died with its present call in hand */
byte executed[CLIENTS];                                     /* times that its present call had its effect */
byte kept_number;                                           /* keep memory of the server: the last dedupe call done */
byte deaths = DEATHS;
byte numbers;                                               /* comp_number: of all incarnations of client 0 */

inline die(c) {
    d_step {
        killed[c] = killed[c] + (what == CALL -> 1 : 0);
        answer[c] = GONE;
        known[0] = false;
        known[1] = false
    }
}

/* What a kernel would do that let queued calls die with their server. */
inline flush() {
    do
    :: nempty(endpoint) -> endpoint ? other, what, number; answer[other] = GONE
    :: empty(endpoint) -> break
    od
}

#define MAY_DIE(c)                                                                                 \
    if                                                                                             \
    :: deaths > 0 -> deaths--; die(c); goto start                                                  \
    :: true                                                                                        \
    fi

active proctype server() {
    bool known[CLIENTS]; /* has a protocol state for this client */
    byte c, other, number;
    mtype:request what;

start:
#ifdef BUG_FLUSH_QUEUE
    flush();
#endif
    skip;
end_receive:
    do
    :: endpoint ? c, what, number ->
        MAY_DIE(c);
        if
        :: what == RECOVER -> d_step { known[c] = true; answer[c] = OK }
#ifndef BUG_NO_RESTARTED
        :: what == CALL && !known[c] -> d_step { answer[c] = RESTARTED }
        :: what == CALL && known[c] ->
#else
        :: what == CALL ->
#endif
            assert(known[c]); /* it executes nothing in a state it does not know */
#ifdef KILLS
            if
            :: c == 0 -> die(0); goto start
            :: else
            fi;
#endif
#ifdef DEDUPE
            if
#ifndef BUG_NO_NUMBER
            :: c == 0 && number == kept_number -> goto reply /* done by an earlier incarnation */
#endif
            :: else
            fi;
#ifdef BUG_EFFECT_THEN_NUMBER
            executed[c]++;
            MAY_DIE(c);
            kept_number = (c == 0 -> number : kept_number);
#else
            /* The effect is in keep memory, too, and one write makes both valid. */
            atomic { executed[c]++; kept_number = (c == 0 -> number : kept_number) }
#endif
#else
            executed[c]++;
#endif
            MAY_DIE(c);
reply:
            answer[c] = OK
        fi
    od
}

/* One call to the server, as the kernel does it: `got` is the answer. */
inline call(self, request, with) {
    endpoint ! self, request, with;
    atomic { answer[self] != NONE -> got = answer[self]; answer[self] = NONE }
}

/* The stub of a call; leaves its result in `got`. */
inline stub(self, repeatable, with) {
    tries = 0;
    dead = 0;
    do
    :: call(self, CALL, with);
        tries++;
        if
        :: got == RESTARTED && tries <= TRIES_MAX ->
            call(self, RECOVER, 0) /* if it fails, the next answer is RESTARTED again */
        :: got == GONE && repeatable && tries <= TRIES_MAX ->
            dead++;
            if
#ifndef BUG_NO_POISON
            :: dead >= 2 -> got = POISON; break
#endif
            :: else
            fi
        :: else -> break
        fi
    od
}

#ifdef IDEMPOTENT
#define REPEATABLE true
#endif
#ifdef DEDUPE
#define REPEATABLE true
#endif
#ifdef ONCE
#ifdef BUG_ONCE_AGAIN
#define REPEATABLE true
#else
#define REPEATABLE false
#endif
#endif

active proctype client0() {
    byte tries, dead, calls, number;
    mtype got;

    do
    :: calls < CALLS ->
        d_step {
            calls++;
            numbers++;
            executed[0] = 0;
            killed[0] = 0;
#ifdef BUG_NUMBER_AGAIN
            number = 1 /* a new incarnation of the client counts from the start */
#else
            number = numbers
#endif
        }
        stub(0, REPEATABLE, number);
        assert(got != OK || executed[0] >= 1);
        assert(got != POISON || killed[0] == 2);
        assert(killed[0] <= 2);
#ifdef KILLS
        assert(got == POISON);
#endif
#ifdef ONCE
        assert(executed[0] <= 1);
        assert(got == OK || got == GONE);
#endif
#ifdef DEDUPE
        assert(executed[0] <= 1);
        assert(got == OK || got == POISON);
#endif
#ifdef IDEMPOTENT
        assert(got == OK || got == POISON);
#endif
    :: else -> break
    od
}

active proctype client1() {
    byte tries, dead;
    mtype got;

    stub(1, true, 0);
    assert(got == OK || (got == POISON && killed[1] == 2));
    assert(got != OK || executed[1] >= 1)
}
