/* The guest's machine: made, started, stopped; and who answers its exits.  See machine.h. */
#include "machine.h"

#include <string.h>
#include <tess/time.h>

#include "body.h"
#include "host.h"
#include "pci.h"
#include "state.h"
#include "virtio_device.h"

#define BLOCK         (2ull << 20)    /* what the hardware maps in one entry */
#define RAM_SEEN_AT   0x1000000000ull /* where the monitor sees the guest's memory */
#define PAGES_SEEN_AT 0xff0000000ull  /* and its devices' registers */
#define RWX           (TESS_RIGHT_READ | TESS_RIGHT_WRITE | TESS_RIGHT_EXEC)
#define RW            (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

/* Exceptions (Arm ARM D17.2.37) */
enum {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_HVC = 0x16,
    EC_SMC = 0x17,
    EC_SYS = 0x18,
    EC_FETCH_LOWER = 0x20,
    EC_FETCH_SAME = 0x21,
    EC_DATA_LOWER = 0x24,
    EC_DATA_SAME = 0x25,
};
#define ESR_EC(esr)    ((esr) >> 26 & 0x3f)
#define ESR_IL         (1u << 25)
#define ESR_ISV        (1u << 24)
#define ESR_BYTES(esr) (1u << ((esr) >> 22 & 3))
#define ESR_WRITES     (1u << 6)
#define FSC_EXTERNAL   0x10u
#define SYS_READS      1u
/* op0, op1, CRn, CRm, op2 of a trapped register, as they lie in the syndrome (Arm ARM D17.2.37, EC 0x18) */
#define SYS(op0, op1, crn, crm, op2)                                                               \
    ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define SYS_MASK     SYS(3u, 7u, 15u, 15u, 7u)
#define SYS_OP0(esr) ((esr) >> 20 & 3)

#define PSTATE_EL1H 0x3c5u /* EL1h, D A I F masked (Arm ARM C5.2.19) */

struct machine machine;
struct state *state;

void *guest_memory(uint64_t address, uint64_t bytes)
{
    uint64_t offset = address - RAM_AT;

    if (address < RAM_AT || offset >= machine.ram_bytes || bytes > machine.ram_bytes - offset) {
        return NULL;
    }
    return machine.ram + offset;
}

/* ---- making ---- */

uint32_t *device_page(unsigned n)
{
    return (uint32_t *)(PAGES_SEEN_AT + n * VIRTIO_BYTES);
}

/* The guest's own device: it reaches the guest's memory, and is told its addresses; the guest reaches its registers. */
static enum tess_err make_device(const struct machine_config *config)
{
    struct tess_env *env = config->env;
    enum tess_err err =
        tess_map_at(env, config->ram, machine.vspace, RAM_AT, RWX, TESS_ATTR_NORMAL);

    machine.ram = config->ram_seen;
    machine.ram_bytes = config->ram_bytes;
    machine.line = config->line;
    return err ? err
               : tess_map_at(env, config->device, machine.vspace, PCI_WINDOW_AT, RW,
                             TESS_ATTR_DEVICE);
}

enum tess_err machine_make(const struct machine_config *config)
{
    struct tess_env *env = config->env;
    const struct body *b = config->body;
    enum tess_err err;

    machine.vspace = b->object[BODY_VSPACE];
    machine.endpoint = config->exits;
    machine.ram = (uint8_t *)RAM_SEEN_AT;
    machine.ram_bytes = b->shape.ram_bytes;
    machine.cpus = (unsigned)b->shape.cpus;
    machine.gic = b->gic;
    for (unsigned i = 0; i < machine.cpus; i++) {
        machine.cpu[i] =
            (struct cpu){ b->object[BODY_THREAD + 2 * i], b->object[BODY_VCPU + 2 * i], i };
    }
    err = config->device ? make_device(config)
                         : tess_map_at(env, b->object[BODY_RAM], env->vspace, RAM_SEEN_AT, RW,
                                       TESS_ATTR_NORMAL);
    return err ? err
               : tess_map_at(env, b->object[BODY_PAGES], env->vspace, PAGES_SEEN_AT, RW,
                             TESS_ATTR_NORMAL);
}

/* ---- starting ---- */

/* The header of an arm64 Image (Linux, Documentation/arm64/booting.rst, section 4). */
struct image_header {
    uint32_t code[2];
    uint64_t text_offset, image_size, flags, reserved[3];
    uint32_t magic, pe;
};
#define IMAGE_MAGIC 0x644d5241u
#define TREE_ROOM   65536u

void written_back(const void *at, uint64_t bytes)
{
    for (uint64_t p = (uint64_t)at & ~63ull; p < (uint64_t)at + bytes; p += 64) {
        __asm__ volatile("dc cvac, %0" ::"r"(p) : "memory");
    }
    __asm__ volatile("dsb ish" ::: "memory");
}

