/*
 * A device of the guest's own: the configuration space of the one function on its PCI bus.  Its registers are those of the device itself,
 * mapped into the guest; its memory is behind the IOMMU; its interrupt is linked (gic.c).  What is left to do here is the header (PCI
 * Local Bus 3.0, 6.2): who the device is, where its registers are, what it may do.
 *
 * The guest sees a conventional function without capabilities: no message-signalled interrupts, no power states, no reset.  Nothing that it
 * writes reaches the device's own configuration space but two bits, by way of the bus's driver.  Its registers stay where they are.
 */
#include <string.h>

#include "host.h"
#include "pci.h"

enum {
    CONFIG_ID = 0x00,
    CONFIG_COMMAND = 0x04,
    CONFIG_CLASS = 0x08,
    CONFIG_BAR = 0x10,
    CONFIG_SUBSYSTEM = 0x2c,
    CONFIG_LINE = 0x3c,
    CONFIG_BYTES = 0x100, /* and no more: the space of a conventional function */
};
#define COMMAND_MEMORY       (1u << 1)
#define COMMAND_MASTER       (1u << 2)
#define COMMAND_NO_INTERRUPT (1u << 10)
#define COMMAND_BITS         (COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTERRUPT)
#define PIN_A                (1u << 8)

static struct host_device is;
static bool is_there;

static struct {
    uint32_t command;
    uint8_t line;             /* a note of the guest's */
    bool is_sized[HOST_BARS]; /* all ones were written: the next read tells the size */
    bool is_held;             /* it has fired while the guest wanted no interrupt */
    bool is_used;             /* it may have been told something since its last reset */
} pci;

void pci_make(const struct host_device *device)
{
    is = *device;
    is_there = true;
}

bool pci_is_there(void)
{
    return is_there;
}

void pci_reset(void)
{
    if (is_there && pci.is_used) {
        host_device_reset();
    }
    memset(&pci, 0, sizeof pci);
}

void pci_fires(void)
{
    if (pci.command & COMMAND_NO_INTERRUPT) {
        pci.is_held = true;
    } else {
        gic_fire(IRQ_PCI);
    }
}

/* ---- registers: whole words ---- */

static uint32_t bar_read(unsigned n)
{
    const struct host_bar *b = &is.bar[n];

    return !b->bytes ? 0 : pci.is_sized[n] ? -b->bytes : (uint32_t)PCI_WINDOW_AT + b->offset;
}

static uint32_t word_read(uint32_t at)
{
    if (at >= CONFIG_BAR && at < CONFIG_BAR + 4 * HOST_BARS) {
        return bar_read((at - CONFIG_BAR) / 4);
    }
    switch (at) {
    case CONFIG_ID:
        return is.id;
    case CONFIG_COMMAND:
        return pci.command;
    case CONFIG_CLASS:
        return is.class;
    case CONFIG_SUBSYSTEM:
        return is.subsystem;
    case CONFIG_LINE:
        return PIN_A | pci.line;
    default:
        return 0;
    }
}

static void command_write(uint32_t command)
{
    uint32_t changed = (command ^ pci.command) & COMMAND_BITS;

    pci.command = command & COMMAND_BITS;
    if (changed & (COMMAND_MEMORY | COMMAND_MASTER)) {
        pci.is_used = true;
        host_device_enable(command & COMMAND_MEMORY, command & COMMAND_MASTER);
    }
    if (pci.is_held && !(command & COMMAND_NO_INTERRUPT)) {
        pci.is_held = false;
        gic_fire(IRQ_PCI);
    }
}

static void word_write(uint32_t at, uint32_t value)
{
    if (at >= CONFIG_BAR && at < CONFIG_BAR + 4 * HOST_BARS) {
        pci.is_sized[(at - CONFIG_BAR) / 4] = value == UINT32_MAX;
    } else if (at == CONFIG_COMMAND) {
        command_write(value);
    } else if (at == CONFIG_LINE) {
        pci.line = (uint8_t)value;
    }
}

/* ---- the window of the host bridge ---- */

static bool is_inside(uint64_t offset, unsigned bytes)
{
    return offset < CONFIG_BYTES && bytes <= 4 && offset % bytes == 0;
}

uint64_t pci_read(uint64_t offset, unsigned bytes)
{
    return is_inside(offset, bytes) ? word_read(offset & ~3u) >> offset % 4 * 8 : UINT64_MAX;
}

void pci_write(uint64_t offset, unsigned bytes, uint64_t value)
{
    uint32_t at = offset & ~3u, shift = offset % 4 * 8;
    uint32_t mask = (bytes < 4 ? (1u << bytes * 8) - 1 : UINT32_MAX) << shift;

    if (is_inside(offset, bytes)) {
        word_write(at, (word_read(at) & ~mask) | ((uint32_t)value << shift & mask));
    }
}
