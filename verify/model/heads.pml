/*
 * Requests of a guest over deaths of its monitor (vmm/virtio_device.c: chain_next, chain_done, queue_go_on).  The guest posts heads in its available
 * ring and finds them in its used ring; the monitor takes several, ends them in any order, and dies between any two of its stores.  What its next
 * incarnation finds: the two rings, and next, used_next, last, taken.
 *
 * No head comes back that is not out, and each that was posted comes back.
 */
#ifndef DEATHS
#define DEATHS 3
#endif
#ifndef POSTS
#define POSTS 4
#endif
#define N      2 /* heads, and size of both rings */
#define ROUND  8 /* where indices wrap: a multiple of N */

byte available[N], available_index;
byte used[N], used_index;
bool out[N]; /* the guest waits for it */

byte next, used_next, last; /* what survives the monitor */
bool taken[N];

byte posted, back, deaths;

active proctype guest()
{
    byte seen = 0, h;

    do
    :: atomic { posted < POSTS && !out[0] -> out[0] = true; available[available_index % N] = 0; posted++ };
       available_index = (available_index + 1) % ROUND
    :: atomic { posted < POSTS && !out[1] -> out[1] = true; available[available_index % N] = 1; posted++ };
       available_index = (available_index + 1) % ROUND
    :: seen != used_index ->
       h = used[seen % N];
       seen = (seen + 1) % ROUND;
       assert(out[h]);
       out[h] = false;
       back++
    :: back == POSTS -> break
    od
}

/* It may be dead before what follows. */
#define OR_DIE if :: deaths < DEATHS -> deaths++; goto dead :: true fi

active proctype monitor()
{
    bool again[N], hand[N];
    byte h;

serve:
    do
    :: again[0] -> again[0] = false; hand[0] = true
    :: again[1] -> again[1] = false; hand[1] = true
    :: !again[0] && !again[1] && next != available_index ->
       h = available[next % N];
       OR_DIE;
#ifdef BUG_NEXT_FIRST
       next = (next + 1) % ROUND;
       OR_DIE;
       taken[h] = true;
#else
       taken[h] = true;
       OR_DIE;
       next = (next + 1) % ROUND;
#endif
       hand[h] = true
    :: hand[0] -> h = 0; goto done
    :: hand[1] -> h = 1; goto done
    :: back == POSTS -> goto over
    od;

done:
    hand[h] = false;
    OR_DIE;
    last = h;
    used[used_next % N] = h;
    OR_DIE;
#ifdef BUG_CLEAR_FIRST
    taken[h] = false;
    OR_DIE;
#endif
    used_index = (used_next + 1) % ROUND;
    OR_DIE;
#ifdef BUG_COUNT_FIRST
    used_next = (used_next + 1) % ROUND;
    OR_DIE;
    taken[h] = false;
#else
    taken[h] = false;
    OR_DIE;
    used_next = (used_next + 1) % ROUND;
#endif
    goto serve;

dead:
    h = 0;
    hand[0] = false;
    hand[1] = false;
#ifndef BUG_NO_LOOK_AT_USED
    if
    :: used_index == (used_next + 1) % ROUND ->
       taken[last] = false;
       OR_DIE;
       used_next = (used_next + 1) % ROUND
    :: else
    fi;
#endif
#ifndef BUG_NO_LOOK_AT_AVAILABLE
    if
    :: next != available_index && taken[available[next % N]] -> next = (next + 1) % ROUND
    :: else
    fi;
#endif
    again[0] = taken[0];
    again[1] = taken[1];
    goto serve;

over:
    skip
}
