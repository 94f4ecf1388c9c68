/*
 * Messages: which registers carry what across svc, the tag, the IPC buffer.
 *
 * Registers at svc (aarch64):
 *     in   x0  capability slot in the caller's CNode
 *          x1  tag
 *          x2  deadline: absolute, in ticks of CNTVCT_EL0; 0 = wait for ever
 *          x3  second capability slot (reply_recv, reply: Reply object or 0 = the caller being served; ack_recv: irq)
 *          x10..x17  message words 0..7
 *     out  x0  badge of the capability that the sender used; for a notification the signalled bits
 *          x1  tag
 *          x10..x17  message words 0..7
 *     x2..x9 and the flags are destroyed; x18..x30, sp, the FP registers and TPIDR_EL0 are kept.
 * C passes arguments in x0..x7, so a kernel written in C can leave x10..x17 alone from one thread to the other
 * (docs/decisions/001-message-registers.md).  All eight registers always travel: words beyond the tag's length
 * are whatever the sender had in them, so a stub that talks to somebody it does not trust clears them.
 *
 * Words 8..63 travel through the IPC buffers of both threads.  They cost the slower path, but no cliff.
 */
#ifndef TESSERA_MSG_H
#define TESSERA_MSG_H

#include <stdint.h>

enum tess_syscall {
#define SYSCALL(name, number, args, text) TESS_SYS_##name = number,
#include "../../syscalls.def"
#undef SYSCALL
    TESS_SYS_COUNT
};

/* Labels of invocations. */
enum tess_label {
#define INVOKE(object, verb, number, words, results, args, text)                                   \
    TESS_LABEL_##object##_##verb = number,
#include "../../invocations.def"
#undef INVOKE
};

enum tess_fault {
#define FAULT(name, number, words, text) TESS_FAULT_##name = number,
#include "../../faults.def"
#undef FAULT
};

/*
 * Tag:  63..16 label | 15..10 set by the kernel only | 9..7 capabilities | 6..0 length in words
 * A user tag with a kernel bit set is refused with ARG, hence a receiver can believe these bits.
 */
#define TESS_MSG_WORDS       64u /* longest message */
#define TESS_MSG_REGS        8u  /* words that travel in registers */
#define TESS_MSG_CAPS        4u  /* most capabilities in one message */
#define TESS_TAG_LEN_MASK    0x7fu
#define TESS_TAG_CAPS_SHIFT  7
#define TESS_TAG_CAPS_MASK   0x7u
#define TESS_TAG_LABEL_SHIFT 16
#define TESS_TAG_KERNEL      0xfc00u /* all kernel bits */
#define TESS_TAG_ERROR       0x0400u /* the system call failed; the label is an enum tess_err */
#define TESS_TAG_SIGNAL      0x0800u /* not a message: the bound or awaited notification; x0 = bits */
#define TESS_TAG_FAULT       0x1000u /* a fault; the label is an enum tess_fault */

static inline uint64_t tess_tag(uint64_t label, unsigned words, unsigned caps)
{
    return label << TESS_TAG_LABEL_SHIFT | (uint64_t)caps << TESS_TAG_CAPS_SHIFT | words;
}

static inline uint64_t tess_tag_label(uint64_t tag)
{
    return tag >> TESS_TAG_LABEL_SHIFT;
}

static inline unsigned tess_tag_len(uint64_t tag)
{
    return tag & TESS_TAG_LEN_MASK;
}

static inline unsigned tess_tag_caps(uint64_t tag)
{
    return tag >> TESS_TAG_CAPS_SHIFT & TESS_TAG_CAPS_MASK;
}

/*
 * The IPC buffer: one per thread, 1024 bytes, 1024-aligned inside a frame given to thread.configure.
 * Capabilities sent: caps[i] are slots in the sender's CNode; the receiver finds copies in the slots
 * recv_slot, recv_slot + 1, ... of its own CNode, which must be empty, and their number in the tag it gets.
 * Capabilities that found no place stay with the sender and are not counted.
 */
struct tess_ipc_buffer {
    uint64_t word[TESS_MSG_WORDS]; /* word[0..7] is unused: those travel in registers */
    uint64_t cap[TESS_MSG_CAPS];   /* slots of the capabilities to send */
    uint64_t recv_slot;            /* where received capabilities go; 0: none wanted */
    uint64_t user[59];             /* the kernel neither reads nor writes it */
};
_Static_assert(sizeof(struct tess_ipc_buffer) == 1024, "IPC buffer layout is ABI");

/*
 * Answers to a fault message (label of the reply's tag).
 * RESUME: continue; after `syscall` word 0 becomes x0, after other faults the instruction is tried again.
 * REGS: as RESUME, but all registers are taken from the replier's IPC buffer, words 8.., in the order of
 *       struct tess_regs; the length says how many words (8 + count).
 * STOP: leave the thread suspended.
 * ADVANCE: the instruction of a guest is done: word 0 goes into the register that it loads (x0 after hvc and smc), if
 *       it loads one, cut and extended as the instruction says, and the guest goes on behind it.
 */
#define TESS_FAULT_RESUME  0u
#define TESS_FAULT_REGS    1u
#define TESS_FAULT_STOP    2u
#define TESS_FAULT_ADVANCE 3u

struct tess_regs {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t
        pstate; /* only N, Z, C, V (bits 31..28) are taken over; of a guest all but what would leave EL0 and EL1 */
    uint64_t tls; /* TPIDR_EL0 */
};
#define TESS_REGS_WORDS 35u
_Static_assert(sizeof(struct tess_regs) == TESS_REGS_WORDS * 8, "register block layout is ABI");

/* thread.fpu_read/write half h: buffer words 8..39 = v[16h]..v[16h+15], low word first; word 40 FPSR, 41 FPCR. */
#define TESS_FPU_WORDS 34u

#endif
