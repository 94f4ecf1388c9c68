/* Sectors of DoubtedDisk. */
#ifndef FAULTY_TEST_DOUBT_H
#define FAULTY_TEST_DOUBT_H

enum {
    LIES = 8,       /* an error of the first and the fourth incarnation */
    DAMAGED = 16,   /* of all */
    SCRAMBLED = 24, /* no error, but not what was written */
    DIES = 32,      /* the third incarnation dies of it */
};

#endif
