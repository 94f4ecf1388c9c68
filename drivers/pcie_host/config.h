/*
 * The configuration space of a PCI function (PCI Local Bus 3.0; PCI Express Base 3.0, here "PCIe"; bridges: PCI-to-PCI Bridge 1.2),
 * and where its registers are.  The device is not believed: lists are walked with a bound, sizes are checked.
 */
#ifndef PCIE_HOST_CONFIG_H
#define PCIE_HOST_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_INLINE static inline __attribute__((unused))

enum { /* PCI 6.1, 6.2; PCIe 7.5 */
       CONFIG_ID = 0x00,
       CONFIG_COMMAND = 0x04, /* and status, above */
       CONFIG_CLASS = 0x08,
       CONFIG_HEADER = 0x0c,
       CONFIG_BAR = 0x10,
       CONFIG_SUBSYSTEM = 0x2c,
       CONFIG_CAPABILITIES = 0x34,
       CONFIG_BYTES = 4096,
};

enum { /* of a bridge: 3.2 there */
       BRIDGE_BUSES = 0x18,
       BRIDGE_IO = 0x1c,
       BRIDGE_MEMORY = 0x20,
       BRIDGE_PREFETCHED = 0x24,
       BRIDGE_IO_NONE = 0x00f0, /* a base above its limit */
       BRIDGE_PREFETCHED_NONE = 0x0000fff0,
};

enum { /* command and status */
       COMMAND_IO = 1 << 0,
       COMMAND_MEMORY = 1 << 1,
       COMMAND_MASTER = 1 << 2,
       COMMAND_NO_INTERRUPT = 1 << 10,
       STATUS_HAS_CAPABILITIES = 1 << 20,
};

enum { /* base address registers: PCI 6.2.5.1 */
       BAR_IO = 1 << 0,
       BAR_64 = 2 << 1,
       BAR_TYPE = 3 << 1,
       BAR_FLAGS = 0xf, /* of memory */
       BAR_LEAST = 16,  /* bytes */
       BARS = 6,
};

enum { /* capabilities: PCI 6.7; PCIe 7.6 (power) */
       CAPABILITY_POWER = 0x01,
       CAPABILITY_EXPRESS = 0x10,
       CAPABILITY_MESSAGES = 0x11, /* MSI-X */
       CAPABILITIES_MAX = 48,      /* there is room for no more of them */
       POWER_CONTROL = 0x04,
       POWER_STATE = 3, /* D0: 0, D3hot: 3 */
       POWER_NO_RESET = 1 << 3,
};

enum { /* the express capability: PCIe 7.8 */
       EXPRESS_PORT = 0xf << 20,
       EXPRESS_ROOT_PORT = 4 << 20,
       EXPRESS_HAS_SLOT = 1 << 24,
       EXPRESS_DEVICE = 0x04,
       EXPRESS_HAS_RESET = 1 << 28,
       EXPRESS_CONTROL = 0x08,
       EXPRESS_RESET = 1 << 15,
       EXPRESS_SLOT = 0x18,     /* control, and status above */
       SLOT_INDICATOR = 3 << 8, /* of power */
       SLOT_INDICATOR_ON = 1 << 8,
       SLOT_POWER_OFF = 1 << 10,
       SLOT_BUTTON = 1 << 16,     /* was pressed */
       SLOT_EVENTS = 0x11f << 16, /* a one clears it */
       SLOT_PRESENT = 1 << 22,
};

enum { /* of messages: PCI 6.8.2; the control is in the upper half of the first word */
       MESSAGES_ENABLE = 1u << 31,
       MESSAGES_MASK = 1 << 30, /* all of them */
       MESSAGES_TABLE = 0x04,   /* offset, and in its lowest bits the base address register */
       MESSAGES_ENTRY = 16,     /* bytes */
};

#define CLASS_BRIDGE   0x06u       /* PCI appendix D */
#define CONFIG_NOTHING 0xffffffffu /* what is read where nobody answers */

/* The space of a function: 4 KiB of ECAM (PCIe 7.2.2). */
typedef volatile uint8_t *config_space;

CONFIG_INLINE uint32_t config_read(const volatile uint8_t *space, uint32_t offset)
{
    return *(const volatile uint32_t *)(space + offset);
}

CONFIG_INLINE void config_write(volatile uint8_t *space, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(space + offset) = value;
}

/* Zeros leave the status as it is. */
CONFIG_INLINE void config_command(volatile uint8_t *space, uint32_t bits)
{
    config_write(space, CONFIG_COMMAND, bits);
}

/* Where a capability is; 0: the function has none, or its list makes no sense. */
CONFIG_INLINE uint32_t config_capability(const volatile uint8_t *space, uint32_t wanted)
{
    uint32_t at;

    if (!(config_read(space, CONFIG_COMMAND) & STATUS_HAS_CAPABILITIES)) {
        return 0;
    }
    at = config_read(space, CONFIG_CAPABILITIES) & 0xfc;
    for (uint32_t i = 0; at >= 0x40 && i < CAPABILITIES_MAX; i++) {
        uint32_t head = config_read(space, at);

        if ((head & 0xff) == wanted) {
            return at;
        }
        at = head >> 8 & 0xfc;
    }
    return 0;
}

CONFIG_INLINE uint32_t config_header(const volatile uint8_t *space)
{
    return config_read(space, CONFIG_HEADER) >> 16 & 0x7f;
}

/* Header type 0 has six base address registers, a bridge (1) two, others none that are known. */
CONFIG_INLINE uint32_t config_bars(const volatile uint8_t *space)
{
    uint32_t type = config_header(space);

    return type == 0 ? BARS : type == 1 ? 2 : 0;
}

/* ---- where registers are ---- */

struct bar {
    uint32_t offset, bytes; /* in the function's area; 0 bytes: there is none */
};

/* Gives a register its place behind *end.  False: there is no room for it, or its size makes no sense. */
CONFIG_INLINE bool bar_place(struct bar *bar, uint64_t mask, uint32_t area, uint64_t *end)
{
    uint64_t bytes = ~mask + 1, at;

    if (mask == 0) {
        return true;
    }
    if (bytes < BAR_LEAST || bytes > area || bytes & (bytes - 1)) {
        return false;
    }
    at = (*end + bytes - 1) & ~(bytes - 1);
    if (at + bytes > area) {
        return false;
    }
    *end = at + bytes;
    *bar = (struct bar){ (uint32_t)at, (uint32_t)bytes };
    return true;
}

/*
 * The places of all memory registers of a function in its area of so many bytes, from what all ones left in each: in order, aligned
 * to their size.  I/O has none.  False: they do not all fit.
 */
CONFIG_INLINE bool bars_place(struct bar bar[BARS], const uint32_t mask[BARS], uint32_t count,
                              uint32_t area)
{
    uint64_t end = 0;
    bool fits = true;

    for (uint32_t i = 0; i < BARS; i++) {
        bar[i] = (struct bar){ 0 };
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bits = mask[i] & ~(uint32_t)BAR_FLAGS;
        struct bar *at = &bar[i];

        if (mask[i] & BAR_IO) {
            continue;
        }
        if ((mask[i] & BAR_TYPE) == BAR_64 && i + 1 < count) {
            bits |= (uint64_t)mask[++i] << 32;
        } else if (bits) {
            bits |= 0xffffffffull << 32;
        }
        fits = bar_place(at, bits, area, &end) && fits;
    }
    return fits;
}

#endif
