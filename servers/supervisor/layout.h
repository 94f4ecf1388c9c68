/*
 * Where everything of the supervisor lies: slots of the root CNode, which all its incarnations share, and addresses.
 * Every slot is computed from an index, so there is no allocator whose state could be lost.
 *
 *     below SLOT_FIRST   boot capabilities, pieces of device memory
 *     SLOT_FIRST ..      enum system_slot, then per incarnation, domain, object and map of the distribution
 */
#ifndef SUPERVISOR_LAYOUT_H
#define SUPERVISOR_LAYOUT_H

#include <stdint.h>

#define SLOT_FIRST 1024u

enum system_slot {
    SLOT_ENDPOINT = SLOT_FIRST, /* where the primary receives: faults of domains, control calls */
    SLOT_NOTE,                  /* bound to the primary: domains want attention */
    SLOT_STANDBY,               /* endpoint where the standby receives: faults of the primary */
    SLOT_PRIMARY_FAULT,         /* the same, to be the primary's fault handler */
    SLOT_STANDBY_FAULT,         /* SLOT_ENDPOINT with badge, to be the standby's fault handler */
    SLOT_REGION,                /* frame: struct region */
    SLOT_PULSES, /* frame: the pulse pages of all domains, by domain, then the gates' pages (gate.c) */
    SLOT_POKE,         /* frame: the page of a domain's text that is being changed */
    SLOT_INCARNATIONS, /* INCARNATION_SLOTS each */
};

enum incarnation_slot {
    INC_UNTYPED, /* everything up to INC_SEGMENT's is made of it */
    INC_VSPACE,
    INC_THREAD,
    INC_BUDGET,
    INC_STACK,
    INC_IPC,
    INC_TABLES,
    INC_SEGMENT,                       /* file and zero part of each segment */
    INC_REGION_MAP = INC_SEGMENT + 12, /* derived once, mapped into each incarnation anew */
    INC_PULSES_MAP,
    INC_MODULES_MAP,
    INC_BOOTINFO_MAP,
    INCARNATION_SLOTS,
};

enum domain_slot {
    DOM_UNTYPED, /* dist_domain.mem; everything up to DOM_SEGMENT's is made of it at each start */
    DOM_VSPACE,  /* the second, as INC_VSPACE: build.h */
    DOM_CNODE,
    DOM_THREAD,
    DOM_BUDGET,
    DOM_STACK,
    DOM_IPC,
    DOM_SPARE,
    DOM_TABLES,
    DOM_SEGMENT = DOM_TABLES + 4, /* file and zero part of each segment */
    DOM_FAULT = DOM_SEGMENT + 12, /* SLOT_ENDPOINT with badge, to be its fault handler */
    DOM_PING,                     /* its notification with badge COMP_BIT_PING */
    DOM_QUIET,                    /* and with COMP_BIT_QUIET */
    DOMAIN_SLOTS,
};

enum object_slot {
    OBJ_CAP,
    OBJ_AUX, /* endpoint: untyped memory it is made of; irq: notification with the line's badge;
                a gate's orders: notification with the gate's bit */
    OBJECT_SLOTS,
};

/* ---- incarnations ---- */

#define INCARNATIONS       2u
#define SEED               2u /* the root thread as it was booted: takes the place of a third one in slots */
#define INCARNATION_BYTES  0x180000u
#define INCARNATION_STACK  0x8000u
#define INCARNATION_TABLES 0x40000u

/* ---- addresses, the same in all of them ---- */

#define REGION_AT    0x10000000ull
#define PULSES_AT    0x10800000ull
#define WINDOW_AT    0x11000000ull /* where frames are mapped to fill them */
#define WINDOW_BYTES 0x03000000ull
#define MODULES_AT   0x20000000ull
#define MODULES_MAX  0x10000000ull

/* ---- badges at SLOT_ENDPOINT ---- */

#define BADGE_STANDBY (1ull << 61) /* a fault of the standby */
#define BADGE_CONTROL                                                                              \
    (1ull << 62) /* control call; bits 0..31 the grant's badge, 32..47 the domain */
/* Everything else: 1 + domain, a fault of the domain. */

#define ATTENTION_BIT(domain) (1ull << (domain) % 64) /* at SLOT_NOTE */

/* ---- priorities ---- */

#define PRIO_PRIMARY 254u
#define PRIO_STANDBY 255u

#endif