static void reset_cpu(const struct cpu *c)
{
#define VCPU_REG(name, number, reg, reset, text) (void)tess_vcpu_write(c->vcpu, number, reset);
#define VCPU_STATE(name, number, reset, text)    (void)tess_vcpu_write(c->vcpu, number, reset);
#include <vcpu.def>
#undef VCPU_REG
#undef VCPU_STATE
    for (unsigned i = TESS_VCPU_LR; i < TESS_VCPU_LR_END; i++) {
        (void)tess_vcpu_write(c->vcpu, i, 0);
    }
    (void)tess_vcpu_write(c->vcpu, TESS_VCPU_vmpidr, 0x80000000 | c->number);
}

bool cpu_start(unsigned number, uint64_t pc, uint64_t argument)
{
    struct cpu *c = &machine.cpu[number];
    struct tess_regs regs = { .x = { argument }, .pc = pc, .pstate = PSTATE_EL1H };

    if (!guest_memory(pc, 4)) {
        return false;
    }
    (void)tess_thread_suspend(c->thread);
    reset_cpu(c);
    gic_reset_cpu(number);
    state->is_on[number] = tess_thread_write_regs(c->thread, &regs) == TESS_OK &&
                           tess_thread_resume(c->thread) == TESS_OK;
    return state->is_on[number];
}

void machine_pause(void)
{
    for (unsigned i = 0; i < machine.cpus; i++) {
        (void)tess_thread_suspend(machine.cpu[i].thread);
    }
}

void machine_go(void)
{
    for (unsigned i = 0; i < machine.cpus; i++) {
        if (state->is_on[i]) {
            (void)tess_thread_resume(machine.cpu[i].thread);
        }
    }
}

void machine_go_on(bool is_paused)
{
    psci_go_on();
    gic_go_on();
    uart_go_on();
    watchdog_go_on();
    vdevices_go_on();
    if (!is_paused) {
        machine_go();
    }
}

void machine_stop(void)
{
    for (unsigned i = 0; i < machine.cpus; i++) {
        (void)tess_thread_suspend(machine.cpu[i].thread);
        state->is_on[i] = false;
    }
    pci_reset();
    vdevices_reset();
    uart_reset();
    watchdog_reset();
    gic_reset();
}

const char *machine_start(const void *image, uint64_t image_bytes, const void *initrd,
                          uint64_t initrd_bytes, const char *command, uint64_t seed)
{
    const struct image_header *h = image;
    uint64_t end = machine.ram_bytes, tree_at, initrd_at, bytes;

    if (image_bytes < sizeof *h || h->magic != IMAGE_MAGIC) {
        return "the kernel is no arm64 Image (compressed?)";
    }
    bytes = h->image_size > image_bytes ? h->image_size : image_bytes;
    if (h->text_offset > end || bytes > end - h->text_offset) {
        return "the kernel does not fit the guest's memory";
    }
    if (initrd_bytes + 2 * BLOCK > end - h->text_offset - bytes) {
        return "the first file system does not fit the guest's memory";
    }
    machine_stop();
    machine.wish = MACHINE_RUNS;
    tree_at = end - BLOCK;
    initrd_at = (tree_at - initrd_bytes) & -(uint64_t)TESS_PAGE;
    memcpy(machine.ram + h->text_offset, image, image_bytes);
    memset(machine.ram + h->text_offset + image_bytes, 0, bytes - image_bytes);
    memcpy(machine.ram + initrd_at, initrd, initrd_bytes);
    if (!tree_make(machine.ram + tree_at, TREE_ROOM, command, RAM_AT + initrd_at,
                   RAM_AT + initrd_at + initrd_bytes, seed)) {
        return "the command line is too long";
    }
    written_back(machine.ram + h->text_offset, bytes);
    written_back(machine.ram + initrd_at, initrd_bytes);
    written_back(machine.ram + tree_at, TREE_ROOM);
    return cpu_start(0, RAM_AT + h->text_offset, RAM_AT + tree_at) ? NULL
                                                                   : "the first CPU does not start";
}

/* ---- exceptions into the guest ---- */

