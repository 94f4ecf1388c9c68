/* In place of lib/tess: system calls of the guardian enter the simulation. */
#ifndef TESS_SYSCALL_H
#define TESS_SYSCALL_H

#include <stdint.h>
#include <tessera/cap.h>
#include <tessera/error.h>
#include <tessera/msg.h>

typedef uint64_t tess_cap;

struct tess_words {
    uint64_t w[TESS_MSG_REGS];
};

struct tess_msg {
    uint64_t badge;
    uint64_t tag;
    uint64_t w[TESS_MSG_REGS];
};

#define TESS_INLINE static inline __attribute__((unused))

/* The guardian's system call; returns when it runs again. */
struct tess_msg host_svc(unsigned number, uint64_t x0, uint64_t x1, uint64_t x2,
                         const struct tess_words *w);

TESS_INLINE enum tess_err tess_msg_err(uint64_t tag)
{
    return tag & TESS_TAG_ERROR ? (enum tess_err)tess_tag_label(tag) : TESS_OK;
}

#define HOST_CALL(cap, tag, deadline, ...)                                                         \
    host_svc(TESS_SYS_call, cap, tag, deadline, &(struct tess_words){ { __VA_ARGS__ } })
#define tess_call_0(c, t, d)                         HOST_CALL(c, t, d, 0)
#define tess_call_1(c, t, d, a)                      HOST_CALL(c, t, d, a)
#define tess_call_2(c, t, d, a, b)                   HOST_CALL(c, t, d, a, b)
#define tess_call_3(c, t, d, a, b, e)                HOST_CALL(c, t, d, a, b, e)
#define tess_call_4(c, t, d, a, b, e, f)             HOST_CALL(c, t, d, a, b, e, f)
#define tess_call_5(c, t, d, a, b, e, f, g)          HOST_CALL(c, t, d, a, b, e, f, g)
#define tess_call_6(c, t, d, a, b, e, f, g, h)       HOST_CALL(c, t, d, a, b, e, f, g, h)
#define tess_call_7(c, t, d, a, b, e, f, g, h, i)    HOST_CALL(c, t, d, a, b, e, f, g, h, i)
#define tess_call_8(c, t, d, a, b, e, f, g, h, i, j) HOST_CALL(c, t, d, a, b, e, f, g, h, i, j)

TESS_INLINE struct tess_msg tess_recv(tess_cap cap, uint64_t deadline)
{
    return host_svc(TESS_SYS_recv, cap, 0, deadline, &(struct tess_words){ { 0 } });
}

#endif
