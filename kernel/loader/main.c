/*
 * The loader: from the firmware's jump (Linux Image protocol, MMU off) to the kernel's entry (kernel/boot/handoff.h).
 * It reads top to bottom: console, archive, machine, kernel, root program, memory, tables, jump.  Whatever is wrong
 * ends in die().  Everything runs with caches off, so what is written here is invalidated in the caches before the
 * MMU goes on: lines of it that were fetched earlier are stale.
 */
#include <stddef.h>
#include <stdint.h>

#include <boot/handoff.h>
#include <tessera/archive.h>
#include <loader/console.h>
#include <loader/elf.h>
#include <loader/paging.h>
#include <loader/ranges.h>
#include <loader/start.h>
#include <loader/string.h>
#include <loader/tree.h>
#include <tessera/cap.h>

#define READ_SYSREG(name)                                                                          \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #name : "=r"(value_));                                         \
        value_;                                                                                    \
    })

#define PAGE         4096ull
#define KERNEL_ALIGN (2ull << 20)
#define KERNEL_MAX   (16ull << 20)
#define DEVICE_SLOT                                                                                \
    (1ull << 20) /* address space per device range: no two share a table page's neighbourhood */
#define GICR_FRAME 65536ull
#define TABLES_MAX 128u /* pages; a machine with one memory range needs about 20 */

#define MAIR_VALUE  0x4404ffull /* 0 Normal write-back, 1 Device-nGnRE, 2 Normal non-cacheable */
#define TCR_SHARED  0x3500ull   /* walks write-back, inner shareable; for TTBR0; << 16 for TTBR1 */
#define TCR_TG1_4K  (2ull << 30)
#define TCR_SIZE_48 16ull
#define TCR_AS      (1ull << 36)  /* 16-bit ASIDs */
#define SCTLR_VALUE 0x30d0181dull /* RES1 of Armv8.0; M, C, SA, SA0, I (Arm ARM D17.2.118) */

static struct {
    struct tree tree;
    struct ranges taken;
    struct elf kernel;
    struct elf root;
    struct paging paging;
    const struct archive *archive;
    uint64_t fdt_bytes, fdt_used; /* of the firmware's device tree; see tree.h */
    uint64_t kernel_base, kernel_bytes;
    uint64_t ttbr1, tables_bytes;
    uint64_t device_next;
    struct handoff *handoff; /* in memory that stays, unlike everything else here */
} loader;

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

static void check(const char *part, const char *why)
{
    if (why) {
        die(part, why);
    }
}

static void take(uint64_t base, uint64_t bytes)
{
    if (!ranges_add(&loader.taken, base, bytes)) {
        die("memory: ", "too many ranges in use");
    }
}

/* Free memory, zeroed; it stays with the kernel. */
static uint64_t place(uint64_t bytes, uint64_t align, const char *what)
{
    uint64_t at = ranges_place(&loader.tree.ram, &loader.taken, bytes, align);

    if (!at) {
        die("memory: no room for ", what);
    }
    take(at, bytes);
    memset((void *)at, 0, bytes);
    return at;
}

/* Drop what the caches hold of memory that was written around them. */
static void invalidate(uint64_t base, uint64_t bytes)
{
    uint64_t line = 4ull << (READ_SYSREG(ctr_el0) >> 16 & 15); /* DminLine: words, log2 */

    for (uint64_t at = base & ~(line - 1); at < base + bytes; at += line) {
        __asm__ volatile("dc ivac, %0" ::"r"(at) : "memory");
    }
    __asm__ volatile("dsb sy" ::: "memory");
}

static const char *archive_check(const struct archive *a, uint64_t room)
{
    if (room < ARCHIVE_HEADER || a->magic != ARCHIVE_MAGIC) {
        return "nothing behind the loader: the image is cut short";
    }
    if (archive_sum(&a->body_sum, ARCHIVE_HEADER_WORDS) != a->header_sum) {
        return "damaged header";
    }
    if (a->bytes < ARCHIVE_HEADER || a->bytes % ARCHIVE_PAGE || a->bytes > room) {
        return "longer than the memory it lies in";
    }
    if (archive_sum((const uint64_t *)(a + 1), (a->bytes - ARCHIVE_HEADER) / 8) != a->body_sum) {
        return "damaged or cut short";
    }
    if (a->count <= ARCHIVE_ROOT || a->count > ARCHIVE_ENTRIES) {
        return "kernel or root program missing";
    }
    for (uint64_t i = 0; i < a->count; i++) {
        const struct archive_entry *e = &a->entry[i];

        if (e->offset % ARCHIVE_PAGE || e->offset > a->bytes || e->bytes > a->bytes - e->offset) {
            return "an entry is outside";
        }
    }
    return NULL;
}

