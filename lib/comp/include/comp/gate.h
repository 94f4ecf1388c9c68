/*
 * How the supervisor opens and closes what devices can do: two pages between it and a component that says `gate iommu;` or `gate bus;`.
 *
 *     supervisor  -- orders: which functions there are, what memory each may reach, whether it is open -->  component
 *     supervisor  <-- answers: which orders are carried out; what devices have done that they must not --  component
 *
 * A function is one device as the bus and the IOMMU see it.  Its order is a count: odd: open, even: closed; 0 at boot.  The component
 * carries out what differs from its answer, and only then writes the answer and signals the supervisor:
 *
 *     iommu  open: the function reaches its windows and nothing else.  closed: it reaches nothing, and nothing of it is in flight
 *     bus    open: it answers at its registers.  closed: it is reset, and asks neither for memory nor for an interrupt
 *
 * The orders page is written by the supervisor alone and the answers page by the component alone.  Both outlive both.  A component that is started
 * finds all orders there, and carries them all out again: the answers of its last incarnation mean nothing to it, but to the supervisor.
 * A function that is open stays as it is while the component restarts.
 */
#ifndef COMP_GATE_H
#define COMP_GATE_H

#include <stdint.h>

enum gate { GATE_IOMMU, GATE_BUS, GATES };

#define GATE_FUNCTIONS 32u
#define GATE_WINDOWS   128u
#define GATE_FAULTS    16u
#define GATE_REFUSED   0u /* why: no such order can be carried out; it reaches nothing */

struct gate_function {
    uint32_t
        id; /* PCI: bus << 8 | device << 3 | function; the IOMMU's stream has the same number */
    uint32_t order; /* odd: open */
    uint32_t window_first, window_count;
};

/* Memory that a function may reach. */
struct gate_window {
    uint64_t address, bytes; /* whole pages; the processor's physical address */
    uint32_t rights;         /* TESS_RIGHT_READ, TESS_RIGHT_WRITE: of the device */
    uint32_t seen_page;      /* number of the page at which the device sees it; 0: at the address */
};
#define GATE_SEEN_MAX ((1ull << 44) - 4096)

struct gate_orders {
    uint64_t count; /* of functions; set at boot */
    struct gate_function function[GATE_FUNCTIONS];
    struct gate_window window[GATE_WINDOWS];
};

struct gate_fault {
    uint64_t address; /* that the device wanted */
    uint32_t function;
    uint32_t why; /* number of the event, as the IOMMU's manual has it; GATE_REFUSED */
};

struct gate_answers {
    uint32_t done[GATE_FUNCTIONS];        /* the order that was carried out */
    uint64_t faults;                      /* that were written: only grows, over restarts, too */
    struct gate_fault fault[GATE_FAULTS]; /* number n at n % GATE_FAULTS */
};

_Static_assert(sizeof(struct gate_orders) <= 4096 && sizeof(struct gate_answers) <= 4096,
               "a page each");

#endif
