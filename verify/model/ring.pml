/*
 * The ring of lib/ring: wake-ups, room and restarts.  Names as in ring/ring.h.
 *
 * A record is one unit of the index, so a record's sequence is the index; which memory it lies in, and what a hostile peer may
 * write, is not modelled (lib/ring/test does that).  Each access to a word that the other side reads or writes is one step; the
 * code makes them sequentially consistent.  Each side can die between any two steps, DEATHS times in all; its locals
 * are lost, the ring, the signals that were sent and what it keeps are not.
 *
 * Checked: every record is handled exactly once and in order, and the system does not stop before all are (an invalid end state
 * is a lost wake-up).  Each -DBUG_X must be found.
 */
#define RECORDS  5
#define CAPACITY 3
#define NONE     15

/* The consumer tells of room when it has advanced farther than this, or to the end. */
#ifndef QUARTER
#define QUARTER 1
#endif
#ifndef DEATHS
#define DEATHS 2
#endif

byte head, tail;                      /* in the ring */
bool producer_waits, consumer_sleeps; /* bit 0 of the words head and tail: written with them */
bool wake, room;                      /* the notification bits of the two */

byte effects;          /* what the records have done, in order */
byte completed = NONE; /* sequence of the last record, kept with its effect */
byte deaths = DEATHS;

bool kill_producer, kill_consumer; /* it dies before its next step */

active proctype killer()
{
    do
    :: d_step { deaths > 0 && !kill_producer -> deaths--; kill_producer = true }
    :: d_step { deaths > 0 && !kill_consumer -> deaths--; kill_consumer = true }
    :: deaths == 0 -> break
    od
}

active proctype producer()
{
    byte next, seen;   /* index of the next record; tail as last seen */
    byte woken = NONE; /* tail for which the consumer was woken */

    do
    :: {
    d_step { next = head; seen = tail; woken = NONE; producer_waits = false } /* attach */
#ifndef BUG_NO_WAKE_AT_ATTACH
    goto need_wake;
#endif

again:
    if
    :: next == RECORDS -> goto finished
    :: next < RECORDS && next - seen < CAPACITY -> goto publish
    :: else
    fi;
    seen = tail; /* ring_find_room */
    if
    :: next - seen < CAPACITY -> goto publish
    :: else
    fi;
#ifndef BUG_ROOM_FLAG_LATE
    producer_waits = true; /* ring_want_room */
#endif
#ifndef BUG_NO_ROOM_RECHECK
    seen = tail;
    if
    :: next - seen < CAPACITY -> producer_waits = false; goto publish
    :: else
    fi;
#endif
#ifdef BUG_ROOM_FLAG_LATE
    producer_waits = true;
#endif
    room -> room = false;
    goto again;

publish:
    atomic { next++; head = next; producer_waits = false }
need_wake:
    if
    :: atomic { consumer_sleeps && tail != next &&
#ifdef BUG_WOKEN_FOR_GOOD
                woken == NONE
#else
                woken != tail
#endif
                -> woken = tail }
        wake = true
    :: else
    fi;
    goto again;

finished:
    break
    } unless { atomic { kill_producer -> kill_producer = false } }
    od
}

active proctype consumer()
{
    byte at, roused = NONE; /* tail; tail when the producer was last told of room */
    bool nothing, tell;

    do
    :: {
    d_step { at = tail; roused = NONE; nothing = false; tell = false; consumer_sleeps = false } /* attach */

again:
    if
    :: at == RECORDS -> goto finished
    :: else
    fi;
    d_step { /* ring_peek, and what ring_need_room makes of it */
        nothing = at == head;
        tell = producer_waits && at != roused && (roused == NONE || at - roused > QUARTER
#ifndef BUG_QUARTER_ONLY
            || nothing
#endif
            );
        if
        :: tell -> roused = at
        :: else
        fi
    }
    if
    :: tell ->
        room = true;
        tell = false
    :: else
    fi;
    if
    :: nothing -> goto sleep
    :: else
    fi;
#ifndef BUG_ADVANCE_FIRST
    if
#ifndef BUG_NO_DEDUPE
    :: completed == at /* an earlier incarnation did it */
#endif
    :: else -> d_step { assert(effects == at); effects++; completed = at }
    fi;
#endif
    d_step { at++; tail = at; consumer_sleeps = false } /* ring_advance */
#ifdef BUG_ADVANCE_FIRST
    d_step { assert(effects == at - 1); effects++ }
#endif
    goto again;

sleep:
    nothing = false;
#ifdef BUG_SLEEP_FLAG_LATE
    if
    :: at == head -> consumer_sleeps = true; wake -> wake = false
    :: else
    fi;
#else
    consumer_sleeps = true; /* ring_want_wake */
    if
#ifdef BUG_NO_RECHECK
    :: true -> wake -> wake = false
#else
    :: at == head -> wake -> wake = false
    :: else
#endif
    fi;
#endif
    consumer_sleeps = false; /* ring_awake */
    goto again;

finished:
    assert(effects == RECORDS);
    break
    } unless { atomic { kill_consumer -> kill_consumer = false } }
    od
}
