/*
 * A guest kernel that reads its disk for ever, 4 KiB at a time, from its first millisecond on: virtio-blk, one request at a time, wfi until it is
 * done.  What it reads must be what lies there: the disk's sectors hold zeros.  Freestanding, MMU off.
 */
#include <stdint.h>

#include "head.h"

#define DISK   0x0a001000ull /* the second device */
#define INTID  49u
#define GICD   0x08000000ull
#define GICR   0x080a0000ull
#define UART   0x09000000ull
#define BYTES  4096u
#define QUEUE  4u
#define PASSES 6u

HEAD("", busy);

static struct {
    struct {
        uint64_t address;
        uint32_t bytes;
        uint16_t flags, next;
    } descriptor[QUEUE];
    struct {
        uint16_t flags, index, ring[QUEUE], event;
    } available;
    uint32_t hole;
    struct {
        uint16_t flags, index;
        struct {
            uint32_t id, bytes;
        } ring[QUEUE];
        uint16_t event;
    } used __attribute__((aligned(8)));
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    uint8_t status;
} q __attribute__((aligned(64)));

static uint64_t data[BYTES / 8] __attribute__((aligned(4096)));

static void put(uint64_t at, uint32_t value)
{
    __asm__ volatile("dsb sy\n str %w0, [%1]" ::"r"(value), "r"(at) : "memory");
}

static uint32_t get(uint64_t at)
{
    uint32_t value;

    __asm__ volatile("ldr %w0, [%1]\n dsb sy" : "=r"(value) : "r"(at) : "memory");
    return value;
}

static void say(const char *text)
{
    while (*text) {
        put(UART, (uint8_t)*text++);
    }
}

static void interrupts(void)
{
    put(GICD, 2);
    put(GICD + 0x100 + INTID / 32 * 4, 1u << INTID % 32);
    put(GICR + 0x14, 0);
    __asm__ volatile("msr S3_0_C4_C6_0, %0\n msr S3_0_C12_C12_7, %1\n isb" ::"r"(0xfful), "r"(1ul));
}

static void device(void)
{
    put(DISK + 0x70, 0);
    put(DISK + 0x70, 3);
    put(DISK + 0x24, 1);
    put(DISK + 0x20, 1); /* version 1, nothing else */
    put(DISK + 0x70, 11);
    put(DISK + 0x30, 0);
    put(DISK + 0x38, QUEUE);
    put(DISK + 0x80, (uint32_t)(uintptr_t)q.descriptor);
    put(DISK + 0x90, (uint32_t)(uintptr_t)&q.available);
    put(DISK + 0xa0, (uint32_t)(uintptr_t)&q.used);
    put(DISK + 0x44, 1);
    put(DISK + 0x70, 15);
    q.descriptor[0].address = (uintptr_t)&q.header;
    q.descriptor[0].bytes = sizeof q.header;
    q.descriptor[0].flags = 1;
    q.descriptor[0].next = 1;
    q.descriptor[1].address = (uintptr_t)data;
    q.descriptor[1].bytes = BYTES;
    q.descriptor[1].flags = 3;
    q.descriptor[1].next = 2;
    q.descriptor[2].address = (uintptr_t)&q.status;
    q.descriptor[2].bytes = 1;
    q.descriptor[2].flags = 2;
}

/* Looked at several times, as a program does something with what it reads. */
static int is_zero(void)
{
    uint64_t bits = 0;

    for (unsigned pass = 0; pass < PASSES; pass++) {
        for (unsigned i = 0; i < BYTES / 8; i++) {
            bits |= data[i];
        }
        __asm__ volatile("" ::: "memory");
    }
    return bits == 0;
}

/* False: the device says error, or the data are not what lies there. */
static int read_one(uint64_t sector)
{
    volatile uint16_t *done = &q.used.index;
    uint16_t before = *done;

    q.header.sector = sector;
    q.status = 0xff;
    data[0] = data[BYTES / 8 - 1] = 1;
    q.available.index++;
    put(DISK + 0x50, 0);
    while (*done == before) {
        uint64_t intid;
        __asm__ volatile("wfi\n mrs %0, S3_0_C12_C12_0" : "=r"(intid)); /* ICC_IAR1_EL1 */
        if (intid < 1020) {
            put(DISK + 0x64, get(DISK + 0x60));
            __asm__ volatile("msr S3_0_C12_C12_1, %0" ::"r"(intid)); /* ICC_EOIR1_EL1 */
        }
    }
    __asm__ volatile("dsb sy" ::: "memory");
    return q.status == 0 && is_zero();
}

void busy(void);
void busy(void)
{
    interrupts();
    device();
    for (uint64_t i = 0;; i++) {
        if (!read_one(i % 8192 * 8)) {
            say("FAILED: a read\n");
            return;
        }
    }
}
