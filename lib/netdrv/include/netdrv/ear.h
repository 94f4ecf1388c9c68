/*
 * Does the card still hear?  For its client: a receive may be outstanding for ever, since silence is no failure, so nobody else notices a
 * driver that has gone deaf, or that says that there is no link.
 *
 * Who sends and hears nothing for EAR_NS, times the patience, gives the driver a strike; three of them restart it.  Its next incarnation
 * is the probe: is it silent, too, then the silence is the wire's.  It is believed then for a minute, and the patience doubles: so a
 * peer that is gone costs a restart a minute, which takes less than a millisecond, and one that comes and goes one in 12 seconds at most.  No
 * neighbour has to be known for that, nor a protocol in which one must answer.
 *
 *     HEARS    -- sent ------------------------------------------> ASKED
 *     ASKED    -- sent, it is time: a strike ---------------------> ASKED
 *     ASKED    -- sent, the driver was restarted for them --------> FRESH
 *     ASKED    -- sent, EAR_STRIKES, and nobody was restarted ----> BELIEVED
 *     FRESH    -- sent, it is time: the patience doubles ---------> BELIEVED
 *     FRESH    -- heard: it was the driver; the patience is 1 ----> HEARS
 *     BELIEVED -- sent, EAR_BELIEVED_NS are over: it may be deaf by now --> ASKED
 *     ASKED, BELIEVED -- heard -----------------------------------> HEARS
 *
 * Nothing is done by the clock alone: what is not sent is not waited for.
 */
#ifndef NETDRV_EAR_H
#define NETDRV_EAR_H

#include <stdbool.h>
#include <stdint.h>

#define EAR_NS           500000000u /* as long as Net may take for what is to be sent */
#define EAR_BELIEVED_NS  60000000000u
#define EAR_STRIKES      8u
#define EAR_PATIENCE_MAX 8u

enum ear_state { EAR_HEARS, EAR_ASKED, EAR_FRESH, EAR_BELIEVED };

struct ear { /* all zeros at first */
    enum ear_state state;
    uint32_t strikes;
    uint32_t doublings; /* the patience is 2 ** this */
    uint64_t since;   /* ns: since when there is silence, in this state and after the last strike */
    uint64_t crashes; /* of the driver, when it began */
};

/* A frame that somebody has sent to this station has come. */
static inline void ear_heard(struct ear *e)
{
    if (e->state == EAR_FRESH) {
        e->doublings = 0;
    }
    e->state = EAR_HEARS;
}

static inline bool ear_is_time(struct ear *e, uint64_t now)
{
    if (now - e->since < (uint64_t)EAR_NS << e->doublings) {
        return false;
    }
    e->since = now;
    return true;
}

static inline void ear_ask(struct ear *e, enum ear_state state, uint64_t now, uint64_t crashes)
{
    *e = (struct ear){ state, 0, e->doublings, now, crashes };
}

/*
 * Something was sent, or could not be, or room to receive came back with an error.  now: ns; crashes: of the driver (struct comp_watch).  True: it has earned a strike.
 */
static inline bool ear_sent(struct ear *e, uint64_t now, uint64_t crashes)
{
    switch (e->state) {
    case EAR_HEARS:
        ear_ask(e, EAR_ASKED, now, crashes);
        return false;
    case EAR_ASKED:
        if (crashes != e->crashes) { /* one that died of something else has not had its time yet */
            ear_ask(e, e->strikes ? EAR_FRESH : EAR_ASKED, now, crashes);
            return false;
        }
        if (!ear_is_time(e, now)) {
            return false;
        }
        if (e->strikes++ == EAR_STRIKES) {
            ear_ask(e, EAR_BELIEVED, now, crashes);
            return false;
        }
        return true;
    case EAR_FRESH:
        if (ear_is_time(e, now)) {
            e->state = EAR_BELIEVED;
            e->doublings += 1u << e->doublings < EAR_PATIENCE_MAX;
        }
        return false;
    case EAR_BELIEVED:
        if (now - e->since >= EAR_BELIEVED_NS) {
            ear_ask(e, EAR_ASKED, now, crashes);
        }
        return false;
    }
    return false;
}

#endif
