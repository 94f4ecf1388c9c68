/* Offsets for entry.S: compiled to assembly only; the build turns the marked lines into offsets.h. */
#include "../../sched/cpu.h"

#define DEFINE(name, value)       __asm__ volatile("\n.ascii \"->" #name " %c0\"\n" ::"i"(value))
#define OFFSET(name, type, field) DEFINE(name, offsetof(struct type, field))

void offsets(void);
void offsets(void)
{
    OFFSET(T_X, thread, regs.x);
    OFFSET(T_SP, thread, regs.sp);
    OFFSET(T_PC, thread, regs.pc);
    OFFSET(T_PSTATE, thread, regs.pstate);
    OFFSET(T_TLS, thread, regs.tls);
    OFFSET(T_SVC_BASE, thread, svc_base);
    OFFSET(T_CPU, thread, cpu);
    OFFSET(T_ZERO, thread, zero);
    OFFSET(T_FPU, thread, fpu.v);
    OFFSET(T_FPSR, thread, fpu.fpsr);
    OFFSET(C_CURRENT, cpu, current);
    DEFINE(SYS_CALL, TESS_SYS_call);
    DEFINE(SYS_REPLY_RECV, TESS_SYS_reply_recv);
    DEFINE(SYS_SIGNAL, TESS_SYS_signal);
    DEFINE(SYS_RECV, TESS_SYS_recv);
    DEFINE(SYS_ACK_RECV, TESS_SYS_ack_recv);
    DEFINE(SYS_YIELD, TESS_SYS_yield);
    DEFINE(SYS_NOP, TESS_SYS_nop);
    DEFINE(SYS_COUNT, TESS_SYS_COUNT);
}
