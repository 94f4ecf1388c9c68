/*
 * QEMU's education device (PCI 1234:11e8, docs/specs/edu in its source): it copies between memory and a buffer of its own, 100 ms after it
 * was told to.
 */
#ifndef IOMMU_SMMUV3_TEST_EDU_H
#define IOMMU_SMMUV3_TEST_EDU_H

#include <stdbool.h>
#include <stdint.h>

#include <comp/fence.h>

#define EDU_ID 0x11e81234u /* device, vendor */
#define EDU_MS 100u

enum edu_register {
    EDU_FROM = 0x80, /* addresses, 64 bits */
    EDU_TO = 0x88,
    EDU_COUNT = 0x90, /* bytes */
    EDU_COMMAND = 0x98,
};

#define EDU_BUFFER 0x40000u /* address of the buffer: 4 KiB */
#define EDU_COPIED 64u      /* that are copied here */

/* What is to be copied is to be seen by the device; what it will have copied, by who waits for it. */
static inline void edu_start(volatile uint8_t *regs, bool to_memory, uint64_t address)
{
    *(volatile uint64_t *)(regs + EDU_FROM) = to_memory ? EDU_BUFFER : address;
    *(volatile uint64_t *)(regs + EDU_TO) = to_memory ? address : EDU_BUFFER;
    *(volatile uint64_t *)(regs + EDU_COUNT) = EDU_COPIED;
    comp_fence();
    *(volatile uint32_t *)(regs + EDU_COMMAND) = to_memory ? 3 : 1;
}

static inline bool edu_is_busy(volatile uint8_t *regs)
{
    bool is_busy = *(volatile uint32_t *)(regs + EDU_COMMAND) & 1;

    comp_fence();
    return is_busy;
}

static inline void edu_page_fill(volatile uint8_t *page, uint8_t value)
{
    for (uint32_t i = 0; i < EDU_COPIED; i++) {
        page[i] = value;
    }
}

static inline bool edu_page_holds(const volatile uint8_t *page, uint8_t value)
{
    uint32_t i = 0;

    while (i < EDU_COPIED && page[i] == value) {
        i++;
    }
    return i == EDU_COPIED;
}

#endif