/* Memory from at to the end of its RAM range; 0 if it is not RAM. */
static uint64_t room_at(uint64_t at)
{
    const struct ranges *ram = &loader.tree.ram;

    for (uint64_t i = 0; i < ram->count; i++) {
        if (ram->at[i].base <= at && at - ram->at[i].base < ram->at[i].bytes) {
            return ram->at[i].bytes - (at - ram->at[i].base);
        }
    }
    return 0;
}

static const void *module(const struct archive *a, unsigned entry)
{
    return (const char *)a + a->entry[entry].offset;
}

static uint64_t loader_bytes(void)
{
    return (uint64_t)(loader_end - loader_first);
}

static void place_kernel(void)
{
    const struct elf *k = &loader.kernel;
    const struct handoff_segment *last = &k->segment[k->count - 1];

    loader.kernel_bytes = last->va + last->mem_bytes - KERNEL_IMAGE;
    loader.kernel_base = place(loader.kernel_bytes, KERNEL_ALIGN, "the kernel");
    for (uint64_t i = 0; i < k->count; i++) {
        const struct handoff_segment *s = &k->segment[i];

        memcpy((void *)(loader.kernel_base + (s->va - KERNEL_IMAGE)), (const void *)s->file_paddr,
               s->file_bytes);
    }
    invalidate(loader.kernel_base, loader.kernel_bytes);
}

static void map(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t attributes)
{
    if (!paging_map(&loader.paging, loader.ttbr1, va, pa, bytes, attributes)) {
        die("memory: ", "too fragmented for the kernel's first tables");
    }
}

static uint64_t map_device(uint64_t pa, uint64_t bytes)
{
    uint64_t va = loader.device_next;

    loader.device_next += DEVICE_SLOT;
    map(va, pa, round_up(bytes < DEVICE_SLOT ? bytes : DEVICE_SLOT, PAGE), MAP_DEVICE);
    return va;
}

/* Image as its segments say; direct map of all memory but the kernel's read-only pages. */
static void map_memory(void)
{
    struct ranges direct = loader.tree.ram;

    for (uint64_t i = 0; i < loader.kernel.count; i++) {
        const struct handoff_segment *s = &loader.kernel.segment[i];
        uint64_t pa = loader.kernel_base + (s->va - KERNEL_IMAGE), attributes = MAP_DATA;

        if (s->rights & TESS_RIGHT_EXEC) {
            attributes = MAP_TEXT;
        } else if (!(s->rights & TESS_RIGHT_WRITE)) {
            attributes = MAP_RODATA;
        }
        map(s->va, pa, s->mem_bytes, attributes);
        if (attributes != MAP_DATA && !ranges_cut(&direct, pa, s->mem_bytes)) {
            die("memory: ", "too many ranges");
        }
    }
    for (uint64_t i = 0; i < direct.count; i++) {
        map(KERNEL_DIRECT + direct.at[i].base, direct.at[i].base, direct.at[i].bytes, MAP_DATA);
    }
}

/* The redistributor of the CPU that runs this (GICv3 architecture, GICR_TYPER). */
static uint64_t find_gicr(void)
{
    const struct tree *t = &loader.tree;
    uint64_t mpidr = READ_SYSREG(mpidr_el1),
             affinity = (mpidr >> 32 & 0xff) << 24 | (mpidr & 0xffffff);

    for (uint64_t i = 0; i < t->gicr_count; i++) {
        for (uint64_t at = t->gicr[i].base;
             at + 2 * GICR_FRAME <= t->gicr[i].base + t->gicr[i].bytes;) {
            uint64_t typer = *(volatile uint64_t *)(at + 8);
            uint64_t virtual_lpis = typer >> 1 & 1, last = typer >> 4 & 1;

            if (typer >> 32 == affinity) {
                return at;
            }
            if (last) {
                break;
            }
            at += t->gicr_stride ? t->gicr_stride : (virtual_lpis ? 4 : 2) * GICR_FRAME;
        }
    }
    die("device tree: ", "no redistributor of the boot CPU");
}

