/*
 * The kernel's start, once: check what the loader promised, bring up the interrupt controller and this CPU, take the
 * memory that the kernel itself needs, build the root thread.  Then start.S leaves through the ordinary exit.
 */
#include "boot.h"
#include "../arch.h"
#include "../dev/dev.h"
#include "../ipc/ipc.h"
#include "../trace.h"

/* The CPU's stack, and on top of it its data: entry code finds both by one address. */
static struct {
    char stack[KERNEL_STACK];
    struct cpu cpu;
} boot_cpu __attribute__((aligned(4096)));

struct cpu *const cpu_boot = &boot_cpu.cpu;

_Noreturn void boot_die(const char *why)
{
    uart_print("\ntessera: kernel: ");
    uart_print(why);
    uart_print("\n");
    arch_power_off();
}

static void check(bool ok, const char *why)
{
    if (!ok) {
        boot_die(why);
    }
}

/* Sorted, not overlapping, no wrap-around, in units of so many bytes. */
static bool ranges_ok(const struct handoff_range *r, uint64_t count, word_t unit)
{
    word_t end = 0;
    for (uint64_t i = 0; i < count; i++) {
        LOOP_BOUND(HANDOFF_RAM);
        if (r[i].base < end || r[i].bytes == 0 || r[i].base + r[i].bytes < r[i].base ||
            (r[i].base | r[i].bytes) % unit != 0) {
            return false;
        }
        end = r[i].base + r[i].bytes;
    }
    return true;
}

/* [base, base + bytes) lies in one RAM range. */
static bool in_ram(const struct handoff *h, word_t base, word_t bytes)
{
    for (uint64_t i = 0; i < h->ram_count; i++) {
        LOOP_BOUND(HANDOFF_RAM);
        if (base >= h->ram[i].base && base - h->ram[i].base <= h->ram[i].bytes &&
            bytes <= h->ram[i].bytes - (base - h->ram[i].base)) {
            return true;
        }
    }
    return false;
}

static bool segment_ok(const struct handoff *h, const struct handoff_segment *s, word_t after)
{
    return s->va >= after && s->va % TESS_PAGE == 0 && s->mem_bytes % TESS_PAGE == 0 &&
           s->mem_bytes != 0 && s->mem_bytes <= TESS_USER_TOP / 2 &&
           s->va <= TESS_USER_TOP / 2 - s->mem_bytes && s->file_bytes <= s->mem_bytes &&
           s->file_paddr >= h->modules_paddr &&
           s->file_paddr - h->modules_paddr <= h->modules_bytes &&
           s->file_bytes <= h->modules_bytes - (s->file_paddr - h->modules_paddr);
}

static void check_root(const struct handoff *h)
{
    check(h->root_segment_count >= 1 && h->root_segment_count <= HANDOFF_SEGMENT,
          "handoff: number of root segments");
    word_t end = TESS_PAGE; /* page 0 stays unmapped */
    bool entry = false;
    for (uint64_t i = 0; i < h->root_segment_count; i++) {
        LOOP_BOUND(HANDOFF_SEGMENT);
        const struct handoff_segment *s = &h->root_segment[i];
        check(segment_ok(h, s, end), "handoff: root segment");
        end = s->va + s->mem_bytes;
        entry |= (s->rights & TESS_RIGHT_EXEC) != 0 && h->root_entry - s->va < s->mem_bytes;
        check((s->rights & (TESS_RIGHT_WRITE | TESS_RIGHT_EXEC)) !=
                  (TESS_RIGHT_WRITE | TESS_RIGHT_EXEC),
              "the root program has a segment that is writable and executable");
    }
    check(entry, "handoff: root entry");
}

static void check_handoff(const struct handoff *h)
{
    check(h->el == 1 || h->el == 2, "handoff: exception level");
    check(h->ram_count >= 1 && h->ram_count <= HANDOFF_RAM && h->used_count <= HANDOFF_USED &&
              h->device_count <= HANDOFF_DEVICE,
          "handoff: number of ranges");
    check(ranges_ok(h->ram, h->ram_count, TESS_PAGE), "handoff: RAM ranges");
    check(ranges_ok(h->used, h->used_count, 1), "handoff: used ranges");
    check(ranges_ok(h->device, h->device_count, 1), "handoff: device ranges");
    check(h->pa_bits >= 32 && h->pa_bits <= 44, "handoff: physical address bits");
    check(h->ram[h->ram_count - 1].base + h->ram[h->ram_count - 1].bytes <= 64ull << 30,
          "memory above 64 GiB");
    check(h->gic_version == 2 ? h->gicc_va != 0 : h->gic_version == 3 && h->gicr_va != 0,
          "handoff: interrupt controller");
    check(h->gicd_va != 0 && h->timer_irq >= 16 && h->timer_irq < 32 && h->timer_hz != 0,
          "handoff: timer");
    check(h->modules_paddr % TESS_PAGE == 0 && in_ram(h, h->modules_paddr, h->modules_bytes),
          "handoff: modules");
    check(h->dtb_paddr % TESS_PAGE == 0 && in_ram(h, h->dtb_paddr, h->dtb_bytes),
          "handoff: device tree");
    check_root(h);
}

static void cpu_init(struct cpu *cpu, const struct handoff *h)
{
    cpu->armed = UINT64_MAX;
    cpu->budget_end = UINT64_MAX;
    arch_idle_init(cpu);
    cpu->current = &cpu->idle;
    arch_cpu_init(cpu, h);
}

/* Lines 0..31 belong to a CPU, not to a device: software-generated ones, timers, maintenance of the virtual interface,
 * performance counters.  They are the kernel's. */
#define LINES_PRIVATE 32u

static void lines_init(void)
{
    irq_count = gic_wires;
    if (gic_has_messages()) {
        irq_count += GIC_MESSAGES;
        gic_messages_init(boot_paddr(boot_alloc(GIC_MESSAGE_BYTES)));
    }
    irq_lines = boot_alloc(irq_count * sizeof(struct irq_line));
    for (uint32_t i = 0; i < irq_count; i++) {
        LOOP_BOUND(1020 + GIC_MESSAGES);
        irq_lines[i].slot.holder = HOLDER_IRQ;
        irq_lines[i].quiet = IRQ_MASKED;
        irq_lines[i].kernel = i < LINES_PRIVATE;
    }
}

void boot_main(const struct handoff *h)
{
    check(h->magic == HANDOFF_MAGIC, ""); /* and nothing is printed: the UART is not known */
    uart_init(h);
    cpu_init(cpu_boot, h); /* from here on an exception is a panic */
    check_handoff(h);
    gic_init(h);
    arch_guest_init(h);
    boot_memory_init(h);
    lines_init();
    trace_ring = boot_alloc(sizeof(struct tess_trace_ring));
    boot_root(h);
    schedule(cpu_boot);
}
