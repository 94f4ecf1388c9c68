/* Invocations: a call on the capability of a kernel object.  Decoded once, by the table of abi/invocations.def. */
#ifndef KERNEL_CAP_INVOKE_H
#define KERNEL_CAP_INVOKE_H

#include "../sched/cpu.h"

struct cnode;

struct invocation {
    struct cpu *cpu;
    struct thread *self; /* the invoker, current */
    struct cap *cap;     /* what was invoked; of the right type */
    word_t *arg;         /* message words 0..7: the invoker's saved registers */
    word_t *result;      /* = arg: results are written only by the commit */
    uint32_t label;      /* enum tess_label */
};

/* The invocation named by a call on a capability that is not an endpoint.  Its result is in the register block of self.
 * Returns cpu->pending; 0: self goes on and nothing else of it has changed, so nothing else need have been saved. */
uint32_t invoke(struct cpu *cpu, struct thread *self, struct cap *cap, word_t tag);

/* Argument decoding: NULL and *err set if not there or of another type. */
struct cap *arg_slot(struct invocation *inv, word_t cnode_slot, word_t index,
                     enum tess_err *err); /* any slot */
struct cap *arg_cap(struct invocation *inv, word_t slot, enum tess_type type,
                    enum tess_err *err); /* full, own CNode */
struct cap *arg_empty(struct invocation *inv, word_t cnode_slot, word_t index,
                      enum tess_err *err); /* empty */

enum tess_err untyped_invoke(struct invocation *inv);
enum tess_err cnode_invoke(struct invocation *inv);
enum tess_err frame_invoke(struct invocation *inv);
enum tess_err vspace_invoke(struct invocation *inv);
enum tess_err thread_invoke(struct invocation *inv);
enum tess_err budget_invoke(struct invocation *inv);
enum tess_err trace_invoke(struct invocation *inv);
enum tess_err machine_invoke(struct invocation *inv);

#endif
