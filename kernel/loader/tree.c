/*
 * The device tree.  Nothing in it is trusted: libfdt checks the structure once, this file each property's length and
 * each number's range.
 */
#include <loader/tree.h>

#include <loader/fdt_env.h>
#include <loader/string.h>

#include <libfdt.h>

enum { IRQ_SPI = 0, IRQ_PPI = 1, SPI_FIRST = 32, SPI_COUNT = 988, PPI_FIRST = 16, PPI_COUNT = 16 };
enum { DEPTH_MAX = 8, PAGE = 4096 };

const char *tree_check(const void *fdt, uint64_t *bytes, uint64_t *used)
{
    uint64_t end;
    int error;

    if (!fdt || (uintptr_t)fdt % 8) {
        return "its address is 0 or not a multiple of 8";
    }
    error = fdt_check_header(fdt);
    if (error) {
        return fdt_strerror(error);
    }
    if (fdt_version(fdt) < 17) { /* earlier ones do not tell the size of the structure block */
        return "older than version 17";
    }
    if (fdt_off_mem_rsvmap(fdt) % 8 || fdt_off_dt_struct(fdt) % 4) {
        return "its blocks are misaligned";
    }
    if (fdt_totalsize(fdt) > TREE_BYTES_MAX) {
        return "longer than 2 MiB";
    }
    *bytes = fdt_totalsize(fdt);
    error = fdt_check_full(fdt, *bytes);
    if (error) {
        return fdt_strerror(error);
    }
    *used = (uint64_t)fdt_off_dt_struct(fdt) + fdt_size_dt_struct(fdt);
    end = (uint64_t)fdt_off_dt_strings(fdt) + fdt_size_dt_strings(fdt);
    *used = end > *used ? end : *used;
    end = fdt_off_mem_rsvmap(fdt) + 16ull * ((unsigned)fdt_num_mem_rsv(fdt) + 1);
    *used = end > *used ? end : *used;
    return NULL;
}

void tree_copy(void *to, const void *fdt, uint64_t used)
{
    memcpy(to, fdt, used);
    fdt_set_totalsize(to, (uint32_t)used);
}

static bool enabled(const void *fdt, int node)
{
    int length;
    const char *status = fdt_getprop(fdt, node, "status", &length);

    return !status || (length > 0 && (!strcmp(status, "okay") || !strcmp(status, "ok")));
}

/* First enabled node that is compatible with what; negative if there is none. */
static int find(const void *fdt, const char *what)
{
    int node = fdt_node_offset_by_compatible(fdt, -1, what);

    while (node >= 0 && !enabled(fdt, node)) {
        node = fdt_node_offset_by_compatible(fdt, node, what);
    }
    return node;
}

static uint64_t cells(const fdt32_t *at, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++) {
        value = value << 32 | fdt32_ld(at + i);
    }
    return value;
}

/* A property of one cell. */
static bool cell_get(const void *fdt, int node, const char *name, uint64_t *out)
{
    int length;
    const fdt32_t *at = fdt_getprop(fdt, node, name, &length);

    if (!at || length != 4) {
        return false;
    }
    *out = fdt32_ld(at);
    return true;
}

/* Turn an address on the bus that node is into one of the CPU, bus by bus. */
static bool translate(const void *fdt, int node, uint64_t *address, uint64_t bytes)
{
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        int parent = fdt_parent_offset(fdt, node), length, wide, up, size, i;
        const fdt32_t *at;

        if (parent < 0) {
            return true;
        }
        at = fdt_getprop(fdt, node, "ranges", &length);
        wide = fdt_address_cells(fdt, node);
        up = fdt_address_cells(fdt, parent);
        size = fdt_size_cells(fdt, node);
        if (!at || wide < 1 || wide > 2 || up < 1 || up > 2 || size < 1 || size > 2) {
            return false;
        }
        for (i = 0; i + (wide + up + size) * 4 <= length;
             i += (wide + up + size) * 4, at += wide + up + size) {
            uint64_t from = cells(at, wide), span = cells(at + wide + up, size);

            if (*address >= from && *address - from < span && bytes <= span - (*address - from)) {
                *address += cells(at + wide, up) - from;
                break;
            }
        }
        if (length && i >= length) {
            return false;
        }
        node = parent;
    }
    return false;
}

/* The index-th range of a node's registers; false when there is none or it makes no sense. */
static bool reg_get(const void *fdt, int node, int index, struct handoff_range *out)
{
    int parent = fdt_parent_offset(fdt, node), length, wide, size;
    const fdt32_t *at = fdt_getprop(fdt, node, "reg", &length);

    if (!at || parent < 0) {
        return false;
    }
    wide = fdt_address_cells(fdt, parent);
    size = fdt_size_cells(fdt, parent);
    if (wide < 1 || wide > 2 || size < 1 || size > 2 || (index + 1) * (wide + size) * 4 > length) {
        return false;
    }
    out->base = cells(at + index * (wide + size), wide);
    out->bytes = cells(at + index * (wide + size) + wide, size);
    return translate(fdt, parent, &out->base, out->bytes) && out->base + out->bytes >= out->base;
}

