/*
 * A guest kernel that means harm: random loads and stores over its physical space, random system registers, random hypercalls, and hostile
 * virtio rings, 1,000,000 of them; then it asks for power-off.  What traps inside it is skipped.  Freestanding, MMU off, runs at any
 * address; the beginning is an arm64 Image.
 */
#include <stdint.h>

#include "head.h"

#define ROUNDS    1000000u
#define RAM_AT    0x40000000ull
#define VIRTIO_AT 0x0a000000ull
#define UART_AT   0x09000000ull

__asm__(".text\n"
        ".balign 2048\n"
        "vectors:\n"
        "   .rept 16\n"
        "   msr tpidr_el1, x0\n"
        "   mrs x0, elr_el1\n"
        "   add x0, x0, #4\n" /* whatever it was: behind it */
        "   msr elr_el1, x0\n"
        "   mov x0, #0x3c5\n"
        "   msr spsr_el1, x0\n"
        "   mrs x0, tpidr_el1\n"
        "   eret\n"
        "   .balign 128\n"
        "   .endr\n");
HEAD("   adr x1, vectors\n"
     "   msr vbar_el1, x1\n"
     "   mov x1, #(3 << 20)\n"
     "   msr cpacr_el1, x1\n"
     "   isb\n",
     hostile);

static uint64_t state = 0x9e3779b97f4a7c15ull;

static uint64_t any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void put(uint64_t at, uint64_t value, unsigned size)
{
    switch (size & 3) {
    case 0:
        __asm__ volatile("strb %w0, [%1]" ::"r"(value), "r"(at) : "memory");
        return;
    case 1:
        __asm__ volatile("strh %w0, [%1]" ::"r"(value), "r"(at) : "memory");
        return;
    case 2:
        __asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(at) : "memory");
        return;
    default:
        __asm__ volatile("str %0, [%1]" ::"r"(value), "r"(at) : "memory");
        return;
    }
}

static uint64_t get(uint64_t at, unsigned size)
{
    uint64_t value = 0;

    switch (size & 3) {
    case 0:
        __asm__ volatile("ldrb %w0, [%1]" : "+r"(value) : "r"(at) : "memory");
        break;
    case 1:
        __asm__ volatile("ldrsh %0, [%1]" : "+r"(value) : "r"(at) : "memory");
        break;
    case 2:
        __asm__ volatile("ldr %w0, [%1]" : "+r"(value) : "r"(at) : "memory");
        break;
    default:
        __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(at) : "memory");
        break;
    }
    return value;
}

static uint64_t hypercall(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    register uint64_t x0 __asm__("x0") = a;
    register uint64_t x1 __asm__("x1") = b;
    register uint64_t x2 __asm__("x2") = c;
    register uint64_t x3 __asm__("x3") = d;

    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
    return x0;
}

/* Writes a random instruction mrs or msr of op0 2 or 3, and runs it; what could end the run itself is left out. */
static uint32_t code[4] __attribute__((aligned(64)));

static void any_register(void)
{
    uint64_t r = any();
    uint32_t op =
        (uint32_t)(r & 0xfffe0) | 0xd5000000u | 1u << 20 | (uint32_t)(r >> 40 & 1) << 21 | 9;
    uint32_t reg = op >> 5 & 0xffff; /* op0 low bit, op1, CRn, CRm, op2 */

    (void)reg;
    if (((op >> 12 & 15) == 12 && (op >> 8 & 15) == 0) || /* VBAR_EL1 */
        ((op >> 12 & 15) == 1 &&
         (op >> 8 & 15) == 0) ||   /* SCTLR_EL1, CPACR_EL1: a start with the MMU on is the end */
        ((op >> 12 & 15) == 4) ||  /* SPSR, ELR, SP, DAIF */
        ((op >> 12 & 15) == 13)) { /* TPIDR_EL1: the vectors need it */
        return;
    }
    code[0] = op;
    code[1] = 0xd65f03c0; /* ret */
    __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb\n"
                     "mov x9, %1\n blr %0\n" ::"r"(code),
                     "r"(any())
                     : "x9", "x30", "memory");
}

/* A queue of random descriptors, and a driver that says it is all right. */
static void hostile_ring(void)
{
    uint64_t device = VIRTIO_AT + (any() & 3) * 0x1000,
             rings = RAM_AT + 0x200000 + (any() & 0x3fff0);
    static const uint8_t status[] = { 0, 1, 3, 11, 15 };

    for (unsigned i = 0; i < 256; i++) {
        put(rings + i * 8, any() & 1 ? RAM_AT + (any() & 0x7ffffff) : any(), 3);
    }
    for (unsigned i = 0; i < sizeof status; i++) {
        put(device + 0x070, status[i], 2);
        if (status[i] == 3) {
            put(device + 0x024, 1, 2);
            put(device + 0x020, any() & 1 ? 1 : any(), 2);
        }
        if (status[i] == 11) {
            for (unsigned q = 0; q < 2; q++) {
                put(device + 0x030, q, 2);
                put(device + 0x038, any() & 3 ? 1u << (any() & 7) : any(), 2);
                put(device + 0x080, rings, 2);
                put(device + 0x084, any() & 15 ? 0 : any(), 2);
                put(device + 0x090, rings + 0x400, 2);
                put(device + 0x094, 0, 2);
                put(device + 0x0a0, rings + (any() & 1 ? 0x600 : 0), 2);
                put(device + 0x0a4, 0, 2);
                put(device + 0x044, 1, 2);
            }
        }
    }
    put(rings + 0x402, any() & 3 ? any() & 7 : any(), 1);
    for (unsigned i = 0; i < 4; i++) {
        put(device + 0x050, any() & 3, 2);
        put(rings + 0x402, any(), 1);
    }
}

void hostile(void);
void hostile(void)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t r = any();

        switch (r & 15) {
        case 0:
        case 1:
        case 2:
            put(0x08000000 + (any() & 0x3fffff), any(),
                (unsigned)(r >> 8)); /* interrupt controller, holes */
            break;
        case 3:
        case 4:
            (void)get(0x08000000 + (any() & 0x3fffff), (unsigned)(r >> 8));
            break;
        case 5:
            put(VIRTIO_AT + (any() & 0x3fff), any(), (unsigned)(r >> 8));
            break;
        case 6:
            (void)get(VIRTIO_AT + (any() & 0x3fff), (unsigned)(r >> 8));
            break;
        case 7:
            if (i % 64 == 0) {
                hostile_ring();
            }
            break;
        case 8:
            put(any() & 0x7fffffffffull, any(),
                (unsigned)(r >> 8)); /* anywhere outside of memory, mostly */
            break;
        case 9:
            (void)get(UART_AT + (any() & 0x1ffc), 2);
            break;
        case 10:
        case 11: {
            uint64_t function = 0x84000000 | (any() & 0x4000001f);
            uint32_t number = (uint32_t)function & 0x1f;
            if (number != 8 && number != 9 && number != 0x12 &&
                number != 2) { /* off and reset come at the end */
                (void)hypercall(any() & 7 ? function : any() & ~0x1full, any() & 3, any(), any());
            }
            break;
        }
        default:
            any_register();
            break;
        }
    }
    for (const char *text = "hostile: over\n"; *text; text++) {
        put(UART_AT, (uint8_t)*text, 2);
    }
    (void)hypercall(0x84000008, 0, 0, 0);
}