/* The CPU takes a synchronous exception to its EL1 (Arm ARM D1.3.3). */
static void take_exception(struct cpu *c, uint64_t esr, uint64_t far, struct answer *a)
{
    uint64_t vbar = 0, sctlr = 0, offset;
    struct tess_regs *r = &a->regs;

    (void)tess_thread_read_regs(c->thread, r);
    (void)tess_vcpu_read(c->vcpu, TESS_VCPU_vbar, &vbar);
    (void)tess_vcpu_read(c->vcpu, TESS_VCPU_sctlr, &sctlr);
    (void)tess_vcpu_write(c->vcpu, TESS_VCPU_esr, esr);
    (void)tess_vcpu_write(c->vcpu, TESS_VCPU_far, far);
    (void)tess_vcpu_write(c->vcpu, TESS_VCPU_elr, r->pc);
    (void)tess_vcpu_write(c->vcpu, TESS_VCPU_spsr, r->pstate);
    offset = r->pstate & 1u << 4     ? 0x600
             : (r->pstate & 15) == 0 ? 0x400
             : r->pstate & 1         ? 0x200
                                     : 0;
    r->pc = vbar + offset;
    r->pstate = (r->pstate & (0xfull << 28 | 1ull << 22)) | PSTATE_EL1H;
    if (!(sctlr & 1u << 23)) { /* SPAN */
        r->pstate |= 1ull << 22;
    }
    a->kind = ANSWER_REGS;
}

static void undefined(struct cpu *c, struct answer *a)
{
    take_exception(c, (uint64_t)EC_UNKNOWN << 26 | ESR_IL, 0, a);
}

/* Nothing answers at that address: an external abort. */
static void abort_access(struct cpu *c, const struct exit *e, struct answer *a)
{
    struct tess_regs regs = { .pstate = 0 };
    uint64_t class = ESR_EC(e->esr);

    (void)tess_thread_read_regs(c->thread, &regs);
    if ((regs.pstate & 0x1f) != 0 && !(regs.pstate & 0x10)) {
        class |= 1; /* from the same level */
    }
    take_exception(c, class << 26 | ESR_IL | FSC_EXTERNAL, e->address, a);
}

/* ---- exits ---- */

static uint64_t gicd_v2(const struct cpu *c, const struct exit *e, unsigned bytes)
{
    if (e->esr & ESR_WRITES) {
        gicd_v2_write(c->number, e->address - GICD_AT, bytes, e->value);
        return 0;
    }
    return gicd_v2_read(c->number, e->address - GICD_AT);
}

static bool mmio(const struct cpu *c, const struct exit *e, uint64_t *value)
{
    uint64_t at = e->address;
    bool writes = e->esr & ESR_WRITES;
    unsigned bytes = ESR_BYTES(e->esr);

    *value = 0;
    if (at - VIRTIO_AT < DEVICES_MAX * VIRTIO_BYTES && writes) { /* it reads without us */
        vdevice_write(&state->device[(at - VIRTIO_AT) / VIRTIO_BYTES], at % VIRTIO_BYTES, e->value);
    } else if (at - GICD_AT < 0x10000) {
        if (machine.gic == 2) {
            *value = gicd_v2(c, e, bytes);
        } else if (writes) {
            gicd_write(at - GICD_AT, bytes, e->value);
        } else {
            *value = gicd_read(at - GICD_AT);
        }
    } else if (at - UART_AT < 0x1000) {
        if (writes) {
            uart_write(at - UART_AT, e->value);
        } else {
            *value = uart_read(at - UART_AT);
        }
    } else if (at - GICR_AT < machine.cpus * GICR_BYTES && machine.gic == 3) {
        unsigned whose = (unsigned)((at - GICR_AT) / GICR_BYTES);
        if (writes) {
            gicr_write(whose, (at - GICR_AT) % GICR_BYTES, bytes, e->value);
        } else {
            *value = gicr_read(whose, (at - GICR_AT) % GICR_BYTES);
        }
    } else if (at - WATCHDOG_AT < 0x2000) {
        if (writes) {
            watchdog_write(at - WATCHDOG_AT, e->value);
        } else {
            *value = watchdog_read(at - WATCHDOG_AT);
        }
    } else if (at - PCI_AT < PCI_BYTES && pci_is_there()) {
        if (writes) {
            pci_write(at - PCI_AT, bytes, e->value);
        } else {
            *value = pci_read(at - PCI_AT, bytes);
        }
    } else if (at - RTC_AT < 0x1000) { /* PL031 (Arm DDI0224C): the time, and who it is; no alarm */
        static const uint8_t id[8] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
        uint64_t offset = at - RTC_AT;
        *value = offset == 0 ? host_seconds() : offset >= 0xfe0 ? id[(offset - 0xfe0) / 4 & 7] : 0;
    } else {
        return false;
    }
    return true;
}

