/* A guest that exits, and a monitor that answers: what a virtual machine costs before it does anything.  Only at EL2. */
#pragma GCC target("general-regs-only")

#include "marker.h"
#include "rounds.h"

#include <string.h>

#define RAM_AT  0x40000000ull /* guest-physical */
#define HOLE_AT 0x09000000ull /* where nothing is mapped: a device of the monitor's */
#define RX      (TESS_RIGHT_READ | TESS_RIGHT_EXEC)
#define EL1H    0x3c5u /* EL1h, interrupts masked (Arm ARM C5.2.19) */
#define EC_HVC  0x16u
#define LAST    1u /* hvc #1: it was the last round */

extern const char vm_first[], vm_last[];

/* The guest's program, position independent: three exits between marks, in a loop. */
static __attribute__((noinline, noclone, used)) void vm_program(void)
{
#define MARK(lines, row) "movz xzr, %" row "\n" lines "movz xzr, %" row ", lsl #16\n"
    __asm__ volatile("b 2f\n"
                     "vm_first: mov x20, x0\n"
                     "1:" MARK("ldr w1, [x20]\n", "0")      /* */
                     MARK("hvc #0\n", "1")                  /* */
                     MARK("mrs x2, id_aa64pfr0_el1\n", "2") /* */
                     "   subs x19, x19, #1\n"
                     "   b.ne 1b\n"
                     "   hvc %3\n"
                     "vm_last:\n"
                     "2:\n" ::"i"(ROW_guest_mmio),
                     "i"(ROW_guest_hvc), "i"(ROW_guest_id), "i"(LAST));
}

/* Answers with the address that was read. */
void monitor_main(struct worker *self)
{
    struct tess_msg m = tess_recv(caps.exits, 0);
    (void)self;
    while (m.w[0] >> 26 != EC_HVC || (m.w[0] & 0xffff) != LAST) {
        m = tess_reply_recv_1(caps.exits, tess_tag(TESS_FAULT_ADVANCE, 1, 0), 0, 0, m.w[1]);
    }
    (void)tess_signal(caps.done);
    (void)tess_reply_recv_0(caps.exits, tess_tag(TESS_FAULT_STOP, 0, 0), 0, 0);
}

void vm_run(void)
{
    struct tess_regs regs = { .x = { HOLE_AT }, .pc = RAM_AT, .pstate = EL1H };
    tess_cap vspace, frame, second, thread, budget, vcpu, fault;
    uint64_t period = tess_ticks_of_ns(10000000000ull);
    enum tess_err err;
    void *memory;

    regs.x[19] = ROUNDS;
    must(tess_alloc(&env, TESS_TYPE_vspace, 0, &vspace), "vspace");
    if (tess_vspace_guest(vspace)) {
        return; /* no hypervisor at EL1 */
    }
    must(tess_alloc_memory(&env, TESS_PAGE, &frame, &memory), "guest memory");
    memcpy(memory, vm_first, (size_t)(vm_last - vm_first));
    __builtin___clear_cache(memory, (char *)memory + TESS_PAGE);
    must(tess_slot_alloc(env.slots, &second), "slot");
    must(tess_frame_derive(frame, 0, TESS_PAGE, env.cnode, second, RX), "derive");
    must(tess_map_at(&env, second, vspace, RAM_AT, RX, TESS_ATTR_NORMAL), "map");
    must(tess_alloc(&env, TESS_TYPE_thread, 0, &thread), "thread");
    must(tess_alloc(&env, TESS_TYPE_budget, 0, &budget), "budget");
    must(tess_alloc(&env, TESS_TYPE_vcpu, 0, &vcpu), "vcpu");
    must(tess_slot_alloc(env.slots, &fault), "slot");
    must(tess_cnode_mint(env.cnode, 0, caps.exits, fault, TESS_RIGHT_SEND, 1), "mint");
    must(tess_thread_configure(thread, 0, vspace, fault, 0, 0, 0), "configure");
    must(tess_thread_set_priority(thread, PRIO_CLIENT, PRIO_CLIENT), "priority");
    must(tess_budget_configure(budget, env.cpu, period, period), "budget");
    must(tess_budget_bind(budget, thread), "bind budget");
    err = tess_vcpu_bind(vcpu, thread);
    if (err == TESS_STATE) {
        return;
    }
    must(err, "bind vcpu");
    must(tess_thread_write_regs(thread, &regs), "registers");
    must(tess_thread_resume(thread), "resume");
    (void)tess_recv(caps.done, 0);
    worker_settle();
}
