/*
 * Fault operators (after Ng & Chen 1999, Swift et al. 2003, Herder et al. 2009): what a fault does, and to which instructions it can be done.
 * Encodings: Arm ARM (DDI 0487), C4.1 "A64 instruction set encoding".
 */
#ifndef FAULTS_OPERATOR_H
#define FAULTS_OPERATOR_H

#include <tess/random.h>

#include "../agent.h"
#include "../plugin/text.h"

/* Group, enumerator and name, kind for the agent, `extra` for the agent. */
#define OPERATORS(X)                                                                               \
    X(TEXT, FLIP, "flip", AGENT_POKE, 0)               /* a bit is another one */                  \
    X(TEXT, NOP, "nop", AGENT_POKE, 0)                 /* the instruction does nothing */          \
    X(TEXT, SOURCE, "source", AGENT_POKE, 0)           /* wrong source register */                 \
    X(TEXT, DESTINATION, "destination", AGENT_POKE, 0) /* wrong destination register */            \
    X(TEXT, BASE, "base", AGENT_POKE, 0)               /* load or store: wrong base register */    \
    X(TEXT, OFFSET, "offset", AGENT_POKE, 0)           /* load or store: wrong offset */           \
    X(TEXT, BRANCH, "branch", AGENT_POKE, 0)           /* the condition is inverted */             \
    X(TEXT, ARGUMENT, "argument", AGENT_POKE, 0)       /* no move to an argument of a call */      \
    X(TEXT, INITIAL, "initialisation", AGENT_POKE, 0)  /* no store of 0, no constant */            \
    X(TEXT, CALL, "call", AGENT_POKE, 0)               /* no call */                               \
    X(TEXT, RELEASE, "release", AGENT_POKE, 0)         /* no store-release: an unlock, an index */ \
    X(TEXT, BARRIER, "barrier", AGENT_POKE, 0)         /* no barrier */                            \
    X(TEXT, ACKNOWLEDGE, "acknowledge", AGENT_POKE, 0) /* no acknowledge of an interrupt */        \
    X(TEXT, REPLY, "reply", AGENT_POKE, 0)             /* no reply, no completion */               \
    X(TEXT, SIGNAL, "signal", AGENT_POKE, 0)           /* no notification */                       \
    X(TEXT, STOP, "stop", AGENT_POKE, 0)               /* a branch to itself */                    \
    X(KILL, KILL, "kill", AGENT_KILL, 0)               /* at a random instruction */               \
    X(KILL, KILL_TWICE, "kill-twice", AGENT_KILL_TWICE, 0) /* again during the recovery */         \
    X(SUPERVISOR, PRIMARY_FAULT, "supervisor-fault", AGENT_SUPERVISOR, 0)                          \
    X(SUPERVISOR, PRIMARY_LOOP, "supervisor-loop", AGENT_SUPERVISOR, 1)                            \
    X(SUPERVISOR, STANDBY_FAULT, "standby-fault", AGENT_SUPERVISOR, 2)                             \
    X(SUPERVISOR, STANDBY_LOOP, "standby-loop", AGENT_SUPERVISOR, 3)                               \
    X(SUPERVISOR, PRIMARY_KILL, "supervisor-kill", AGENT_SUPERVISOR, 4)                            \
    X(INTERFACE, WRONG, "wrong-reply", AGENT_COMMAND, 1)         /* completes another request */   \
    X(INTERFACE, LATE, "late-reply", AGENT_COMMAND, 2)           /* after 30 ms */                 \
    X(INTERFACE, DUPLICATE, "duplicate-reply", AGENT_COMMAND, 3) /* completes it twice */          \
    X(INTERFACE, MISSING, "missing-reply", AGENT_COMMAND, 4)     /* never completes it */          \
    X(INTERFACE, MALFORMED, "malformed-reply", AGENT_COMMAND, 5) /* a record of wrong length */    \
    X(INTERFACE, JUMP, "index-jump", AGENT_COMMAND, 6)           /* the ring's index leaps */      \
    X(INTERFACE, GARBAGE, "garbage", AGENT_COMMAND, 7)           /* random words in the rings */   \
    X(INTERFACE, FLOOD, "unbounded-notify", AGENT_COMMAND, 8)    /* signals without end */         \
    X(INTERFACE, DEAF, "deaf", AGENT_COMMAND, 9)                 /* takes no request any more */   \
    X(INTERFACE, LOST, "lost-reply", AGENT_COMMAND,                                                \
      10) /* completes it, but the client cannot see that */                                       \
    X(INTERFACE, ACCUSE, "accusation", AGENT_COMMAND, 11) /* blames its client, three times */

enum operator_group { GROUP_TEXT = 1, GROUP_KILL = 2, GROUP_SUPERVISOR = 4, GROUP_INTERFACE = 8 };

enum operator{
#define X(group, name, text, kind, extra) OPERATOR_##name,
    OPERATORS(X)
#undef X
        OPERATOR_COUNT
};

struct operator_info {
    const char *name;
    enum operator_group group;
    enum agent_kind kind;
    uint64_t extra;
};

extern const struct operator_info operators[OPERATOR_COUNT];

/* The operator of that name; OPERATOR_COUNT: there is none. */
enum operator operator_find(const char *name);

/* Is the function at that address one that completes a request?  For BL of OPERATOR_REPLY. */
typedef bool (*operator_is_reply)(uint64_t address);

/*
 * What the instruction at that address of the text becomes by an operator of GROUP_TEXT, decided by a random number; false: it is none
 * that the operator can be applied to.  The result differs from what was there.
 */
bool operator_apply(enum operator op, const struct text *t, uint64_t address, uint64_t random,
                    operator_is_reply is_reply, uint32_t *to);

#endif