static void map_devices(struct handoff *h)
{
    const struct tree *t = &loader.tree;

    loader.device_next = KERNEL_DEVICE;
    h->gic_version = t->gic_version;
    h->gicd_va = map_device(t->gicd.base, t->gicd.bytes);
    if (t->gic_version == 2) {
        h->gicc_va = map_device(t->gicc.base, t->gicc.bytes);
        h->gich_va = t->has_gich ? map_device(t->gich.base, t->gich.bytes) : 0;
        h->gicv_paddr = t->gicv.base;
    } else {
        h->gicr_va = map_device(find_gicr(), 2 * GICR_FRAME);
    }
    h->uart_va = map_device(t->uart.base, PAGE);
    h->uart_paddr = t->uart.base;
    h->uart_irq = t->uart_irq;
}

static void copy_ranges(struct handoff_range *to, uint64_t *count, uint64_t max,
                        const struct ranges *from, const char *what)
{
    if (from->count > max) {
        die("memory: too many ranges of ", what);
    }
    *count = from->count;
    memcpy(to, from->at, from->count * sizeof(*to));
}

/* The features of this CPU that the kernel counts on; physical address bits. */
static uint64_t check_cpu(void)
{
    static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52 };
    uint64_t mmfr0 = READ_SYSREG(id_aa64mmfr0_el1), range = mmfr0 & 15;

    if ((mmfr0 >> 28 & 15) == 15) {
        die("CPU: ", "no 4 KiB pages");
    }
    if ((mmfr0 >> 4 & 15) != 2) {
        die("CPU: ", "no 16-bit ASIDs");
    }
    return range < sizeof(bits) && bits[range] < 44 ? bits[range] : 44;
}

static uint64_t tcr_of(uint64_t pa_bits)
{
    uint64_t ips = 0;

    for (uint64_t i = 32; i < pa_bits;
         i += i < 40 ? 4 : 2) { /* 32, 36, 40, 42, 44 are 0, 1, 2, 3, 4 */
        ips++;
    }
    return TCR_SIZE_48 | TCR_SHARED | (TCR_SIZE_48 | TCR_SHARED) << 16 | TCR_TG1_4K | ips << 32 |
           TCR_AS;
}

/* Console, machine and image: everything is checked before anything is placed. */
static void look(const void *fdt, uint64_t entered)
{
    struct tree *t = &loader.tree;
    const struct archive *a = (const struct archive *)loader_end;
    const char *why;

    console_set_psci(entered == 2); /* QEMU's virt board; the device tree may correct it */
    if (entered > 2) {
        die("entered at EL3", NULL);
    }
    check("device tree: ", tree_check(fdt, &loader.fdt_bytes, &loader.fdt_used));
    why = tree_console(fdt, t);
    if (t->uart.base) {
        console_set(t->uart.base);
    }
    check("device tree: ", why);
    check("device tree: ", tree_read(fdt, t));
    if (entered == 2 && !t->psci_smc) {
        die("device tree: ", "PSCI by hvc, but nothing is above EL2 to serve it");
    }
    console_set_psci(t->psci_smc);
    if (!room_at((uint64_t)loader_first) ||
        room_at((uint64_t)loader_first) != room_at((uint64_t)a) + loader_bytes()) {
        die("device tree: ", "the image does not lie in memory");
    }
    check("image: ", archive_check(a, room_at((uint64_t)a)));
    check("kernel: ", elf_check(module(a, ARCHIVE_KERNEL), a->entry[ARCHIVE_KERNEL].bytes,
                                KERNEL_IMAGE, KERNEL_IMAGE + KERNEL_MAX, &loader.kernel));
    if (loader.kernel.segment[0].va != KERNEL_IMAGE) {
        die("kernel: ", "not linked at KERNEL_IMAGE");
    }
    check("root program: ", elf_check(module(a, ARCHIVE_ROOT), a->entry[ARCHIVE_ROOT].bytes, PAGE,
                                      TESS_USER_TOP / 2, &loader.root));
    loader.archive = a;
}

