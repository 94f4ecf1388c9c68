/* What the tests of guests share; guest.h. */
#include "guest.h"

static uint64_t interface; /* version */

bool guest_has_v2(void)
{
    return interface == 2;
}

/* A thread with a virtual CPU in the machine's memory. */
static bool make_cpu(struct machine *m)
{
    tess_cap budget = make(TESS_TYPE_budget);
    enum tess_err err;

    m->vcpu = make(TESS_TYPE_vcpu);
    m->tcb = make(TESS_TYPE_thread);
    m->ep = make(TESS_TYPE_endpoint);
    OK(tess_thread_configure(m->tcb, 0, m->vs, mint(m->ep, TESS_RIGHT_ALL, 0x77), 0, 0, 0));
    OK(tess_thread_set_priority(m->tcb, LOW, LOW));
    OK(tess_budget_configure(budget, env.cpu, 1000000, 1000000));
    OK(tess_budget_bind(budget, m->tcb));
    err = tess_vcpu_bind(m->vcpu, m->tcb);
    if (err == TESS_STATE) {
        return false;
    }
    OK(err);
    OK(tess_vcpu_interface(m->vcpu, GICC_AT, &interface));
    TRUE(interface == 2 || interface == 3);
    /* FP registers do not trap inside the guest */
    OK(tess_vcpu_write(m->vcpu, TESS_VCPU_cpacr, 3 << 20));
    return true;
}

bool guest_second(const struct machine *m, struct machine *out)
{
    *out = *m;
    return make_cpu(out);
}

bool guest_make(struct machine *m, const uint32_t *code, const uint32_t *end)
{
    void *memory;

    m->code = code;
    m->vs = make(TESS_TYPE_vspace);
    OK(tess_vspace_guest(m->vs));
    OK(tess_vspace_donate(m->vs, arena, 8 * TESS_PAGE, 0, empty_slot()));
    m->frame = make_mapped(GUEST_PAGES * TESS_PAGE, &memory);
    m->memory = memory;
    for (unsigned i = 0; code + i < end; i++) {
        ((volatile uint32_t *)m->memory)[i] = code[i];
    }
    __builtin___clear_cache(memory, (char *)memory + GUEST_PAGES * TESS_PAGE);
    OK(tess_frame_map(copy(m->frame, RWX), m->vs, RAM_AT, RWX, TESS_ATTR_NORMAL, NULL));
    return make_cpu(m);
}

void guest_go(const struct machine *m, const uint32_t *where, uint64_t x0, uint64_t x1)
{
    struct tess_regs regs = { .x = { x0, x1, 0x2222, 0x3333 }, .pstate = EL1H };

    regs.x[28] = guest_has_v2() ? GICC_AT : 0;
    regs.pc = RAM_AT + (uint64_t)(where - m->code) * 4;
    OK(tess_thread_write_regs(m->tcb, &regs));
    OK(tess_thread_resume(m->tcb));
}

struct tess_msg guest_advance(const struct machine *m, uint64_t value)
{
    return tess_reply_recv_1(m->ep, tess_tag(TESS_FAULT_ADVANCE, 1, 0), 0, 0, value);
}

void guest_on(struct tess_msg exit)
{
    struct tess_words x0 = { { exit.w[4] } };

    OK(tess_tag_label(exit.tag) == TESS_FAULT_kick
           ? tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE)
           : tess_reply(tess_tag(TESS_FAULT_ADVANCE, 1, 0), 0, x0));
}

void guest_stop(void)
{
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
}

void guest_expect(struct tess_msg m, unsigned class)
{
    EQ(m.badge, 0x77);
    EQ(m.tag & TESS_TAG_KERNEL, TESS_TAG_FAULT);
    EQ(tess_tag_label(m.tag), TESS_FAULT_guest);
    EQ(tess_tag_len(m.tag), 8);
    EQ(EC(m.w[0]), class);
}
