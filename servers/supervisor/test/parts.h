/* What the domains of the supervisor's test agree on. */
#ifndef SUPERVISOR_TEST_PARTS_H
#define SUPERVISOR_TEST_PARTS_H

/* Domains, in the order of the distribution. */
enum part {
    PART_DRIVER, /* runs the tests */
    PART_ECHO, /* restarts as often as it likes; has shared memory, a device and an interrupt line */
    PART_LEFT, /* restarts with RIGHT */
    PART_RIGHT,
    PART_FRAGILE, /* may fail 3 times in 10 s */
    PART_NEVER,   /* is never restarted */
    PART_PASSIVE, /* has no processor time of its own */
    PART_HOG,     /* more urgent than all others, no heartbeat */
    PART_ONE,     /* calls TWO, which calls ONE */
    PART_TWO,
    PART_MEMBER, /* may fail twice in 10 s, then its group is restarted; backoff 1 to 4 ms */
    PART_FELLOW, /* of the same group */
    PARTS,
};

/* Methods of a part. */
enum part_method {
    PART_GENERATION, /* -> generation, starts seen in its kept memory (0: it has none) */
    PART_CRASH,      /* reads PART_NOTHING */
    PART_LOOP,       /* never comes back */
    PART_SLEEP,      /* waits for a notification that nobody signals, for ever */
    PART_BUSY,       /* word 0: ns to compute */
    PART_CALL,       /* calls the other one's PART_CALL */
};

/* Slots of a part. */
#define PART_SLOT_OTHER 8 /* endpoint of the other one */
#define PART_SLOT_IRQ   9

/* Slots of the driver. */
#define DRIVER_SLOT_CONTROL 8
#define DRIVER_SLOT_LOOK    9 /* control, looking only */
#define DRIVER_SLOT_MACHINE 10
#define DRIVER_SLOT_PART    16 /* + enum part: endpoints */

#define PART_NOTHING 0x200000ull   /* no memory */
#define PART_KEEP    0x10010000ull /* a page of its own that outlives it */
#define PART_DEVICE  0x10020000ull /* registers of the real-time clock */

#endif
