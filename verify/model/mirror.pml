/*
 * A mirror of two disks (servers/block_mirror), of one chunk with one block.  What is on a disk, data and label alike, is in its cache first and kept, when the power
 * fails, or not, each for itself, unless it was flushed.  The mirror may die at any step, and then knows what the labels say; a disk may be left behind and come back, having
 * lost its cache meanwhile.
 *
 * What is read is what was written last, or, after the power has failed, something at least as new as what was flushed; and what was read once is read again.
 */
#ifndef WRITES
#define WRITES 2
#endif
#ifndef CUTS
#define CUTS 1 /* of the power */
#endif
#ifndef DEATHS
#define DEATHS 1 /* of the mirror */
#endif
#ifndef LEAVES
#define LEAVES 1
#endif

#define SAME      0
#define WRITTEN   1
#define LACKS(d)  (2 + (d))
#define BOTH      (in[0] && in[1])

/* Of each disk: value, label's number and state; in its cache, and kept. */
byte value[2], number[2], state[2];
byte value_kept[2], number_kept[2], state_kept[2];

byte issued, low, safe; /* versions: the last one; what may be read at least; at least after a power failure */
byte cuts, deaths, leaves;

/* The mirror's memory. */
bool in[2], unsettled;
byte is, label;

inline keep(d)
{
    value_kept[d] = value[d]; number_kept[d] = number[d]; state_kept[d] = state[d]
}

inline lose(d)
{
    if
    :: value_kept[d] = value[d]
    :: value[d] = value_kept[d]
    fi;
    if
    :: number_kept[d] = number[d]; state_kept[d] = state[d]
    :: number[d] = number_kept[d]; state[d] = state_kept[d]
    fi
}

#define STEP if :: cuts < CUTS -> cuts++; goto power :: deaths < DEATHS -> deaths++; goto boot :: true fi

/* A disk can be done without if the other is in and has all. */
#ifdef BUG_LEAVES_UNSETTLED
#define IS_WHOLE(d) (is != LACKS(d))
#else
#define IS_WHOLE(d) (is != LACKS(d) && ((d) == 0 || !unsettled))
#endif
#define MAY_LEAVE(d) (leaves < LEAVES && BOTH && IS_WHOLE(1 - (d)))

inline leave(d)
{
    atomic {
        leaves++;
        in[d] = false;
#ifndef BUG_LEAVES_WITHOUT_NOTE
        if
        :: is == WRITTEN -> is = LACKS(d)
        :: else
        fi;
#endif
        unsettled = false
    }
}

/* The label, on the disks that take part. */
inline put_label(d)
{
    if
    :: in[d] -> number[d] = label; state[d] = is
    :: else
    fi
}

inline flush_label(d)
{
#ifndef BUG_LABEL_NOT_FLUSHED
    if
    :: in[d] -> keep(d)
    :: else
    fi
#endif
    skip
}

active proctype mirror()
{
    byte d, v;
    bool had[2];

    goto boot;

power:
    atomic { lose(0); lose(1); low = safe };

boot:
    /* both are there; the newer label counts */
    atomic {
        d = (number[1] > number[0] -> 1 : 0);
        is = state[d];
        label = number[d];
        in[0] = true;
        in[1] = true;
        unsettled = (is == WRITTEN);
#ifdef BUG_NOT_SETTLED
        unsettled = false
#endif
    };

serve:
    do
    :: issued < WRITES ->
       issued++;
       /* note it first */
       if
       :: BOTH && is == SAME -> is = WRITTEN
       :: BOTH && is != SAME
       :: !in[0] -> is = LACKS(0)
       :: !in[1] -> is = LACKS(1)
       fi;
#ifndef BUG_NOTE_LATER
       label++;
       put_label(0); STEP;
       put_label(1); STEP;
       flush_label(0); flush_label(1);
       STEP;
#endif
       had[0] = false;
       had[1] = false;
       if
       :: d = 0
       :: d = 1
       fi;
       /* one disk and the other; the second may be left behind instead */
       if
       :: in[d] -> value[d] = issued; had[d] = true
       :: else
       fi;
       STEP;
       d = 1 - d;
       if
       :: in[d] -> value[d] = issued; had[d] = true
       :: in[d] && had[1 - d] && MAY_LEAVE(d) -> leave(d)
       :: else
       fi;
       STEP;
#ifdef BUG_NOTE_LATER
       label++; put_label(0); STEP; put_label(1); flush_label(0); flush_label(1);
#endif
       if
       :: had[0] && had[1]
       :: !had[0] -> is = LACKS(0)
       :: !had[1] -> is = LACKS(1)
       fi;
#ifndef BUG_LOSS_NOT_NOTED
       if
       :: !(had[0] && had[1]) ->
          label++;
          put_label(0); STEP;
          put_label(1); STEP;
          flush_label(0); flush_label(1);
          STEP
       :: else
       fi;
#endif
       low = issued /* the client hears of it */
    :: atomic { /* flush, on all that take part */
           low == issued ->
           if
           :: in[0] -> keep(0)
           :: else
           fi;
           if
           :: in[1] -> keep(1)
           :: else
           fi;
           safe = low
       }
    :: BOTH && is == WRITTEN && !unsettled ->
       atomic { keep(0); keep(1) };
       STEP;
       is = SAME;
       label++;
       put_label(0); STEP;
       put_label(1)
    :: BOTH && is == LACKS(0) -> goto copy0
    :: BOTH && is == LACKS(1) -> goto copy1
    :: BOTH && unsettled -> goto copy1
    :: atomic { MAY_LEAVE(0) -> leave(0) }; goto left
    :: atomic { MAY_LEAVE(1) -> leave(1) }; goto left
    :: atomic { !in[0] -> in[0] = true }
    :: atomic { !in[1] -> in[1] = true }
    :: atomic { /* read */
           if
           :: in[0] && is != LACKS(0) -> v = value[0]
           :: in[1] && is != LACKS(1) && !unsettled -> v = value[1]
           fi;
           assert(v >= low && v <= issued);
           if
           :: low < issued -> low = v; issued = v /* it was lost with the power, or its author died: what is read now stays */
           :: else
           fi
       }
    :: issued == WRITES && cuts == CUTS && deaths == DEATHS && leaves == LEAVES && is == SAME && BOTH -> goto over
    od;

left:
    /* noted as soon as it can be; a disk that is away may lose its cache then */
    label++;
    put_label(0); STEP;
    put_label(1); STEP;
    flush_label(0); flush_label(1);
    STEP;
    if
    :: atomic { !in[0] -> lose(0) }
    :: atomic { !in[1] -> lose(1) }
    :: true
    fi;
    goto serve;

copy0:
    value[0] = value[1];
    d = 0;
    goto copied;
copy1:
    value[1] = value[0];
    d = 1;
copied:
    STEP;
#ifndef BUG_COPY_NOT_FLUSHED
    atomic { keep(d) };
#endif
    is = WRITTEN;
    unsettled = false;
    goto serve;

over:
    assert(value[0] == value[1])
}
