/* A guest with some memory and its monitor, the running test. */
#ifndef TESTS_KERNEL_GUEST_H
#define TESTS_KERNEL_GUEST_H

#include "test.h"

#include <tessera/vcpu.h>

#define NONE        ((struct tess_words){ { 0 } })
#define RW          (TESS_RIGHT_READ | TESS_RIGHT_WRITE)
#define RWX         (RW | TESS_RIGHT_EXEC)
#define RAM_AT      0x40000000ull /* guest-physical: where the code is copied to */
#define GICC_AT     0x08010000ull /* virtual CPU interface, if it is memory (GICv2) */
#define GUEST_PAGES 16u
#define EL1H        0x3c5u /* EL1h, interrupts masked (Arm ARM C5.2.19) */
#define EC(esr)     ((esr) >> 26)

/* Exception classes (Arm ARM D17.2.37) */
enum { EC_HVC = 0x16, EC_SMC = 0x17, EC_SYS = 0x18, EC_FETCH = 0x20, EC_DATA = 0x24 };

struct machine {
    tess_cap vs, frame, vcpu, tcb, ep;
    uint64_t *memory; /* of RAM_AT */
    const uint32_t *code;
};

/* False: no guests on this machine, and the kernel says so. */
bool guest_make(struct machine *m, const uint32_t *code, const uint32_t *end);
/* Another virtual CPU in the memory of m. */
bool guest_second(const struct machine *m, struct machine *out);
/* Its virtual CPU interface is memory: the machine has a GICv2. */
bool guest_has_v2(void);
/* Runs from `where` of its code on, in EL1; x28 is GICC_AT, or 0 if the virtual CPU interface is system registers. */
void guest_go(const struct machine *m, const uint32_t *where, uint64_t x0, uint64_t x1);
/* Goes on behind the instruction that it left with; the next exit. */
struct tess_msg guest_advance(const struct machine *m, uint64_t value);
/* Answers it so that the guest goes on behind its instruction, with x0 as it was; after a kick: where it was. */
void guest_on(struct tess_msg exit);
void guest_stop(void);
void guest_expect(struct tess_msg m, unsigned class);

#endif
