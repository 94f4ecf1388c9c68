/*
 * The runtime of a component, as its generated glue uses it.  Everything that happens to a component arrives at its one
 * receive: calls at COMP_SLOT_ENDPOINT, and the bits of its notification, which is bound to its thread.
 *
 * Registers: a message of up to eight scalars sets as many message registers as it has words; the others travel with what
 * the compiler left in them.  Whoever must not learn anything by that is sent aggregates (then all eight are set), or the
 * domain is built with -DCOMP_CLEAR, which costs up to seven instructions a message.
 */
#ifndef COMP_COMP_H
#define COMP_COMP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <comp/layout.h>
#include <tess/invoke.h>
#include <tess/ipc.h>
#include <tess/syscall.h>
#include <tess/time.h>

/* The own pulse page. */
static volatile struct comp_pulse *const comp_pulse __attribute__((unused)) =
    (volatile struct comp_pulse *)COMP_PULSE_AT;

#define COMP_INLINE      static inline __attribute__((always_inline, unused))
#define COMP_COLD        __attribute__((cold, noinline, unused))
#define COMP_UNUSED      __attribute__((unused))
#define COMP_LIKELY(x)   __builtin_expect(!!(x), 1)
#define COMP_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A tag without capabilities, as a constant. */
#define COMP_TAG(label, words) ((uint64_t)(label) << TESS_TAG_LABEL_SHIFT | (words))

#define COMP_TAG_CAP (1ull << TESS_TAG_CAPS_SHIFT) /* one capability travels with it */

/* "I am a new incarnation": the server puts the connection into its first state. */
#define COMP_LABEL_RESET 0xffffu
/* "Have you come back from my last call?" */
#define COMP_LABEL_SYNC 0xfffeu

/* ---- the domain (generated) and its start (start.c) ---- */

/* Initialises the instances, runs their run functions, then serves for ever. */
_Noreturn void comp_main(uint64_t generation);
/* Handle these bits of the notification: a ping is answered, handlers are called, the rest is kept in comp_pending. */
void comp_signal(uint64_t bits);
/* Bits that came and were neither polled nor waited for. */
extern uint64_t comp_pending;
/* Where received capabilities arrive; 0: none are taken. */
extern const tess_cap comp_cap_slot;
/*
 * Serve until one of the bits comes, forget it and say true; or until the deadline (absolute ticks, 0: none), and say false.
 * While a call is being served only signals are taken.
 */
bool comp_wait_until(uint64_t bits, uint64_t deadline);

/* Wait until one of the bits comes, and forget it; only signals are handled meanwhile.  TIMEOUT at the deadline (0: none). */
enum tess_err comp_wait_signal(uint64_t bits, uint64_t deadline);
/* Take what signals there are; true, once, if one of the bits was among them or before. */
bool comp_poll(uint64_t bits);
/* For a run function that works for longer than a few heartbeats without waiting: answers pings, calls handlers. */
COMP_INLINE void comp_alive(void)
{
    (void)comp_poll(0);
}

/* The instances are initialised. */
void comp_running(void);
/* The run functions have returned: print what is left of a line, tell the supervisor. */
void comp_finish(int result);
/* A number that no call of this domain had before, in any incarnation. */
uint64_t comp_number(void);

/* The answer to a ping. */
static inline void comp_beat(void)
{
    comp_pulse->beats++;
}

/* Ask the supervisor to look at the pulse page now. */
COMP_COLD static void comp_attention(void)
{
    comp_pulse->attention++;
    (void)tess_signal(COMP_SLOT_SUPERVISOR);
}

/* The other side of the connection broke the protocol.  watch: its entry in the pulse page, below 0: none. */
COMP_COLD static enum tess_err comp_blame(int watch, enum tess_err err)
{
    if (watch >= 0) {
        comp_pulse->watch[watch].strikes++;
    }
    comp_attention();
    return err;
}

/* ---- memory of messages ---- */

/* Message words 8.. of the last message received or the next to be sent; any system call with a message changes them. */
COMP_INLINE uint8_t *comp_area(void)
{
    return (uint8_t *)(COMP_IPC_AT + 8 * TESS_MSG_REGS);
}

