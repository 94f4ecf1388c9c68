/* What the root thread finds. */
#include "test.h"

static bool in_untyped(uint64_t paddr, bool device)
{
    const struct tess_bootinfo *b = tess_bootinfo;

    for (uint64_t i = 0; i < b->untyped_count; i++) {
        if (b->untyped[i].device == device && paddr >= b->untyped[i].paddr &&
            paddr - b->untyped[i].paddr < b->untyped[i].bytes) {
            return true;
        }
    }
    return false;
}

TEST("the boot information page carries its magic number")
{
    EQ(tess_bootinfo->magic, TESS_BOOTINFO_MAGIC);
}

TEST("the kernel says at which exception level and with which interrupt controller it runs")
{
    TRUE(tess_bootinfo->el == 1 || tess_bootinfo->el == 2);
    TRUE(tess_bootinfo->gic_version == 2 || tess_bootinfo->gic_version == 3);
}

TEST("slot 0 of the root's CNode is not a slot")
{
    ERR(tess_cnode_read(env.cnode, TESS_ROOT_NULL, NULL), RANGE);
    EQ(tess_msg_err(tess_recv(TESS_ROOT_NULL, 0).tag), TESS_CAP);
}

TEST("the first slots of the root's CNode hold what bootinfo.h says")
{
    EQ(type_of(TESS_ROOT_CNODE), TESS_TYPE_cnode);
    EQ(type_of(TESS_ROOT_VSPACE), TESS_TYPE_vspace);
    EQ(type_of(TESS_ROOT_THREAD), TESS_TYPE_thread);
    EQ(type_of(TESS_ROOT_BUDGET), TESS_TYPE_budget);
    EQ(type_of(TESS_ROOT_IPC_BUFFER), TESS_TYPE_frame);
    EQ(type_of(TESS_ROOT_BOOTINFO), TESS_TYPE_frame);
    EQ(type_of(TESS_ROOT_DTB), TESS_TYPE_frame);
    EQ(type_of(TESS_ROOT_IRQ_CONTROL), TESS_TYPE_irq_control);
    EQ(type_of(TESS_ROOT_CPU), TESS_TYPE_cpu);
    EQ(type_of(TESS_ROOT_TRACE), TESS_TYPE_trace);
    EQ(type_of(TESS_ROOT_TRACE_RING), TESS_TYPE_frame);
    EQ(type_of(TESS_ROOT_MACHINE), TESS_TYPE_machine);
}

TEST("the slot of the boot archive is empty exactly when there is none")
{
    EQ(type_of(TESS_ROOT_MODULES), tess_bootinfo->modules_bytes ? TESS_TYPE_frame : TESS_TYPE_null);
}

TEST("the root's CNode has as many slots as bootinfo.h says")
{
    struct tess_cap_info info;

    OK(tess_cnode_read(env.cnode, TESS_ROOT_CNODE, &info));
    EQ(info.size, TESS_ROOT_CNODE_SLOTS);
    OK(tess_cnode_read(env.cnode, TESS_ROOT_CNODE_SLOTS - 1, &info));
    EQ(info.type, TESS_TYPE_null);
}

TEST("slots behind the boot capabilities are empty")
{
    EQ(tess_bootinfo->free_slot_first, TESS_ROOT_UNTYPED + tess_bootinfo->untyped_count);
    for (uint64_t slot = TESS_ROOT_CNODE_SLOTS - 64; slot < TESS_ROOT_CNODE_SLOTS; slot++) {
        EQ(type_of(slot), TESS_TYPE_null);
    }
}

TEST("bootinfo describes every untyped capability as untyped.info does")
{
    TRUE(tess_bootinfo->untyped_count >= 2 && tess_bootinfo->untyped_count <= TESS_UNTYPED_MAX);
    for (uint64_t i = 0; i < tess_bootinfo->untyped_count; i++) {
        const struct tess_untyped_info info = found[i];

        EQ(info.paddr, tess_bootinfo->untyped[i].paddr);
        EQ(info.bytes, tess_bootinfo->untyped[i].bytes);
        EQ(info.device, tess_bootinfo->untyped[i].device);
        EQ(info.bytes % TESS_PAGE, 0);
        TRUE(info.used <= info.bytes);
    }
}

