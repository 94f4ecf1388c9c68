/* What the devices of a domain may do: orders to the IOMMU and to the bus (comp/gate.h), and what the IOMMU reports. */
#ifndef SUPERVISOR_GATE_H
#define SUPERVISOR_GATE_H

#include "supervisor.h"

#include <comp/gate.h>

enum turn {
    TURN_DONE,  /* it is as it was ordered */
    TURN_WAITS, /* look again when the gate has answered */
    TURN_NEVER, /* the gate has been given up */
};

/* What never changes in the orders; a signal to the gates, which a dead primary may have owed them. */
void gate_init(void);

/* Order the functions of a domain open or closed, unless it is ordered already.  Without such a gate it is done. */
enum turn gate_turn(uint32_t domain, enum gate gate, bool open);

/* Faults that were reported, gates that do not answer.  The tick at which one will be late, or `until` if that is earlier. */
uint64_t gate_look(uint64_t until);

#endif
