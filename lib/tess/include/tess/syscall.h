/*
 * One inline stub for each row of abi/syscalls.def: the svc instruction and nothing else.
 *
 * Two families for the calls that carry words:
 *   tess_call_N(.., w0 .. wN-1)  sets N message registers and leaves the others as they happen to be.  The receiver
 *                                sees what the compiler left there, hence only for a receiver that is trusted
 *                                with anything this program knows (the kernel, one's own threads).
 *   tess_call(.., words)         sets all eight; words not named in the initialiser are zero:
 *                                tess_call(cap, tess_tag(READ, 2, 0), 0, (struct tess_words){ { offset, bytes } })
 *
 * Any thread may call any of these.  A deadline is absolute, in ticks (tess/time.h), 0 = wait for ever.
 * Results: struct tess_msg; when the call failed, TESS_TAG_ERROR is set and tess_msg_err() says why.
 */
#ifndef TESS_SYSCALL_H
#define TESS_SYSCALL_H

#include <stdint.h>
#include <tessera/cap.h>
#include <tessera/error.h>
#include <tessera/msg.h>

/* A capability slot of this thread's own CNode; 0 is always empty. */
typedef uint64_t tess_cap;

/* The words of a message that travel in registers. */
struct tess_words {
    uint64_t w[TESS_MSG_REGS];
};

/* What comes out of a system call. */
struct tess_msg {
    uint64_t badge; /* of the sender's capability, or the signalled bits */
    uint64_t tag;
    uint64_t w[TESS_MSG_REGS];
};

#define TESS_INLINE static inline __attribute__((always_inline, unused))

/* TESS_OK, or why the system call failed.  What a kernel object or a server answered is not looked at. */
TESS_INLINE enum tess_err tess_msg_err(uint64_t tag)
{
    return tag & TESS_TAG_ERROR ? (enum tess_err)tess_tag_label(tag) : TESS_OK;
}

/* The eight message registers as asm operands: the first N are read and written, the others only written. */
#define TESS_REGS_0_                                                                               \
    "=r"(x10), "=r"(x11), "=r"(x12), "=r"(x13), "=r"(x14), "=r"(x15), "=r"(x16), "=r"(x17)
#define TESS_REGS_1_                                                                               \
    "+r"(x10), "=r"(x11), "=r"(x12), "=r"(x13), "=r"(x14), "=r"(x15), "=r"(x16), "=r"(x17)
#define TESS_REGS_2_                                                                               \
    "+r"(x10), "+r"(x11), "=r"(x12), "=r"(x13), "=r"(x14), "=r"(x15), "=r"(x16), "=r"(x17)
#define TESS_REGS_3_                                                                               \
    "+r"(x10), "+r"(x11), "+r"(x12), "=r"(x13), "=r"(x14), "=r"(x15), "=r"(x16), "=r"(x17)
#define TESS_REGS_4_                                                                               \
    "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13), "=r"(x14), "=r"(x15), "=r"(x16), "=r"(x17)
#define TESS_REGS_5_                                                                               \
    "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13), "+r"(x14), "=r"(x15), "=r"(x16), "=r"(x17)
#define TESS_REGS_6_                                                                               \
    "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13), "+r"(x14), "+r"(x15), "=r"(x16), "=r"(x17)
#define TESS_REGS_7_                                                                               \
    "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13), "+r"(x14), "+r"(x15), "+r"(x16), "=r"(x17)
#define TESS_REGS_8_                                                                               \
    "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13), "+r"(x14), "+r"(x15), "+r"(x16), "+r"(x17)

#define TESS_SET_0_
#define TESS_SET_1_ x10 = w0;
#define TESS_SET_2_ TESS_SET_1_ x11 = w1;
#define TESS_SET_3_ TESS_SET_2_ x12 = w2;
#define TESS_SET_4_ TESS_SET_3_ x13 = w3;
#define TESS_SET_5_ TESS_SET_4_ x14 = w4;
#define TESS_SET_6_ TESS_SET_5_ x15 = w5;
#define TESS_SET_7_ TESS_SET_6_ x16 = w6;
#define TESS_SET_8_ TESS_SET_7_ x17 = w7;

#define TESS_PARAMS_0_
#define TESS_PARAMS_1_ , uint64_t w0
#define TESS_PARAMS_2_ TESS_PARAMS_1_, uint64_t w1
#define TESS_PARAMS_3_ TESS_PARAMS_2_, uint64_t w2
#define TESS_PARAMS_4_ TESS_PARAMS_3_, uint64_t w3
#define TESS_PARAMS_5_ TESS_PARAMS_4_, uint64_t w4
#define TESS_PARAMS_6_ TESS_PARAMS_5_, uint64_t w5
#define TESS_PARAMS_7_ TESS_PARAMS_6_, uint64_t w6
#define TESS_PARAMS_8_ TESS_PARAMS_7_, uint64_t w7

