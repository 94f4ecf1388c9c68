/*
 * Registers and memory formats of an SMMUv3, as far as the driver uses them (Arm System Memory Management Unit Architecture
 * Specification, version 3, IHI 0070; numbers in comments are its sections).  All words are little-endian.
 */
#ifndef IOMMU_SMMUV3_SMMUV3_H
#define IOMMU_SMMUV3_SMMUV3_H

#include <stdint.h>

/* ---- registers, 6.3: byte offsets ---- */

enum smmu_register {
    SMMU_IDR0 = 0x000,
    SMMU_IDR1 = 0x004,
    SMMU_IDR5 = 0x014,
    SMMU_CR0 = 0x020,
    SMMU_CR0ACK = 0x024,
    SMMU_CR1 = 0x028,
    SMMU_CR2 = 0x02c,
    SMMU_GBPA = 0x044,
    SMMU_IRQ_CTRL = 0x050,
    SMMU_IRQ_CTRLACK = 0x054,
    SMMU_GERROR = 0x060,
    SMMU_GERRORN = 0x064,
    SMMU_GERROR_IRQ_CFG0 = 0x068,
    SMMU_STRTAB_BASE = 0x080, /* 64 bits, as the other bases and CFG0 */
    SMMU_STRTAB_BASE_CFG = 0x088,
    SMMU_CMDQ_BASE = 0x090,
    SMMU_CMDQ_PROD = 0x098,
    SMMU_CMDQ_CONS = 0x09c,
    SMMU_EVENTQ_BASE = 0x0a0,
    SMMU_EVENTQ_IRQ_CFG0 = 0x0b0,
    SMMU_EVENTQ_PROD = 0x100a8, /* in the second page */
    SMMU_EVENTQ_CONS = 0x100ac,
};

#define IDR0_S1P          (1u << 1) /* stage 1 */
#define IDR0_AARCH64      (1u << 3) /* translation tables of that format */
#define IDR0_COHACC       (1u << 4) /* reads tables and queues through the caches */
#define IDR0_STALL(x)     ((x) >> 24 & 3u)
#define IDR0_STALL_FORCED 2u
#define IDR0_ENDIAN(x)    ((x) >> 21 & 3u)
#define IDR0_ENDIAN_BIG   3u
#define IDR1_SIDSIZE(x)   ((x) % 64)
#define IDR1_EVENTQS(x)   ((x) >> 16 & 0x1fu)
#define IDR1_CMDQS(x)     ((x) >> 21 & 0x1fu)
#define IDR1_PRESET       (3u << 29) /* tables or queues are where the hardware has them */
#define IDR5_OAS(x)       ((x) % 8)  /* width of a physical address; 5 is 48 bits */
#define IDR5_GRAN4K       (1u << 4)

#define CR0_SMMUEN   (1u << 0)
#define CR0_EVENTQEN (1u << 2)
#define CR0_CMDQEN   (1u << 3)
#define CR0_ATSCHK   (1u << 4) /* what a device says it has translated is not believed */
#define CR0_ACKED    (CR0_SMMUEN | CR0_EVENTQEN | CR0_CMDQEN)

#define CR1_CACHED 0xd75u    /* tables and queues: inner shareable, write-back */
#define CR2_PTM    (1u << 2) /* the processors' TLB invalidations are not for it */

#define GBPA_UPDATE (1u << 31)
#define GBPA_ABORT  (1u << 20)

#define IRQ_CTRL_GERROR (1u << 0)
#define IRQ_CTRL_EVENTQ (1u << 2)

#define GERROR_EVENTQ_ABT (1u << 2) /* an event could not be written */

/* Indices of a queue of n entries go to 2n - 1: equal ones mean empty (3.5).  This bit is beside those of the event queue. */
#define QUEUE_OVERFLOW (1u << 31)

/* ---- stream table entry, 5.2: eight words, the first of which alone makes the difference between open and closed ---- */

#define STE_WORDS 8u
#define STE_ABORT 1ull /* V, Config = 0: nothing passes, and no event says so */
#define STE_S1                                                                                     \
    (1ull | 5u << 1) /* V, Config = 5: stage 1; with the address of the context descriptor */

/* Context descriptors are read inner shareable, write-back; events of a stream may be merged; no ATS. */
#define STE_WORD1 (1ull << 2 | 1ull << 4 | 3ull << 6 | 1ull << 19 | 1ull << 44)

/* ---- context descriptor, 5.4: eight words ---- */

#define CD_WORDS 8u

/* 48 bits by 4 KiB pages, tables read as above, no second half, AArch64; faults abort and are recorded; ASIDs of its own. */
#define CD_WORD0(ips, asid)                                                                        \
    (16ull | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 30 | 1ull << 31 |                       \
     (uint64_t)(ips) << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46 | 1ull << 47 |                   \
     (uint64_t)(asid) << 48)
#define CD_MAIR 0x04ffull /* attribute 0: write-back, 1: device, nGnRE */

/* ---- commands, chapter 4: two words ---- */

#define CMD_WORDS              2u
#define CMD_CFGI_STE(stream)   (0x03ull | (uint64_t)(stream) << 32) /* its context descriptors, too */
#define CMD_CFGI_ALL           0x04ull
#define CMD_CFGI_ALL_WORD1     31ull
#define CMD_CFGI_LEAF          1ull
#define CMD_TLBI_NH_ASID(asid) (0x11ull | (uint64_t)(asid) << 48)
#define CMD_TLBI_NSNH_ALL      0x30ull
#define CMD_SYNC_IRQ           (0x46ull | 1ull << 12) /* an interrupt when it is done */

/* ---- events, 7.3: four words ---- */

#define EVENT_WORDS         4u
#define EVENT_NUMBER(word0) ((uint32_t)((word0)&0xffu))
#define EVENT_STREAM(word0) ((uint32_t)((word0) >> 32))
#define EVENT_ADDRESS       2u /* this word */

/* What no device can bring about: the tables are not what they should be. */
#define EVENTS_OF_TABLES                                                                           \
    (1ull << 0x03 | 1ull << 0x04 | 1ull << 0x09 | 1ull << 0x0a | 1ull << 0x0b | 1ull << 0x20 |     \
     1ull                                                                                          \
         << 0x21) /* F_STE_FETCH C_BAD_STE F_CD_FETCH C_BAD_CD F_WALK_EABT F_TLB_CONFLICT F_CFG_CONFLICT */

#endif