/* Floating-point numbers travel as their bits. */
COMP_INLINE uint64_t comp_word_f32(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

COMP_INLINE uint64_t comp_word_f64(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

COMP_INLINE float comp_f32(uint64_t word)
{
    uint32_t bits = (uint32_t)word;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

COMP_INLINE double comp_f64(uint64_t word)
{
    double value;

    memcpy(&value, &word, sizeof value);
    return value;
}

/* Copy bytes to `to` and clear what is left of the room, up to the next multiple of 8. */
COMP_INLINE void comp_put(uint8_t *to, uint64_t room, const void *from, uint64_t bytes)
{
    memcpy(to, from, bytes);
    memset(to + bytes, 0, ((room + 7) & ~7ull) - bytes);
}

/* At most `most` characters and no NUL among them. */
COMP_INLINE bool comp_is_text(const uint8_t *at, uint64_t bytes, uint64_t most)
{
    return bytes <= most && !memchr(at, 0, bytes);
}

/* Copy that many characters and close them with a NUL. */
COMP_INLINE void comp_text(char *to, const uint8_t *from, uint64_t bytes)
{
    memcpy(to, from, bytes);
    to[bytes] = 0;
}

/* The same from memory that may change meanwhile; false: a NUL before the end. */
COMP_INLINE bool comp_take_text(char *to, const uint8_t *from, uint64_t bytes)
{
    comp_text(to, from, bytes);
    return comp_is_text((const uint8_t *)to, bytes, bytes);
}

/* ---- client ---- */

/* A call with n words; all but these registers are left as they are, unless COMP_CLEAR. */
#ifdef COMP_CLEAR
#define COMP_CALL(n, cap, tag, deadline, ...)                                                      \
    tess_call(cap, tag, deadline, (struct tess_words){ { __VA_ARGS__ } })
#else
#define COMP_CALL(n, cap, tag, deadline, ...)                                                      \
    tess_call_##n(cap, tag, deadline __VA_OPT__(, ) __VA_ARGS__)
#endif

/* The pulse page for counters that the next system call publishes: not volatile, so that stores can be paired. */
COMP_INLINE struct comp_watch *comp_watch(unsigned watch)
{
    return (struct comp_watch *)(COMP_PULSE_AT + __builtin_offsetof(struct comp_pulse, watch)) +
           watch;
}

/* Note a call in flight, for the supervisor. */
COMP_INLINE void comp_note(unsigned watch, uint64_t method)
{
    struct comp_watch *w = comp_watch(watch);

    w->since = tess_now();
    w->calls++;
    w->method = method;
}

COMP_INLINE void comp_noted(unsigned watch)
{
    comp_watch(watch)->since = 0;
}

/* State of a call that is issued again: bits 0..7 deaths, 8..15 tries, and what to do next. */
#define COMP_DEATHS_MASK 0xffu
#define COMP_TRY         0x100u
#define COMP_TRIES_MAX   64u
#define COMP_AGAIN       0x10000u /* issue it again */
#define COMP_RECOVER     0x20000u /* after the recover methods */

/*
 * What to do after an answer that is not the expected one.  A server that was restarted did nothing: always again.  One that
 * died may have done it: again if the method may be executed twice, but not when it killed two.  A death that was not the
 * server's own fault (somebody restarted it) is not counted, which the supervisor tells in watch[].crashes.  One that answers
 * nonsense is blamed, and asked again if the method may be executed twice: soon there will be another one.
 * how: COMP_REPEATABLE; COMP_ALLOWED: the method is allowed in every state, so PROTOCOL is nonsense, too, and nothing was done.
 */
#define COMP_REPEATABLE 1u
#define COMP_ALLOWED    2u

COMP_COLD static unsigned comp_again(uint64_t tag, unsigned tries, unsigned how, int watch)
{
    bool is_refusal = tag == COMP_TAG(TESS_PROTOCOL, 0) && (how & COMP_ALLOWED);
    bool is_nonsense = !(tag & TESS_TAG_ERROR) &&
                       (tess_tag_label(tag) == 0 || tag != COMP_TAG(tess_tag_label(tag), 0));

    tries = (tries & 0xffff) + COMP_TRY;
    if (tries / COMP_TRY > COMP_TRIES_MAX) {
        return tries;
    }
    if (tag == COMP_TAG(TESS_RESTARTED, 0)) {
        return tries | COMP_AGAIN | COMP_RECOVER;
    }
    if (is_refusal || (is_nonsense && (how & COMP_REPEATABLE))) {
        (void)comp_blame(watch, TESS_PROTOCOL);
        return tries | COMP_AGAIN;
    }
    if (tag == (COMP_TAG(TESS_GONE, 0) | TESS_TAG_ERROR) && (how & COMP_REPEATABLE)) {
        bool is_first = (tries & COMP_DEATHS_MASK) == 0;
        uint64_t crashes = watch >= 0 ? comp_pulse->watch[watch].crashes : 0;

        if (!is_first && watch >= 0 && crashes == comp_pulse->watch[watch].mark) {
            return tries | COMP_AGAIN;
        }
        tries++;
        if (is_first && watch >= 0) {
            comp_pulse->watch[watch].mark = crashes;
        }
        return is_first ? tries | COMP_AGAIN : tries;
    }
    return tries;
}

/* What the caller of a failed call gets; counts it.  first..last: the interface's own errors. */
COMP_COLD static enum tess_err comp_call_failed(uint64_t tag, int watch, int first, int last,
                                                unsigned tries)
{
    uint64_t label = tess_tag_label(tag);

    if (tag & TESS_TAG_ERROR) {
        if (label == TESS_CAP) { /* the supervisor has given the server up */
            label = TESS_GONE;
        }
        if (label == TESS_GONE && watch >= 0) {
            comp_pulse->watch[watch].gone++;
        }
        if (label == TESS_TIMEOUT) {
            if (watch >= 0) {
                comp_pulse->watch[watch].timeouts++;
            }
            comp_attention();
        }
        return (tries & COMP_DEATHS_MASK) >= 2 ? TESS_POISON : (enum tess_err)label;
    }
    if (tag == COMP_TAG(label, 0) && label != TESS_OK &&
        (label < 32 || (label >= (uint64_t)first && label <= (uint64_t)last))) {
        return label == TESS_RESTARTED ? TESS_GONE : (enum tess_err)label;
    }
    return comp_blame(watch, TESS_PROTOCOL);
}

COMP_INLINE bool comp_is_timeout(uint64_t tag)
{
    return tag == (COMP_TAG(TESS_TIMEOUT, 0) | TESS_TAG_ERROR);
}

/* Wait until the server has come back from a call that timed out. */
COMP_COLD static enum tess_err comp_sync(tess_cap slot, uint64_t deadline, int watch)
{
    struct tess_msg m =
        tess_call(slot, COMP_TAG(COMP_LABEL_SYNC, 0), deadline, (struct tess_words){ { 0 } });

    return m.tag == COMP_TAG(TESS_OK, 0) || !comp_is_timeout(m.tag)
               ? TESS_OK
               : comp_call_failed(m.tag, watch, 1, 0, 0);
}

/* Tell a server that this is a new incarnation. */
COMP_COLD static void comp_reset(tess_cap slot)
{
    (void)tess_call(slot, COMP_TAG(COMP_LABEL_RESET, 0), 0, (struct tess_words){ { 0 } });
}

/* ---- server ---- */

/* What goes back: n words are set. */
struct comp_answer {
    uint64_t tag;
    unsigned n;
    uint64_t w[TESS_MSG_REGS];
};
#define COMP_NO_ANSWER 16u /* n: nothing was asked */

/* An error without words. */
COMP_INLINE struct comp_answer comp_error(enum tess_err err)
{
    return (struct comp_answer){ COMP_TAG(err, 0), 0, { 0 } };
}

/* Give up the capabilities that came with the message being served. */
COMP_INLINE void comp_drop_caps(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        (void)tess_cnode_delete(COMP_SLOT_CNODE, comp_cap_slot + i);
    }
}

/* Between two calls, after signals: become quiet if that is wanted.  quiet.c; what cannot be swapped has an empty one. */
void comp_settle(void);

/* A message that is not for a method: the bits of a signal, or nonsense, which is refused and blamed on its sender. */
COMP_COLD static bool comp_is_call(uint64_t badge, uint64_t tag, int watch)
{
    if (tag & TESS_TAG_SIGNAL) {
        comp_signal(badge);
        comp_settle();
    }
    if (tag & TESS_TAG_KERNEL) {
        return false;
    }
    comp_drop_caps(tess_tag_caps(tag));
    (void)comp_blame(watch, TESS_PROTOCOL);
    return true;
}

COMP_INLINE struct comp_answer comp_refuse(struct tess_msg m, int watch)
{
    if (comp_is_call(m.badge, m.tag, watch)) {
        return comp_error(TESS_PROTOCOL);
    }
    return (struct comp_answer){ 0, COMP_NO_ANSWER, { 0 } };
}

/* Answer and receive.  One svc for each number of words, so that no register is touched that the answer does not use. */
COMP_INLINE struct tess_msg comp_next(struct comp_answer a)
{
    const tess_cap e = COMP_SLOT_ENDPOINT;

#ifdef COMP_CLEAR
    a.n = a.n == COMP_NO_ANSWER ? a.n : TESS_MSG_REGS;
#endif
    switch (a.n) {
    case 0:
        return tess_reply_recv_0(e, a.tag, 0, 0);
    case 1:
        return tess_reply_recv_1(e, a.tag, 0, 0, a.w[0]);
    case 2:
        return tess_reply_recv_2(e, a.tag, 0, 0, a.w[0], a.w[1]);
    case 3:
        return tess_reply_recv_3(e, a.tag, 0, 0, a.w[0], a.w[1], a.w[2]);
    case 4:
        return tess_reply_recv_4(e, a.tag, 0, 0, a.w[0], a.w[1], a.w[2], a.w[3]);
    case COMP_NO_ANSWER:
        return tess_recv(e, 0);
    default:
        return tess_reply_recv_8(e, a.tag, 0, 0 TESS_ALL_(a.w));
    }
}

/* The same in two steps, for what serves until something else happens. */
COMP_INLINE struct tess_msg comp_take(uint64_t deadline)
{
    struct tess_msg m = tess_recv(COMP_SLOT_ENDPOINT, deadline);

    /* STATE: a call is being served, so this is all that can come */
    return tess_msg_err(m.tag) == TESS_STATE ? tess_recv(COMP_SLOT_NOTE, deadline) : m;
}

COMP_INLINE void comp_reply(struct comp_answer a)
{
    if (a.n != COMP_NO_ANSWER) {
        (void)tess_reply_8(a.tag, 0 TESS_ALL_(a.w));
    }
}

/* ---- memory that survives ---- */

/* Before each keep struct. */
struct comp_keep {
    uint64_t magic;
    uint64_t version; /* declared by the component */
    uint64_t bytes;
    uint64_t sum; /* of the three */
    uint64_t reserved[4];
};
_Static_assert(sizeof(struct comp_keep) == COMP_KEEP_HEADER, "a keep struct starts behind it");

/* The last answer to a deduplicated method of one connection. */
struct comp_stored {
    uint64_t number; /* of the call; 0: none */
    uint64_t tag;
    uint64_t word[TESS_MSG_WORDS];
};
_Static_assert(sizeof(struct comp_stored) == COMP_ANSWER_BYTES, "compose makes room for them");

COMP_INLINE struct comp_stored *comp_stored(uint64_t at, uint32_t i)
{
    return (struct comp_stored *)at + i;
}

/* Keep an answer with so many words of area, and return it. */
struct comp_answer comp_store(struct comp_stored *stored, uint64_t number, struct comp_answer a,
                              uint32_t area);
/* The kept answer, ready to be sent. */
struct comp_answer comp_stored_answer(const struct comp_stored *stored);

/* Take over what another version has kept; false: that is not possible. */
typedef bool comp_convert(void *to, uint32_t from_version, const void *from, uint32_t from_bytes);

/* One kept struct. */
struct comp_kept {
    uint64_t at;           /* its header */
    uint64_t bank;         /* bytes from there to the copy that is made for a swap; 0: none is */
    uint32_t version;      /* declared by the component */
    uint32_t bytes;        /* without header */
    comp_convert *convert; /* NULL: the memory is cleared */
};

/* Before init: clear or convert the memory unless it holds what the same version of the component has left there. */
void comp_keep_open(const struct comp_kept *kept);
/* For a swap: copy it, so that the contents can be had back. */
void comp_keep_save(const struct comp_kept *kept);

/* ---- to be replaced while it runs (quiet.c) ---- */

/* What is generated for a component that can be. */
struct comp_swap {
    bool (*is_quiet)(void);  /* are the states of all its connections? */
    void (*hand_over)(void); /* save them, and what is kept */
    struct comp_answer (*serve)(struct tess_msg m);
};

/* How deep in something that cannot be interrupted: init, run, a call being served.  At 0 it may become quiet. */
extern uint32_t comp_depth;

/* If the supervisor wants it: serve until it is quiet, then stay so until it is over or the thread is stopped. */
void comp_become_quiet(const struct comp_swap *swap);
/* At the end of a start: if it is one on trial, stay quiet until the supervisor has seen that it works. */
void comp_trial(void);
/* Protocol states of `count` connections, from number `first` on: left by the predecessor; false: there is none. */
bool comp_states_take(uint8_t *state, uint32_t first, uint32_t count);
void comp_states_leave(const uint8_t *state, uint32_t first, uint32_t count);

#endif