/* The node has exactly that many ranges, none that reg_get did not understand. */
static bool reg_ends(const void *fdt, int node, int count)
{
    int parent = fdt_parent_offset(fdt, node), length = 0;

    (void)fdt_getprop(fdt, node, "reg", &length);
    return length <= 0 ||
           length == count * (fdt_address_cells(fdt, parent) + fdt_size_cells(fdt, parent)) * 4;
}

/* A device's registers: also page aligned, not empty, within 44 bits. */
static bool device_get(const void *fdt, int node, int index, struct handoff_range *out)
{
    return reg_get(fdt, node, index, out) && out->base && out->base % PAGE == 0 && out->bytes &&
           out->base + out->bytes <= 1ull << 44;
}

/* INTID of the index-th interrupt of a node that hangs on the GIC; 0: there is none. */
static uint64_t irq_get(const void *fdt, int node, int gic, int index)
{
    int length, up = node;
    uint64_t wide, parent, type, number;
    const fdt32_t *at = fdt_getprop(fdt, node, "interrupts", &length);

    while (up >= 0 && !cell_get(fdt, up, "interrupt-parent", &parent)) {
        up = fdt_parent_offset(fdt, up);
    }
    if (!at || up < 0 || parent != fdt_get_phandle(fdt, gic) ||
        !cell_get(fdt, gic, "#interrupt-cells", &wide) || wide < 3 || wide > 4 || index < 0 ||
        (index + 1) * (int)wide * 4 > length) {
        return 0;
    }
    type = fdt32_ld(at + index * (int)wide);
    number = fdt32_ld(at + index * (int)wide + 1);
    if (type == IRQ_SPI && number < SPI_COUNT) {
        return number + SPI_FIRST;
    }
    return type == IRQ_PPI && number < PPI_COUNT ? number + PPI_FIRST : 0;
}

static int find_gic(const void *fdt, uint64_t *version)
{
    int node = find(fdt, "arm,gic-v3");

    *version = 3;
    if (node < 0) {
        *version = 2;
        node = find(fdt, "arm,cortex-a15-gic");
    }
    return node < 0 ? find(fdt, "arm,gic-400") : node;
}

const char *tree_console(const void *fdt, struct tree *t)
{
    int length, node = -1, chosen = fdt_path_offset(fdt, "/chosen");
    const char *path = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "stdout-path", &length);

    if (path) {
        const char *options = memchr(path, ':', (size_t)length);

        node = fdt_path_offset_namelen(
            fdt, path, options ? (int)(options - path) : (int)strnlen(path, (size_t)length));
    }
    if (node < 0 || fdt_node_check_compatible(fdt, node, "arm,pl011")) {
        node = find(fdt, "arm,pl011");
    }
    if (node < 0) {
        return "no PL011 UART";
    }
    if (!device_get(fdt, node, 0, &t->uart)) {
        t->uart.base = 0;
        return "bad address of the UART";
    }
    t->uart_irq = irq_get(fdt, node, find_gic(fdt, &t->gic_version), 0);
    return t->uart_irq ? NULL : "bad interrupt of the UART";
}

static const char *read_memory(const void *fdt, struct tree *t)
{
    struct ranges all = { 0 };
    int node = -1;

    while ((node = fdt_node_offset_by_prop_value(fdt, node, "device_type", "memory",
                                                 sizeof("memory"))) >= 0) {
        struct handoff_range r;
        int i;

        for (i = 0; reg_get(fdt, node, i, &r); i++) {
            uint64_t first = (r.base + PAGE - 1) & ~(uint64_t)(PAGE - 1);
            uint64_t end = (r.base + r.bytes) & ~(uint64_t)(PAGE - 1);

            if (r.bytes && ranges_meet(&all, r.base, r.bytes)) {
                return "memory ranges overlap";
            }
            if (r.bytes && !ranges_add(&all, r.base, r.bytes)) {
                return "too many memory ranges";
            }
            end = end < TREE_RAM_END ? end : TREE_RAM_END;
            if (enabled(fdt, node) && first < end && !ranges_add(&t->ram, first, end - first)) {
                return "too many memory ranges";
            }
        }
        if (!reg_ends(fdt, node, i)) {
            return "bad memory ranges";
        }
    }
    return NULL;
}

/* Whole pages; what is outside the memory does no harm. */
static bool page_range(const struct handoff_range *r, uint64_t *first, uint64_t *bytes)
{
    uint64_t end = r->base + r->bytes;

    if (!r->bytes || r->base >= TREE_RAM_END) {
        return false;
    }
    end = end < TREE_RAM_END ? end : TREE_RAM_END;
    *first = r->base & ~(uint64_t)(PAGE - 1);
    *bytes = ((end + PAGE - 1) & ~(uint64_t)(PAGE - 1)) - *first;
    return true;
}