#define TESS_ALL_(w) , w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]

/* The body of every stub.  c0..c3: "+r" when the register is an argument, "=r" when it is only destroyed. */
#define TESS_SVC_(name, c0, c1, c2, c3, set, n)                                                    \
    register uint64_t x0 __asm__("x0");                                                            \
    register uint64_t x1 __asm__("x1");                                                            \
    register uint64_t x2 __asm__("x2");                                                            \
    register uint64_t x3 __asm__("x3");                                                            \
    register uint64_t x10 __asm__("x10");                                                          \
    register uint64_t x11 __asm__("x11");                                                          \
    register uint64_t x12 __asm__("x12");                                                          \
    register uint64_t x13 __asm__("x13");                                                          \
    register uint64_t x14 __asm__("x14");                                                          \
    register uint64_t x15 __asm__("x15");                                                          \
    register uint64_t x16 __asm__("x16");                                                          \
    register uint64_t x17 __asm__("x17");                                                          \
    set;                                                                                           \
    TESS_SET_##n##_ __asm__ volatile("svc %[number]"                                               \
                                     : c0(x0), c1(x1), c2(x2), c3(x3), TESS_REGS_##n##_            \
                                     : [number] "i"(TESS_SYS_##name)                               \
                                     : "x4", "x5", "x6", "x7", "x8", "x9", "cc", "memory");        \
    return (struct tess_msg)                                                                       \
    {                                                                                              \
        x0, x1,                                                                                    \
        {                                                                                          \
            x10, x11, x12, x13, x14, x15, x16, x17                                                 \
        }                                                                                          \
    }

#define TESS_SET_CALL_                                                                             \
    x0 = cap;                                                                                      \
    x1 = tag;                                                                                      \
    x2 = deadline;
#define TESS_SET_RR_                                                                               \
    x0 = cap;                                                                                      \
    x1 = tag;                                                                                      \
    x2 = deadline;                                                                                 \
    x3 = reply;
#define TESS_SET_TRY_                                                                              \
    x0 = cap;                                                                                      \
    x1 = tag;
#define TESS_SET_REPLY_                                                                            \
    x1 = tag;                                                                                      \
    x3 = reply;

/* Send to an endpoint and wait for the reply, or invoke a kernel object. */
#define TESS_CALL_STUB_(n)                                                                         \
    TESS_INLINE struct tess_msg tess_call_##n(tess_cap cap, uint64_t tag,                          \
                                              uint64_t deadline TESS_PARAMS_##n##_)                \
    {                                                                                              \
        TESS_SVC_(call, "+r", "+r", "+r", "=r", TESS_SET_CALL_, n);                                \
    }

/* Answer the caller being served (reply = 0) or the one held by a Reply object, then receive on cap. */
#define TESS_REPLY_RECV_STUB_(n)                                                                   \
    TESS_INLINE struct tess_msg tess_reply_recv_##n(tess_cap cap, uint64_t tag, uint64_t deadline, \
                                                    tess_cap reply TESS_PARAMS_##n##_)             \
    {                                                                                              \
        TESS_SVC_(reply_recv, "+r", "+r", "+r", "+r", TESS_SET_RR_, n);                            \
    }

/* Send a message and wait until it is received; no answer. */
#define TESS_SEND_STUB_(n)                                                                         \
    TESS_INLINE struct tess_msg tess_send_##n(tess_cap cap, uint64_t tag,                          \
                                              uint64_t deadline TESS_PARAMS_##n##_)                \
    {                                                                                              \
        TESS_SVC_(send, "+r", "+r", "+r", "=r", TESS_SET_CALL_, n);                                \
    }

/* Send if a receiver waits, else error AGAIN. */
#define TESS_TRY_SEND_STUB_(n)                                                                     \
    TESS_INLINE struct tess_msg tess_try_send_##n(tess_cap cap, uint64_t tag TESS_PARAMS_##n##_)   \
    {                                                                                              \
        TESS_SVC_(try_send, "+r", "+r", "=r", "=r", TESS_SET_TRY_, n);                             \
    }

/* Answer the caller being served (reply = 0) or the one held by a Reply object, and go on. */
#define TESS_REPLY_STUB_(n)                                                                        \
    TESS_INLINE struct tess_msg tess_reply_##n(uint64_t tag, tess_cap reply TESS_PARAMS_##n##_)    \
    {                                                                                              \
        TESS_SVC_(reply, "=r", "+r", "=r", "+r", TESS_SET_REPLY_, n);                              \
    }

