/* What the kernel told the root thread, and what can be asked about capabilities and memory. */
#include "dt.h"
#include "monitor.h"
#include "say.h"
#include "uart.h"

typedef unsigned long long ull;

void command_info(int count, char **word)
{
    const struct tess_bootinfo *bi = tess_bootinfo;
    char cpu[64];

    (void)count;
    (void)word;
    dt_cpu_name(cpu, sizeof cpu);
    say("processor   %s, kernel at EL%llu%s\n", cpu, (ull)bi->el,
        bi->el == 2 ? " (virtualization host extensions)" : "");
    say("kernel      %s\n",
        bi->debug_kernel ? "debug: checks its invariants after every system call" : "release");
    say("memory      %llu MiB, %llu pieces of untyped memory\n", (ull)(bi->ram_bytes >> 20),
        (ull)bi->untyped_count);
    say("interrupts  GICv%llu\n", (ull)bi->gic_version);
    say("timer       %llu Hz\n", (ull)bi->timer_hz);
    say("console     PL011 at %#llx, interrupt %llu, %llu taken\n", (ull)bi->uart_paddr,
        (ull)bi->uart_irq, (ull)uart_interrupts());
    say("program     %#llx..%#llx, device tree %llu bytes, modules %llu bytes\n",
        (ull)bi->image_first, (ull)bi->image_end, (ull)bi->dtb_bytes, (ull)bi->modules_bytes);
}

void command_mem(int count, char **word)
{
    uint64_t free_tables, frames, ram = 0, used = 0;

    (void)count;
    (void)word;
    say("slot  kind     physical address           bytes            used\n");
    for (unsigned i = 0; i < env.pool->count; i++) {
        struct tess_untyped_info u;
        enum tess_err err = tess_untyped_info(env.pool->item[i].cap, &u);

        if (err) {
            fail("untyped.info", err);
            return;
        }
        say("%4llu  %-6s %#18llx %15llu %15llu\n", (ull)env.pool->item[i].cap,
            u.device ? "device" : "RAM", (ull)u.paddr, (ull)u.bytes, (ull)u.used);
        ram += u.device ? 0 : u.bytes;
        used += u.device ? 0 : u.used;
    }
    say("RAM: %llu KiB in untyped memory, %llu KiB of it used\n", (ull)(ram >> 10),
        (ull)(used >> 10));
    if (!tess_vspace_info(env.vspace, &free_tables, &frames)) {
        say("own address space: %llu frames mapped, %llu page tables in reserve\n", (ull)frames,
            (ull)free_tables);
    }
}

static void show_rights(const struct tess_cap_info *c)
{
    switch (c->type) {
    case TESS_TYPE_frame:
        say("  %c%c%c%c", c->rights & TESS_RIGHT_READ ? 'r' : '-',
            c->rights & TESS_RIGHT_WRITE ? 'w' : '-', c->rights & TESS_RIGHT_EXEC ? 'x' : '-',
            c->rights & TESS_RIGHT_PHYS ? 'p' : '-');
        break;
    case TESS_TYPE_endpoint:
    case TESS_TYPE_notification:
        say("  %s%s%s badge %#llx", c->rights & TESS_RIGHT_SEND ? "send " : "",
            c->rights & TESS_RIGHT_RECV ? "recv " : "", c->rights & TESS_RIGHT_GRANT ? "grant" : "",
            (ull)c->badge);
        break;
    default:
        break;
    }
}

void command_caps(int count, char **word)
{
    uint64_t from = 1, to = TESS_ROOT_CNODE_SLOTS - 1, shown = 0;

    if ((count > 1 && !number(word[1], 0, to, &from)) ||
        (count > 2 && !number(word[2], from, to, &to))) {
        return;
    }
    say("slot  type             object            size\n");
    for (uint64_t slot = from; slot <= to && !uart_interrupted(); slot++) {
        struct tess_cap_info c;
        enum tess_err err = tess_cnode_read(env.cnode, slot, &c);

        if (err) {
            fail("cnode.read", err);
            return;
        }
        if (c.type == TESS_TYPE_null) {
            continue;
        }
        say("%4llu  %-12s %#10llx %15llu", (ull)slot, name_of_type(c.type), (ull)c.id, (ull)c.size);
        show_rights(&c);
        say("\n");
        shown++;
    }
    say("%llu capabilities\n", (ull)shown);
}
