/*
 * The rest of a port: the first instruction, the ways into and out of the kernel, the devices, the linker script's
 * names.  A real port has this in assembly (aarch64: start.S, entry.S, trap.c) and in dev/.
 */
#include "../../boot/boot.h"
#include "../../dev/dev.h"
#include "../../ipc/path.h"
#include "../../panic.h"

/* ---- start: stack of the boot CPU, bss zero, then: ---- */

void _start(void);
void _start(void)
{
    static const struct handoff h;

    boot_main(&h);
    exit_same(0, 0, cpu_boot->current, cpu_boot);
}

/* ---- exits of the message path: save `from` as far as the ABI keeps registers, restore `to`, to user mode ---- */

void path_slow(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
               struct cpu *cpu)
{
    (void)slot, (void)tag, (void)deadline, (void)slot2, (void)self, (void)cpu;
}

void path_invoke(word_t slot, word_t tag, word_t unused, struct cap *c, struct thread *self,
                 struct cpu *cpu)
{
    (void)slot, (void)tag, (void)unused, (void)c, (void)self, (void)cpu;
}

void exit_same(word_t badge, word_t tag, struct thread *self, struct cpu *cpu)
{
    (void)badge, (void)tag, (void)self, (void)cpu;
}

void switch_native(word_t badge, word_t tag, struct thread *to, word_t unused, struct thread *from)
{
    (void)badge, (void)tag, (void)to, (void)unused, (void)from;
}

void switch_signal(word_t bits, word_t tag, struct thread *to, word_t unused, struct thread *from)
{
    (void)bits, (void)tag, (void)to, (void)unused, (void)from;
}

void switch_yield(word_t unused0, word_t unused1, struct thread *to, word_t unused3,
                  struct thread *from)
{
    (void)unused0, (void)unused1, (void)to, (void)unused3, (void)from;
}

void switch_full(word_t unused0, word_t unused1, struct thread *to, word_t unused3,
                 struct thread *from)
{
    (void)unused0, (void)unused1, (void)to, (void)unused3, (void)from;
}

/* ---- devices ---- */

void gic_init(const struct handoff *h)
{
    (void)h;
}

uint32_t gic_wires;

bool gic_has_messages(void)
{
    return false;
}

void gic_messages_init(word_t paddr)
{
    (void)paddr;
}

uint32_t gic_line(word_t intid)
{
    return (uint32_t)intid;
}

uint32_t gic_ack(void)
{
    return 1023; /* none */
}

void gic_deactivate(uint32_t line)
{
    (void)line;
}

void gic_mask(uint32_t line)
{
    (void)line;
}

void gic_unmask(uint32_t line)
{
    (void)line;
}

void gic_set_trigger(uint32_t line, bool edge)
{
    (void)line, (void)edge;
}

void uart_init(const struct handoff *h)
{
    (void)h;
}

bool uart_put(char c)
{
    (void)c;
    return true;
}

void uart_print(const char *s)
{
    (void)s;
}

/* ---- names of the linker script ---- */

const char kernel_first[1], kernel_text_end[1];
