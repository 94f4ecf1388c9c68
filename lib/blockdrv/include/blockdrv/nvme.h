/* The registers of an NVM Express controller (revision 1.4; sections are those of that text). */
#ifndef BLOCKDRV_NVME_H
#define BLOCKDRV_NVME_H

#include <stdint.h>

#define NVME_CLASS 0x010802u /* mass storage, non-volatile memory, NVM Express (2.1.5) */

enum nvme_register { /* byte offsets (3.1) */
                     NVME_CAP = 0x00,
                     NVME_INTMS = 0x0c,
                     NVME_INTMC = 0x10,
                     NVME_CC = 0x14,
                     NVME_CSTS = 0x1c,
                     NVME_AQA = 0x24,
                     NVME_ASQ = 0x28,
                     NVME_ACQ = 0x30,
                     NVME_BELLS = 0x1000,
};

/* CAP (3.1.1) */
#define NVME_CAP_ENTRIES(cap) ((uint32_t)((cap)&0xffff) + 1) /* MQES: of a queue, at most */
#define NVME_CAP_TIMEOUT_NS(cap)                                                                   \
    ((((cap) >> 24 & 0xff) + 1) * 500000000ull)           /* TO: units of 500 ms; one more */
#define NVME_CAP_STRIDE(cap)   (4u << ((cap) >> 32 & 15)) /* DSTRD: bytes between doorbells */
#define NVME_CAP_NVM(cap)      ((cap) >> 37 & 1)          /* CSS: has the NVM command set */
#define NVME_CAP_PAGE_MIN(cap) ((cap) >> 48 & 15)         /* MPSMIN: 0: 4 KiB */

/* CC (3.1.5): enabled, NVM command set, pages of 4 KiB, round robin, entries of 64 and 16 bytes */
#define NVME_CC_ENABLE 1u
#define NVME_CC_VALUE  (NVME_CC_ENABLE | 6u << 16 | 4u << 20)

#define NVME_CSTS_READY 1u /* 3.1.6 */
#define NVME_CSTS_FATAL 2u

#endif