static void sysreg(struct cpu *c, const struct exit *e, struct answer *a)
{
    bool reads = e->esr & SYS_READS;
    uint64_t reg = e->esr & SYS_MASK;

    if (machine.gic == 2 && (reg == SYS(3, 0, 12, 11, 5) || reg == SYS(3, 0, 12, 12, 5))) {
        return undefined(c, a); /* the CPU has more than its interrupt controller */
    }
    switch (reg) {
    case SYS(3, 0, 12, 11, 5): /* ICC_SGI1R_EL1 */
        if (!reads) {
            gic_sgi(c->number, e->value);
        }
        return;
    case SYS(3, 0, 12, 12, 5): /* ICC_SRE_EL1: system registers, no bypass */
        a->value = 7;
        return;
    case SYS(2, 0, 0, 2, 2): /* MDSCR_EL1: the kernel keeps it, for single-step */
        if (reads) {
            (void)tess_vcpu_read(c->vcpu, TESS_VCPU_mdscr, &a->value);
        } else {
            (void)tess_vcpu_write(c->vcpu, TESS_VCPU_mdscr, e->value);
        }
        return;
    case SYS(3, 0, 0, 0, 6):  /* REVIDR_EL1 */
    case SYS(3, 1, 0, 0, 7):  /* AIDR_EL1 */
    case SYS(3, 0, 1, 0, 1):  /* ACTLR_EL1 */
    case SYS(1, 0, 7, 6, 2):  /* DC ISW */
    case SYS(1, 0, 7, 10, 2): /* DC CSW */
    case SYS(1, 0, 7, 14, 2): /* DC CISW: HCR_EL2.SWIO and hardware coherence make it unnecessary */
        return;
    default:
        break;
    }
    if (SYS_OP0(e->esr) !=
        2) { /* debug registers read as 0: there are breakpoints, but none ever hits */
        undefined(c, a);
    }
}

static void serve(struct cpu *c, const struct exit *e, struct answer *a)
{
    a->kind = ANSWER_VALUE;
    a->value = 0;
    switch (ESR_EC(e->esr)) {
    case EC_DATA_LOWER:
        state->exits[EXIT_MMIO]++;
        if (!(e->esr & ESR_ISV) || !mmio(c, e, &a->value)) {
            abort_access(c, e, a);
        }
        return;
    case EC_SYS:
        state->exits[EXIT_SYSREG]++;
        return sysreg(c, e, a);
    case EC_HVC:
    case EC_SMC:
        state->exits[EXIT_HVC]++;
        a->value = psci_call(c->number, e->x);
        return;
    case EC_FETCH_LOWER:
        state->exits[EXIT_OTHER]++;
        return abort_access(c, e, a);
    default:
        state->exits[EXIT_OTHER]++;
        return undefined(c, a);
    }
}

static void exit_of(uint64_t badge, const struct tess_msg *m, struct answer *answer)
{
    struct cpu *c = badge - 1 < machine.cpus ? &machine.cpu[badge - 1] : NULL;

    answer->kind = ANSWER_NONE;
    if (!c) {
        return;
    }
    if (tess_tag_label(m->tag) == TESS_FAULT_guest) {
        struct exit e = {
            m->w[0], m->w[1], m->w[2], m->w[3], { m->w[4], m->w[5], m->w[6], m->w[7] }
        };

        serve(c, &e, answer);
    } else { /* a kick: list registers are free */
        state->exits[EXIT_KICK]++;
        gic_refill(c->number);
        answer->kind = ANSWER_AGAIN;
    }
    if (!state->is_on[c->number] || machine.wish != MACHINE_RUNS) {
        (void)tess_thread_suspend(c->thread);
        answer->kind = ANSWER_NONE;
    }
}

#define TAG(label) ((uint64_t)(label) << TESS_TAG_LABEL_SHIFT)

static struct tess_msg next(const struct answer *a)
{
    switch (a->kind) {
    case ANSWER_VALUE:
        return tess_reply_recv_1(machine.endpoint, TAG(TESS_FAULT_ADVANCE) | 1, 0, 0, a->value);
    case ANSWER_AGAIN:
        return tess_reply_recv_0(machine.endpoint, TAG(TESS_FAULT_RESUME), 0, 0);
    case ANSWER_REGS:
        tess_ipc_put((const uint64_t *)&a->regs, TESS_REGS_WORDS);
        return tess_reply_recv_0(machine.endpoint,
                                 TAG(TESS_FAULT_REGS) | (TESS_MSG_REGS + TESS_REGS_WORDS), 0, 0);
    default:
        return tess_recv(machine.endpoint, 0);
    }
}

/* All of it is here and not in vmm.c: this library uses no floating-point registers, which would be the guest's at every exit. */
struct tess_msg machine_serve(void)
{
    struct answer answer;
    struct tess_msg m;

    answer.kind = ANSWER_NONE;
    do {
        m = next(&answer);
        if (!(m.tag & TESS_TAG_FAULT)) {
            return m;
        }
        exit_of(m.badge, &m, &answer);
    } while (machine.wish == MACHINE_RUNS);
    m.tag = 0;
    return m;
}