/* Kernel, handoff, device tree and tables get memory that nothing else is in; the first two are filled. */
static void place_all(const void *fdt)
{
    uint64_t fdt_first = (uint64_t)fdt & ~(PAGE - 1);
    struct handoff *h;

    take((uint64_t)loader_first, loader_bytes() + loader.archive->bytes);
    take(fdt_first, round_up((uint64_t)fdt + loader.fdt_bytes, PAGE) - fdt_first);
    place_kernel();
    loader.handoff = h = (struct handoff *)place(round_up(sizeof(*h), PAGE), PAGE, "the handoff");
    h->dtb_bytes = loader.fdt_used;
    h->dtb_paddr = place(round_up(h->dtb_bytes, PAGE), PAGE, "the device tree");
    tree_copy((void *)h->dtb_paddr, fdt, h->dtb_bytes);
    invalidate(h->dtb_paddr, h->dtb_bytes);
    loader.paging.max = TABLES_MAX;
    loader.paging.pool = place(TABLES_MAX * PAGE, PAGE, "tables");
}

/* The tables that the kernel starts with, and behind them the one that only loader_enter needs. */
static void build_tables(struct entry *e)
{
    uint64_t first = (uint64_t)loader_switch & ~(PAGE - 1),
             bytes = round_up((uint64_t)loader_switch_end, PAGE) - first;

    e->ttbr1 = loader.ttbr1 = paging_table(&loader.paging);
    e->ttbr0_empty = paging_table(&loader.paging);
    map_memory();
    map_devices(loader.handoff);
    loader.tables_bytes = loader.paging.used * PAGE;
    e->ttbr0 = paging_table(&loader.paging);
    if (!e->ttbr0 || !paging_map(&loader.paging, e->ttbr0, first, first, bytes, MAP_TEXT)) {
        die("memory: ", "too fragmented for the kernel's first tables");
    }
    invalidate(loader.paging.pool, loader.paging.used * PAGE);
}

/* The rest of the handoff.  Of the memory in use only what the kernel still needs stays so. */
static void describe(struct handoff *h)
{
    const struct tree *t = &loader.tree;

    loader.taken = t->reserved;
    take((uint64_t)loader.archive, loader.archive->bytes);
    take(loader.kernel_base, loader.kernel_bytes);
    take((uint64_t)h, round_up(sizeof(*h), PAGE));
    take(h->dtb_paddr, round_up(h->dtb_bytes, PAGE));
    take(loader.paging.pool, loader.tables_bytes);
    copy_ranges(h->ram, &h->ram_count, HANDOFF_RAM, &t->ram, "memory");
    copy_ranges(h->used, &h->used_count, HANDOFF_USED, &loader.taken, "memory in use");
    copy_ranges(h->device, &h->device_count, HANDOFF_DEVICE, &t->device,
                "the interrupt controller");
    h->magic = HANDOFF_MAGIC;
    h->el = READ_SYSREG(CurrentEL) >> 2;
    h->timer_irq = h->el == 2 ? t->timer_el2_irq : t->timer_el1_irq;
    h->vtimer_irq = t->timer_virt_irq;
    h->vgic_irq = t->vgic_irq;
    h->timer_hz = t->timer_hz ? t->timer_hz : READ_SYSREG(cntfrq_el0);
    if (!h->timer_hz) {
        die("device tree: ", "no timer frequency");
    }
    h->psci_smc = t->psci_smc;
    h->modules_paddr = (uint64_t)loader.archive;
    h->modules_bytes = loader.archive->bytes;
    h->root_entry = loader.root.entry;
    h->root_segment_count = loader.root.count;
    memcpy(h->root_segment, loader.root.segment, sizeof(h->root_segment));
    invalidate((uint64_t)h, sizeof(*h));
}

_Noreturn void loader_main(const void *fdt, uint64_t entered)
{
    struct entry e = { .mair = MAIR_VALUE, .sctlr = SCTLR_VALUE };

    look(fdt, entered);
    loader.taken = loader.tree.reserved;
    place_all(fdt);
    build_tables(&e);
    loader.handoff->pa_bits = check_cpu();
    describe(loader.handoff);
    e.tcr = tcr_of(loader.handoff->pa_bits);
    e.kernel = loader.kernel.entry;
    e.handoff = KERNEL_DIRECT + (uint64_t)loader.handoff;
    loader_enter(&e);
}