#define TESS_FOR_WORDS_(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
/* clang-format off */
TESS_FOR_WORDS_(TESS_CALL_STUB_)
TESS_FOR_WORDS_(TESS_REPLY_RECV_STUB_)
TESS_FOR_WORDS_(TESS_SEND_STUB_)
TESS_FOR_WORDS_(TESS_TRY_SEND_STUB_)
TESS_FOR_WORDS_(TESS_REPLY_STUB_)
/* clang-format on */

/* As tess_call_8 with all words of m: nothing else of this program reaches the receiver. */
TESS_INLINE struct tess_msg tess_call(tess_cap cap, uint64_t tag, uint64_t deadline,
                                      struct tess_words m)
{
    return tess_call_8(cap, tag, deadline TESS_ALL_(m.w));
}

/* As tess_reply_recv_8 with all words of m. */
TESS_INLINE struct tess_msg tess_reply_recv(tess_cap cap, uint64_t tag, uint64_t deadline,
                                            tess_cap reply, struct tess_words m)
{
    return tess_reply_recv_8(cap, tag, deadline, reply TESS_ALL_(m.w));
}

/* As tess_send_8 with all words of m. */
TESS_INLINE enum tess_err tess_send(tess_cap cap, uint64_t tag, uint64_t deadline,
                                    struct tess_words m)
{
    return tess_msg_err(tess_send_8(cap, tag, deadline TESS_ALL_(m.w)).tag);
}

/* As tess_try_send_8 with all words of m. */
TESS_INLINE enum tess_err tess_try_send(tess_cap cap, uint64_t tag, struct tess_words m)
{
    return tess_msg_err(tess_try_send_8(cap, tag TESS_ALL_(m.w)).tag);
}

/* As tess_reply_8 with all words of m.  A thread that runs on its caller's budget gets STATE: use reply_recv. */
TESS_INLINE enum tess_err tess_reply(uint64_t tag, tess_cap reply, struct tess_words m)
{
    return tess_msg_err(tess_reply_8(tag, reply TESS_ALL_(m.w)).tag);
}

/* OR the capability's badge into a notification. */
TESS_INLINE struct tess_msg tess_signal_0(tess_cap cap)
{
    TESS_SVC_(signal, "+r", "=r", "=r", "=r", x0 = cap;, 0);
}

/* OR the capability's badge into a notification: OK, or CAP, RIGHTS. */
TESS_INLINE enum tess_err tess_signal(tess_cap cap)
{
    return tess_msg_err(tess_signal_0(cap).tag);
}

/* Let other threads of the same priority run. */
TESS_INLINE struct tess_msg tess_yield_0(void)
{
    TESS_SVC_(yield, "=r", "=r", "=r", "=r", , 0);
}

TESS_INLINE void tess_yield(void)
{
    (void)tess_yield_0();
}

/* Enter the kernel and return: the cheapest system call. */
TESS_INLINE struct tess_msg tess_nop_0(void)
{
    TESS_SVC_(nop, "=r", "=r", "=r", "=r", , 0);
}

TESS_INLINE void tess_nop(void)
{
    (void)tess_nop_0();
}

/* Receive a message on an endpoint, or wait for a notification: TESS_TAG_SIGNAL and the bits in badge. */
TESS_INLINE struct tess_msg tess_recv(tess_cap cap, uint64_t deadline)
{
    TESS_SVC_(recv, "+r", "=r", "+r", "=r", x0 = cap; x2 = deadline;, 0);
}

/* Receive if a message or notification is there, else error AGAIN. */
TESS_INLINE struct tess_msg tess_try_recv(tess_cap cap)
{
    TESS_SVC_(try_recv, "+r", "=r", "=r", "=r", x0 = cap;, 0);
}

/* Acknowledge an interrupt (it may come again), then receive on cap: a driver's loop in one entry. */
TESS_INLINE struct tess_msg tess_ack_recv(tess_cap cap, uint64_t deadline, tess_cap irq)
{
    TESS_SVC_(ack_recv, "+r", "=r", "+r", "+r", x0 = cap; x2 = deadline; x3 = irq;, 0);
}

/* Wait for a notification until the deadline: its bits, or 0 when the call failed (*err says why, may be NULL). */
TESS_INLINE uint64_t tess_wait(tess_cap notification, uint64_t deadline, enum tess_err *err)
{
    struct tess_msg m = tess_recv(notification, deadline);
    enum tess_err e = tess_msg_err(m.tag);

    if (err) {
        *err = e;
    }
    return e ? 0 : m.badge;
}

#endif
