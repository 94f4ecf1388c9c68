/*
 * QEMU's NVM Express controller (7.2, hw/nvme) does not forget at a reset that there were completions in a queue: after the next one it holds its
 * interrupt line for ever, and a guest gives the line up.  To tell it that an empty queue is empty makes it forget one.  Others
 * are reset once more by this.  No queue is used, so no memory is.
 */
#include <blockdrv/nvme.h>

#include "board.h"
#include "quirk.h"

#define LOOKS                                                                                      \
    100000u /* at a register that changes at once: a controller that takes longer is not the one */
#define FORGETS_MAX 64u

static volatile uint32_t *at(volatile uint8_t *registers, uint32_t offset)
{
    return (volatile uint32_t *)(registers + offset);
}

static bool enabled(volatile uint8_t *registers, uint32_t configuration)
{
    uint32_t wanted = configuration & NVME_CC_ENABLE ? NVME_CSTS_READY : 0;

    *at(registers, NVME_CC) = configuration;
    for (uint32_t i = 0; i < LOOKS; i++) {
        if ((*at(registers, NVME_CSTS) & NVME_CSTS_READY) == wanted) {
            return true;
        }
    }
    return false;
}

void quirk_nvme(volatile uint8_t *registers, bool (*line_is_up)(void))
{
    uint32_t stride = NVME_CAP_STRIDE((uint64_t)*at(registers, NVME_CAP + 4) << 32);

    if (!enabled(registers, 0)) {
        return;
    }
    *at(registers, NVME_AQA) = 1u << 16 | 1u; /* two entries each */
    for (uint32_t i = 0; i < 4; i++) {        /* both queues: in the guest's memory */
        *at(registers, NVME_ASQ + 4 * i) = i % 2 ? RAM_AT >> 32 : (uint32_t)RAM_AT;
    }
    if (enabled(registers, NVME_CC_VALUE)) {
        *at(registers, NVME_INTMC) = UINT32_MAX;
        for (uint32_t i = 0; i < FORGETS_MAX && line_is_up(); i++) {
            *at(registers, NVME_BELLS + stride) = 0; /* head of the admin completion queue */
        }
    }
    (void)enabled(registers, 0);
}
