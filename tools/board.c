/*
 * board: the hardware of a board as components, from its device tree.
 *     board TREE.dtb > systems/boards/NAME.adl
 * One hardware component for each enabled node with registers that are not memory and, where the node says so,
 * interrupts of a GIC (three cells).  Named after its first compatible name and its address: "arm,pl011" -> ArmPl011_9000000.
 */
#include <ctype.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16, RANGES_MAX = 8 };

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

/* The controller and the timer are the kernel's. */
static bool is_kernels(const void *fdt, int node)
{
    return fdt_getprop(fdt, node, "interrupt-controller", NULL) ||
           property_is(fdt, node, "device_type", "memory") ||
           fdt_node_check_compatible(fdt, node, "arm,gic-v3-its") == 0 ||
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
    printf("\nhardware ");
    print_name(compatible, cells(reg, address_cells));
    printf(" { // %s, %s\n", fdt_get_name(fdt, node, NULL), compatible);
    for (int i = 0; i < count && i < RANGES_MAX; i++) {
        uint64_t at = cells(reg + i * one, address_cells);
        uint64_t size = cells(reg + i * one + address_cells, size_cells);

        print_end("Mmio", "regs", i);
        printf(" at 0x%" PRIx64 " size 0x%" PRIx64 ";\n", at, size);
    }
    print_interrupts(fdt, node);
    printf("}\n");
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