/* Note as reserved what of first .. end - 1 is memory. */
static bool reserve(struct tree *t, uint64_t first, uint64_t end)
{
    for (uint64_t i = 0; i < t->ram.count; i++) {
        uint64_t ram = t->ram.at[i].base, ram_end = ram + t->ram.at[i].bytes;
        uint64_t from = first > ram ? first : ram, to = end < ram_end ? end : ram_end;

        if (from < to && !ranges_add(&t->reserved, from, to - from)) {
            return false;
        }
    }
    return true;
}

static const char *read_reserved(const void *fdt, struct tree *t)
{
    int parent = fdt_path_offset(fdt, "/reserved-memory"), node, count = fdt_num_mem_rsv(fdt);
    uint64_t first, bytes;
    struct handoff_range r;

    node = parent < 0 ? -1 : fdt_first_subnode(fdt, parent);
    for (; node >= 0; node = fdt_next_subnode(fdt, node)) {
        int i;

        for (i = 0; reg_get(fdt, node, i, &r); i++) {
            if (enabled(fdt, node) && page_range(&r, &first, &bytes) &&
                !ranges_cut(&t->ram, first, bytes)) {
                return "too many reserved ranges";
            }
        }
        if (!reg_ends(fdt, node, i)) {
            return "bad reserved memory";
        }
    }
    for (int i = 0; i < count; i++) {
        if (fdt_get_mem_rsv(fdt, i, &r.base, &r.bytes) || r.base + r.bytes < r.base) {
            return "bad reservation block";
        }
        if (page_range(&r, &first, &bytes) && !reserve(t, first, first + bytes)) {
            return "too many reserved ranges";
        }
    }
    return t->ram.count ? NULL : "no memory";
}

static const char *read_gic(const void *fdt, int gic, struct tree *t)
{
    struct handoff_range r;

    if (!device_get(fdt, gic, 0, &t->gicd)) {
        return "bad address of the interrupt distributor";
    }
    if (t->gic_version == 2) {
        if (!device_get(fdt, gic, 1, &t->gicc)) {
            return "bad address of the interrupt controller's CPU interface";
        }
        t->has_gich = device_get(fdt, gic, 2, &t->gich) && device_get(fdt, gic, 3, &t->gicv);
    } else {
        t->gicr_count = 1;
        cell_get(fdt, gic, "#redistributor-regions", &t->gicr_count);
        cell_get(fdt, gic, "redistributor-stride", &t->gicr_stride);
        if (t->gicr_count < 1 || t->gicr_count > TREE_GICR || t->gicr_stride % 65536) {
            return "bad redistributor regions";
        }
        for (uint64_t i = 0; i < t->gicr_count; i++) {
            if (!device_get(fdt, gic, (int)i + 1, &t->gicr[i])) {
                return "bad address of a redistributor region";
            }
        }
    }
    for (int i = 0; device_get(fdt, gic, i, &r); i++) {
        if (!ranges_add(&t->device, r.base, (r.bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1))) {
            return "too many interrupt controller ranges";
        }
    }
    return NULL;
}

/* The binding's order: secure, non-secure EL1, virtual, EL2 physical; or by name. */
static uint64_t timer_irq(const void *fdt, int node, int gic, const char *name, int position)
{
    if (fdt_getprop(fdt, node, "interrupt-names", NULL)) {
        position = fdt_stringlist_search(fdt, node, "interrupt-names", name);
    }
    return irq_get(fdt, node, gic, position);
}

static const char *read_timer(const void *fdt, int gic, struct tree *t)
{
    int node = find(fdt, "arm,armv8-timer");

    if (node < 0) {
        return "no timer";
    }
    t->timer_el1_irq = timer_irq(fdt, node, gic, "phys", 1);
    t->timer_el2_irq = timer_irq(fdt, node, gic, "hyp-phys", 3);
    t->timer_virt_irq = timer_irq(fdt, node, gic, "virt", 2);
    t->vgic_irq = irq_get(fdt, gic, gic, 0);
    cell_get(fdt, node, "clock-frequency", &t->timer_hz);
    return t->timer_el1_irq && t->timer_el2_irq ? NULL : "bad interrupts of the timer";
}

static const char *read_psci(const void *fdt, struct tree *t)
{
    int node = find(fdt, "arm,psci-1.0"), length;
    const char *method;

    if (node < 0) {
        node = find(fdt, "arm,psci-0.2");
    }
    method = node < 0 ? NULL : fdt_getprop(fdt, node, "method", &length);
    if (!method || length != 4 || (strcmp(method, "smc") && strcmp(method, "hvc"))) {
        return "no PSCI 0.2 or later by smc or hvc";
    }
    t->psci_smc = !strcmp(method, "smc");
    return NULL;
}

const char *tree_read(const void *fdt, struct tree *t)
{
    const char *why;
    int gic = find_gic(fdt, &t->gic_version);

    if (gic < 0) {
        return "no interrupt controller GICv2 or GICv3";
    }
    why = read_psci(fdt, t);
    why = why ? why : read_memory(fdt, t);
    why = why ? why : read_reserved(fdt, t);
    why = why ? why : read_gic(fdt, gic, t);
    return why ? why : read_timer(fdt, gic, t);
}
