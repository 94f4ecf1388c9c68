/*
 * One typed function for each row of abi/invocations.def: tess_<object>_<verb>.
 *
 * Each is a call on the object's capability, which the first argument names; labels and lengths come from the
 * table.  Who holds the capability may invoke it; rights are needed only where a function says so.
 * Each returns TESS_OK or why the kernel, or a server that stands in for it, refused; then nothing has changed,
 * unless the function says otherwise.  Common to all: CAP (a capability argument is empty or of another kind),
 * CALL (the object has no such invocation).  "cnode" arguments: a CNode capability, 0 = the own CNode.
 * Result pointers may be NULL; they are written only on success.
 */
#ifndef TESS_INVOKE_H
#define TESS_INVOKE_H

#include <tess/ipc.h>
#include <tess/syscall.h>

/* Least message length of each invocation. */
enum tess_invoke_words {
#define INVOKE(object, verb, number, words, results, args, text)                                   \
    TESS_WORDS_##object##_##verb = words,
#include <invocations.def>
#undef INVOKE
};

/* Invoke verb of object with n words; n must be at least what the table asks for. */
#define TESS_INVOKE(object, verb, n, ...)                                                          \
    ((void)sizeof(char[(n) >= TESS_WORDS_##object##_##verb ? 1 : -1]),                             \
     TESS_INVOKE_N_(TESS_LABEL_##object##_##verb, n, n, __VA_ARGS__))
#define TESS_INVOKE_N_(label, n, length, cap, ...)                                                 \
    tess_call_##n(cap, tess_tag(label, length, 0), 0 __VA_OPT__(, ) __VA_ARGS__)
/* The same for a message whose tail lies in the IPC buffer: length words in all, n of them in registers. */
#define TESS_INVOKE_LONG(object, verb, n, length, ...)                                             \
    ((void)sizeof(char[(n) >= TESS_WORDS_##object##_##verb ? 1 : -1]),                             \
     TESS_INVOKE_N_(TESS_LABEL_##object##_##verb, n, length, __VA_ARGS__))

/* The answer to an invocation: a refused call and a refused invocation both carry their error in the label. */
TESS_INLINE enum tess_err tess_answer(uint64_t tag)
{
    return (enum tess_err)tess_tag_label(tag);
}

/* Result words of an answer; 0 when the call itself failed (then they mean nothing). */
TESS_INLINE uint64_t tess_result(const struct tess_msg *m, unsigned i)
{
    return m->tag & TESS_TAG_ERROR ? 0 : m->w[i];
}

TESS_INLINE enum tess_err tess_answer_2(struct tess_msg m, uint64_t *a, uint64_t *b)
{
    enum tess_err err = tess_answer(m.tag);

    if (!err && a) {
        *a = m.w[0];
    }
    if (!err && b) {
        *b = m.w[1];
    }
    return err;
}

/* ---- untyped ------------------------------------------------------------------------------------------------ */

struct tess_untyped_info {
    uint64_t paddr;
    uint64_t bytes;
    uint64_t used; /* bytes from the start that have been carved out since it was last empty */
    uint64_t device;
};

/*
 * Carve count objects into the empty slots first .. first + count - 1 of cnode.
 * size: bytes of a frame or untyped (whole pages), slots of a CNode, else 0.  offset: where in the untyped memory,
 * at or after what is used; TESS_OFFSET_NEXT: the next place that is aligned for the type.
 * ARG: type that cannot be made, count 0 or above TESS_RETYPE_MAX, kernel object of device memory;
 * RANGE: size, slots or offset; EXISTS: a slot is taken; NOMEM: does not fit.
 */
TESS_INLINE enum tess_err tess_untyped_retype(tess_cap ut, enum tess_type type, uint64_t size,
                                              tess_cap cnode, uint64_t first, uint64_t count,
                                              uint64_t offset)
{
    return tess_answer(
        TESS_INVOKE(untyped, retype, 6, ut, type, size, cnode, first, count, offset).tag);
}

/* Cut untyped memory in two at offset (page aligned, nothing used behind it); the upper part goes to slot. */
TESS_INLINE enum tess_err tess_untyped_split(tess_cap ut, uint64_t offset, tess_cap cnode,
                                             uint64_t slot)
{
    return tess_answer(TESS_INVOKE(untyped, split, 3, ut, offset, cnode, slot).tag);
}

/* Describe untyped memory. */
TESS_INLINE enum tess_err tess_untyped_info(tess_cap ut, struct tess_untyped_info *out)
{
    struct tess_msg m = TESS_INVOKE(untyped, info, 0, ut);
    enum tess_err err = tess_answer(m.tag);

    if (!err && out) {
        *out = (struct tess_untyped_info){ m.w[0], m.w[1], m.w[2], m.w[3] };
    }
    return err;
}

/* ---- cnode -------------------------------------------------------------------------------------------------- */

struct tess_cap_info {
    enum tess_type type;
    uint64_t rights;
    uint64_t badge;
    uint64_t id;   /* of the object; equal ids: the same object */
    uint64_t size; /* bytes of untyped, frame; slots of a CNode */
};

/* Copy a capability into slot of cnode with at most these rights; the copy is a child of its source. */
TESS_INLINE enum tess_err tess_cnode_copy(tess_cap cnode, tess_cap from_cnode, uint64_t from,
                                          uint64_t slot, uint64_t rights)
{
    return tess_answer(TESS_INVOKE(cnode, copy, 4, cnode, from_cnode, from, slot, rights).tag);
}

/* As copy, with a badge: endpoint or notification, source without a badge (else ARG). */
TESS_INLINE enum tess_err tess_cnode_mint(tess_cap cnode, tess_cap from_cnode, uint64_t from,
                                          uint64_t slot, uint64_t rights, uint64_t badge)
{
    return tess_answer(
        TESS_INVOKE(cnode, mint, 5, cnode, from_cnode, from, slot, rights, badge).tag);
}

/* Move a capability into slot of cnode; its place in the derivation tree stays. */
TESS_INLINE enum tess_err tess_cnode_move(tess_cap cnode, tess_cap from_cnode, uint64_t from,
                                          uint64_t slot)
{
    return tess_answer(TESS_INVOKE(cnode, move, 3, cnode, from_cnode, from, slot).tag);
}

/* Senders that wait on the endpoint whose unbadged capability is in `slot` of cnode, with this badge, get CANCELED.
 * Errors: CAP, RIGHTS (the capability has a badge), RANGE. */
TESS_INLINE enum tess_err tess_cnode_cancel_badge(tess_cap cnode, uint64_t slot, uint64_t badge)
{
    return tess_answer(TESS_INVOKE(cnode, cancel_badge, 2, cnode, slot, badge).tag);
}

/* Delete a capability; its children pass to its parent; with its last capability the object dies. */
TESS_INLINE enum tess_err tess_cnode_delete(tess_cap cnode, uint64_t slot)
{
    return tess_answer(TESS_INVOKE(cnode, delete, 1, cnode, slot).tag);
}

/* Delete all descendants of a capability, not itself. */
TESS_INLINE enum tess_err tess_cnode_revoke(tess_cap cnode, uint64_t slot)
{
    return tess_answer(TESS_INVOKE(cnode, revoke, 1, cnode, slot).tag);
}

/* Describe the capability in slot; an empty slot is of type null. */
TESS_INLINE enum tess_err tess_cnode_read(tess_cap cnode, uint64_t slot, struct tess_cap_info *out)
{
    struct tess_msg m = TESS_INVOKE(cnode, read, 1, cnode, slot);
    enum tess_err err = tess_answer(m.tag);

    if (!err && out) {
        *out = (struct tess_cap_info){ (enum tess_type)m.w[0], m.w[1], m.w[2], m.w[3], m.w[4] };
    }
    return err;
}

/* ---- frame -------------------------------------------------------------------------------------------------- */

/*
 * Map the whole frame at address of vspace.  A frame capability has one mapping; derive for another.
 * NOMEM: the address space is out of tables; donate and repeat (it goes on where it stopped) or unmap.
 * pages: mapped so far, also written on NOMEM.
 */
TESS_INLINE enum tess_err tess_frame_map(tess_cap frame, tess_cap vspace, uint64_t address,
                                         uint64_t rights, uint64_t attributes, uint64_t *pages)
{
    struct tess_msg m = TESS_INVOKE(frame, map, 4, frame, vspace, address, rights, attributes);

    if (pages) {
        *pages = tess_result(&m, 0);
    }
    return tess_answer(m.tag);
}

/* Change the rights of the mapping, within the capability's. */
TESS_INLINE enum tess_err tess_frame_protect(tess_cap frame, uint64_t rights)
{
    return tess_answer(TESS_INVOKE(frame, protect, 1, frame, rights).tag);
}

/* Undo the mapping. */
TESS_INLINE enum tess_err tess_frame_unmap(tess_cap frame)
{
    return tess_answer(TESS_INVOKE(frame, unmap, 0, frame).tag);
}

/* Make a child frame for bytes from offset (pages), with at most these rights. */
TESS_INLINE enum tess_err tess_frame_derive(tess_cap frame, uint64_t offset, uint64_t bytes,
                                            tess_cap cnode, uint64_t slot, uint64_t rights)
{
    return tess_answer(
        TESS_INVOKE(frame, derive, 5, frame, offset, bytes, cnode, slot, rights).tag);
}

/* Physical address and size; needs the right PHYS. */
TESS_INLINE enum tess_err tess_frame_address(tess_cap frame, uint64_t *paddr, uint64_t *bytes)
{
    return tess_answer_2(TESS_INVOKE(frame, address, 0, frame), paddr, bytes);
}

/* ---- vspace ------------------------------------------------------------------------------------------------- */

/* Give bytes (whole pages) of untyped memory for page tables; slot gets the capability that stands for them. */
TESS_INLINE enum tess_err tess_vspace_donate(tess_cap vspace, tess_cap ut, uint64_t bytes,
                                             tess_cap cnode, uint64_t slot)
{
    return tess_answer(TESS_INVOKE(vspace, donate, 4, vspace, ut, bytes, cnode, slot).tag);
}

/*
 * Make the frame (RAM, right READ) the window of the space: tess_vspace_pages maps pages of it.  slot gets the capability that
 * stands for that; when it goes, the space loses all its mappings and tables.  EXISTS: there is a window already.
 */
TESS_INLINE enum tess_err tess_vspace_window(tess_cap vspace, tess_cap frame, tess_cap cnode,
                                             uint64_t slot)
{
    return tess_answer(TESS_INVOKE(vspace, window, 3, vspace, frame, cnode, slot).tag);
}

/*
 * A run of pages within 2 MiB.  where: address | op, op being the rights to map with (what of the window was mapped there goes),
 * TESS_PAGES_KEEP | rights (what is mapped stays, with these rights; the rest of the run is left alone), or 0 (unmap).
 * what: offset in the window | (pages - 1), pages up to TESS_PAGES_MAX.
 */
struct tess_run {
    uint64_t where, what;
};

/*
 * Do count (up to TESS_VECTOR_MAX) runs; stops at the first error, or early when an interrupt waits: repeat with the rest.
 * done: how many, always written.  STATE: the space has no window; EXISTS: something else than the window is mapped in the run;
 * NOMEM: out of tables, donate and repeat; RIGHTS, RANGE, ARG.
 */
TESS_INLINE enum tess_err tess_vspace_pages(tess_cap vspace, const struct tess_run *run,
                                            uint64_t count, uint64_t *done)
{
    struct tess_ipc_buffer *b = tess_ipc_buffer();
    uint64_t fit = count < TESS_VECTOR_MAX ? count : TESS_VECTOR_MAX;

    for (uint64_t i = 0; i < fit; i++) {
        b->word[TESS_MSG_REGS + 2 * i] = run[i].where;
        b->word[TESS_MSG_REGS + 2 * i + 1] = run[i].what;
    }
    struct tess_msg m = TESS_INVOKE_LONG(vspace, pages, 1, TESS_MSG_REGS + 2 * fit, vspace, count);

    if (done) {
        *done = tess_result(&m, 0);
    }
    return tess_answer(m.tag);
}

struct tess_vector_map {
    tess_cap frame;
    uint64_t address;
};

/* Map count (up to TESS_VECTOR_MAX) frames; stops at the first error; done: how many are mapped, always written. */
TESS_INLINE enum tess_err tess_vspace_map_vector(tess_cap vspace, const struct tess_vector_map *v,
                                                 uint64_t count, uint64_t rights,
                                                 uint64_t attributes, uint64_t *done)
{
    struct tess_ipc_buffer *b = tess_ipc_buffer();

    for (uint64_t i = 0; i < count && i < TESS_VECTOR_MAX; i++) {
        b->word[TESS_MSG_REGS + 2 * i] = v[i].frame;
        b->word[TESS_MSG_REGS + 2 * i + 1] = v[i].address;
    }
    uint64_t fit = count < TESS_VECTOR_MAX ? count : TESS_VECTOR_MAX;
    struct tess_msg m = TESS_INVOKE_LONG(vspace, map_vector, 3, TESS_MSG_REGS + 2 * fit, vspace,
                                         count, rights, attributes);

    if (done) {
        *done = tess_result(&m, 0);
    }
    return tess_answer(m.tag);
}

/* Puts count frame slots behind the registers of the next message; returns that message's length. */
TESS_INLINE uint64_t tess_vector_put(const tess_cap *frame, uint64_t count)
{
    struct tess_ipc_buffer *b = tess_ipc_buffer();
    uint64_t fit = count < TESS_VECTOR_MAX ? count : TESS_VECTOR_MAX;

    for (uint64_t i = 0; i < fit; i++) {
        b->word[TESS_MSG_REGS + i] = frame[i];
    }
    return TESS_MSG_REGS + fit;
}

/* Unmap count (up to TESS_VECTOR_MAX) frames; stops at the first error; done is always written. */
TESS_INLINE enum tess_err tess_vspace_unmap_vector(tess_cap vspace, const tess_cap *frame,
                                                   uint64_t count, uint64_t *done)
{
    uint64_t length = tess_vector_put(frame, count);
    struct tess_msg m = TESS_INVOKE_LONG(vspace, unmap_vector, 1, length, vspace, count);

    if (done) {
        *done = tess_result(&m, 0);
    }
    return tess_answer(m.tag);
}

/* Change the rights of count (up to TESS_VECTOR_MAX) mappings; stops at the first error; done is always written. */
TESS_INLINE enum tess_err tess_vspace_protect_vector(tess_cap vspace, const tess_cap *frame,
                                                     uint64_t count, uint64_t rights,
                                                     uint64_t *done)
{
    uint64_t length = tess_vector_put(frame, count);
    struct tess_msg m = TESS_INVOKE_LONG(vspace, protect_vector, 2, length, vspace, count, rights);

    if (done) {
        *done = tess_result(&m, 0);
    }
    return tess_answer(m.tag);
}

/* Free page tables (pages) and mapped frames of an address space. */
TESS_INLINE enum tess_err tess_vspace_info(tess_cap vspace, uint64_t *free_tables, uint64_t *frames)
{
    return tess_answer_2(TESS_INVOKE(vspace, info, 0, vspace), free_tables, frames);
}

/* Make a new address space one of guest-physical addresses; nothing may have been given to it or copied from it. */
TESS_INLINE enum tess_err tess_vspace_guest(tess_cap vspace)
{
    return tess_answer(TESS_INVOKE(vspace, guest, 0, vspace).tag);
}

/* ---- vcpu: the virtual CPU of a guest (docs/guests.md) --------------------------------------------------------- */

/* The suspended thread runs guest code from now on.  STATE: not suspended, or this machine has no virtualization. */
TESS_INLINE enum tess_err tess_vcpu_bind(tess_cap vcpu, tess_cap thread)
{
    return tess_answer(TESS_INVOKE(vcpu, bind, 1, vcpu, thread).tag);
}

/* A register of the guest, enum tess_vcpu_reg (tessera/vcpu.h). */
TESS_INLINE enum tess_err tess_vcpu_read(tess_cap vcpu, uint64_t reg, uint64_t *value)
{
    return tess_answer_2(TESS_INVOKE(vcpu, read, 1, vcpu, reg), value, 0);
}

TESS_INLINE enum tess_err tess_vcpu_write(tess_cap vcpu, uint64_t reg, uint64_t value)
{
    return tess_answer(TESS_INVOKE(vcpu, write, 2, vcpu, reg, value).tag);
}

/* What the guest's virtual CPU interface is: 3: system registers (GICv3); 2: two pages (GICv2), mapped at the address in the guest's address space.
 * NOMEM: donate tables and repeat, or something is mapped there. */
TESS_INLINE enum tess_err tess_vcpu_interface(tess_cap vcpu, uint64_t address, uint64_t *version)
{
    return tess_answer_2(TESS_INVOKE(vcpu, interface, 1, vcpu, address), version, 0);
}

/* Become one of the other's guest: SGIs between them need no exit to the monitor (register sgis).  STATE: one of the two has no thread; EXISTS: this one
 * has joined already; RANGE: there are eight. */
TESS_INLINE enum tess_err tess_vcpu_join(tess_cap vcpu, tess_cap other)
{
    return tess_answer(TESS_INVOKE(vcpu, join, 1, vcpu, other).tag);
}

/*
 * Make a virtual interrupt pending.  With the interrupt line `irq`, not 0, that has been delivered: the guest's end of the interrupt
 * acknowledges it.  AGAIN: no list register is free; the guest's thread gets a kick when one may be.
 */
TESS_INLINE enum tess_err tess_vcpu_inject(tess_cap vcpu, uint64_t intid, uint64_t priority,
                                           tess_cap irq)
{
    return tess_answer(TESS_INVOKE(vcpu, inject, 3, vcpu, intid, priority, irq).tag);
}

/* ---- thread ------------------------------------------------------------------------------------------------- */

struct tess_thread_info {
    enum tess_thread_state state;
    uint64_t priority;
    uint64_t ceiling;
    uint64_t has_budget;
};

/*
 * Set the spaces of a thread; it keeps copies, children of what is given here.  0 leaves one empty.
 * buffer: a frame with read and write right; offset in it, a multiple of 1024.
 * flags: TESS_THREAD_FOREIGN.
 */
TESS_INLINE enum tess_err tess_thread_configure(tess_cap thread, tess_cap cnode, tess_cap vspace,
                                                tess_cap fault, tess_cap buffer, uint64_t offset,
                                                uint64_t flags)
{
    return tess_answer(
        TESS_INVOKE(thread, configure, 6, thread, cnode, vspace, fault, buffer, offset, flags).tag);
}

/* Let it run. */
TESS_INLINE enum tess_err tess_thread_resume(tess_cap thread)
{
    return tess_answer(TESS_INVOKE(thread, resume, 0, thread).tag);
}

/* Stop it; an operation it waits in ends with CANCELED when it is resumed. */
TESS_INLINE enum tess_err tess_thread_suspend(tess_cap thread)
{
    return tess_answer(TESS_INVOKE(thread, suspend, 0, thread).tag);
}

/* Set pc, sp, x0 and the thread pointer, and let it run. */
TESS_INLINE enum tess_err tess_thread_start(tess_cap thread, uint64_t pc, uint64_t sp,
                                            uint64_t argument, uint64_t tls)
{
    return tess_answer(TESS_INVOKE(thread, start, 4, thread, pc, sp, argument, tls).tag);
}

/* Read all registers of a thread that is not running (else STATE). */
TESS_INLINE enum tess_err tess_thread_read_regs(tess_cap thread, struct tess_regs *out)
{
    enum tess_err err = tess_answer(TESS_INVOKE(thread, read_regs, 0, thread).tag);

    if (!err) {
        tess_ipc_get(out, TESS_REGS_WORDS);
    }
    return err;
}

/* Write all registers of a thread that is not running (else STATE). */
TESS_INLINE enum tess_err tess_thread_write_regs(tess_cap thread, const struct tess_regs *in)
{
    tess_ipc_put(in, TESS_REGS_WORDS);
    return tess_answer(
        TESS_INVOKE_LONG(thread, write_regs, 0, TESS_MSG_REGS + TESS_REGS_WORDS, thread).tag);
}

/* Set priority and ceiling (the most its own set_priority may give); both at most the caller's ceiling. */
TESS_INLINE enum tess_err tess_thread_set_priority(tess_cap thread, uint64_t priority,
                                                   uint64_t ceiling)
{
    return tess_answer(TESS_INVOKE(thread, set_priority, 2, thread, priority, ceiling).tag);
}

/* Force it out of user code into its fault handler: at once, or when it next would return to user code. */
TESS_INLINE enum tess_err tess_thread_kick(tess_cap thread)
{
    return tess_answer(TESS_INVOKE(thread, kick, 0, thread).tag);
}

/* Deliver the notification's signals at the thread's receives; 0 unbinds. */
TESS_INLINE enum tess_err tess_thread_bind_notification(tess_cap thread, tess_cap notification)
{
    return tess_answer(TESS_INVOKE(thread, bind_notification, 1, thread, notification).tag);
}

/* Who is told when the thread has used up its budget; 0: nobody, the thread waits for its next period. */
TESS_INLINE enum tess_err tess_thread_set_timeout_handler(tess_cap thread, tess_cap endpoint)
{
    return tess_answer(TESS_INVOKE(thread, set_timeout_handler, 1, thread, endpoint).tag);
}

/* Name (up to 16 characters count) for traces and panics. */
TESS_INLINE enum tess_err tess_thread_name(tess_cap thread, const char *name)
{
    uint64_t w[2] = { 0, 0 };

    for (unsigned i = 0; i < 16 && name[i]; i++) {
        w[i / 8] |= (uint64_t)(unsigned char)name[i] << i % 8 * 8;
    }
    return tess_answer(TESS_INVOKE(thread, name, 2, thread, w[0], w[1]).tag);
}

/* Describe a thread. */
TESS_INLINE enum tess_err tess_thread_info(tess_cap thread, struct tess_thread_info *out)
{
    struct tess_msg m = TESS_INVOKE(thread, info, 0, thread);
    enum tess_err err = tess_answer(m.tag);

    if (!err && out) {
        *out = (struct tess_thread_info){ (enum tess_thread_state)m.w[0], m.w[1], m.w[2], m.w[3] };
    }
    return err;
}

/* FP registers v[16 half] .. v[16 half + 15], low word first, then FPSR, FPCR; not of a running thread. */
TESS_INLINE enum tess_err tess_thread_fpu_read(tess_cap thread, uint64_t half,
                                               uint64_t out[TESS_FPU_WORDS])
{
    enum tess_err err = tess_answer(TESS_INVOKE(thread, fpu_read, 1, thread, half).tag);

    if (!err) {
        tess_ipc_get(out, TESS_FPU_WORDS);
    }
    return err;
}

/* Write what tess_thread_fpu_read reads. */
TESS_INLINE enum tess_err tess_thread_fpu_write(tess_cap thread, uint64_t half,
                                                const uint64_t in[TESS_FPU_WORDS])
{
    tess_ipc_put(in, TESS_FPU_WORDS);
    return tess_answer(
        TESS_INVOKE_LONG(thread, fpu_write, 1, TESS_MSG_REGS + TESS_FPU_WORDS, thread, half).tag);
}

/* ---- endpoint, reply ---------------------------------------------------------------------------------------- */

/* Move the caller that this thread serves into the reply object, to answer it later. */
TESS_INLINE enum tess_err tess_reply_defer(tess_cap reply)
{
    return tess_answer(TESS_INVOKE(reply, defer, 0, reply).tag);
}

/* ---- budget ------------------------------------------------------------------------------------------------- */

/* budget ticks in each period ticks on the CPU; restarts the period. */
TESS_INLINE enum tess_err tess_budget_configure(tess_cap budget, tess_cap cpu, uint64_t ticks,
                                                uint64_t period)
{
    return tess_answer(TESS_INVOKE(budget, configure, 3, budget, cpu, ticks, period).tag);
}

/* Give the budget to a thread. */
TESS_INLINE enum tess_err tess_budget_bind(tess_cap budget, tess_cap thread)
{
    return tess_answer(TESS_INVOKE(budget, bind, 1, budget, thread).tag);
}

/* Take it back. */
TESS_INLINE enum tess_err tess_budget_unbind(tess_cap budget)
{
    return tess_answer(TESS_INVOKE(budget, unbind, 0, budget).tag);
}

/* Ticks consumed since creation, and ticks that can be used now. */
TESS_INLINE enum tess_err tess_budget_consumed(tess_cap budget, uint64_t *consumed, uint64_t *left)
{
    return tess_answer_2(TESS_INVOKE(budget, consumed, 0, budget), consumed, left);
}

/* ---- irq ---------------------------------------------------------------------------------------------------- */

/* Signal the notification with its badge at each interrupt; unmasks the line. */
TESS_INLINE enum tess_err tess_irq_bind(tess_cap irq, tess_cap notification)
{
    return tess_answer(TESS_INVOKE(irq, bind, 1, irq, notification).tag);
}

/* The interrupt has been served: deliver the next one. */
TESS_INLINE enum tess_err tess_irq_ack(tess_cap irq)
{
    return tess_answer(TESS_INVOKE(irq, ack, 0, irq).tag);
}

/* Disable (1) or enable (0) the line. */
TESS_INLINE enum tess_err tess_irq_mask(tess_cap irq, uint64_t mask)
{
    return tess_answer(TESS_INVOKE(irq, mask, 1, irq, mask).tag);
}

/* Mask the line and forget the notification. */
TESS_INLINE enum tess_err tess_irq_unbind(tess_cap irq)
{
    return tess_answer(TESS_INVOKE(irq, unbind, 0, irq).tag);
}

/* Make the capability of one interrupt line (INTID); trigger: 0 level, 1 edge.  EXISTS: it has been made before. */
TESS_INLINE enum tess_err tess_irq_control_get(tess_cap control, uint64_t line, uint64_t trigger,
                                               tess_cap cnode, uint64_t slot)
{
    return tess_answer(TESS_INVOKE(irq_control, get, 4, control, line, trigger, cnode, slot).tag);
}

/* ---- trace, machine ----------------------------------------------------------------------------------------- */

/* Start recording the events of the mask (bit = enum tess_trace), 0 for all. */
TESS_INLINE enum tess_err tess_trace_start(tess_cap trace, uint64_t mask)
{
    return tess_answer(TESS_INVOKE(trace, start, 1, trace, mask).tag);
}

/* Stop recording; events: recorded since start. */
TESS_INLINE enum tess_err tess_trace_stop(tess_cap trace, uint64_t *events)
{
    return tess_answer_2(TESS_INVOKE(trace, stop, 0, trace), events, 0);
}

/* Switch the machine off; returns only with an error. */
TESS_INLINE enum tess_err tess_machine_power_off(tess_cap machine)
{
    return tess_answer(TESS_INVOKE(machine, power_off, 0, machine).tag);
}

/* Restart the machine; returns only with an error. */
TESS_INLINE enum tess_err tess_machine_reset(tess_cap machine)
{
    return tess_answer(TESS_INVOKE(machine, reset, 0, machine).tag);
}

/* Most bytes of one tess_machine_write: what the message registers hold beside the count. */
#define TESS_CONSOLE_MAX 56u

/* Write bytes (1 .. TESS_CONSOLE_MAX) to the emergency console; taken: how many it took. */
TESS_INLINE enum tess_err tess_machine_write(tess_cap machine, const char *text, uint64_t bytes,
                                             uint64_t *taken)
{
    uint64_t w[7] = { 0 };

    for (uint64_t i = 0; i < bytes && i < TESS_CONSOLE_MAX; i++) {
        w[i / 8] |= (uint64_t)(unsigned char)text[i] << i % 8 * 8;
    }
    return tess_answer_2(
        TESS_INVOKE(machine, write, 8, machine, bytes, w[0], w[1], w[2], w[3], w[4], w[5], w[6]),
        taken, 0);
}

/* Verify all kernel invariants; checked: 0 in a release kernel, which cannot. */
TESS_INLINE enum tess_err tess_machine_check(tess_cap machine, uint64_t *checked)
{
    return tess_answer_2(TESS_INVOKE(machine, check, 0, machine), checked, 0);
}

#endif
