/*
 * A guest's machine: memory, virtual CPUs, and what answers their exits.
 *
 *      exit ----> machine_exit ----> gic, uart, psci, virtio devices ----> answer
 *                                        |
 *      host.h <--------------------------'   console, disk, random numbers: the component's own connections
 *
 * The guest is not trusted: every address, index and length that it says is checked; what makes no sense breaks the guest's device, or
 * is answered as hardware answers it, and never harms the monitor.
 */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tess/env.h>
#include <tess/invoke.h>
#include <tessera/vcpu.h>

#include "board.h"

/* ---- exits ---- */

struct exit {
    uint64_t esr, address, value, pc, x[4];
};

/* Of kind ANSWER_VALUE only value counts, of ANSWER_REGS regs. */
struct answer {
    enum { ANSWER_NONE, ANSWER_VALUE, ANSWER_AGAIN, ANSWER_REGS } kind;
    uint64_t value;
    struct tess_regs regs;
};

struct cpu {
    tess_cap thread, vcpu;
    uint32_t number;
};

struct machine {
    tess_cap vspace, endpoint;
    tess_cap line; /* the interrupt of the guest's own device; 0: it has none */
    uint8_t *ram;
    uint64_t ram_bytes;
    unsigned cpus;
    uint64_t gic; /* version of the guest's interrupt controller: 2 or 3, as the board's */
    struct cpu cpu[CPUS_MAX];
    enum { MACHINE_RUNS, MACHINE_OFF, MACHINE_RESET } wish; /* what the guest asked of PSCI */
};

extern struct machine machine;

struct body;

struct machine_config {
    struct tess_env *env;
    const struct body *body;
    tess_cap exits; /* where its exits come */
    /* With a device of its own: memory that the device reaches, how much, and where the monitor sees it; registers; interrupt.  Else 0. */
    tess_cap ram, device, line;
    uint64_t ram_bytes;
    uint8_t *ram_seen;
};

/* The guest is that body: see its memory and its devices' registers.  NOMEM. */
enum tess_err machine_make(const struct machine_config *config);
/* Put kernel, first file system and device tree into memory and start the first CPU; from power-on or again.  NULL, or what is wrong. */
const char *machine_start(const void *image, uint64_t image_bytes, const void *initrd,
                          uint64_t initrd_bytes, const char *command, uint64_t seed);
/* Stop all CPUs and forget the devices' state. */
void machine_stop(void);
/* Answers exits until something else comes (it is returned: a signal) or machine.wish is not MACHINE_RUNS (then no message). */
struct tess_msg machine_serve(void);
/* A CPU starts at that address with x0 = argument. */
bool cpu_start(unsigned number, uint64_t pc, uint64_t argument);

/* Stop the CPUs where they are, and let them go on. */
void machine_pause(void);
void machine_go(void);

/* Another incarnation left the guest and `state` as they are: make true what it had no time for.  The CPUs go on, or stay stopped. */
void machine_go_on(bool is_paused);

/* ---- devices ---- */

void gic_reset(void);
void gic_go_on(void);
void gic_reset_cpu(unsigned cpu);
/* Registers of the distributor, in version 2 as that CPU finds them, and of a CPU's redistributor; offset: in its frames. */
uint64_t gicd_read(uint64_t offset);
void gicd_write(uint64_t offset, unsigned bytes, uint64_t value);
uint64_t gicd_v2_read(unsigned cpu, uint64_t offset);
void gicd_v2_write(unsigned cpu, uint64_t offset, unsigned bytes, uint64_t value);
uint64_t gicr_read(unsigned cpu, uint64_t offset);
void gicr_write(unsigned cpu, uint64_t offset, unsigned bytes, uint64_t value);
/* ICC_SGI1R_EL1 was written. */
void gic_sgi(unsigned from, uint64_t value);
/* The CPU may have a list register free. */
void gic_refill(unsigned cpu);

/* watchdog_look: a second has passed since host_alarm. */
void watchdog_reset(void);
void watchdog_go_on(void);
uint64_t watchdog_read(uint64_t offset);
void watchdog_write(uint64_t offset, uint64_t value);
void watchdog_look(void);

void uart_reset(void);
void uart_go_on(void);
uint64_t uart_read(uint64_t offset);
void uart_write(uint64_t offset, uint64_t value);
/* Typed text; returns what it took. */
uint32_t uart_input(const uint8_t *text, uint32_t bytes);

/* After another incarnation: a CPU's first call may be one that was answered in vain. */
void psci_go_on(void);
/* What an hvc or smc of the SMC calling convention answers in x0. */
uint64_t psci_call(unsigned cpu, const uint64_t *x);

/* The device tree; 0: it does not fit. */
uint64_t tree_make(void *to, uint64_t room, const char *command, uint64_t initrd,
                   uint64_t initrd_end, uint64_t seed);

#endif
