/*
 * The IPC buffer of the running thread: words 8..63 of long messages, capabilities to send, where received
 * capabilities go (struct tess_ipc_buffer in tessera/msg.h).
 *
 * The address is kept in the first word at TPIDR_EL0, which the thread-local-storage ABI of AArch64 reserves for the
 * implementation, hence it costs two loads and needs no symbol.  tess_thread_create() and the start file set it.
 */
#ifndef TESS_IPC_H
#define TESS_IPC_H

#include <stdint.h>
#include <tessera/msg.h>

/* This thread's buffer; NULL when it was started without one. */
static inline __attribute__((always_inline, unused)) struct tess_ipc_buffer *tess_ipc_buffer(void)
{
    return *(struct tess_ipc_buffer **)__builtin_thread_pointer();
}

/* Put words behind the registers of the next message (its length is then TESS_MSG_REGS + words). */
static inline __attribute__((always_inline, unused)) void tess_ipc_put(const void *from,
                                                                       unsigned words)
{
    struct tess_ipc_buffer *b = tess_ipc_buffer();

    for (unsigned i = 0; i < words && i < TESS_MSG_WORDS - TESS_MSG_REGS; i++) {
        b->word[TESS_MSG_REGS + i] = ((const uint64_t *)from)[i];
    }
}

/* Fetch words that came behind the registers of the last message. */
static inline __attribute__((always_inline, unused)) void tess_ipc_get(void *to, unsigned words)
{
    const struct tess_ipc_buffer *b = tess_ipc_buffer();

    for (unsigned i = 0; i < words && i < TESS_MSG_WORDS - TESS_MSG_REGS; i++) {
        ((uint64_t *)to)[i] = b->word[TESS_MSG_REGS + i];
    }
}

/* Capabilities received from now on go to slot, slot + 1, ... (which must be empty); 0: take none. */
static inline __attribute__((always_inline, unused)) void tess_ipc_receive_at(uint64_t slot)
{
    tess_ipc_buffer()->recv_slot = slot;
}

/* Capability i (0 .. 3) of the next message is the one in slot. */
static inline __attribute__((always_inline, unused)) void tess_ipc_send_cap(unsigned i,
                                                                            uint64_t slot)
{
    tess_ipc_buffer()->cap[i & (TESS_MSG_CAPS - 1)] = slot;
}

#endif
