/*
 * board: the hardware of a board as components, from its device tree.
 *     board TREE.dtb > systems/boards/NAME.adl
 * One hardware component for each enabled node with registers that are not memory and, where the node says so,
 * interrupts of a GIC (three cells).  Named after its first compatible name and its address: "arm,pl011" -> ArmPl011_9000000.
 *
 * A PCI host bridge (PCI Bus Binding to IEEE 1275; the properties are in Devicetree schema pci-bus.yaml and pci-iommu.txt): the configuration
 * space of its bus 0 and of the buses behind 32 root ports, and one component for each of the 32 device numbers of bus 0: Pci_00_04_0.  Its
 * registers are an area of the 32-bit memory window, whatever device is there; its interrupt is INTA; its DMA is the stream of function 0.
 * With an interrupt translation service, device n has the message that is line 8192 + n, too (see drivers/its_gicv3).
 * Is the device a root port, what is in its slot has the same area and line; it is device 0 of bus 5: Pci_05_00_0 (see drivers/pcie_host).
 */
#include <ctype.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16, RANGES_MAX = 8 };

/* PCI: a device number has AREA bytes of the window, aligned; ECAM has 4 KiB a function (PCI Express Base 7.2.2). */
enum { PCI_DEVICES = 32, PCI_AREA = 0x200000, PCI_ECAM_BYTES = 33 << 20 };

enum { ITS_CONTROL_BYTES = 0x10000, LPI_FIRST = 8192 };

#define PCI_SPACE_MASK   0x03000000u /* of the first cell of an address: 2: memory of 32 bits */
#define PCI_SPACE_MEM32  0x02000000u
#define PCI_ADDRESS(dev) ((uint32_t)(dev) << 11)

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "board: %s: %s\n", what, why);
    exit(1);
}

static void *file_read(const char *path)
{
    FILE *in = fopen(path, "rb");
    long size;
    void *data;

    if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) <= 0 || fseek(in, 0, SEEK_SET)) {
        fail(path, "cannot be read");
    }
    data = malloc((size_t)size);
    if (!data || fread(data, 1, (size_t)size, in) != (size_t)size) {
        fail(path, "cannot be read");
    }
    fclose(in);
    if (fdt_check_full(data, (size_t)size)) {
        fail(path, "is not a device tree");
    }
    return data;
}

static uint64_t cells(const fdt32_t *at, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++) {
        value = value << 32 | fdt32_to_cpu(at[i]);
    }
    return value;
}

static bool property_is(const void *fdt, int node, const char *name, const char *value)
{
    const char *text = fdt_getprop(fdt, node, name, NULL);

    return text && strcmp(text, value) == 0;
}

static void print_name(const char *name, uint64_t address)
{
    bool upper = true;

    for (; *name; name++) {
        if (!isalnum((unsigned char)*name)) {
            upper = true;
            continue;
        }
        putchar(upper ? toupper((unsigned char)*name) : *name);
        upper = false;
    }
    printf("_%" PRIx64, address);
}

/* End names: the first range is `regs`, the others regs1, ... */
static void print_end(const char *what, const char *name, int i)
{
    printf("    provides %s %s", what, name);
    if (i > 0) {
        printf("%d", i);
    }
}

static void print_interrupts(const void *fdt, int node)
{
    int bytes;
    const fdt32_t *at = fdt_getprop(fdt, node, "interrupts", &bytes);

    for (int i = 0; at && i < bytes / 12; i++) {
        uint32_t kind = fdt32_to_cpu(at[3 * i]), line = fdt32_to_cpu(at[3 * i + 1]);
        uint32_t flags = fdt32_to_cpu(at[3 * i + 2]) & 0xf;

        if (kind == 0) { /* shared peripheral interrupts begin at INTID 32 */
            print_end("Irq", "irq", i);
            printf(" at %" PRIu32 " %s;\n", line + 32, flags < 4 ? "edge" : "level");
        }
    }
}

/* ---- PCI ---- */

