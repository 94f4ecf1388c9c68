/*
 * A transaction of the file server on its way to the disk (servers/fs_ext4/journal.c: journal_commit, close_log, journal_replay), over deaths of the
 * server and a loss of power.  The disk has a cache: what is written is there for everybody, and may be lost until the next flush, in any
 * part and order.  What the server has answered lies in memory that is kept; a transaction here is one version of two blocks.
 *
 * After a loss of power e2fsck -p goes through: it replays, and both blocks have the same version, at least the last that was synced.
 * After a death of the server nothing that was answered is lost.
 */
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef TRANSACTIONS
#define TRANSACTIONS 2
#endif

#define BLOCKS    7
#define CONTENT_A 0 /* in the journal */
#define CONTENT_B 1
#define COMMIT    2 /* the commit block's sequence */
#define START     3 /* the journal's superblock: sequence * 2 + 1 if it begins somewhere */
#define FLAG      4 /* needs_recovery of the file system's superblock */
#define HOME_A    5
#define HOME_B    6

byte on_disk[BLOCKS], in_cache[BLOCKS];
bool has_power = true;
byte kept, synced, deaths; /* kept: the version that was answered and is not at home yet; 0: none */

inline put(block, value) { assert(value < 32); if :: has_power -> in_cache[block] = value :: else -> goto over fi }
inline flush() {
    atomic {
        if
        :: has_power ->
           on_disk[0] = in_cache[0]; on_disk[1] = in_cache[1]; on_disk[2] = in_cache[2]; on_disk[3] = in_cache[3];
           on_disk[4] = in_cache[4]; on_disk[5] = in_cache[5]; on_disk[6] = in_cache[6]
        :: else -> goto over
        fi
    }
}

/* It may be dead before what follows. */
#define OR_DIE if :: deaths < DEATHS -> deaths++; goto born :: true fi

active proctype server()
{
    byte sequence, version = 0;

born:
    sequence = in_cache[START] / 2;
    if
    :: in_cache[START] % 2 ->
       if
       :: in_cache[COMMIT] == sequence ->
#ifndef BUG_NO_FLUSH_BEFORE_REPLAY
          flush();
#endif
          put(HOME_A, in_cache[CONTENT_A]);
          OR_DIE;
          put(HOME_B, in_cache[CONTENT_B])
       :: else
       fi;
       OR_DIE;
       flush();
       sequence++;
       put(START, sequence * 2);
       OR_DIE;
       flush();
       put(FLAG, 0)
    :: else
    fi;
    do
    :: kept == 0 && version == TRANSACTIONS -> break
    :: kept == 0 && version < TRANSACTIONS ->
       version++;
       kept = version /* the operation is answered: one aligned word */
    :: kept ->
#ifdef BUG_CLEAR_EARLY
       kept = 0;
       OR_DIE;
#endif
       put(CONTENT_A, version);
       OR_DIE;
       put(CONTENT_B, version);
       OR_DIE;
#ifdef BUG_START_WITH_FLAG
       put(START, sequence * 2 + 1);
#endif
       put(FLAG, 1);
       OR_DIE;
#ifndef BUG_NO_FLUSH_OF_CONTENT
       flush();
#endif
#ifndef BUG_START_WITH_FLAG
       put(START, sequence * 2 + 1);
       OR_DIE;
#endif
       put(COMMIT, sequence);
       OR_DIE;
#ifndef BUG_NO_FLUSH_OF_COMMIT
       flush();
#endif
       OR_DIE;
       put(HOME_A, version);
       OR_DIE;
       put(HOME_B, version);
       OR_DIE;
#ifndef BUG_NO_FLUSH_OF_HOME
       flush();
#endif
       sequence++;
       put(START, sequence * 2);
       OR_DIE;
#ifndef BUG_FLAG_WITH_EMPTY
       flush();
#endif
       put(FLAG, 0);
#ifdef BUG_FLAG_WITH_EMPTY
       flush();
#endif
       OR_DIE;
       kept = 0;
       synced = version;
       assert(in_cache[HOME_A] == version && in_cache[HOME_B] == version)
    od;
    assert(in_cache[HOME_A] == TRANSACTIONS && in_cache[HOME_B] == TRANSACTIONS);
over:
    skip
}

/* Writes back what it likes, when it likes. */
active proctype disk()
{
    byte i;

end:
    do
    :: atomic { has_power -> select(i : 0 .. 6); on_disk[i] = in_cache[i] }
    :: !has_power -> break
    od
}

active proctype power()
{
    byte a, b;

    atomic {
        has_power = false;
        assert(on_disk[START] % 2 == 0 || on_disk[FLAG]); /* e2fsck -p: "needs_recovery flag is clear, but journal has data" */
        a = on_disk[HOME_A];
        b = on_disk[HOME_B];
        if
        :: on_disk[START] % 2 && on_disk[COMMIT] == on_disk[START] / 2 -> a = on_disk[CONTENT_A]; b = on_disk[CONTENT_B]
        :: else
        fi;
        assert(a == b && a >= synced)
    }
}