TEST("untyped ranges do not overlap")
{
    const struct tess_bootinfo *b = tess_bootinfo;

    for (uint64_t i = 0; i < b->untyped_count; i++) {
        for (uint64_t j = 0; j < i; j++) {
            const struct tess_untyped_desc *p = &b->untyped[i], *q = &b->untyped[j];

            TRUE(p->paddr + p->bytes <= q->paddr || q->paddr + q->bytes <= p->paddr);
        }
    }
}

TEST("most of the RAM is given out, and no more than there is")
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < tess_bootinfo->untyped_count; i++) {
        sum += tess_bootinfo->untyped[i].device ? 0 : tess_bootinfo->untyped[i].bytes;
    }
    TRUE(sum < tess_bootinfo->ram_bytes);
    TRUE(sum > tess_bootinfo->ram_bytes / 4 * 3);
}

TEST("memory of the root's own pages, the device tree and the trace ring is in no untyped "
     "capability")
{
    static const tess_cap frame[] = { TESS_ROOT_IPC_BUFFER, TESS_ROOT_BOOTINFO, TESS_ROOT_DTB,
                                      TESS_ROOT_TRACE_RING };

    for (unsigned i = 0; i < 4; i++) {
        uint64_t paddr = 0;

        OK(tess_frame_address(frame[i], &paddr, NULL));
        TRUE(!in_untyped(paddr, false) && !in_untyped(paddr, true));
    }
}

TEST("the console UART lies in untyped device memory")
{
    TRUE(in_untyped(tess_bootinfo->uart_paddr, true));
}

TEST("the interrupt controller is given to nobody")
{
    TRUE(!in_untyped(0x08000000, true)); /* distributor of QEMU virt */
    TRUE(!in_untyped(0x08000000, false));
}

TEST("the boot information frame cannot be mapped writable")
{
    tess_cap frame = copy(TESS_ROOT_BOOTINFO, TESS_RIGHT_ALL);

    ERR(tess_frame_map(frame, TESS_ROOT_VSPACE, spare, TESS_RIGHT_READ | TESS_RIGHT_WRITE,
                       TESS_ATTR_NORMAL, NULL),
        RIGHTS);
    drop(frame);
}

TEST("the device tree frame holds a device tree")
{
    tess_cap frame = copy(TESS_ROOT_DTB, TESS_RIGHT_READ);
    void *at;

    OK(tess_map(&env, frame, 4 * TESS_PAGE, TESS_RIGHT_READ, TESS_ATTR_NORMAL, &at));
    EQ(__builtin_bswap32(*(volatile uint32_t *)at), 0xd00dfeed);
    EQ(__builtin_bswap32(((volatile uint32_t *)at)[1]), tess_bootinfo->dtb_bytes);
    drop(frame);
}

TEST("the counter's frequency is the one that bootinfo gives")
{
    EQ(tess_tick_hz(), tess_bootinfo->timer_hz);
}

TEST("the counter can be read in user mode and advances")
{
    uint64_t start = tess_now();

    while (tess_now() == start) {
    }
    TRUE(tess_now() > start);
}

TEST("addresses behind the root's image are free")
{
    TRUE(tess_bootinfo->image_first < (uint64_t)&tess_console);
    TRUE(tess_bootinfo->image_end > (uint64_t)&tess_console);
    TRUE(tess_bootinfo->ipc_buffer >= tess_bootinfo->image_first);
    TRUE(tess_bootinfo->ipc_buffer < tess_bootinfo->image_end);
}

TEST("the root thread has the priority that bootinfo.h says and a ceiling not below it")
{
    struct tess_thread_info info;

    OK(tess_thread_info(TESS_ROOT_THREAD, &info));
    EQ(info.priority, TESS_ROOT_PRIO);
    TRUE(info.ceiling >= info.priority);
    EQ(info.has_budget, 1);
}