/* A property of whole entries of so many cells; its cells.  Dies when it is missing or has another length. */
static const fdt32_t *entries(const void *fdt, int node, const char *name, int cells_each,
                              int *count)
{
    int bytes;
    const fdt32_t *at = fdt_getprop(fdt, node, name, &bytes);

    if (!at || bytes <= 0 || bytes % (4 * cells_each)) {
        fail(name, "is missing, or not what a PCI host bridge has");
    }
    *count = bytes / (4 * cells_each);
    return at;
}

/* The 32-bit memory window: PCI addresses must be the processor's.  From the first area that is aligned. */
static uint64_t pci_window(const void *fdt, int node, int address_cells)
{
    int count, each = 3 + address_cells + 2;
    const fdt32_t *at = entries(fdt, node, "ranges", each, &count);

    for (int i = 0; i < count; i++, at += each) {
        uint64_t pci = cells(at + 1, 2), base = cells(at + 3, address_cells);
        uint64_t first = (base + PCI_AREA - 1) & ~(uint64_t)(PCI_AREA - 1);

        if ((fdt32_to_cpu(at[0]) & PCI_SPACE_MASK) == PCI_SPACE_MEM32 && pci == base &&
            first + (uint64_t)PCI_DEVICES * PCI_AREA <= base + cells(at + 3 + address_cells, 2)) {
            return first;
        }
    }
    fail("ranges", "no window of 32-bit memory at its own address is large enough");
}

/* The line of INTA of a device: an entry of interrupt-map is the device's address and pin, the controller and its address, and 3 cells. */
static void print_inta(const void *fdt, int node, uint32_t dev)
{
    int count, bytes, each = 4 + 1 + 3, parent;
    const fdt32_t *mask = fdt_getprop(fdt, node, "interrupt-map-mask", &bytes);
    const fdt32_t *at = fdt_getprop(fdt, node, "interrupt-map", NULL);

    if (!at || !mask || bytes != 16) {
        return;
    }
    parent = fdt_node_offset_by_phandle(fdt, fdt32_to_cpu(at[4]));
    if (parent < 0) {
        fail("interrupt-map", "names no controller");
    }
    each += fdt_address_cells(fdt, parent);
    at = entries(fdt, node, "interrupt-map", each, &count);
    for (int i = 0; i < count; i++, at += each) {
        const fdt32_t *irq = at + each - 3;

        if (fdt32_to_cpu(at[0]) == (PCI_ADDRESS(dev) & fdt32_to_cpu(mask[0])) &&
            fdt32_to_cpu(at[3]) == 1 && fdt32_to_cpu(irq[0]) == 0) {
            printf("    provides Irq irq at %" PRIu32 " level;\n", fdt32_to_cpu(irq[1]) + 32);
            return;
        }
    }
}

/* The stream of function 0: iommu-map has the first requester, the IOMMU, its first stream, and how many. */
static void print_stream(const void *fdt, int node, uint32_t id)
{
    int count = 0;
    const fdt32_t *at = fdt_getprop(fdt, node, "iommu-map", NULL);

    if (at) {
        at = entries(fdt, node, "iommu-map", 4, &count);
    }
    for (int i = 0; i < count; i++, at += 4) {
        uint32_t first = fdt32_to_cpu(at[0]);

        if (id >= first && id - first < fdt32_to_cpu(at[3])) {
            printf("    provides Dma dma at 0x%" PRIx32 ";\n", fdt32_to_cpu(at[2]) + id - first);
            return;
        }
    }
    printf("    provides Dma dma at 0x%" PRIx32 ";\n", id);
}

