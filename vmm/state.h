/*
 * All that a guest's machine is, beside its memory and what the kernel keeps of its virtual CPUs: a snapshot holds it, and the monitor's next
 * incarnation goes on by it.  It lies in memory that outlives the monitor (books.h), which may die between any two instructions: what is said
 * here must be true, or made true by machine_go_on, after each of them.  It is not trusted either (so no bools,
 * which must be 0 or 1): who died may have been out of his mind.
 */
#ifndef VMM_STATE_H
#define VMM_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "gic.h"
#include "virtio_device.h"

#define TYPED_MAX 64u

struct uart {
    uint32_t raw, mask, control, line, baud[2], levels;
    uint8_t typed[TYPED_MAX];
    uint32_t first, count;
};

struct watchdog {
    uint32_t status;
    uint32_t offset; /* ticks of the counter */
    uint64_t until;  /* ticks; meaningful while it is armed */
};

/* The last CPU that a CPU has started, and how: asked again after the monitor's death, it gets the same answer again. */
struct started {
    uint64_t target, entry, argument;
    uint8_t is_valid;
};

enum exit_kind { EXIT_MMIO, EXIT_SYSREG, EXIT_HVC, EXIT_KICK, EXIT_OTHER, EXIT_KINDS };

struct state {
    struct gic gic;
    struct uart uart;
    struct watchdog watchdog;
    struct vdevice device[DEVICES_MAX];
    uint64_t exits[EXIT_KINDS]; /* by enum exit_kind */
    uint8_t is_on[CPUS_MAX];    /* PSCI */
    struct started started[CPUS_MAX];
};

extern struct state *state;

#endif
