/* The registers of a virtual CPU, for vcpu.read and vcpu.write (abi/vcpu.def). */
#ifndef TESSERA_VCPU_H
#define TESSERA_VCPU_H

#include <stdint.h>

enum tess_vcpu_reg {
#define VCPU_REG(name, number, reg, reset, text) TESS_VCPU_##name = number,
#define VCPU_STATE(name, number, reset, text)    TESS_VCPU_##name = number,
#include "../../vcpu.def"
#undef VCPU_REG
#undef VCPU_STATE
    TESS_VCPU_LR = 34,     /* list register 0 of 16 */
    TESS_VCPU_LR_END = 50, /* numbers from here on name nothing */
};

#define TESS_VCPU_VTIMER_ON                                                                        \
    (1ull << 63) /* vtimer: the guest's interrupt controller has the line enabled */

#define TESS_VCPU_LATER (1ull << 8) /* vcpu.inject: on top of the priority */

/* Fields of a list register (IHI0069H 12.4.8). */
#define TESS_LR_INTID    0xffffffffull
#define TESS_LR_PRIORITY 48 /* shift of eight bits */
#define TESS_LR_GROUP1   (1ull << 60)
#define TESS_LR_HW       (1ull << 61) /* bits 41..32 name the physical line, deactivated with it */
#define TESS_LR_PENDING  (1ull << 62)
#define TESS_LR_ACTIVE   (1ull << 63)

#endif