static void print_function(const void *fdt, int node, uint64_t window, uint32_t dev, uint32_t bus)
{
    printf("\nhardware Pci_%02" PRIx32 "_%02" PRIx32 "_0 {\n", bus, bus ? 0 : dev);
    printf("    provides Mmio regs at 0x%" PRIx64 " size 0x%x;\n",
           window + (uint64_t)dev * PCI_AREA, (unsigned)PCI_AREA);
    print_inta(fdt, node, dev);
    if (bus == 0 && dev > 0 && fdt_getprop(fdt, node, "msi-map", NULL)) {
        printf("    provides Irq msi at %" PRIu32 " edge;\n", LPI_FIRST + dev);
    }
    print_stream(fdt, node, bus ? bus << 8 : dev << 3);
    printf("}\n");
}

static void print_pci(const void *fdt, int node, int address_cells)
{
    uint64_t window = pci_window(fdt, node, address_cells);

    for (uint32_t dev = 0; dev < PCI_DEVICES; dev++) {
        print_function(fdt, node, window, dev, 0);
    }
    for (uint32_t dev = 0; dev < PCI_DEVICES; dev++) {
        print_function(fdt, node, window, dev, dev + 1);
    }
}

/* The controller and the timer are the kernel's. */
static bool is_kernels(const void *fdt, int node)
{
    return fdt_getprop(fdt, node, "interrupt-controller", NULL) ||
           property_is(fdt, node, "device_type", "memory") ||
           fdt_node_check_compatible(fdt, node, "arm,gic-v2m-frame") == 0;
}

static void print_node(const void *fdt, int node, int address_cells, int size_cells)
{
    int bytes;
    const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &bytes);
    const char *compatible = fdt_getprop(fdt, node, "compatible", NULL);
    int one = address_cells + size_cells, count = reg ? bytes / 4 / (one ? one : 1) : 0;

    if (!compatible || !count || !size_cells || property_is(fdt, node, "status", "disabled") ||
        is_kernels(fdt, node)) {
        return;
    }
    bool is_its = fdt_node_check_compatible(fdt, node, "arm,gic-v3-its") == 0;
    bool is_pci = fdt_node_check_compatible(fdt, node, "pci-host-ecam-generic") == 0;

    printf("\nhardware ");
    print_name(compatible, cells(reg, address_cells));
    printf(" { // %s, %s\n", fdt_get_name(fdt, node, NULL), compatible);
    for (int i = 0; i < count && i < RANGES_MAX; i++) {
        uint64_t at = cells(reg + i * one, address_cells);
        uint64_t size = cells(reg + i * one + address_cells, size_cells);

        if (is_pci && size > PCI_ECAM_BYTES) {
            size = PCI_ECAM_BYTES;
        }
        if (is_its) { /* the other frame is for devices */
            size = ITS_CONTROL_BYTES;
        }
        print_end("Mmio", "regs", i);
        printf(" at 0x%" PRIx64 " size 0x%" PRIx64 ";\n", at, size);
    }
    print_interrupts(fdt, node);
    if (is_its) { /* it reads and writes its tables, wherever they are */
        printf("    provides Dma dma;\n");
    }
    printf("}\n");
    if (is_pci) {
        print_pci(fdt, node, address_cells);
    }
}

int main(int argc, char **argv)
{
    int address_cells[DEPTH_MAX] = { 2 }, size_cells[DEPTH_MAX] = { 1 }, depth = 0;
    void *fdt;

    if (argc != 2 || argv[1][0] == '-') {
        fputs("usage: board TREE.dtb: prints the hardware components of the board with that device "
              "tree\n",
              argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    fdt = file_read(argv[1]);
    printf("/* The hardware of a board, made from its device tree by tools/board. */\n");
    for (int node = fdt_next_node(fdt, -1, &depth); node >= 0;
         node = fdt_next_node(fdt, node, &depth)) {
        if (depth < 0 || depth >= DEPTH_MAX - 1) {
            fail(argv[1], "nodes lie too deep");
        }
        address_cells[depth] = fdt_address_cells(fdt, node);
        size_cells[depth] = fdt_size_cells(fdt, node);
        if (depth > 0) {
            print_node(fdt, node, address_cells[depth - 1], size_cells[depth - 1]);
        }
    }
    free(fdt);
    return 0;
}
