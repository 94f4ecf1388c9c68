/*
 * The virtual side of the interrupt controller: list registers.
 *
 * List register 0 is the virtual timer's: the physical interrupt is linked to it (HW), so that a guest that serves its
 * timer deactivates the line without an exit.  The others carry what the monitor injects; those of a device that is the guest's own
 * are linked to the line of that device, for which the monitor has shown its capability.
 */
#ifndef KERNEL_VM_VGIC_H
#define KERNEL_VM_VGIC_H

#include "vcpu.h"

#define VGIC_LINES                                                                                 \
    1020u /* INTIDs from here on are special (IHI0069H 2.2.1) or LPIs, which no guest has */

#define VGIC_BYTES (2 * TESS_PAGE) /* of the virtual CPU interface where it is memory */

struct handoff;
struct vspace;

/* The controller has a virtual interface that this kernel can drive. */
bool vgic_possible(void);
void vgic_init(const struct handoff *h);
word_t vgic_version(void); /* of what guests see as their CPU interface: 2 or 3 */
/* The virtual CPU interface into a guest's address space, if it is memory.  False: out of tables, or something is there. */
bool vgic_map(struct vspace *space, word_t at);
bool vgic_is_interface(word_t paddr); /* a page of it */
void vgic_load(const struct vcpu *v); /* from v into the CPU */
void vgic_save(struct vcpu *v);       /* the other way; the interface is off then */
/* loaded: v is in the CPU; line: physical, deactivated when the guest deactivates the interrupt; 0: none.  False: no list
 * register is free; the thread is kicked when one may be. */
bool vgic_inject(struct vcpu *v, bool loaded, word_t intid, word_t priority, word_t line);
/* Something is pending in the CPU's list registers. */
bool vgic_pending(void);
/* An interrupt of the kernel's that is about guests; false: it is none. */
bool vgic_irq(struct cpu *cpu, uint32_t line);

#endif
